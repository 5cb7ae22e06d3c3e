import type { GraphNode } from '#contract/journey-graph';
import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { type Engine, findTrue } from '#segments';
import { awaited, deadlineOf, type KnownOf } from './kinds.ts';
import { firstEvents, numbersOf } from './lookback.ts';
import type { Traveller } from './travellers.ts';
import { goalUntil, type Stop, stepOfExit, stopOf } from './walk.ts';

/** What nodes must know of people, asked for all who come to a node at once. */

export interface Answer {
  /** By id of the enrolment, as `KnownOf` says; people without an entry are told null. */
  readonly known: ReadonlyMap<number, KnownOf[keyof KnownOf]>;
  /** Worth a word in the path of everybody who was asked. */
  readonly note: string | null;
}

const nothing: Answer = { known: new Map(), note: null };

export async function askAbout(
  ctx: WriteCtx,
  engine: Engine,
  node: GraphNode,
  travellers: readonly Traveller[],
): Promise<Answer> {
  switch (node.kind) {
    case 'branch':
      return askWays(ctx, engine, node, travellers);
    case 'wait_date':
      return { known: await askDays(ctx, node.data.key, travellers), note: null };
    case 'wait_event': {
      const step = awaited(node);
      if (!step) return nothing;
      const looks = travellers.map(({ id, customerId, at }) => ({
        key: id,
        customerId,
        after: at,
        before: Math.min(deadlineOf(node.data, at), ctx.now.getTime() + 1),
      }));
      return { known: await firstEvents(ctx, step, looks), note: null };
    }
    default:
      return nothing;
  }
}

/** A way is only asked about those for whom no way before it was true. */
async function askWays(
  ctx: WriteCtx,
  engine: Engine,
  node: Extract<GraphNode, { kind: 'branch' }>,
  travellers: readonly Traveller[],
): Promise<Answer> {
  const known = new Map<number, string>();
  let note: string | null = null;
  let left = travellers;
  for (const way of node.data.ways) {
    if (left.length === 0) break;
    const ids = [...new Set(left.map((traveller) => traveller.customerId))];
    const found = await findOrNobody(ctx, engine, way.tree, ids);
    if (found === undefined) note = 'condition_gone';
    for (const { id, customerId } of left) if (found?.has(customerId)) known.set(id, way.id);
    left = left.filter(({ id }) => !known.has(id));
  }
  return { known, note };
}

/** A condition that speaks of a segment or list that is gone is unknown to everybody: undefined. */
async function findOrNobody(
  ctx: WriteCtx,
  engine: Engine,
  tree: Parameters<typeof findTrue>[2][number],
  ids: readonly number[],
): Promise<ReadonlySet<number> | undefined> {
  try {
    return (await findTrue(engine, ctx, [tree], ids))[0];
  } catch (error) {
    if (error instanceof AppError && (error.code === 'segment_unknown' || error.code === 'segment_list_unknown')) {
      return undefined;
    }
    throw error;
  }
}

async function askDays(ctx: WriteCtx, key: string, travellers: readonly Traveller[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ customer_id: number; day: number }>`
    select customer_id, day from segment_attribute
    where customer_id = any(${numbersOf(travellers.map((t) => t.customerId))}::bigint[]) and key = ${key} and day is not null
  `.execute(ctx.db);
  const days = new Map(rows.map((row) => [row.customer_id, row.day]));
  return new Map(
    travellers.flatMap(({ id, customerId }) => (days.has(customerId) ? [[id, days.get(customerId) as number]] : [])),
  );
}

/** Of those whose time to wait is over, when what they waited for happened after all: it may have become known too late to wake them. */
export async function askOverdue(ctx: WriteCtx, travellers: readonly Traveller[]): Promise<void> {
  const now = ctx.now.getTime();
  for (const group of groupByNode(travellers)) {
    const step = awaited(group.node);
    const overdue = group.people.filter((t) => t.wokenAt === null && t.untilAt !== null && t.untilAt <= now);
    if (!step || overdue.length === 0) continue;
    const looks = overdue.map((t) => ({
      key: t.id,
      customerId: t.customerId,
      after: t.arrivedAt ?? t.at,
      before: t.untilAt ?? t.at,
    }));
    const happened = await firstEvents(ctx, step, looks);
    for (const traveller of overdue) {
      const at = happened.get(traveller.id);
      if (at === undefined) continue;
      traveller.wokenAt = at;
      traveller.at = at;
    }
  }
}

/** What ended somebody's path from outside, and whether he has reached the goal, by all that is known. */
export async function askStops(
  ctx: WriteCtx,
  travellers: readonly Traveller[],
): Promise<{ stops: Map<number, Stop>; reached: Map<number, number> }> {
  const stops = new Map<number, Stop>();
  const reached = new Map<number, number>();
  for (const [, people] of Map.groupBy(travellers, (traveller) => traveller.version.id)) {
    const { exits, goal } = people[0]?.version.graph ?? { exits: [], goal: null };
    if (exits.length === 0 && !goal) continue;
    const now = ctx.now.getTime() + 1;
    const looks = (before: (traveller: Traveller) => number) =>
      people.map((t) => ({ key: t.id, customerId: t.customerId, after: t.enteredAt, before: before(t) }));
    const exitsAt: Map<number, number>[] = [];
    for (const exit of exits)
      exitsAt.push(
        await firstEvents(
          ctx,
          stepOfExit(exit),
          looks(() => now),
        ),
      );
    const goalsAt = goal
      ? await firstEvents(
          ctx,
          goal,
          looks((t) => Math.min(now, goalUntil(goal, t.enteredAt) + 1)),
        )
      : new Map<number, number>();
    for (const { id } of people) {
      const goalAt = goalsAt.get(id) ?? null;
      if (goalAt !== null) reached.set(id, goalAt);
      const stop = stopOf(
        exitsAt.map((found) => found.get(id) ?? null),
        goalAt,
        goal?.isEnd ?? false,
      );
      if (stop) stops.set(id, stop);
    }
  }
  return { stops, reached };
}

export interface NodeGroup {
  readonly node: GraphNode;
  readonly people: readonly Traveller[];
}

export function groupByNode(travellers: readonly Traveller[]): NodeGroup[] {
  const groups = Map.groupBy(travellers, (traveller) => `${traveller.version.id} ${traveller.node}`);
  return [...groups.values()].map((people) => {
    const [first] = people as [Traveller];
    const node = first.version.nodes.get(first.node);
    if (!node) throw new Error(`version ${first.version.id} has no node ${first.node}`);
    return { node, people };
  });
}
