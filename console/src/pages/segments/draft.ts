import { type Condition, condition, type Leaf } from '#contract/segments';

/**
 * A rule while it is edited: the contract's tree with a key for each node, so that a row keeps its place on the screen and
 * the keyboard's focus when it moves, and with "not" as a mark on a node instead of a node around it.
 */
export interface RuleGroup {
  readonly key: string;
  readonly kind: 'group';
  readonly isNegated: boolean;
  readonly joint: 'all' | 'any';
  readonly of: readonly RuleNode[];
}

export interface RuleRow {
  readonly key: string;
  readonly kind: 'row';
  readonly isNegated: boolean;
  readonly leaf: Leaf;
}

export type RuleNode = RuleGroup | RuleRow;

const freshKey = () => Math.random().toString(36).slice(2, 12);

export const newRow = (leaf: Leaf): RuleRow => ({ key: freshKey(), kind: 'row', isNegated: false, leaf });

export const newGroup = (of: readonly RuleNode[] = [], joint: RuleGroup['joint'] = 'all'): RuleGroup => ({
  key: freshKey(),
  kind: 'group',
  isNegated: false,
  joint,
  of,
});

/** "Not not" is dropped on the way: it means the same, also for what is unknown. */
function nodeOf(tree: Condition, isNegated = false): RuleNode {
  if (tree.kind === 'not') return nodeOf(tree.of, !isNegated);
  if ('of' in tree) {
    return {
      ...newGroup(
        tree.of.map((part) => nodeOf(part)),
        tree.kind,
      ),
      isNegated,
    };
  }
  return { ...newRow(tree), isNegated };
}

/** The outermost is always a group that is not negated. */
export function ruleOf(tree: Condition): RuleGroup {
  const node = nodeOf(tree);
  return node.kind === 'group' && !node.isNegated ? node : newGroup([node]);
}

export function treeOf(node: RuleNode): Condition {
  const plain: Condition = node.kind === 'row' ? node.leaf : { kind: node.joint, of: node.of.map(treeOf) };
  return node.isNegated ? { kind: 'not', of: plain } : plain;
}

/** The tree that is saved: a group around a single condition says nothing. */
export function treeOfRule(rule: RuleGroup): Condition {
  const [only, ...others] = rule.of;
  return only && others.length === 0 ? treeOf(only) : treeOf(rule);
}

export function readTree(value: unknown): Condition | undefined {
  const parsed = condition.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** A rule in an address stands there as JSON; one that cannot be read is none. */
export function readTreeText(text: string | undefined): Condition | undefined {
  if (text === undefined) return undefined;
  try {
    return readTree(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Nodes in the order of reading, with their number on the screen: '2.1'. The outermost group has none. */
export function* walk(group: RuleGroup, prefix = ''): Generator<{ node: RuleNode; number: string; parent: RuleGroup }> {
  for (const [index, node] of group.of.entries()) {
    const number = `${prefix}${index + 1}`;
    yield { node, number, parent: group };
    if (node.kind === 'group') yield* walk(node, `${number}.`);
  }
}

export function findNode(rule: RuleGroup, key: string) {
  for (const found of walk(rule)) if (found.node.key === key) return found;
  return undefined;
}

/** Each group's parts made anew by `change`. */
function mapGroups<G extends RuleNode>(node: G, change: (group: RuleGroup) => readonly RuleNode[]): G {
  if (node.kind === 'row') return node;
  const group = node as RuleGroup;
  return { ...node, of: change(group).map((part) => mapGroups(part, change)) };
}

export function changeNode<N extends RuleNode>(rule: RuleGroup, key: string, change: (node: N) => RuleNode): RuleGroup {
  if (rule.key === key) return change(rule as N) as RuleGroup;
  return mapGroups(rule, ({ of }) => of.map((node) => (node.key === key ? change(node as N) : node)));
}

export function removeNode(rule: RuleGroup, key: string): RuleGroup {
  return mapGroups(rule, ({ of }) => of.filter((node) => node.key !== key));
}

/** Puts a node into a group, before the part at `index`; without an index at the end. */
export function insertNode(rule: RuleGroup, groupKey: string, node: RuleNode, index?: number): RuleGroup {
  return changeNode<RuleGroup>(rule, groupKey, (group) => ({
    ...group,
    of: group.of.toSpliced(index ?? group.of.length, 0, node),
  }));
}

function copyOf(node: RuleNode): RuleNode {
  return node.kind === 'row'
    ? { ...node, key: freshKey() }
    : { ...node, key: freshKey(), of: node.of.map((part) => copyOf(part)) };
}

/** The copy stands behind its original. */
export function duplicateNode(rule: RuleGroup, key: string): { rule: RuleGroup; key: string } {
  const found = findNode(rule, key);
  if (!found) return { rule, key };
  const copy = copyOf(found.node);
  return { rule: insertNode(rule, found.parent.key, copy, found.parent.of.indexOf(found.node) + 1), key: copy.key };
}

/** The group that comes about begins as "any": whoever wraps one condition is about to name its alternative. */
export function wrapNode(rule: RuleGroup, key: string): RuleGroup {
  return changeNode(rule, key, (node) => newGroup([node], 'any'));
}

/** A group's parts take its place. */
export function dissolveGroup(rule: RuleGroup, key: string): RuleGroup {
  return mapGroups(rule, ({ of }) =>
    of.flatMap((node) => (node.key === key && node.kind === 'group' ? node.of : [node])),
  );
}

export type Direction = 'up' | 'down' | 'in' | 'out';

/** Up and down among its neighbours, and past the end of a group out of it; in: into the group beside it. */
export function moveNode(rule: RuleGroup, key: string, direction: Direction): RuleGroup {
  const found = findNode(rule, key);
  if (!found) return rule;
  const { node, parent } = found;
  const index = parent.of.indexOf(node);
  const isUp = direction === 'up';
  if (isUp || direction === 'down') {
    const to = index + (isUp ? -1 : 1);
    if (to >= 0 && to < parent.of.length) return insertNode(removeNode(rule, key), parent.key, node, to);
    return leave(rule, found, isUp);
  }
  if (direction === 'out') return leave(rule, found, false);
  const [before, after] = [parent.of[index - 1], parent.of[index + 1]];
  if (before?.kind === 'group') return insertNode(removeNode(rule, key), before.key, node);
  if (after?.kind === 'group') return insertNode(removeNode(rule, key), after.key, node, 0);
  return rule;
}

function leave(rule: RuleGroup, { node, parent }: { node: RuleNode; parent: RuleGroup }, isBefore: boolean): RuleGroup {
  const outer = findNode(rule, parent.key)?.parent;
  if (!outer) return rule;
  const index = outer.of.indexOf(parent) + (isBefore ? 0 : 1);
  return insertNode(removeNode(rule, node.key), outer.key, node, index);
}

/** Moves a node before another, or to the end of a group; a group cannot come into itself. */
export function dropNode(rule: RuleGroup, key: string, target: { before: string } | { into: string }): RuleGroup {
  const moved = findNode(rule, key)?.node;
  const aim = 'before' in target ? target.before : target.into;
  if (!moved || aim === key) return rule;
  if (moved.kind === 'group' && findNode(newGroup([moved]), aim)) return rule;
  const without = removeNode(rule, key);
  if ('into' in target) return insertNode(without, target.into, moved);
  const place = findNode(without, target.before);
  return place ? insertNode(without, place.parent.key, moved, place.parent.of.indexOf(place.node)) : rule;
}
