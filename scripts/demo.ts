// npm run demo: siyu and a sandbox, connected; a brand with shops, staff and codes; people who come, stay and leave.
//   npm run demo                       about a month in five minutes, then real time, until Ctrl-C
//   npm run demo -- --days 30 --exit   the month as fast as it can, checked against the sandbox's truth, then RESULT
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { getInbox } from '#contract/events';
import { listTouches } from '#contract/touch';
import { setUpBrand } from './brand.ts';
import { compareWithTruth } from './compare.ts';
import {
  becomeOwner,
  connect,
  defaultAccount,
  findPostgres,
  freePort,
  makeHome,
  reconcile,
  removeHome,
  type SandboxProcess,
  type Session,
  type Siyu,
  startSandboxProcess,
  startSiyu,
} from './processes.ts';

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '30' },
    exit: { type: 'boolean', default: false },
    'per-day': { type: 'string', default: '60' },
    seed: { type: 'string', default: 'siyu' },
    port: { type: 'string' },
  },
});
const days = positive('days', values.days);
const perDay = positive('per-day', values['per-day']);
const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** A month in five minutes. */
const demoSpeed = (30 * dayMs) / (5 * 60_000);

const home = makeHome('demo');
const undo: (() => Promise<void> | void)[] = [() => removeHome(home)];
let ending: Promise<void> | undefined;
process.once('SIGINT', () => void end(0));
process.once('SIGTERM', () => void end(0));

try {
  process.exitCode = await run();
  if (values.exit) await end(process.exitCode);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  await end(1);
}

async function run(): Promise<number> {
  const startedAt = Date.now();
  console.log('starting siyu and a sandbox …');
  const port = values.port === undefined ? await portOr(4310) : positive('port', values.port);
  const sandbox = await startSandboxProcess({ seed: values.seed, port: values.exit ? 0 : await portOr(4319) });
  undo.unshift(() => sandbox.stop());
  const siyu = await startSiyu({ home, port, clock: 'ipc', env: { SIYU_LOG_LEVEL: 'warn', SIYU_LOG_FORMAT: 'json' } });
  undo.unshift(() => siyu.stop());

  // Midnight in the brand's zone, so that days are whole.
  const begin = Math.floor((Date.now() + 8 * hourMs) / dayMs) * dayMs - 8 * hourMs - days * dayMs + 9 * hourMs;
  setClocks(siyu, sandbox, begin, 0);
  const session = await becomeOwner(siyu, { ...defaultAccount, organizationName: '山间茶事' });
  await connect(session, sandbox);
  await reconcile(session);
  console.log('setting up a brand: shops, staff, tags and channel codes …');
  const places = await setUpBrand(session, sandbox);
  await sandbox.ask('POST', '/places', places);
  await sandbox.ask('POST', '/population', { perDay });

  if (!values.exit) return live(siyu, sandbox, session, begin);
  await liveFast(siyu, sandbox, session, begin);
  return report(sandbox, session, Date.now() - startedAt);
}

/** Hour by hour with the clocks held in between, as fast as both sides can. */
async function liveFast(siyu: Siyu, sandbox: SandboxProcess, session: Session, begin: number): Promise<void> {
  for (let hour = 1; hour <= days * 24; hour++) {
    const to = begin + hour * hourMs;
    siyu.setClock({ realMs: Date.now(), simMs: to, speed: 0 });
    await sandbox.ask('POST', '/step', { to: new Date(to).toISOString() });
    // People act on what they were told: the day's welcomes arrive on that day.
    if (hour % 6 === 0) await waitForRest(session, sandbox);
    if (hour % (24 * 5) === 0) {
      const stats = await sandbox.stats();
      console.log(
        `day ${String(hour / 24).padStart(2)}: ${stats.people} people, ${stats.friends} friends, ${stats.welcomes.delivered} welcomes`,
      );
    }
  }
  await sandbox.ask('POST', '/population', { perDay: 0 });
}

async function live(siyu: Siyu, sandbox: SandboxProcess, session: Session, begin: number): Promise<number> {
  setClocks(siyu, sandbox, begin, demoSpeed);
  console.log(`
  Console   ${siyu.url}
  Account   ${session.account.email}   ${session.account.password}
  Phone     ${sandbox.url}
  API       ${siyu.url}/api/docs

A month of the brand's life passes in the next five minutes, then time runs as usual. Ctrl-C ends it and leaves nothing behind.
`);
  const until = Date.now() + (days * dayMs) / demoSpeed;
  while (Date.now() < until && !ending) await sleep(500);
  if (ending) return 0;
  setClocks(siyu, sandbox, Date.now(), 1);
  // From now on people come at a pace one can watch.
  await sandbox.ask('POST', '/population', { perDay: 600 });
  console.log('The month is over: time runs as usual now.');
  return 0;
}

/** Both programs compute the same time from the same three numbers. */
function setClocks(siyu: Siyu, sandbox: SandboxProcess, simMs: number, speed: number): void {
  const setting = { realMs: Date.now(), simMs, speed };
  siyu.setClock(setting);
  sandbox.setClock(setting);
}

async function report(sandbox: SandboxProcess, session: Session, tookMs: number): Promise<number> {
  await waitForRest(session, sandbox);
  const pool = new pg.Pool({ connectionString: findPostgres(home).url, max: 2 });
  try {
    await waitForMirror(pool);
    const { findings, ...figures } = await compareWithTruth(pool, await sandbox.truth());
    for (const finding of findings) console.log(`mismatch: ${finding}`);
    console.log(`RESULT ${JSON.stringify({ days, ...figures, seconds: Math.round(tookMs / 1000) })}`);
    return figures.mismatches === 0 && figures.welcomes_late === 0 && figures.welcomed_twice === 0 ? 0 : 1;
  } finally {
    await pool.end();
  }
}

/** No callback under way, no fact waiting, no welcome on its way. */
async function waitForRest(session: Session, sandbox: SandboxProcess): Promise<void> {
  const limit = Date.now() + 120_000;
  for (;;) {
    await sandbox.waitUntilIdle(30_000);
    const inbox = await session.call(getInbox, {});
    const pages = await Promise.all(
      (['allowed', 'claimed'] as const).map((state) => session.call(listTouches, { state, limit: 1 })),
    );
    if (inbox.failed.length > 0) throw new Error(`facts could not be projected: ${JSON.stringify(inbox.failed[0])}`);
    if (inbox.waiting === 0 && pages.every((page) => page.rows.length === 0)) return;
    if (Date.now() > limit) throw new Error('siyu did not come to rest within two minutes');
    await sleep(20);
  }
}

/** Records to read, tags and remarks to tell. */
async function waitForMirror(pool: pg.Pool): Promise<void> {
  const limit = Date.now() + 120_000;
  for (;;) {
    const { rows } = await pool.query<{ left: string }>(`
      select (select count(*) from graphile_worker.jobs where attempts < max_attempts) + (select count(*) from wecom_refresh)
        + (select count(*) from follow_tag where is_pending) + (select count(*) from follow where is_remark_pending)
        + (select count(*) from inbox) as left`);
    if (Number(rows[0]?.left) === 0) return;
    if (Date.now() > limit)
      throw new Error(`${rows[0]?.left} records, tags or remarks are still on their way after two minutes`);
    await sleep(100);
  }
}

/** Stops what was started, last first, and removes the demo's folder. */
function end(code: number): Promise<void> {
  ending ??= (async () => {
    for (const step of undo) await step();
    process.exit(code);
  })();
  return ending;
}

/** The usual port when it is free, any free one otherwise. */
async function portOr(usual: number): Promise<number> {
  return (await isFree(usual)) ? usual : freePort();
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${name} must be a positive whole number, not ${text}`);
  process.exit(1);
}
