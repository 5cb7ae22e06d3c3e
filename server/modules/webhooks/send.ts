import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { addressIn, isPublicAddress, problemOfUrl } from './addresses.ts';
import { type Receipt, readRetryAfter, reasonOfStatus, type WebhookReason } from './rules.ts';

/** Characters of an answer that are kept. */
const answerLength = 1000;
/** An answer is read to its end up to this size, so that the connection can be used again. */
const answerBytes = 64 * 1024;

export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Posts messages. Never throws for the outside world: what came of it is the receipt. */
export interface Sender {
  send(message: Outgoing): Promise<Receipt>;
  close(): void;
}

export interface SenderOptions {
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  /**
   * Off: each message has a connection of its own. One that is used again may break after the receiver has acted, and is
   * then tried once more; who must not act twice without noticing turns it off.
   */
  readonly reusesConnections?: boolean;
  /** All addresses of a name; default: as the system finds them. */
  readonly findAddresses?: (name: string) => Promise<LookupAddress[]>;
}

class AddressPrivateError extends Error {}

/**
 * Connections are kept and used again. Names are looked up here, so that the address that was judged is the one that is
 * connected to, whatever the name means a moment later.
 */
export function createSender(options: SenderOptions): Sender {
  const lookingUp = new Map<string, Promise<LookupAddress[]>>();
  const find = options.findAddresses ?? ((name) => lookup(name, { all: true }));
  /** Look-ups of one name share one answer: a dead name server must not use up the few threads that look up. */
  const findOnce = (name: string) => {
    const under = lookingUp.get(name) ?? find(name).finally(() => lookingUp.delete(name));
    lookingUp.set(name, under);
    return under;
  };
  const findJudged: LookupFunction = (name, wish, done) => {
    findOnce(name).then(
      (found) => {
        const isUsable = options.allowPrivate || found.every(({ address }) => isPublicAddress(address));
        const [first] = found;
        if (!isUsable || !first) return done(new AddressPrivateError(name), []);
        if (wish.all) return done(null, found);
        return done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, []),
    );
  };
  const agentOptions = {
    keepAlive: options.reusesConnections ?? true,
    keepAliveMsecs: 10_000,
    maxFreeSockets: 64,
    lookup: findJudged,
  };
  const agents = { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) };

  /** One request. A failure says by `wasReused` that it was on a connection which the receiver may have closed meanwhile. */
  function post(url: URL, message: Outgoing, signal: AbortSignal): Promise<Omit<Receipt, 'tookMs'>> {
    const isSecure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (isSecure ? https : http).request(url, {
        method: 'POST',
        agent: isSecure ? agents.https : agents.http,
        headers: { ...message.headers, 'content-length': Buffer.byteLength(message.body) },
        signal,
      });
      let isAnswered = false;
      request.on('error', (error) => {
        // What breaks after the status does not change it.
        if (!isAnswered) reject(Object.assign(error, { wasReused: request.reusedSocket }));
      });
      request.on('response', (response) => {
        isAnswered = true;
        const status = response.statusCode ?? 0;
        const chunks: Buffer[] = [];
        let size = 0;
        // The status is the answer; its text is kept for people to read, as far as it came.
        const end = () =>
          resolve({
            status,
            reason: reasonOfStatus(status),
            answer: excerptOf(Buffer.concat(chunks)),
            retryAfterMs: readRetryAfter(response.headers['retry-after'], Date.now()),
          });
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= answerBytes) chunks.push(chunk);
          else response.destroy();
        });
        response.on('error', end);
        response.on('close', end);
      });
      request.end(message.body);
    });
  }

  async function attempt(message: Outgoing): Promise<Omit<Receipt, 'tookMs'>> {
    const signal = AbortSignal.timeout(options.timeoutMs);
    const url = new URL(message.url);
    const address = addressIn(url);
    if (address !== undefined && !options.allowPrivate && !isPublicAddress(address)) return failed('address_private');
    try {
      return await post(url, message, signal);
    } catch (error) {
      if (!(error as { wasReused?: boolean }).wasReused || signal.aborted) return fromError(error, signal);
    }
    try {
      return await post(url, message, signal);
    } catch (error) {
      return fromError(error, signal);
    }
  }

  return {
    async send(message) {
      const startedAt = performance.now();
      const problem = problemOfUrl(message.url, options.allowPrivate);
      const refused = problem === 'address_private' ? failed('address_private') : failed('url_refused');
      const receipt = problem === undefined ? await attempt(message) : refused;
      return { ...receipt, tookMs: Math.round(performance.now() - startedAt) };
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function failed(reason: WebhookReason, answer = ''): Omit<Receipt, 'tookMs'> {
  return { status: null, reason, answer, retryAfterMs: null };
}

function fromError(error: unknown, signal: AbortSignal): Omit<Receipt, 'tookMs'> {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const said = excerptOf(Buffer.from([code, message].filter((part) => part !== '').join(': ')));
  if (error instanceof AddressPrivateError) return failed('address_private');
  if (signal.aborted || code === 'ETIMEDOUT') return failed('timed_out');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA') return failed('name_unknown', said);
  if (code === 'ECONNREFUSED') return failed('connection_refused', said);
  if (/^(ERR_TLS|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_|EPROTO|ERR_SSL)/.test(code)) return failed('certificate', said);
  return failed('connection_broken', said);
}

/** What can be stored and shown: PostgreSQL keeps no NUL. */
function excerptOf(bytes: Buffer): string {
  const text = bytes.subarray(0, answerLength * 4).toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking out control characters is the point
  const printable = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd');
  return Array.from(printable).slice(0, answerLength).join('');
}
