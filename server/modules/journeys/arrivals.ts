import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { readSetting, saveSetting } from '#platform/settings';
import { journeyChannel } from './enrol.ts';
import { firstEvents, momentsOf, msOf, numbersOf } from './lookback.ts';
import type { Versions } from './versions.ts';

/**
 * Sees to it that nobody misses what he waits for. Somebody comes to his node in one transaction while another makes the
 * event known: neither sees the other, and nobody wakes him. So everybody who has come to such a node is looked at once
 * more, when no transaction is left that may not have seen him there.
 *
 * Arrivals are followed by snapshots, as the change feed is (decision 20): `seen` are those that have been looked at. `until`
 * is a later snapshot; once all transactions that were running then are over, whoever it sees and `seen` did not is looked at.
 * Should somebody be held up by a long transaction elsewhere, the end of his wait looks back as well: he is woken late, and
 * goes the right way.
 */

interface Position {
  readonly seen: string;
  readonly until: string | null;
}

const settingKey = 'journeys.arrivals';
/** A snapshot that sees nothing. */
const nothing = '3:3:';
/** Ticks whose arrivals are looked at together: each brings some thousand. */
const ticksAtOnce = 4;

interface Arrival {
  customer_id: number;
  id: number;
  version_id: number;
  node: string;
  arrived_at: number;
  until_at: number;
}

export async function lookAtArrivals(ctx: Ctx, versions: Versions): Promise<number> {
  const position = await readPosition(ctx);
  if (!(await isAnybodyNew(ctx, position.seen))) return 0;
  return inTransaction(ctx, async (ctx) => {
    const { rows: free } = await sql<{ free: boolean; now: string; isQuiet: boolean }>`
      select pg_try_advisory_xact_lock(${arrivalsLock}) as free, pg_current_snapshot()::text as now,
        coalesce(pg_snapshot_xmin(pg_current_snapshot()) >= pg_snapshot_xmax(${position.until}::text::pg_snapshot), false) as "isQuiet"
    `.execute(ctx.db);
    const [state] = free;
    // Another worker may have moved on since the position was read.
    const held = await readPosition(ctx);
    if (!state?.free || held.seen !== position.seen || held.until !== position.until) return 0;
    if (position.until === null) await savePosition(ctx, { seen: position.seen, until: state.now });
    else if (state.isQuiet) {
      await lookBack(ctx, versions, position.seen, position.until);
      await savePosition(ctx, { seen: position.until, until: state.now });
    } else return 0;
    return 1;
  });
}

/** First key of the lock under which the position moves. */
const arrivalsLock = 7164029;

async function readPosition(ctx: Ctx): Promise<Position> {
  const saved = await readSetting(ctx, settingKey);
  return saved ? (saved.value as Position) : { seen: nothing, until: null };
}

const savePosition = (ctx: WriteCtx, position: Position) => saveSetting(ctx, settingKey, position);

/** Arrivals that a snapshot did not see. */
const unseenBy = (snapshot: string) =>
  sql`arrived_xid >= pg_snapshot_xmin(${snapshot}::text::pg_snapshot) and not pg_visible_in_snapshot(arrived_xid, ${snapshot}::text::pg_snapshot)`;

async function isAnybodyNew(ctx: Ctx, seen: string): Promise<boolean> {
  const { rows } = await sql`select 1 from journey_enrolment where ${unseenBy(seen)} limit 1`.execute(ctx.db);
  return rows.length > 0;
}

async function lookBack(ctx: WriteCtx, versions: Versions, seen: string, until: string): Promise<void> {
  const { rows: ticks } = await sql<{ xid: string }>`
    select distinct arrived_xid::text as xid from journey_enrolment
    where ${unseenBy(seen)} and pg_visible_in_snapshot(arrived_xid, ${until}::text::pg_snapshot)
  `.execute(ctx.db);
  for (let i = 0; i < ticks.length; i += ticksAtOnce) {
    const xids = ticks.slice(i, i + ticksAtOnce).map((row) => row.xid);
    const { rows } = await sql<Arrival>`
      select customer_id, id, version_id, node, ${sql.raw(msOf('arrived_at'))} as arrived_at, ${sql.raw(msOf('until_at'))} as until_at
      from journey_enrolment
      where arrived_xid = any(${`{${xids.join(',')}}`}::xid8[]) and state = 'active' and arrived_at is not null and woken_at is null
    `.execute(ctx.db);
    await wakeMissed(ctx, versions, rows);
  }
}

async function wakeMissed(ctx: WriteCtx, versions: Versions, rows: readonly Arrival[]): Promise<void> {
  const known = await versions.of(
    ctx,
    rows.map((row) => row.version_id),
  );
  for (const group of Map.groupBy(rows, (row) => `${row.version_id} ${row.node}`).values()) {
    const [first] = group as [Arrival];
    const node = known.get(first.version_id)?.nodes.get(first.node);
    if (node?.kind !== 'wait_event') continue;
    const looks = group.map((row) => ({
      key: row.id,
      customerId: row.customer_id,
      after: row.arrived_at,
      before: Math.min(row.until_at, ctx.now.getTime() + 1),
    }));
    await wakeFound(ctx, looks, await firstEvents(ctx, node.data, looks));
  }
}

async function wakeFound(
  ctx: WriteCtx,
  looks: readonly { key: number; customerId: number }[],
  happened: ReadonlyMap<number, number>,
): Promise<void> {
  const found = looks.filter((look) => happened.has(look.key)).sort((a, b) => a.customerId - b.customerId);
  if (found.length === 0) return;
  await sql`
    update journey_enrolment e set woken_at = k.at, due_at = least(e.due_at, k.at)
    from unnest(${numbersOf(found.map((look) => look.customerId))}::bigint[], ${numbersOf(found.map((look) => look.key))}::bigint[],
      ${momentsOf(found.map((look) => happened.get(look.key) ?? null))}::timestamptz[]) as k(customer_id, id, at)
    where e.customer_id = k.customer_id and e.id = k.id and e.state = 'active' and k.at > e.arrived_at
      and k.at < coalesce(e.woken_at, e.until_at)
  `.execute(ctx.db);
  wake(ctx, journeyChannel);
}
