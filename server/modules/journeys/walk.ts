import type { EventStep, Exit, Graph, GraphNode, Trigger } from '#contract/journey-graph';
import { arriveAt, awaited, deadlineOf, isWait, leaveBy } from './kinds.ts';

/** The path of one person, without a database: what a replay shows, and what the engine is held against. */

/** What a walk may ask about the person. */
export interface Life {
  readonly customerId: number;
  /** When an event that fits happened first, after one moment and before another (both excluded); null when none did. */
  firstEvent(step: EventStep, after: number, before: number): number | null;
  /** The day (as 20261121) that an attribute names. */
  dayOf(attribute: string): number | null;
  /** The verdicts on conditions at a moment, in their order, as far as they need to be asked. */
  verdicts(node: Extract<GraphNode, { kind: 'branch' }>, at: number): readonly WayVerdict[];
}

export interface WayVerdict {
  readonly way: string;
  readonly verdict: 'yes' | 'no' | 'unknown';
}

export interface PathStep {
  readonly at: number;
  readonly node: string;
  readonly way: string;
  readonly verdicts?: readonly WayVerdict[];
}

export interface Path {
  readonly steps: readonly PathStep[];
  readonly end: { readonly at: number; readonly reason: 'end' | 'moved' | 'exit' | 'goal' } | null;
  readonly waits: { readonly node: string; readonly until: number } | null;
  readonly reachedAt: number | null;
}

const dayMs = 86_400_000;

/** A membership that begins or ends is an event like others. */
function stepOfMembership({ change, segmentId }: { change: 'entered' | 'left'; segmentId: number }): EventStep {
  return {
    name: `segment.${change}`,
    filters: [{ property: 'segmentId', test: { op: 'is_any', values: [String(segmentId)] } }],
  };
}

export const stepOfExit = (exit: Exit): EventStep => (exit.kind === 'event' ? exit.data : stepOfMembership(exit.data));

/** The event that brings people in by a trigger; undefined for triggers of another kind. */
export function stepOfTrigger(trigger: Trigger): EventStep | undefined {
  if (trigger.kind === 'event') return trigger.data;
  return trigger.kind === 'segment' ? stepOfMembership(trigger.data) : undefined;
}

/** Until when the goal counts, for somebody who came in then. */
export const goalUntil = ({ windowDays }: { windowDays: number }, enteredAt: number) => enteredAt + windowDays * dayMs;

export interface Stop {
  readonly at: number;
  readonly reason: 'exit' | 'goal';
}

/** What ends a path from outside, by when exits and the goal happened: the first of them. At one moment the goal counts. */
export function stopOf(exitsAt: readonly (number | null)[], goalAt: number | null, isEnd: boolean): Stop | null {
  const exitAt = Math.min(...exitsAt.map((at) => at ?? Infinity), Infinity);
  const endAt = isEnd ? (goalAt ?? Infinity) : Infinity;
  if (exitAt === Infinity && endAt === Infinity) return null;
  return endAt <= exitAt ? { at: endAt, reason: 'goal' } : { at: exitAt, reason: 'exit' };
}

/** More nodes than anybody passes by `now`: circles take an hour at least. */
const mostSteps = 20_000;

/** The path of somebody who came in then, up to `now`. */
export function walk(graph: Graph, life: Life, enteredAt: number, now: number, zone: string): Path {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const steps: PathStep[] = [];
  const { goal } = graph;
  const goalAt = goal ? life.firstEvent(goal, enteredAt, Math.min(now, goalUntil(goal, enteredAt)) + 1) : null;
  const exitsAt = graph.exits.map((exit) => life.firstEvent(stepOfExit(exit), enteredAt, now + 1));
  const stop = stopOf(exitsAt, goalAt, goal?.isEnd ?? false);
  const isStopped = (at: number): boolean => stop !== null && stop.at <= at;
  const path = (rest: Pick<Path, 'end' | 'waits'>): Path => ({ steps, reachedAt: goalAt, ...rest });
  const stopped = () => path({ end: stop, waits: null });

  let at = enteredAt;
  let id = graph.start;
  while (steps.length < mostSteps) {
    const node = byId.get(id);
    if (!node) throw new Error(`the graph has no node ${id}`);
    if (isStopped(at)) return stopped();
    const { known, verdicts } = ask(node, life, at, now);
    const move = arriveAt(node, { customerId: life.customerId, at }, known, zone);
    if (move.is === 'wait' && move.until > now) {
      return isStopped(now) ? stopped() : path({ end: null, waits: { node: id, until: move.until } });
    }
    const leavesAt = move.is === 'wait' ? move.until : move.is === 'pass' ? move.at : at;
    if (isStopped(leavesAt)) return stopped();
    const way = move.is === 'pass' ? move.way : move.is === 'end' ? move.reason : leaveBy(node, null);
    steps.push({ at: leavesAt, node: id, way, ...(verdicts ? { verdicts } : {}) });
    if (move.is === 'end') return path({ end: { at, reason: move.reason }, waits: null });
    at = leavesAt;
    id = node.next[way] ?? '';
  }
  throw new Error('a path without an end');
}

function ask(node: GraphNode, life: Life, at: number, now: number) {
  const verdicts = node.kind === 'branch' ? life.verdicts(node, at) : undefined;
  if (verdicts) return { known: verdicts.find(({ verdict }) => verdict === 'yes')?.way ?? null, verdicts };
  if (node.kind === 'wait_date') return { known: life.dayOf(node.data.key) };
  const step = awaited(node);
  if (node.kind !== 'wait_event' || !step) return { known: undefined };
  const before = Math.min(deadlineOf(node.data, at), now + 1);
  return { known: life.firstEvent(step, at, before) };
}

/** Nodes at which people can stand between two ticks: where they wait, and where they begin. */
export const placesOf = (graph: Graph): string[] => [
  ...new Set([graph.start, ...graph.nodes.filter(isWait).map((node) => node.id)]),
];
