const notConnected = /^(ENOTFOUND|EAI_\w+|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;
const notTrusted = /^(CERT_\w+|ERR_TLS_CERT_\w+|UNABLE_TO_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+)$/;

/**
 * Whether a failed `fetch` proves that nothing was executed: only a connection that never came about does. After that the
 * other side may have acted, whatever broke.
 */
export function wasSurelyNotSent(error: unknown): boolean {
  const cause: unknown = error instanceof Error && error.cause ? error.cause : error;
  const { code, syscall } = cause as { code?: unknown; syscall?: unknown };
  const name = typeof code === 'string' ? code : '';
  // An AggregateError comes from trying every address of a host in vain.
  return syscall === 'connect' || cause instanceof AggregateError || notConnected.test(name) || notTrusted.test(name);
}
