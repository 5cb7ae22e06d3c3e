import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreseeCampaign, sampleCampaign } from '#contract/campaigns';
import { createContent } from '#contract/content';
import { createAttribute } from '#contract/customers';
import { inTransaction } from '#platform/ctx';
import { sql } from '#platform/db';
import { createTestApp, type TestApp } from '#testing';
import { withdrawConsent } from '#touch';

const people = 900;
const noon = new Date('2026-11-19T04:00:00Z');
let siyu: TestApp;
let careId: number;
let personalId: number;

beforeAll(async () => {
  siyu = await createTestApp();
  siyu.clock.set({ realMs: Date.now(), simMs: noon.getTime(), speed: 0 });
  const { db } = siyu.database;
  await sql`insert into staff (wecom_userid, name, observed_at) values ('li', '李娜', ${noon}), ('wang', '王强', ${noon})`.execute(
    db,
  );
  await sql`
    insert into customer (name, added_at, created_at) select '顾客' || n, ${noon}, ${noon} from generate_series(1, ${people}) n
  `.execute(db);
  // A third with each member, and a third with nobody.
  await sql`
    insert into follow (customer_id, external_userid, staff_id, state, added_at, changes)
    select c.id, 'wm' || c.id, s.id, 'active', ${noon}, '[]' from customer c
    join staff s on s.wecom_userid = case c.id % 3 when 0 then 'li' when 1 then 'wang' end
  `.execute(db);
  await inTransaction(siyu.ctx, async (ctx) => {
    for (const customerId of [3, 6, 9]) {
      await withdrawConsent(ctx, { customerId, channel: 'any', category: 'any', evidence: { how: 'message' } });
    }
  });
  await siyu.call(siyu.owner, createAttribute, { key: 'city', name: '城市', kind: 'text' });
  const same = { wecom: { text: '天气转凉，注意保暖' } };
  const personal = { wecom: { text: '{{ customer.name }}，{{ customer.attributes.city }}降温了' } };
  careId = (await siyu.call(siyu.owner, createContent, { name: '问候', category: 'care', wordings: same })).id;
  personalId = (await siyu.call(siyu.owner, createContent, { name: '个性问候', category: 'care', wordings: personal }))
    .id;
});
afterAll(() => siyu.close());

const draft = () => ({
  who: { kind: 'rule' as const, tree: { kind: 'account_kind' as const, values: ['wechat' as const] } },
  variants: [{ part: 'A', contentId: careId }],
  holdoutBasisPoints: 2000,
});

describe('a dry run', () => {
  it('says how many would be reached, and why not the others', async () => {
    const found = await siyu.call(siyu.owner, foreseeCampaign, draft());
    expect(found).toMatchObject({ size: people, sampled: null, needsApproval: false, senders: 2, tasks: 2 });
    expect(Object.fromEntries(found.suppressed.map(({ reason, count }) => [reason, count]))).toEqual({
      not_a_contact: people / 3,
      consent_withdrawn: 3,
    });
    expect(found.allowed).toBe((people * 2) / 3 - 3);
    expect(Math.abs(found.holdout / found.allowed - 0.2)).toBeLessThan(0.06);
    const { rows } = await sql`select 1 from touch`.execute(siyu.database.db);
    expect(rows).toEqual([]);
  });

  it('of the night says that it would wait', async () => {
    const at = new Date('2026-11-19T15:30:00Z').toISOString();
    const found = await siyu.call(siyu.owner, foreseeCampaign, { ...draft(), schedule: { kind: 'at', at } });
    expect(found.deferred).toMatchObject([{ reason: 'quiet_hours' }]);
    expect(found.allowed).toBe(0);
  });

  it('counts a task for each customer where the words are personal, and hours and variants otherwise', async () => {
    const personal = { ...draft(), variants: [{ part: 'A', contentId: personalId }], holdoutBasisPoints: 0 };
    const found = await siyu.call(siyu.owner, foreseeCampaign, personal);
    expect(found.variants).toMatchObject([{ part: 'A', isPersonal: true, people: found.allowed }]);
    expect(found.tasks).toBe(found.allowed);
    const many = {
      ...draft(),
      throttleHours: 3,
      variants: [
        { part: 'A', contentId: careId },
        { part: 'B', contentId: careId },
      ],
    };
    expect(await siyu.call(siyu.owner, foreseeCampaign, many)).toMatchObject({ tasks: 2 * 2 * 3 });
  });

  it('of chosen staff leaves out those whom they do not have', async () => {
    const { rows } = await sql<{ id: number }>`select id from staff where wecom_userid = 'li'`.execute(
      siyu.database.db,
    );
    const sender = { kind: 'staff' as const, staffIds: [rows[0]?.id ?? 0] };
    const found = await siyu.call(siyu.owner, foreseeCampaign, { ...draft(), sender });
    expect(found).toMatchObject({ allowed: people / 3 - 3, senders: 1 });
    expect(found.suppressed).toContainEqual({ reason: 'no_sender', count: (people * 2) / 3 });
  });

  it('shows people with what they would get, and what is missing', async () => {
    const { rows } = await siyu.call(siyu.owner, sampleCampaign, {
      ...draft(),
      variants: [
        { part: 'A', contentId: careId },
        { part: 'B', contentId: personalId },
      ],
    });
    expect(rows).toHaveLength(6);
    expect(rows.filter((row) => row.part === 'A')[0]?.message).toMatchObject({
      kind: 'wecom',
      text: '天气转凉，注意保暖',
    });
    const personal = rows.find((row) => row.part === 'B');
    expect(personal?.message).toMatchObject({ text: `${personal?.customer?.name}，降温了` });
    expect(personal?.missing).toEqual(['customer.attributes.city']);
  });
});
