import { type DraftNode, type JourneyDraft, maxNodes, type NodeKind, waysOf } from '#contract/journey-graph';

/** Changes of a draft while it is written: each gives a new one. */

const freshSuffix = () => Math.random().toString(36).slice(2, 8);

function freshId(draft: JourneyDraft): string {
  for (;;) {
    const id = `n${freshSuffix()}`;
    if (!draft.nodes.some((node) => node.id === id)) return id;
  }
}

/** What a node of each kind begins as. What has no sensible beginning is left open, and told as missing. */
const beginnings: { readonly [K in NodeKind]: () => Record<string, unknown> } = {
  wait: () => ({ amount: 1, unit: 'days' }),
  wait_until: () => ({ minute: 600, weekdays: [1, 2, 3, 4, 5, 6, 7] }),
  wait_date: () => ({ calendar: 'once', offsetDays: 0, minute: 600 }),
  wait_event: () => ({ name: '', filters: [], amount: 3, unit: 'days' }),
  branch: () => ({ ways: [{ id: 'a', name: '' }] }),
  split: () => ({
    seed: Math.floor(Math.random() * 1_000_000),
    arms: [
      { id: 'a', name: 'A', weight: 1 },
      { id: 'b', name: 'B', weight: 1 },
    ],
  }),
  touch: () => ({ channel: 'wecom_mass', expiresHours: 72 }),
  task: () => ({ expiresHours: 72 }),
  tag: () => ({ add: [], remove: [] }),
  attribute: () => ({ value: { of: 'fixed', value: '' } }),
  webhook: () => ({ topic: '', note: '' }),
  move: () => ({}),
  end: () => ({}),
};

export const newNode = (draft: JourneyDraft, kind: NodeKind, at: { x: number; y: number }): DraftNode => ({
  id: freshId(draft),
  kind,
  name: '',
  x: Math.round(at.x),
  y: Math.round(at.y),
  next: {},
  data: beginnings[kind](),
});

export const emptyDraft = (): JourneyDraft => ({
  triggers: [{ kind: 'hand', data: {} }],
  start: null,
  nodes: [],
  exits: [],
  goal: null,
  reentry: { kind: 'never' },
  maxInside: null,
  holdoutBasisPoints: 0,
});

/** Where something is put in: at a way out of a node, or at the beginning. */
export type Place = { readonly node: string; readonly way: string } | 'start';

export const canAdd = (draft: JourneyDraft) => draft.nodes.length < maxNodes;

const targetAt = (draft: JourneyDraft, place: Place): string | null =>
  place === 'start' ? draft.start : (draft.nodes.find((node) => node.id === place.node)?.next[place.way] ?? null);

/** Lets a way lead to a node, or nowhere. */
export function connect(draft: JourneyDraft, place: Place, target: string | null): JourneyDraft {
  if (place === 'start') return { ...draft, start: target };
  return changeNode(draft, place.node, (node) => {
    const { [place.way]: _, ...rest } = node.next;
    return { ...node, next: target === null ? rest : { ...rest, [place.way]: target } };
  });
}

/** Puts a node into a way; what came next comes after it, by its first way out. What stands below moves down. */
export function insertNode(draft: JourneyDraft, place: Place, node: DraftNode, room: number): JourneyDraft {
  const target = targetAt(draft, place);
  const [way] = waysOf(node);
  const inserted = target !== null && way !== undefined ? { ...node, next: { [way]: target } } : node;
  const moved =
    target === null ? draft.nodes : draft.nodes.map((one) => (one.y >= node.y ? { ...one, y: one.y + room } : one));
  return connect({ ...draft, nodes: [...moved, inserted] }, place, node.id);
}

export function changeNode(draft: JourneyDraft, id: string, change: (node: DraftNode) => DraftNode): JourneyDraft {
  return { ...draft, nodes: draft.nodes.map((node) => (node.id === id ? withoutLostWays(change(node)) : node)) };
}

/** Ways that a node no longer has lead nowhere. */
function withoutLostWays(node: DraftNode): DraftNode {
  const ways = new Set(waysOf(node));
  const next = Object.fromEntries(Object.entries(node.next).filter(([way]) => ways.has(way)));
  return { ...node, next };
}

export const removeNodes = (draft: JourneyDraft, ids: readonly string[]): JourneyDraft => ids.reduce(removeNode, draft);

/** Ways that led to a node lead to what came after it, where that is one. */
function removeNode(draft: JourneyDraft, id: string): JourneyDraft {
  const gone = draft.nodes.find((node) => node.id === id);
  if (!gone) return draft;
  const targets = [...new Set(Object.values(gone.next))].filter((target) => target !== id);
  const heir = targets.length === 1 ? (targets[0] ?? null) : null;
  const nodes = draft.nodes
    .filter((node) => node.id !== id)
    .map((node) => {
      const entries = Object.entries(node.next).flatMap(([way, target]) =>
        target !== id ? [[way, target] as const] : heir === null ? [] : [[way, heir] as const],
      );
      return { ...node, next: Object.fromEntries(entries) };
    });
  return { ...draft, nodes, start: draft.start === id ? heir : draft.start };
}

/** A copy stands beside its original and leads nowhere yet. */
export function duplicateNode(draft: JourneyDraft, id: string): { draft: JourneyDraft; id: string } {
  const original = draft.nodes.find((node) => node.id === id);
  if (!original || !canAdd(draft)) return { draft, id };
  const copy = { ...structuredClone(original), id: freshId(draft), x: original.x + 40, y: original.y + 40, next: {} };
  return { draft: { ...draft, nodes: [...draft.nodes, copy] }, id: copy.id };
}

/** The node a path comes to next when one walks the canvas by keyboard. */
export function neighbour(draft: JourneyDraft, id: string, direction: 'up' | 'down'): string | undefined {
  const node = draft.nodes.find((one) => one.id === id);
  if (direction === 'down') return node && waysOf(node).flatMap((way) => node.next[way] ?? [])[0];
  return draft.nodes.find((one) => Object.values(one.next).includes(id))?.id;
}

/** Nodes in the order of reading, each once, with how deep it stands and by which way one comes to it. */
export function* readInOrder(
  draft: JourneyDraft,
): Generator<{ node: DraftNode; depth: number; from: { node: DraftNode; way: string } | undefined; isAgain: boolean }> {
  const byId = new Map(draft.nodes.map((node) => [node.id, node]));
  const seen = new Set<string>();
  const open: { id: string; depth: number; from: { node: DraftNode; way: string } | undefined }[] =
    draft.start === null ? [] : [{ id: draft.start, depth: 0, from: undefined }];
  for (let next = open.pop(); next; next = open.pop()) {
    const node = byId.get(next.id);
    if (!node) continue;
    const isAgain = seen.has(node.id);
    yield { node, depth: next.depth, from: next.from, isAgain };
    if (isAgain) continue;
    seen.add(node.id);
    const ways = waysOf(node).filter((way) => node.next[way] !== undefined);
    const depth = ways.length > 1 ? next.depth + 1 : next.depth;
    for (const way of ways.toReversed()) open.push({ id: node.next[way] ?? '', depth, from: { node, way } });
  }
  for (const node of draft.nodes) if (!seen.has(node.id)) yield { node, depth: 0, from: undefined, isAgain: false };
}
