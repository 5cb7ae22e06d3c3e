import { createHash, createHmac } from 'node:crypto';

/** What of a call is signed. `query` holds the call's own parameters; RPC calls of Alibaba Cloud have no body. */
export interface UnsignedCall {
  /** Host with its port, as the Host header says it. */
  readonly host: string;
  readonly path: string;
  readonly action: string;
  readonly version: string;
  readonly query: Readonly<Record<string, string>>;
  readonly at: Date;
  /** Different for each call: the gateway refuses one that it has seen. */
  readonly nonce: string;
}

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

const algorithm = 'ACS3-HMAC-SHA256';

/**
 * Signature V3 of Alibaba Cloud's gateway (its document "V3 request structure and signature"): a digest of method, path,
 * sorted query, signed headers and body, under HMAC-SHA256 of the secret. The gateway takes a call for 15 minutes.
 */
export function signCall(call: UnsignedCall, key: AccessKey): { query: string; headers: Record<string, string> } {
  const query = Object.keys(call.query)
    .sort()
    .map((name) => `${encode(name)}=${encode(call.query[name] ?? '')}`)
    .join('&');
  const bodyHash = sha256('');
  const headers: Record<string, string> = {
    host: call.host,
    'x-acs-action': call.action,
    'x-acs-content-sha256': bodyHash,
    'x-acs-date': `${call.at.toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': call.nonce,
    'x-acs-version': call.version,
  };
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const signedNames = names.join(';');
  const request = ['POST', call.path, query, lines, signedNames, bodyHash].join('\n');
  const signature = createHmac('sha256', key.secret)
    .update(`${algorithm}\n${sha256(request)}`)
    .digest('hex');
  return {
    query,
    headers: {
      ...headers,
      authorization: `${algorithm} Credential=${key.id},SignedHeaders=${signedNames},Signature=${signature}`,
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Percent-encoding of RFC 3986: stricter than what browsers do. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
