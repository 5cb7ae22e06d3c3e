import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { policy as policySchema } from '#contract/touch';
import { sql } from '#platform/db';
import { createTouchWorld, hours, openPolicy, type TouchWorld } from '#testing/touch-world';
import { grantConsent, withdrawConsent } from './consent.ts';
import { readAttention } from './explain.ts';
import { foreseeVerdicts } from './foresee.ts';
import { listTouchPage } from './list.ts';
import { touchChores } from './months.ts';
import { bookQuota, giveQuotaBack } from './quota.ts';

let world: TouchWorld;

beforeAll(async () => {
  world = await createTouchWorld();
});
afterEach(() => world.clear());
afterAll(() => world?.drop());

const evidence = { how: 'form', text: '登记表' } as const;
const addPast = (channel: string, category: string, hoursAgo: number, isOpen = false) =>
  world.database.pool.query(
    `insert into attention (customer_id, at, touch_id, channel, category, staff_id, is_open) values (1, $1, $2, $3, $4, 2, $5)`,
    [hours(-hoursAgo), -Math.round(hoursAgo * 10), channel, category, isOpen],
  );

describe('the attention of a customer', () => {
  it('is told as the gate would decide, for every channel and category', async () => {
    await world.setPolicy(policySchema.parse({}));
    await addPast('wecom_mass', 'promotion', 80);
    await addPast('email', 'content', 50);
    await addPast('wecom_mass', 'care', 30, true);
    await world.write((ctx) => withdrawConsent(ctx, { customerId: 1, channel: 'email', category: 'any', evidence }));
    const attention = await readAttention(world.ctx, 1);
    expect(attention.verdicts).toHaveLength(20);
    for (const { channel, category, verdict } of attention.verdicts) {
      const people = sql`select 1::bigint as customer_id, null::bigint as staff_id, false as is_holdout`;
      const [foreseen] = await foreseeVerdicts(world.ctx, people, { channel, category, at: world.ctx.now });
      expect({ channel, category, kind: verdict.kind, reason: 'reason' in verdict ? verdict.reason : null }).toEqual({
        channel,
        category,
        kind: foreseen?.verdict,
        reason: foreseen?.reason,
      });
    }
    expect(attention).toMatchObject({ givenSinceAsk: 1, giveBeforeAsk: 2, unanswered: 2, zone: 'Asia/Shanghai' });
    expect(attention.caps.map(({ used }) => used)).toEqual([0, 1, 3]);
  });

  it('knows the newest word for each channel', async () => {
    await world.setPolicy(openPolicy({ optIn: [{ channel: 'sms', category: 'promotion' }] }));
    const consentOf = async (channel: string, category: string) =>
      (await readAttention(world.ctx, 1)).verdicts.find((one) => one.channel === channel && one.category === category)
        ?.consent;
    expect([await consentOf('sms', 'promotion'), await consentOf('sms', 'care')]).toEqual(['needed', 'implied']);
    await world.write((ctx) => grantConsent(ctx, { customerId: 1, channel: 'sms', category: 'promotion', evidence }));
    expect(await consentOf('sms', 'promotion')).toBe('granted');
    world.setNow(hours(1));
    await world.write((ctx) => withdrawConsent(ctx, { customerId: 1, channel: 'any', category: 'any', evidence }));
    expect([await consentOf('sms', 'promotion'), await consentOf('wecom_mass', 'care')]).toEqual([
      'withdrawn',
      'withdrawn',
    ]);
    world.setNow(hours(2));
    await world.write((ctx) => grantConsent(ctx, { customerId: 1, channel: 'sms', category: 'any', evidence }));
    expect([await consentOf('sms', 'promotion'), await consentOf('wecom_mass', 'care')]).toEqual([
      'granted',
      'withdrawn',
    ]);
  });
});

describe('the list of touches', () => {
  it('is narrowed by what a touch is and by why it did not go', async () => {
    await world.setPolicy(
      openPolicy({ caps: [{ max: 1, windowHours: 24, channels: [], categories: [], isByStaff: false }] }),
    );
    await world.plan([1, 2, 3]);
    await world.plan([1], { purpose: 'second', sourceId: 2, channel: 'email', category: 'promotion' });
    await world.decide();
    const list = async (filters: object) => (await listTouchPage(world.ctx, { limit: 50, ...filters })).rows;
    expect(await list({})).toHaveLength(4);
    expect(await list({ channel: 'email', category: 'promotion' })).toMatchObject([
      { state: 'deferred', reason: 'cap', detail: { cap: { max: 1 } }, content: { name: '春茶' } },
    ]);
    expect(await list({ reason: 'cap' })).toHaveLength(1);
    expect(await list({ kind: 'campaign', source: 1, customer: 2 })).toHaveLength(1);
    const page = await listTouchPage(world.ctx, { limit: 3 });
    const rest = await listTouchPage(world.ctx, { limit: 3, after: page.next ?? '' });
    expect(rest.rows).toHaveLength(1);
  });
});

describe('a quota', () => {
  it('is never booked beyond its limit, and what failed is given back', async () => {
    const quota = { name: 'mails', periodStart: hours(0) };
    const booked = await Promise.all(
      Array.from({ length: 12 }, () => world.write((ctx) => bookQuota(ctx, quota, 1, 5))),
    );
    expect(booked.filter(Boolean)).toHaveLength(5);
    expect(await world.write((ctx) => bookQuota(ctx, quota, 1, 5))).toBe(false);
    await world.write((ctx) => giveQuotaBack(ctx, quota, 2));
    expect(await world.write((ctx) => bookQuota(ctx, quota, 3, 5))).toBe(false);
    expect(await world.write((ctx) => bookQuota(ctx, quota, 2, 5))).toBe(true);
    expect(await world.write((ctx) => bookQuota(ctx, { ...quota, name: 'more than all' }, 6, 5))).toBe(false);
  });
});

describe('months', () => {
  it('are made ahead, and take over rows that came before them', async () => {
    await world.setPolicy(openPolicy());
    await world.plan([1, 2]);
    // As in a month that nobody had made ready for.
    await world.database.pool.query(
      'create table saved as select * from touch; drop table touch_2026_11; insert into touch select * from saved',
    );
    const whereabouts = async () =>
      (await world.database.pool.query('select tableoid::regclass::text as part from touch group by 1')).rows;
    expect(await whereabouts()).toEqual([{ part: 'touch_rest' }]);
    for (let time = 0; time < 2; time++) await world.write((ctx) => touchChores[0]?.run(ctx) ?? Promise.resolve());
    expect(await whereabouts()).toEqual([{ part: 'touch_2026_11' }]);
    await world.decide();
    expect(await world.states()).toEqual(['allowed', 'allowed']);
    const { rows } = await world.database.pool.query(`select to_regclass('attention_2027_02') is not null as is_made`);
    expect(rows).toEqual([{ is_made: true }]);
  });
});
