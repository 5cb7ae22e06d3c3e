import { Readable } from 'node:stream';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type ErrorCode, type ErrorReply, type FieldProblem, type Permission, pathNames } from '#contract';
import { type Actor, type Ctx, inTransaction } from './ctx.ts';
import { AppError } from './errors.ts';
import type { BytesReply, Endpoint, Runtime } from './module.ts';

/** Finds out who calls; null is nobody. */
export type Identify = (request: FastifyRequest) => Promise<Actor | null>;

const nobody: Actor = { kind: 'system', id: 'nobody', name: 'nobody' };

/** Largest JSON body; importers read files, not bodies. */
export const jsonLimitBytes = 3 * 1024 * 1024;
/** Largest file of a material: WeCom takes files of up to 20 MB. */
const uploadLimitBytes = 20 * 1024 * 1024;

/**
 * Serves endpoints: reads the input from path, query and body, checks who may, opens the transaction a write needs and
 * commits it before the reply.
 */
export function serveEndpoints(
  app: FastifyInstance,
  endpoints: readonly Endpoint[],
  runtime: Runtime,
  identify: Identify,
) {
  const files = endpoints.filter(({ route }) => route.bytes === 'in' && !route.stream);
  const streams = endpoints.filter(({ route }) => route.bytes === 'in' && route.stream);
  for (const endpoint of endpoints)
    if (endpoint.route.bytes !== 'in') serve(app, endpoint, endpoint.route.limitBytes ?? jsonLimitBytes);
  // Bodies that are files keep their bytes, whatever they say they are.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const endpoint of files) serve(scope, endpoint, uploadLimitBytes);
  });
  // Bodies larger than memory are handed on as they come in; who takes them keeps to a limit of his own.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body));
    for (const endpoint of streams) serve(scope, endpoint, Number.MAX_SAFE_INTEGER);
  });

  function serve(scope: FastifyInstance, { route, handle }: Endpoint, bodyLimit: number): void {
    const inPath = new Set(pathNames(route.path));
    scope.route({
      method: route.method,
      url: route.path,
      bodyLimit,
      config: { isCrossOrigin: route.isCrossOrigin === true },
      handler: async (request, reply) => {
        if (route.isCrossOrigin) reply.header('access-control-allow-origin', '*');
        const actor = await admit(request, route.permission);
        const input = parseInput(route.input, readInput(request, route, inPath));
        const left = new AbortController();
        reply.raw.on('close', () => {
          if (!reply.raw.writableEnded) left.abort();
        });
        const ctx: Ctx = {
          db: runtime.db,
          actor,
          now: runtime.clock.now(),
          log: request.log as Ctx['log'],
          zone: runtime.zone,
          requestId: request.id,
          bell: runtime.bell,
          signal: left.signal,
        };
        const upload = {
          method: request.method,
          header: (name: string) => headerOf(request, name),
          bytes: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
          stream: request.body instanceof Readable ? request.body : Readable.from([]),
          contentType: String(request.headers['content-type'] ?? ''),
          authorization: request.headers.authorization,
        };
        const run = (ctx: Ctx) => handle(ctx as never, input as never, upload);
        const result = route.method === 'GET' || route.outside ? await run(ctx) : await inTransaction(ctx, run);
        return route.bytes === 'out' || route.page ? sendBytes(reply, result as BytesReply) : result;
      },
    });
  }

  // Browsers ask before they send JSON to another site.
  for (const { route } of endpoints.filter(({ route }) => route.isCrossOrigin)) {
    app.options(route.path, { config: { isCrossOrigin: true } }, async (_request, reply) =>
      reply
        .status(204)
        .headers({
          'access-control-allow-origin': '*',
          'access-control-allow-methods': route.method,
          // Segment's libraries count their retries in a header.
          'access-control-allow-headers': 'authorization, content-type, x-retry-count',
          'access-control-max-age': '86400',
        })
        .send(),
    );
  }

  async function admit(request: FastifyRequest, permission: Endpoint['route']['permission']): Promise<Actor> {
    const actor = await identify(request);
    if (permission === 'public') return actor ?? nobody;
    if (!actor) throw new AppError('not_signed_in');
    if (permission !== 'signed_in' && !mayDo(actor, permission)) {
      throw new AppError('not_allowed', { details: { permission } });
    }
    return actor;
  }
}

function mayDo(actor: Actor, permission: Permission): boolean {
  return actor.kind !== 'system' && actor.permissions.has(permission);
}

function readInput(request: FastifyRequest, route: Endpoint['route'], inPath: ReadonlySet<string>): unknown {
  const fromPath = Object.fromEntries(
    Object.entries((request.params ?? {}) as Record<string, unknown>).filter(([name]) => inPath.has(name)),
  );
  const query = (request.query ?? {}) as Record<string, unknown>;
  if (route.method === 'GET' || route.bytes === 'in') return { ...query, ...fromPath };
  const body =
    route.isCrossOrigin && typeof request.body === 'string' ? parseBeacon(request.body) : (request.body ?? {});
  if (typeof body !== 'object' || Array.isArray(body)) return body;
  return { ...body, ...fromPath };
}

/** A browser that leaves a page sends JSON as plain text: that needs no permission asked beforehand. */
function parseBeacon(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('input_invalid');
  }
}

function parseInput<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('input_invalid', { fields: describeIssues(parsed.error) });
}

/** A custom check's message is the name of the rule: 'control_characters'. */
function describeIssues(error: z.ZodError): FieldProblem[] {
  return error.issues.slice(0, 50).map((issue) => ({
    path: issue.path.map(String).join('.').slice(0, 200),
    problem: issue.code === 'custom' ? issue.message : issue.code,
    message: issue.message.slice(0, 300),
  }));
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function sendBytes(reply: FastifyReply, result: BytesReply): FastifyReply {
  reply.header('x-content-type-options', 'nosniff');
  for (const [name, value] of Object.entries(result.headers ?? {})) reply.header(name, value);
  return reply
    .status(result.status ?? 200)
    .type(result.contentType)
    .send(result.body);
}

/** One mapper for our refusals, the framework's, and bugs. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = error instanceof AppError ? error : fromFramework(error);
  if (known) {
    reply.status(known.status).send(errorReply(known.code, request.id, known));
    return;
  }
  request.log.error({ err: error }, 'a request failed');
  reply.status(500).send(errorReply('internal', request.id));
}

export function errorReply(
  code: ErrorCode,
  requestId: string,
  extra: {
    message?: string;
    fields?: readonly FieldProblem[] | undefined;
    details?: Readonly<Record<string, unknown>> | undefined;
  } = {},
): ErrorReply {
  return {
    error: {
      code,
      message: extra.message ?? code,
      requestId,
      ...(extra.fields ? { fields: extra.fields } : {}),
      ...(extra.details ? { details: extra.details } : {}),
    },
  };
}

/** Fastify's own 4xx: bad JSON, too large, wrong media type. */
function fromFramework(error: unknown): AppError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { statusCode } = error as FastifyError;
  if (statusCode === undefined || statusCode < 400 || statusCode > 499) return undefined;
  const code = frameworkCodes[statusCode] ?? 'input_invalid';
  return new AppError(code, { message: error.message });
}

const frameworkCodes: Readonly<Record<number, ErrorCode>> = {
  404: 'not_found',
  413: 'body_too_large',
  415: 'media_type_unsupported',
  429: 'too_many_requests',
};
