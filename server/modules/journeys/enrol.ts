import type { Graph, Reentry } from '#contract/journey-graph';
import { type WriteCtx, wake } from '#platform/ctx';
import { dayOf } from '#platform/days';
import { type RawBuilder, sql } from '#platform/db';
import { bucketSql } from '#segments';

/** Channel on which it is told that somebody may be due. */
export const journeyChannel = 'journey';

export interface Admission {
  readonly entered: number;
  /** They were in it before, and may not come in (again) now. */
  readonly reentry: number;
  /** There was no room. */
  readonly full: number;
}

export interface Entrance {
  readonly journeyId: number;
  readonly versionId: number;
  readonly graph: Graph;
}

/**
 * Brings people into a journey in one statement. `people` selects customer_id, home_id and at (when they come in), nobody
 * twice. Who may come in again is decided on the row of the person and the journey: two who bring in the same person at
 * once bring him in once.
 */
export async function enrol(ctx: WriteCtx, into: Entrance, people: RawBuilder<unknown>): Promise<Admission> {
  const { journeyId, versionId, graph } = into;
  const { maxInside, holdoutBasisPoints } = graph;
  const room = maxInside === null ? null : Math.max(0, maxInside - (await countInsideLocked(ctx, journeyId)));
  const may = sql.raw(mayReenter(graph.reentry, 'p', 'c.at'));
  const mayStill = sql.raw(mayReenter(graph.reentry, 'p', 'excluded.entered_at'));
  const { rows } = await sql<{ asked: number; fit: number; entered: number; holdout: number }>`
    with candidate as materialized (
      select c.customer_id, c.home_id, c.at from (${people}) c join customer k on k.id = c.customer_id
    ), fit as (
      select c.* from candidate c left join journey_person p on p.customer_id = c.customer_id and p.journey_id = ${journeyId}
      where p.customer_id is null or ${may}
    ), admitted as (
      insert into journey_person as p (customer_id, journey_id, entered_at, inside)
      select customer_id, ${journeyId}, at, 1 from (select * from fit order by at, customer_id limit ${room}::bigint) f order by customer_id
      on conflict (customer_id, journey_id) do update set entered_at = excluded.entered_at, inside = p.inside + 1
        where ${mayStill}
      returning p.customer_id
    ), entered as (
      insert into journey_enrolment (customer_id, home_id, journey_id, version_id, node, due_at, is_holdout, entered_at)
      select c.customer_id, c.home_id, ${journeyId}, ${versionId}, ${graph.start}, c.at,
        ${sql.raw(bucketSql('c.customer_id', holdoutSeed(journeyId)))} < ${holdoutBasisPoints}::integer, c.at
      from admitted a join candidate c on c.customer_id = a.customer_id
      returning is_holdout
    )
    select (select count(*) from candidate) as asked, (select count(*) from fit) as fit, count(*) as entered,
      count(*) filter (where is_holdout) as holdout
    from entered
  `.execute(ctx.db);
  const { asked = 0, fit = 0, entered = 0, holdout = 0 } = rows[0] ?? {};
  if (entered > 0) {
    await count(ctx, [
      { versionId, what: 'in', way: 'touched', count: entered - holdout },
      { versionId, what: 'in', way: 'holdout', count: holdout },
    ]);
    wake(ctx, journeyChannel);
  }
  const full = room === null ? 0 : Math.max(0, fit - room);
  return { entered, full, reentry: asked - entered - full };
}

/** Who is left alone is drawn anew for each journey: nobody is always among them. */
const holdoutSeed = (journeyId: number) => (journeyId * 7919 + 104_729) % 1_000_000;

/** On the row `person` of who was in it before. @param at when he would come in now */
function mayReenter(reentry: Reentry, person: string, at: string): string {
  switch (reentry.kind) {
    case 'never':
      return 'false';
    case 'after_end':
      return `${person}.inside = 0`;
    case 'after_days':
      return `(${person}.inside = 0 and ${person}.entered_at <= ${at} - interval '${reentry.days} days')`;
    case 'always':
      return 'true';
  }
}

/** First key of the lock under which people come into a journey with a cap. */
const capLock = 7164028;

/** With a cap, people come in one statement after another, so that it holds. */
async function countInsideLocked(ctx: WriteCtx, journeyId: number): Promise<number> {
  await sql`select pg_advisory_xact_lock(${capLock}, ${journeyId}::bigint::integer)`.execute(ctx.db);
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from journey_version v
    join journey_enrolment e on e.version_id = v.id and e.state = 'active' where v.journey_id = ${journeyId}
  `.execute(ctx.db);
  return rows[0]?.count ?? 0;
}

export interface Count {
  readonly versionId: number;
  readonly what: 'in' | 'goal' | 'out' | 'step';
  readonly node?: string;
  readonly way: string;
  readonly count: number;
}

/** Adds to the figures of today. */
export async function count(ctx: WriteCtx, counts: readonly Count[]): Promise<void> {
  const day = dayOf(ctx.now, ctx.zone);
  const rows = counts.filter((row) => row.count > 0);
  if (rows.length === 0) return;
  await ctx.db
    .insertInto('journey_count')
    .values(
      rows.map(({ versionId, what, node, way, count }) => ({
        version_id: versionId,
        day,
        what,
        node: node ?? '',
        way,
        count,
      })),
    )
    .execute();
}
