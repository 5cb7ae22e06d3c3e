import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The door of Alibaba Cloud's API: who calls, when, and whether it was said by the holder of the key. Written from the
 * document "V3 request structure and signature". Times here are real: clocks of callers do not follow a simulated one.
 */
export type Call = {
  method: string;
  path: string;
  /** As it stands in the address, undecoded. */
  search: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
};

export type Refusal = { status: number; code: string; message: string };

export type Gateway = {
  /** @returns the action, when the call may pass */
  admit(call: Call, realMs: number): { action: string } | Refusal;
};

const algorithm = 'ACS3-HMAC-SHA256';
const toleranceMs = 15 * 60_000;
const versionOfApi = '2017-05-25';
const actions = new Set(['SendSms', 'QuerySendDetails']);

export function createGateway(key: { id: string; secret: string }): Gateway {
  /** Nonces and when they may be forgotten: a call older than the tolerance is refused for its age. */
  const seen = new Map<string, number>();

  return {
    admit: (call, realMs) => {
      const header = (name: string) => String(call.headers[name] ?? '');
      const authorization = readAuthorization(header('authorization'));
      if (!authorization)
        return refuse(400, 'MissingAuthorization', 'The Authorization header is missing or malformed.');
      if (authorization.credential !== key.id) {
        return refuse(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.');
      }
      const date = header('x-acs-date');
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date)) {
        return refuse(400, 'InvalidTimeStamp.Format', 'Specified time stamp or date value is not well formatted.');
      }
      if (Math.abs(Date.parse(date) - realMs) > toleranceMs) {
        return refuse(400, 'InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.');
      }
      const nonce = header('x-acs-signature-nonce');
      if (nonce === '') return refuse(400, 'MissingSignatureNonce', 'x-acs-signature-nonce is mandatory.');
      const calculated = calculate(call, authorization.signedHeaders, key.secret);
      if (!isEqual(calculated.signature, authorization.signature)) {
        const { stringToSign, request } = calculated;
        const message = `Specified signature does not match our calculation. server StringToSign is [${stringToSign}], server CanonicalRequest is [${request}]`;
        return refuse(400, 'SignatureDoesNotMatch', message);
      }
      for (const [old, forgetAt] of seen) if (forgetAt < realMs) seen.delete(old);
      if (seen.has(nonce)) {
        return refuse(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.');
      }
      seen.set(nonce, realMs + 2 * toleranceMs);
      if (header('x-acs-version') !== versionOfApi) {
        return refuse(400, 'InvalidVersion', 'Specified parameter Version is not valid.');
      }
      const action = header('x-acs-action');
      if (!actions.has(action)) {
        return refuse(404, 'InvalidAction.NotFound', 'Specified api is not found, please check your url and method.');
      }
      return { action };
    },
  };
}

function refuse(status: number, code: string, message: string): Refusal {
  return { status, code, message };
}

function readAuthorization(text: string) {
  const match = new RegExp(
    `^${algorithm} Credential=([^,]+),\\s*SignedHeaders=([^,]+),\\s*Signature=([0-9a-f]{64})$`,
  ).exec(text);
  if (!match) return undefined;
  return { credential: match[1] ?? '', signedHeaders: (match[2] ?? '').split(';'), signature: match[3] ?? '' };
}

/** What the caller must have calculated, from what arrived. */
export function calculate(call: Call, signedHeaders: readonly string[], secret: string) {
  const headers = signedHeaders.map((name) => `${name}:${String(call.headers[name] ?? '').trim()}\n`).join('');
  const request = [
    call.method,
    call.path,
    canonicalQuery(call.search),
    headers,
    signedHeaders.join(';'),
    sha256(call.body),
  ].join('\n');
  const stringToSign = `${algorithm}\n${sha256(request)}`;
  return { request, stringToSign, signature: createHmac('sha256', secret).update(stringToSign).digest('hex') };
}

function canonicalQuery(search: string): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return [...new URLSearchParams(search)]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
