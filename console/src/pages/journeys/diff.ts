import type { z } from 'zod';
import {
  type DraftNode,
  exitData,
  goalData,
  type JourneyDraft,
  nodeData,
  triggerData,
  waysOf,
} from '#contract/journey-graph';

/** What is different between two graphs, in a form that can be said. Where nodes stand on the canvas says nothing. */
export type Change =
  | { readonly kind: 'added' | 'removed'; readonly node: DraftNode }
  | { readonly kind: 'renamed' | 'changed'; readonly node: DraftNode; readonly before: DraftNode }
  | {
      readonly kind: 'led';
      readonly node: DraftNode;
      readonly way: string;
      readonly before: string | null;
      readonly after: string | null;
    }
  | { readonly kind: 'begun'; readonly before: string | null; readonly after: string | null }
  | { readonly kind: 'setting'; readonly name: Setting };

export const settings = ['triggers', 'exits', 'goal', 'reentry', 'maxInside', 'holdoutBasisPoints'] as const;
export type Setting = (typeof settings)[number];

/** Keys in one order: what was read from the database has another than what was written. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
const isSame = (a: unknown, b: unknown) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/** What is left out counts as what is assumed for it: a version has it written out, a draft need not. */
const whole = (schema: z.ZodType, data: unknown): unknown => schema.safeParse(data).data ?? data;

/** Suggestions are for the writer, and no part of what runs. */
function dataOf({ kind, data: { suggestion: _, ...data } }: DraftNode): unknown {
  return { kind, data: whole(nodeData[kind], data) };
}

const settingsOf = (draft: JourneyDraft): Record<Setting, unknown> => ({
  triggers: draft.triggers.map(({ kind, data }) => ({ kind, data: whole(triggerData[kind], data) })),
  exits: draft.exits.map(({ kind, data }) => ({ kind, data: whole(exitData[kind], data) })),
  goal: draft.goal && whole(goalData, draft.goal),
  reentry: draft.reentry,
  maxInside: draft.maxInside,
  holdoutBasisPoints: draft.holdoutBasisPoints,
});

export function changesBetween(before: JourneyDraft, after: JourneyDraft): Change[] {
  const changes: Change[] = [];
  const was = new Map(before.nodes.map((node) => [node.id, node]));
  const is = new Map(after.nodes.map((node) => [node.id, node]));
  const [set, now] = [settingsOf(before), settingsOf(after)];
  for (const name of settings) if (!isSame(set[name], now[name])) changes.push({ kind: 'setting', name });
  if (before.start !== after.start) changes.push({ kind: 'begun', before: before.start, after: after.start });
  for (const node of after.nodes) {
    const old = was.get(node.id);
    if (!old) {
      changes.push({ kind: 'added', node });
      continue;
    }
    if (old.name !== node.name) changes.push({ kind: 'renamed', node, before: old });
    if (!isSame(dataOf(old), dataOf(node))) changes.push({ kind: 'changed', node, before: old });
    for (const way of new Set([...waysOf(old), ...waysOf(node)])) {
      const [from, to] = [old.next[way] ?? null, node.next[way] ?? null];
      if (from !== to) changes.push({ kind: 'led', node, way, before: from, after: to });
    }
  }
  for (const node of before.nodes) if (!is.has(node.id)) changes.push({ kind: 'removed', node });
  return changes;
}

export type Mark = 'added' | 'changed';

/** How nodes of the newer graph are marked on the canvas. */
export function marksOf(changes: readonly Change[]): ReadonlyMap<string, Mark> {
  const marks = new Map<string, Mark>();
  for (const change of changes) {
    if (change.kind === 'added') marks.set(change.node.id, 'added');
    else if ('node' in change && change.kind !== 'removed' && marks.get(change.node.id) !== 'added') {
      marks.set(change.node.id, 'changed');
    }
  }
  return marks;
}
