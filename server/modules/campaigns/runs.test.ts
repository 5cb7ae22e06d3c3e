import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  approveCampaign,
  type CampaignDraft,
  cancelCampaign,
  createCampaign,
  getCampaign,
  launchCampaign,
  listCampaigns,
  pauseCampaign,
  rejectCampaign,
  resumeCampaign,
  setCampaignSettings,
  updateCampaign,
  withdrawCampaign,
} from '#contract/campaigns';
import { createContent } from '#contract/content';
import { createSegment, deleteSegment, getSegment } from '#contract/segments';
import { sql } from '#platform/db';
import { createTestApp, drainPumps, type Person, type TestApp } from '#testing';
import { runPump } from './runs.ts';

/** Enough for three batches. */
const people = 12_000;
const everybody = { kind: 'account_kind' as const, values: ['wechat' as const] };

let siyu: TestApp;
let colleague: Person;
let contentId: number;
let careId: number;
let smsId: number;

beforeAll(async () => {
  siyu = await createTestApp();
  setClock(new Date('2026-11-19T03:00:00Z'));
  colleague = await siyu.signIn('operator');
  await sql`
    insert into customer (name, added_at, created_at) select '顾客' || n, ${siyu.ctx.now}, ${siyu.ctx.now}
    from generate_series(1, ${people}) n
  `.execute(siyu.database.db);
  await sql`
    insert into staff (wecom_userid, name, observed_at) values ('li', '李娜', ${siyu.ctx.now}), ('wang', '王强', ${siyu.ctx.now})
  `.execute(siyu.database.db);
  await sql`
    insert into follow (customer_id, external_userid, staff_id, state, added_at, changes)
    select c.id, 'wm' || c.id, s.id, 'active', ${siyu.ctx.now}, '[]' from customer c join staff s on s.wecom_userid = case when c.id % 3 = 0 then 'li' else 'wang' end
  `.execute(siyu.database.db);
  const wordings = { wecom: { text: '{{ customer.name }}，周末新品上架' } };
  contentId = (await siyu.call(siyu.owner, createContent, { name: '上新', category: 'promotion', wordings })).id;
  careId = (await siyu.call(siyu.owner, createContent, { name: '问候', category: 'care', wordings })).id;
  const sms = { sms: { templateCode: 'SMS_1', templateText: '上新了', params: [] } };
  smsId = (await siyu.call(siyu.owner, createContent, { name: '短信', category: 'promotion', wordings: sms })).id;
});
afterAll(() => siyu.close());

beforeEach(async () => {
  await sql`truncate campaign, campaign_run, campaign_candidate, campaign_result, touch, touch_hold cascade`.execute(
    siyu.database.db,
  );
  await siyu.call(siyu.owner, setCampaignSettings, { approvalSize: 1_000_000 });
});

const draftOf = (over: Partial<CampaignDraft> = {}) => ({
  name: '周末上新',
  who: { kind: 'rule' as const, tree: everybody },
  variants: [{ part: 'A', contentId }],
  ...over,
});

const setClock = (to: Date) => siyu.clock.set({ realMs: Date.now(), simMs: to.getTime(), speed: 0 });
const drain = () => drainPumps(siyu.ctx, [runPump]);
const launched = async (over: Partial<CampaignDraft> = {}) => {
  const { id } = await siyu.call(siyu.owner, createCampaign, draftOf(over));
  return { id, ...(await siyu.call(siyu.owner, launchCampaign, { id })) };
};
const stateOf = async (id: number) => (await siyu.call(siyu.owner, getCampaign, { id })).state;

interface Counts {
  touches: number;
  customers: number;
  holdout: number;
  parts: number;
  due: number;
  staff: number;
}
const countTouches = async (id: number) => {
  const { rows } = await sql<Counts>`
    select count(*) as touches, count(distinct customer_id) as customers, count(*) filter (where is_holdout) as holdout,
      count(distinct part) as parts, count(distinct due_at) as due, count(distinct staff_id) as staff
    from touch where kind = 'campaign' and source_id = ${id}
  `.execute(siyu.database.db);
  return rows[0] as Counts;
};

describe('a run', () => {
  it('plans everybody once, and leaves a tenth alone', async () => {
    const { id, state, size } = await launched();
    expect({ state, size }).toEqual({ state: 'scheduled', size: people });
    await drain();
    const counts = await countTouches(id);
    expect(counts).toMatchObject({ touches: people, customers: people, parts: 1, due: 1, staff: 0 });
    expect(Math.abs(counts.holdout - people / 10)).toBeLessThan(150);
    const { runs, state: now } = await siyu.call(siyu.owner, getCampaign, { id });
    expect(now).toBe('running');
    expect(runs).toMatchObject([{ number: 1, state: 'sending', plannedCount: people, skipped: {} }]);
  });

  it('plans nobody twice and leaves nobody out, whatever is killed on the way', async () => {
    const { id } = await launched({
      throttleHours: 6,
      variants: [
        { part: 'A', name: '', contentId, weight: 1 },
        { part: 'B', name: '', contentId, weight: 1 },
      ],
    });
    let isOver = false;
    let kills = 0;
    const killing = (async () => {
      while (!isOver) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        const { rowCount } = await siyu.database.pool.query(`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' and xact_start is not null limit 1`);
        kills += rowCount ?? 0;
        if (kills > 12) return;
      }
    })();
    const worker = async () => {
      for (let failures = 0; failures < 200; ) {
        try {
          await drain();
          const { rows } = await siyu.database.pool.query(
            "select 1 from campaign where state = 'scheduled' union all select 1 from campaign_run where state = 'planning'",
          );
          if (rows.length === 0) return;
        } catch {
          failures++;
        }
      }
      throw new Error('never came to an end');
    };
    await Promise.all([worker(), worker(), worker()]);
    isOver = true;
    await killing;
    expect(kills).toBeGreaterThan(0);
    expect(await countTouches(id)).toMatchObject({ touches: people, customers: people, parts: 2, due: 6 });
    const { runs } = await siyu.call(siyu.owner, getCampaign, { id });
    expect(runs).toMatchObject([{ number: 1, state: 'sending', plannedCount: people }]);
    const { rows } = await sql`select 1 from campaign_candidate`.execute(siyu.database.db);
    expect(rows).toEqual([]);
  });

  it('of chosen staff goes to those whom they have, and counts the others', async () => {
    const { rows } = await sql<{ id: number }>`select id from staff where wecom_userid = 'li'`.execute(
      siyu.database.db,
    );
    const { id } = await launched({ sender: { kind: 'staff', staffIds: [rows[0]?.id ?? 0] } });
    await drain();
    expect(await countTouches(id)).toMatchObject({ touches: people / 3, staff: 1 });
    const { runs } = await siyu.call(siyu.owner, getCampaign, { id });
    expect(runs).toMatchObject([{ plannedCount: people / 3, skipped: { no_sender: (people * 2) / 3 } }]);
  });

  it('of a segment takes its kept members, and those who came before their turn', async () => {
    const tree = { kind: 'bucket' as const, seed: 3, from: 0, to: 500 };
    const { id: segmentId } = await siyu.call(siyu.owner, createSegment, { name: '一部分', tree });
    const { id } = await siyu.call(siyu.owner, createCampaign, draftOf({ who: { kind: 'segment', segmentId } }));
    const early = await siyu.ask(siyu.owner, launchCampaign, { id });
    expect(early.body).toMatchObject({ error: { code: 'segment_not_filled' } });
    const pumps = siyu.app.modules.flatMap((module) => module.pumps ?? []);
    await drainPumps(
      siyu.ctx,
      pumps.filter((pump) => pump.name === 'segments.fill'),
    );
    const { memberCount, usedBy } = await siyu.call(siyu.owner, getSegment, { id: segmentId });
    expect(usedBy).toMatchObject([{ kind: 'campaign', id }]);
    expect((await siyu.ask(siyu.owner, deleteSegment, { id: segmentId })).body).toMatchObject({
      error: { code: 'segment_in_use' },
    });
    await siyu.call(siyu.owner, launchCampaign, { id });
    await drain();
    expect(await countTouches(id)).toMatchObject({ touches: memberCount });
  });

  it('that recurs comes again at its time, with draws of its own', async () => {
    const { id } = await launched({
      schedule: { kind: 'weekly', weekdays: [1, 2, 3, 4, 5, 6, 7], minute: 600, until: null },
    });
    expect(await stateOf(id)).toBe('scheduled');
    await drain();
    expect((await countTouches(id)).touches).toBe(0);
    const first = await siyu.call(siyu.owner, getCampaign, { id });
    setClock(new Date(first.nextRunAt ?? ''));
    await drain();
    setClock(new Date(siyu.clock.now().getTime() + 86_400_000));
    await drain();
    const { runs, nextRunAt } = await siyu.call(siyu.owner, getCampaign, { id });
    expect(runs.map(({ number }) => number)).toEqual([2, 1]);
    expect(new Date(nextRunAt ?? '').getTime() - siyu.clock.now().getTime()).toBe(86_400_000);
    const { rows } = await sql<{ both: number; one: number }>`
      select count(*) filter (where n = 2) as both, count(*) filter (where n = 1) as one from (
        select count(*) filter (where is_holdout) as n from touch where source_id = ${id} group by customer_id
      ) t
    `.execute(siyu.database.db);
    // One in a hundred is left alone both times: the second draw knows nothing of the first.
    expect(Math.abs((rows[0]?.both ?? 0) - people / 100)).toBeLessThan(60);
  });
});

describe('what is paused, resumed, cancelled', () => {
  it('plans nothing while it is paused, and goes on where it was', async () => {
    const { id } = await launched();
    await runPump.drain(siyu.ctx, undefined as never, { number: 0 });
    await runPump.drain(siyu.ctx, undefined as never, { number: 0 });
    expect(await countTouches(id)).toMatchObject({ touches: 5000 });
    await siyu.call(siyu.owner, pauseCampaign, { id });
    await drain();
    expect(await countTouches(id)).toMatchObject({ touches: 5000 });
    const { rows } = await sql`select 1 from touch_hold where kind = 'campaign' and source_id = ${id}`.execute(
      siyu.database.db,
    );
    expect(rows).toHaveLength(1);
    await siyu.call(siyu.owner, resumeCampaign, { id });
    await drain();
    expect(await countTouches(id)).toMatchObject({ touches: people, customers: people });
  });

  it('is not even decided about by the gate while it is paused', async () => {
    const { id } = await launched();
    await drain();
    await siyu.call(siyu.owner, pauseCampaign, { id });
    const gate = siyu.app.modules.flatMap((module) => module.pumps ?? []).find(({ name }) => name === 'touch.decide');
    const decide = async () => {
      for (let did = 1; did > 0; ) did = (await gate?.drain(siyu.ctx, siyu as never, { number: 0 })) ?? 0;
    };
    await decide();
    const statesOf = async () => {
      const { rows } = await sql<{ state: string; reason: string | null; isHoldout: boolean; count: number }>`
        select state, reason, is_holdout as "isHoldout", count(*) as count from touch where source_id = ${id}
        group by 1, 2, 3 order by 1
      `.execute(siyu.database.db);
      return rows;
    };
    expect((await statesOf()).map(({ state }) => state)).toEqual(['planned', 'planned']);
    await siyu.call(siyu.owner, resumeCampaign, { id });
    // What is held is looked at again after a while.
    setClock(new Date(siyu.clock.now().getTime() + 30 * 60_000));
    await decide();
    const { holdout } = await countTouches(id);
    expect(await statesOf()).toEqual([
      { state: 'allowed', reason: null, isHoldout: false, count: people - holdout },
      { state: 'suppressed', reason: 'holdout', isHoldout: true, count: holdout },
    ]);
    await sql`truncate attention`.execute(siyu.database.db);
  });

  it('sends nothing of what was cancelled', async () => {
    const { id } = await launched();
    await runPump.drain(siyu.ctx, undefined as never, { number: 0 });
    await runPump.drain(siyu.ctx, undefined as never, { number: 0 });
    expect(await siyu.call(siyu.owner, cancelCampaign, { id })).toEqual({ cancelled: 5000 });
    await drain();
    expect(await countTouches(id)).toMatchObject({ touches: 5000 });
    const { rows } = await sql`select 1 from touch where source_id = ${id} and state <> 'cancelled'`.execute(
      siyu.database.db,
    );
    expect(rows).toEqual([]);
    expect((await siyu.ask(siyu.owner, resumeCampaign, { id })).body).toMatchObject({
      error: { code: 'campaign_not_paused' },
    });
    expect((await siyu.ask(siyu.owner, cancelCampaign, { id })).body).toMatchObject({
      error: { code: 'campaign_over' },
    });
  });

  it('leaves out the runs whose time passed while it was paused', async () => {
    const { id } = await launched({
      schedule: { kind: 'weekly', weekdays: [1, 2, 3, 4, 5, 6, 7], minute: 0, until: null },
    });
    await siyu.call(siyu.owner, pauseCampaign, { id });
    setClock(new Date(siyu.clock.now().getTime() + 3 * 86_400_000));
    await siyu.call(siyu.owner, resumeCampaign, { id });
    await drain();
    const { runs, nextRunAt } = await siyu.call(siyu.owner, getCampaign, { id });
    expect(runs).toEqual([]);
    expect(new Date(nextRunAt ?? '').getTime()).toBeGreaterThan(siyu.clock.now().getTime());
  });
});

describe('approval', () => {
  beforeEach(() => siyu.call(siyu.owner, setCampaignSettings, { approvalSize: 100 }));

  it('is given by somebody else', async () => {
    const { id, state } = await launched();
    expect(state).toBe('waiting');
    await drain();
    expect((await countTouches(id)).touches).toBe(0);
    expect((await siyu.ask(siyu.owner, approveCampaign, { id })).body).toMatchObject({
      error: { code: 'campaign_own_approval' },
    });
    expect((await siyu.call(siyu.owner, getCampaign, { id })).approval?.isYours).toBe(false);
    expect((await siyu.call(colleague, getCampaign, { id })).approval?.isYours).toBe(true);
    await siyu.call(colleague, approveCampaign, { id, note: '可以' });
    await drain();
    expect((await countTouches(id)).touches).toBe(people);
    const { history, approval } = await siyu.call(siyu.owner, getCampaign, { id });
    expect(approval).toMatchObject({ requestedBy: 'Owner', approvedBy: 'operator', size: people });
    expect(history.map(({ action }) => action)).toEqual([
      'campaign.run_started',
      'campaign.approved',
      'campaign.approval_asked',
      'campaign.created',
    ]);
    expect(history[1]?.note).toBe('可以');
  });

  it('is not given by whoever changed it last, though another asked', async () => {
    const { id } = await siyu.call(siyu.owner, createCampaign, draftOf());
    await siyu.call(colleague, updateCampaign, { id, ...draftOf({ name: '改过' }) });
    await siyu.call(siyu.owner, launchCampaign, { id });
    for (const person of [siyu.owner, colleague]) {
      expect((await siyu.ask(person, approveCampaign, { id })).body).toMatchObject({
        error: { code: 'campaign_own_approval' },
      });
    }
  });

  it('can be refused, with what has to be changed', async () => {
    const { id } = await launched();
    await siyu.call(colleague, rejectCampaign, { id, note: '对照组太小' });
    const { state, history } = await siyu.call(siyu.owner, getCampaign, { id });
    expect(state).toBe('draft');
    expect(history[0]).toMatchObject({ action: 'campaign.rejected', note: '对照组太小' });
  });

  it('comes too late for a time that has passed', async () => {
    const at = new Date(siyu.clock.now().getTime() + 60_000).toISOString();
    const { id } = await launched({ schedule: { kind: 'at', at } });
    setClock(new Date(siyu.clock.now().getTime() + 120_000));
    expect((await siyu.ask(colleague, approveCampaign, { id })).body).toMatchObject({
      error: { code: 'campaign_time_past' },
    });
    await siyu.call(siyu.owner, withdrawCampaign, { id });
    expect((await siyu.ask(siyu.owner, launchCampaign, { id })).body).toMatchObject({
      error: { code: 'campaign_time_past' },
    });
  });

  it('is asked for again when the people have become many more', async () => {
    const tree = { kind: 'bucket' as const, seed: 9, from: 0, to: 200 };
    const { id } = await launched({
      who: { kind: 'rule', tree },
      schedule: { kind: 'at', at: new Date(siyu.clock.now().getTime() + 3_600_000).toISOString() },
    });
    await siyu.call(colleague, approveCampaign, { id });
    await sql`update campaign set approved_size = 50 where id = ${id}`.execute(siyu.database.db);
    setClock(new Date(siyu.clock.now().getTime() + 3_600_000));
    await drain();
    expect(await siyu.call(siyu.owner, getCampaign, { id })).toMatchObject({
      state: 'waiting',
      problem: 'grown',
      runs: [],
    });
    // Its time has come already: whoever looks at it now lets it go now.
    await sql`update campaign set draft = jsonb_set(draft, '{schedule}', '{"kind": "now"}') where id = ${id}`.execute(
      siyu.database.db,
    );
    await siyu.call(colleague, approveCampaign, { id });
    await drain();
    expect(await stateOf(id)).toBe('running');
  });
});

describe('a draft', () => {
  it.each([
    { why: 'content_unknown', over: () => ({ variants: [{ part: 'A', name: '', weight: 1, contentId: 999_999 }] }) },
    { why: 'campaign_content_unfit', over: () => ({ channel: 'email' as const }) },
    {
      why: 'campaign_categories_differ',
      over: () => ({
        variants: [
          { part: 'A', name: '', weight: 1, contentId },
          { part: 'B', name: '', weight: 1, contentId: careId },
        ],
      }),
    },
    { why: 'segment_unknown', over: () => ({ who: { kind: 'segment' as const, segmentId: 999_999 } }) },
    { why: 'staff_unknown', over: () => ({ sender: { kind: 'staff' as const, staffIds: [999_999] } }) },
  ])('is refused: $why', async ({ why, over }) => {
    const answer = await siyu.ask(siyu.owner, createCampaign, draftOf(over()));
    expect(answer.body).toMatchObject({ error: { code: why } });
  });

  it('for SMS needs words for SMS', async () => {
    const { id } = await siyu.call(
      siyu.owner,
      createCampaign,
      draftOf({ channel: 'sms', variants: [{ part: 'A', name: '', weight: 1, contentId: smsId }] }),
    );
    expect(await stateOf(id)).toBe('draft');
  });

  it('for nobody is not launched, and one that is launched is not changed', async () => {
    const nobody = { kind: 'gender' as const, values: ['male' as const] };
    const { id } = await siyu.call(siyu.owner, createCampaign, draftOf({ who: { kind: 'rule', tree: nobody } }));
    expect((await siyu.ask(siyu.owner, launchCampaign, { id })).body).toMatchObject({
      error: { code: 'campaign_empty' },
    });
    const other = await launched();
    expect((await siyu.ask(siyu.owner, updateCampaign, { id: other.id, ...draftOf() })).body).toMatchObject({
      error: { code: 'campaign_not_draft' },
    });
    const { rows } = await siyu.call(siyu.owner, listCampaigns, { state: 'draft' });
    expect(rows.map((row) => row.id)).toEqual([id]);
  });
});
