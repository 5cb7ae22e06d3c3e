import { z } from 'zod';
import { condition, propertyFilter } from './segments.ts';
import { day, id, line, text } from './types.ts';

/**
 * A journey as data: who comes in, the nodes and the ways between them, and what ends it. A draft may have gaps; a graph
 * has none. `checkDraft` makes the one from the other and names what is missing, by node and field. What nodes do is written
 * down in server/modules/journeys/kinds.ts.
 */

export const maxNodes = 100;
export const maxWays = 10;
const maxMinutes = 400 * 24 * 60;

const place = z.string().regex(/^[a-z][a-z0-9]{0,11}$/);
const attributeKey = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/);
const minuteOfDay = z.number().int().min(0).max(1439);
const title = line(60, 0).default('');

export const durationUnits = ['minutes', 'hours', 'days'] as const;
const minutesIn = { minutes: 1, hours: 60, days: 1440 } as const;
const span = { amount: z.number().int().min(1).max(maxMinutes), unit: z.enum(durationUnits) };
const withinBounds = (value: Span) => spanMinutes(value) <= maxMinutes;

export interface Span {
  readonly amount: number;
  readonly unit: (typeof durationUnits)[number];
}
export const spanMinutes = ({ amount, unit }: Span) => amount * minutesIn[unit];

export const eventStep = z.object({ name: line(100), filters: z.array(propertyFilter).max(10).default([]) });
export type EventStep = z.output<typeof eventStep>;

/** A day that comes once, or each year by the solar or the lunar calendar. */
export const dayCalendar = z.enum(['once', 'solar', 'lunar']);

/** Channels a node may reach people by. What a human does is the node `task`. */
export const nodeChannels = ['wecom_mass', 'email', 'sms', 'webhook'] as const;

const sent = {
  contentId: id,
  /** It is not sent any more so long after its step. */
  expiresHours: z.number().int().min(1).max(720).default(72),
};

const distinctIds = (parts: readonly { id: string }[]) => new Set(parts.map((part) => part.id)).size === parts.length;
const wayId = place.refine((value) => value !== 'otherwise', 'way_reserved');
const tagIds = z.array(id).max(20).default([]);

/** What each kind of node is told. */
export const nodeData = {
  wait: z.object(span).refine(withinBounds, { path: ['amount'], message: 'too_long' }),
  /** Until a minute of the civil day, on one of the weekdays (1 Monday … 7 Sunday); at once when it is that minute. */
  wait_until: z.object({
    minute: minuteOfDay,
    weekdays: z.array(z.number().int().min(1).max(7)).min(1).max(7).default([1, 2, 3, 4, 5, 6, 7]),
  }),
  /** Until a day that an attribute names, so many days later (or earlier), at a minute; at once when that is past. */
  wait_date: z.object({
    key: attributeKey,
    calendar: dayCalendar,
    offsetDays: z.number().int().min(-365).max(365).default(0),
    minute: minuteOfDay,
  }),
  /** Until the person does something, or the time is over. */
  wait_event: eventStep.extend(span).refine(withinBounds, { path: ['amount'], message: 'too_long' }),
  /** The first way whose conditions are true; who is unknown to all goes otherwise. */
  branch: z.object({
    ways: z
      .array(z.object({ id: wayId, name: line(60), tree: condition }))
      .min(1)
      .max(maxWays)
      .refine(distinctIds, 'ways_same'),
  }),
  /** Each person draws one arm, and the same whenever he comes by. */
  split: z.object({
    /** Deals the arms: another seed, another deal. */
    seed: z.number().int().min(0).max(1_000_000),
    arms: z
      .array(z.object({ id: wayId, name: line(60), weight: z.number().int().min(1).max(100) }))
      .min(2)
      .max(maxWays)
      .refine(distinctIds, 'ways_same'),
  }),
  touch: z.object({ channel: z.enum(nodeChannels), ...sent }),
  task: z.object(sent),
  tag: z
    .object({ add: tagIds, remove: tagIds })
    .refine(({ add, remove }) => add.length + remove.length > 0, { path: ['add'], message: 'required' }),
  attribute: z.object({
    key: attributeKey,
    value: z.discriminatedUnion('of', [
      z.object({ of: z.literal('fixed'), value: z.union([line(200), z.number().min(-1e11).max(1e11), z.boolean()]) }),
      /** The civil day of the step. */
      z.object({ of: z.literal('today') }),
      z.object({ of: z.literal('nothing') }),
    ]),
  }),
  /** Told as the event `journey.told`, which webhooks carry out of the house. */
  webhook: z.object({ topic: line(60), note: text(500, 0).default('') }),
  move: z.object({ journeyId: id }),
  end: z.object({}),
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type NodeKind = keyof typeof nodeData;
export const nodeKinds = Object.keys(nodeData) as [NodeKind, ...NodeKind[]];
export type DataOf<K extends NodeKind> = z.output<(typeof nodeData)[K]>;

/** Months have 29 or 30 days by the lunar calendar. */
function comesRound({ calendar, month, day }: { calendar: 'solar' | 'lunar'; month: number; day: number }): boolean {
  return day <= (calendar === 'lunar' ? 30 : new Date(Date.UTC(2000, month, 0)).getUTCDate());
}

/** Who comes in. */
export const triggerData = {
  event: eventStep,
  segment: z.object({ change: z.enum(['entered', 'left']), segmentId: id }),
  /** On a day that an attribute names, or so many days before or after it. */
  date: z.object({
    key: attributeKey,
    calendar: dayCalendar,
    offsetDays: z.number().int().min(-90).max(90).default(0),
    minute: minuteOfDay,
  }),
  /** The members of a segment, at a time that comes round. A festival is a day of the year, by either calendar. */
  schedule: z.object({
    on: z.discriminatedUnion('every', [
      z.object({ every: z.literal('once'), day }),
      z.object({ every: z.literal('day') }),
      z.object({ every: z.literal('week'), weekdays: z.array(z.number().int().min(1).max(7)).min(1).max(7) }),
      z.object({ every: z.literal('month'), days: z.array(z.number().int().min(1).max(31)).min(1).max(31) }),
      z
        .object({
          every: z.literal('year'),
          calendar: z.enum(['solar', 'lunar']),
          month: z.number().int().min(1).max(12),
          day: z.number().int().min(1).max(31),
          offsetDays: z.number().int().min(-90).max(90).default(0),
        })
        .refine(comesRound, { path: ['day'], message: 'day_never' }),
    ]),
    minute: minuteOfDay,
    segmentId: id,
  }),
  hand: z.object({}),
  api: z.object({}),
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type TriggerKind = keyof typeof triggerData;
export const triggerKinds = Object.keys(triggerData) as [TriggerKind, ...TriggerKind[]];
export type TriggerOf<K extends TriggerKind> = z.output<(typeof triggerData)[K]>;

/** What ends it wherever the person stands. */
export const exitData = {
  event: eventStep,
  segment: triggerData.segment,
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type ExitKind = keyof typeof exitData;

/** What the journey is for: counted when it happens within the window after coming in. */
export const goalData = eventStep.extend({
  windowDays: z.number().int().min(1).max(365),
  /** Who has reached it leaves. */
  isEnd: z.boolean().default(false),
});
export type Goal = z.output<typeof goalData>;

/** Whether somebody who was in it may come in again. */
export const reentry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('never') }),
  z.object({ kind: z.literal('after_end') }),
  /** So long after coming in the last time, and not while inside. */
  z.object({ kind: z.literal('after_days'), days: z.number().int().min(1).max(3660) }),
  /** Also while inside: each time is a path of its own. */
  z.object({ kind: z.literal('always') }),
]);
export type Reentry = z.output<typeof reentry>;

const rules = {
  reentry,
  maxInside: z.number().int().min(1).max(100_000_000).nullable().default(null),
  /** So many of ten thousand go through it without being reached, so that its effect can be measured. */
  holdoutBasisPoints: z.number().int().min(0).max(5000).default(0),
};

/** Deepest nest of what a draft holds, and its length as JSON. */
const maxDepth = 30;
const maxLength = 400_000;

const unstorable = /\p{Surrogate}|\0/u;

/** Drafts hold what nobody has checked yet: at least it can be stored. */
function problemOfLoose(root: unknown): string | undefined {
  const open: { value: unknown; level: number }[] = [{ value: root, level: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, level } = next;
    if (level > maxDepth) return 'too_deep';
    if (typeof value === 'string' && unstorable.test(value)) return 'control_characters';
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (unstorable.test(key)) return 'control_characters';
      open.push({ value: inner, level: level + 1 });
    }
  }
  return JSON.stringify(root).length > maxLength ? 'too_large' : undefined;
}

const loose = z.record(z.string(), z.unknown());

export const draftNode = z.object({
  id: place,
  kind: z.enum(nodeKinds),
  name: title,
  /** Where it stands on the canvas. */
  x: z.number().int().min(-100_000).max(100_000),
  y: z.number().int().min(-100_000).max(100_000),
  /** Where each way out leads: see `waysOf`. */
  next: z.record(place, place).default({}),
  data: loose,
});
export type DraftNode = z.output<typeof draftNode>;

export const journeyDraft = z
  .object({
    triggers: z.array(z.object({ kind: z.enum(triggerKinds), data: loose })).max(5),
    start: place.nullable(),
    nodes: z.array(draftNode).max(maxNodes),
    exits: z.array(z.object({ kind: z.enum(['event', 'segment']), data: loose })).max(5),
    goal: loose.nullable(),
    ...rules,
  })
  .superRefine((draft, context) => {
    const problem = problemOfLoose(draft);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });
export type JourneyDraft = z.output<typeof journeyDraft>;

export type NodeOf<K extends NodeKind> = Omit<DraftNode, 'kind' | 'data'> & { kind: K; data: DataOf<K> };
export type GraphNode = { [K in NodeKind]: NodeOf<K> }[NodeKind];
export type Trigger = { [K in TriggerKind]: { kind: K; data: TriggerOf<K> } }[TriggerKind];
export type Exit = { [K in ExitKind]: { kind: K; data: z.output<(typeof exitData)[K]> } }[ExitKind];

/** A draft without gaps: what a version is. */
export interface Graph extends Omit<JourneyDraft, 'triggers' | 'nodes' | 'exits' | 'goal' | 'start'> {
  readonly triggers: readonly Trigger[];
  readonly start: string;
  readonly nodes: readonly GraphNode[];
  readonly exits: readonly Exit[];
  readonly goal: Goal | null;
}

/** Something that keeps a draft from being published: where, in which field, and what. */
export const graphProblem = z.object({
  place: z.enum(['graph', 'node', 'trigger', 'exit', 'goal']),
  /** Id of the node; number of the trigger or exit, from 0. */
  id: z.string(),
  field: z.string(),
  problem: z.string(),
  /** The bound that was passed, where there is one. */
  bound: z.number().optional(),
});
export type GraphProblem = z.output<typeof graphProblem>;

/** The ways out of a node. A draft's node may not have said yet which. */
export function waysOf(node: Pick<DraftNode, 'kind' | 'data'>): string[] {
  switch (node.kind) {
    case 'wait':
    case 'wait_until':
    case 'touch':
    case 'task':
    case 'tag':
    case 'attribute':
    case 'webhook':
      return ['next'];
    case 'wait_date':
      return ['next', 'missing'];
    case 'wait_event':
      return ['happened', 'timeout'];
    case 'branch':
      return [...idsIn(node.data.ways), 'otherwise'];
    case 'split':
      return idsIn(node.data.arms);
    case 'move':
    case 'end':
      return [];
  }
}

function idsIn(parts: unknown): string[] {
  return Array.isArray(parts)
    ? parts.flatMap((part) => (place.safeParse(part?.id).success ? [String(part.id)] : []))
    : [];
}

/** All that is wrong with a draft without asking the database; the graph when nothing is. */
export function checkDraft(draft: JourneyDraft): { graph: Graph | undefined; problems: GraphProblem[] } {
  const problems: GraphProblem[] = [];
  const add = (place: GraphProblem['place'], id: string, field: string, problem: string) =>
    problems.push({ place, id, field, problem });
  const parse = (place: GraphProblem['place'], id: string, schema: z.ZodType, data: unknown): unknown => {
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) problems.push({ place, id, ...problemOf(issue, data) });
    return undefined;
  };
  const triggers = draft.triggers.map(({ kind, data }, i) => ({
    kind,
    data: parse('trigger', String(i), triggerData[kind], data),
  }));
  if (triggers.length === 0) add('graph', '', 'triggers', 'no_trigger');
  const exits = draft.exits.map(({ kind, data }, i) => ({
    kind,
    data: parse('exit', String(i), exitData[kind], data),
  }));
  const goal = draft.goal === null ? null : parse('goal', '', goalData, draft.goal);
  const nodes = draft.nodes.map((node) => ({ ...node, data: parse('node', node.id, nodeData[node.kind], node.data) }));
  problems.push(...problemsOfWays(draft));
  if (problems.length > 0) return { graph: undefined, problems };
  return { graph: { ...draft, triggers, exits, goal, nodes } as Graph, problems };
}

/** Whether a field was left empty is more to say than which type it should have. */
function problemOf(issue: z.core.$ZodIssue, data: unknown): Pick<GraphProblem, 'field' | 'problem' | 'bound'> {
  const field = issue.path.join('.');
  const value = issue.path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    data,
  );
  if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) {
    return { field, problem: 'required' };
  }
  if (issue.code === 'custom') return { field, problem: issue.message };
  if (issue.code === 'too_small') return { field, problem: 'too_small', bound: Number(issue.minimum) };
  if (issue.code === 'too_big') return { field, problem: 'too_big', bound: Number(issue.maximum) };
  return { field, problem: issue.code };
}

function problemsOfWays(draft: JourneyDraft): GraphProblem[] {
  const problems: GraphProblem[] = [];
  const add = (id: string, field: string, problem: string) =>
    problems.push({ place: id === '' ? 'graph' : 'node', id, field, problem });
  const byId = new Map(draft.nodes.map((node) => [node.id, node]));
  if (byId.size < draft.nodes.length) add('', 'nodes', 'node_twice');
  if (draft.nodes.length === 0) add('', 'nodes', 'no_nodes');
  else if (draft.start === null || !byId.has(draft.start)) add('', 'start', 'no_start');
  for (const node of draft.nodes) {
    for (const way of waysOf(node)) {
      const target = node.next[way];
      if (target === undefined || !byId.has(target)) add(node.id, `next.${way}`, 'way_open');
    }
  }
  const reached = reachedFrom(draft.start, byId);
  if (reached.size > 0) {
    for (const node of draft.nodes) if (!reached.has(node.id)) add(node.id, '', 'unreachable');
  }
  const circling = fastCircle(draft.nodes, byId);
  if (circling !== undefined) add(circling, '', 'circle_without_wait');
  return problems;
}

type ById = ReadonlyMap<string, DraftNode>;

const targetsOf = (node: DraftNode): string[] => waysOf(node).flatMap((way) => node.next[way] ?? []);

function reachedFrom(start: string | null, byId: ById): Set<string> {
  const reached = new Set<string>();
  const open = start === null ? [] : [start];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = byId.get(next);
    if (!node || reached.has(next)) continue;
    reached.add(next);
    open.push(...targetsOf(node));
  }
  return reached;
}

/** A circle takes an hour at least, so that nobody runs round and round in it. */
const slowestMinutes = 60;

function takesTime(node: DraftNode): boolean {
  if (node.kind !== 'wait' && node.kind !== 'wait_event') return false;
  const parsed = z.object(span).safeParse(node.data);
  return parsed.success && spanMinutes(parsed.data) >= slowestMinutes;
}

/** A node of a circle that can be gone round in no time. */
function fastCircle(nodes: readonly DraftNode[], byId: ById): string | undefined {
  const done = new Set<string>();
  const onPath = new Set<string>();
  const visit = (id: string): string | undefined => {
    const node = byId.get(id);
    if (!node || done.has(id) || takesTime(node)) return undefined;
    if (onPath.has(id)) return id;
    onPath.add(id);
    for (const target of targetsOf(node)) {
      const found = visit(target);
      if (found !== undefined) return found;
    }
    onPath.delete(id);
    done.add(id);
    return undefined;
  };
  for (const node of nodes) {
    const found = visit(node.id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Journeys that somebody who comes in is handed on to without any time passing. */
export function instantMoves(draft: {
  readonly start: string | null;
  readonly nodes: readonly DraftNode[];
}): { nodeId: string; journeyId: number }[] {
  const byId = new Map(draft.nodes.map((node) => [node.id, node]));
  const seen = new Set<string>();
  const open = draft.start === null ? [] : [draft.start];
  const moves: { nodeId: string; journeyId: number }[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = byId.get(next);
    if (!node || seen.has(next) || takesTime(node)) continue;
    seen.add(next);
    const move = node.kind === 'move' ? nodeData.move.safeParse(node.data) : undefined;
    if (move?.success) moves.push({ nodeId: node.id, journeyId: move.data.journeyId });
    open.push(...targetsOf(node));
  }
  return moves;
}
