import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '#contract';
import { createAttribute, createTagGroup, listTags, setAttributes, tagCustomers } from '#contract/customers';
import { listAudit } from '#contract/organization';
import {
  breakdownSegment,
  type Condition,
  countSegment,
  createSegment,
  deleteSegment,
  explainCustomer,
  explainSegment,
  exportSegment,
  getMirror,
  getSegment,
  getSegmentHistory,
  listSegmentLists,
  listSegments,
  overlapSegments,
  sampleSegment,
  updateSegment,
  uploadSegmentList,
} from '#contract/segments';
import { recordEvents } from '#events';
import { inTransaction } from '#platform/ctx';
import { createTestApp, easeCommerceTables, type TestApp } from '#testing';

let siyu: TestApp;
let tagId: number;
const start = new Date('2026-11-24T03:00:00Z');

beforeAll(async () => {
  siyu = await createTestApp();
  await easeCommerceTables(siyu.database.pool);
  setClock(start.getTime());
  await siyu.database.pool.query(
    "insert into customer (name, gender, added_at, created_at) select '客户' || i, 'female', '2026-01-01', '2026-01-01' from generate_series(1, 30) i",
  );
  await siyu.call(siyu.owner, createTagGroup, { name: '等级', kind: 'internal', tags: ['VIP'] });
  tagId = (await siyu.call(siyu.owner, listTags, {})).groups[0]?.tags[0]?.id ?? 0;
  await siyu.call(siyu.owner, createAttribute, { key: 'city', name: '城市', kind: 'text' });
  await siyu.startWorker();
});

afterAll(() => siyu?.close());

const setClock = (simMs: number) => siyu.clock.set({ realMs: Date.now(), simMs, speed: 1 });

const vip = (): Condition => ({ kind: 'tag', mode: 'any', tagIds: [tagId] });

async function makeSegment(name: string, tree: Condition): Promise<number> {
  const { id } = await siyu.call(siyu.owner, createSegment, { name, tree } as Call<typeof createSegment>);
  await eventually(async () => expect((await siyu.call(siyu.owner, getSegment, { id })).isFilled).toBe(true));
  return id;
}

/** Within two seconds: what is promised for a change to one customer. */
async function eventually(check: () => Promise<void>, withinMs = 2000): Promise<void> {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

const members = async (segmentId: number): Promise<number[]> =>
  (
    await siyu.database.pool.query<{ customer_id: number }>(
      'select customer_id from segment_member where segment_id = $1 order by customer_id',
      [segmentId],
    )
  ).rows.map((row) => row.customer_id);

const told = async (segmentId: number): Promise<string[]> =>
  (
    await siyu.database.pool.query<{ told: string }>(
      `select name || ' ' || customer_id as told from event where name like 'segment.%' and payload ->> 'segmentId' = $1 order by id`,
      [String(segmentId)],
    )
  ).rows.map((row) => row.told);

describe('members of a segment', () => {
  it('are found when it is made, without telling of each', async () => {
    await siyu.call(siyu.owner, tagCustomers, { customerIds: [1, 2], add: [tagId] });
    await siyu.settle();
    const id = await makeSegment('VIP', vip());
    expect(await members(id)).toEqual([1, 2]);
    expect(await told(id)).toEqual([]);
    expect(await siyu.call(siyu.owner, getSegment, { id })).toMatchObject({ memberCount: 2, enteredToday: 0 });
  });

  it('enter and leave within two seconds of a change, and the log tells of it once', async () => {
    const id = await makeSegment('VIP 二', vip());
    await siyu.call(siyu.owner, tagCustomers, { customerIds: [3], add: [tagId] });
    await siyu.call(siyu.owner, tagCustomers, { customerIds: [1], remove: [tagId] });
    await eventually(async () => expect(await members(id)).toEqual([2, 3]));
    await siyu.settle();
    expect((await told(id)).sort()).toEqual(['segment.entered 3', 'segment.left 1']);
    expect(await siyu.call(siyu.owner, getSegment, { id })).toMatchObject({
      memberCount: 2,
      enteredToday: 1,
      leftToday: 1,
    });
    const { days } = await siyu.call(siyu.owner, getSegmentHistory, { id });
    expect(days.at(-1)).toMatchObject({ members: 2, entered: 1, left: 1 });
  });

  it('follow attributes, also by way of another segment, and unknown is not no', async () => {
    const city = (op: 'is_any' | 'is_none'): Condition => ({
      kind: 'attribute',
      key: 'city',
      test: { op, values: ['上海'] },
    });
    const inside = await makeSegment('上海', city('is_any'));
    const outside = await makeSegment('不在上海', { kind: 'not', of: { kind: 'segment', segmentId: inside } });
    expect(await members(outside)).toEqual([]);
    await siyu.call(siyu.owner, setAttributes, { id: 5, values: { city: '上海' } });
    await siyu.call(siyu.owner, setAttributes, { id: 6, values: { city: '北京' } });
    await eventually(async () => expect([await members(inside), await members(outside)]).toEqual([[5], [6]]));
    await siyu.call(siyu.owner, setAttributes, { id: 5, values: { city: '北京' } });
    await siyu.call(siyu.owner, setAttributes, { id: 6, values: { city: null } });
    await eventually(async () => expect([await members(inside), await members(outside)]).toEqual([[], [5]]));
    const { usedBy } = await siyu.call(siyu.owner, getSegment, { id: inside });
    expect(usedBy).toEqual([{ kind: 'segment', id: outside, name: '不在上海' }]);
    expect(await siyu.ask(siyu.owner, deleteSegment, { id: inside })).toMatchObject({ status: 409 });
    const circle = { id: inside, name: '上海', tree: { kind: 'segment', segmentId: outside } };
    expect(await siyu.ask(siyu.owner, updateSegment, circle)).toMatchObject({
      body: { error: { code: 'segment_circle' } },
    });
  });

  it('are whoever a changed rule selects, and users of the rule follow', async () => {
    const base = await makeSegment('基础', { kind: 'source', values: ['shop'] });
    const user = await makeSegment('引用', {
      kind: 'all',
      of: [
        { kind: 'segment', segmentId: base },
        { kind: 'gender', values: ['female'] },
      ],
    });
    expect(await members(user)).toEqual([]);
    await siyu.call(siyu.owner, updateSegment, {
      id: base,
      name: '基础',
      tree: { kind: 'source', values: ['direct'] },
    } as never);
    await eventually(async () => expect((await members(user)).length).toBe(30), 4000);
  });

  it('leave and enter when their time comes, from due times alone', async () => {
    const did = (name: string, window: object): Condition =>
      ({
        kind: 'event',
        name,
        filters: [],
        window,
        measure: { of: 'count' },
        compare: { op: 'gte', value: 1 },
      }) as Condition;
    const recent = await makeSegment('最近', did('customer.tagged', { kind: 'last', amount: 1, unit: 'hours' }));
    const left = await makeSegment('没有下文', {
      kind: 'sequence',
      first: { name: 'customer.tagged', filters: [] },
      followed: false,
      next: { name: 'order.paid', filters: [] },
      within: { amount: 2, unit: 'hours' },
      window: { kind: 'ever' },
    });
    await inTransaction(siyu.ctx, (ctx) =>
      recordEvents(ctx, [
        {
          name: 'customer.tagged',
          source: 'test',
          messageId: 'due',
          occurredAt: siyu.ctx.now,
          payload: { customerId: 20, added: [], removed: [], by: 'test' },
        },
      ]),
    );
    await eventually(async () => expect(await members(recent)).toContain(20));
    expect(await members(left)).not.toContain(20);
    const later = (hours: number) => setClock(siyu.clock.now().getTime() + hours * 3_600_000);
    later(1);
    await eventually(async () => expect(await members(recent)).not.toContain(20), 4000);
    later(1);
    await eventually(async () => expect(await members(left)).toContain(20), 4000);
  });

  it('include who is new and lose who is gone', async () => {
    const id = await makeSegment('未打标签', { kind: 'tag', mode: 'none', tagIds: [tagId] });
    const { rows } = await siyu.database.pool.query(
      "insert into customer (name, added_at, created_at) values ('新', '2026-01-01', '2026-01-01') returning id",
    );
    await eventually(async () => expect(await members(id)).toContain(rows[0].id));
    await siyu.database.pool.query('delete from customer where id = $1', [rows[0].id]);
    await eventually(async () => expect(await members(id)).not.toContain(rows[0].id));
  });
});

describe('questions about a rule', () => {
  const female: Condition = { kind: 'gender', values: ['female'] };

  it('are answered with count, sample, division, overlap and parts', async () => {
    const tree: Condition = { kind: 'all', of: [female, vip()] };
    expect(await siyu.call(siyu.owner, countSegment, { tree })).toMatchObject({
      count: 2,
      total: 30,
      engine: 'postgres',
    });
    const { rows } = await siyu.call(siyu.owner, sampleSegment, { tree });
    expect(rows.map((row) => row.id)).toEqual([3, 2]);
    const division = await siyu.call(siyu.owner, breakdownSegment, { tree, into: { by: 'attribute', key: 'city' } });
    expect(division).toMatchObject({ count: 2, rows: [{ value: null, count: 2 }] });
    expect(await siyu.call(siyu.owner, overlapSegments, { first: female, second: vip() })).toMatchObject({
      first: 30,
      second: 2,
      both: 2,
    });
    const { parts } = await siyu.call(siyu.owner, explainSegment, { tree });
    expect(parts).toEqual([
      { path: [0], kind: 'gender', yes: 30, no: 0, unknown: 0, removed: 0 },
      { path: [1], kind: 'tag', yes: 2, no: 28, unknown: 0, removed: 28 },
    ]);
  });

  it('are answered for one customer with what was seen', async () => {
    const tree: Condition = {
      kind: 'all',
      of: [female, { kind: 'not', of: { kind: 'attribute', key: 'city', test: { op: 'is_any', values: ['上海'] } } }],
    };
    const answer = await siyu.call(siyu.owner, explainCustomer, { tree, customerId: 9 });
    expect(answer).toEqual({
      verdict: 'unknown',
      changesAt: null,
      lines: [
        { path: [], kind: 'all', verdict: 'unknown', seen: null },
        { path: [0], kind: 'gender', verdict: 'yes', seen: 'female' },
        { path: [1], kind: 'not', verdict: 'unknown', seen: null },
        { path: [1, 0], kind: 'attribute', verdict: 'unknown', seen: null },
      ],
    });
  });

  it('are stopped by a newer one of the same session', async () => {
    const tree: Condition = { kind: 'all', of: [female, vip()] };
    const answers = await Promise.all(
      [1, 2, 3].map(() => siyu.ask(siyu.owner, countSegment, { tree, session: 'typing' })),
    );
    const codes = answers.map(
      (answer) => (answer.body as { error?: { code: string } }).error?.code ?? `counted ${answer.body.count}`,
    );
    // They arrive in any order; the last to arrive is answered, and stops those still at work.
    expect(codes).toContain('counted 2');
    expect(codes).toContain('segment_superseded');
    expect(new Set(codes).size).toBe(2);
  });

  it('that nest too deep, are empty or speak of nothing are refused', async () => {
    let deep: unknown = vip();
    for (let i = 0; i < 800; i++) deep = { kind: 'not', of: deep };
    for (const tree of [deep, { kind: 'all', of: [] }, { kind: 'nothing' }, null, 7]) {
      expect((await siyu.ask(siyu.owner, countSegment, { tree })).status).toBe(400);
    }
    const unknown = await siyu.ask(siyu.owner, countSegment, { tree: { kind: 'segment', segmentId: 999999 } });
    expect(unknown).toMatchObject({ status: 422, body: { error: { code: 'segment_unknown' } } });
    const list = await siyu.ask(siyu.owner, countSegment, { tree: { kind: 'list', listId: 999999 } });
    expect(list).toMatchObject({ body: { error: { code: 'segment_list_unknown' } } });
  });
});

describe('an uploaded list', () => {
  it('names people by any account or number, and is a condition', async () => {
    await siyu.database.pool.query(
      "insert into identity (kind, value, customer_id, source, first_seen_at) values ('phone', '13800000001', 7, 'test', now())",
    );
    const file = Buffer.from('13800000001,王\n#8,陈\n13899999999\n#8\n');
    const answer = await siyu.ask(siyu.owner, uploadSegmentList, { name: '名单' }, file);
    expect(answer.body).toMatchObject({ rowCount: 3, memberCount: 2, unknownCount: 1 });
    const tree: Condition = { kind: 'list', listId: answer.body.id };
    expect(await siyu.call(siyu.owner, countSegment, { tree })).toMatchObject({ count: 2 });
    expect((await siyu.call(siyu.owner, listSegmentLists, {})).rows[0]).toMatchObject({ name: '名单', memberCount: 2 });
    const empty = await siyu.ask(siyu.owner, uploadSegmentList, { name: '空' }, Buffer.from('\n\n'));
    expect(empty).toMatchObject({ body: { error: { code: 'segment_list_empty' } } });
  });
});

describe('an export', () => {
  it('streams the members and is written into the audit log', async () => {
    const { rows } = await siyu.call(siyu.owner, listSegments, { search: 'VIP 二' });
    const id = rows[0]?.id ?? 0;
    await siyu.database.pool.query("update customer set name = '=1+1' where id = 2");
    const answer = await siyu.ask(siyu.owner, exportSegment, { id });
    const lines = answer.raw.toString().trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain("'=1+1");
    const { rows: audit } = await siyu.call(siyu.owner, listAudit, { subjectKind: 'segment', limit: 1 });
    expect(audit[0]).toMatchObject({ action: 'segment.exported', after: { members: 2 } });
  });
});

describe('the mirror', () => {
  it('is off here and says so', async () => {
    expect(await siyu.call(siyu.owner, getMirror, {})).toMatchObject({ state: 'off', lagMs: null });
  });
});
