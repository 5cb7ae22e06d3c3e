/** Decisions about customers: what a follow is after all that happened to it, and how people are found by name. */

export type EndedBy = 'customer' | 'staff' | 'transfer' | 'missing';

/**
 * What happened to one edge. `at` is the platform's time in milliseconds. A change that only a reconciliation noticed has
 * `by: 'missing'`: the edge is not in WeCom's list any more and nobody told us when it went.
 */
export type FollowChange =
  | { readonly kind: 'added'; readonly at: number; readonly codeId?: number | null; readonly way?: number | null }
  | { readonly kind: 'ended'; readonly at: number; readonly by: EndedBy };

/** One stay: from an add to whatever ended it. Times in milliseconds. */
export interface Spell {
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly endedBy: EndedBy | null;
  readonly codeId: number | null;
  readonly way: number | null;
}

/** Adds by one scan that are told more than once (half add, add, a later reading) lie this close together. */
export const sameAddMs = 5 * 60_000;

/**
 * The stays of an edge. Depends on the set of changes only, not on the order in which they became known: callbacks come
 * late, twice, and out of order.
 *
 * An add while the stay is open is the same add told again (WeCom tells the half add and the add, and lists it later).
 * An end of a stay that is not open says nothing new.
 */
export function foldFollow(changes: readonly FollowChange[]): Spell[] {
  const spells: Spell[] = [];
  let open: Spell | undefined;
  const ordered = [...changes].sort((a, b) => a.at - b.at);
  for (let i = 0; i < ordered.length; ) {
    // Changes of one second have no order of their own. Seen from an open stay the end comes first (left and came back),
    // otherwise the add does (came and left).
    const at = ordered[i]?.at;
    const group = ordered.slice(i).filter((change) => change.at === at);
    i += group.length;
    const first = open ? 'ended' : 'added';
    const place = (a: FollowChange, b: FollowChange) => rank(a, first) - rank(b, first) || byKey(a, b);
    for (const change of group.sort(place)) open = step(spells, open, change);
  }
  return open ? [...spells, open] : spells;
}

/** Within a moment: by kind, then by content, so that the order of arrival never decides. */
function rank(change: FollowChange, first: FollowChange['kind']): number {
  const known = change.kind === 'added' ? (change.codeId == null ? 1 : 0) : endRank[change.by];
  return (change.kind === first ? 0 : 10) + known;
}

const endRank: Readonly<Record<EndedBy, number>> = { customer: 0, staff: 1, transfer: 2, missing: 3 };

function step(spells: Spell[], open: Spell | undefined, change: FollowChange): Spell | undefined {
  if (change.kind === 'added') {
    if (open) return { ...open, codeId: open.codeId ?? change.codeId ?? null, way: open.way ?? change.way ?? null };
    return {
      startedAt: change.at,
      endedAt: null,
      endedBy: null,
      codeId: change.codeId ?? null,
      way: change.way ?? null,
    };
  }
  if (!open) return undefined;
  spells.push({ ...open, endedAt: change.at, endedBy: change.by });
  return undefined;
}

/** All changes once, in one order. What is equal to a change already known adds nothing. */
export function mergeChanges(known: readonly FollowChange[], more: readonly FollowChange[]): FollowChange[] {
  const all = new Map<string, FollowChange>();
  for (const change of [...known, ...more]) all.set(changeKey(change), change);
  return [...all].sort(([a, x], [b, y]) => x.at - y.at || (a < b ? -1 : 1)).map(([, change]) => change);
}

/** An order of its own for changes of one moment and kind: the order of arrival never decides. */
function byKey(a: FollowChange, b: FollowChange): number {
  return changeKey(a) < changeKey(b) ? -1 : 1;
}

function changeKey(change: FollowChange): string {
  return change.kind === 'added'
    ? `${change.at} added ${change.codeId ?? ''} ${change.way ?? ''}`
    : `${change.at} ended ${change.by}`;
}

export type FollowState = 'active' | 'left_by_customer' | 'removed_by_staff' | 'transferred' | 'missing';

/** State of an edge after its last stay. */
export function stateOf(spell: Spell): FollowState {
  switch (spell.endedBy) {
    case null:
      return 'active';
    case 'customer':
      return 'left_by_customer';
    case 'staff':
      return 'removed_by_staff';
    case 'transfer':
      return 'transferred';
    case 'missing':
      return 'missing';
  }
}

/**
 * What a reading of WeCom's record adds to an edge's history: nothing while the add it names is known, the add itself
 * when it is not. A record can outlive the customer's leaving (WeCom keeps it for the staff member), so a record whose
 * add is older than the end we know does not bring the stay back, unless that end was only inferred.
 */
export function changesFromRecord(
  known: readonly FollowChange[],
  record: { createdAt: number; codeId: number | null; way: number | null },
): FollowChange[] {
  const added: FollowChange = { kind: 'added', at: record.createdAt, codeId: record.codeId, way: record.way };
  const spells = foldFollow(known);
  const covering = spells.find(
    (spell) =>
      record.createdAt >= spell.startedAt - sameAddMs &&
      record.createdAt <= (spell.endedAt ?? Number.POSITIVE_INFINITY),
  );
  if (!covering) return [added];
  // The first telling of an add can be lost (a half add whose callback never came): the record knows when it was.
  if (record.createdAt < covering.startedAt) return [added];
  const tellsMore =
    (covering.codeId === null && record.codeId !== null) || (covering.way === null && record.way !== null);
  return tellsMore ? [added] : [];
}

/** Ends that were only inferred from a list and that a later reading of the record disproves. */
export function withoutDisprovedEnds(
  known: readonly FollowChange[],
  createdAt: number,
  observedAt: number,
): FollowChange[] {
  return known.filter(
    (change) =>
      !(change.kind === 'ended' && change.by === 'missing' && change.at <= observedAt && createdAt <= change.at),
  );
}

/** Lower case, one form for full-width and half-width, blanks collapsed. */
export function normalizeForSearch(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}

/** At most this many pieces are kept for one customer, and for most other things. */
const maxGrams = 120;

/** All pieces of one and two characters: what a search for part of the text can be answered from. */
export function gramsOf(text: string, max = maxGrams): string[] {
  const grams = new Set<string>();
  for (const word of normalizeForSearch(text).split(' ')) {
    const letters = [...word];
    for (let i = 0; i < letters.length && grams.size < max; i++) {
      grams.add(letters[i] as string);
      if (i + 1 < letters.length) grams.add(`${letters[i]}${letters[i + 1]}`);
    }
  }
  return [...grams];
}

/** The pieces that a text containing `query` must have: pairs where there are any. */
export function gramsToFind(query: string): string[] {
  return [
    ...new Set(
      normalizeForSearch(query)
        .split(' ')
        .filter((word) => word !== '')
        .flatMap((word) => {
          const letters = [...word];
          return letters.length === 1 ? letters : letters.slice(1).map((letter, i) => `${letters[i]}${letter}`);
        }),
    ),
  ];
}

/** WeCom's limit of a remark. */
export const remarkLength = 20;

export type AttributeKind = 'text' | 'number' | 'date' | 'boolean' | 'choice';

/** Whether a value fits an attribute of this kind. */
export function fitsAttribute(
  definition: { kind: AttributeKind; choices: readonly string[] },
  value: string | number | boolean,
): boolean {
  switch (definition.kind) {
    case 'text':
      return typeof value === 'string' && value !== '';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return typeof value === 'string' && definition.choices.includes(value);
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && isDay(value);
  }
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** The kind of an attribute that is first heard of with this value. */
export function guessAttributeKind(value: string | number | boolean): AttributeKind {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  return fitsAttribute({ kind: 'date', choices: [] }, value) ? 'date' : 'text';
}

/** Longest text that is kept as an attribute. */
const maxAttributeLength = 500;

/** A value told by another system as a value of this attribute; undefined when it cannot be read as one. */
export function asAttribute(
  definition: { kind: AttributeKind; choices: readonly string[] },
  given: string | number | boolean,
): string | number | boolean | undefined {
  const value = read(definition.kind, given);
  return value !== undefined && fitsAttribute(definition, value) ? value : undefined;
}

function read(kind: AttributeKind, given: string | number | boolean): string | number | boolean | undefined {
  const text = String(given).trim();
  switch (kind) {
    case 'number':
      return typeof given === 'number' ? given : /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
    case 'boolean':
      return typeof given === 'boolean' ? given : { true: true, false: false, 1: true, 0: false }[text.toLowerCase()];
    case 'date':
      // A time is the day it names where it was written.
      return text.slice(0, 10).replaceAll('/', '-');
    case 'text':
    case 'choice':
      return text.slice(0, maxAttributeLength);
  }
}
