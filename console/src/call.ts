import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Call, ErrorCode, ErrorReply, FieldProblem, Output, Route } from '#contract';
import { pathNames } from '#contract/route';

/** `unreachable` is the console's own: no answer came back at all. */
export type RefusalCode = ErrorCode | 'unreachable';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: RefusalCode;
  readonly fields: readonly FieldProblem[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;

  constructor(code: RefusalCode, reply?: ErrorReply['error']) {
    super(reply?.message ?? code);
    this.code = code;
    this.fields = reply?.fields ?? [];
    this.details = reply?.details ?? {};
    this.requestId = reply?.requestId ?? null;
  }
}

function queryText(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** Splits an input into the address (path and query) and what is left for a JSON body. */
function locate(route: Route, input: Readonly<Record<string, unknown>>) {
  const inPath = new Set(pathNames(route.path));
  const path = route.path.replace(/:([a-zA-Z]+)/g, (_, name: string) => encodeURIComponent(String(input[name])));
  const rest = Object.entries(input).filter(([name, value]) => !inPath.has(name) && value !== undefined);
  if (route.method !== 'GET' && route.bytes !== 'in') return { address: path, body: Object.fromEntries(rest) };
  const query = new URLSearchParams(rest.map(([name, value]) => [name, queryText(value)])).toString();
  return { address: query === '' ? path : `${path}?${query}`, body: undefined };
}

/** The address of a route that answers with a file, for `<img src>` and downloads. */
export function addressOf<R extends Route>(route: R, input: Call<R>): string {
  return locate(route, input as Record<string, unknown>).address;
}

/** Calls a route of the contract. With `bytes: 'in'` the file is the body. Refusals are thrown as ApiError. */
export async function call<R extends Route>(
  route: R,
  input: Call<R>,
  options: { file?: Blob; signal?: AbortSignal } = {},
): Promise<Output<R>> {
  const { address, body } = locate(route, input as Record<string, unknown>);
  const init: RequestInit = { method: route.method, headers: { accept: 'application/json' } };
  if (options.signal) init.signal = options.signal;
  if (options.file) {
    init.body = options.file;
    init.headers = { 'content-type': options.file.type || 'application/octet-stream' };
  } else if (body) {
    init.body = JSON.stringify(body);
    init.headers = { 'content-type': 'application/json' };
  }

  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError('unreachable');
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as Output<R>;
  const reply = (answer as ErrorReply | null)?.error;
  throw new ApiError(reply?.code ?? (response.status >= 502 ? 'unreachable' : 'internal'), reply);
}

/** A GET route as a query; its key is the path and the input. */
export function reading<R extends Route>(route: R, input: Call<R>) {
  return queryOptions({
    queryKey: [route.path, input] as const,
    queryFn: ({ signal }) => call(route, input, { signal }),
  });
}

interface Page {
  readonly next: string | null;
}

/** A keyset-paged GET route as an infinite query. */
export function readingPages<R extends Route>(route: Output<R> extends Page ? R : never, input: Call<R>) {
  return infiniteQueryOptions({
    queryKey: [route.path, 'pages', input] as const,
    queryFn: ({ pageParam, signal }) =>
      call<R>(route, { ...(input as object), ...(pageParam === null ? {} : { after: pageParam }) } as Call<R>, {
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last as Page).next,
  });
}
