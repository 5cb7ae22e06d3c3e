import pg from 'pg';
import { type Policy, policy as policySchema } from '#contract/touch';
import { type Ctx, inTransaction, systemActor, type WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { silentLog } from '#platform/log';
import type { Runtime } from '#platform/module';
import type { Worker } from '#platform/pump';
import { createSealer } from '#platform/seal';
import { saveSetting } from '#platform/settings';
import { bench as gate, planTouchesOf } from '#touch';
import { createTestDatabase } from './database.ts';

/** First key of the advisory locks by which workers are known to live (server/platform/pump.ts). */
const workerLock = 7164002;

/** Tuesday, ten in the morning in Shanghai. */
export const morning = new Date('2026-11-24T02:00:00.000Z');

export const hours = (count: number, from = morning) => new Date(from.getTime() + count * 3_600_000);

/** A policy that holds nothing back but what a test asks for. */
export const openPolicy = (change: Partial<Policy> = {}): Policy =>
  policySchema.parse({
    quietHours: null,
    minGapMinutes: 0,
    caps: [],
    giveBeforeAsk: 0,
    fatigue: [],
    muteDays: 0,
    optIn: [],
    exemptCategories: [],
    ...change,
  });

export interface TouchRow {
  id: number;
  customer_id: number;
  state: string;
  reason: string | null;
  detail: unknown;
  due_at: Date;
  pack_id: number | null;
  staff_id: number | null;
  address: unknown;
  attempts: number;
}

/** A database of its own with two members, four hundred customers of theirs who have a mail address, and one content. */
export async function createTouchWorld() {
  const database = await createTestDatabase();
  const living: pg.Client[] = [];
  await database.pool.query(`
    insert into staff (wecom_userid, name, state, can_follow, observed_at)
    select 'staff' || n, '顾问' || n, 'active', true, now() from generate_series(1, 2) n;
    insert into customer (name, source, added_at, created_at) select '客户' || n, 'shop', now(), now() from generate_series(1, 400) n;
    insert into follow (customer_id, external_userid, staff_id, state, added_at, changes)
    select id, 'wm' || id, 1 + id % 2, 'active', added_at, '[]' from customer;
    insert into identity (kind, value, customer_id, source, first_seen_at)
    select 'email', 'mail' || id || '@example.test', id, 'test', added_at from customer;
    insert into content (name, category, search_text, search_grams, created_at, updated_at) values ('春茶', 'content', '', '{}', now(), now());
    insert into content_version (content_id, number, wordings, tracked_urls, created_by, created_at) values
      (1, 1, '{"wecom": {"text": "春茶上新", "attachments": []}, "email": {"subject": "春茶", "preheader": "", "markdown": "上新"}}', '{}', 'test', now()),
      (1, 2, '{"wecom": {"text": "{{ customer.name }}，春茶上新", "attachments": []}}', '{}', 'test', now());`);
  const base: Ctx = {
    db: database.db,
    bell: database.bell,
    actor: systemActor('test'),
    now: morning,
    log: silentLog,
    zone: 'Asia/Shanghai',
    requestId: undefined,
  };
  let now = morning;

  return {
    database,
    get ctx(): Ctx {
      return { ...base, now };
    },
    get runtime(): Runtime {
      const { db, bell, log, zone } = base;
      return {
        db,
        bell,
        log,
        zone,
        clock: { now: () => now },
        publicUrl: 'http://siyu.test',
        sealer: createSealer('s'),
      };
    },
    setNow(next: Date): void {
      now = next;
    },
    write<T>(work: (ctx: WriteCtx) => Promise<T>): Promise<T> {
      return inTransaction(this.ctx, work);
    },
    setPolicy(policy: Policy): Promise<void> {
      return this.write((ctx) => saveSetting(ctx, 'touch.policy', policy));
    },
    /** A touch of each of these customers; `purpose` makes several of one customer. */
    async plan(
      customerIds: readonly number[],
      change: {
        purpose?: string;
        sourceId?: number;
        channel?: 'wecom_mass' | 'email' | 'staff_task' | 'sms';
        category?: 'service' | 'care' | 'content' | 'promotion';
        versionId?: number;
        priority?: 1 | 2;
        expiresAt?: Date | null;
        isHoldout?: boolean;
        dueAt?: Date;
      } = {},
    ): Promise<number> {
      const { purpose = 'test', dueAt = now, isHoldout = false, versionId = 1 } = change;
      const people = sql`
        select id as customer_id, ${purpose} as purpose, 'A' as part, ${versionId}::bigint as version_id, null::bigint as staff_id,
          ${isHoldout} as is_holdout, ${dueAt}::timestamptz as due_at, ${morning}::timestamptz as occasion_at
        from unnest(${[...customerIds]}::bigint[]) as id`;
      return await this.write((ctx) =>
        planTouchesOf(ctx, people, {
          kind: 'campaign',
          sourceId: change.sourceId ?? 1,
          channel: change.channel ?? 'wecom_mass',
          category: change.category ?? 'content',
          priority: change.priority ?? 2,
          expiresAt: change.expiresAt ?? null,
        }),
      );
    },
    async decide(): Promise<void> {
      while ((await gate.decideBatch(this.ctx, () => now)) > 0);
    },
    async touches(): Promise<TouchRow[]> {
      return (await database.pool.query<TouchRow>('select * from touch order by customer_id, id')).rows;
    },
    /** State and reason of each touch, by customer. */
    async states(): Promise<string[]> {
      return (await this.touches()).map((row) => (row.reason === null ? row.state : `${row.state} ${row.reason}`));
    },
    async attention(): Promise<{ customer_id: number; touch_id: number; is_open: boolean; at: Date }[]> {
      return (await database.pool.query('select * from attention order by customer_id, touch_id')).rows;
    },
    /** What the timelines were told. */
    async told(): Promise<{ state: string; reason: string | null; touchId: number }[]> {
      const { rows } = await database.pool.query<{
        payload: { state: string; reason: string | null; touchId: number };
      }>(
        `select f -> 'payload' as payload from inbox, json_array_elements(facts::json) f where f ->> 'name' = 'touch.settled' order by id`,
      );
      return rows.map((row) => row.payload);
    },
    /** A worker that lives until its connection ends. */
    async startWorker(number: number): Promise<{ worker: Worker; die(): Promise<void> }> {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query('select pg_advisory_lock($1, $2)', [workerLock, number]);
      living.push(client);
      return {
        worker: { number },
        async die() {
          living.splice(living.indexOf(client), 1);
          await client.end();
        },
      };
    },
    async clear(): Promise<void> {
      now = morning;
      await Promise.all(living.splice(0).map((client) => client.end()));
      await database.pool.query(
        'truncate touch, attention, touch_person, consent, touch_pack, touch_hold, touch_quota, inbox, setting, customer_attribute',
      );
    },
    async drop(): Promise<void> {
      await Promise.all(living.splice(0).map((client) => client.end()));
      await database.drop();
    },
  };
}

export type TouchWorld = Awaited<ReturnType<typeof createTouchWorld>>;
