import { wasSurelyNotSent } from '#platform/network';
import type { Endpoint } from './endpoint.ts';
import {
  type EndpointInput,
  type EndpointName,
  type EndpointValue,
  type EndpointWith,
  endpoints,
} from './endpoints.ts';
import { explainErrcode, type Failure, type Outcome, type Receipt } from './errors.ts';
import { createFrequency, type Frequency, type Lane } from './frequency.ts';
import { type Credentials, createTokenKeeper } from './token.ts';

export type WecomClientOptions = Credentials & {
  /** Scheme and host, such as https://qyapi.weixin.qq.com; a path is kept as a prefix. */
  baseUrl: string;
  fetch?: typeof globalThis.fetch;
  nowMs?: () => number;
  /** For one exchange, from sending to the last byte of the answer. */
  timeoutMs?: number;
  uploadTimeoutMs?: number;
  /** Shared by the clients of one corp; otherwise this client has its own. */
  frequency?: Frequency;
  log?: { warn(details: object, message: string): void };
  /** Called after each exchange with the platform, repeated ones and gettoken included; `ms` is without any waiting. */
  onCall?: (endpoint: EndpointName, ms: number, outcome: 'ok' | Outcome, errcode: number | undefined) => void;
};

export type CallOptions = {
  /** `bulk` unless said otherwise. */
  lane?: Lane;
  /** Without one, a call waits for its turn as long as it takes: 60 s when the API is closed after 45009. */
  signal?: AbortSignal | undefined;
};

type UploadEndpoint = EndpointWith<{ multipart: true }>;
export type CallableEndpoint = Exclude<EndpointName, 'gettoken' | UploadEndpoint>;
export type PagedEndpoint = EndpointWith<{ paged: true }>;
export type UploadKind = EndpointInput<'media/upload'>['type'];

export type WecomClient = {
  /** One call of the server API. Whatever the outside world does comes back as a receipt; it never throws. */
  call<Name extends CallableEndpoint>(
    name: Name,
    input: EndpointInput<Name>,
    options?: CallOptions,
  ): Promise<Receipt<EndpointValue<Name>>>;
  /** All pages in order. A failure is the last receipt; cursors expire, so begin again at the first page then. */
  pages<Name extends PagedEndpoint>(
    name: Name,
    input: Omit<EndpointInput<Name>, 'cursor'>,
    options?: CallOptions,
  ): AsyncGenerator<Receipt<EndpointValue<Name>>, void, void>;
  /** A temporary file: its media_id serves all apps of the corp for 3 days. */
  upload(
    kind: UploadKind,
    filename: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<Receipt<EndpointValue<'media/upload'>>>;
  /** A file for Moments, which take no other; 3 days, too. */
  uploadForMoment(
    kind: 'image' | 'video',
    filename: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<Receipt<EndpointValue<'media/upload_attachment'>>>;
  /** A picture with a url that stays but renders only inside WeCom messages. 1000 a day, 3000 a month. */
  uploadPicture(
    filename: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<Receipt<EndpointValue<'media/uploadimg'>>>;
  /** Takes another corp id or secret into use. */
  useCredentials(credentials: Credentials): void;
};

type Upload = { filename: string; bytes: Uint8Array };

const maxResponseBytes = 16 * 1024 * 1024;
const maxBusyRepeats = 3;
const firstBackoffMs = 200;

// doc 90253 and 90256; every file must be over 5 bytes.
const megabyte = 1024 * 1024;
const maxUploadBytes = {
  image: 10 * megabyte,
  voice: 2 * megabyte,
  video: 10 * megabyte,
  file: 20 * megabyte,
  picture: 2 * megabyte,
};

export function createWecomClient(options: WecomClientOptions): WecomClient {
  const { nowMs = Date.now, timeoutMs = 5000, uploadTimeoutMs = 60_000, log, onCall } = options;
  const fetch = options.fetch ?? globalThis.fetch;
  const frequency = options.frequency ?? createFrequency({ nowMs });
  // A base that is no URL is refused here; inside fetch its error message would show the secret of the query.
  const base = new URL(options.baseUrl).href.replace(/\/$/, '');
  const tokens = createTokenKeeper({
    credentials: { corpId: options.corpId, secret: options.secret },
    nowMs,
    fetchToken: ({ corpId, secret }) => settle('gettoken', { corpid: corpId, corpsecret: secret }, { lane: 'urgent' }),
  });

  /** Repeats what may be repeated: once with a fresh token, and some times while the platform is busy. */
  async function settle<Name extends EndpointName>(
    name: Name,
    input: EndpointInput<Name>,
    callOptions: CallOptions = {},
    upload?: Upload,
  ): Promise<Receipt<EndpointValue<Name>>> {
    const endpoint: Endpoint = endpoints[name];
    const request = endpoint.request.safeParse(input);
    if (!request.success) return refusedHere(`request ${firstIssue(request.error)}`);
    const { lane = 'bulk', signal } = callOptions;
    let isTokenRenewed = false;
    let busyRepeats = 0;
    for (;;) {
      const token = name === 'gettoken' ? undefined : await tokens.get(signal);
      if (token && !token.ok) return { ...token, outcome: 'unreachable' };
      const release = await frequency.admit({
        api: name,
        lane,
        signal,
        readsCustomers: endpoint.readsCustomers === true,
      });
      if (!release) return notSent('aborted by the caller before the call was sent');
      const startedMs = performance.now();
      const receipt = await exchange(name, request.data, token?.value, signal, upload).finally(release);
      onCall?.(
        name,
        performance.now() - startedMs,
        receipt.ok ? 'ok' : receipt.outcome,
        receipt.ok ? 0 : receipt.errcode,
      );
      if (receipt.ok) return receipt as Receipt<EndpointValue<Name>>;

      if (receipt.errcode === 45009) {
        log?.warn({ endpoint: name }, 'WeCom refuses this API for its frequency; it rests for a minute');
        frequency.closeApi(name);
      }
      if (token && isTokenRefusal(receipt.errcode) && !isTokenRenewed) {
        tokens.drop(token.value);
        isTokenRenewed = true;
      } else if (receipt.errcode === -1 && endpoint.idempotent && busyRepeats < maxBusyRepeats) {
        busyRepeats += 1;
        if (!(await waited(firstBackoffMs * 2 ** (busyRepeats - 1) * (0.5 + Math.random() / 2), signal)))
          return receipt;
      } else {
        return receipt;
      }
    }
  }

  /** One HTTP request and its answer. */
  async function exchange(
    name: EndpointName,
    request: Record<string, unknown>,
    token: string | undefined,
    signal: AbortSignal | undefined,
    upload: Upload | undefined,
  ): Promise<Receipt<unknown>> {
    const endpoint: Endpoint = endpoints[name];
    const query = new URLSearchParams(token === undefined ? {} : { access_token: token });
    const isQuery = endpoint.method === 'GET' || endpoint.multipart;
    for (const [key, value] of Object.entries(isQuery ? request : {})) {
      if (value !== undefined) query.set(key, String(value));
    }
    const timeout = AbortSignal.timeout(upload ? uploadTimeoutMs : timeoutMs);
    const init: RequestInit = {
      method: endpoint.method,
      redirect: 'manual',
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    };
    if (upload) init.body = formOf(upload);
    else if (!isQuery) {
      init.body = JSON.stringify(request);
      init.headers = { 'content-type': 'application/json' };
    }
    let status: number;
    let body: string | undefined;
    try {
      const response = await fetch(`${base}/cgi-bin/${name}?${query}`, init);
      status = response.status;
      body = await readLimited(response);
    } catch (error) {
      if (timeout.aborted) return perhapsDone(endpoint, 'no answer in time');
      if (signal?.aborted) return perhapsDone(endpoint, 'aborted by the caller after the call was sent');
      return networkFailure(endpoint, error);
    }
    if (body === undefined) return perhapsDone(endpoint, `an answer of more than ${maxResponseBytes} bytes`);
    return judge(endpoint, status, body);
  }

  /** Success is an errcode of 0 or none at all. errmsg is never looked at: it is "created", "updated" or empty, too. */
  function judge(endpoint: Endpoint, status: number, body: string): Receipt<unknown> {
    const isHttpOk = status >= 200 && status < 300;
    const answer = parseObject(body);
    const errcode = answer?.errcode ?? 0;
    if (answer && typeof errcode === 'number' && errcode !== 0) {
      const errmsg = typeof answer.errmsg === 'string' ? answer.errmsg : '';
      return { ok: false, outcome: 'refused', errcode, errmsg, ...explainErrcode(errcode) };
    }
    // A gateway on the way answers so, with or without JSON. A redirect or a 4xx says that it went no further.
    if (!isHttpOk && status < 500) {
      const retryable = status === 408 || status === 429;
      const remedy = retryable ? 'wait' : 'check_base_url';
      return { ok: false, outcome: 'refused', errmsg: `HTTP status ${status}`, retryable, remedy };
    }
    if (!isHttpOk) return perhapsDone(endpoint, `HTTP status ${status}`);
    if (!answer) return perhapsDone(endpoint, 'an answer that is no JSON object');
    const value = endpoint.response.safeParse(answer);
    if (errcode === 0 && value.success) return { ok: true, value: value.data };
    const errmsg = `response ${value.success ? 'errcode: not a number' : firstIssue(value.error)}`;
    log?.warn({ errmsg }, 'WeCom answered in a form that is not known');
    return { ok: false, outcome: 'unknown', errmsg, retryable: false, remedy: 'report_bug' };
  }

  function uploadFile<Name extends UploadEndpoint>(
    name: Name,
    input: EndpointInput<Name>,
    maxBytes: number,
    file: Upload,
    callOptions?: CallOptions,
  ): Promise<Receipt<EndpointValue<Name>>> {
    const size = file.bytes.byteLength;
    if (size <= 5 || size > maxBytes) {
      const errmsg = `a file of ${size} bytes; over 5 and at most ${maxBytes} are allowed`;
      return Promise.resolve({ ok: false, outcome: 'refused', errmsg, retryable: false, remedy: 'fix_media' });
    }
    return settle(name, input, callOptions, file);
  }

  return {
    call: settle,
    async *pages(name, input, callOptions) {
      const seen = new Set<string>();
      let cursor: string | undefined;
      do {
        const request = (cursor === undefined ? input : { ...input, cursor }) as EndpointInput<typeof name>;
        const receipt = await settle(name, request, callOptions);
        yield receipt;
        if (!receipt.ok) return;
        cursor = receipt.value.next_cursor || undefined;
        if (cursor !== undefined && seen.has(cursor)) {
          yield refusedHere('the platform returned the same cursor twice');
          return;
        }
        if (cursor !== undefined) seen.add(cursor);
      } while (cursor !== undefined);
    },
    upload: (type, filename, bytes, callOptions) =>
      uploadFile('media/upload', { type }, maxUploadBytes[type], { filename, bytes }, callOptions),
    uploadForMoment: (media_type, filename, bytes, callOptions) =>
      uploadFile(
        'media/upload_attachment',
        { media_type, attachment_type: 1 },
        maxUploadBytes[media_type],
        { filename, bytes },
        callOptions,
      ),
    uploadPicture: (filename, bytes, callOptions) =>
      uploadFile('media/uploadimg', {}, maxUploadBytes.picture, { filename, bytes }, callOptions),
    useCredentials: tokens.useCredentials,
  };
}

// 40001 is a wrong secret from gettoken; anywhere else it is a token of other credentials.
function isTokenRefusal(errcode: number | undefined): boolean {
  return errcode === 40014 || errcode === 42001 || errcode === 40001;
}

function refusedHere(errmsg: string): Failure {
  return { ok: false, outcome: 'refused', errmsg, retryable: false, remedy: 'report_bug' };
}

function notSent(errmsg: string): Failure {
  return { ok: false, outcome: 'unreachable', errmsg, retryable: true, remedy: 'wait' };
}

function perhapsDone(endpoint: Endpoint, errmsg: string): Failure {
  return { ok: false, outcome: 'unknown', errmsg, retryable: endpoint.idempotent, remedy: 'check_network' };
}

function networkFailure(endpoint: Endpoint, error: unknown): Failure {
  const cause: unknown = error instanceof Error && error.cause ? error.cause : error;
  const { code } = cause as { code?: unknown };
  const errmsg = typeof code === 'string' ? code : 'the connection failed';
  if (!wasSurelyNotSent(error)) return perhapsDone(endpoint, errmsg);
  return { ...notSent(errmsg), remedy: 'check_network' };
}

/** The body as text, or undefined when it is too large. */
async function readLimited(response: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the rest of the transfer.
    if (size > maxResponseBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

function formOf({ filename, bytes }: Upload): FormData {
  const form = new FormData();
  form.append('media', new Blob([new Uint8Array(bytes)], { type: 'application/octet-stream' }), filename);
  return form;
}

function firstIssue(error: { issues: { path: PropertyKey[]; message: string }[] }): string {
  const issue = error.issues[0];
  return `${issue?.path.join('.') || '(whole)'}: ${issue?.message}`;
}

/** False when the signal aborted first. */
function waited(delayMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (isOver: boolean) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve(isOver);
    };
    const abort = () => end(false);
    const timer = setTimeout(() => end(true), delayMs);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
