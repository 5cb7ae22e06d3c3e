import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createTagGroup, listTags } from '#contract/customers';
import { compareWithTruth } from '#scripts/compare';
import { findPostgres, reconcile, type SandboxProcess, startSiyu } from '#scripts/processes';
import { type Bench, brokenBounds, type Outcome } from './parts/bench.ts';
import { findHalfRows } from './parts/half-rows.ts';
import { settle } from './parts/settle.ts';
import { keep } from './parts/siyu-keeper.ts';
import { siyuEnv, startSystem } from './parts/system.ts';
import { judge } from './parts/verdict.ts';

export interface CrashOptions {
  readonly adds: number;
  /** Spread at random over the adds. */
  readonly kills: number;
  /** Adds a second. */
  readonly rate: number;
  /** Every how many kills PostgreSQL is killed as well. */
  readonly postgresEvery: number;
}

const bounds = {
  missing: 0,
  lost: 0,
  doubled: 0,
  welcomed_twice: 0,
  not_welcomed: 0,
  unexplained: 0,
  unrecorded: 0,
  half_rows: 0,
  mismatches: 0,
  left: 0,
  failed_starts: 0,
};

/** Half adds are confirmed now: the platform tells of each add a second time. */
async function confirmHalfAdds(sandbox: SandboxProcess): Promise<void> {
  const { edges } = await sandbox.truth();
  for (const edge of edges.filter((edge) => edge.status === 'half')) {
    await sandbox.ask('POST', `/staff/${edge.userid}/accept`, { externalUserid: edge.external_userid });
  }
}

/**
 * People add at an even rate while siyu is killed again and again and started again each time; then both sides come to
 * rest, and each add is looked for: once before and once after a reconciliation, which is what mends callbacks that the
 * platform no longer repeats.
 */
export async function runCrash(options: CrashOptions, say: (text: string) => void): Promise<Outcome> {
  const system = await startSystem('crash', async (session) => {
    await session.call(createTagGroup, { name: '门店', kind: 'wecom', tags: ['南京路'] });
    const { groups } = await session.call(listTags, {});
    return {
      tagIds: groups.flatMap((group) => (group.name === '门店' ? group.tags.map((tag) => tag.id) : [])),
      remarkPrefix: '南京路-',
      hook: { kind: 'gift', text: '一张九折券' },
      welcome: { kind: 'own', message: { text: '{{customer_name}}你好，这是{{hook}}', attachments: [] } },
    };
  });
  const { sandbox, session, home } = system;
  const keeper = keep(system.siyu, (place) => startSiyu({ ...place, env: siyuEnv }));
  let pool: pg.Pool | undefined;
  try {
    const lengthMs = (options.adds / options.rate) * 1000;
    const startedAt = Date.now();
    const moments = Array.from({ length: options.kills }, () => startedAt + Math.random() * lengthMs).sort(
      (a, b) => a - b,
    );
    const adding = sandbox.adds({ configId: system.code.configId, count: options.adds, perSecond: options.rate });
    let postgresKills = 0;
    for (const [index, moment] of moments.entries()) {
      await sleep(Math.max(0, moment - Date.now()));
      const withPostgres = index % options.postgresEvery === options.postgresEvery - 1;
      if (withPostgres) postgresKills++;
      await keeper.kill(withPostgres);
      const at = ((Date.now() - startedAt) / 1000).toFixed(1);
      say(`${at} s: kill ${index + 1} of ${options.kills}${withPostgres ? ', PostgreSQL as well' : ''}`);
    }
    const added = await adding;
    if (added.refused > 0) throw new Error(`the sandbox refused ${added.refused} scans`);
    await keeper.ready();
    await sandbox.waitUntilIdle(60_000);
    await confirmHalfAdds(sandbox);
    await sandbox.waitUntilIdle(60_000);

    pool = new pg.Pool({ connectionString: findPostgres(home).url, max: 2 });
    let left = await settle(pool, 90_000);
    say(`at rest; left over: ${JSON.stringify(left)}`);
    const before = await judge(sandbox, pool, keeper.up, () => {});
    say(`before a reconciliation: ${JSON.stringify(before)}`);
    await reconcile(session);
    left = { ...left, ...(await settle(pool, 60_000)) };
    const after = await judge(sandbox, pool, keeper.up, (story) => say(`not welcomed: ${story}`));
    say(`after a reconciliation: ${JSON.stringify(after)}`);
    const touches = await pool.query<{ what: string; count: string }>(
      "select concat_ws(' ', state, reason) as what, count(*) from touch group by 1 order by 2 desc",
    );
    say(`welcomes: ${touches.rows.map((row) => `${row.count} ${row.what}`).join(', ')}`);
    const halfRows = await findHalfRows(pool);
    if (Object.keys(halfRows).length > 0) say(`half rows: ${JSON.stringify(halfRows)}`);
    const comparison = await compareWithTruth(pool, await sandbox.truth());
    for (const finding of comparison.findings) say(`mismatch: ${finding}`);

    const result = {
      kills: options.kills,
      adds: added.externalUserids.length,
      missing: after.missing,
      doubled: after.doubled,
      welcomed_twice: after.welcomed_twice,
      half_rows: sum(halfRows),
      not_welcomed: after.not_welcomed,
      unexplained: after.unexplained,
      welcomed: after.welcomed,
      too_late: after.too_late,
      unrecorded: after.unrecorded,
      mismatches: comparison.mismatches,
      left: sum(left),
      lost: before.lost,
      given_up: before.given_up,
      missing_before_reconciliation: before.missing,
      postgres_kills: postgresKills,
      kills_while_starting: keeper.killsWhileStarting(),
      failed_starts: keeper.failedStarts(),
    };
    return { result, broken: brokenBounds(result, bounds) };
  } finally {
    await pool?.end();
    await keeper.stop();
    await system.close();
  }
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);

export const bench: Bench = {
  summary:
    'siyu is killed (SIGKILL) at random moments while people add, a third of the times together with PostgreSQL, and ' +
    'started again at once. Then every add is looked for, in the sandbox’s truth and in siyu’s database.',
  options: { adds: 2000, kills: 20, rate: 20 },
  run: ({ adds = 2000, kills = 20, rate = 20 }) =>
    runCrash({ adds, kills, rate, postgresEvery: 3 }, (text) => console.log(text)),
};
