import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContent } from '#contract/content';
import { createAttribute, createTagGroup, listTags, setAttributes, tagCustomers } from '#contract/customers';
import {
  closeJourney,
  deleteJourney,
  enrolInJourney,
  getJourney,
  getJourneyFigures,
  listCustomerJourneys,
  listIntakes,
  listJourneyPeople,
  pauseJourney,
  publishJourney,
  removeFromJourney,
  replayJourney,
  resumeJourney,
  saveJourney,
} from '#contract/journeys';
import { createSegment } from '#contract/segments';
import { drainPumps } from '#testing';
import { createStage, draftOf, type LooseDraft, type Stage } from '#testing/journeys';

const start = Date.parse('2026-11-21T08:00:00+08:00');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let stage: Stage;
let tagId: number;
let contentId: number;

beforeAll(async () => {
  stage = await createStage(40, start);
  const { siyu } = stage;
  await siyu.call(siyu.owner, createTagGroup, { name: '旅程', kind: 'internal', tags: ['到过'] });
  tagId = (await siyu.call(siyu.owner, listTags, {})).groups[0]?.tags[0]?.id ?? 0;
  await siyu.call(siyu.owner, createAttribute, { key: 'birthday', name: '生日', kind: 'date' });
  await siyu.call(siyu.owner, createAttribute, { key: 'stage', name: '阶段', kind: 'text' });
  const content = await siyu.call(siyu.owner, createContent, {
    name: '问候',
    category: 'care',
    wordings: { wecom: { text: '到了吗？', attachments: [] } },
  } as never);
  contentId = content.id;
});

afterAll(() => stage?.siyu.close());

const call: Stage['siyu']['call'] = (...parameters) => stage.siyu.call(...parameters);
const owner = () => stage.siyu.owner;
const person = (i: number) => stage.customers[i] as number;

async function enrol(id: number, ...people: number[]) {
  const answer = await call(owner(), enrolInJourney, { id, customerIds: people.map(person) });
  await stage.run();
  return answer;
}

async function pathOf(journey: number, i: number): Promise<string[]> {
  const { rows } = await call(owner(), listCustomerJourneys, { id: person(i), journey });
  return rows.flatMap((row) => [
    ...row.steps.map((step) => `${step.node} ${step.way}`),
    row.endReason ?? `at ${row.node}`,
  ]);
}

/** Goes on to a moment, with whatever comes due on the way. */
async function goTo(ms: number): Promise<void> {
  stage.setTime(ms);
  await stage.run();
}

const waitThenEnd: LooseDraft['nodes'] = [
  { id: 'w', kind: 'wait', data: { amount: 1, unit: 'days' }, next: 'e' },
  { id: 'e', kind: 'end' },
];

describe('a journey', () => {
  it('moves people through nodes that act, and keeps their path', async () => {
    const now = start;
    await goTo(now);
    const id = await stage.publish('走一遍', {
      nodes: [
        { id: 't', kind: 'tag', data: { add: [tagId] }, next: 'a' },
        { id: 'a', kind: 'attribute', data: { key: 'stage', value: { of: 'fixed', value: '新客' } }, next: 'm' },
        { id: 'm', kind: 'touch', data: { channel: 'wecom_mass', contentId }, next: 'w' },
        { id: 'w', kind: 'wait', data: { amount: 2, unit: 'days' }, next: 'k' },
        { id: 'k', kind: 'task', data: { contentId }, next: 'h' },
        { id: 'h', kind: 'webhook', data: { topic: '两天了' }, next: 'e' },
        { id: 'e', kind: 'end' },
      ],
    });
    expect(await enrol(id, 0, 1)).toEqual({ entered: 2, refused: [], intakeId: null });
    expect(await pathOf(id, 0)).toEqual(['t next', 'a next', 'm next', 'at w']);
    expect(
      await stage.query('select customer_id from customer_tag where tag_id = $1 order by 1', [tagId]),
    ).toHaveLength(2);
    expect(await stage.query("select value from customer_attribute where key = 'stage'")).toEqual([
      { value: '新客' },
      { value: '新客' },
    ]);
    const [touch] = await stage.query(
      "select purpose, part, channel, category, due_at, is_holdout from touch where kind = 'journey' and source_id = $1 order by customer_id limit 1",
      [id],
    );
    expect(touch).toMatchObject({
      part: 'm',
      channel: 'wecom_mass',
      category: 'care',
      due_at: new Date(now),
      is_holdout: false,
    });
    expect(touch?.purpose).toMatch(/^journey:\d+:m:2$/);

    await goTo(now + 2 * day - 1);
    expect(await pathOf(id, 0)).toEqual(['t next', 'a next', 'm next', 'at w']);
    await goTo(now + 2 * day);
    expect(await pathOf(id, 0)).toEqual(['t next', 'a next', 'm next', 'w next', 'k next', 'h next', 'e end', 'end']);
    expect(
      await stage.query("select name, payload ->> 'topic' as topic from event where name = 'journey.told'"),
    ).toEqual([
      { name: 'journey.told', topic: '两天了' },
      { name: 'journey.told', topic: '两天了' },
    ]);
    const figures = await call(owner(), getJourneyFigures, { id });
    expect(figures).toMatchObject({ entered: 2, inside: 0, ended: [{ reason: 'end', count: 2 }] });
    expect(figures.nodes.find((node) => node.node === 'k')).toEqual({
      node: 'k',
      inside: 0,
      ways: [{ way: 'next', count: 2 }],
    });
  });

  it('makes up for late ticks in order, and steps keep their own times', async () => {
    const now = start + 10 * day;
    await goTo(now);
    const id = await stage.publish('停工一周', {
      nodes: [
        { id: 'a', kind: 'wait', data: { amount: 1, unit: 'days' }, next: 'm' },
        { id: 'm', kind: 'touch', data: { channel: 'wecom_mass', contentId }, next: 'b' },
        { id: 'b', kind: 'wait_until', data: { minute: 20 * 60 }, next: 'n' },
        { id: 'n', kind: 'touch', data: { channel: 'wecom_mass', contentId }, next: 'c' },
        { id: 'c', kind: 'wait', data: { amount: 30, unit: 'days' }, next: 'e' },
        { id: 'e', kind: 'end' },
      ],
    });
    await enrol(id, 2);
    await goTo(now + 7 * day);
    const steps = await stage.query<{ node: string; at: Date }>(
      'select node, at from journey_step where customer_id = $1 and at >= $2 order by step',
      [person(2), new Date(now)],
    );
    expect(steps.map(({ node, at }) => [node, (at.getTime() - now) / hour])).toEqual([
      ['a', 24],
      ['m', 24],
      ['b', 36],
      ['n', 36],
    ]);
    const due = await stage.query<{ due_at: Date }>('select due_at from touch where source_id = $1 order by due_at', [
      id,
    ]);
    expect(due.map((row) => (row.due_at.getTime() - now) / hour)).toEqual([24, 36]);
    const { rows } = await call(owner(), listJourneyPeople, { id });
    expect(rows[0]).toMatchObject({ node: 'c', dueAt: new Date(now + 36 * hour + 30 * day).toISOString() });
  });

  it('lets the same person in again only as its rule says', async () => {
    let now = start + 20 * day;
    await goTo(now);
    const reentries = [
      { kind: 'never' },
      { kind: 'after_end' },
      { kind: 'after_days', days: 3 },
      { kind: 'always' },
    ] as const;
    const ids: number[] = [];
    for (const reentry of reentries)
      ids.push(await stage.publish(`再来 ${reentry.kind}`, { nodes: waitThenEnd, reentry }));
    const enter = async () => {
      const entered: number[] = [];
      for (const id of ids) entered.push((await enrol(id, 3)).entered);
      return entered;
    };
    expect(await enter()).toEqual([1, 1, 1, 1]);
    expect(await enter()).toEqual([0, 0, 0, 1]);
    now += 2 * day;
    await goTo(now);
    expect(await enter()).toEqual([0, 1, 0, 1]);
    now += 2 * day;
    await goTo(now);
    expect(await enter()).toEqual([0, 1, 1, 1]);
  });

  it('keeps its cap on people inside, and counts who found no room', async () => {
    await goTo(start + 30 * day);
    const id = await stage.publish('限十人', { nodes: waitThenEnd, maxInside: 2 });
    expect(await enrol(id, 4, 5, 6)).toMatchObject({ entered: 2, refused: [{ reason: 'full', count: 1 }] });
    expect(await enrol(id, 4, 6)).toMatchObject({
      entered: 0,
      refused: [
        { reason: 'reentry', count: 1 },
        { reason: 'full', count: 1 },
      ],
    });
    await goTo(start + 31 * day);
    expect(await enrol(id, 6)).toMatchObject({ entered: 1, refused: [] });
  });

  it('sends people by conditions, of which the first that is true counts, and unknown is not no', async () => {
    const now = start + 40 * day;
    await goTo(now);
    await call(owner(), setAttributes, { id: person(7), values: { birthday: '1990-01-15' } });
    await call(owner(), setAttributes, { id: person(8), values: { birthday: '1990-06-15' } });
    await call(owner(), tagCustomers, { customerIds: [person(7), person(9)], add: [tagId] });
    const month = (months: number[]) => ({ kind: 'attribute', key: 'birthday', test: { op: 'month', months } });
    const id = await stage.publish('分流', {
      nodes: [
        {
          id: 'b',
          kind: 'branch',
          data: {
            ways: [
              { id: 'jan', name: '一月', tree: month([1]) },
              { id: 'tagged', name: '有标签', tree: { kind: 'tag', mode: 'any', tagIds: [tagId] } },
              { id: 'notjan', name: '不在一月', tree: { kind: 'not', of: month([1]) } },
            ],
          },
          next: { jan: 'e', tagged: 'e', notjan: 'e', otherwise: 'e' },
        },
        { id: 'e', kind: 'end' },
      ],
    });
    await enrol(id, 7, 8, 9, 10);
    expect((await pathOf(id, 7))[0]).toBe('b jan');
    expect((await pathOf(id, 8))[0]).toBe('b notjan');
    expect((await pathOf(id, 9))[0]).toBe('b tagged');
    expect((await pathOf(id, 10))[0]).toBe('b otherwise');
  });

  it('does not stand still when a segment it asks for is deleted: that is unknown', async () => {
    await goTo(start + 41 * day);
    const segment = await call(owner(), createSegment, {
      name: '将被删',
      tree: { kind: 'tag', mode: 'any', tagIds: [tagId] },
    });
    const tree = { kind: 'segment', segmentId: segment.id };
    const id = await stage.publish('条件消失', {
      nodes: [
        {
          id: 'b',
          kind: 'branch',
          data: { ways: [{ id: 'in', name: '在', tree }] },
          next: { in: 'e', otherwise: 'e' },
        },
        { id: 'e', kind: 'end' },
      ],
    });
    await stage.query('update segment set deleted_at = now() where id = $1', [segment.id]);
    await enrol(id, 9);
    const { rows } = await call(owner(), listCustomerJourneys, { id: person(9), journey: id });
    expect(rows[0]?.steps[0]).toMatchObject({ way: 'otherwise', note: 'condition_gone' });
    expect((await call(owner(), getJourney, { id })).runningProblems).toEqual([
      { place: 'node', id: 'b', field: 'ways.0.tree', problem: 'segment_unknown' },
    ]);
  });

  it('hands people on to another journey', async () => {
    await goTo(start + 42 * day);
    const second = await stage.publish('第二段', { nodes: waitThenEnd });
    const first = await stage.publish('第一段', { nodes: [{ id: 'm', kind: 'move', data: { journeyId: second } }] });
    await enrol(first, 11);
    expect(await pathOf(first, 11)).toEqual(['m moved', 'moved']);
    expect(await pathOf(second, 11)).toEqual(['at w']);
  });
});

describe('an event', () => {
  it('brings people in by its filters, wakes them, and ends their path', async () => {
    const now = start + 50 * day;
    await goTo(now);
    const id = await stage.publish('售后', {
      triggers: [
        {
          kind: 'event',
          data: { name: 'order.paid', filters: [{ property: 'category', test: { op: 'is_any', values: ['tea'] } }] },
        },
      ],
      nodes: [
        {
          id: 'w',
          kind: 'wait_event',
          data: { name: 'parcel.arrived', amount: 5, unit: 'days' },
          next: { happened: 'm', timeout: 'e' },
        },
        { id: 'm', kind: 'touch', data: { channel: 'wecom_mass', contentId }, next: 'x' },
        { id: 'x', kind: 'wait', data: { amount: 2, unit: 'days' }, next: 'e' },
        { id: 'e', kind: 'end' },
      ],
      exits: [{ kind: 'event', data: { name: 'order.refunded', filters: [] } }],
      reentry: { kind: 'after_end' },
    });
    await stage.tell(person(12), 'order.paid', now, { category: 'tea' });
    await stage.tell(person(13), 'order.paid', now, { category: 'tea' });
    await stage.tell(person(14), 'order.paid', now, { category: 'coffee' });
    await stage.run();
    expect([await pathOf(id, 12), await pathOf(id, 13), await pathOf(id, 14)]).toEqual([['at w'], ['at w'], []]);

    await goTo(now + day);
    await stage.tell(person(12), 'parcel.arrived', now + day - hour);
    await stage.run();
    expect(await pathOf(id, 12)).toEqual(['w happened', 'm next', 'at x']);
    // From the moment it happened, not from when it became known.
    const { rows } = await call(owner(), listJourneyPeople, { id, node: 'x' });
    expect(rows[0]?.dueAt).toBe(new Date(now + 3 * day - hour).toISOString());

    await goTo(now + 2 * day);
    await stage.tell(person(12), 'order.refunded', now + 2 * day);
    await stage.run();
    expect(await pathOf(id, 12)).toEqual(['w happened', 'm next', 'exit']);
    const touches = await stage.query('select state, reason from touch where source_id = $1 and customer_id = $2', [
      id,
      person(12),
    ]);
    expect(touches).toEqual([{ state: 'cancelled', reason: 'cancelled' }]);

    await goTo(now + 5 * day);
    expect(await pathOf(id, 13)).toEqual(['w timeout', 'e end', 'end']);
  });

  it('that was told before the person came to wait for it does not count, one after it does', async () => {
    const now = start + 60 * day;
    await goTo(now);
    const id = await stage.publish('等回复', {
      nodes: [
        { id: 'a', kind: 'wait', data: { amount: 1, unit: 'hours' }, next: 'w' },
        {
          id: 'w',
          kind: 'wait_event',
          data: { name: 'replied', amount: 1, unit: 'days' },
          next: { happened: 'e', timeout: 'f' },
        },
        { id: 'e', kind: 'end' },
        { id: 'f', kind: 'end' },
      ],
    });
    await enrol(id, 15, 16);
    await stage.tell(person(15), 'replied', now + 30 * minute);
    // Told while the workers are off: when they come back, it has happened after he came to wait.
    await stage.tell(person(16), 'replied', now + 90 * minute);
    stage.setTime(now + 100 * minute);
    await stage.project();
    await stage.run();
    expect(await pathOf(id, 15)).toEqual(['a next', 'at w']);
    expect(await pathOf(id, 16)).toEqual(['a next', 'w happened', 'e end', 'end']);
  });

  it('of long ago brings nobody in, nor one from before the journey was open', async () => {
    const now = start + 65 * day;
    await goTo(now);
    const id = await stage.publish('旧事', {
      triggers: [{ kind: 'event', data: { name: 'imported' } }],
      nodes: waitThenEnd,
    });
    await stage.tell(person(17), 'imported', now - 1);
    await goTo(now + 10 * day);
    await stage.tell(person(18), 'imported', now + day);
    await stage.tell(person(19), 'imported', now + 9 * day);
    await stage.run();
    expect([await pathOf(id, 17), await pathOf(id, 18)]).toEqual([[], []]);
    expect(await pathOf(id, 19)).toEqual(['w next', 'e end', 'end']);
  });

  it('is a goal within its window only, also after the end, and tells the two arms apart', async () => {
    const now = start + 80 * day;
    await goTo(now);
    const id = await stage.publish('目标', {
      nodes: waitThenEnd,
      goal: { name: 'order.paid', windowDays: 3 },
      holdoutBasisPoints: 5000,
    });
    await enrol(id, ...Array.from({ length: 20 }, (_, i) => 20 + i));
    const holdouts = await stage.query<{ customer_id: number }>(
      'select customer_id from journey_enrolment where journey_id = $1 and is_holdout',
      [id],
    );
    expect(holdouts.length).toBeGreaterThan(2);
    expect(holdouts.length).toBeLessThan(18);
    await goTo(now + 2 * day);
    for (let i = 0; i < 5; i++) await stage.tell(person(20 + i), 'order.paid', now + 2 * day);
    await goTo(now + 4 * day);
    await stage.tell(person(30), 'order.paid', now + 4 * day);
    await stage.run();
    const { arms, effect, ended } = await call(owner(), getJourneyFigures, { id });
    expect(ended).toEqual([{ reason: 'end', count: 20 }]);
    expect(arms.touched.entered + arms.holdout.entered).toBe(20);
    expect(arms.touched.reached + arms.holdout.reached).toBe(5);
    expect(arms.holdout.entered).toBe(holdouts.length);
    expect(effect?.low).toBeLessThan(effect?.high ?? 0);
  });
});

describe('a day', () => {
  it('of somebody brings him in, by the solar and the lunar calendar', async () => {
    const now = Date.parse('2027-09-14T12:00:00+08:00');
    await goTo(now);
    await call(owner(), setAttributes, { id: person(1), values: { birthday: '1980-09-15' } });
    // Mid-autumn of 1990; it comes on 15 September in 2027.
    await call(owner(), setAttributes, { id: person(2), values: { birthday: '1990-10-03' } });
    const date = (calendar: string) => ({ kind: 'date', data: { key: 'birthday', calendar, minute: 540 } });
    const solar = await stage.publish('生日', { triggers: [date('solar')], nodes: waitThenEnd });
    const lunar = await stage.publish('农历生日', { triggers: [date('lunar')], nodes: waitThenEnd });
    await goTo(Date.parse('2027-09-15T09:00:00+08:00'));
    expect([await pathOf(solar, 1), await pathOf(solar, 2)]).toEqual([['at w'], []]);
    expect([await pathOf(lunar, 1), await pathOf(lunar, 2)]).toEqual([[], ['at w']]);
    const { rows, nextAt } = await call(owner(), listIntakes, { id: solar });
    expect(rows).toMatchObject([{ kind: 'date', entered: 1, refused: 0, isDone: true }]);
    expect(nextAt).toBe('2027-09-16T01:00:00.000Z');
  });

  it('that was missed by three days at most is made up for, each in its turn', async () => {
    const now = Date.parse('2027-10-01T12:00:00+08:00');
    await goTo(now);
    for (const [i, birthday] of [
      ['3', '1980-10-02'],
      ['4', '1980-10-04'],
      ['5', '1980-10-05'],
    ] as const) {
      await call(owner(), setAttributes, { id: person(Number(i)), values: { birthday } });
    }
    const id = await stage.publish('补上', {
      triggers: [{ kind: 'date', data: { key: 'birthday', calendar: 'solar', minute: 540 } }],
      nodes: [
        { id: 'w', kind: 'wait', data: { amount: 90, unit: 'days' }, next: 'e' },
        { id: 'e', kind: 'end' },
      ],
    });
    await goTo(Date.parse('2027-10-05T12:00:00+08:00'));
    const { rows } = await call(owner(), listJourneyPeople, { id });
    expect(rows.map((row) => [row.customerId, row.enteredAt])).toEqual([
      // Whose lunar birthday it was above.
      [person(2), '2027-10-03T01:00:00.000Z'],
      [person(4), '2027-10-04T01:00:00.000Z'],
      [person(5), '2027-10-05T01:00:00.000Z'],
    ]);
  });

  it('that comes round brings the members of a segment in', async () => {
    const now = Date.parse('2027-11-01T12:00:00+08:00');
    await goTo(now);
    const { id: segmentId } = await call(owner(), createSegment, {
      name: '旅程标签',
      tree: { kind: 'tag', mode: 'any', tagIds: [tagId] },
    });
    const pumps = stage.siyu.app.modules.flatMap((module) => module.pumps ?? []);
    await drainPumps(
      stage.siyu.ctx,
      pumps.filter((pump) => pump.name === 'segments.fill'),
    );
    const id = await stage.publish('每周一', {
      triggers: [
        { kind: 'schedule', data: { on: { every: 'week', weekdays: [1] }, minute: 600, segmentId } },
        { kind: 'hand' },
      ],
      nodes: waitThenEnd,
      reentry: { kind: 'after_end' },
    });
    await goTo(Date.parse('2027-11-08T10:00:00+08:00'));
    await goTo(Date.parse('2027-11-15T10:00:00+08:00'));
    const { rows } = await call(owner(), listIntakes, { id });
    const members = await stage.query('select 1 from segment_member where segment_id = $1', [segmentId]);
    expect(members.length).toBeGreaterThan(2);
    expect(rows.map((row) => [row.kind, row.entered])).toEqual([
      ['schedule', members.length],
      ['schedule', members.length],
    ]);
    const byHand = await call(owner(), enrolInJourney, { id, segmentId });
    expect(byHand.intakeId).toBeGreaterThan(0);
    await stage.run();
    expect((await call(owner(), listIntakes, { id })).rows[0]).toMatchObject({
      kind: 'hand',
      entered: 0,
      refused: members.length,
    });
  });
});

describe('a change', () => {
  it('makes a version; who is inside goes by his own', async () => {
    const now = Date.parse('2028-01-10T08:00:00+08:00');
    await goTo(now);
    const id = await stage.publish('改版', { nodes: waitThenEnd });
    await enrol(id, 0);
    const draft = draftOf({
      nodes: [
        { id: 'w', kind: 'wait', data: { amount: 3, unit: 'days' }, next: 'n' },
        { id: 'n', kind: 'tag', data: { add: [tagId] }, next: 'e' },
        { id: 'e', kind: 'end' },
      ],
    });
    const { revision, problems } = await call(owner(), saveJourney, { id, name: '改版', draft, revision: 1 });
    expect([revision, problems]).toEqual([2, []]);
    expect(await call(owner(), getJourney, { id })).toMatchObject({ hasChanges: true, versionNumber: 1 });
    expect(await call(owner(), publishJourney, { id, revision: 2 })).toEqual({ number: 2 });
    await enrol(id, 1);
    await goTo(now + day);
    expect([await pathOf(id, 0), await pathOf(id, 1)]).toEqual([['w next', 'e end', 'end'], ['at w']]);
    const journey = await call(owner(), getJourney, { id });
    expect(journey.versions.map((version) => [version.number, version.inside, version.isCurrent])).toEqual([
      [2, 1, true],
      [1, 0, false],
    ]);
    expect(await stage.siyu.ask(owner(), publishJourney, { id, revision: 2 })).toMatchObject({
      status: 409,
      body: { error: { code: 'journey_unchanged' } },
    });
    expect(await stage.siyu.ask(owner(), saveJourney, { id, name: '改版', draft, revision: 1 })).toMatchObject({
      status: 409,
      body: { error: { code: 'journey_changed' } },
    });
  });

  it('of a draft with gaps is saved, and not published', async () => {
    const { rows } = await stage.siyu.database.pool.query<{ id: number }>("select id from journey where name = '改版'");
    const id = rows[0]?.id ?? 0;
    const draft = draftOf({
      nodes: [
        { id: 'm', kind: 'touch', data: { channel: 'email', contentId }, next: 't' },
        { id: 't', kind: 'tag', data: { add: [999_999] } },
      ],
    });
    const { problems, revision } = await call(owner(), saveJourney, { id, name: '改版', draft, revision: 2 });
    const expected = [
      { place: 'node', id: 't', field: 'next.next', problem: 'way_open' },
      { place: 'node', id: 't', field: 'add', problem: 'tag_unknown' },
      { place: 'node', id: 'm', field: 'contentId', problem: 'content_silent' },
    ];
    expect(problems).toEqual(expected);
    expect(await stage.siyu.ask(owner(), publishJourney, { id, revision })).toMatchObject({
      status: 422,
      body: { error: { code: 'journey_has_problems', details: { problems: expected } } },
    });
  });

  it('to a pause holds everybody and everything planned, and what came due meanwhile is due when it goes on', async () => {
    const now = Date.parse('2028-02-10T08:00:00+08:00');
    await goTo(now);
    const id = await stage.publish('暂停', {
      nodes: [
        {
          id: 'm',
          kind: 'touch',
          data: { channel: 'wecom_mass', contentId },
          next: 'a',
        },
        { id: 'a', kind: 'wait', data: { amount: 1, unit: 'days' }, next: 'b' },
        {
          id: 'b',
          kind: 'wait_event',
          data: { name: 'order.paid', amount: 1, unit: 'days' },
          next: { happened: 'e', timeout: 'c' },
        },
        { id: 'c', kind: 'wait', data: { amount: 1, unit: 'days' }, next: 'e' },
        { id: 'e', kind: 'end' },
      ],
    });
    const isHeld = () =>
      stage.query("select source_id from touch_hold where kind = 'journey' and source_id = $1", [id]);
    await enrol(id, 0);
    await goTo(now + 1.5 * day);
    await enrol(id, 1);
    await call(owner(), pauseJourney, { id });
    expect(await isHeld()).toHaveLength(1);
    expect(await stage.siyu.ask(owner(), enrolInJourney, { id, customerIds: [person(2)] })).toMatchObject({
      status: 409,
    });
    await goTo(now + 5 * day);
    expect([await pathOf(id, 0), await pathOf(id, 1)]).toEqual([
      ['m next', 'a next', 'at b'],
      ['m next', 'at a'],
    ]);
    await call(owner(), resumeJourney, { id });
    expect(await isHeld()).toEqual([]);
    await stage.run();
    expect([await pathOf(id, 0), await pathOf(id, 1)]).toEqual([
      ['m next', 'a next', 'b timeout', 'at c'],
      ['m next', 'a next', 'at b'],
    ]);
    await goTo(now + 5.5 * day);
    await call(owner(), pauseJourney, { id });
    await goTo(now + 8 * day);
    await call(owner(), closeJourney, { id, people: 'stay' });
    expect(await isHeld()).toEqual([]);
    await stage.run();
    expect([await pathOf(id, 0), await pathOf(id, 1)]).toEqual([
      ['m next', 'a next', 'b timeout', 'c next', 'e end', 'end'],
      ['m next', 'a next', 'b timeout', 'at c'],
    ]);
  });

  it('to an end lets people out or finish, and takes back what was planned', async () => {
    const now = Date.parse('2028-03-10T08:00:00+08:00');
    await goTo(now);
    const nodes: LooseDraft['nodes'] = [
      { id: 'm', kind: 'touch', data: { channel: 'wecom_mass', contentId }, next: 'w' },
      ...waitThenEnd,
    ];
    const stay = await stage.publish('收尾', { nodes });
    const leave = await stage.publish('解散', { nodes });
    for (const id of [stay, leave]) await enrol(id, 0, 1);
    await call(owner(), removeFromJourney, { id: leave, customerIds: [person(1)] });
    await call(owner(), closeJourney, { id: stay, people: 'stay' });
    await call(owner(), closeJourney, { id: leave, people: 'leave' });
    await stage.run();
    expect([await pathOf(leave, 0), await pathOf(leave, 1)]).toEqual([
      ['m next', 'stopped'],
      ['m next', 'removed'],
    ]);
    expect(await stage.query('select distinct state from touch where source_id = $1', [leave])).toEqual([
      { state: 'cancelled' },
    ]);
    expect(await stage.siyu.ask(owner(), deleteJourney, { id: stay })).toMatchObject({ status: 409 });
    await goTo(now + day);
    expect(await pathOf(stay, 0)).toEqual(['m next', 'w next', 'e end', 'end']);
    await call(owner(), deleteJourney, { id: stay });
    expect(await stage.siyu.ask(owner(), getJourney, { id: stay })).toMatchObject({ status: 404 });
  });
});

describe('a replay', () => {
  it('tells what would have happened, step by step, and writes nothing', async () => {
    const now = Date.parse('2028-05-10T08:00:00+08:00');
    await goTo(now);
    await stage.tell(person(0), 'replay.begin', now + hour);
    await stage.tell(person(0), 'replay.answer', now + 2 * day);
    await goTo(now + 10 * day);
    const draft = draftOf({
      triggers: [{ kind: 'event', data: { name: 'replay.begin' } }],
      nodes: [
        { id: 'w', kind: 'wait', data: { amount: 1, unit: 'days' }, next: 'v' },
        {
          id: 'v',
          kind: 'wait_event',
          data: { name: 'replay.answer', amount: 3, unit: 'days' },
          next: { happened: 'b', timeout: 'e' },
        },
        {
          id: 'b',
          kind: 'branch',
          data: {
            ways: [
              {
                id: 'y',
                name: '两天内回答过',
                tree: {
                  kind: 'event',
                  name: 'replay.answer',
                  filters: [],
                  window: { kind: 'last', amount: 2, unit: 'days' },
                  measure: { of: 'count' },
                  compare: { op: 'gte', value: 1 },
                },
              },
            ],
          },
          next: { y: 'x', otherwise: 'e' },
        },
        { id: 'x', kind: 'wait', data: { amount: 30, unit: 'days' }, next: 'e' },
        { id: 'e', kind: 'end' },
      ],
    });
    const at = (ms: number) => new Date(ms).toISOString();
    const answer = await call(owner(), replayJourney, { draft, customerId: person(0), from: at(now) });
    expect(answer).toEqual({
      enteredAt: at(now + hour),
      trigger: 0,
      steps: [
        { at: at(now + day + hour), node: 'w', way: 'next' },
        { at: at(now + 2 * day), node: 'v', way: 'happened' },
        { at: at(now + 2 * day), node: 'b', way: 'y', verdicts: [{ way: 'y', verdict: 'yes' }] },
      ],
      end: null,
      waits: { node: 'x', until: at(now + 32 * day) },
      reachedAt: null,
    });
    const nobody = await call(owner(), replayJourney, { draft, customerId: person(1), from: at(now) });
    expect(nobody).toMatchObject({ enteredAt: null, steps: [] });
    const forced = await call(owner(), replayJourney, { draft, customerId: person(1), from: at(now), isForced: true });
    expect(forced.steps.map((step) => `${step.node} ${step.way}`)).toEqual(['w next', 'v timeout', 'e end']);
    expect(forced.end).toMatchObject({ reason: 'end' });
  });
});
