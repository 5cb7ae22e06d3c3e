import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createCampaign, launchCampaign, setCampaignSettings } from '#contract/campaigns';
import { createContent } from '#contract/content';
import { createJourney, enrolInJourney, publishJourney } from '#contract/journeys';
import { listStaff } from '#contract/organization';
import { createSegment, getSegment } from '#contract/segments';
import { policy, setTouchPolicy } from '#contract/touch';
import type { MassTruth } from '#sandbox';
import {
  becomeOwner,
  connect,
  findPostgres,
  freePort,
  type MadeCode,
  makeCodes,
  makeHome,
  reconcile,
  removeHome,
  type SandboxProcess,
  type Session,
  type Siyu,
  startSandboxProcess,
  startSiyu,
} from '#scripts/processes';
import { type Bench, brokenBounds, type Outcome } from './parts/bench.ts';
import { judgeReach } from './parts/reach-verdict.ts';
import { settle } from './parts/settle.ts';
import { type Keeper, keep } from './parts/siyu-keeper.ts';
import { siyuEnv } from './parts/system.ts';
import { createTroubles } from './parts/troubles.ts';

export interface ChaosOptions {
  /** People of the campaign; the second half of them are in the journey, too. */
  readonly people: number;
  readonly kills: number;
  /** Every how many kills PostgreSQL is killed as well. */
  readonly postgresEvery: number;
  /** The machine's time in which the kills fall. */
  readonly seconds: number;
  /** How fast time passes meanwhile, and afterwards until all is at rest. */
  readonly speed: number;
  /** However much is left to do then, it is over. */
  readonly restSeconds: number;
}

const bounds = {
  duplicates: 0,
  over_quota: 0,
  unexplained: 0,
  without_row: 0,
  under_way: 0,
  half_rows: 0,
  failed_starts: 0,
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** So long after the troubles nobody sends any more what somebody else has taken up, and the platform has done all it was asked. */
const sureMs = 25_000;

/**
 * A campaign and a journey while processes of siyu are killed, PostgreSQL with them, and the platform answers late, with errors or
 * not at all. Then the troubles end, all comes to rest, and every touch is held against what the sandbox knows.
 */
export async function runChaos(options: ChaosOptions, say: (text: string) => void): Promise<Outcome> {
  const site = await openSite();
  const { sandbox, session, keepers, house } = site;
  let pool: pg.Pool | undefined;
  try {
    pool = new pg.Pool({ connectionString: findPostgres(house.home).url, max: 2 });
    pool.on('error', () => {});
    const { accounts, code } = await gatherPeople(site, pool, options.people, say);
    await setRules(site);
    const plans = await makePlans(session, code);
    const { rows: customers } = await pool.query<{ id: number }>('select id::int from customer order by id');
    const troubles = createTroubles(
      site,
      accounts,
      customers.map((row) => row.id),
    );
    site.setTime(site.now(), options.speed);
    await letGo(session, plans);

    const startedAt = Date.now();
    const moments = Array.from(
      { length: options.kills },
      () => startedAt + Math.random() * options.seconds * 1000,
    ).sort((a, b) => a - b);
    troubles.start();
    let postgresKills = 0;
    for (const [index, moment] of moments.entries()) {
      await sleep(Math.max(0, moment - Date.now()));
      const withPostgres = index % options.postgresEvery === options.postgresEvery - 1;
      if (withPostgres) postgresKills++;
      const victims = withPostgres && index % 2 === 0 ? keepers : withPostgres ? [house] : choose(keepers);
      await Promise.all(victims.map((victim) => victim.kill(withPostgres && victim === house)));
      const at = ((Date.now() - startedAt) / 1000).toFixed(1);
      const names = victims.map((victim) => site.nameOf(victim)).join(' and ');
      say(`${at} s: kill ${index + 1} of ${options.kills}: ${names}${withPostgres ? ', PostgreSQL as well' : ''}`);
    }
    await sleep(Math.max(0, startedAt + options.seconds * 1000 - Date.now()));
    await troubles.stop();
    for (const keeper of keepers) await keeper.ready();

    site.setTime(site.now(), 2 * options.speed);
    await comeToRest(site, pool, options.restSeconds, say);
    const mass = await sandbox.ask<MassTruth>('GET', '/mass-messages');
    const { findings, states, ...verdict } = await judgeReach(pool, await sandbox.truth(), mass);
    for (const [state, count] of Object.entries(states).sort(([, a], [, b]) => b - a)) say(`${count} ${state}`);
    for (const finding of findings.slice(0, 40)) say(finding);
    say(`troubles: ${JSON.stringify(troubles.counts())}`);
    const total = (count: (keeper: Keeper) => number) => keepers.reduce((sum, keeper) => sum + count(keeper), 0);
    const result = {
      kills: options.kills,
      people: options.people,
      ...verdict,
      tasks: mass.tasks.length,
      postgres_kills: postgresKills,
      deaths: total((keeper) => keeper.deaths()),
      kills_while_starting: total((keeper) => keeper.killsWhileStarting()),
      failed_starts: house.failedStarts(),
      // The others need a PostgreSQL that runs.
      starts_without_postgres: total((keeper) => keeper.failedStarts()) - house.failedStarts(),
    };
    return { result, broken: brokenBounds(result, bounds) };
  } finally {
    await pool?.end();
    await site.close();
  }
}

/** One process, or two, or all of them. */
function choose(keepers: readonly Keeper[]): readonly Keeper[] {
  const shuffled = keepers.map((keeper) => ({ keeper, at: Math.random() })).sort((a, b) => a.at - b.at);
  const roll = Math.random();
  return shuffled.slice(0, roll < 0.5 ? 1 : roll < 0.8 ? 2 : 3).map(({ keeper }) => keeper);
}

/** siyu as several processes on one PostgreSQL, and a sandbox; all by one clock. */
interface Site {
  readonly sandbox: SandboxProcess;
  readonly session: Session;
  /** Server and worker in one, which PostgreSQL belongs to; the others are a worker and a server of their own. */
  readonly house: Keeper;
  readonly keepers: readonly Keeper[];
  nameOf(keeper: Keeper): string;
  /** What time it is for all of them. */
  now(): number;
  speed(): number;
  setTime(simMs: number, speed: number): void;
  close(): Promise<void>;
}

const staffHabits = {
  workingHours: [0, 24],
  confirmHours: [0.02, 1.5],
  refuseTask: 0.03,
  overlookTask: 0.1,
  confirmWhenReminded: 0.5,
};

async function openSite(): Promise<Site> {
  const homes = ['chaos', 'chaos-worker', 'chaos-web'].map(makeHome) as [string, string, string];
  const [home, workerHome, webHome] = homes;
  const started: { stop(): Promise<void> }[] = [];
  // Three in the afternoon of the brand's zone: midnight, when quotas begin anew, falls into the trouble.
  let time = {
    realMs: Date.now(),
    simMs: Math.floor((Date.now() + 8 * hourMs) / dayMs) * dayMs + 7 * hourMs,
    speed: 1,
  };
  const env = { ...siyuEnv, SIYU_SECRET: 'one secret for all processes of chaos', SIYU_MIRROR: 'off' };
  const start = (place: { home: string; port: number; signal?: AbortSignal }, own: Record<string, string> = {}) =>
    startSiyu({ ...place, clock: 'ipc', time, env: { ...env, ...own } });
  const close = async () => {
    for (const process of started.reverse()) await process.stop();
    for (const folder of homes) await removeHome(folder);
  };
  try {
    const sandbox = await startSandboxProcess({ seed: 'chaos' });
    started.push(sandbox);
    sandbox.setClock(time);
    const names = new Map<Keeper, string>();
    const keepAs = (name: string, first: Siyu, own?: () => Record<string, string>) => {
      const keeper = keep(first, (place) => start(place, own?.()));
      started.push(keeper);
      names.set(keeper, name);
      return keeper;
    };
    const house = await start({ home, port: await freePort() });
    const keptHouse = keepAs('the house', house);
    const session = await becomeOwner(house);
    const separate = (roles: string) => () => ({ DATABASE_URL: findPostgres(home).url, SIYU_ROLES: roles });
    const worker = await start({ home: workerHome, port: await freePort() }, separate('worker')());
    const keptWorker = keepAs('the worker', worker, separate('worker'));
    const web = await start({ home: webHome, port: await freePort() }, separate('web')());
    const keptWeb = keepAs('the server', web, separate('web'));
    await connect(session, sandbox);
    await sandbox.ask('POST', '/habits', { staff: staffHabits });
    const keepers = [keptHouse, keptWorker, keptWeb];
    return {
      sandbox,
      session,
      house: keptHouse,
      keepers,
      nameOf: (keeper) => names.get(keeper) ?? '',
      now: () => time.simMs + (Date.now() - time.realMs) * time.speed,
      speed: () => time.speed,
      setTime(simMs, speed) {
        time = { realMs: Date.now(), simMs, speed };
        sandbox.setClock(time);
        for (const keeper of keepers) keeper.running()?.setClock(time);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** People come faster than callbacks could tell; siyu finds them in the platform's lists. The code is that of the second half. */
async function gatherPeople(
  { sandbox, session }: Site,
  pool: pg.Pool,
  count: number,
  say: (text: string) => void,
): Promise<{ accounts: readonly string[]; code: MadeCode }> {
  await reconcile(session);
  const { rows: staff } = await session.call(listStaff, { canFollow: true, limit: 100 });
  const staffIds = staff.map((member) => member.id);
  const rotation = [{ staffIds, weekdays: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 }];
  const welcome = { kind: 'none' as const };
  const codes = await makeCodes(session, sandbox, [
    { name: '门店', source: 'shop', rotation, welcome },
    { name: '活动', source: 'event', rotation, welcome },
  ]);
  await sandbox.ask('DELETE', '/callback');
  const accounts: string[] = [];
  for (const { configId } of codes) {
    const draft = { configId, count: Math.round(count / 2), perSecond: 1_000_000, half: false };
    accounts.push(...(await sandbox.adds(draft)).externalUserids);
  }
  const { token, encodingAesKey } = sandbox.corp;
  await sandbox.ask('POST', '/callback', { url: `${session.url}/wecom/callback`, token, encodingAesKey });
  const startedAt = Date.now();
  await reconcile(session);
  const left = await settle(pool, 300_000);
  if (Object.keys(left).length > 0) throw new Error(`not all people became known: ${JSON.stringify(left)}`);
  say(`${count} people are known after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return { accounts, code: codes[1] as MadeCode };
}

/** One message a day to everybody, on both sides; nobody is asked for approval, nothing but quiet noons holds anything back. */
async function setRules({ sandbox, session }: Site): Promise<void> {
  await sandbox.ask('POST', '/corp', { massRule: 'daily' });
  await sandbox.ask('POST', '/policy', { massDispatchMs: 500 });
  const rules = policy.parse({});
  await session.call(setTouchPolicy, {
    ...rules,
    wecomQuota: 'one_a_day',
    quietHours: { fromMinute: 12 * 60, untilMinute: 13 * 60 },
    minGapMinutes: 0,
    caps: [{ max: 2, windowHours: 24, channels: [], categories: [], isByStaff: false }],
    fatigue: [],
    giveBeforeAsk: 0,
    packs: { waitMinutes: 2, remindHours: 1, maxReminders: 3, expireHours: 18 },
  });
  await session.call(setCampaignSettings, {
    approvalSize: 1_000_000,
    holdoutBasisPoints: 0,
    windowHours: 24,
    marginBasisPoints: 5000,
  });
}

interface Plans {
  readonly campaignId: number;
  readonly journeyId: number;
  readonly segmentId: number;
}

async function makePlans(session: Session, code: MadeCode): Promise<Plans> {
  const write = async (name: string, category: 'care' | 'content', text: string) => {
    const content = { name, category, wordings: { wecom: { text, attachments: [] } } };
    return (await session.call(createContent, content)).id;
  };
  const news = [
    await write('新茶甲', 'content', '今年的新茶到了，先泡一壶试试。'),
    await write('新茶乙', 'content', '春茶开采了，茶山的样子发给您看。'),
  ];
  const hello = await write('问候', 'care', '最近天气变化大，注意保暖。');
  const tip = await write('冲泡', 'care', '绿茶水温 85 度最合适，照着泡不会苦。');

  const { id: segmentId } = await session.call(createSegment, {
    name: '活动来的人',
    tree: { kind: 'follow', mode: 'some', codeIds: [code.id] },
  });
  for (
    const end = Date.now() + 120_000;
    !(await session.call(getSegment, { id: segmentId })).isFilled;
    await sleep(100)
  )
    if (Date.now() > end) throw new Error('the members of a segment were not found within two minutes');

  const step = (id: string, kind: 'touch' | 'wait' | 'end', data: Record<string, unknown>, next?: string) => ({
    ...{ id, kind, name: '', x: 0, y: 0, data, next: next === undefined ? {} : { next } },
  });
  const { id: journeyId } = await session.call(createJourney, {
    name: '两步关怀',
    draft: {
      triggers: [{ kind: 'hand', data: {} }],
      start: 'say1',
      nodes: [
        step('say1', 'touch', { channel: 'wecom_mass', contentId: hello }, 'wait'),
        step('wait', 'wait', { amount: 3, unit: 'hours' }, 'say2'),
        step('say2', 'touch', { channel: 'wecom_mass', contentId: tip }, 'over'),
        step('over', 'end', {}),
      ],
      exits: [],
      goal: null,
      reentry: { kind: 'never' },
    },
  });
  await session.call(publishJourney, { id: journeyId, revision: 1 });
  const { id: campaignId } = await session.call(createCampaign, {
    name: '新茶上市',
    who: { kind: 'rule', tree: { kind: 'follow', mode: 'some' } },
    variants: news.map((contentId, i) => ({ part: 'AB'[i] ?? '', contentId })),
    holdoutBasisPoints: 500,
    throttleHours: 6,
    expireHours: 96,
  });
  return { campaignId, journeyId, segmentId };
}

async function letGo(session: Session, { campaignId, journeyId, segmentId }: Plans): Promise<void> {
  await session.call(launchCampaign, { id: campaignId });
  await session.call(enrolInJourney, { id: journeyId, segmentId });
}

const toDo = `
  select * from (
    select 'facts' as what, count(*)::int as count from inbox
    union all select 'runs being planned', count(*)::int from campaign_run where state = 'planning'
    union all select 'people coming in', count(*)::int from journey_intake where done_at is null
    union all select 'people in the journey', count(*)::int from journey_enrolment where state = 'active'
    union all select concat('touches ', state), count(*)::int from touch
      where state in ('planned', 'deferred', 'allowed', 'claimed', 'submitted') group by state
    union all select concat('packs ', state), count(*)::int from touch_pack
      where state in ('planned', 'claimed', 'submitted', 'confirmed') group by state
  ) as waiting where count > 0`;

/** When the next thing comes up of all that only waits for its hour; null while anything else is left to do. */
const nextUp = `
  select case when bool_and(only_waits) then min(at) end as at
  from (
    select state = 'deferred' as only_waits, due_at as at from touch where state in ('planned', 'deferred', 'allowed', 'claimed')
      and (pack_id is null or state <> 'claimed')
    union all select state in ('submitted', 'confirmed'), poll_at from touch_pack
      where state in ('planned', 'claimed', 'submitted', 'confirmed')
    union all select true, due_at from journey_enrolment where state = 'active'
    union all (select false, null from inbox limit 1)
  ) as left_over`;

/** Until nothing is left to do, or too long. Where all only wait for a later hour, it is that hour. */
async function comeToRest(site: Site, pool: pg.Pool, restSeconds: number, say: (text: string) => void): Promise<void> {
  const startedAt = Date.now();
  let isHurried = false;
  let hurryAt = startedAt + sureMs;
  for (let looks = 0; ; looks++) {
    if (Date.now() > hurryAt) {
      // Pauses between attempts grow to an hour. What is lost anew, on a slow machine, keeps the time it needs.
      const which = isHurried ? 'and not may_have_arrived' : '';
      await pool.query(`update touch_pack set retry_at = null where state = 'planned' ${which}`);
      isHurried = true;
      hurryAt = Date.now() + sureMs;
    }
    const { rows } = await pool.query<{ what: string; count: number }>(toDo);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    if (looks % 60 === 0) say(`${seconds} s of rest: ${rows.map((row) => `${row.count} ${row.what}`).join(', ')}`);
    if (rows.length === 0 || seconds > restSeconds) return;
    const { rows: next } = await pool.query<{ at: Date | null }>(nextUp);
    const at = next[0]?.at?.getTime() ?? 0;
    if (at > site.now()) site.setTime(at, site.speed());
    await sleep(250);
  }
}

export const bench: Bench = {
  summary:
    'A campaign to all and a journey of half of them, while processes of siyu (server and worker, together and apart) are killed ' +
    '(SIGKILL), every third time together with PostgreSQL, and the platform is slow, busy, closed, forgets tokens and loses answers. ' +
    'Then every touch is held against what the sandbox delivered.',
  options: { people: 20_000, kills: 30, seconds: 420, speed: 120, rest: 1200 },
  run: ({ people = 20_000, kills = 30, seconds = 420, speed = 120, rest = 1200 }) =>
    runChaos({ people, kills, seconds, speed, postgresEvery: 3, restSeconds: rest }, (text) => console.log(text)),
};
