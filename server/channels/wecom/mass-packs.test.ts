import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMaterial, type Message } from '#contract/content';
import { inTransaction } from '#platform/ctx';
import { type Connected, connectSandbox } from '#testing';
import type { Packer, TouchPack } from '#touch';
import type { WecomChannel } from './index.ts';

const lin = 'linxiaoyu';
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let world: Connected;
let packer: Packer;
let people: string[];
let packs = 0;

beforeAll(async () => {
  world = await connectSandbox();
  return () => world.close();
});
beforeEach(async () => {
  world.sandbox.reset();
  world.sandbox.changeCorp({ massRule: 'monthly' });
  // A new connection: what an API was closed for in one test does not hold in the next.
  await world.reconnect();
  people = await world.befriend(lin, 3);
  const channel = world.siyu.app.modules.find((module) => module.name === 'wecom') as WecomChannel;
  packer = channel.packers[0] as Packer;
});
afterEach(() => {
  world.sandbox.setFaults({ apiErrors: [], dropResponse: null });
});

async function packOf(text: string, more: Partial<TouchPack> & { attachments?: Message['attachments'] } = {}) {
  const { attachments = [], ...rest } = more;
  packs++;
  return {
    id: packs,
    channel: 'wecom_mass',
    staffId: await world.staffId(lin),
    kind: 'campaign',
    sourceId: 1,
    part: null,
    versionId: 1,
    message: { kind: 'wecom', text, attachments },
    platformId: null,
    customerCount: people.length,
    createdAt: world.siyu.ctx.now,
    submittedAt: null,
    confirmedAt: null,
    expiresAt: new Date(world.siyu.ctx.now.getTime() + 86_400_000),
    ...rest,
  } satisfies TouchPack;
}

const tasks = () => world.sandbox.massMessages().tasks.filter((task) => task.creator === null);
const runtime = undefined as never;
const submit = (pack: TouchPack, whom = people, signal = new AbortController().signal) =>
  packer.submit(world.siyu.ctx, pack, whom, runtime, signal);
const find = (pack: TouchPack, whom = people) => packer.find(world.siyu.ctx, pack, whom, runtime);
const poll = (pack: TouchPack) => packer.poll(world.siyu.ctx, pack, runtime);
const remind = (pack: TouchPack) => packer.remind(world.siyu.ctx, pack, runtime);
const cancel = (pack: TouchPack) => packer.cancel(world.siyu.ctx, pack, runtime);
/** A call that the platform answered without doing anything; a moment later that is sure. */
async function submitInVain(pack: TouchPack, whom = people) {
  world.sandbox.setFaults({ apiErrors: [{ path: 'add_msg_template', errcode: -1, times: 1 }] });
  expect(await submit(pack, whom)).toMatchObject({ receipt: { outcome: 'unknown' } });
  await new Promise((resolve) => setTimeout(resolve, 550));
}

describe('a pack', () => {
  it('is not sent any more once another worker may have it', async () => {
    expect(await submit(await packOf('太晚了'), people, AbortSignal.abort())).toMatchObject({
      receipt: { outcome: 'unreachable' },
    });
    expect(tasks()).toEqual([]);
  });

  it('is one task of its member, told without those who are nobody’s customers', async () => {
    const answer = await submit(await packOf('新茶到了'), [...people, 'wmNobodyNobodyNobodyNobodyNobody']);
    expect(answer).toMatchObject({
      receipt: { outcome: 'accepted' },
      failed: [{ externalUserid: 'wmNobodyNobodyNobodyNobodyNobody', reason: 'not_a_contact' }],
    });
    expect(tasks()).toMatchObject([{ msgid: answer.platformId, text: '新茶到了', members: [{ userid: lin }] }]);
  });

  it('has reached nobody before its member sends it, and then whom the platform names', async () => {
    const pack = await packOf('到货了');
    const { platformId = '' } = await submit(pack);
    const waiting = { ...pack, platformId };
    expect(await poll(waiting)).toEqual({ confirmedAt: null, results: [], isOver: false });
    world.sandbox.deleteByCustomer(people[2] ?? '');
    world.sandbox.confirmTask(lin, platformId);
    expect(await poll(waiting)).toMatchObject({
      confirmedAt: expect.any(Date),
      results: [
        { externalUserid: people[0], state: 'delivered', at: expect.any(Date) },
        { externalUserid: people[1], state: 'delivered', at: expect.any(Date) },
        { externalUserid: people[2], state: 'failed', reason: 'not_a_contact' },
      ],
      isOver: true,
    });
  });

  it('is told by the platform when a customer has had as many as he may have', async () => {
    world.sandbox.changeCorp({ massRule: 'daily' });
    const pack = await packOf('第一条');
    const { platformId = '' } = await submit(pack);
    world.sandbox.staffMass(lin, '我自己发的', people.slice(0, 1));
    world.sandbox.confirmTask(lin, platformId);
    const told = await poll({ ...pack, platformId });
    expect(told).toMatchObject({
      results: [{ reason: 'platform_quota' }, { state: 'delivered' }, { state: 'delivered' }],
    });
    // Now nobody is left.
    expect(await submit(await packOf('第二条'))).toMatchObject({
      receipt: { outcome: 'refused', reason: 'platform_quota', retryable: false },
    });
  });

  it('is reminded three times a day, and can be stopped, also twice', async () => {
    const pack = await packOf('提醒');
    const { platformId = '' } = await submit(pack);
    const waiting = { ...pack, platformId };
    for (let i = 0; i < 3; i++) expect(await remind(waiting)).toEqual({ receipt: { outcome: 'accepted' } });
    expect(await remind(waiting)).toMatchObject({
      receipt: { outcome: 'refused', retryable: false },
    });
    expect(await cancel(waiting)).toEqual({ receipt: { outcome: 'accepted' } });
    expect(await cancel(waiting)).toEqual({ receipt: { outcome: 'accepted' } });
    expect(tasks()[0]?.cancelledAt).not.toBeNull();
  });
});

describe('whatever the platform does, nothing is submitted twice:', () => {
  it('a task whose answer was lost is found', async () => {
    const pack = await packOf('丢了回执');
    world.sandbox.setFaults({ dropResponse: { path: 'add_msg_template', rate: 1 } });
    expect(await submit(pack)).toMatchObject({ receipt: { outcome: 'unknown' } });
    world.sandbox.setFaults({ dropResponse: null });
    expect(tasks()).toHaveLength(1);
    expect(await find(pack)).toEqual({ platformId: tasks()[0]?.msgid });
  });

  it('a task that a busy platform did not make is absent, and submitted anew', async () => {
    const pack = await packOf('没有发出');
    await submitInVain(pack);
    expect(await find(pack)).toBe('absent');
    expect(tasks()).toEqual([]);
    expect(await submit(pack)).toMatchObject({ receipt: { outcome: 'accepted' } });
  });

  it('a task that is not there may still come as long as nobody has answered', async () => {
    expect(await find(await packOf('还没回音'))).toMatchObject({ failure: { outcome: 'unreachable' } });
  });

  it('another’s task with the same words is not taken for the one that is looked for', async () => {
    const pack = await packOf('同样的话');
    world.sandbox.staffMass(lin, '同样的话');
    await submit(pack, people.slice(0, 1));
    const other = world.sandbox.staff().find((member) => member.userid !== lin && member.licensed)?.userid ?? '';
    const others = await world.befriend(other, 1);
    await submit({ ...pack, staffId: await world.staffId(other) }, others);
    await submitInVain(pack, people.slice(1));
    expect(await find(pack, people.slice(1))).toBe('absent');
    const { receipt, platformId = '' } = await submit(pack, people.slice(1));
    expect(receipt).toEqual({ outcome: 'accepted' });
    expect(await find(pack, people.slice(1))).toEqual({ platformId });
  });

  it('a task that another pack has is not taken a second time', async () => {
    const pack = await packOf('周周都发');
    const { platformId = '' } = await submit(pack);
    await inTransaction(world.siyu.ctx, (ctx) =>
      ctx.db
        .insertInto('touch_pack')
        .values({
          channel: 'wecom_mass',
          kind: 'campaign',
          message: JSON.stringify(pack.message),
          state: 'submitted',
          platform_id: platformId,
          customer_count: 3,
          created_at: ctx.now,
          expires_at: ctx.now,
        })
        .execute(),
    );
    const other = { ...pack, id: 1_000_000 };
    await submitInVain(other);
    expect(await find(other)).toBe('absent');
  });

  it('a refusal for frequency says to come again, and has made nothing', async () => {
    world.sandbox.setFaults({ apiErrors: [{ path: 'add_msg_template', errcode: 45009, times: 1 }] });
    expect(await submit(await packOf('太频繁'))).toMatchObject({ receipt: { outcome: 'refused', retryable: true } });
    expect(tasks()).toEqual([]);
  });

  it('while the platform still hands the task out, nothing is known and nothing is wrong', async () => {
    const pack = await packOf('下发中');
    const { platformId = '' } = await submit(pack);
    world.sandbox.setFaults({
      apiErrors: [
        { path: 'get_groupmsg_task', errcode: 41063, times: 2 },
        { path: 'get_groupmsg_send_result', errcode: 41063, times: 1 },
      ],
    });
    expect(await find(pack)).toMatchObject({ failure: { outcome: 'refused', retryable: true } });
    expect(await poll({ ...pack, platformId })).toMatchObject({ failure: { outcome: 'refused', retryable: true } });
    expect(await find(pack)).toMatchObject({ failure: { outcome: 'refused', retryable: true } });
    expect(await find(pack)).toEqual({ platformId });
  });

  it('a token that expired is renewed in the same attempt', async () => {
    world.sandbox.setFaults({ invalidateToken: true });
    expect(await submit(await packOf('令牌过期'))).toMatchObject({ receipt: { outcome: 'accepted' } });
    expect(tasks()).toHaveLength(1);
  });

  it('files that the platform no longer has are uploaded again, and the task is made once', async () => {
    const { siyu } = world;
    const material = await siyu.ask(siyu.owner, createMaterial, { name: 'tea.png' }, png);
    const attachments = [{ kind: 'image', materialId: material.body.id }] as const;
    await submit(await packOf('第一次', { attachments: [...attachments] }));
    const mediaId = async () => (await siyu.database.pool.query('select media_id from wecom_media')).rows[0]?.media_id;
    const before = await mediaId();
    for (const errcode of [40007, 40145]) {
      world.sandbox.setFaults({ apiErrors: [{ path: 'add_msg_template', errcode, times: 1 }] });
      const pack = await packOf(`换图 ${errcode}`, { attachments: [...attachments] });
      expect(await submit(pack)).toMatchObject({ receipt: { outcome: 'accepted' } });
      expect(tasks().filter((task) => task.text === `换图 ${errcode}`)).toHaveLength(1);
    }
    expect(await mediaId()).not.toBe(before);
  });

  it('words the platform will not carry are refused for good', async () => {
    world.sandbox.setFaults({ apiErrors: [{ path: 'add_msg_template', errcode: 40201, times: 1 }] });
    expect(await submit(await packOf('违禁'))).toMatchObject({
      receipt: { outcome: 'refused', reason: 'content_refused', retryable: false },
    });
  });
});
