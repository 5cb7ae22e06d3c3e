import type { Exit, Graph, Trigger } from '#contract/journey-graph';
import type { Listener, ProjectedEvent } from '#events';
import { type WriteCtx, wake } from '#platform/ctx';
import { CompiledQuery, sql } from '#platform/db';
import { type Count, count, enrol, journeyChannel } from './enrol.ts';
import { momentsOf, numbersOf, stepSql, wordsOf } from './lookback.ts';
import type { Version, Versions } from './versions.ts';
import { goalUntil, stepOfExit, stepOfTrigger } from './walk.ts';

/**
 * Hears each batch of events in the transaction that makes them known: brings people in, wakes those who wait for what
 * happened, hurries those whose path it may end, and notes who has reached the goal. Where nothing listens to the names of a batch, this costs one look.
 */
export function createJourneyListener(versions: Versions): Listener {
  return async (ctx, events) => {
    const news = events.filter((event) => event.isNews && event.customerId > 0);
    if (news.length === 0) return;
    const listens = await readListens(ctx, [...new Set(news.map((event) => event.name))]);
    if (listens.length === 0) return;
    const known = await versions.of(
      ctx,
      listens.map((listen) => listen.versionId),
    );
    const heard = await whatIsHeard(ctx, listens, known, news);
    const of = (role: Role) => heard.filter((one) => one.listen.role === role && one.events.length > 0);
    await noteGoals(ctx, of('goal'));
    await hurry(ctx, [...of('exit'), ...of('goal')]);
    await wakeUp(ctx, of('wake'));
    await bringIn(ctx, of('enter'));
  };
}

type Role = 'enter' | 'wake' | 'exit' | 'goal';

interface Listen {
  readonly name: string;
  readonly versionId: number;
  readonly role: Role;
  readonly place: string;
  readonly openSince: Date | null;
}

interface Heard {
  readonly listen: Listen;
  readonly version: Version;
  readonly events: readonly ProjectedEvent[];
}

/** Who listens to these names. People come in by the current version of a running journey only. */
async function readListens(ctx: WriteCtx, names: readonly string[]): Promise<Listen[]> {
  const { rows } = await sql<Listen>`
    select l.event_name as name, l.version_id as "versionId", l.role, l.place, j.open_since as "openSince"
    from journey_listen l join journey_version v on v.id = l.version_id join journey j on j.id = v.journey_id
    where l.event_name = any(${names}) and not v.is_over
      and (l.role <> 'enter' or j.state = 'running' and j.version_id = v.id and j.deleted_at is null)
    order by l.version_id, l.role, l.place
  `.execute(ctx.db);
  return rows;
}

/** For each that listens the events that fit its filters. PostgreSQL reads properties, as everywhere: one text, one meaning. */
async function whatIsHeard(
  ctx: WriteCtx,
  listens: readonly Listen[],
  versions: ReadonlyMap<number, Version>,
  events: readonly ProjectedEvent[],
): Promise<Heard[]> {
  const byName = Map.groupBy(events, (event) => event.name);
  const heard = listens.flatMap((listen) => {
    const version = versions.get(listen.versionId);
    const step = version && stepOf(version.graph, listen);
    return version && step ? [{ listen, version, step, events: byName.get(listen.name) ?? [] }] : [];
  });
  const filtered = heard.filter(({ step }) => step.filters.length > 0);
  if (filtered.length === 0) return heard;
  const told = [...new Set(filtered.flatMap((one) => one.events))];
  const rows = told.map((event, n) => ({ n, name: event.name, payload: event.payload }));
  const tests = filtered.map(({ step }, i) => `select ${i} as listen, n from told where ${stepSql(step, 'told')}`);
  const { rows: fitting } = await ctx.db.executeQuery<{ listen: number; n: number }>(
    CompiledQuery.raw(
      `with told as materialized (select * from jsonb_to_recordset($1::jsonb) as t(n integer, name text, payload jsonb))
      ${tests.join(' union all ')}`,
      [JSON.stringify(rows)],
    ),
  );
  const fits = Map.groupBy(fitting, (row) => row.listen);
  const places = new Map(told.map((event, n) => [event, n]));
  return heard.map((one) => {
    const i = filtered.indexOf(one);
    if (i < 0) return one;
    const numbers = new Set((fits.get(i) ?? []).map((row) => row.n));
    return { ...one, events: one.events.filter((event) => numbers.has(places.get(event) ?? -1)) };
  });
}

function stepOf(graph: Graph, { role, place }: Listen) {
  switch (role) {
    case 'enter':
      return stepOfTrigger(graph.triggers[Number(place)] as Trigger);
    case 'exit':
      return stepOfExit(graph.exits[Number(place)] as Exit);
    case 'goal':
      return graph.goal ?? undefined;
    case 'wake': {
      const node = graph.nodes.find(({ id }) => id === place);
      return node?.kind === 'wait_event' ? node.data : undefined;
    }
  }
}

/**
 * Who waits for it is due from the moment it happened. Only what happens after he came counts, and before his time is over;
 * of several the earliest.
 */
async function wakeUp(ctx: WriteCtx, heard: readonly Heard[]): Promise<void> {
  const rows = heard.flatMap(({ listen, events }) =>
    events.map((event) => ({
      customerId: event.customerId,
      versionId: listen.versionId,
      node: listen.place,
      at: event.at,
    })),
  );
  if (rows.length === 0) return;
  const isAwaited = (alias: string, at: string) =>
    sql.raw(
      `${alias}.state = 'active' and ${at} > ${alias}.arrived_at and ${at} < coalesce(${alias}.woken_at, ${alias}.until_at)`,
    );
  const { rows: woken } = await sql`
    with hit as (
      select e.customer_id, e.id, min(k.at) as at
      from unnest(${numbersOf(rows.map((row) => row.customerId))}::bigint[], ${numbersOf(rows.map((row) => row.versionId))}::bigint[],
        ${wordsOf(rows.map((row) => row.node))}::text[], ${momentsOf(rows.map((row) => row.at.getTime()))}::timestamptz[])
        as k(customer_id, version_id, node, at)
      join journey_enrolment e on e.customer_id = k.customer_id and e.version_id = k.version_id and e.node = k.node
      where ${isAwaited('e', 'k.at')} group by e.customer_id, e.id
    ), held as (
      select e.customer_id, e.id, h.at from hit h join journey_enrolment e on e.customer_id = h.customer_id and e.id = h.id
      order by e.customer_id, e.id for update of e
    )
    update journey_enrolment e set woken_at = h.at, due_at = least(e.due_at, h.at) from held h
    where e.customer_id = h.customer_id and e.id = h.id and ${isAwaited('e', 'h.at')}
    returning 1
  `.execute(ctx.db);
  if (woken.length > 0) wake(ctx, journeyChannel);
}

/** Whose path may end by what happened is looked at now: whether it does is decided where everything else about him is. */
async function hurry(ctx: WriteCtx, heard: readonly Heard[]): Promise<void> {
  const rows = heard.flatMap(({ listen, version, events }) =>
    listen.role === 'exit' || version.graph.goal?.isEnd
      ? events.map((event) => ({ event, versionId: listen.versionId }))
      : [],
  );
  if (rows.length === 0) return;
  const { rows: hurried } = await sql`
    with held as (
      select e.customer_id, e.id, k.at
      from unnest(${numbersOf(rows.map((row) => row.event.customerId))}::bigint[], ${numbersOf(rows.map((row) => row.versionId))}::bigint[],
        ${momentsOf(rows.map((row) => row.event.at.getTime()))}::timestamptz[]) as k(customer_id, version_id, at)
      join journey_enrolment e on e.customer_id = k.customer_id and e.version_id = k.version_id
      where e.state = 'active' and k.at > e.entered_at and k.at < e.due_at
      order by e.customer_id, e.id for update of e
    )
    update journey_enrolment e set due_at = least(e.due_at, h.at)
    from (select customer_id, id, min(at) as at from held group by customer_id, id) h
    where e.customer_id = h.customer_id and e.id = h.id and e.state = 'active'
    returning 1
  `.execute(ctx.db);
  if (hurried.length > 0) wake(ctx, journeyChannel);
}

/** A goal counts within its window after coming in, also for somebody whose path has ended by then. */
async function noteGoals(ctx: WriteCtx, heard: readonly Heard[]): Promise<void> {
  const rows = heard.flatMap(({ listen, version, events }) =>
    events.map(({ customerId, at }) => ({
      customerId,
      versionId: listen.versionId,
      at: at.getTime(),
      // Who came in before that is too late.
      since: at.getTime() - (version.graph.goal ? goalUntil(version.graph.goal, 0) : 0),
    })),
  );
  if (rows.length === 0) return;
  const { rows: reached } = await sql<{ version_id: number; is_holdout: boolean }>`
    update journey_enrolment e set reached_at = h.at
    from (
      select e.customer_id, e.id, min(k.at) as at
      from unnest(${numbersOf(rows.map((row) => row.customerId))}::bigint[], ${numbersOf(rows.map((row) => row.versionId))}::bigint[],
        ${momentsOf(rows.map((row) => row.at))}::timestamptz[], ${momentsOf(rows.map((row) => row.since))}::timestamptz[])
        as k(customer_id, version_id, at, since)
      join journey_enrolment e on e.customer_id = k.customer_id and e.version_id = k.version_id
      where k.at > e.entered_at and e.entered_at >= k.since and e.reached_at is null
      group by e.customer_id, e.id
    ) h
    where e.customer_id = h.customer_id and e.id = h.id and e.reached_at is null
    returning e.version_id, e.is_holdout
  `.execute(ctx.db);
  await count(
    ctx,
    [...Map.groupBy(reached, (row) => `${row.version_id} ${row.is_holdout}`).values()].map(
      (rows): Count => ({
        versionId: rows[0]?.version_id ?? 0,
        what: 'goal',
        way: rows[0]?.is_holdout ? 'holdout' : 'touched',
        count: rows.length,
      }),
    ),
  );
}

/** What is told so late brings nobody in any more: an import of last year's orders is no newcomer week. */
const lateMs = 48 * 3_600_000;

async function bringIn(ctx: WriteCtx, heard: readonly Heard[]): Promise<void> {
  const earliest = ctx.now.getTime() - lateMs;
  for (const { listen, version, events } of heard) {
    const since = Math.max(earliest, listen.openSince?.getTime() ?? 0);
    const fresh = events.filter((event) => event.at.getTime() >= since);
    // Somebody may come in by several events of one batch, one after another, where the rules let him.
    for (const wave of wavesOf(fresh)) {
      const people = sql`
        select * from unnest(${numbersOf(wave.map((event) => event.customerId))}::bigint[],
          ${numbersOf(wave.map((event) => event.homeId))}::bigint[], ${momentsOf(wave.map((event) => event.at.getTime()))}::timestamptz[])
          as u(customer_id, home_id, at)`;
      await enrol(ctx, { journeyId: version.journeyId, versionId: version.id, graph: version.graph }, people);
    }
  }
}

/** Events in the order in which they happened, no customer twice in one wave. */
function wavesOf(events: readonly ProjectedEvent[]): ProjectedEvent[][] {
  const waves: ProjectedEvent[][] = [];
  const turns = new Map<number, number>();
  for (const event of [...events].sort((a, b) => a.at.getTime() - b.at.getTime())) {
    const turn = turns.get(event.customerId) ?? 0;
    turns.set(event.customerId, turn + 1);
    waves[turn] ??= [];
    waves[turn].push(event);
  }
  return waves;
}
