import type { Failure, Receipt } from './errors.ts';

export type Credentials = { corpId: string; secret: string };
export type IssuedToken = { access_token: string; expires_in: number };

export type TokenKeeper = {
  /** The token in use, fetched when there is none. Many callers share one fetch; an abort stops only the waiting. */
  get(signal?: AbortSignal): Promise<Receipt<string>>;
  /** Forgets a refused token, unless it has been replaced since: late refusals of the old one cost no second fetch. */
  drop(token: string): void;
  /** Takes changed credentials into use and ends a pause. The same credentials again change nothing. */
  useCredentials(credentials: Credentials): void;
};

const marginSeconds = 300;
const refusalsBeforePause = 3;
const pauseMs = 10 * 60_000;

/**
 * Keeps one access token (doc 91039). It counts as expired 300 s early. After three refusals in a row it asks no more
 * for ten minutes, because the platform blocks an IP for an hour that keeps coming with a wrong secret.
 * `fetchToken` asks the platform once and never throws.
 */
export function createTokenKeeper(options: {
  credentials: Credentials;
  fetchToken: (credentials: Credentials) => Promise<Receipt<IssuedToken>>;
  nowMs: () => number;
}): TokenKeeper {
  let { credentials } = options;
  let current: { token: string; expiresAtMs: number } | undefined;
  let fetching: Promise<Receipt<string>> | undefined;
  let refusals = 0;
  let pause: { untilMs: number; failure: Failure } | undefined;

  async function fetchOnce(): Promise<Receipt<string>> {
    const asked = credentials;
    const receipt = await options.fetchToken(asked);
    // Somebody changed the credentials meanwhile: this answer says nothing about the new ones.
    if (asked !== credentials) return fetchOnce();
    if (receipt.ok) {
      refusals = 0;
      const { access_token: token, expires_in: expiresInSeconds } = receipt.value;
      current = { token, expiresAtMs: options.nowMs() + usableSeconds(expiresInSeconds) * 1000 };
      return { ok: true, value: token };
    }
    if (receipt.outcome === 'refused' && !receipt.retryable) {
      refusals += 1;
      if (refusals >= refusalsBeforePause) {
        refusals = 0;
        pause = { untilMs: options.nowMs() + pauseMs, failure: pausedFailure(receipt) };
      }
    }
    return receipt;
  }

  return {
    get(signal) {
      const nowMs = options.nowMs();
      if (signal?.aborted) return Promise.resolve(abortedFailure);
      if (current && nowMs < current.expiresAtMs) return Promise.resolve({ ok: true, value: current.token });
      if (pause && nowMs < pause.untilMs) return Promise.resolve(pause.failure);
      fetching ??= fetchOnce().finally(() => {
        fetching = undefined;
      });
      return signal ? untilAborted(fetching, signal) : fetching;
    },
    drop(token) {
      if (current?.token === token) current = undefined;
    },
    useCredentials(changed) {
      if (changed.corpId === credentials.corpId && changed.secret === credentials.secret) return;
      credentials = changed;
      current = undefined;
      pause = undefined;
      refusals = 0;
    },
  };
}

// A repeated request can return the same token with its remaining seconds. Within the margin a tenth of them is used,
// or every call would ask again until the platform issues the next token.
function usableSeconds(expiresInSeconds: number): number {
  return Math.max(expiresInSeconds - marginSeconds, expiresInSeconds / 10);
}

const abortedFailure: Failure = {
  ok: false,
  outcome: 'unreachable',
  errmsg: 'aborted by the caller while waiting for an access token',
  retryable: true,
  remedy: 'wait',
};

function pausedFailure(cause: Failure): Failure {
  return {
    ...cause,
    errmsg: `no access token is asked for after ${refusalsBeforePause} refusals in a row: ${cause.errmsg}`,
  };
}

function untilAborted(shared: Promise<Receipt<string>>, signal: AbortSignal): Promise<Receipt<string>> {
  return new Promise((resolve, reject) => {
    const abort = () => resolve(abortedFailure);
    signal.addEventListener('abort', abort, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
