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
  const files = endpoints.filter(({ route }) => route.bytes === 'in');
  for (const endpoint of endpoints) if (endpoint.route.bytes !== 'in') serve(app, endpoint, jsonLimitBytes);
  // Bodies that are files keep their bytes, whatever they say they are.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const endpoint of files) serve(scope, endpoint, uploadLimitBytes);
  });

  function serve(scope: FastifyInstance, { route, handle }: Endpoint, bodyLimit: number): void {
    const inPath = new Set(pathNames(route.path));
    scope.route({
      method: route.method,
      url: route.path,
      bodyLimit,
      handler: async (request, reply) => {
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
          bytes: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
          contentType: String(request.headers['content-type'] ?? ''),
        };
        const run = (ctx: Ctx) => handle(ctx as never, input as never, upload);
        const result = route.method === 'GET' || route.outside ? await run(ctx) : await inTransaction(ctx, run);
        return route.bytes === 'out' ? sendBytes(reply, result as BytesReply) : result;
      },
    });
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
  const body = request.body ?? {};
  if (typeof body !== 'object' || Array.isArray(body)) return body;
  return { ...body, ...fromPath };
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
