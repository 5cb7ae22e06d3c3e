import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Category,
  type Channel,
  category as categorySchema,
  type Policy,
  policy as policySchema,
} from '#contract/touch';
import { type Ctx, inTransaction, systemActor } from '#platform/ctx';
import { silentLog } from '#platform/log';
import { saveSetting } from '#platform/settings';
import { createTestDatabase } from '#testing';
import { decideBatch } from './gate.ts';
import type { TouchReason } from './rules.ts';
import { type Detail, decide, type GatePerson, type GateTouch, type Verdict } from './verdict.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let base: Ctx;

beforeAll(async () => {
  database = await createTestDatabase();
  base = {
    db: database.db,
    bell: database.bell,
    actor: systemActor('test'),
    now: new Date(),
    log: silentLog,
    zone: 'Asia/Shanghai',
    requestId: undefined,
  };
  await database.pool.query(`
    insert into staff (wecom_userid, name, state, can_follow, observed_at)
    select 'staff' || n, 'Staff ' || n, case when n = 4 then 'left' else 'active' end, true, now() from generate_series(1, 4) n;
    insert into attribute_definition (key, name, kind, created_at) values ('time_zone', 'zone', 'text', now())`);
});
beforeEach(clear);
afterAll(() => database?.drop());

async function clear(): Promise<void> {
  await database.pool.query(
    'truncate touch, attention, touch_person, consent, follow, identity, customer_attribute, setting, inbox',
  );
}

const at = (now: Date): Ctx => ({ ...base, now });
const setPolicy = (policy: Policy) =>
  inTransaction(base, (ctx) => saveSetting(ctx, 'touch.policy', policy as unknown as Record<string, unknown>));
async function decideAll(now: Date): Promise<void> {
  while ((await decideBatch(at(now), () => now)) > 0);
}

const minutes = (count: number) => count * 60_000;
const channels: Channel[] = ['wecom_mass', 'staff_task', 'email', 'sms', 'webhook'];

/** A customer with all that the gate looks at, and one touch of his. Times are minutes before now. */
interface Scene {
  follows: { staff: number; state: 'active' | 'left_by_customer'; ago: number }[];
  email: boolean;
  phone: boolean;
  words: { channel: Channel | 'any'; category: Category | 'any'; state: 'granted' | 'withdrawn'; ago: number }[];
  zone: string | null;
  actAgo: number | null;
  muteAgo: number | null;
  past: { channel: Channel; category: Category; staff: number | null; ago: number; isOpen: boolean }[];
  touch: {
    channel: Channel;
    category: Category;
    staff: number | null;
    isHoldout: boolean;
    plannedAgo: number;
    expiresIn: number | null;
  };
}

const zones = [null, null, 'Asia/Shanghai', 'America/New_York', 'Europe/Berlin', 'Asia/Kolkata', 'Nowhere/Land'];
const days60 = 60 * 24 * 60;
const anyChannel = fc.constantFrom(...channels, 'wecom_mass' as const);
const anyCategory = fc.constantFrom(...categorySchema.options);
const staff = fc.integer({ min: 1, max: 4 });
/** Mostly of the last days, where windows are; also exactly at their ends. */
const ago = fc.oneof(
  fc.integer({ min: 0, max: 5 * 24 * 60 }),
  fc.constantFrom(60, 120, 24 * 60, 72 * 60, 168 * 60, 336 * 60),
  fc.integer({ min: 0, max: days60 + 2000 }),
);

const mostly = fc.constantFrom(true, true, true, false);

const scene: fc.Arbitrary<Scene> = fc.record({
  follows: fc.uniqueArray(
    fc.record({
      staff,
      state: fc.constantFrom('active', 'active', 'active', 'left_by_customer'),
      ago: fc.nat(500_000),
    }),
    { maxLength: 3, selector: (follow) => follow.staff },
  ) as fc.Arbitrary<Scene['follows']>,
  email: mostly,
  phone: mostly,
  words: fc.uniqueArray(
    fc.record({
      channel: fc.constantFrom<Channel | 'any'>('any', 'email', 'sms', 'wecom_mass'),
      category: fc.constantFrom<Category | 'any'>('any', 'promotion', 'content'),
      state: fc.constantFrom<'granted' | 'withdrawn'>('granted', 'granted', 'granted', 'withdrawn'),
      ago: fc.nat(20),
    }),
    { maxLength: 2, selector: (word) => `${word.channel} ${word.category}` },
  ),
  zone: fc.constantFrom(...zones),
  actAgo: fc.option(ago, { nil: null }),
  muteAgo: fc.option(ago, { nil: null, freq: 3 }),
  past: fc.array(
    fc.record({
      channel: anyChannel,
      category: anyCategory,
      staff: fc.option(staff, { nil: null }),
      ago,
      isOpen: fc.boolean(),
    }),
    { maxLength: 6 },
  ),
  touch: fc.record({
    channel: anyChannel,
    category: anyCategory,
    staff: fc.option(staff, { nil: null, freq: 2 }),
    isHoldout: fc.constantFrom(false, false, false, false, false, true),
    plannedAgo: fc.integer({ min: 0, max: 60 * 24 * 3 }),
    expiresIn: fc.option(fc.integer({ min: -10, max: 60 * 24 * 4 }), { nil: null }),
  }),
});

const someCap = fc.record({
  max: fc.integer({ min: 1, max: 3 }),
  windowHours: fc.constantFrom(1, 24, 72, 168, 1440),
  channels: fc.uniqueArray(anyChannel, { maxLength: 2 }),
  categories: fc.uniqueArray(anyCategory, { maxLength: 2 }),
  isByStaff: fc.boolean(),
});
const minute = fc.integer({ min: 0, max: 1439 });
const somePolicy: fc.Arbitrary<Policy> = fc
  .record(
    {
      quietHours: fc.option(fc.record({ fromMinute: minute, untilMinute: minute }), { nil: null, freq: 2 }),
      minGapMinutes: fc.constantFrom(0, 60, 120),
      caps: fc.array(someCap, { maxLength: 3 }),
      giveBeforeAsk: fc.integer({ min: 0, max: 3 }),
      fatigue: fc.array(
        fc.record({ touches: fc.integer({ min: 1, max: 4 }), pauseHours: fc.constantFrom(24, 72, 336) }),
        { maxLength: 3 },
      ),
      muteDays: fc.constantFrom(0, 3, 30),
      optIn: fc.array(fc.record({ channel: anyChannel, category: anyCategory }), { maxLength: 4 }),
      exemptCategories: fc.uniqueArray(anyCategory, { maxLength: 1 }),
      controlGroup: fc.record({
        share: fc.constantFrom(0, 0.1, 0.5),
        seed: fc.nat(1000),
        categories: fc.uniqueArray(anyCategory, { maxLength: 3 }),
      }),
      wecomQuota: fc.constantFrom('month_days', 'seven_a_week', 'one_a_day', 'one_a_day'),
      patienceHours: fc.constantFrom(24, 72, 500),
    },
    { requiredKeys: [] },
  )
  .map((draft) => policySchema.parse(draft));

const before = (now: Date, minutesAgo: number) => new Date(now.getTime() - minutes(minutesAgo));

/** Writes the scenes of customers 1, 2, … down. */
async function stage(scenes: readonly Scene[], now: Date): Promise<void> {
  const rows = (of: (scene: Scene, customerId: number) => object | object[]) =>
    JSON.stringify(scenes.flatMap((scene, i) => of(scene, i + 1)));
  const { pool } = database;
  await pool.query(
    `insert into follow (customer_id, external_userid, staff_id, state, added_at, changes)
    select c, 'wm' || c, staff, state, at, '[]' from jsonb_to_recordset($1) as r(c bigint, staff bigint, state text, at timestamptz)`,
    [rows((s, c) => s.follows.map((follow) => ({ ...follow, c, at: before(now, follow.ago) })))],
  );
  await pool.query(
    `insert into identity (kind, value, customer_id, source, first_seen_at)
    select kind, kind || c, c, 'test', $2 from jsonb_to_recordset($1) as r(c bigint, kind text)`,
    [rows((s, c) => [...(s.email ? [{ c, kind: 'email' }] : []), ...(s.phone ? [{ c, kind: 'phone' }] : [])]), now],
  );
  await pool.query(
    `insert into consent (customer_id, channel, category, state, at, evidence)
    select c, channel, category, state, at, '{}' from jsonb_to_recordset($1) as r(c bigint, channel text, category text, state text, at timestamptz)`,
    [rows((s, c) => s.words.map((word) => ({ ...word, c, at: before(now, word.ago) })))],
  );
  await pool.query(
    `insert into customer_attribute (customer_id, key, value, source, set_at)
    select c, 'time_zone', to_jsonb(zone), 'test', $2 from jsonb_to_recordset($1) as r(c bigint, zone text)`,
    [rows((s, c) => (s.zone === null ? [] : [{ c, zone: s.zone }])), now],
  );
  await pool.query(
    `insert into touch_person (customer_id, last_act_at, muted_at)
    select c, act, mute from jsonb_to_recordset($1) as r(c bigint, act timestamptz, mute timestamptz)`,
    [
      rows((s, c) => ({
        c,
        act: s.actAgo === null ? null : before(now, s.actAgo),
        mute: s.muteAgo === null ? null : before(now, s.muteAgo),
      })),
    ],
  );
  await pool.query(
    `insert into attention (customer_id, at, touch_id, channel, category, staff_id, is_open)
    select c, at, n, channel, category, staff, "isOpen" from jsonb_to_recordset($1)
      as r(c bigint, at timestamptz, n bigint, channel text, category text, staff bigint, "isOpen" boolean)`,
    [rows((s, c) => s.past.map((past, n) => ({ ...past, c, n, at: before(now, past.ago) })))],
  );
  await pool.query(
    `insert into touch (customer_id, occasion_at, purpose, kind, source_id, channel, category, staff_id, state, is_holdout, priority,
      due_at, expires_at, planned_at)
    select c, planned, 'test', 'campaign', 1, channel, category, staff, 'planned', "isHoldout", 1 + c % 2, planned, expires, planned
    from jsonb_to_recordset($1) as r(c bigint, channel text, category text, staff bigint, "isHoldout" boolean, planned timestamptz,
      expires timestamptz)`,
    [
      rows(({ touch }, c) => ({
        ...touch,
        c,
        planned: before(now, touch.plannedAgo),
        expires: touch.expiresIn === null ? null : before(now, -touch.expiresIn),
      })),
    ],
  );
}

/** What the rules say of a scene. */
function expected(policy: Policy, scene: Scene, customerId: number, now: Date): Verdict {
  const { touch } = scene;
  const byContact = touch.channel === 'wecom_mass' || touch.channel === 'staff_task';
  const [follow] = scene.follows
    .filter(({ state, staff }) => state === 'active' && staff !== 4 && (touch.staff === null || staff === touch.staff))
    .sort((a, b) => a.ago - b.ago || a.staff - b.staff);
  const sender = byContact ? (follow?.staff ?? null) : touch.staff;
  const isTask = touch.channel === 'staff_task';
  const staffId = isTask ? (sender ?? touch.staff) : sender;
  const hasAddress = touch.channel === 'email' ? scene.email : touch.channel === 'sms' ? scene.phone : true;
  const [word] = scene.words
    .filter(
      ({ channel, category }) => [touch.channel, 'any'].includes(channel) && [touch.category, 'any'].includes(category),
    )
    .sort((a, b) => a.ago - b.ago || b.state.localeCompare(a.state));
  const gateTouch: GateTouch = {
    channel: touch.channel,
    category: touch.category,
    staffId,
    obstacle: byContact && staffId === null ? 'not_a_contact' : hasAddress ? null : 'no_address',
    word: word?.state ?? null,
    isHoldout: touch.isHoldout,
    plannedAt: before(now, touch.plannedAgo),
    expiresAt: touch.expiresIn === null ? null : before(now, -touch.expiresIn),
  };
  const person: GatePerson = {
    customerId,
    zone: scene.zone === null || scene.zone === 'Nowhere/Land' ? 'Asia/Shanghai' : scene.zone,
    lastActAt: scene.actAgo === null ? null : before(now, scene.actAgo),
    mutedAt: scene.muteAgo === null ? null : before(now, scene.muteAgo),
    past: scene.past.map(({ channel, category, staff, ago, isOpen }, touchId) => ({
      touchId,
      at: before(now, ago),
      isOpen,
      channel,
      category,
      staffId: staff,
    })),
  };
  return decide(policy, gateTouch, person, now);
}

interface Decided {
  state: string;
  reason: TouchReason;
  detail: Detail;
  due_at: Date;
  allowed_until: Date | null;
}

function asVerdict(row: Decided): Verdict {
  if (row.state === 'allowed') return { kind: 'allow', until: row.allowed_until };
  const { reason, detail } = row;
  if (row.state === 'deferred') return { kind: 'defer', reason, until: row.due_at, detail };
  return { kind: 'suppress', reason, detail };
}

describe('the gate in SQL and the rules', () => {
  it('say the same of any touch of anybody under any policy', { timeout: 120_000 }, async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        somePolicy,
        fc.array(scene, { minLength: 20, maxLength: 60 }),
        fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }),
        async (policy, scenes, ms) => {
          const now = new Date(Math.floor(ms / 1000) * 1000);
          await clear();
          await setPolicy(policy);
          await stage(scenes, now);
          await decideAll(now);
          const { rows } = await database.pool.query<Decided>('select * from touch order by customer_id');
          const verdicts = rows.map(asVerdict);
          for (const verdict of verdicts) {
            const key = verdict.kind === 'allow' ? 'allow' : `${verdict.kind} ${verdict.reason}`;
            seen.set(key, (seen.get(key) ?? 0) + 1);
          }
          expect(verdicts).toEqual(scenes.map((scene, i) => expected(policy, scene, i + 1, now)));
          const { rows: booked } = await database.pool.query(
            'select touch_id from attention where touch_id in (select id from touch) and at = $1 and is_open',
            [now],
          );
          expect(booked).toHaveLength(rows.filter((row) => row.state === 'allowed').length);
        },
      ),
      { numRuns: 60 },
    );
    // The property is worth nothing if chance never leads to some verdict.
    expect([...seen.keys()].sort()).toEqual(
      expect.arrayContaining([
        'allow',
        'defer cap',
        'defer fatigue',
        'defer minimum_gap',
        'defer muted',
        'defer platform_quota',
        'defer quiet_hours',
        'suppress cap',
        'suppress consent_withdrawn',
        'suppress control_group',
        'suppress give_first',
        'suppress holdout',
        'suppress no_address',
        'suppress no_consent',
        'suppress not_a_contact',
        'suppress too_late',
      ]),
    );
  });
});
