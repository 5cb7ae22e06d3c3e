import type { Output } from '#contract';
import type { getPurchaseModel, getRelation, getRfm, getSuperUsers } from '#contract/scores';
import type { Ctx } from '#platform/ctx';
import { type RawBuilder, sql } from '#platform/db';
import { type PurchaseReport, type Run, readRun } from './compute.ts';
import { groupOf, secondAxis } from './rfm.ts';
import { readSettings } from './settings.ts';

const scores = [1, 2, 3, 4, 5] as const;

function showRun(run: Run): NonNullable<Output<typeof getRfm>['run']> {
  const { currency, customers, buyers, otherCurrencyOrders } = run.basis;
  return {
    computedAt: run.computedAt.toISOString(),
    currency,
    customers,
    buyers,
    otherCurrencyOrders,
    tookMs: run.tookMs ?? 0,
  };
}

/** Groups and matrix as customers are scored now, the changes since the last full computation with them. */
export async function readRfm(ctx: Ctx): Promise<Output<typeof getRfm>> {
  const run = await readRun(ctx);
  const settings = run?.settings ?? (await readSettings(ctx));
  const { rfm } = settings;
  const shape = { windowDays: rfm.windowDays, axis: rfm.axis, scoring: rfm.scoring.kind };
  const { rows } = await sql<{
    r: number;
    f: number;
    m: number;
    group: string | null;
    customers: number;
    amount: number;
    orders: number;
    recency: number;
  }>`
    select r, f, m, rfm_group as "group", count(*) as customers, sum(monetary_fen) as amount, sum(frequency) as orders,
      sum(recency_days) as recency
    from customer_score where r is not null group by r, f, m, rfm_group
  `.execute(ctx.db);
  const sumOf = (list: typeof rows, key: 'customers' | 'amount' | 'orders' | 'recency') =>
    list.reduce((sum, row) => sum + row[key], 0);
  const keys = [...new Set([...rfm.groups.map(({ key }) => key), ...rows.map((row) => row.group)])];
  return {
    ...shape,
    run: run ? showRun(run) : null,
    limits: run?.basis.limits
      ? {
          recencyDays: [...run.basis.limits.recencyDays],
          orders: [...run.basis.limits.orders],
          amountFen: [...run.basis.limits.amountFen],
        }
      : null,
    groups: keys.map((key) => {
      const own = rows.filter((row) => row.group === key);
      const customers = sumOf(own, 'customers');
      return {
        key,
        name: rfm.groups.find((group) => group.key === key)?.name ?? null,
        customers,
        amountFen: sumOf(own, 'amount'),
        orders: sumOf(own, 'orders'),
        recencyDays: customers === 0 ? 0 : sumOf(own, 'recency') / customers,
      };
    }),
    matrix: scores.flatMap((r) =>
      scores.map((f) => {
        const cell = rows.filter((row) => row.r === r && secondAxis(rfm.axis, row.f, row.m) === f);
        // A group of one's own may ask for an amount too; the cell shows the group of the middle score.
        const group = groupOf(rfm.groups, r, f, 3)?.key ?? null;
        return { r, f, customers: sumOf(cell, 'customers'), amountFen: sumOf(cell, 'amount'), group };
      }),
    ),
    distribution: scores.map((score) => ({
      score,
      recency: sumOf(
        rows.filter((row) => row.r === score),
        'customers',
      ),
      frequency: sumOf(
        rows.filter((row) => row.f === score),
        'customers',
      ),
      amount: sumOf(
        rows.filter((row) => row.m === score),
        'customers',
      ),
    })),
  };
}

/** Edges of the parts in which expected orders are counted; the last part has no end. */
const orderEdges = [0, 0.05, 0.1, 0.2, 0.4, 0.7, 1, 2, 4, 8] as const;

export async function readPurchaseModel(ctx: Ctx): Promise<Output<typeof getPurchaseModel>> {
  const run = await readRun(ctx);
  if (!run) return { run: null, report: null, expectedOrders: [], alive: [] };
  const { report } = await ctx.db
    .selectFrom('score_run')
    .select('report')
    .where('id', '=', run.id)
    .executeTakeFirstOrThrow();
  const edges = sql`width_bucket(expected_orders, ${[...orderEdges]}::float8[])`;
  const expected = await countParts(ctx, edges, sql`expected_orders is not null`);
  const alive = await countParts(ctx, tenths(sql`p_alive`), sql`p_alive is not null`);
  return {
    run: showRun(run),
    report: report as PurchaseReport,
    expectedOrders:
      expected.size === 0
        ? []
        : orderEdges.map((from, i) => ({ from, to: orderEdges[i + 1] ?? null, customers: expected.get(i + 1) ?? 0 })),
    alive:
      alive.size === 0
        ? []
        : Array.from({ length: 10 }, (_, i) => ({ from: i / 10, to: (i + 1) / 10, customers: alive.get(i + 1) ?? 0 })),
  };
}

/** Which tenth of 0 to 1, from 1 to 10; 1 itself is in the last. */
function tenths(value: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`least(10, width_bucket(${value}, 0, 1, 10))`;
}

async function countParts(
  ctx: Ctx,
  part: RawBuilder<unknown>,
  where: RawBuilder<unknown>,
): Promise<Map<number, number>> {
  const { rows } = await sql<{ part: number; count: number }>`
    select ${part} as part, count(*) as count from customer_score where ${where} group by 1
  `.execute(ctx.db);
  return new Map(rows.map(({ part, count }) => [part, count]));
}

export async function readRelation(ctx: Ctx): Promise<Output<typeof getRelation>> {
  const run = await readRun(ctx);
  const parts = (counts: ReadonlyMap<number, number>) => Array.from({ length: 10 }, (_, i) => counts.get(i + 1) ?? 0);
  const [relation, freebie, responsiveness, apart] = await Promise.all([
    countParts(ctx, tenths(sql`relation / 100`), sql`relation > 0`),
    countParts(ctx, tenths(sql`freebie / 100`), sql`freebie > 0`),
    countParts(ctx, tenths(sql`responsiveness`), sql`responsiveness is not null`),
    sql<{ still: number; clean: number; unknown: number }>`
      select count(*) filter (where relation = 0) as still, count(*) filter (where freebie = 0) as clean,
        count(*) filter (where responsiveness is null) as unknown from customer_score
    `.execute(ctx.db),
  ]);
  const { still = 0, clean = 0, unknown = 0 } = apart.rows[0] ?? {};
  return {
    run: run ? showRun(run) : null,
    relation: { zero: still, parts: parts(relation) },
    freebie: { zero: clean, parts: parts(freebie) },
    responsiveness: { unknown, parts: parts(responsiveness) },
  };
}

export async function readSuperUsers(ctx: Ctx): Promise<Output<typeof getSuperUsers>> {
  const run = await readRun(ctx);
  if (!run) {
    const { superShare } = await readSettings(ctx);
    return {
      run: null,
      superShare,
      curve: [],
      superUsers: 0,
      superUserShare: null,
      thresholdFen: null,
      topFifthValue: null,
      totalFen: 0,
      best: [],
    };
  }
  const [{ curve }, counts, best] = await Promise.all([
    ctx.db.selectFrom('score_run').select('curve').where('id', '=', run.id).executeTakeFirstOrThrow(),
    sql<{ superUsers: number; inWindow: number }>`
      select count(*) filter (where is_super) as "superUsers", count(*) filter (where frequency > 0) as "inWindow" from customer_score
    `.execute(ctx.db),
    sql<Output<typeof getSuperUsers>['best'][number]>`
      select s.customer_id as id, c.name, s.monetary_fen as "amountFen", s.frequency as orders, s.rfm_group as "group"
      from customer_score s join customer c on c.id = s.customer_id
      where s.is_super order by s.monetary_fen desc, s.customer_id limit 50
    `.execute(ctx.db),
  ]);
  const { superUsers = 0, inWindow = 0 } = counts.rows[0] ?? {};
  return {
    run: showRun(run),
    superShare: run.settings.superShare,
    curve: curve as Output<typeof getSuperUsers>['curve'],
    superUsers,
    superUserShare: inWindow === 0 ? null : superUsers / inWindow,
    thresholdFen: run.basis.superThresholdFen,
    topFifthValue: run.basis.topFifthValue,
    totalFen: run.basis.totalFen,
    best: best.rows,
  };
}
