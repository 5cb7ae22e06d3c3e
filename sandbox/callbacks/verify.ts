import { toSeconds } from '#sandbox/clock';
import type { Random } from '#sandbox/random';
import { encrypt, signature } from './crypto.ts';

export type CallbackTarget = { url: string; token: string; encodingAesKey: string };
export type CallbackVerdict = { ok: true } | { ok: false; problem: CallbackProblem; message: string };
type CallbackProblem =
  | 'url_invalid'
  | 'token_invalid'
  | 'key_invalid'
  | 'unreachable'
  | 'too_slow'
  | 'status_not_200'
  | 'wrong_answer';

/** The check the console makes before it saves a callback url (reference §10.1, "URL check"). */
export async function checkCallback(
  target: CallbackTarget,
  corpId: string,
  input: { at: number; random: Random; timeoutMs: number },
): Promise<CallbackVerdict> {
  if (!URL.canParse(target.url)) return refused('url_invalid', `${target.url} is not a url`);
  const url = new URL(target.url);
  if (!/^https?:$/.test(url.protocol)) return refused('url_invalid', 'the url must be http or https');
  if (!/^[A-Za-z0-9]{1,32}$/.test(target.token)) return refused('token_invalid', 'the token is 1-32 letters or digits');
  if (!/^[A-Za-z0-9]{43}$/.test(target.encodingAesKey)) {
    return refused('key_invalid', 'the EncodingAESKey is 43 letters or digits');
  }
  const plain = input.random.digits(19);
  const echostr = encrypt(target.encodingAesKey, plain, corpId);
  const timestamp = String(toSeconds(input.at));
  const nonce = input.random.digits(10);
  url.searchParams.set('msg_signature', signature(target.token, timestamp, nonce, echostr));
  url.searchParams.set('timestamp', timestamp);
  url.searchParams.set('nonce', nonce);
  url.searchParams.set('echostr', echostr);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(input.timeoutMs) });
    const answer = await response.text();
    if (response.status !== 200) {
      return refused('status_not_200', `answered ${response.status}: ${answer.slice(0, 200)}`);
    }
    if (answer === plain) return { ok: true };
    return refused(
      'wrong_answer',
      `the answer must be the decrypted echostr and nothing else, got ${JSON.stringify(answer.slice(0, 200))}`,
    );
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') {
      return refused('too_slow', `no answer within ${input.timeoutMs} ms`);
    }
    return refused('unreachable', causeOf(error as Error));
  }
}

function refused(problem: CallbackProblem, message: string): CallbackVerdict {
  return { ok: false, problem, message };
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
