import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAttribute, createTagGroup, listTags, setAttributes, tagCustomers } from '#contract/customers';
import { checkDraft, type JourneyDraft, waysOf } from '#contract/journey-graph';
import { enrolInJourney, listCustomerJourneys, replayJourney } from '#contract/journeys';
import { createStage, draftOf, type Stage } from '#testing/journeys';

/**
 * Random graphs over random people: the engine, which moves everybody in sets as things happen, and the walk of one person,
 * who is looked back at when all is over, must take the same paths at the same times.
 */

const start = Date.parse('2026-11-21T08:00:00+08:00');
const runs = Number(process.env.SIYU_JOURNEYS ?? 30);
const peopleCount = 6;
const hour = 3_600_000;
const days = 6;

let stage: Stage;
let tags: number[] = [];

beforeAll(async () => {
  stage = await createStage(peopleCount, start);
  const { siyu } = stage;
  await siyu.call(siyu.owner, createTagGroup, { name: '随机', kind: 'internal', tags: ['问', '打'] });
  tags = (await siyu.call(siyu.owner, listTags, {})).groups[0]?.tags.map((tag) => tag.id) ?? [];
  await siyu.call(siyu.owner, createAttribute, { key: 'birthday', name: '生日', kind: 'date' });
  await siyu.call(siyu.owner, setAttributes, { id: stage.customers[0] as number, values: { birthday: '1990-11-23' } });
  await siyu.call(siyu.owner, setAttributes, { id: stage.customers[1] as number, values: { birthday: '1990-05-23' } });
  await siyu.call(siyu.owner, setAttributes, { id: stage.customers[2] as number, values: { birthday: '1990-11-21' } });
  await siyu.call(siyu.owner, tagCustomers, { customerIds: stage.customers.slice(0, 3), add: [tags[0] as number] });
});

afterAll(() => stage?.siyu.close());

const names = ['a.done', 'b.done', 'c.done'] as const;
const filters = fc.constantFrom(
  [],
  [{ property: 'kind', test: { op: 'is_any', values: ['x'] } }],
  [{ property: 'kind', test: { op: 'not_set' } }],
);
const step = fc.record({ name: fc.constantFrom(...names), filters });
const span = fc.constantFrom(
  { amount: 1, unit: 'hours' },
  { amount: 90, unit: 'minutes' },
  { amount: 1, unit: 'days' },
  { amount: 30, unit: 'minutes' },
);

const tree = fc.oneof(
  fc.record({ kind: fc.constant('tag'), mode: fc.constantFrom('any', 'none'), tagIds: fc.constant([1]) }),
  fc.constantFrom([11], [5]).map((months) => ({ kind: 'attribute', key: 'birthday', test: { op: 'month', months } })),
  fc.constant({ kind: 'not', of: { kind: 'attribute', key: 'birthday', test: { op: 'month', months: [11] } } }),
  fc
    .record({ name: fc.constantFrom(...names), amount: fc.constantFrom(1, 24), op: fc.constantFrom('gte', 'lt') })
    .map(({ name, amount, op }) => ({
      kind: 'event',
      name,
      filters: [],
      window: { kind: 'last', amount, unit: 'hours' },
      measure: { of: 'count' },
      compare: { op, value: 1 },
    })),
);

const kinds = fc.oneof(
  span.map((data) => ({ kind: 'wait', data })),
  fc.constantFrom(600, 0, 1200).map((minute) => ({ kind: 'wait_until', data: { minute } })),
  fc
    .record({
      calendar: fc.constantFrom('once', 'solar', 'lunar'),
      offsetDays: fc.constantFrom(0, 1),
      minute: fc.constantFrom(480, 600),
    })
    .map((data) => ({ kind: 'wait_date', data: { key: 'birthday', ...data } })),
  fc.tuple(step, span).map(([awaited, long]) => ({ kind: 'wait_event', data: { ...awaited, ...long } })),
  fc.array(tree, { minLength: 1, maxLength: 3 }).map((trees) => ({
    kind: 'branch',
    data: { ways: trees.map((one, i) => ({ id: `w${i}`, name: `${i}`, tree: one })) },
  })),
  fc.nat(1000).map((seed) => ({
    kind: 'split',
    data: {
      seed,
      arms: [
        { id: 'l', name: 'l', weight: 1 },
        { id: 'r', name: 'r', weight: 2 },
      ],
    },
  })),
  fc.constant({ kind: 'tag', data: { add: [2] } }),
  fc.constant({ kind: 'end', data: {} }),
);

/** Tags are 1 and 2 here: what numbers they have is known later. Ways lead on, or end; from waits also back. */
const drafts: fc.Arbitrary<JourneyDraft> = fc
  .record({
    nodes: fc.array(kinds, { minLength: 2, maxLength: 7 }),
    turns: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
    exits: fc.array(step, { maxLength: 1 }),
    goal: fc.option(fc.tuple(step, fc.boolean())),
  })
  .map(({ nodes, turns, exits, goal }) => {
    let turn = 0;
    const pick = (from: number, to: number) => from + ((turns[turn++ % turns.length] ?? 0) % Math.max(1, to - from));
    const all = [...nodes, { kind: 'end', data: {} }].map((node, i) => ({
      ...node,
      id: `n${i}`,
    }));
    return draftOf({
      nodes: all.map((node, i) => {
        const mayTurnBack = node.kind === 'wait' || node.kind === 'wait_event';
        const next = waysOf(node as never).map((way) => {
          const isBack = mayTurnBack && pick(0, 3) === 0;
          return [way, `n${isBack ? pick(0, all.length) : pick(i + 1, all.length)}`] as const;
        });
        return { ...node, next: Object.fromEntries(next) };
      }),
      exits: exits.map((data) => ({ kind: 'event' as const, data })),
      goal: goal && { ...goal[0], windowDays: 2, isEnd: goal[1] },
    });
  })
  .map(withoutUnreachable)
  .filter((draft) => checkDraft(draft).problems.length === 0);

function withoutUnreachable(draft: JourneyDraft): JourneyDraft {
  const gone = new Set(
    checkDraft(draft).problems.flatMap(({ id, problem }) => (problem === 'unreachable' ? [id] : [])),
  );
  return { ...draft, nodes: draft.nodes.filter((node) => !gone.has(node.id)) };
}

const happenings = fc.array(
  fc.record({
    person: fc.nat(peopleCount - 1),
    name: fc.constantFrom(...names),
    // Half hours, so that events, ends of waits and windows meet.
    at: fc.nat(days * 48).map((halves) => halves * (hour / 2)),
    properties: fc.constantFrom<Record<string, unknown>>({}, { kind: 'x' }, { kind: 'y' }),
  }),
  { maxLength: 25 },
);

describe('the engine and the walk of one person', () => {
  let world = 0;

  it('take the same paths at the same times', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(drafts, happenings, async (draft, told) => {
        const begin = start + world++ * (days + 4) * 24 * hour;
        stage.setTime(begin);
        const journey = await stage.publish(`世界 ${world}`, renumbered(draft) as never);
        const { siyu } = stage;
        await siyu.call(siyu.owner, enrolInJourney, { id: journey, customerIds: [...stage.customers] });
        await stage.run();
        await live(begin, journey, told);
        for (const customer of stage.customers) {
          const answer = await siyu.call(siyu.owner, replayJourney, {
            draft: renumbered(draft),
            customerId: customer,
            from: new Date(begin).toISOString(),
            isForced: true,
          });
          expect(await takenBy(journey, customer)).toEqual({
            steps: answer.steps.map((one) => `${one.at} ${one.node} ${one.way}`),
            end: answer.end && `${answer.end.at} ${answer.end.reason}`,
            waits: answer.waits && `${answer.waits.node} ${answer.waits.until}`,
            reachedAt: answer.reachedAt,
          });
        }
      }),
      { numRuns: runs, seed: 20261128 },
    );
  });

  /** Lets time go by from one moment at which something happens or is due to the next. */
  async function live(
    begin: number,
    journey: number,
    told: readonly { person: number; name: string; at: number; properties: Record<string, unknown> }[],
  ) {
    const end = begin + days * 24 * hour;
    const moments = [...new Set(told.map((one) => begin + one.at))].sort((a, b) => a - b);
    for (let now = begin; now < end; ) {
      const [row] = await stage.query<{ due: Date | null }>(
        "select min(due_at) as due from journey_enrolment where journey_id = $1 and state = 'active'",
        [journey],
      );
      now = Math.min(end, row?.due?.getTime() ?? end, moments.find((at) => at > now) ?? end);
      stage.setTime(now);
      for (const one of told.filter(({ at }) => begin + at === now)) {
        await stage.tell(stage.customers[one.person] as number, one.name, now, one.properties);
      }
      await stage.run();
    }
  }

  async function takenBy(journey: number, customer: number) {
    const { siyu } = stage;
    const { rows } = await siyu.call(siyu.owner, listCustomerJourneys, { id: customer, journey });
    const [path] = rows;
    if (!path) throw new Error('nobody came in');
    return {
      steps: path.steps.map((one) => `${one.at} ${one.node} ${one.way}`),
      end: path.endedAt && `${path.endedAt} ${path.endReason}`,
      waits: path.waitsAt && `${path.waitsAt.node} ${path.dueAt}`,
      reachedAt: path.reachedAt,
    };
  }

  function renumbered(draft: JourneyDraft): JourneyDraft {
    const text = JSON.stringify(draft)
      .replaceAll('"tagIds":[1]', `"tagIds":[${tags[0]}]`)
      .replaceAll('"add":[2]', `"add":[${tags[1]}]`);
    return JSON.parse(text) as JourneyDraft;
  }
});
