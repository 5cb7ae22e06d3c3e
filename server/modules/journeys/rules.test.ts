import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkDraft,
  type DraftNode,
  type EventStep,
  type Graph,
  instantMoves,
  type JourneyDraft,
  journeyDraft,
  nodeKinds,
  type Trigger,
  waysOf,
} from '#contract/journey-graph';
import { nextOccurrence } from './calendar.ts';
import { differenceOf } from './effect.ts';
import { armOf, arriveAt, isWait } from './kinds.ts';
import { type Life, placesOf, stopOf, walk } from './walk.ts';

const zone = 'Asia/Shanghai';
const at = (text: string) => Date.parse(`${text}+08:00`);
const hourMs = 3_600_000;

type Loose = Partial<Omit<DraftNode, 'data'>> & { id: string; kind: DraftNode['kind']; data?: Record<string, unknown> };

const draftOf = (nodes: readonly Loose[], rest: Partial<JourneyDraft> = {}): JourneyDraft =>
  journeyDraft.parse({
    triggers: [{ kind: 'hand', data: {} }],
    start: nodes[0]?.id ?? null,
    nodes: nodes.map((node) => ({ x: 0, y: 0, data: {}, ...node })),
    exits: [],
    goal: null,
    reentry: { kind: 'never' },
    ...rest,
  });

function graphOf(nodes: readonly Loose[], rest: Partial<JourneyDraft> = {}): Graph {
  const { graph, problems } = checkDraft(draftOf(nodes, rest));
  expect(problems).toEqual([]);
  return graph as Graph;
}

const end = (id = 'e'): Loose => ({ id, kind: 'end' });
const problemsOf = (draft: JourneyDraft) =>
  checkDraft(draft).problems.map((one) => `${one.place} ${one.id} ${one.field} ${one.problem}`);

describe('a draft', () => {
  it('without gaps is a graph, with defaults', () => {
    const graph = graphOf([
      { id: 'a', kind: 'touch', data: { channel: 'email', contentId: 3 }, next: { next: 'e' } },
      end(),
    ]);
    expect(graph.nodes[0]).toMatchObject({ data: { channel: 'email', contentId: 3, expiresHours: 72 } });
  });

  it('names each gap by node and field', () => {
    const draft = draftOf(
      [
        { id: 'a', kind: 'touch', data: { channel: 'fax' }, next: { next: 'b' } },
        {
          id: 'b',
          kind: 'branch',
          data: { ways: [{ id: 'w', name: '', tree: { kind: 'tag', mode: 'any', tagIds: [1] } }] },
          next: { w: 'gone' },
        },
        { id: 'c', kind: 'wait', data: { amount: 0, unit: 'days' }, next: { next: 'a' } },
      ],
      { triggers: [{ kind: 'event', data: { filters: [] } }], goal: { name: 'order.paid' } },
    );
    expect(problemsOf(draft).sort()).toEqual([
      'goal  windowDays required',
      'node a channel invalid_value',
      'node a contentId required',
      'node b next.otherwise way_open',
      'node b next.w way_open',
      'node b ways.0.name required',
      'node c  unreachable',
      'node c amount too_small',
      'trigger 0 name required',
    ]);
  });

  it('without nodes or triggers is told so', () => {
    expect(problemsOf(draftOf([], { triggers: [] }))).toEqual(['graph  triggers no_trigger', 'graph  nodes no_nodes']);
    expect(problemsOf({ ...draftOf([end()]), start: null })).toEqual(['graph  start no_start']);
    expect(problemsOf(draftOf([end(), end()]))).toContain('graph  nodes node_twice');
  });

  it.each([
    ['a wait of an hour', { kind: 'wait', data: { amount: 60, unit: 'minutes' }, next: { next: 'a' } }, false],
    ['a wait of less', { kind: 'wait', data: { amount: 59, unit: 'minutes' }, next: { next: 'a' } }, true],
    [
      'a wait for an event',
      { kind: 'wait_event', data: { name: 'x', amount: 1, unit: 'days' }, next: { happened: 'a', timeout: 'e' } },
      false,
    ],
    ['a time of day', { kind: 'wait_until', data: { minute: 0 }, next: { next: 'a' } }, true],
  ] as const)('may go round in a circle with %s: %s', (_, node, isRefused) => {
    const draft = draftOf([
      {
        id: 'a',
        kind: 'branch',
        data: { ways: [{ id: 'w', name: 'w', tree: { kind: 'gender', values: ['male'] } }] },
        next: { w: 'b', otherwise: 'e' },
      },
      { id: 'b', ...node },
      end(),
    ]);
    expect(problemsOf(draft).some((text) => text.endsWith('circle_without_wait'))).toBe(isRefused);
  });

  it('hands people on at once only where nobody waits before', () => {
    const move = (id: string, journeyId: number): Loose => ({ id, kind: 'move', data: { journeyId } });
    const draft = draftOf([
      {
        id: 'a',
        kind: 'branch',
        data: { ways: [{ id: 'w', name: 'w', tree: { kind: 'gender', values: ['male'] } }] },
        next: { w: 'b', otherwise: 'c' },
      },
      { id: 'b', kind: 'wait', data: { amount: 1, unit: 'days' }, next: { next: 'd' } },
      move('c', 7),
      move('d', 8),
    ]);
    expect(instantMoves(draft)).toEqual([{ nodeId: 'c', journeyId: 7 }]);
  });

  it.each([
    ['nested deeper than anybody means', { data: nest(40) }],
    ['with what cannot be stored', { data: { text: 'a\0b' } }],
    ['with half a character', { data: { '\ud800': 1 } }],
    ['longer than is read', { data: { text: 'x'.repeat(500_000) } }],
  ])('%s is refused', (_, node) => {
    const draft = { ...draftOf([end()]), nodes: [{ id: 'e', kind: 'end', x: 0, y: 0, next: {}, ...node }] };
    expect(journeyDraft.safeParse(draft).success).toBe(false);
  });
});

function nest(depth: number): Record<string, unknown> {
  return depth === 0 ? {} : { in: nest(depth - 1) };
}

describe('a wait', () => {
  const wait = (kind: DraftNode['kind'], data: Record<string, unknown>, from: number, known: unknown = null) => {
    const node = graphOf([
      { id: 'a', kind, data, next: Object.fromEntries(waysOf({ kind, data }).map((way) => [way, 'e'])) },
      end(),
    ]).nodes[0];
    if (!node) throw new Error('no node');
    expect(isWait(node)).toBe(true);
    return arriveAt(node, { customerId: 1, at: from }, known, zone);
  };
  const until = (text: string) => ({ is: 'wait', until: at(text) });

  it('lasts as long as it says', () => {
    expect(wait('wait', { amount: 36, unit: 'hours' }, at('2026-11-21T20:00'))).toEqual(until('2026-11-23T08:00'));
  });

  it.each([
    ['later today', '2026-11-21T09:00', { minute: 600 }, '2026-11-21T10:00'],
    ['at once when it is that minute', '2026-11-21T10:00', { minute: 600 }, '2026-11-21T10:00'],
    ['tomorrow', '2026-11-21T10:00:00.001', { minute: 600 }, '2026-11-22T10:00'],
    ['on a weekday', '2026-11-21T10:00', { minute: 600, weekdays: [1, 5] }, '2026-11-23T10:00'],
    ['a week from now', '2026-11-21T10:01', { minute: 600, weekdays: [6] }, '2026-11-28T10:00'],
  ])('until a time ends %s', (_, from, data, to) => {
    expect(wait('wait_until', data, at(from))).toEqual(until(to));
  });

  it.each([
    ['a day that comes', 'once', 20261201, 0, '2026-12-01T09:00'],
    ['days before it', 'once', 20261201, -3, '2026-11-28T09:00'],
    ['a day that is past', 'once', 20260101, 0, '2026-11-21T20:00'],
    ['a birthday', 'solar', 19900521, 0, '2027-05-21T09:00'],
    ['a birthday that was this morning', 'solar', 19901121, 0, '2027-11-21T09:00'],
    ['29 February in a common year', 'solar', 19920229, 0, '2027-02-28T09:00'],
    ['days after a birthday that was days ago', 'solar', 19901119, 3, '2026-11-22T09:00'],
    // Mid-autumn of 1990 was 3 October; in 2027 it is 15 September.
    ['a lunar birthday', 'lunar', 19901003, 0, '2027-09-15T09:00'],
  ] as const)('until %s ends then', (_, calendar, day, offsetDays, to) => {
    const data = { key: 'birthday', calendar, offsetDays, minute: 540 };
    expect(wait('wait_date', data, at('2026-11-21T20:00'), day)).toEqual(until(to));
  });

  it.each([null, 20260230])('until a day that nobody told (%s) is passed by another way', (day) => {
    const data = { key: 'birthday', calendar: 'once', minute: 540 };
    expect(wait('wait_date', data, 5, day)).toEqual({ is: 'pass', way: 'missing', at: 5 });
  });

  it('for what has happened already goes on from that moment', () => {
    expect(wait('wait_event', { name: 'x', amount: 2, unit: 'hours' }, 1000, 5000)).toEqual({
      is: 'pass',
      way: 'happened',
      at: 5000,
    });
    expect(wait('wait_event', { name: 'x', amount: 2, unit: 'hours' }, 1000)).toEqual({
      is: 'wait',
      until: 1000 + 2 * hourMs,
    });
  });
});

describe('an experiment', () => {
  const split = {
    seed: 11,
    arms: [
      { id: 'a', name: 'A', weight: 1 },
      { id: 'b', name: 'B', weight: 2 },
      { id: 'c', name: 'C', weight: 7 },
    ],
  };

  it('deals by weight, and everybody the same arm again', () => {
    const count = 20_000;
    const dealt = Map.groupBy(
      Array.from({ length: count }, (_, i) => armOf(split, i + 1)),
      (arm) => arm,
    );
    for (const { id, weight } of split.arms) {
      const share = (dealt.get(id)?.length ?? 0) / count;
      // Five standard deviations of a share.
      expect(Math.abs(share - weight / 10)).toBeLessThan(5 * Math.sqrt(((weight / 10) * (1 - weight / 10)) / count));
    }
    fc.assert(fc.property(fc.nat(), (customerId) => armOf(split, customerId) === armOf({ ...split }, customerId)));
  });

  it('deals anew under another seed', () => {
    const same = Array.from({ length: 2000 }, (_, i) => armOf(split, i) === armOf({ ...split, seed: 12 }, i)).filter(
      Boolean,
    );
    // Chance agrees for 1 + 4 + 49 of a hundred.
    expect(same.length / 2000).toBeCloseTo(0.54, 1);
  });
});

describe('a time that comes round', () => {
  const next = (trigger: Trigger, after: string) => nextOccurrence(trigger, new Date(at(after)), zone)?.getTime();
  const schedule = (on: unknown): Trigger => ({ kind: 'schedule', data: { on, minute: 540, segmentId: 1 } }) as Trigger;

  it.each([
    ['each day', { every: 'day' }, '2026-11-21T09:00', '2026-11-22T09:00'],
    ['on weekdays', { every: 'week', weekdays: [1] }, '2026-11-21T08:00', '2026-11-23T09:00'],
    ['on days of the month', { every: 'month', days: [1, 15] }, '2026-11-21T08:00', '2026-12-01T09:00'],
    [
      'on the last day of a month that is shorter',
      { every: 'month', days: [31] },
      '2026-11-21T08:00',
      '2026-11-30T09:00',
    ],
    ['once', { every: 'once', day: '2026-11-30' }, '2026-11-21T08:00', '2026-11-30T09:00'],
    [
      'each year',
      { every: 'year', calendar: 'solar', month: 12, day: 24, offsetDays: 0 },
      '2026-11-21T08:00',
      '2026-12-24T09:00',
    ],
    [
      'days before a festival',
      { every: 'year', calendar: 'solar', month: 2, day: 29, offsetDays: -1 },
      '2026-11-21T08:00',
      '2027-02-27T09:00',
    ],
    // Spring festival of 2027 is 6 February, mid-autumn 15 September.
    [
      'by the lunar calendar',
      { every: 'year', calendar: 'lunar', month: 1, day: 1, offsetDays: 0 },
      '2026-11-21T08:00',
      '2027-02-06T09:00',
    ],
    [
      'on mid-autumn',
      { every: 'year', calendar: 'lunar', month: 8, day: 15, offsetDays: 0 },
      '2026-11-21T08:00',
      '2027-09-15T09:00',
    ],
  ])('%s is next then', (_, on, after, then) => {
    expect(next(schedule(on), after)).toBe(at(then));
  });

  it('once, and is past, never comes again', () => {
    expect(next(schedule({ every: 'once', day: '2026-11-20' }), '2026-11-21T08:00')).toBeUndefined();
  });
});

describe('a path', () => {
  const events = new Map<string, number[]>();
  const life: Life = {
    customerId: 1,
    firstEvent: (step: EventStep, after, before) =>
      events.get(step.name)?.find((one) => one > after && one < before) ?? null,
    dayOf: () => null,
    verdicts: (node) => node.data.ways.map((way) => ({ way: way.id, verdict: 'unknown' })),
  };
  const care = graphOf(
    [
      { id: 'a', kind: 'wait', data: { amount: 1, unit: 'hours' }, next: { next: 'b' } },
      {
        id: 'b',
        kind: 'wait_event',
        data: { name: 'replied', amount: 2, unit: 'hours' },
        next: { happened: 'c', timeout: 'd' },
      },
      {
        id: 'c',
        kind: 'branch',
        data: { ways: [{ id: 'w', name: 'w', tree: { kind: 'gender', values: ['male'] } }] },
        next: { w: 'd', otherwise: 'a' },
      },
      { id: 'd', kind: 'end' },
    ],
    { exits: [{ kind: 'event', data: { name: 'left' } }], goal: { name: 'bought', windowDays: 1, isEnd: true } },
  );
  const go = (told: Record<string, number[]>, now: number) => {
    events.clear();
    for (const [name, hours] of Object.entries(told))
      events.set(
        name,
        hours.map((hour) => hour * hourMs),
      );
    const { steps, end, waits, reachedAt } = walk(care, life, 0, now * hourMs, zone);
    const hours = (ms: number) => ms / hourMs;
    return {
      steps: steps.map((step) => `${hours(step.at)} ${step.node} ${step.way}`),
      end: end && `${hours(end.at)} ${end.reason}`,
      waits: waits && `${waits.node} ${hours(waits.until)}`,
      reached: reachedAt && hours(reachedAt),
    };
  };

  it('goes by what happens, and unknown goes otherwise', () => {
    expect(go({ replied: [1, 2.5] }, 3)).toEqual({
      steps: ['1 a next', '2.5 b happened', '2.5 c otherwise'],
      end: null,
      waits: 'a 3.5',
      reached: null,
    });
  });

  it('ends when the time is over: what happens at that moment is too late', () => {
    expect(go({ replied: [3] }, 5)).toMatchObject({ steps: ['1 a next', '3 b timeout', '3 d end'], end: '3 end' });
  });

  it.each([
    ['an exit', { left: [2] }, { end: '2 exit', steps: ['1 a next'] }],
    ['an exit at the moment of a step', { left: [1] }, { end: '1 exit', steps: [] }],
    ['the goal', { bought: [2] }, { end: '2 goal', reached: 2 }],
    ['the goal before an exit at the same moment', { bought: [2], left: [2] }, { end: '2 goal', reached: 2 }],
    ['an exit, and the goal after it still counts', { left: [2], bought: [4] }, { end: '2 exit', reached: 4 }],
    ['nothing that happened as he came in', { left: [0], bought: [0] }, { end: '3 end', reached: null }],
    ['no goal after its window', { bought: [25] }, { end: '3 end', reached: null }],
  ])('is ended by %s', (_, told, expected) => {
    expect(go(told, 30)).toMatchObject(expected);
  });

  it('can be stood in only where somebody waits or begins', () => {
    expect(placesOf(care)).toEqual(['a', 'b']);
  });

  it('has one first end', () => {
    expect(stopOf([null, 7, 5], 6, true)).toEqual({ at: 5, reason: 'exit' });
    expect(stopOf([null], 6, false)).toBeNull();
  });
});

describe('an effect', () => {
  it('is the difference of two shares, with an interval as published', () => {
    // Newcombe (1998), table II, example (a): 56/70 against 48/80, method 10.
    const found = differenceOf({ entered: 70, reached: 56 }, { entered: 80, reached: 48 });
    expect(found?.difference).toBeCloseTo(0.2, 4);
    expect(found?.low).toBeCloseTo(0.0524, 4);
    expect(found?.high).toBeCloseTo(0.3339, 4);
  });

  it('is none where nobody was left alone', () => {
    expect(differenceOf({ entered: 70, reached: 56 }, { entered: 0, reached: 0 })).toBeNull();
  });
});

it('each kind of node has a way out or none, said in one place', () => {
  for (const kind of nodeKinds) expect(Array.isArray(waysOf({ kind, data: {} }))).toBe(true);
});
