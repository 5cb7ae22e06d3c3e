import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Call } from '#contract';
import { createContent } from '#contract/content';
import {
  cancelTasks,
  countTasks,
  createAssignment,
  finishTask,
  getTask,
  getTaskReport,
  listAssignments,
  listTaskHeirs,
  listTasks,
  postponeTask,
  reassignTasks,
  refuseTask,
  remindTasks,
  setTaskSettings,
  undoTask,
} from '#contract/tasks';
import { type Fact, recordEvents } from '#events';
import { applyDepartments, applyStaff } from '#organization';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { addDays, dayOf, momentOf } from '#platform/days';
import { sql } from '#platform/db';
import type { Runtime } from '#platform/module';
import {
  createTestApp,
  deliverTouches,
  type Person,
  projectFacts,
  seedWorld,
  type TestApp,
  type World,
} from '#testing';
import { planTouchesOf } from '#touch';
import { beginDay } from './day.ts';
import { expireTasks, tellEnds, withdrawTasks } from './ends.ts';

let siyu: TestApp;
let world: World;
let li: Person;
let wang: Person;
let today: string;

beforeAll(async () => {
  siyu = await createTestApp();
  world = await seedWorld(siyu);
  li = await siyu.signIn('adviser', world.staff.li);
  wang = await siyu.signIn('adviser', world.staff.wang);
});
beforeEach(async () => {
  setClock(new Date());
  await siyu.database.pool.query('delete from task; delete from task_assignment; delete from staff_notice');
  await siyu.database.pool.query(
    "delete from attention; delete from touch; delete from setting where key like 'tasks.%'",
  );
  await siyu.database.pool.query('update staff_department set is_leader = false');
  today = dayOf(siyu.clock.now(), 'Asia/Shanghai');
});
afterAll(() => siyu?.close());

function setClock(at: Date): void {
  siyu.clock.set({ realMs: Date.now(), simMs: at.getTime(), speed: 0 });
}
const later = (ms: number) => setClock(new Date(siyu.clock.now().getTime() + ms));
const daysLater = (days: number, minute = 9 * 60) => setClock(momentOf(addDays(today, days), minute, 'Asia/Shanghai'));
const write = <T>(work: (ctx: WriteCtx) => Promise<T>) => inTransaction(siyu.ctx as Ctx, work);

/** A task of the category that passes at once, on the list of the customer's adviser. Returns its id. */
async function give(change: Record<string, unknown> = {}): Promise<number> {
  const draft = {
    customerIds: [world.customers.ofLi],
    category: 'service',
    title: '回访',
    why: '上周买了岩茶',
    words: '{{customer_name}}你好，我是{{staff_name}}',
    dueOn: today,
    lastDay: addDays(today, 5),
    ...change,
  };
  await siyu.call(siyu.owner, createAssignment, draft as Call<typeof createAssignment>);
  await deliverTouches(siyu);
  const { rows } = await siyu.database.pool.query<{ id: number }>('select max(id) as id from task');
  return rows[0]?.id ?? 0;
}

/** The gate decides, and what it allows is handed over. */
async function passGate(): Promise<void> {
  const pumps = siyu.app.modules.flatMap((module) => module.pumps ?? []);
  const runtime = { clock: siyu.clock } as unknown as Runtime;
  for (const name of ['touch.decide', 'touch.deliver_staff_task']) {
    const pump = pumps.find((pump) => pump.name === name);
    if (!pump) throw new Error(`no pump has the name ${name}`);
    while ((await pump.drain(siyu.ctx, runtime, { number: 0 })) > 0);
    await pump.finish?.();
  }
}

async function touchOf(id: number) {
  const { rows } = await siyu.database.pool.query(
    `select t.state, t.reason, t.settled_at is not null as settled, (select count(*) from attention a where a.touch_id = t.id)::int as booked
    from task x join touch t on t.id = x.touch_id where x.id = $1`,
    [id],
  );
  return rows[0];
}
const stateOf = async (id: number) => (await siyu.call(siyu.owner, getTask, { id })).state;
const noticesOf = async () => {
  const { rows } = await siyu.database.pool.query(
    'select staff_id, purpose, title, body, url from staff_notice order by id',
  );
  return rows as { staff_id: number; purpose: string; title: string; body: string; url: string }[];
};

describe('a task made by hand', () => {
  it('of service is on the adviser’s list at once, with words filled in, and counted as attention', async () => {
    const id = await give();
    const task = await siyu.call(li, getTask, { id });
    expect(task).toMatchObject({
      title: '回访',
      why: '上周买了岩茶',
      words: '王小芳你好，我是李娜',
      state: 'open',
      isMine: true,
      dueOn: today,
      externalUserid: 'wmOfLi00001',
      known: { orderCount: 1, lastOrder: { totalFen: 9900, names: ['岩茶'] }, tags: [{ name: 'VIP' }] },
    });
    expect(await touchOf(id)).toEqual({ state: 'submitted', reason: null, settled: false, booked: 1 });
  });

  it('is one task however often its touch is delivered', async () => {
    const id = await give();
    await siyu.database.pool.query("update touch set state = 'allowed' where kind = 'task'");
    await deliverTouches(siyu);
    const { rows } = await siyu.call(siyu.owner, listTasks, {});
    expect(rows.map((row) => row.id)).toEqual([id]);
  });

  it('of another category waits for the gate, and the assignment says so', async () => {
    setClock(momentOf(today, 10 * 60, 'Asia/Shanghai'));
    await give({ category: 'care' });
    expect((await siyu.call(li, listTasks, {})).rows).toEqual([]);
    await passGate();
    expect((await siyu.call(li, listTasks, {})).rows).toMatchObject([{ category: 'care', state: 'open' }]);
    // Two useful touches are due before there may be a promotion.
    await give({ category: 'promotion', title: '促销' });
    await passGate();
    const { rows } = await siyu.call(siyu.owner, listAssignments, {});
    expect(rows).toMatchObject([
      { title: '促销', tasks: {}, held: [{ count: 1, reason: expect.any(String) }] },
      { title: '回访', tasks: { open: 1 }, held: [] },
    ]);
  });

  it('goes to whom the customer follows since the shortest time, or to the one named, or to nobody', async () => {
    const draft = { category: 'service', title: 'x', dueOn: today, lastDay: today } as const;
    const { left, ofBoth, ofWang } = world.customers;
    expect(
      await siyu.call(siyu.owner, createAssignment, { ...draft, customerIds: [ofBoth, left], staffId: world.staff.li }),
    ).toMatchObject({ planned: 1, unreachable: 1 });
    const refused = await siyu.ask(siyu.owner, createAssignment, {
      ...draft,
      customerIds: [ofWang],
      staffId: world.staff.li,
    });
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'task_nobody' } } });
    await deliverTouches(siyu);
    expect((await siyu.call(li, listTasks, {})).rows).toMatchObject([{ customer: { id: ofBoth } }]);
  });
});

it('a touch of a journey becomes a task with the words of its content, until the touch is too late', async () => {
  setClock(momentOf(today, 10 * 60, 'Asia/Shanghai'));
  const { versionId } = await siyu.call(siyu.owner, createContent, {
    name: '新客第三天',
    category: 'care',
    wordings: { task: { words: '问问{{customer.name}}用得怎样' } },
  });
  const expiresAt = momentOf(addDays(today, 3), 12 * 60, 'Asia/Shanghai');
  await write((ctx) =>
    planTouchesOf(
      ctx,
      sql`select ${world.customers.ofLi}::bigint as customer_id, 'journey:1' as purpose, 'n1' as part, ${versionId}::bigint as version_id,
        null::bigint as staff_id, false as is_holdout, ${ctx.now}::timestamptz as due_at, ${ctx.now}::timestamptz as occasion_at`,
      { kind: 'journey', sourceId: 12, channel: 'staff_task', category: 'care', expiresAt, priority: 1 },
    ),
  );
  await passGate();
  const { rows } = await siyu.call(li, listTasks, {});
  const task = await siyu.call(li, getTask, { id: rows[0]?.id ?? 0 });
  expect(task).toMatchObject({
    kind: 'journey',
    sourceId: 12,
    title: '新客第三天',
    words: '问问王小芳用得怎样',
    dueOn: today,
    expiresAt: expiresAt.toISOString(),
  });
});

describe('a tap', () => {
  it('done can be taken back for a minute, and is told to the ledger after it', async () => {
    const id = await give();
    await siyu.call(li, finishTask, { id });
    expect(await stateOf(id)).toBe('done');
    later(59_000);
    await write(tellEnds);
    expect(await touchOf(id)).toMatchObject({ state: 'submitted' });
    await siyu.call(li, undoTask, { id });
    expect(await stateOf(id)).toBe('open');

    await siyu.call(li, finishTask, { id });
    later(60_000);
    expect((await siyu.ask(li, undoTask, { id })).body).toMatchObject({ error: { code: 'task_undo_over' } });
    await write(tellEnds);
    expect(await touchOf(id)).toEqual({ state: 'delivered', reason: null, settled: true, booked: 1 });
    await write(tellEnds);
    expect((await siyu.ask(li, finishTask, { id })).body).toMatchObject({ error: { code: 'task_ended' } });
  });

  it('not suitable gives the customer’s attention back', async () => {
    const id = await give();
    await siyu.call(li, refuseTask, { id, reason: 'contacted_already', note: '昨天刚聊过' });
    later(60_000);
    await write(tellEnds);
    expect(await touchOf(id)).toEqual({ state: 'failed', reason: 'not_suitable', settled: true, booked: 0 });
    const task = await siyu.call(siyu.owner, getTask, { id });
    expect(task).toMatchObject({ state: 'not_suitable', reason: 'contacted_already', note: '昨天刚聊过' });
  });

  it('postponed is due on another day within its last one, and back again', async () => {
    const id = await give();
    for (const until of [today, addDays(today, 6)]) {
      expect((await siyu.ask(li, postponeTask, { id, until })).body).toMatchObject({
        error: { code: 'task_day_unfit' },
      });
    }
    await siyu.call(li, postponeTask, { id, until: addDays(today, 5) });
    expect(await siyu.call(li, getTask, { id })).toMatchObject({
      state: 'postponed',
      dueOn: addDays(today, 5),
      firstDueOn: today,
      postponeCount: 1,
    });
    expect(await siyu.call(li, countTasks, {})).toMatchObject({ dueToday: 0, later: 1 });
    await siyu.call(li, undoTask, { id });
    expect(await siyu.call(li, getTask, { id })).toMatchObject({ state: 'open', dueOn: today, postponeCount: 0 });
  });

  it('by two at once ends a task once', async () => {
    const id = await give();
    const answers = await Promise.all([
      siyu.ask(li, finishTask, { id }),
      siyu.ask(li, refuseTask, { id, reason: 'other' }),
      siyu.ask(li, postponeTask, { id, until: addDays(today, 1) }),
      siyu.ask(li, finishTask, { id }),
    ]);
    const ended = answers.filter(({ status }, i) => status === 200 && i !== 2);
    expect(ended).toHaveLength(1);
  });

  it('is the adviser’s own: neither a colleague nor an owner does it for him', async () => {
    const id = await give();
    expect((await siyu.ask(wang, finishTask, { id })).status).toBe(404);
    expect((await siyu.ask(siyu.owner, finishTask, { id })).body).toMatchObject({ error: { code: 'task_of_other' } });
    expect((await siyu.ask(wang, getTask, { id })).status).toBe(404);
  });
});

describe('time', () => {
  it('takes what is too late off the lists and gives attention back', async () => {
    const id = await give();
    daysLater(5, 23 * 60 + 59);
    await write(expireTasks);
    expect(await stateOf(id)).toBe('open');
    daysLater(6, 0);
    expect((await siyu.ask(li, finishTask, { id })).body).toMatchObject({ error: { code: 'task_ended' } });
    await write(expireTasks);
    await write(tellEnds);
    expect(await siyu.call(siyu.owner, getTask, { id })).toMatchObject({ state: 'expired', reason: 'too_late' });
    expect(await touchOf(id)).toEqual({ state: 'expired', reason: 'not_done', settled: true, booked: 0 });
  });

  it('a journey that is stopped takes its tasks back', async () => {
    const id = await give();
    await siyu.database.pool.query("update task set kind = 'journey', source_id = 7");
    expect(await write((ctx) => withdrawTasks(ctx, { kind: 'campaign', sourceId: 7 }))).toBe(0);
    expect(await write((ctx) => withdrawTasks(ctx, { kind: 'journey', sourceId: 7 }))).toBe(1);
    await write(tellEnds);
    expect(await touchOf(id)).toMatchObject({ state: 'cancelled', booked: 0 });
  });
});

/** Wang leads the shop of Li and of himself, Zhao the company above. */
async function setUpLeaders(): Promise<void> {
  await write(async (ctx) => {
    const departments = [
      { wecomId: 1, parentWecomId: 0, name: '总部', sort: 1 },
      { wecomId: 2, parentWecomId: 1, name: '南京路店', sort: 1 },
    ];
    await applyDepartments(ctx, departments, ctx.now);
    const member = { alias: '', position: '导购', avatar: null, state: 'active', canFollow: true } as const;
    const members = [
      { ...member, wecomUserid: 'li', name: '李娜', departments: [{ wecomId: 2, isLeader: false }] },
      { ...member, wecomUserid: 'wang', name: '王强', departments: [{ wecomId: 2, isLeader: true }] },
      { ...member, wecomUserid: 'zhao', name: '赵敏', departments: [{ wecomId: 1, isLeader: true }] },
    ];
    await applyStaff(ctx, members, ctx.now);
  });
}
const morning = () => write((ctx) => beginDay(ctx, 'https://siyu.test'));

describe('the morning', () => {
  it('tells each adviser once what there is to do', async () => {
    await give();
    await give({ customerIds: [world.customers.ofWang], dueOn: addDays(today, 1) });
    daysLater(1, 8 * 60 + 59);
    await morning();
    expect(await noticesOf()).toEqual([]);
    daysLater(1);
    await Promise.all([morning(), morning()]);
    const tomorrow = addDays(today, 1);
    expect(await noticesOf()).toMatchObject([
      { staff_id: world.staff.li, purpose: `tasks:${tomorrow}`, body: '已逾期 1 项', url: 'https://siyu.test/m/' },
      { staff_id: world.staff.wang, body: '今天 1 项' },
    ]);
  });

  it('is silent on days off, and when it is off', async () => {
    await give();
    const settings = { summary: { isOn: false, minute: 0, weekdays: [1, 2, 3, 4, 5, 6, 7] } };
    await siyu.call(siyu.owner, setTaskSettings, settings);
    await morning();
    await siyu.call(siyu.owner, setTaskSettings, { summary: { isOn: true, minute: 0, weekdays: [] } });
    await siyu.database.pool.query("delete from setting where key = 'tasks.day'");
    await morning();
    expect(await noticesOf()).toEqual([]);
  });

  it('takes overdue tasks to the leader of the department, then to the one above, then to the operators', async () => {
    await setUpLeaders();
    const id = await give();
    const seen = async () => {
      const { escalatedTo, escalationCount } = await siyu.call(siyu.owner, getTask, { id });
      return [escalatedTo?.name ?? null, escalationCount];
    };
    const path: unknown[] = [];
    for (let day = 0; day <= 5; day++) {
      daysLater(day);
      await morning();
      path.push(await seen());
    }
    expect(path).toEqual([
      [null, 0],
      ['南京路店', 1],
      ['南京路店', 1],
      ['总部', 2],
      ['总部', 2],
      [null, 3],
    ]);
    const told = (await noticesOf()).filter((notice) => notice.body.includes('团队'));
    expect(told.map((notice) => [notice.staff_id, notice.url])).toEqual([
      [world.staff.wang, 'https://siyu.test/m/team'],
      [world.staff.wang, 'https://siyu.test/m/team'],
      [world.staff.zhao, 'https://siyu.test/m/team'],
      [world.staff.zhao, 'https://siyu.test/m/team'],
    ]);
  });
});

describe('a leader', () => {
  beforeEach(async () => {
    // The members of the departments are read anew: an older reading changes nothing.
    later(1000);
    await setUpLeaders();
  });

  it('sees the tasks of his people, not their customers', async () => {
    const id = await give();
    expect(await siyu.call(wang, countTasks, {})).toMatchObject({ isLeader: true });
    expect((await siyu.call(wang, listTasks, { whose: 'team' })).rows.map((row) => row.id)).toEqual([id]);
    expect((await siyu.call(wang, listTasks, { whose: 'mine' })).rows).toEqual([]);
    expect(await siyu.call(wang, getTask, { id })).toMatchObject({ isMine: false, known: null, externalUserid: null });
    expect((await siyu.ask(wang, finishTask, { id })).body).toMatchObject({ error: { code: 'task_of_other' } });
    expect((await siyu.call(li, listTasks, { whose: 'team' })).rows).toEqual([]);
  });

  it('has on his list what came up to his department', async () => {
    const id = await give();
    daysLater(1);
    await morning();
    expect(await siyu.call(wang, countTasks, {})).toMatchObject({ escalated: 1 });
    const up = await siyu.call(wang, listTasks, { whose: 'team', escalated: true });
    expect(up.rows.map((row) => row.id)).toEqual([id]);
    // Acting takes it from his list again.
    await siyu.call(li, postponeTask, { id, until: addDays(today, 3) });
    expect(await siyu.call(wang, countTasks, {})).toMatchObject({ escalated: 0 });
  });

  it('gives a task to somebody of his who has the customer too', async () => {
    const ofBoth = await give({ customerIds: [world.customers.ofBoth], staffId: world.staff.li });
    const ofLi = await give();
    expect((await siyu.call(wang, listTaskHeirs, { id: ofBoth })).rows).toEqual([
      { id: world.staff.wang, name: '王强' },
    ]);
    const input = { ids: [ofBoth, ofLi], staffId: world.staff.wang };
    expect((await siyu.ask(li, reassignTasks, input)).status).toBe(403);
    expect(await siyu.call(wang, reassignTasks, input)).toEqual({ moved: 1, kept: 1 });
    expect((await siyu.call(wang, listTasks, { whose: 'mine' })).rows.map((row) => row.id)).toEqual([ofBoth]);
    await siyu.call(wang, finishTask, { id: ofBoth });
  });

  it('reminds an adviser of a task once a day, and nobody of others’', async () => {
    const id = await give();
    expect(await siyu.call(wang, remindTasks, { ids: [id] })).toEqual({ reminded: 1 });
    expect(await siyu.call(wang, remindTasks, { ids: [id] })).toEqual({ reminded: 0 });
    expect(await siyu.call(li, remindTasks, { ids: [id] })).toEqual({ reminded: 0 });
    expect(await noticesOf()).toMatchObject([
      { staff_id: world.staff.li, body: '回访（王小芳）', url: `http://siyu.test/m/tasks/${id}` },
    ]);
    daysLater(1);
    expect(await siyu.call(wang, remindTasks, { ids: [id] })).toEqual({ reminded: 1 });
  });

  it('cannot cancel; an owner can', async () => {
    const id = await give();
    expect((await siyu.ask(wang, cancelTasks, { ids: [id] })).status).toBe(403);
    expect(await siyu.call(siyu.owner, cancelTasks, { ids: [id, 999_999] })).toEqual({ cancelled: 1 });
    await write(tellEnds);
    expect(await touchOf(id)).toMatchObject({ state: 'cancelled', booked: 0 });
  });
});

describe('tasks go with the customer', () => {
  let number = 0;
  const start = Date.now() + 3_600_000;
  const turn = (
    name: 'follow.added' | 'follow.ended',
    staffUserid: string,
    by: 'customer' | 'transfer' = 'transfer',
  ) => {
    number++;
    const edge = { externalUserid: 'wmOfLi00001', staffUserid };
    const common = { source: 'test', messageId: `turn ${number}`, occurredAt: new Date(start + number * 1000) };
    const fact: Fact =
      name === 'follow.ended'
        ? { ...common, name, payload: { ...edge, by } }
        : { ...common, name, payload: { ...edge, codeId: null, welcomeCode: null, isHalf: false } };
    return fact;
  };
  const tell = async (...facts: Fact[]) => {
    await write((ctx) => recordEvents(ctx, facts));
    await projectFacts(siyu);
  };
  const reset = () => tell(turn('follow.ended', 'zhao', 'customer'), turn('follow.added', 'li'));

  it.each([
    ['the end first', ['follow.ended', 'follow.added']],
    ['the add first', ['follow.added', 'follow.ended']],
  ] as const)('when a colleague takes over, told %s', async (_, order) => {
    const id = await give();
    for (const name of order) await tell(turn(name, name === 'follow.ended' ? 'li' : 'zhao'));
    expect(await siyu.call(siyu.owner, getTask, { id })).toMatchObject({ state: 'open', staff: { name: '赵敏' } });
    await reset();
  });

  it('and end when he has left the adviser himself', async () => {
    const id = await give();
    await tell(turn('follow.ended', 'li', 'customer'));
    expect(await siyu.call(siyu.owner, getTask, { id })).toMatchObject({ state: 'cancelled', reason: 'follow_ended' });
    await write(tellEnds);
    expect(await touchOf(id)).toMatchObject({ state: 'cancelled', booked: 0 });
    await tell(turn('follow.added', 'li'));
  });
});

describe('the report', () => {
  it('says of each adviser what became of his tasks, and what customers did afterwards', async () => {
    const [done, late] = [await give(), await give()];
    const refused = await give();
    await give({ customerIds: [world.customers.ofWang] });
    await siyu.call(li, finishTask, { id: done });
    await siyu.call(li, refuseTask, { id: refused, reason: 'other' });
    const viewed: Fact = {
      name: 'event.tracked',
      source: 'test',
      messageId: 'after the task',
      occurredAt: new Date(siyu.clock.now().getTime() + 3_600_000),
      payload: { accounts: [{ kind: 'wecom', value: 'wmOfLi00001' }], event: 'page.viewed', properties: {} },
    };
    await write((ctx) => recordEvents(ctx, [viewed]));
    await projectFacts(siyu);
    daysLater(1);
    await siyu.call(li, finishTask, { id: late });
    const report = await siyu.call(siyu.owner, getTaskReport, {});
    expect(report.rows).toMatchObject([
      { staff: { name: '李娜' }, given: 3, done: 2, inTime: 1, notSuitable: 1, open: 0, reacted: 1, ordered: 0 },
      { staff: { name: '王强' }, given: 1, done: 0, open: 1, overdue: 1 },
    ]);
    expect(report.days.slice(-2)).toEqual([
      { day: today, due: 4, done: 1 },
      { day: addDays(today, 1), due: 0, done: 1 },
    ]);
    expect((await siyu.call(li, getTaskReport, {})).rows).toHaveLength(1);
  });
});

it('a page of tasks goes on where the one before ended', async () => {
  for (const dueOn of [0, 2, 1, 1, 0]) await give({ dueOn: addDays(today, dueOn) });
  const days: string[] = [];
  let after: string | undefined;
  do {
    const page = await siyu.call(li, listTasks, { limit: 2, ...(after ? { after } : {}) });
    days.push(...page.rows.map((row) => row.dueOn));
    after = page.next ?? undefined;
  } while (after);
  expect(days).toEqual([0, 0, 1, 1, 2].map((n) => addDays(today, n)));
});
