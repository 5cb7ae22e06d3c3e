import type { Mover } from '#customers';
import type { Listener } from '#events';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { addJob } from '#platform/jobs';
import { type Chore, dailyAt, everyMs } from '#platform/schedule';
import { ensureComputation, forgetGone, readRun, scoreThem } from './compute.ts';
import { these } from './inputs.ts';
import { createScorer } from './rules.ts';

/** Customers scored in one transaction, or one row that names more. */
const changeBatch = 2_000;

/**
 * Notes whose scores are out of date, in the transaction that makes the facts known. An order may be told again with another
 * amount, which is no news on the timeline.
 */
export const noteChanges: Listener = async (ctx, events) => {
  const matters = ({ customerId, name, isNews }: (typeof events)[number]) =>
    customerId > 0 && (isNews || name.startsWith('order.'));
  const ids = [...new Set(events.filter(matters).map(({ customerId }) => customerId))];
  if (ids.length === 0) return;
  await sql`insert into score_change (customer_ids) values (${ids}::bigint[])`.execute(ctx.db);
};

/** Who became one with another, or was parted from him, is scored by what is his now. */
export const moveScores: Mover = async (ctx, { from, to }) => {
  await sql`insert into score_change (customer_ids) values (array[${from}, ${to}]::bigint[])`.execute(ctx.db);
};

/** When more than this share of all customers changed, as after an import, limits and fits have changed too. */
const manyChanged = 0.1;

/** Chore: brings the scores of those up to date about whom something became known. */
export async function planRefresh(ctx: WriteCtx): Promise<void> {
  const changed = await ctx.db.selectFrom('score_change').select('id').limit(1).executeTakeFirst();
  if (changed) await addJob(ctx, 'score.refresh', {}, { key: 'score.refresh', queue: 'scores' });
}

export async function refreshScores(ctx: Ctx): Promise<void> {
  const run = await readRun(ctx);
  if (!run || (await isMuchChanged(ctx))) {
    await inTransaction(ctx, async (ctx) => {
      // The full computation reads what these rows announce: it begins after they were committed.
      await ctx.db.deleteFrom('score_change').execute();
      await ensureComputation(ctx);
    });
    return;
  }
  const score = createScorer(run.basis, run.settings);
  for (let count = 1; count > 0; ) {
    count = await inTransaction(ctx, async (ctx) => {
      const { rows } = await sql<{ customer_ids: number[] }>`
        delete from score_change where id in (
          select id from (
            select id, sum(cardinality(customer_ids)) over (order by id) - cardinality(customer_ids) as before
            from (select id, customer_ids from score_change order by id limit ${changeBatch}) as oldest
          ) as counted
          where before < ${changeBatch}
        ) returning customer_ids
      `.execute(ctx.db);
      const ids = [...new Set(rows.flatMap((row) => row.customer_ids))];
      if (ids.length > 0) {
        await scoreThem(ctx, run, score, these(ids));
        await forgetGone(ctx, these(ids));
      }
      return rows.length;
    });
  }
}

async function isMuchChanged(ctx: Ctx): Promise<boolean> {
  const { rows } = await sql<{ changed: number; known: number }>`
    select (select count(distinct id) from (select unnest(customer_ids) as id from score_change limit 1000000) c) as changed,
      (select greatest(reltuples, 0)::float8 from pg_class where oid = 'customer'::regclass) as known
  `.execute(ctx.db);
  const { changed = 0, known = 0 } = rows[0] ?? {};
  return changed > 1000 && changed > manyChanged * known;
}

export const scoreChores: readonly Chore[] = [
  { name: 'scores.refresh', next: everyMs(60_000), run: planRefresh },
  {
    name: 'scores.compute_nightly',
    next: dailyAt(4 * 60 + 10),
    async run(ctx) {
      await ensureComputation(ctx);
    },
  },
];
