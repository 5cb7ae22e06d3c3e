import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  cancelBroadcast,
  decideBroadcast,
  listBroadcasts,
  listBroadcastTargets,
  remindBroadcast,
} from '#contract/broadcasts';
import { listTouches } from '#contract/touch';
import { inTransaction } from '#platform/ctx';
import { type Connected, connectSandbox } from '#testing';
import { type BroadcastDraft, cancelBroadcasts, countBroadcasts, planBroadcasts } from '#touch';

/** What goes to groups and to Moments, from its row to what the people have, against the sandbox. */

const lin = 'linxiaoyu';
let world: Connected;
let other: string;
let people: string[];
let versionId: number;
let purposes = 0;

beforeAll(async () => {
  world = await connectSandbox();
  other = world.sandbox.staff().find((member) => member.userid !== lin && member.licensed)?.userid ?? '';
  versionId = await world.makeVersion('上新', {
    wecom: { text: '今天上新：桂花乌龙', attachments: [] },
    moment: { text: '秋天的第一杯桂花乌龙', attachments: [] },
  });
  return () => world.close();
});

beforeEach(async () => {
  const { sandbox, siyu } = world;
  sandbox.reset();
  sandbox.changeCorp({ massRule: 'monthly' });
  await siyu.database.pool.query('truncate broadcast, broadcast_target, touch_quota, wecom_group_chat');
  siyu.clock.set({ realMs: Date.now(), simMs: Date.now(), speed: 1 });
  await world.reconnect();
  people = await world.befriend(lin, 3);
});
afterEach(() => {
  world.sandbox.setFaults({ apiErrors: [], dropResponse: null });
});

async function makeGroup(owner: string, name: string) {
  const { chatId } = world.sandbox.createGroup({ owner, name, members: people });
  await world.readGroups();
  return chatId;
}

const hourMs = 3_600_000;
function draft(audience: BroadcastDraft['audience'], more: Partial<BroadcastDraft> = {}): BroadcastDraft {
  const now = world.siyu.clock.now();
  purposes++;
  return {
    purpose: `campaign:9:${purposes}`,
    kind: 'campaign',
    sourceId: 9,
    part: 'A',
    category: 'promotion',
    versionId,
    audience,
    dueAt: now,
    expiresAt: new Date(now.getTime() + 48 * hourMs),
    ...more,
  };
}
const plan = (one: BroadcastDraft) => inTransaction(world.siyu.ctx, (ctx) => planBroadcasts(ctx, one));
const toGroups = (...chatIds: string[]) => plan(draft({ channel: 'wecom_group', chatIds }));

/** Lets everything go on that is due, whatever pause it was to make. */
async function go() {
  await world.siyu.database.pool.query('update broadcast set retry_at = null');
  await world.pump('touch.broadcast', 'events.project');
}
/** As much later as it takes until the platform is asked again. */
async function goLater(hours = 0.6) {
  world.wait(hours);
  await go();
}
/** Until what an answered call did not make is surely not there. */
const beSure = () => new Promise((resolve) => setTimeout(resolve, 550));

const list = async (input = {}) => (await world.siyu.call(world.siyu.owner, listBroadcasts, input)).rows;
const one = async () => (await list())[0] ?? expect.fail('there is no broadcast');
const targets = async () =>
  (await world.siyu.call(world.siyu.owner, listBroadcastTargets, { id: (await one()).id })).rows;
const tasks = () => world.sandbox.massMessages().tasks.filter((task) => task.creator === null);
const confirm = () => {
  for (const task of tasks()) for (const { userid } of task.members) world.sandbox.confirmTask(userid, task.msgid);
};
const quota = async () =>
  (await world.siyu.database.pool.query('select name, used from touch_quota order by name')).rows;

describe('a message to groups', () => {
  it('is one task for each owner, and done when the groups have it', async () => {
    const groups = [await makeGroup(lin, '一群'), await makeGroup(lin, '二群'), await makeGroup(other, '三群')];
    const wish = draft({ channel: 'wecom_group', chatIds: [...groups, 'wrNobody'] });
    expect(await plan(wish)).toBe(2);
    expect(await plan(wish)).toBe(0);
    await go();
    expect(tasks().map((task) => task.members.map((member) => [member.userid, member.targets.length]))).toEqual(
      expect.arrayContaining([[[lin, 2]], [[other, 1]]]),
    );
    expect(await list()).toMatchObject([{ state: 'submitted' }, { state: 'submitted', text: '今天上新：桂花乌龙' }]);
    confirm();
    await goLater();
    expect((await list()).map((row) => [row.state, row.sentCount, row.targetCount, row.customerCount]).sort()).toEqual([
      ['done', 1, 1, 3],
      ['done', 2, 2, 6],
    ]);
    expect(await countBroadcasts(world.siyu.ctx, { kind: 'campaign', sourceId: 9 })).toEqual([
      { channel: 'wecom_group', part: 'A', state: 'done', count: 2, targetCount: 3, sentCount: 3, customerCount: 9 },
    ]);
    expect((await quota()).map((row) => row.used)).toEqual([1, 1, 1]);
  });

  it('whose answer was lost is found and not submitted again', async () => {
    await toGroups(await makeGroup(lin, '一群'));
    world.sandbox.setFaults({ dropResponse: { path: 'add_msg_template', rate: 1 } });
    await go();
    expect(await one()).toMatchObject({ state: 'planned', reason: 'no_answer' });
    world.sandbox.setFaults({ dropResponse: null });
    await go();
    expect(await one()).toMatchObject({ state: 'submitted', reason: null });
    expect(tasks()).toHaveLength(1);
    expect(await quota()).toMatchObject([{ used: 1 }]);
  });

  it('that a busy platform did not take is submitted once it is sure that it is not there', async () => {
    await toGroups(await makeGroup(lin, '一群'));
    world.sandbox.setFaults({ apiErrors: [{ path: 'add_msg_template', errcode: -1, times: 1 }] });
    await go();
    await go();
    expect([tasks().length, (await one()).state]).toEqual([0, 'planned']);
    await beSure();
    await go();
    expect([tasks().length, (await one()).state]).toEqual([1, 'submitted']);
    expect(await quota()).toMatchObject([{ used: 1 }]);
  });

  it('of a worker that died while submitting is looked for', async () => {
    await toGroups(await makeGroup(lin, '一群'));
    await go();
    await world.siyu.database.pool.query(
      "update broadcast set state = 'claimed', claimed_by = 999, platform_id = null, submitted_at = null",
    );
    await go();
    expect([tasks().length, (await one()).state]).toEqual([1, 'submitted']);
  });

  it('that is refused for its frequency or its token goes out once', async () => {
    await toGroups(await makeGroup(lin, '一群'));
    world.sandbox.setFaults({
      apiErrors: [{ path: 'add_msg_template', errcode: 45009, times: 1 }],
      invalidateToken: true,
    });
    await go();
    expect(await one()).toMatchObject({ state: 'planned', reason: null });
    expect((await quota()).every((row) => row.used === 0)).toBe(true);
    await world.reconnect();
    await go();
    expect([tasks().length, (await one()).state]).toEqual([1, 'submitted']);
  });

  it('leaves out groups that have had as many as they may have, and fails when none is left', async () => {
    const [full, fresh] = [await makeGroup(lin, '满'), await makeGroup(lin, '新')];
    await toGroups(full);
    await go();
    await world.siyu.database.pool.query('update touch_quota set used = 31');
    await toGroups(full, fresh);
    await go();
    expect(await targets()).toMatchObject(
      [full, fresh].sort().map((key) => ({
        key,
        state: key === full ? 'failed' : 'waiting',
        reason: key === full ? 'platform_quota' : null,
      })),
    );
    await toGroups(full);
    await go();
    expect(await one()).toMatchObject({ state: 'failed', reason: 'platform_quota', failedCount: 1 });
    expect(tasks()).toHaveLength(2);
  });

  it('is reminded of at most three times, by itself and by hand', async () => {
    await toGroups(await makeGroup(lin, '一群'));
    await go();
    const { id } = await one();
    const { siyu } = world;
    await goLater(4.1);
    expect(tasks()[0]?.reminders).toHaveLength(1);
    for (let i = 0; i < 2; i++) {
      await siyu.call(siyu.owner, remindBroadcast, { id });
      await go();
    }
    expect(tasks()[0]?.reminders).toHaveLength(3);
    expect(await siyu.ask(siyu.owner, remindBroadcast, { id })).toMatchObject({
      status: 409,
      body: { error: { code: 'broadcast_reminded' } },
    });
    confirm();
    await goLater();
    expect(await siyu.ask(siyu.owner, remindBroadcast, { id })).toMatchObject({
      body: { error: { code: 'broadcast_not_waiting' } },
    });
  });

  it('that nobody sends in time is stopped on the platform and expires', async () => {
    await toGroups(await makeGroup(lin, '一群'));
    await go();
    await goLater(49);
    expect(await one()).toMatchObject({ state: 'expired', reason: 'not_confirmed', failedCount: 1 });
    expect(tasks()[0]?.cancelledAt).not.toBeNull();
  });

  it('can be stopped before it goes and while it waits; what was sent stays sent', async () => {
    const group = await makeGroup(lin, '一群');
    const { siyu } = world;
    await plan(draft({ channel: 'wecom_group', chatIds: [group] }, { dueAt: new Date(Date.now() + hourMs) }));
    const stopped = await inTransaction(siyu.ctx, (ctx) => cancelBroadcasts(ctx, { kind: 'campaign', sourceId: 9 }));
    expect([stopped, (await one()).state, tasks().length]).toEqual([1, 'cancelled', 0]);
    await toGroups(group);
    await go();
    await siyu.call(siyu.owner, cancelBroadcast, { id: (await one()).id });
    expect(await one()).toMatchObject({ isEnding: true });
    await go();
    expect(await one()).toMatchObject({ state: 'cancelled', isEnding: false });
    expect(tasks()[0]?.cancelledAt).not.toBeNull();
    await toGroups(group);
    await go();
    confirm();
    await siyu.call(siyu.owner, cancelBroadcast, { id: (await one()).id });
    await go();
    expect(await one()).toMatchObject({ state: 'cancelled', sentCount: 1 });
    expect(await siyu.ask(siyu.owner, cancelBroadcast, { id: (await one()).id })).toMatchObject({
      body: { error: { code: 'broadcast_over' } },
    });
  });

  it('of which nobody can tell whether it arrived waits for somebody to decide', async () => {
    await toGroups(await makeGroup(lin, '一群'));
    const { siyu } = world;
    world.sandbox.setFaults({ apiErrors: [{ path: '*', errcode: -1 }] });
    await go();
    await goLater(49);
    expect(await one()).toMatchObject({ state: 'unknown', reason: 'no_answer' });
    world.sandbox.setFaults({ apiErrors: [] });
    await goLater();
    expect(tasks()).toHaveLength(0);
    await siyu.call(siyu.owner, decideBroadcast, { id: (await one()).id, as: 'again' });
    await go();
    expect([tasks().length, (await one()).state]).toEqual([1, 'submitted']);
    expect(await siyu.ask(siyu.owner, decideBroadcast, { id: (await one()).id, as: 'sent' })).toMatchObject({
      body: { error: { code: 'broadcast_known' } },
    });
  });

  it('with words that are gone fails with its reason', async () => {
    const group = await makeGroup(lin, '一群');
    await plan(draft({ channel: 'wecom_group', chatIds: [group] }, { versionId: 999_999 }));
    await go();
    expect(await one()).toMatchObject({ state: 'failed', reason: 'content_missing' });
  });
});

describe('a Moment', () => {
  const moments = () => world.sandbox.momentTruth().filter((moment) => moment.creator === null);
  const post = async (more: Partial<BroadcastDraft['audience']> = {}) =>
    plan(
      draft({
        channel: 'wecom_moment',
        staffIds: [await world.staffId(lin)],
        tagIds: [],
        ...more,
      } as BroadcastDraft['audience']),
    );
  const publish = () => {
    for (const { momentId, members } of moments())
      for (const { userid } of members) world.sandbox.confirmTask(userid, momentId);
  };

  it('is a job, then a task of its members, and those whom it reached have been touched by it', async () => {
    await post();
    await go();
    expect(await one()).toMatchObject({ state: 'submitted', text: '秋天的第一杯桂花乌龙', targetCount: 1 });
    await goLater();
    expect(await targets()).toMatchObject([{ key: lin, state: 'waiting' }]);
    publish();
    await goLater();
    expect(await one()).toMatchObject({ state: 'confirmed', sentCount: 1, customerCount: 3 });
    const { rows } = await world.siyu.call(world.siyu.owner, listTouches, { channel: 'wecom_moment' } as never);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({ state: 'delivered', channel: 'wecom_moment', text: '秋天的第一杯桂花乌龙' });
    const { rows: spent } = await world.siyu.database.pool.query(
      "select 1 from attention where channel = 'wecom_moment'",
    );
    expect(spent).toEqual([]);
    world.sandbox.like(people[0] ?? '', moments()[0]?.momentId ?? '', lin);
    world.sandbox.comment(people[1] ?? '', moments()[0]?.momentId ?? '', lin, '想喝');
    await goLater(12);
    expect(await one()).toMatchObject({ state: 'confirmed', likeCount: 1, commentCount: 1 });
    await goLater(13);
    expect(await one()).toMatchObject({ state: 'done', customerCount: 3 });
    expect(await quota()).toMatchObject([{ name: 'wecom_moment', used: 1 }, { name: 'wecom_moment_minute' }]);
  });

  it('whose answer was lost is found and not made again', async () => {
    await post();
    world.sandbox.setFaults({ dropResponse: { path: 'add_moment_task', rate: 1 } });
    await go();
    expect(await one()).toMatchObject({ state: 'planned', reason: 'no_answer' });
    world.sandbox.setFaults({ dropResponse: null });
    await go();
    expect(await one()).toMatchObject({ state: 'submitted' });
    expect(moments()).toHaveLength(1);
  });

  it('is not made without the tags it is for', async () => {
    await post({ tagIds: [123_456] } as never);
    await go();
    expect(await one()).toMatchObject({ state: 'failed', reason: 'platform_refused' });
    expect(moments()).toHaveLength(0);
  });

  it('of everybody names its members when the platform does', async () => {
    await post({ staffIds: [] } as never);
    await go();
    await goLater();
    expect((await targets()).length).toBeGreaterThan(1);
  });

  it('that is over its month waits', async () => {
    await post();
    await go();
    await world.siyu.database.pool.query("update touch_quota set used = 100000 where name = 'wecom_moment'");
    await post();
    await go();
    expect(await one()).toMatchObject({ state: 'planned', platformMessage: 'platform quota' });
    expect(moments()).toHaveLength(1);
  });

  it('that not everybody published in time is stopped, and what was published counts', async () => {
    await post({ staffIds: [await world.staffId(lin), await world.staffId(other)] } as never);
    await go();
    await goLater();
    const [moment] = moments();
    world.sandbox.confirmTask(lin, moment?.momentId ?? '');
    await goLater(49);
    expect(await one()).toMatchObject({ state: 'done', sentCount: 1, failedCount: 1, customerCount: 3 });
    expect(moments()[0]?.cancelledAt).not.toBeNull();
  });
});
