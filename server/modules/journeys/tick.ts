import { type Ctx, inTransaction, systemActor, type WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import type { Engine } from '#segments';
import { act } from './act.ts';
import { askAbout, askOverdue, askStops, groupByNode, type NodeGroup } from './ask.ts';
import { arriveAt, leaveBy } from './kinds.ts';
import { claim, type DueGroup, settle, type Traveller } from './travellers.ts';
import { nodeOf, type Versions } from './versions.ts';

/**
 * Moves people on. A tick takes some thousand whose time has come, by version and node, and lets each group do its node in a
 * few statements; who passes a node goes on to the next, until all wait or have come to an end. What nodes do, where
 * everybody stands and the steps of the path commit together: a worker that dies in the middle has done nothing.
 */

/** People moved in one transaction, of one group at least so many: a crowd in one journey holds up no other. */
const usualBatch = 4000;
const fewest = 200;
/** Nodes one person passes in one tick: after a long time off there may be many to make up for. */
const mostPassed = 400;
/** A group that failed is left alone for a while, in the machine's time: each time longer, up to a minute. */
const shortestRestMs = 250;
const longestRestMs = 60_000;
/** What fails so often in a row does not mend by itself: the journey's page says so. */
const tellAfter = 4;

export interface Mover {
  tick(ctx: Ctx): Promise<number>;
}

/** @param batchSize people moved in one transaction */
export function createMover(engine: Engine, versions: Versions, batchSize = usualBatch): Mover {
  /** Groups that failed: how often in a row, and until when they rest. */
  const failed = new Map<string, { count: number; until: number }>();
  const nameOf = ({ versionId, node }: DueGroup) => `${versionId} ${node}`;

  async function fail(ctx: Ctx, group: DueGroup, error: unknown): Promise<void> {
    const count = (failed.get(nameOf(group))?.count ?? 0) + 1;
    const restMs = Math.min(longestRestMs, shortestRestMs * 4 ** (count - 1));
    failed.set(nameOf(group), { count, until: Date.now() + restMs });
    if (count < tellAfter) {
      ctx.log.warn({ err: error, ...group, restMs }, 'people of a journey could not be moved; they are tried again');
      return;
    }
    ctx.log.error({ err: error, ...group, restMs }, 'people of a journey cannot be moved');
    const problem = error instanceof Error ? error.message.slice(0, 300) : String(error);
    await ctx.db.updateTable('journey_version').set({ problem }).where('id', '=', group.versionId).execute();
  }

  async function mend(ctx: Ctx, groups: readonly DueGroup[]): Promise<void> {
    for (const group of groups) {
      const before = failed.get(nameOf(group));
      failed.delete(nameOf(group));
      if ((before?.count ?? 0) < tellAfter) continue;
      await ctx.db.updateTable('journey_version').set({ problem: null }).where('id', '=', group.versionId).execute();
    }
  }

  async function move(ctx: Ctx, groups: readonly DueGroup[]): Promise<number> {
    return inTransaction({ ...ctx, actor: systemActor('journey') }, async (ctx) => {
      await forTicks(ctx);
      const living = await holdStates(ctx, groups);
      const known = await versions.of(
        ctx,
        living.map((group) => group.versionId),
      );
      const quota = Math.max(fewest, Math.ceil(batchSize / Math.max(1, living.length)));
      const travellers = await claim(ctx, living, quota, known);
      const stopped = new Set(living.filter((group) => group.isStopped).map(nameOf));
      const leaving = (t: Traveller) => stopped.has(`${t.version.id} ${t.node}`);
      await stop(ctx, travellers.filter(leaving));
      await travel(
        ctx,
        engine,
        versions,
        travellers.filter((traveller) => !leaving(traveller)),
      );
      await settle(ctx, travellers);
      return travellers.length;
    });
  }

  return {
    async tick(ctx) {
      const now = Date.now();
      const groups = (await findDue(ctx)).filter((group) => (failed.get(nameOf(group))?.until ?? 0) <= now);
      if (groups.length === 0) return 0;
      try {
        const moved = await move(ctx, groups);
        await mend(ctx, groups);
        return moved;
      } catch (error) {
        const [only, ...others] = groups;
        if (only && others.length === 0) {
          await fail(ctx, only, error);
          return 0;
        }
        ctx.log.warn({ err: error }, 'a tick of journeys failed; its groups are moved one by one');
      }
      let moved = 0;
      for (const group of groups) {
        try {
          moved += await move(ctx, [group]);
          await mend(ctx, [group]);
        } catch (error) {
          await fail(ctx, group, error);
        }
      }
      return moved;
    },
  };
}

/** Should the machine fail, a tick is done again; people are found by key, never by reading whole tables. */
const forTicks = (ctx: WriteCtx) =>
  sql`select set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true)`.execute(ctx.db);

/** Groups with somebody who is due. Those of a journey that was closed with its people are due whatever the time. */
async function findDue(ctx: Ctx): Promise<DueGroup[]> {
  const { rows } = await sql<{ version_id: number; node: string; is_emptying: boolean }>`
    select v.id as version_id, p.node, j.is_emptying
    from journey j join journey_version v on v.journey_id = j.id and not v.is_over
    cross join unnest(v.places) as p(node)
    cross join lateral (
      select min(due_at) as due_at from journey_enrolment e where e.version_id = v.id and e.node = p.node and e.state = 'active'
    ) e
    where j.state in ('running', 'closed') and (e.due_at <= ${ctx.now} or e.due_at is not null and j.is_emptying)
    order by e.due_at
  `.execute(ctx.db);
  return rows.map((row) => ({ versionId: row.version_id, node: row.node, isStopped: row.is_emptying }));
}

/** The groups whose journeys still move. Held until the tick commits: a pause that was answered holds. */
async function holdStates(ctx: WriteCtx, groups: readonly DueGroup[]): Promise<DueGroup[]> {
  const { rows } = await sql<{ version_id: number; is_emptying: boolean }>`
    select v.id as version_id, j.is_emptying from journey_version v join journey j on j.id = v.journey_id
    where v.id = any(${[...new Set(groups.map((group) => group.versionId))]}::bigint[]) and j.state in ('running', 'closed')
    order by j.id for share of j
  `.execute(ctx.db);
  const moving = new Map(rows.map((row) => [row.version_id, row.is_emptying]));
  return groups.flatMap((group) => {
    const isEmptying = moving.get(group.versionId);
    return isEmptying === undefined ? [] : [{ ...group, isStopped: isEmptying }];
  });
}

async function stop(ctx: WriteCtx, travellers: readonly Traveller[]): Promise<void> {
  for (const traveller of travellers) traveller.ended = { at: ctx.now.getTime(), reason: 'stopped' };
}

/** Lets people go on until each waits or has ended. */
async function travel(
  ctx: WriteCtx,
  engine: Engine,
  versions: Versions,
  travellers: readonly Traveller[],
): Promise<void> {
  await askOverdue(ctx, travellers);
  await stopWhoHasLeft(ctx, travellers);
  const here = travellers.filter((traveller) => traveller.ended === null);
  // Who was only looked at because something had happened, which does not end his wait, goes on waiting.
  for (const traveller of here) traveller.isListening = nodeOf(traveller.version, traveller.node).kind === 'wait_event';
  let moving = here.filter((traveller) => traveller.at <= ctx.now.getTime());
  for (const traveller of moving) if (traveller.arrivedAt !== null) leaveWait(traveller);
  while (moving.length > 0) {
    for (const group of groupByNode(moving)) await visit(ctx, engine, versions, group);
    moving = moving.filter((traveller) => traveller.ended === null && traveller.arrivedAt === null);
  }
}

/** Exits and goals count before anything else is done to somebody. */
async function stopWhoHasLeft(ctx: WriteCtx, travellers: readonly Traveller[]): Promise<void> {
  const { stops, reached } = await askStops(ctx, travellers);
  for (const traveller of travellers) {
    const reachedAt = reached.get(traveller.id);
    if (reachedAt !== undefined && traveller.reachedAt === null) {
      traveller.reachedAt = reachedAt;
      traveller.isNewlyReached = true;
    }
    traveller.ended = stops.get(traveller.id) ?? null;
  }
}

function leaveWait(traveller: Traveller): void {
  goOn(traveller, leaveBy(nodeOf(traveller.version, traveller.node), traveller.wokenAt), traveller.at, null);
}

function goOn(traveller: Traveller, way: string, at: number, note: string | null): void {
  const node = nodeOf(traveller.version, traveller.node);
  traveller.steps.push({ at, step: traveller.stepCount, node: node.id, way, note });
  traveller.stepCount++;
  traveller.node = node.next[way] ?? '';
  traveller.at = at;
  traveller.arrivedAt = null;
  traveller.untilAt = null;
  traveller.wokenAt = null;
  traveller.isListening = false;
}

/** A group comes to its node: what it has to know is asked, what the node does is done, and everybody goes on. */
async function visit(ctx: WriteCtx, engine: Engine, versions: Versions, { node, people }: NodeGroup): Promise<void> {
  const now = ctx.now.getTime();
  const { known, note } = await askAbout(ctx, engine, node, people);
  const deed = await act(ctx, versions, node, people);
  for (const traveller of people) {
    const { customerId, at } = traveller;
    const move = arriveAt(node, { customerId, at }, known.get(traveller.id) ?? null, ctx.zone);
    const said = note ?? (typeof deed === 'function' ? deed(traveller) : deed);
    switch (move.is) {
      case 'pass':
        goOn(traveller, move.way, move.at, said);
        break;
      case 'end':
        traveller.steps.push({ at, step: traveller.stepCount, node: node.id, way: move.reason, note: said });
        traveller.stepCount++;
        traveller.ended = { at, reason: move.reason };
        break;
      case 'wait':
        if (move.until <= now && traveller.steps.length < mostPassed) {
          goOn(traveller, leaveBy(node, null), move.until, said);
        } else {
          traveller.arrivedAt = at;
          traveller.untilAt = move.until;
          traveller.isListening = node.kind === 'wait_event';
        }
        break;
    }
  }
}
