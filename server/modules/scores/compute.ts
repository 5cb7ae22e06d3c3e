import { Worker } from 'node:worker_threads';
import type { z } from 'zod';
import { type purchaseReport, scoreSettings } from '#contract/scores';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { addDays, dayOf } from '#platform/days';
import { sql } from '#platform/db';
import type { JobAttempt } from '#platform/jobs';
import { endOperation, reportProgress, resumeOperation, startOperation } from '#platform/operations';
import { fitShare, type PurchaseSummary } from './calibration.ts';
import { everyoneBetween, type Measure, measureAt, readBuyers, readInputs, type Whom } from './inputs.ts';
import { type CustomerScore, createScorer, type ScoreBasis } from './rules.ts';
import { chooseCurrency, readSettings, type ScoreSettings } from './settings.ts';
import { createSummary } from './summary.ts';

export type PurchaseReport = z.output<typeof purchaseReport>;

const readBatch = 20_000;
const scoreBatch = 5_000;
const dayMs = 86_400_000;

/** Advisory lock of a batch that scores: of two that score one customer, the later also reads later. */
const scoringLock = 7164006;

/** What a full computation leaves behind besides the scores. */
export interface RunBasis extends ScoreBasis {
  readonly customers: number;
  readonly buyers: number;
  readonly otherCurrencyOrders: number;
  readonly topFifthValue: number | null;
  readonly totalFen: number;
}

export interface Run {
  readonly id: number;
  readonly computedAt: Date;
  readonly tookMs: number | null;
  readonly settings: ScoreSettings;
  readonly basis: RunBasis;
}

/** The newest full computation, by which customers are measured now. */
export async function readRun(ctx: Pick<Ctx, 'db'>): Promise<Run | undefined> {
  const row = await ctx.db
    .selectFrom('score_run')
    .select(['id', 'computed_at', 'took_ms', 'settings', 'basis'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      computedAt: row.computed_at,
      tookMs: row.took_ms,
      settings: scoreSettings.parse(row.settings),
      basis: row.basis as RunBasis,
    }
  );
}

/** Starts a full computation unless one is waiting: that one will see everything this one would. */
export async function ensureComputation(ctx: WriteCtx): Promise<number> {
  const waiting = await ctx.db
    .selectFrom('operation')
    .select('id')
    .where('kind', '=', 'score.compute')
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return waiting?.id ?? startOperation(ctx, { kind: 'score.compute' });
}

/**
 * The full computation: all buyers are read for limits, curve and fits, then all customers are scored, some thousands at a
 * time. What is long is on nobody's way: no transaction is longer than a batch, and the fit has a thread of its own.
 */
export async function computeScores(ctx: Ctx, operationId: number): Promise<void> {
  const operation = await resumeOperation(ctx, operationId);
  if (!operation) return;
  const startedAt = Date.now();
  const { customers } = await ctx.db
    .selectFrom('customer')
    .select((eb) => eb.fn.countAll<number>().as('customers'))
    .executeTakeFirstOrThrow();
  const cursor = operation.cursor as { runId?: number; lastId?: number };
  const run = cursor.runId === undefined ? await makeRun(ctx, operationId, customers) : await readRun(ctx);
  if (!run) return endOperation(ctx, operationId, { state: 'cancelled' });
  const goesOn = await scoreEveryone(ctx, operationId, run, customers, cursor.lastId ?? 0);
  await ctx.db
    .updateTable('score_run')
    .set({ finished_at: ctx.now, took_ms: Date.now() - startedAt })
    .where('id', '=', run.id)
    .execute();
  await endOperation(ctx, operationId, { state: goesOn ? 'done' : 'cancelled' });
}

/** The job: tried again as jobs are, and at the last attempt told as failed, so that nobody watches it for ever. */
export async function runComputation(ctx: Ctx, payload: unknown, { isLast }: JobAttempt): Promise<void> {
  const { operationId } = payload as { operationId: number };
  try {
    await computeScores(ctx, operationId);
  } catch (error) {
    if (isLast) await endOperation(ctx, operationId, { state: 'failed', problem: String(error) });
    throw error;
  }
}

/** Reads and fits. Undefined when somebody asked to stop. */
async function makeRun(ctx: Ctx, operationId: number, customers: number): Promise<Run | undefined> {
  const settings = await readSettings(ctx);
  const { currency, otherCurrencyOrders } = await chooseCurrency(ctx, settings);
  const measure = measureAt(ctx, settings, currency);
  const history = await readHistory(ctx, measure);
  const summary = createSummary(settings.superShare);
  let done = 0;
  for (let after = 0; ; ) {
    const batch = await nextBatch(ctx, after, readBatch);
    if (!batch) break;
    for (const row of await readBuyers(ctx, measure, everyoneBetween(after, batch.upTo), history.splitDay))
      summary.add(row);
    after = batch.upTo;
    done += batch.count;
    const progress = { step: 'read', doneCount: done, totalCount: 2 * customers };
    if (!(await reportProgress(ctx, operationId, progress))) return undefined;
  }
  await reportProgress(ctx, operationId, { step: 'fit' });
  const { limits, purchases, value, buyers } = summary.finish();
  const report = await examineApart({ ...purchases, ...history }, settings.purchases);
  const { scoring } = settings.rfm;
  const fit = report.fits.find(({ model }) => model === report.model);
  const alive = report.fits.find(({ model }) => model === 'mbg');
  const basis: RunBasis = {
    currency,
    limits: limits && (scoring.kind === 'fixed' ? scoring : limits),
    purchases: fit && report.refusal === null ? { model: fit.model, parameters: fit.parameters } : null,
    alive: alive && report.aliveRefusal === null ? alive.parameters : null,
    spend: report.spend?.isSound ? report.spend.parameters : null,
    superThresholdFen: value.thresholdFen,
    customers,
    buyers,
    otherCurrencyOrders,
    topFifthValue: value.topFifthValue,
    totalFen: value.totalFen,
  };
  return inTransaction(ctx, async (ctx) => {
    const { id } = await ctx.db
      .insertInto('score_run')
      .values({
        computed_at: ctx.now,
        settings: JSON.stringify(settings),
        basis: JSON.stringify(basis),
        report: JSON.stringify(report),
        curve: JSON.stringify(value.curve),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await reportProgress(ctx, operationId, { cursor: { runId: id, lastId: 0 } });
    return { id, computedAt: ctx.now, tookMs: null, settings, basis };
  });
}

/** First day of orders, and the day that parts what the hold-out's fit sees from what it foretells. */
async function readHistory(
  ctx: Ctx,
  { today, zone }: Measure,
): Promise<Pick<PurchaseSummary, 'firstDay' | 'splitDay' | 'today'>> {
  const { rows } = await sql<{
    first: Date | null;
  }>`select min(ordered_at) as first from shop_order where customer_id > 0`.execute(ctx.db);
  const first = rows[0]?.first;
  const firstDay = first && first <= ctx.now ? dayOf(first, zone) : today;
  const days = Math.round((Date.parse(today) - Date.parse(firstDay)) / dayMs);
  return { firstDay, splitDay: addDays(firstDay, Math.round(days * fitShare)), today };
}

async function nextBatch(ctx: Ctx, after: number, size: number): Promise<{ upTo: number; count: number } | undefined> {
  const { rows } = await sql<{ upTo: number | null; count: number }>`
    select max(id) as "upTo", count(*) as count from (select id from customer where id > ${after} order by id limit ${size}) c
  `.execute(ctx.db);
  const { upTo = null, count = 0 } = rows[0] ?? {};
  return upTo === null ? undefined : { upTo, count };
}

/** Returns false when somebody asked to stop. */
async function scoreEveryone(
  ctx: Ctx,
  operationId: number,
  run: Run,
  customers: number,
  from: number,
): Promise<boolean> {
  const score = createScorer(run.basis, run.settings);
  let done = customers;
  for (let after = from; ; ) {
    const batch = await nextBatch(ctx, after, scoreBatch);
    if (!batch) break;
    const whom = everyoneBetween(after, batch.upTo);
    const goesOn = await inTransaction(ctx, async (ctx) => {
      await scoreThem(ctx, run, score, whom);
      await forgetGone(ctx, whom);
      done += batch.count;
      const cursor = { runId: run.id, lastId: batch.upTo };
      return reportProgress(ctx, operationId, { step: 'score', cursor, doneCount: done, totalCount: 2 * customers });
    });
    if (!goesOn) return false;
    after = batch.upTo;
  }
  return true;
}

export async function scoreThem(
  ctx: WriteCtx,
  run: Run,
  score: ReturnType<typeof createScorer>,
  whom: Whom,
): Promise<number> {
  await sql`select pg_advisory_xact_lock(${scoringLock})`.execute(ctx.db);
  const measure = measureAt(ctx, run.settings, run.basis.currency);
  const inputs = await readInputs(ctx, measure, run.settings, whom);
  await saveScores(ctx, inputs.map(score));
  return inputs.length;
}

/** Takes away the scores of customers who went into others. */
export async function forgetGone(ctx: WriteCtx, whom: Whom): Promise<void> {
  await sql`
    delete from customer_score s where ${whom(sql`s.customer_id`)} and not exists (select 1 from customer c where c.id = s.customer_id)
  `.execute(ctx.db);
}

/** Rows that are as they were are not written. */
async function saveScores(ctx: WriteCtx, scores: readonly CustomerScore[]): Promise<void> {
  if (scores.length === 0) return;
  const column = <K extends keyof CustomerScore>(key: K) => scores.map((score) => score[key]);
  await sql`
    insert into customer_score as s (customer_id, computed_at, recency_days, frequency, monetary_fen, r, f, m, rfm_group,
      expected_orders, p_alive, expected_value_fen, relation, responsiveness, attention, freebie, is_super)
    select n.customer_id, ${ctx.now}::timestamptz, n.recency_days, n.frequency, n.monetary_fen, n.r, n.f, n.m, n.rfm_group,
      n.expected_orders, n.p_alive, n.expected_value_fen, n.relation, n.responsiveness, n.attention, n.freebie, n.is_super
    from unnest(${column('customerId')}::bigint[], ${column('recencyDays')}::int[], ${column('frequency')}::int[],
      ${column('monetaryFen')}::bigint[], ${column('r')}::smallint[], ${column('f')}::smallint[], ${column('m')}::smallint[],
      ${column('group')}::text[], ${column('expectedOrders')}::float8[], ${column('pAlive')}::float8[],
      ${column('expectedValueFen')}::bigint[], ${column('relation')}::float8[], ${column('responsiveness')}::float8[],
      ${column('attention')}::float8[], ${column('freebie')}::float8[], ${column('isSuper')}::boolean[]
    ) as n(customer_id, recency_days, frequency, monetary_fen, r, f, m, rfm_group, expected_orders, p_alive,
      expected_value_fen, relation, responsiveness, attention, freebie, is_super)
    order by n.customer_id
    on conflict (customer_id) do update set computed_at = excluded.computed_at, recency_days = excluded.recency_days,
      frequency = excluded.frequency, monetary_fen = excluded.monetary_fen, r = excluded.r, f = excluded.f, m = excluded.m,
      rfm_group = excluded.rfm_group, expected_orders = excluded.expected_orders, p_alive = excluded.p_alive,
      expected_value_fen = excluded.expected_value_fen, relation = excluded.relation, responsiveness = excluded.responsiveness,
      attention = excluded.attention, freebie = excluded.freebie, is_super = excluded.is_super
    where (s.recency_days, s.frequency, s.monetary_fen, s.r, s.f, s.m, s.rfm_group, s.expected_orders, s.p_alive,
        s.expected_value_fen, s.relation, s.responsiveness, s.attention, s.freebie, s.is_super)
      is distinct from (excluded.recency_days, excluded.frequency, excluded.monetary_fen, excluded.r, excluded.f, excluded.m,
        excluded.rfm_group, excluded.expected_orders, excluded.p_alive, excluded.expected_value_fen, excluded.relation,
        excluded.responsiveness, excluded.attention, excluded.freebie, excluded.is_super)
  `.execute(ctx.db);
}

function examineApart(summary: PurchaseSummary, settings: ScoreSettings['purchases']): Promise<PurchaseReport> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./fit-thread.ts', import.meta.url), { workerData: { summary, settings } });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the fit ended with status ${code} and no answer`)));
  });
}
