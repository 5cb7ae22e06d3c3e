import type { WriteCtx } from '#platform/ctx';
import { copyRows, sql } from '#platform/db';
import { ensureMonths } from '#platform/partitions';
import { type Count, count } from './enrol.ts';
import { flagsOf, momentsOf, msOf, numbersOf, wordsOf } from './lookback.ts';
import { takeBack } from './touches.ts';
import type { Version, Versions } from './versions.ts';

/** Somebody on his path, held by the transaction that moves him. Times are milliseconds. */
export interface Traveller {
  readonly customerId: number;
  readonly id: number;
  readonly version: Version;
  readonly isHoldout: boolean;
  readonly enteredAt: number;
  node: string;
  /** The time of the step he is at: see kinds.ts. */
  at: number;
  /** When he came to the node at which he waits, and until when; null when he does not wait. */
  arrivedAt: number | null;
  untilAt: number | null;
  wokenAt: number | null;
  stepCount: number;
  reachedAt: number | null;
  /** It was this transaction that found out. */
  isNewlyReached: boolean;
  /** He waits for an event since this transaction. */
  isListening: boolean;
  ended: { readonly at: number; readonly reason: EndReason } | null;
  /** What this transaction has to write of his path. */
  readonly steps: Step[];
}

export type EndReason = 'end' | 'exit' | 'goal' | 'moved' | 'removed' | 'stopped' | 'merged';

export interface Step {
  readonly at: number;
  readonly step: number;
  readonly node: string;
  readonly way: string;
  readonly note: string | null;
}

/** People of one version at one node, whose time has come. */
export interface DueGroup {
  readonly versionId: number;
  readonly node: string;
  /** They are to leave, whenever they are due. */
  readonly isStopped: boolean;
}

interface Row {
  customer_id: number;
  id: number;
  version_id: number;
  node: string;
  arrived_at: number | null;
  until_at: number | null;
  due_at: number;
  woken_at: number | null;
  step_count: number;
  is_holdout: boolean;
  entered_at: number;
  reached_at: number | null;
}

const ms = (column: string) => sql.raw(`${msOf(column)} as ${column}`);
const columns = sql`customer_id, id, version_id, node, ${ms('arrived_at')}, ${ms('until_at')}, ${ms('due_at')}, ${ms('woken_at')},
  step_count, is_holdout, ${ms('entered_at')}, ${ms('reached_at')}`;

/** Takes up to `quota` people of each group whom nobody else moves, the longest due first. */
export async function claim(
  ctx: WriteCtx,
  groups: readonly DueGroup[],
  quota: number,
  versions: ReadonlyMap<number, Version>,
): Promise<Traveller[]> {
  const { rows } = await sql<Row>`
    select ${columns}
    from unnest(${numbersOf(groups.map((group) => group.versionId))}::bigint[], ${wordsOf(groups.map((group) => group.node))}::text[],
      ${flagsOf(groups.map((group) => group.isStopped))}::boolean[]) as g(of_version, of_node, is_stopped)
    cross join lateral (
      select * from journey_enrolment e
      where e.version_id = g.of_version and e.node = g.of_node and e.state = 'active' and (e.due_at <= ${ctx.now} or g.is_stopped)
      order by e.due_at, e.customer_id limit ${quota} for update skip locked
    ) c
  `.execute(ctx.db);
  return rows.map((row) => toTraveller(row, versions));
}

/** Takes these customers in a journey; whoever else moves them is waited for. */
export async function claimOf(
  ctx: WriteCtx,
  versions: Versions,
  journeyId: number,
  customerIds: readonly number[],
): Promise<Traveller[]> {
  const { rows } = await sql<Row>`
    select ${columns} from journey_enrolment
    where customer_id = any(${numbersOf(customerIds)}::bigint[]) and journey_id = ${journeyId} and state = 'active'
    order by customer_id, id for update
  `.execute(ctx.db);
  const known = await versions.of(
    ctx,
    rows.map((row) => row.version_id),
  );
  return rows.map((row) => toTraveller(row, known));
}

const toTraveller = (row: Row, versions: ReadonlyMap<number, Version>): Traveller => ({
  customerId: row.customer_id,
  id: row.id,
  version: versions.get(row.version_id) as Version,
  isHoldout: row.is_holdout,
  enteredAt: row.entered_at,
  node: row.node,
  at: row.woken_at ?? row.until_at ?? row.due_at,
  arrivedAt: row.arrived_at,
  untilAt: row.until_at,
  wokenAt: row.woken_at,
  stepCount: row.step_count,
  reachedAt: row.reached_at,
  isNewlyReached: false,
  isListening: false,
  ended: null,
  steps: [],
});

/** Writes down where they stand now, their steps, and the figures. */
export async function settle(ctx: WriteCtx, travellers: readonly Traveller[]): Promise<void> {
  if (travellers.length === 0) return;
  const all = <T>(read: (traveller: Traveller) => T) => travellers.map(read);
  await sql`
    update journey_enrolment e set node = k.node, arrived_at = k.arrived_at, until_at = k.until_at,
      woken_at = k.woken_at, due_at = coalesce(k.woken_at, k.until_at, e.due_at),
      step_count = k.step_count, reached_at = k.reached_at, arrived_xid = case when k.is_listening then pg_current_xact_id() end,
      state = case when k.ended_at is null then 'active' else 'ended' end, ended_at = k.ended_at, end_reason = k.end_reason
    from unnest(${numbersOf(all((t) => t.customerId))}::bigint[], ${numbersOf(all((t) => t.id))}::bigint[],
      ${wordsOf(all((t) => t.node))}::text[], ${momentsOf(all((t) => t.arrivedAt))}::timestamptz[],
      ${momentsOf(all((t) => t.untilAt))}::timestamptz[], ${momentsOf(all((t) => t.wokenAt))}::timestamptz[],
      ${numbersOf(all((t) => t.stepCount))}::integer[], ${momentsOf(all((t) => t.reachedAt))}::timestamptz[],
      ${flagsOf(all((t) => t.isListening))}::boolean[], ${momentsOf(all((t) => t.ended?.at ?? null))}::timestamptz[],
      ${wordsOf(all((t) => t.ended?.reason ?? null))}::text[])
      as k(customer_id, id, node, arrived_at, until_at, woken_at, step_count, reached_at, is_listening, ended_at, end_reason)
    where e.customer_id = k.customer_id and e.id = k.id
  `.execute(ctx.db);
  await letOut(ctx, travellers);
  await writeSteps(ctx, travellers);
  await countSteps(ctx, travellers);
}

/** Reasons for which somebody leaves before the end. */
const early: readonly EndReason[] = ['exit', 'goal', 'removed', 'stopped'];

/** Who has ended is inside once less, and hears nothing more of it when he left before the end. */
async function letOut(ctx: WriteCtx, travellers: readonly Traveller[]): Promise<void> {
  const ended = travellers.flatMap(({ customerId, version, ended }) =>
    ended ? [{ customerId, journeyId: version.journeyId, reason: ended.reason }] : [],
  );
  await releasePeople(ctx, ended);
  await takeBack(
    ctx,
    ended.filter(({ reason }) => early.includes(reason)),
  );
}

export async function releasePeople(
  ctx: WriteCtx,
  people: readonly { customerId: number; journeyId: number }[],
): Promise<void> {
  if (people.length === 0) return;
  await sql`
    update journey_person p set inside = greatest(0, p.inside - k.count)
    from (
      select customer_id, journey_id, count(*)::integer as count
      from unnest(${numbersOf(people.map((person) => person.customerId))}::bigint[],
        ${numbersOf(people.map((person) => person.journeyId))}::bigint[]) as u(customer_id, journey_id)
      group by customer_id, journey_id order by customer_id, journey_id
    ) k
    where p.customer_id = k.customer_id and p.journey_id = k.journey_id
  `.execute(ctx.db);
}

async function writeSteps(ctx: WriteCtx, travellers: readonly Traveller[]): Promise<void> {
  const rows = travellers.flatMap(({ customerId, id, steps }) =>
    steps.map(({ at, step, node, way, note }) => [customerId, new Date(at).toISOString(), id, step, node, way, note]),
  );
  if (rows.length === 0) return;
  const months = new Map(rows.map((row) => [String(row[1]).slice(0, 7), new Date(String(row[1]))]));
  await ensureMonths(ctx, 'journey_step', [...months.values()]);
  await copyRows(ctx.db, 'journey_step', ['customer_id', 'at', 'enrolment_id', 'step', 'node', 'way', 'note'], rows);
}

async function countSteps(ctx: WriteCtx, travellers: readonly Traveller[]): Promise<void> {
  const sums = new Map<string, Count & { count: number }>();
  const add = (row: Omit<Count, 'count'>) => {
    const key = `${row.versionId} ${row.what} ${row.node} ${row.way}`;
    const known = sums.get(key) ?? { ...row, count: 0 };
    known.count++;
    sums.set(key, known);
  };
  for (const { version, steps, ended, isNewlyReached, isHoldout } of travellers) {
    if (isNewlyReached) add({ versionId: version.id, what: 'goal', way: isHoldout ? 'holdout' : 'touched' });
    for (const { node, way } of steps) add({ versionId: version.id, what: 'step', node, way });
    if (ended) add({ versionId: version.id, what: 'out', way: ended.reason });
  }
  await count(ctx, [...sums.values()]);
}
