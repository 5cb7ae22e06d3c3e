import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '#app';
import { type Call, type Output, pathNames, type Role, type Route } from '#contract';
import { createUser, setUpOwner } from '#contract/organization';
import { ensureSetupToken } from '#organization';
import { createScaledClock, type ScaledClock } from '#platform/clock';
import { type Ctx, inTransaction, systemActor } from '#platform/ctx';
import { sql } from '#platform/db';
import { type Logger, silentLog } from '#platform/log';
import { createSealer } from '#platform/seal';
import { createTestDatabase, type TestDatabase } from './database.ts';

/** Somebody who is signed in, or nobody. */
export interface Person {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly raw: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface TestApp {
  readonly app: App;
  readonly database: TestDatabase;
  readonly clock: ScaledClock;
  readonly ctx: Ctx;
  readonly nobody: Person;
  readonly owner: Person;
  /** A new user of a role, signed in. */
  signIn(role: Role, staffId?: number | null): Promise<Person>;
  /** Calls a route as somebody; any answer is returned. */
  ask<R extends Route>(person: Person, route: R, input?: unknown, file?: Buffer): Promise<Answer<Output<R>>>;
  /** Calls a route and insists that it works. */
  call<R extends Route>(person: Person, route: R, input: Call<R>): Promise<Output<R>>;
  listen(): Promise<string>;
  startWorker(): Promise<void>;
  /** Waits until everything that is due has been done. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export const password = 'correct horse battery';
export const secret = 'test secret test secret test secret';

export async function createTestApp(
  options: { log?: Logger; port?: number; allowPrivateWebhooks?: boolean } = {},
): Promise<TestApp> {
  const database = await createTestDatabase();
  const clock = createScaledClock();
  const log = options.log ?? silentLog;
  const home = mkdtempSync(join(tmpdir(), 'siyu-test-'));
  const publicUrl = options.port === undefined ? 'http://siyu.test' : `http://127.0.0.1:${options.port}`;
  const { bell } = database;
  const runtime = { db: database.db, bell, clock, log, zone: 'Asia/Shanghai', publicUrl, sealer: createSealer(secret) };
  const app = await createApp({
    config: { home, publicUrl, metricsToken: undefined, allowPrivateWebhooks: options.allowPrivateWebhooks ?? true },
    database,
    runtime,
    secret,
    version: 'test',
  });
  await app.http.ready();
  let worker: { stop(): Promise<void> } | undefined;
  let signIns = 0;

  const self: TestApp = {
    app,
    database,
    clock,
    get ctx() {
      return {
        db: database.db,
        actor: systemActor('test'),
        now: clock.now(),
        log,
        zone: 'Asia/Shanghai',
        requestId: undefined,
        bell,
      };
    },
    nobody: { name: 'nobody', headers: {} },
    owner: { name: 'owner', headers: {} },

    async signIn(role, staffId = null) {
      signIns++;
      const email = `${role}${signIns}@siyu.test`;
      await self.call(self.owner, createUser, { name: role, email, role, password, staffId });
      return { name: role, headers: { cookie: await signInWith(app, email, signIns) } };
    },

    async ask(person, route, input, file) {
      const request = toRequest(route, input, file);
      const response = await app.http.inject({
        ...request,
        headers: { ...request.headers, ...person.headers },
      });
      const raw = response.rawPayload;
      const isJson = String(response.headers['content-type']).includes('json');
      return {
        status: response.statusCode,
        body: isJson ? response.json() : undefined,
        raw,
        headers: response.headers,
      } as never;
    },

    async call(person, route, input) {
      const answer = await self.ask(person, route, input);
      if (answer.status !== 200) throw new Error(`${route.path} answered ${answer.status}: ${answer.raw.toString()}`);
      return answer.body;
    },

    listen: () => app.http.listen({ host: '127.0.0.1', port: options.port ?? 0 }),

    async startWorker() {
      worker = await app.startWorker();
    },

    async settle() {
      const end = Date.now() + 30_000;
      while (Date.now() < end) {
        const { rows } = await sql<{ what: string; count: number }>`
          select 'facts' as what, count(*) as count from inbox where not is_failed
          union all select 'touches', count(*) from touch where priority = 0 and state in ('allowed', 'claimed')
          union all select 'tags', count(*) from follow_tag where is_pending and attempts < 8
          union all select 'remarks', count(*) from follow where is_remark_pending
          union all select 'catalogue', count(*) from tag where pending is not null and problem is null
          union all select 'readings', count(*) from wecom_refresh
          union all select 'groups', count(*) from wecom_group_chat where asked_at is not null
          union all select 'notices', count(*) from staff_notice where state in ('planned', 'claimed')
          union all select 'messages', count(*) from webhook_delivery d join webhook w on w.id = d.webhook_id
            where w.is_enabled and (d.state = 'claimed' or d.state = 'planned' and d.due_at <= clock_timestamp())
          union all select 'jobs', count(*) from graphile_worker.jobs where run_at <= now() + interval '3 seconds' and attempts < max_attempts
        `.execute(database.db);
        if (rows.every((row) => row.count === 0)) return;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error('the app did not come to rest within 30 seconds');
    },

    async close() {
      await worker?.stop();
      await app.http.close();
      await database.drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
  Object.assign(self.owner.headers, { cookie: await makeOwner(self) });
  return self;
}

async function makeOwner(self: TestApp): Promise<string> {
  const token = await inTransaction(self.ctx, (ctx) => ensureSetupToken(ctx));
  await self.call(self.nobody, setUpOwner, {
    token: token ?? '',
    organizationName: '测试品牌',
    name: 'Owner',
    email: 'owner@siyu.test',
    password,
  });
  return signInWith(self.app, 'owner@siyu.test', 0);
}

/** Each sign-in comes from an address of its own: better-auth slows down repeated ones. */
async function signInWith(app: App, email: string, number: number): Promise<string> {
  const response = await app.http.inject({
    method: 'POST',
    url: '/api/auth/sign-in/email',
    headers: {
      'x-forwarded-for': `10.0.${number >> 8}.${number & 255}`,
      host: 'siyu.test',
      origin: 'http://siyu.test',
    },
    payload: { email, password },
  });
  if (response.statusCode !== 200) throw new Error(`sign-in answered ${response.statusCode}: ${response.body}`);
  return response.cookies.map((cookie) => `${cookie.name}=${encodeURIComponent(cookie.value)}`).join('; ');
}

/** A call as an HTTP request: path names into the path, the rest into query or body. */
export function toRequest(route: Route, input: unknown, file?: Buffer) {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  const rest: Record<string, unknown> = isObject ? { ...input } : {};
  let path: string = route.path;
  for (const name of pathNames(route.path)) {
    path = path.replace(`:${name}`, encodeURIComponent(String(rest[name] ?? '')));
    delete rest[name];
  }
  if (route.method === 'GET' || route.bytes === 'in') {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(rest)) {
      if (value !== undefined) query.set(key, Array.isArray(value) ? value.join(',') : String(value));
    }
    const url = query.size > 0 ? `${path}?${query}` : path;
    const body = route.bytes === 'in' ? { payload: file ?? Buffer.alloc(0) } : {};
    const headers = route.bytes === 'in' ? { 'content-type': 'application/octet-stream' } : {};
    return { method: route.method, url, headers, ...body };
  }
  return {
    method: route.method,
    url: path,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(isObject ? rest : (input ?? {})),
  };
}
