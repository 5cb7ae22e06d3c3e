import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type CampaignDraft,
  cancelCampaign,
  createCampaign,
  foreseeCampaign,
  getCampaign,
  getCampaignRun,
  launchCampaign,
  measureCampaignRun,
  pauseCampaign,
  sampleCampaign,
} from '#contract/campaigns';
import { createContent } from '#contract/content';
import { sql } from '#platform/db';
import { createTestApp, drainPumps, type TestApp } from '#testing';
import { runPump } from './runs.ts';

const start = new Date('2026-11-19T03:00:00Z');
let siyu: TestApp;
let contentId: number;

const setClock = (to: Date) => siyu.clock.set({ realMs: Date.now(), simMs: to.getTime(), speed: 0 });
const drain = () => drainPumps(siyu.ctx, [runPump]);

beforeAll(async () => {
  siyu = await createTestApp();
  setClock(start);
  const { db } = siyu.database;
  await sql`
    insert into staff (wecom_userid, name, observed_at, can_follow) values ('li', '李娜', ${start}, true), ('wang', '王强', ${start}, true)
  `.execute(db);
  await sql`
    insert into wecom_group_chat (chat_id, name, owner_userid, state, member_count, customer_count) values
      ('wr1', '茶友一群', 'li', 'normal', 90, 80), ('wr2', '茶友二群', 'li', 'normal', 60, 50),
      ('wr3', '老客群', 'wang', 'normal', 40, 30), ('wr4', '解散了', 'wang', 'dismissed', 0, 9)
  `.execute(db);
  await sql`
    insert into customer (name, added_at, created_at) select '顾客' || n, ${start}, ${start} from generate_series(1, 100) n
  `.execute(db);
  await sql`
    insert into follow (customer_id, external_userid, staff_id, state, added_at, changes)
    select c.id, 'wm' || c.id, s.id, 'active', ${start}, '[]' from customer c
    join staff s on s.wecom_userid = case when c.id <= 60 then 'li' else 'wang' end
  `.execute(db);
  await sql`insert into tag_group (kind, name, wecom_id) values ('wecom', '口味', 'g1')`.execute(db);
  await sql`
    insert into tag (group_id, name, wecom_id) values (1, '绿茶', 't1'), (1, '还没同步', null)
  `.execute(db);
  await sql`
    insert into follow_tag (customer_id, external_userid, staff_id, tag_id, changed_at)
    select customer_id, external_userid, staff_id, 1, ${start} from follow where customer_id % 10 = 0
  `.execute(db);
  const text = '周末新品上架';
  const wordings = { wecom: { text }, moment: { text } };
  contentId = (await siyu.call(siyu.owner, createContent, { name: '上新', category: 'content', wordings })).id;
});
afterAll(() => siyu.close());
beforeEach(async () => {
  setClock(start);
  await sql`truncate campaign, broadcast, touch_hold cascade`.execute(siyu.database.db);
});

type Who = CampaignDraft['who'];
const groups = { kind: 'groups', chatIds: ['wr1', 'wr2', 'wr3', 'wr4'] } as const;
const draftOf = (channel: CampaignDraft['channel'], who: Who) => ({
  name: '周末上新',
  channel,
  who,
  variants: [{ part: 'A', contentId }],
  windowHours: 48,
});

async function launched(channel: CampaignDraft['channel'], who: Who): Promise<number> {
  const { id } = await siyu.call(siyu.owner, createCampaign, draftOf(channel, who));
  await siyu.call(siyu.owner, launchCampaign, { id });
  await drain();
  return id;
}

const readTasks = async () => {
  const { rows } = await sql<{ channel: string; state: string; keys: string[]; tags: number[] }>`
    select b.channel, b.state, b.tag_ids as tags, array(select key from broadcast_target t where t.broadcast_id = b.id order by key) as keys
    from broadcast b order by b.id
  `.execute(siyu.database.db);
  return rows;
};

describe('a campaign to groups', () => {
  it('is one task for each owner, and nobody is left alone', async () => {
    const id = await launched('wecom_group', groups as never);
    expect((await readTasks()).map(({ keys }) => keys).sort()).toEqual([['wr1', 'wr2'], ['wr3']]);
    expect(await siyu.call(siyu.owner, getCampaign, { id })).toMatchObject({
      state: 'running',
      size: 160,
      runs: [{ number: 1, state: 'sending', plannedCount: 2 }],
    });
    const { rows } = await sql`select 1 from touch`.execute(siyu.database.db);
    expect(rows).toEqual([]);
  });

  it('is counted, and claims no effect', async () => {
    const id = await launched('wecom_group', groups as never);
    await sql`update broadcast set state = 'done'`.execute(siyu.database.db);
    await sql`update broadcast_target set state = case key when 'wr3' then 'failed' else 'sent' end`.execute(
      siyu.database.db,
    );
    await siyu.call(siyu.owner, measureCampaignRun, { id, number: 1 });
    const run = await siyu.call(siyu.owner, getCampaignRun, { id, number: 1 });
    expect(run).toMatchObject({ state: 'measuring', reached: 130 });
    expect(run.result?.broadcasts).toMatchObject([
      { state: 'done', count: 2, targetCount: 3, sentCount: 2, customerCount: 130 },
    ]);
    expect(run.result?.effect.comparisons[0]?.findings.map(({ conclusion }) => conclusion)).not.toContain('more');
    expect((await siyu.call(siyu.owner, getCampaign, { id })).state).toBe('done');
    setClock(new Date(start.getTime() + 48 * 3_600_000));
    await siyu.call(siyu.owner, measureCampaignRun, { id, number: 1 });
    expect((await siyu.call(siyu.owner, getCampaignRun, { id, number: 1 })).state).toBe('final');
  });

  it('is held while it is paused, and stops when it is cancelled', async () => {
    const id = await launched('wecom_group', groups as never);
    await siyu.call(siyu.owner, pauseCampaign, { id });
    const pump = siyu.app.modules
      .flatMap((module) => module.pumps ?? [])
      .find(({ name }) => name.startsWith('touch.broadcast'));
    await pump?.drain(siyu.ctx, { clock: siyu.clock } as never, { number: 0 });
    expect((await readTasks()).map(({ state }) => state)).toEqual(['planned', 'planned']);
    expect(await siyu.call(siyu.owner, cancelCampaign, { id })).toEqual({ cancelled: 2 });
    expect((await readTasks()).map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
  });

  it('is foreseen, and shown as everybody will see it', async () => {
    const { name: _, ...draft } = draftOf('wecom_group', groups as never);
    expect(await siyu.call(siyu.owner, foreseeCampaign, draft)).toMatchObject({
      size: 160,
      senders: 2,
      tasks: 2,
      holdout: 0,
    });
    const { rows } = await siyu.call(siyu.owner, sampleCampaign, draft);
    expect(rows).toMatchObject([{ customer: null, message: { kind: 'wecom', text: '周末新品上架' } }]);
  });
});

describe('a Moment', () => {
  it('is one task of the chosen members, for their customers with the tags', async () => {
    const { rows } = await sql<{ id: number }>`select id from staff where wecom_userid = 'li'`.execute(
      siyu.database.db,
    );
    const id = await launched('wecom_moment', { kind: 'moment', staffIds: [rows[0]?.id ?? 0], tagIds: [1] });
    expect(await readTasks()).toMatchObject([{ channel: 'wecom_moment', keys: ['li'], tags: [1] }]);
    expect((await siyu.call(siyu.owner, getCampaign, { id })).size).toBe(6);
  });

  it('of a tag that WeCom does not know is refused', async () => {
    const who = { kind: 'moment' as const, staffIds: [], tagIds: [2] };
    const answer = await siyu.ask(siyu.owner, createCampaign, draftOf('wecom_moment', who));
    expect(answer.body).toMatchObject({ error: { code: 'tag_unknown' } });
  });
});

it.each([
  {
    why: 'people for a group message',
    channel: 'wecom_group' as const,
    who: { kind: 'moment' as const, staffIds: [], tagIds: [] },
  },
  { why: 'groups for a mass message', channel: 'wecom_mass' as const, who: groups },
])('refuses $why', async ({ channel, who }) => {
  const answer = await siyu.ask(siyu.owner, createCampaign, draftOf(channel, who as never));
  expect(answer.body).toMatchObject({ error: { code: 'campaign_audience_unfit' } });
});
