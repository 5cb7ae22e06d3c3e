import type { Output } from '#contract';
import type { getCustomerScores } from '#contract/scores';
import { requireVisible } from '#customers';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { type PurchaseReport, type Run, readRun } from './compute.ts';
import { isAct, isReached, type Measure, measureAt, reactionTo, readInputs, type ScoreInput, these } from './inputs.ts';
import { actDays, touchDays } from './relation.ts';
import { createScorer, freebieOf, type ScoreBasis, spendOf } from './rules.ts';
import { readSettings, type ScoreSettings } from './settings.ts';

type Scores = Output<typeof getCustomerScores>;

const nothing: ScoreBasis = {
  currency: null,
  limits: null,
  purchases: null,
  alive: null,
  spend: null,
  superThresholdFen: null,
};

/** One customer's scores as of now, by what all are measured by, with what each was made from. */
export async function readCustomerScores(ctx: Ctx, id: number): Promise<Scores> {
  await requireVisible(ctx, id);
  const run = await readRun(ctx);
  const settings = run?.settings ?? (await readSettings(ctx));
  const basis = run?.basis ?? nothing;
  const measure = measureAt(ctx, settings, basis.currency);
  const [input] = await readInputs(ctx, measure, settings, these([id]));
  if (!input) throw new Error('a visible customer without a row');
  const [acts, reply] = await Promise.all([
    readTopActs(ctx, id, measure, settings),
    readReply(ctx, id, measure, settings),
  ]);
  const score = createScorer(basis, settings)(input);
  const { relation } = settings;
  return {
    computedAt: run?.computedAt.toISOString() ?? null,
    currency: basis.currency,
    rfm:
      score.r === null ||
      score.f === null ||
      score.m === null ||
      input.recencyDays === null ||
      input.lastOrderAt === null
        ? null
        : {
            group: score.group,
            groupName: settings.rfm.groups.find(({ key }) => key === score.group)?.name ?? null,
            r: score.r,
            f: score.f,
            m: score.m,
            recencyDays: input.recencyDays,
            orders: input.orders,
            amountFen: input.amountFen,
            windowDays: settings.rfm.windowDays,
            lastOrderAt: input.lastOrderAt.toISOString(),
          },
    purchases: await showPurchases(ctx, run, settings, input, score),
    relation: {
      score: score.relation,
      points: input.points,
      acts: input.acts,
      actDays: input.actDays,
      halfLifeDays: relation.halfLifeDays,
      halfPoints: relation.halfPoints,
      lastActAt: input.lastActAt?.toISOString() ?? null,
      topActs: acts,
      attention: score.attention,
      responsiveness: score.responsiveness,
      reached: input.reached,
      reacted: input.reacted,
      minReached: relation.minReached,
      replyHours: relation.replyHours,
      medianReplyMs: reply,
    },
    freebie: freebieOf(input),
    superUser: { isSuper: score.isSuper, thresholdFen: basis.superThresholdFen, amountFen: input.amountFen },
  };
}

async function showPurchases(
  ctx: Ctx,
  run: Run | undefined,
  settings: ScoreSettings,
  input: ScoreInput,
  score: { expectedOrders: number | null; pAlive: number | null; expectedValueFen: number | null },
): Promise<Scores['purchases']> {
  const has = input.purchaseDays > 0;
  return {
    refusal: await refusalFor(ctx, run, has),
    horizonDays: settings.purchases.horizonDays,
    expectedOrders: score.expectedOrders,
    pAlive: score.pAlive,
    expectedValueFen: score.expectedValueFen,
    expectedSpendFen: has && run?.basis.spend ? Math.round(spendOf(run.basis.spend, input)) : null,
    x: has ? input.purchaseDays - 1 : null,
    tx: has ? input.tx : null,
    T: has ? input.T : null,
    spendFen: has ? input.spendFen : null,
  };
}

async function refusalFor(ctx: Ctx, run: Run | undefined, hasBought: boolean): Promise<Scores['purchases']['refusal']> {
  if (!run) return 'not_computed';
  if (!run.basis.purchases) {
    const { report } = await ctx.db
      .selectFrom('score_run')
      .select('report')
      .where('id', '=', run.id)
      .executeTakeFirstOrThrow();
    return (report as PurchaseReport).refusal;
  }
  return hasBought ? null : 'no_orders';
}

async function readTopActs(ctx: Ctx, id: number, { now }: Measure, settings: ScoreSettings) {
  const since = new Date(now.getTime() - actDays(settings.relation) * 86_400_000);
  const { rows } = await sql<{ name: string; count: number }>`
    select e.name, count(*) as count from event e
    where e.customer_id = ${id} and e.occurred_at > ${since} and e.occurred_at <= ${now} and ${isAct}
    group by e.name order by count(*) desc, e.name limit 6
  `.execute(ctx.db);
  return rows;
}

/** Half of his reactions came within this time; null without one. */
async function readReply(ctx: Ctx, id: number, { now }: Measure, settings: ScoreSettings): Promise<number | null> {
  const since = new Date(now.getTime() - touchDays * 86_400_000);
  const { rows } = await sql<{ ms: number | null }>`
    select percentile_cont(0.5) within group (order by extract(epoch from reaction.at - t.settled_at)::float8 * 1000) as ms
    from touch t, lateral (${reactionTo({ now, replyHours: settings.relation.replyHours })}) reaction
    where t.customer_id = ${id} and ${isReached} and t.settled_at > ${since} and t.settled_at <= ${now} and reaction.at is not null
  `.execute(ctx.db);
  return rows[0]?.ms ?? null;
}
