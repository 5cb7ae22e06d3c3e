import type { Input, Output } from '#contract';
import type { getJourneyFigures } from '#contract/journeys';
import type { Ctx } from '#platform/ctx';
import { addDays, dayOf, daysBetween } from '#platform/days';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { differenceOf } from './effect.ts';
import { requireJourney } from './journeys.ts';

type Figures = Output<typeof getJourneyFigures>;

/** How many stand where, and what has become of all who came in. */
export async function readFigures(ctx: Ctx, input: Input<typeof getJourneyFigures>): Promise<Figures> {
  await requireJourney(ctx, input.id);
  const { rows: versions } = await sql<{ id: number }>`
    select id from journey_version where journey_id = ${input.id} and (${input.number ?? null}::integer is null or number = ${input.number ?? null}::integer)
  `.execute(ctx.db);
  if (versions.length === 0 && input.number !== undefined) throw new AppError('not_found');
  const ids = versions.map((version) => version.id);
  const { rows: inside } = await sql<{ node: string; count: number }>`
    select node, count(*) as count from journey_enrolment
    where version_id = any(${ids}::bigint[]) and state = 'active' group by node
  `.execute(ctx.db);
  const { rows: counts } = await sql<{ what: string; node: string; way: string; count: number }>`
    select what, node, way, sum(count)::bigint as count from journey_count
    where version_id = any(${ids}::bigint[]) group by what, node, way order by what, node, way
  `.execute(ctx.db);
  const sum = (what: string, way?: string) =>
    counts
      .filter((row) => row.what === what && (way === undefined || row.way === way))
      .reduce((total, row) => total + row.count, 0);
  const arm = (way: string) => ({ entered: sum('in', way), reached: sum('goal', way) });
  const arms = { touched: arm('touched'), holdout: arm('holdout') };
  const steps = counts.filter((row) => row.what === 'step');
  const here = new Map(inside.map((row) => [row.node, row.count]));
  const nodes = [...new Set([...here.keys(), ...steps.map((row) => row.node)])];
  return {
    nodes: nodes.map((node) => ({
      node,
      inside: here.get(node) ?? 0,
      ways: steps.filter((row) => row.node === node).map(({ way, count }) => ({ way, count })),
    })),
    entered: sum('in'),
    inside: inside.reduce((total, row) => total + row.count, 0),
    ended: counts
      .filter((row) => row.what === 'out')
      .map(({ way, count }) => ({ reason: way as Figures['ended'][number]['reason'], count })),
    arms,
    effect: differenceOf(arms.touched, arms.holdout),
    days: await readDays(ctx, ids),
  };
}

async function readDays(ctx: Ctx, versionIds: readonly number[]): Promise<Figures['days']> {
  const today = dayOf(ctx.now, ctx.zone);
  const from = addDays(today, -29);
  const { rows } = await sql<{ day: string; entered: number; reached: number }>`
    select day, coalesce(sum(count) filter (where what = 'in'), 0)::bigint as entered,
      coalesce(sum(count) filter (where what = 'goal'), 0)::bigint as reached
    from journey_count where version_id = any(${versionIds}::bigint[]) and day >= ${from}::date group by day
  `.execute(ctx.db);
  const byDay = new Map(rows.map((row) => [row.day, row]));
  return daysBetween(from, today).map((day) => byDay.get(day) ?? { day, entered: 0, reached: 0 });
}
