// siyu and the sandbox as child processes, and what it takes to make them work together: for the demo and the benches.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, type Output, pathNames, type Route } from '#contract';
import { createCode, getCode } from '#contract/acquisition';
import { listOperations, setUpOwner } from '#contract/organization';
import { setConnection, startReconciliation } from '#contract/wecom';
import type { AddsDraft, AddsResult, ClockSetting, Corp, DeliveryReport, Stats, Truth, TruthWay } from '#sandbox';

const root = join(import.meta.dirname, '..');
const startMs = 120_000;
const stopMs = 60_000;

/** A child that says `ready` by message. It ends when this process does, however that happens. */
export interface Process {
  readonly url: string;
  readonly pid: number;
  /** Settles when the process has gone, for whatever reason. */
  readonly ended: Promise<void>;
  /** For a child whose clock is set from outside. */
  setClock(setting: ClockSetting): void;
  /** Asks it to stop in good order and waits until it has. */
  stop(): Promise<void>;
  /** SIGKILL: it gets no chance to do anything. */
  kill(): Promise<void>;
}

export interface Siyu extends Process {
  readonly home: string;
  /** Opens the first-run page, while there is no owner. */
  readonly setupToken: string | undefined;
}

export interface SiyuOptions {
  /** Everybody must be able to pass through it: as root, PostgreSQL runs as `nobody`. See `makeHome`. */
  readonly home: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly clock?: 'system' | 'ipc';
  /** What time it is from its first moment on; for the clock `ipc`. */
  readonly time?: ClockSetting;
  /** Settings besides these; no SIYU_… setting and no DATABASE_URL is taken from our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Kills it while it is still starting. */
  readonly signal?: AbortSignal;
}

export async function startSiyu(options: SiyuOptions): Promise<Siyu> {
  mkdirSync(options.home, { recursive: true });
  const port = options.port ?? (await freePort());
  const { child, ready } = await startChild(
    'server/main.ts',
    join(options.home, 'siyu.log'),
    {
      SIYU_HOME: options.home,
      SIYU_PORT: String(port),
      SIYU_CLOCK: options.clock ?? 'system',
      ...options.env,
    },
    { signal: options.signal, time: options.time },
  );
  return { ...child, url: ready.url, home: options.home, setupToken: ready.setupToken };
}

/** A new folder for one installation, in the system's temporary folder. */
export function makeHome(name: string): string {
  const home = mkdtempSync(join(tmpdir(), `siyu-${name}-`));
  chmodSync(home, 0o755);
  return home;
}

/** Removes an installation that is not running; a PostgreSQL that a killed siyu left behind is stopped first. */
export async function removeHome(home: string): Promise<void> {
  const dataFolder = dataFolderOf(home);
  for (const end = Date.now() + 20_000; isPostgresRunning(home) && Date.now() < end; await sleep(100)) {
    process.kill(findPostgres(home).pid, 'SIGINT');
  }
  const folder = dirname(dataFolder);
  rmSync(home, { recursive: true, force: true });
  if (folder !== home) rmSync(folder, { recursive: true, force: true });
}

/** The embedded PostgreSQL of an installation: how to reach it, and its process. */
export function findPostgres(home: string): { url: string; pid: number } {
  const lines = readFileSync(join(dataFolderOf(home), 'postmaster.pid'), 'utf8').split('\n');
  const password = readFileSync(join(home, 'postgres.password'), 'utf8').trim();
  return { url: `postgresql://siyu:${password}@127.0.0.1:${lines[3]}/siyu`, pid: Number(lines[0]) };
}

function isPostgresRunning(home: string): boolean {
  if (!existsSync(join(dataFolderOf(home), 'postmaster.pid'))) return false;
  try {
    process.kill(findPostgres(home).pid, 0);
    return true;
  } catch {
    return false;
  }
}

function dataFolderOf(home: string): string {
  const pointer = join(home, 'postgres.location');
  return join(existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : home, 'postgres');
}

export interface SandboxProcess extends Process {
  readonly corp: Corp;
  /** Any route below /_control. */
  ask<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: `/${string}`, body?: unknown): Promise<T>;
  truth(): Promise<Truth>;
  stats(): Promise<Stats>;
  deliveries(): Promise<DeliveryReport>;
  contactWays(): Promise<TruthWay[]>;
  /** People add at an even rate; returns after the last add. */
  adds(draft: AddsDraft): Promise<AddsResult>;
  /** Waits until no callback is under way; false when some still were after the time. */
  waitUntilIdle(timeoutMs: number): Promise<boolean>;
}

export async function startSandboxProcess(
  options: { port?: number; seed?: string; store?: string } = {},
): Promise<SandboxProcess> {
  const { child, ready } = await startChild('sandbox/main.ts', undefined, {
    SANDBOX_PORT: String(options.port ?? 0),
    ...(options.seed === undefined ? {} : { SANDBOX_SEED: options.seed }),
    ...(options.store === undefined ? {} : { SANDBOX_STORE: options.store }),
  });
  const { url } = ready;
  const ask = <T>(method: string, path: string, body?: unknown) =>
    request<T>(`${url}/_control${path}`, method, {}, method === 'GET' ? undefined : (body ?? {}));
  return {
    ...child,
    url,
    corp: await ask('GET', '/corp'),
    ask,
    truth: () => ask('GET', '/truth'),
    stats: () => ask('GET', '/stats'),
    deliveries: () => ask('GET', '/deliveries'),
    contactWays: () => ask('GET', '/contact-ways'),
    adds: (draft) => ask('POST', '/adds', draft),
    waitUntilIdle: async (timeoutMs) => (await ask<{ idle: boolean }>('POST', '/idle', { timeoutMs })).idle,
  };
}

/** A signed-in user of siyu. Outlives restarts of siyu at the same address. */
export interface Session {
  readonly url: string;
  readonly account: Account;
  /** @param file the body of a route that takes one */
  call<R extends Route>(route: R, input: Call<R>, file?: Buffer): Promise<Output<R>>;
}

export interface Account {
  readonly organizationName: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

export const defaultAccount: Account = {
  organizationName: '思遇示例品牌',
  name: '负责人',
  email: 'owner@siyu.local',
  password: 'siyu-owner-2026',
};

/** Becomes the owner of a siyu that has none, and signs in. */
export async function becomeOwner(siyu: Siyu, account: Account = defaultAccount): Promise<Session> {
  if (siyu.setupToken === undefined) throw new Error(`the siyu in ${siyu.home} has an owner already`);
  await callRoute(siyu.url, {}, setUpOwner, { token: siyu.setupToken, ...account });
  return signIn(siyu, account);
}

export async function signIn(siyu: Pick<Siyu, 'url'>, account: Account = defaultAccount): Promise<Session> {
  const { url } = siyu;
  const response = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email: account.email, password: account.password }),
  });
  if (!response.ok) throw new Error(`signing in was answered ${response.status}: ${await response.text()}`);
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return { url, account, call: (route, input, file) => callRoute(url, { cookie, origin: url }, route, input, file) };
}

/** Connects siyu to the sandbox's corp, both ways. */
export async function connect(session: Session, sandbox: SandboxProcess): Promise<void> {
  const { corpId, agentId, secret, token, encodingAesKey } = sandbox.corp;
  await session.call(setConnection, {
    corpId,
    agentId: String(agentId),
    secret,
    token,
    encodingAesKey,
    baseUrl: sandbox.url,
  });
  await sandbox.ask('POST', '/callback', { url: `${session.url}/wecom/callback`, token, encodingAesKey });
}

/** Compares everything with the platform's lists and waits until that is done. */
export async function reconcile(session: Session, timeoutMs = 300_000): Promise<void> {
  const { operationId } = await session.call(startReconciliation, {});
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    const { rows } = await session.call(listOperations, { kind: 'wecom.reconcile' });
    const operation = rows.find((row) => row.id === operationId);
    if (operation?.state === 'done') return;
    if (operation?.state === 'failed' || operation?.state === 'cancelled') {
      throw new Error(`the reconciliation ${operation.state}: ${operation.problem}`);
    }
    await sleep(100);
  }
  throw new Error(`the reconciliation took longer than ${timeoutMs} ms`);
}

/** A channel code that the platform has. */
export interface MadeCode {
  readonly id: number;
  readonly stateKey: string;
  /** What the sandbox scans. */
  readonly configId: string;
  readonly scanUrl: string;
}

/** Makes channel codes and waits until the platform knows them. */
export async function makeCodes(
  session: Session,
  sandbox: SandboxProcess,
  drafts: readonly Call<typeof createCode>[],
): Promise<MadeCode[]> {
  const ids: number[] = [];
  for (const draft of drafts) ids.push((await session.call(createCode, draft)).id);
  const codes: Output<typeof getCode>[] = [];
  for (const id of ids) codes.push(await waitForCode(session, id));
  const ways = new Map((await sandbox.contactWays()).map((way) => [way.state, way.configId]));
  return codes.map(({ id, stateKey, scanUrl }) => ({
    id,
    stateKey,
    configId: ways.get(stateKey) ?? '',
    scanUrl: scanUrl ?? '',
  }));
}

async function waitForCode(session: Session, id: number): Promise<Output<typeof getCode>> {
  const end = Date.now() + 60_000;
  for (;;) {
    const code = await session.call(getCode, { id });
    if (code.sync === 'synced') return code;
    if (code.sync === 'failed' || Date.now() > end) {
      throw new Error(`the code ${code.name} is ${code.sync} on the platform: ${code.syncProblem}`);
    }
    await sleep(50);
  }
}

/** An open port of 127.0.0.1. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function callRoute<R extends Route>(
  url: string,
  headers: Readonly<Record<string, string>>,
  route: R,
  input: Call<R>,
  file?: Buffer,
): Promise<Output<R>> {
  const rest = new Map(Object.entries((input ?? {}) as Record<string, unknown>));
  let path: string = route.path;
  for (const name of pathNames(route.path)) {
    path = path.replace(`:${name}`, encodeURIComponent(String(rest.get(name))));
    rest.delete(name);
  }
  if (route.method !== 'GET' && file === undefined)
    return request(url + path, route.method, headers, Object.fromEntries(rest));
  const query = new URLSearchParams();
  for (const [name, value] of rest) if (value !== undefined) query.set(name, String(value));
  return request(query.size > 0 ? `${url}${path}?${query}` : url + path, route.method, headers, file);
}

async function request<T>(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Promise<T> {
  const isFile = Buffer.isBuffer(body);
  const type = isFile ? 'application/octet-stream' : 'application/json';
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': type }) },
    ...(body === undefined ? {} : { body: isFile ? new Uint8Array(body) : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} was answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}

interface Ready {
  readonly url: string;
  readonly setupToken?: string;
}

/** @param log what the child says is added to this file; without one, only its errors are shown, as ours */
async function startChild(
  file: string,
  log: string | undefined,
  env: Readonly<Record<string, string>>,
  { signal, time }: { signal?: AbortSignal | undefined; time?: ClockSetting | undefined } = {},
): Promise<{ child: Omit<Process, 'url'>; ready: Ready }> {
  const own = Object.entries(process.env).filter(([name]) => !/^(SIYU_|SANDBOX_|DATABASE_URL$)/.test(name));
  const output = log === undefined ? undefined : openSync(log, 'a');
  const child = spawn(process.execPath, [join(root, file)], {
    cwd: root,
    env: { ...Object.fromEntries(own), ...env },
    stdio: ['ignore', output ?? 'ignore', output ?? 'inherit', 'ipc'],
  });
  if (output !== undefined) closeSync(output);
  // It waits there until the child listens, and then comes before anything else it does.
  if (time) child.send({ kind: 'clock', ...time });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  const ready = await new Promise<Ready>((resolve, reject) => {
    const timer = setTimeout(() => {
      kill();
      reject(new Error(`${file} was not ready after ${startMs} ms`));
    }, startMs);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const said = log === undefined ? '' : `:\n${readFileSync(log, 'utf8').split('\n').slice(-15).join('\n')}`;
      reject(new Error(`${file} ended (${signal ?? code}) before it was ready${said}`));
    });
    child.on('message', (message: { kind?: string } & Ready) => {
      if (message.kind !== 'ready') return;
      clearTimeout(timer);
      resolve(message);
    });
  });
  signal?.removeEventListener('abort', kill);
  return { child: { pid: child.pid ?? 0, ended, ...controlsOf(child, ended) }, ready };
}

function controlsOf(child: ChildProcess, ended: Promise<void>): Pick<Process, 'setClock' | 'stop' | 'kill'> {
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  return {
    setClock(setting) {
      if (child.connected) child.send({ kind: 'clock', ...setting });
    },
    async stop() {
      if (isGone()) return;
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    },
    async kill() {
      if (isGone()) return;
      child.kill('SIGKILL');
      await ended;
    },
  };
}
