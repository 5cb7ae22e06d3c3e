import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import apiReference from '@scalar/fastify-api-reference';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { PoolClient } from 'pg';
import { createEmailChannel } from '#channels/email';
import { createRelayChannel } from '#channels/relay';
import { createSmsChannel } from '#channels/sms';
import { createWebChannel } from '#channels/web';
import { createWecomChannel } from '#channels/wecom';
import { createModules } from '#modules';
import { createAuth, identify, serveAuth, serveStaffSignIn } from '#organization';
import type { Config } from '#platform/config';
import { type Database, sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { watchTables } from '#platform/feed';
import { answerError, errorReply, jsonLimitBytes, serveEndpoints } from '#platform/http';
import { randomToken } from '#platform/ids';
import { startJobs } from '#platform/jobs';
import { createMetrics, type Metrics } from '#platform/metrics';
import type { Mirror } from '#platform/mirror';
import type { Module, Runtime } from '#platform/module';
import { describeApi } from '#platform/openapi';
import { startPumps } from '#platform/pump';
import { startSchedule } from '#platform/schedule';

export interface AppParts {
  readonly config: Pick<Config, 'home' | 'publicUrl' | 'metricsToken' | 'allowPrivateWebhooks'>;
  readonly database: Database;
  readonly runtime: Runtime;
  readonly secret: string;
  readonly version: string;
  /** Counts segments when there is one; PostgreSQL does otherwise. */
  readonly mirror?: Mirror;
}

/** All of siyu, put together and not yet started: tests begin here. */
export interface App {
  readonly http: FastifyInstance;
  readonly modules: readonly Module[];
  readonly metrics: Metrics;
  /** Starts what works in the background: pumps, jobs, chores. */
  startWorker(): Promise<RunningWorker>;
}

export interface RunningWorker {
  /** Looks at once for what is due: the clock was set. */
  wake(): void;
  stop(): Promise<void>;
}

export async function createApp(parts: AppParts): Promise<App> {
  const { config, database, runtime } = parts;
  const metrics = createMetrics();
  const auth = createAuth({ database, secret: parts.secret, publicUrl: config.publicUrl });
  const wecom = createWecomChannel(runtime, metrics);
  const email = createEmailChannel(runtime);
  const sms = createSmsChannel(runtime);
  const relay = createRelayChannel(runtime, { allowPrivate: config.allowPrivateWebhooks });
  const modules = [
    ...createModules({
      auth,
      publicUrl: config.publicUrl,
      deliverers: [wecom, email, sms, relay].flatMap((channel) => channel.deliverers),
      broadcasters: wecom.broadcasters,
      packers: wecom.packers,
      sealer: runtime.sealer,
      allowPrivateWebhooks: config.allowPrivateWebhooks,
      clock: runtime.clock,
      importsFolder: join(config.home, 'imports'),
      mirror: parts.mirror,
      visitors: wecom.visitors,
    }),
    wecom,
    createWebChannel(),
    email,
    sms,
    relay,
  ];

  await withFeedClient(database, (client) =>
    watchTables(
      client,
      modules.flatMap((module) => module.feed ?? []),
    ),
  );

  const http = Fastify({
    loggerInstance: runtime.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomToken(9),
    bodyLimit: jsonLimitBytes,
    routerOptions: { maxParamLength: 200 },
    trustProxy: 'loopback',
    // Addresses that cannot be read never reach the error handler.
    frameworkErrors: answerError,
  });
  http.setErrorHandler(answerError);
  http.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    metrics.httpSeconds.observe({ route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  });
  http.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (!(request.routeOptions.config as { isCrossOrigin?: boolean }).isCrossOrigin) assertSameOrigin(request);
  });

  serveAuth(http, auth, config.publicUrl);
  serveStaffSignIn(http, auth, runtime, wecom.members);
  serveEndpoints(
    http,
    modules.flatMap((module) => module.endpoints),
    runtime,
    (request) => identify(auth, database, request),
  );
  await serveDocs(http, parts);
  serveOperations(http, parts, metrics);
  await servePages(http);

  return {
    http,
    modules,
    metrics,
    async startWorker() {
      const jobs = await startJobs(
        database.url,
        runtime,
        Object.assign({}, ...modules.map((module) => module.jobs ?? {})),
      );
      const pumps = await startPumps(
        database.url,
        runtime,
        modules.flatMap((module) => module.pumps ?? []),
      );
      const schedule = await startSchedule(
        runtime,
        modules.flatMap((module) => module.chores ?? []),
      );
      return {
        wake: pumps.wake,
        async stop() {
          await schedule.stop();
          await Promise.all([jobs.stop(), pumps.stop()]);
        },
      };
    },
  };
}

async function withFeedClient(database: Database, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await database.pool.connect();
  try {
    await work(client);
  } finally {
    client.release();
  }
}

/** A page of another site cannot use a signed-in browser: browsers name the origin of every write. */
function assertSameOrigin(request: { method: string; headers: Record<string, unknown> }): void {
  const { origin, host } = request.headers;
  if (request.method === 'GET' || typeof origin !== 'string' || typeof host !== 'string') return;
  const isSame = URL.canParse(origin) && new URL(origin).host === host;
  if (!isSame) throw new AppError('origin_not_allowed');
}

async function serveDocs(http: FastifyInstance, parts: AppParts): Promise<void> {
  const document = describeApi({ version: parts.version, publicUrl: parts.config.publicUrl });
  http.get('/api/openapi.json', async () => document);
  await http.register(apiReference, {
    routePrefix: '/api/docs',
    // Nothing on this page talks to anybody but this server.
    configuration: {
      content: JSON.stringify(document),
      withDefaultFonts: false,
      telemetry: false,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
    } as never,
  });
}

function serveOperations(http: FastifyInstance, parts: AppParts, metrics: Metrics): void {
  const { db } = parts.database;
  http.get('/healthz', async (_request, reply) => {
    try {
      await sql`select 1`.execute(db);
      return { ok: true };
    } catch {
      return reply.status(503).send({ ok: false });
    }
  });
  http.get('/metrics', async (request, reply) => {
    const token = parts.config.metricsToken;
    const isLocal = ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.socket.remoteAddress ?? '');
    const isProxied = request.headers['x-forwarded-for'] !== undefined;
    const isAdmitted = token ? request.headers.authorization === `Bearer ${token}` : isLocal && !isProxied;
    if (!isAdmitted) return reply.status(403).send(errorReply('not_allowed', request.id));
    const { rows } = await sql<{ waiting: number }>`select coalesce(sum(fact_count), 0) as waiting from inbox`.execute(
      db,
    );
    metrics.inboxWaiting.set(rows[0]?.waiting ?? 0);
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
}

/** Pages are never shown inside other sites' pages; the phone's may stand beside a chat in WeCom. */
const headersOf = (frames: string) => ({
  'content-security-policy': `frame-ancestors ${frames}`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
});
const apps = [
  { name: 'h5', prefix: '/m/', headers: headersOf("'self' https://work.weixin.qq.com") },
  { name: 'console', prefix: '/', headers: headersOf("'none'") },
] as const;

/** The built pages; every address that is no file and no API is a page of the console or, below /m, of the phone. */
async function servePages(http: FastifyInstance): Promise<void> {
  const built = apps.flatMap((app) => {
    const root = join(import.meta.dirname, '..', app.name, 'dist');
    return existsSync(join(root, 'index.html')) ? [{ ...app, root }] : [];
  });
  for (const [i, { root, prefix, headers }] of built.entries()) {
    await http.register(fastifyStatic, {
      root,
      prefix,
      decorateReply: i === 0,
      wildcard: false,
      // Files under assets carry their hash in their name.
      setHeaders: (reply, path) => {
        reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
        if (path.endsWith('.html')) reply.headers(headers);
      },
    });
  }
  http.setNotFoundHandler(async (request, reply) => {
    const isPage =
      request.method === 'GET' &&
      !/^\/(api|v1|q|l|wecom\/callback)([/?]|$)/.test(request.url) &&
      !/\.[a-z0-9]{2,5}$/i.test(request.url.split('?')[0] ?? '');
    const name = /^\/m([/?]|$)/.test(request.url) ? 'h5' : 'console';
    const app = isPage ? built.find((app) => app.name === name) : undefined;
    if (!app) return reply.status(404).send(errorReply('not_found', request.id));
    return reply.headers({ ...app.headers, 'cache-control': 'no-cache' }).sendFile('index.html', app.root);
  });
}
