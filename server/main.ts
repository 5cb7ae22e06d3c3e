import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '#app';
import { ensureSetupToken } from '#organization';
import { type Clock, type ClockSetting, createScaledClock, systemClock } from '#platform/clock';
import { type Config, ConfigError, parseConfig } from '#platform/config';
import { type Ctx, inTransaction, systemActor } from '#platform/ctx';
import { assertServerVersion, type Database, openDatabase } from '#platform/db';
import { HomeInUseError, openHome } from '#platform/home';
import { createLog, type Logger } from '#platform/log';
import { migrate } from '#platform/migrate';
import { type Mirror, openMirror } from '#platform/mirror';
import { EmbeddedPostgresError, startEmbeddedPostgres } from '#platform/postgres';
import { createSealer } from '#platform/seal';
import { mirrorTables, wantedProperties } from '#segments';

type Stop = () => Promise<unknown> | unknown;

/** Starts siyu: configuration, folder, database, then the roles asked for; stops in the opposite order. */
async function main(config: Config, stops: Stop[]): Promise<void> {
  const log = createLog(config);
  const home = openHome(config.home);
  process.on('exit', () => home.release());
  let stopping = false;
  const stop = async (reason: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'siyu is stopping');
    // What is left undone after this long is taken up at the next start.
    setTimeout(() => process.exit(1), 45_000).unref();
    for (const undo of stops.reverse()) await undo();
    log.info('siyu has stopped');
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  process.on('disconnect', () => void stop('the process that started it is gone'));

  const embedded = config.databaseUrl === undefined ? await startEmbeddedPostgres(home.path, log) : undefined;
  if (embedded) stops.push(() => embedded.stop());
  const database = openDatabase(config.databaseUrl ?? embedded?.url ?? '', log);
  stops.push(() => database.close());
  await assertServerVersion(database.db);
  await migrate(database, log);

  const clock = config.clock === 'ipc' ? followClock() : systemClock;
  const secret = config.secret ?? home.secret;
  const runtime = {
    db: database.db,
    bell: database.bell,
    clock,
    log,
    zone: config.timeZone,
    publicUrl: config.publicUrl,
    sealer: createSealer(secret),
  };
  const mirror = config.mirror && (await openSegmentMirror(config.mirror, home.path, database, log));
  if (mirror) stops.push(() => mirror.close());
  const app = await createApp({
    config,
    database,
    runtime,
    secret,
    version: readVersion(),
    ...(mirror ? { mirror } : {}),
  });
  mirror?.follow();
  if (config.roles.has('worker')) {
    const worker = await app.startWorker();
    stops.push(() => worker.stop());
    // After the clock's own listener: what came due is looked for by the new time.
    if (config.clock === 'ipc') process.on('message', () => worker.wake());
  }
  if (config.roles.has('web')) {
    await app.http.listen({ host: config.host, port: config.port });
    stops.push(() => app.http.close());
    await announce(config, { ...runtime, actor: systemActor('start'), now: clock.now(), requestId: undefined });
  } else {
    process.send?.({ kind: 'ready', url: config.publicUrl });
  }
}

/** This process's own copy, in its own folder: several processes have several, and none shares a file. */
async function openSegmentMirror(
  settings: NonNullable<Config['mirror']>,
  home: string,
  database: Database,
  log: Logger,
): Promise<Mirror> {
  const tables = mirrorTables(await wantedProperties(database.db));
  return openMirror({ ...settings, folder: join(home, 'mirror'), databaseUrl: database.url, log }, tables);
}

/** A clock that the process which started us sets by message. */
function followClock(): Clock {
  const clock = createScaledClock();
  process.on('message', (message: { kind?: string } & ClockSetting) => {
    if (message.kind === 'clock') clock.set(message);
  });
  return clock;
}

/** Says where siyu is, and, while it has no owner, by which link to become that. */
async function announce(config: Config, ctx: Ctx): Promise<void> {
  const token = await inTransaction(ctx, (ctx) => ensureSetupToken(ctx));
  const setupUrl = token === undefined ? undefined : `${config.publicUrl}/setup?token=${token}`;
  process.stdout.write(`\nsiyu is at ${config.publicUrl}\n`);
  if (setupUrl) process.stdout.write(`No owner yet. Open this link once to become the owner:\n  ${setupUrl}\n`);
  process.stdout.write('\n');
  process.send?.({ kind: 'ready', url: config.publicUrl, setupToken: token });
}

function readVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

const stops: Stop[] = [];
try {
  await main(parseConfig(process.env, process.stdout.isTTY), stops);
} catch (error) {
  // A start that fails half way leaves nothing running.
  for (const undo of stops.reverse()) await undo();
  const isExpected =
    error instanceof ConfigError ||
    error instanceof HomeInUseError ||
    error instanceof EmbeddedPostgresError ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  process.stderr.write(`${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
