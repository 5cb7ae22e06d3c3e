import { describe, expect, it } from 'vitest';
import { checkDraft, type JourneyDraft, journeyDraft } from '#contract/journey-graph';
import { changesBetween, marksOf } from './diff';
import { changeNode, connect, duplicateNode, emptyDraft, insertNode, newNode, readInOrder, removeNodes } from './draft';
import { arrange, nodeSize, roomForOne } from './layout';

const chain = (): JourneyDraft =>
  journeyDraft.parse({
    ...emptyDraft(),
    start: 'w',
    nodes: [
      { id: 'w', kind: 'wait', x: 0, y: 0, data: { amount: 1, unit: 'days' }, next: { next: 'b' } },
      {
        id: 'b',
        kind: 'branch',
        x: 0,
        y: 100,
        data: { ways: [{ id: 'a', name: '是', tree: { kind: 'gender', values: ['male'] } }] },
        next: { a: 'e', otherwise: 'e' },
      },
      { id: 'e', kind: 'end', x: 0, y: 200, data: {} },
    ],
  });
const nextOf = (draft: JourneyDraft, id: string) => draft.nodes.find((node) => node.id === id)?.next;

describe('a node that is put in', () => {
  it('stands between what it was put between, and the rest moves down', () => {
    const draft = chain();
    const node = newNode(draft, 'tag', { x: 0, y: 100 });
    const after = insertNode(draft, { node: 'w', way: 'next' }, node, roomForOne);
    expect(nextOf(after, 'w')).toEqual({ next: node.id });
    expect(nextOf(after, node.id)).toEqual({ next: 'b' });
    expect(after.nodes.find(({ id }) => id === 'b')?.y).toBe(100 + roomForOne);
  });

  it('may be the first', () => {
    const node = newNode(emptyDraft(), 'end', { x: 0, y: 0 });
    const draft = insertNode(emptyDraft(), 'start', node, roomForOne);
    expect(checkDraft(draft).problems).toEqual([]);
  });
});

describe('a node that is removed', () => {
  it('is passed over by the ways that led to it, where one thing comes after it', () => {
    const after = removeNodes(chain(), ['w']);
    expect(after.start).toBe('b');
    const shorter = removeNodes(chain(), ['b']);
    expect(nextOf(shorter, 'w')).toEqual({ next: 'e' });
    expect(checkDraft(shorter).problems).toEqual([]);
  });

  it('leaves a gap where there are several', () => {
    const draft = connect(chain(), { node: 'b', way: 'otherwise' }, 'w');
    expect(nextOf(removeNodes(draft, ['b']), 'w')).toEqual({});
  });
});

describe('a node that is changed', () => {
  it('loses the ways it no longer has', () => {
    const after = changeNode(chain(), 'b', (node) => ({ ...node, data: { ways: [] } }));
    expect(nextOf(after, 'b')).toEqual({ otherwise: 'e' });
  });

  it('is copied without its ways', () => {
    const { draft, id } = duplicateNode(chain(), 'w');
    expect(nextOf(draft, id)).toEqual({});
    expect(draft.nodes).toHaveLength(4);
  });
});

it('reading in order names each node once more for each way that leads to it', () => {
  expect(
    [...readInOrder(chain())].map(({ node, depth, from, isAgain }) => [node.id, depth, from?.way, isAgain]),
  ).toEqual([
    ['w', 0, undefined, false],
    ['b', 0, 'next', false],
    ['e', 1, 'a', false],
    ['e', 1, 'otherwise', true],
  ]);
});

it('nodes that are arranged do not overlap', () => {
  const { nodes } = arrange(chain());
  const rows = nodes.map((node) => node.y).toSorted((a, b) => a - b);
  for (const [i, y] of rows.entries())
    if (i > 0) expect(y - (rows[i - 1] ?? 0)).toBeGreaterThanOrEqual(nodeSize.height);
});

describe('what is different', () => {
  it('is said by node, way and setting, and not by place', () => {
    const before = chain();
    expect(changesBetween(before, arrange(before))).toEqual([]);
    let after = changeNode(before, 'w', (node) => ({ ...node, data: { unit: 'days', amount: 3 } }));
    after = connect(after, { node: 'b', way: 'otherwise' }, 'w');
    const node = newNode(after, 'tag', { x: 0, y: 0 });
    after = { ...insertNode(after, { node: 'b', way: 'a' }, node, 0), reentry: { kind: 'always' } };
    const changes = changesBetween(before, after);
    expect(changes.map((change) => change.kind)).toEqual(['setting', 'changed', 'led', 'led', 'added']);
    expect([...marksOf(changes)]).toEqual([
      ['w', 'changed'],
      ['b', 'changed'],
      [node.id, 'added'],
    ]);
    expect(changesBetween(after, before).map((change) => change.kind)).toContain('removed');
  });

  it('is not what one of the two leaves out and the other writes out', () => {
    const goal = { name: 'order.paid', windowDays: 30 };
    const draft = { ...chain(), goal };
    const graph = journeyDraft.parse(structuredClone(checkDraft(draft).graph));
    expect(graph.goal).toMatchObject({ ...goal, filters: [] });
    expect(changesBetween(graph, draft)).toEqual([]);
    expect(changesBetween(graph, { ...draft, goal: { ...goal, windowDays: 31 } })).toEqual([
      { kind: 'setting', name: 'goal' },
    ]);
  });
});
