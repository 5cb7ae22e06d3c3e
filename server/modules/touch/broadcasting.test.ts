import type { PoolClient } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { inTransaction } from '#platform/ctx';
import { createSealer } from '#platform/seal';
import { createTestApp, type TestApp } from '#testing';
import type { Broadcaster } from './broadcaster.ts';
import { createBroadcasting } from './broadcasting.ts';
import { planBroadcasts } from './broadcasts.ts';

/** Several workers and a platform that is asked slowly. */

let siyu: TestApp;
let versionId: number;
const alive: PoolClient[] = [];
const submitted: number[] = [];
const reminded: number[] = [];

const slow = () => new Promise((resolve) => setTimeout(resolve, 20));
const platform: Broadcaster = {
  channel: 'wecom_moment',
  traits: { canRemind: true },
  async submit(_ctx, broadcast) {
    await slow();
    submitted.push(broadcast.id);
    return { receipt: { outcome: 'accepted' }, platformId: `mom${broadcast.id}` };
  },
  find: async () => 'absent',
  async *poll() {
    await slow();
    yield* [];
  },
  async remind(_ctx, broadcast) {
    await slow();
    reminded.push(broadcast.id);
    return { receipt: { outcome: 'accepted' } };
  },
  cancel: async () => ({ receipt: { outcome: 'accepted' } }),
};
const links = { publicUrl: 'https://s.test', sealer: createSealer('a secret of at least thirty-two characters') };
const pumps = Array.from({ length: 3 }, () => createBroadcasting([platform], links));

beforeAll(async () => {
  siyu = await createTestApp();
  // Workers are known to live by a lock (server/platform/pump.ts): what a living one claimed is left alone.
  for (const i of pumps.keys()) {
    const client = await siyu.database.pool.connect();
    await client.query('select pg_advisory_lock(7164002, $1)', [100 + i]);
    alive.push(client);
  }
  const { rows } = await siyu.database.pool.query<{ id: number }>(
    `with c as (
       insert into content (name, category, search_text, search_grams, created_at, updated_at)
       values ('朋友圈', 'content', '', '{}', now(), now()) returning id
     )
     insert into content_version (content_id, number, wordings, tracked_urls, created_by, created_at)
     select id, 1, $1, '{}', '', now() from c returning id`,
    [JSON.stringify({ moment: { text: '上新', attachments: [] } })],
  );
  versionId = rows[0]?.id ?? 0;
});
beforeEach(async () => {
  submitted.length = 0;
  reminded.length = 0;
  await siyu.database.pool.query('truncate broadcast, broadcast_target, touch_quota');
});
afterAll(async () => {
  for (const client of alive) client.release(true);
  await siyu?.close();
});

const plan = (purpose: string) =>
  inTransaction(siyu.ctx, (ctx) =>
    planBroadcasts(ctx, {
      purpose,
      kind: 'campaign',
      sourceId: 1,
      part: null,
      category: 'content',
      versionId,
      audience: { channel: 'wecom_moment', staffIds: [], tagIds: [] },
      dueAt: ctx.now,
      expiresAt: new Date(ctx.now.getTime() + 86_400_000),
    }),
  );
const workers = () =>
  Promise.all(pumps.map((pump, i) => pump.drain(siyu.ctx, undefined as never, { number: 100 + i })));

it('a purpose planned by many at once is one broadcast', async () => {
  const planned = await Promise.all(Array.from({ length: 8 }, () => plan('campaign:1')));
  expect(planned.reduce((sum, count) => sum + count)).toBe(1);
});

it('workers that race submit each once', async () => {
  for (let i = 0; i < 9; i++) await plan(`campaign:${i}`);
  for (let did = 1; did > 0; ) did = (await workers()).reduce((sum, count) => sum + count);
  expect([...submitted].sort()).toEqual([...new Set(submitted)].sort());
  expect(submitted).toHaveLength(9);
});

it('workers that race remind once', async () => {
  await plan('campaign:remind');
  await workers();
  await siyu.database.pool.query(
    "update broadcast set poll_at = now() - interval '1 hour', remind_at = date_trunc('second', now()) - interval '1 hour'",
  );
  await workers();
  await siyu.database.pool.query("update broadcast set poll_at = now() - interval '1 hour'");
  await workers();
  expect(reminded).toHaveLength(1);
});
