import { performance } from 'node:perf_hooks';
import type { Input, Output } from '#contract';
import type {
  breakdownSegment,
  Condition,
  countSegment,
  explainCustomer as explainRoute,
  explainSegment,
  overlapSegments,
  sampleSegment,
} from '#contract/segments';
import { readRows } from '#customers';
import type { Ctx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { type Compiled, countSql } from './compile.ts';
import type { Engine, Question } from './engine.ts';
import { type Explanation, explainCustomer } from './evaluate.ts';
import { askedBy, loadPeople } from './person.ts';
import { quote } from './sql.ts';

/** Questions about rules that need not be saved: counts while typing, samples, divisions, overlaps, explanations. */

/** Counts that are under way, by who asked and in which session. */
export type Sessions = Map<string, AbortController>;

async function answer<T>(
  engine: Engine,
  ctx: Ctx,
  trees: readonly Condition[],
  signal: AbortSignal | undefined,
  work: (question: Question) => Promise<T>,
): Promise<T & { engine: 'mirror' | 'postgres'; tookMs: number }> {
  const begun = performance.now();
  try {
    const question = await engine.question(ctx, trees, signal);
    const result = await work(question);
    return { ...result, engine: question.engine, tookMs: Math.round(performance.now() - begun) };
  } catch (error) {
    if (signal?.aborted) throw new AppError('segment_superseded');
    throw error;
  }
}

async function countOf({ ask }: Question, compiled: Compiled): Promise<number> {
  const [row] = await ask<{ count: number }>(countSql(compiled));
  return row?.count ?? 0;
}

const totalOf = async ({ ask }: Question) =>
  (await ask<{ count: number }>('select count(*) as count from customer'))[0]?.count ?? 0;

export async function countTree(
  engine: Engine,
  sessions: Sessions,
  ctx: Ctx,
  { tree, session }: Input<typeof countSegment>,
): Promise<Output<typeof countSegment>> {
  const own = new AbortController();
  const name = session === undefined ? undefined : `${ctx.actor.id} ${session}`;
  if (name !== undefined) {
    sessions.get(name)?.abort();
    sessions.set(name, own);
  }
  const signal = ctx.signal ? AbortSignal.any([own.signal, ctx.signal]) : own.signal;
  try {
    return await answer(engine, ctx, [tree], signal, async (question) => ({
      count: await countOf(question, question.compile(tree)),
      total: await totalOf(question),
    }));
  } finally {
    if (name !== undefined && sessions.get(name) === own) sessions.delete(name);
  }
}

export async function sampleTree(
  engine: Engine,
  ctx: Ctx,
  { tree, limit }: Input<typeof sampleSegment>,
): Promise<Output<typeof sampleSegment>> {
  const { ids } = await answer(engine, ctx, [tree], ctx.signal, async ({ ask, compile }) => {
    const compiled = compile(tree);
    const rows = await ask<{ customer_id: number }>(
      `${compiled.with}select customer_id from (${compiled.sql}) q order by customer_id desc limit ${limit}`,
    );
    return { ids: rows.map((row) => row.customer_id) };
  });
  return { rows: await readRows(ctx, ids) };
}

/** How many parts of a division are told. */
const maxParts = 50;

/** Pairs of (customer_id, value) by which customers divide; customers without one are counted as such. */
function partsSql(into: Input<typeof breakdownSegment>['into']): string {
  switch (into.by) {
    case 'source':
      return 'select id as customer_id, source as value from customer';
    case 'gender':
      return "select id as customer_id, gender as value from customer where gender <> 'unknown'";
    case 'account_kind':
      return 'select id as customer_id, kind as value from customer';
    case 'code':
      return 'select id as customer_id, cast(code_id as varchar) as value from customer where code_id is not null';
    case 'rfm':
      return 'select customer_id, rfm_group as value from customer_score where rfm_group is not null';
    case 'tag':
      return 'select customer_id, cast(tag_id as varchar) as value from customer_tag';
    case 'attribute':
      return `select customer_id, text as value from segment_attribute where key = ${quote(into.key)} and text is not null`;
  }
}

export async function breakDown(
  engine: Engine,
  ctx: Ctx,
  { tree, into }: Input<typeof breakdownSegment>,
): Promise<Output<typeof breakdownSegment>> {
  return answer(engine, ctx, [tree], ctx.signal, async (question) => {
    const compiled = question.compile(tree);
    const parts = partsSql(into);
    const rows = await question.ask<{ value: string; count: number }>(
      `${compiled.with}select value, count(*) as count from (${compiled.sql}) q join (${parts}) p on p.customer_id = q.customer_id
      group by value order by count desc, value limit ${maxParts}`,
    );
    const values = rows.map((row) => quote(row.value)).join(', ');
    const everybody =
      rows.length === 0
        ? []
        : await question.ask<{ value: string; count: number }>(
            `select value, count(*) as count from (${parts}) p where value in (${values}) group by value`,
          );
    const ofAll = new Map(everybody.map((row) => [row.value, row.count]));
    const [without] = await question.ask<{ count: number }>(
      `${compiled.with}select count(*) as count from (${compiled.sql}) q left join (${parts}) p on p.customer_id = q.customer_id
      where p.customer_id is null`,
    );
    const [nobody] = await question.ask<{ count: number }>(
      `select count(*) as count from customer c left join (${parts}) p on p.customer_id = c.id where p.customer_id is null`,
    );
    const names = await labelsOf(ctx, into, rows);
    return {
      count: await countOf(question, compiled),
      rows: [
        ...rows.map(({ value, count }) => ({
          value,
          label: names.get(value) ?? null,
          count,
          ofAll: ofAll.get(value) ?? 0,
        })),
        ...((without?.count ?? 0) > 0
          ? [{ value: null, label: null, count: without?.count ?? 0, ofAll: nobody?.count ?? 0 }]
          : []),
      ],
    };
  });
}

async function labelsOf(ctx: Ctx, into: Input<typeof breakdownSegment>['into'], rows: readonly { value: string }[]) {
  if ((into.by !== 'tag' && into.by !== 'code') || rows.length === 0) return new Map<string, string>();
  const named = await ctx.db
    .selectFrom(into.by === 'tag' ? 'tag' : 'channel_code')
    .select(['id', 'name'])
    .where(
      'id',
      'in',
      rows.map((row) => Number(row.value)),
    )
    .execute();
  return new Map(named.map((row) => [String(row.id), row.name]));
}

export async function overlap(
  engine: Engine,
  ctx: Ctx,
  { first, second }: Input<typeof overlapSegments>,
): Promise<Output<typeof overlapSegments>> {
  return answer(engine, ctx, [first, second], ctx.signal, async (question) => ({
    first: await countOf(question, question.compile(first)),
    second: await countOf(question, question.compile(second)),
    both: await countOf(question, question.compile({ kind: 'all', of: [first, second] })),
  }));
}

export async function explainOne(
  engine: Engine,
  ctx: Ctx,
  { tree, customerId }: Input<typeof explainRoute>,
): Promise<Output<typeof explainRoute>> {
  const { world } = await engine.question(ctx, [tree], ctx.signal);
  const [person] = await loadPeople(ctx, [customerId], askedBy([tree], world.segments));
  if (!person) throw new AppError('not_found');
  const explanation = explainCustomer(tree, person, world);
  const { verdict, changesAt } = explanation;
  return {
    verdict,
    changesAt: Number.isFinite(changesAt) ? new Date(changesAt).toISOString() : null,
    lines: [...linesOf(explanation, [])],
  };
}

function* linesOf(explanation: Explanation, path: number[]): Generator<Output<typeof explainRoute>['lines'][number]> {
  yield { path, kind: explanation.condition.kind, verdict: explanation.verdict, seen: explanation.seen };
  for (const [i, part] of explanation.parts.entries()) yield* linesOf(part, [...path, i]);
}

/** Each part of the outermost `all`; a rule of another shape is one part. */
export async function explainParts(
  engine: Engine,
  ctx: Ctx,
  { tree }: Input<typeof explainSegment>,
): Promise<Output<typeof explainSegment>> {
  return answer(engine, ctx, [tree], ctx.signal, async (question) => {
    const total = await totalOf(question);
    const count = await countOf(question, question.compile(tree));
    const isAll = tree.kind === 'all';
    const parts = [];
    for (const [i, part] of (isAll ? tree.of : [tree]).entries()) {
      const yes = await countOf(question, question.compile(part));
      const no = await countOf(question, question.compile(part, 'no'));
      const rest = isAll ? tree.of.filter((_, n) => n !== i) : [];
      const without = rest.length > 0 ? await countOf(question, question.compile({ kind: 'all', of: rest })) : total;
      const path = isAll ? [i] : [];
      parts.push({ path, kind: part.kind, yes, no, unknown: total - yes - no, removed: without - count });
    }
    return { count, total, parts };
  });
}
