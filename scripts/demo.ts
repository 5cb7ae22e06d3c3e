// npm run demo: siyu and a sandbox, connected; a brand with shops, staff and codes; people who come, stay and leave.
//   npm run demo                       about a month in five minutes, then real time, until Ctrl-C
//   npm run demo -- --days 60 --exit   two months as fast as it can, checked against the sandbox's truth, then RESULT
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { getInbox } from '#contract/events';
import { setUpBrand } from './brand.ts';
import { createCarrier } from './carry-orders.ts';
import { compareWithTruth } from './compare.ts';
import { compareReach } from './compare-effects.ts';
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
import { launchDue, type PlannedCampaign, setUpProgramme } from './programme.ts';

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '30' },
    exit: { type: 'boolean', default: false },
    'per-day': { type: 'string', default: '60' },
    campaigns: { type: 'string', default: '20' },
    seed: { type: 'string', default: 'siyu' },
    port: { type: 'string' },
  },
});
const days = positive('days', values.days);
const perDay = positive('per-day', values['per-day']);
const campaignCount = positive('campaigns', values.campaigns);
/** In a demo that is long enough for campaigns the shops open with a festival, so that there are people to write to. */
const opening = { days: 4, perDay: days >= 45 ? 10 * perDay : perDay };
const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** A month in five minutes. */
const demoSpeed = (30 * dayMs) / (5 * 60_000);

/** What is on its way at a moment of the product's time. */
const dueNow = `
  select * from (
    select 'touches to decide' as what, count(*)::int as count from touch where state in ('planned', 'deferred') and due_at <= $1
    union all select 'touches to deliver', count(*)::int from touch where state in ('allowed', 'claimed') and priority = 0
    union all select 'packs', count(*)::int from touch_pack where state in ('planned', 'claimed')
    union all select 'packs to look at', count(*)::int from touch_pack where state in ('submitted', 'confirmed') and poll_at <= $1
    union all select 'steps', count(*)::int from journey_enrolment where due_at <= $1 and state = 'active'
  ) as waiting where count > 0`;

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
  const campaigns = await setUpProgramme(session, { begin, days, campaigns: days >= 20 ? campaignCount : 0 });
  await sandbox.ask('POST', '/population', { perDay: opening.perDay });

  const launched = new Set<number>();
  const world: DemoWorld = {
    siyu,
    sandbox,
    session,
    begin,
    carry: createCarrier(session, sandbox),
    launch: (now) => launchDue(session, campaigns, now, launched),
  };
  if (!values.exit) return live(world);
  await liveFast(world);
  return report(world, campaigns, Date.now() - startedAt);
}

interface DemoWorld {
  readonly siyu: Siyu;
  readonly sandbox: SandboxProcess;
  readonly session: Session;
  /** Simulated milliseconds. */
  readonly begin: number;
  readonly carry: () => Promise<number>;
  /** Launches the campaigns of the day that begins. */
  readonly launch: (now: number) => Promise<void>;
}

/** Hour by hour with the clocks held in between, as fast as both sides can. */
async function liveFast({ siyu, sandbox, session, begin, carry, launch }: DemoWorld): Promise<void> {
  const pool = new pg.Pool({ connectionString: findPostgres(home).url, max: 1 });
  try {
    for (let hour = 1; hour <= days * 24; hour++) {
      const to = begin + hour * hourMs;
      siyu.setClock({ realMs: Date.now(), simMs: to, speed: 0 });
      await sandbox.ask('POST', '/step', { to: new Date(to).toISOString() });
      if (hour === opening.days * 24) await sandbox.ask('POST', '/population', { perDay });
      if (hour % 3 === 0) await carry();
      if (hour % 24 === 0) await launch(to);
      // People act on what they were told: what is due within an hour goes out in that hour.
      await waitForRest(session, sandbox, pool, new Date(to));
      if (hour % (24 * 5) === 0) {
        const stats = await sandbox.stats();
        console.log(
          `day ${String(hour / 24).padStart(2)}: ${stats.people} people, ${stats.friends} friends, ${stats.welcomes.delivered} welcomes`,
        );
      }
    }
    await sandbox.ask('POST', '/population', { perDay: 0 });
    await carry();
    await waitForRest(session, sandbox, pool, new Date(begin + days * dayMs));
  } finally {
    await pool.end();
  }
}

async function live({ siyu, sandbox, session, begin, carry, launch }: DemoWorld): Promise<number> {
  setClocks(siyu, sandbox, begin, demoSpeed);
  console.log(`
  Console   ${siyu.url}
  Account   ${session.account.email}   ${session.account.password}
  Phone     ${sandbox.url}
  API       ${siyu.url}/api/docs

A month of the brand's life passes in the next five minutes, then time runs as usual. Ctrl-C ends it and leaves nothing behind.
`);
  const startedAt = Date.now();
  const until = startedAt + (days * dayMs) / demoSpeed;
  while (Date.now() < until && !ending) {
    await carry();
    await launch(begin + (Date.now() - startedAt) * demoSpeed);
    await sleep(500);
  }
  if (ending) return 0;
  setClocks(siyu, sandbox, Date.now(), 1);
  // From now on people come at a pace one can watch.
  await sandbox.ask('POST', '/population', { perDay: 600 });
  console.log('The month is over: time runs as usual now.');
  while (!ending) {
    await carry();
    await sleep(2000);
  }
  return 0;
}

/** Both programs compute the same time from the same three numbers. */
function setClocks(siyu: Siyu, sandbox: SandboxProcess, simMs: number, speed: number): void {
  const setting = { realMs: Date.now(), simMs, speed };
  siyu.setClock(setting);
  sandbox.setClock(setting);
}

async function report(
  { sandbox, session }: DemoWorld,
  campaigns: readonly PlannedCampaign[],
  tookMs: number,
): Promise<number> {
  const pool = new pg.Pool({ connectionString: findPostgres(home).url, max: 2 });
  try {
    await waitForMirror(pool);
    const { findings, ...figures } = await compareWithTruth(pool, await sandbox.truth());
    const { findings: reachFindings, ...reach } = await compareReach(pool, session, sandbox, campaigns);
    for (const finding of [...findings, ...reachFindings.slice(0, 20)]) console.log(`mismatch: ${finding}`);
    const result = {
      days,
      ...figures,
      ...reach,
      mismatches: figures.mismatches + reachFindings.length,
      seconds: Math.round(tookMs / 1000),
    };
    console.log(`RESULT ${JSON.stringify(result)}`);
    const zero = [
      result.mismatches,
      result.welcomes_late,
      result.welcomed_twice,
      result.duplicates,
      result.over_quota,
      result.in_quiet_hours,
    ];
    const isCovered = reach.intervals_covering_truth >= Math.floor(reach.campaigns * 0.85);
    return zero.every((count) => count === 0) && isCovered ? 0 : 1;
  } finally {
    await pool.end();
  }
}

/** No callback under way, no fact waiting, nothing on its way that was due by now. */
async function waitForRest(session: Session, sandbox: SandboxProcess, pool: pg.Pool, now: Date): Promise<void> {
  const limit = Date.now() + 120_000;
  for (;;) {
    await sandbox.waitUntilIdle(30_000);
    const inbox = await session.call(getInbox, {});
    if (inbox.failed.length > 0) throw new Error(`facts could not be projected: ${JSON.stringify(inbox.failed[0])}`);
    const { rows } = await pool.query<{ what: string; count: number }>(dueNow, [now]);
    if (inbox.waiting === 0 && rows.length === 0) return;
    if (Date.now() > limit) {
      throw new Error(`siyu did not come to rest within two minutes: ${inbox.waiting} facts, ${JSON.stringify(rows)}`);
    }
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
