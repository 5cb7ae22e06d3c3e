import type { EventStep } from '#contract/journey-graph';
import type { Ctx } from '#platform/ctx';
import { CompiledQuery } from '#platform/db';
import { filterSql, inPostgres } from '#segments';

/** Whose event, in which time (both ends excluded, in ms). `key` is the caller's: an enrolment. */
export interface Look {
  readonly key: number;
  readonly customerId: number;
  readonly after: number;
  readonly before: number;
}

/** Conditions that the event `alias` is one that a step means. */
export const stepSql = (step: EventStep, alias: string): string =>
  [
    `${alias}.name = '${step.name.replaceAll("'", "''")}'`,
    ...step.filters.map((filter) => filterSql(filter, alias, inPostgres)),
  ].join(' and ');

/** When the first event that fits happened, of those that are known, by key. */
export async function firstEvents(ctx: Ctx, step: EventStep, looks: readonly Look[]): Promise<Map<number, number>> {
  if (looks.length === 0) return new Map();
  const earliest = Math.min(...looks.map((look) => look.after));
  const { rows } = await ctx.db.executeQuery<{ key: number; at: number }>(
    CompiledQuery.raw(
      `select k.key, ${msOf('min(e.occurred_at)')} as at
      from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[]) as k(key, customer_id, after, before)
      join event e on e.customer_id = k.customer_id and e.occurred_at > k.after and e.occurred_at < k.before
      where e.occurred_at > $5::timestamptz and ${stepSql(step, 'e')} group by k.key`,
      [
        numbersOf(looks.map((look) => look.key)),
        numbersOf(looks.map((look) => look.customerId)),
        momentsOf(looks.map((look) => look.after)),
        momentsOf(looks.map((look) => look.before)),
        new Date(earliest),
      ],
    ),
  );
  return new Map(rows.map((row) => [row.key, row.at]));
}

/** A moment in whole milliseconds: all times of journeys are. */
export const msOf = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`;

/** Arrays as PostgreSQL writes them: for thousands of values much faster than the driver's own. */
export const numbersOf = (values: readonly (number | null)[]) =>
  `{${values.map((value) => value ?? 'null').join(',')}}`;
export const momentsOf = (values: readonly (number | null)[]) =>
  `{${values.map((value) => (value === null ? 'null' : new Date(value).toISOString())).join(',')}}`;
/** Words of the graph only, which hold nothing but letters and digits. */
export const wordsOf = (values: readonly (string | null)[]) =>
  `{${values.map((value) => (value === null ? 'null' : `"${value}"`)).join(',')}}`;
export const flagsOf = (values: readonly boolean[]) => `{${values.map((value) => (value ? 't' : 'f')).join(',')}}`;
