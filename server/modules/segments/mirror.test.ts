import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followerPosition, pruneFeed } from '#platform/feed';
import { silentLog } from '#platform/log';
import { type Mirror, openMirror } from '#platform/mirror';
import { createTestDatabase, easeCommerceTables, type TestDatabase } from '#testing';
import { mirrorTables } from './mirrored.ts';

let database: TestDatabase;
let folder: string;
let mirror: Mirror;

const open = (properties = ['amount_fen', 'category']) =>
  openMirror(
    { folder, databaseUrl: database.url, memoryMb: 256, threads: 1, log: silentLog },
    mirrorTables(properties),
  );

beforeEach(async () => {
  database = await createTestDatabase();
  await easeCommerceTables(database.pool);
  await database.pool.query(`
    create table event_all partition of event for values from (minvalue) to (maxvalue);
    insert into tag_group (kind, name) values ('internal', 'g');
    insert into tag (group_id, name) select 1, 't' || i from generate_series(1, 5) i;
    insert into attribute_definition (key, name, kind, created_at) values ('city', 'city', 'text', '2026-01-01');
    insert into customer (name, added_at, created_at) select 'c' || i, '2026-01-01', '2026-01-01' from generate_series(1, 50) i;`);
  folder = mkdtempSync(join(tmpdir(), 'siyu-mirror-'));
  mirror = await open();
});

afterEach(async () => {
  await mirror.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Each table of the mirror and what PostgreSQL holds, row by row, as text. */
async function differences(): Promise<string[]> {
  const found: string[] = [];
  for (const table of mirror.tables) {
    const columns = table.columns.map(({ name, type, sql }) => ({
      here: type === 'timestamptz' ? `epoch_us("${name}")` : `"${name}"`,
      there: type === 'timestamptz' ? `(extract(epoch from ${name}) * 1000000)::bigint` : (sql ?? name),
    }));
    const here = await mirror.query<{ line: string }>(
      `select concat_ws('|', ${columns.map(({ here }) => `coalesce(cast(${here} as varchar), '-')`).join(', ')}) as line from ${table.name}`,
    );
    const { rows: there } = await database.pool.query<{ line: string }>(
      `select concat_ws('|', ${columns.map(({ there }) => `coalesce((${there})::text, '-')`).join(', ')}) as line from ${table.name} where ${table.where ?? 'true'}`,
    );
    const sorted = (rows: { line: string }[]) =>
      rows
        .map((row) => row.line)
        .sort()
        .join('\n');
    if (sorted(here) !== sorted(there)) found.push(`${table.name}\n${sorted(here)}\n--\n${sorted(there)}`);
  }
  return found;
}

const event = (customer: number, name: string, payload: object = {}) => ({
  text: "insert into event (customer_id, occurred_at, name, source, payload) values ($1, '2026-11-20T01:02:03.456Z', $2, 'test', $3)",
  values: [customer, name, JSON.stringify(payload)],
});

describe('the mirror', () => {
  it('is built from what is there, awkward texts included', async () => {
    const { pool } = database;
    await pool.query(event(1, 'product.viewed', { category: 'a "b", \\N\nc', amount_fen: 100.55 }));
    await pool.query(event(0, 'tag.changed', {}));
    await pool.query(
      "insert into customer_attribute (customer_id, key, value, source, set_at) values (1, 'city', '\"\"', '', now()), (2, 'city', '\"\\\\N\"', '', now()), (3, 'city', '\"2024-02-29\"', '', now())",
    );
    await mirror.rebuild();
    expect(await differences()).toEqual([]);
    expect(await mirror.query('select count(*) as count from event')).toEqual([{ count: 1 }]);
  });

  it('misses no transaction, however they overlap', async () => {
    await mirror.rebuild();
    const early = await database.pool.connect();
    await early.query('begin');
    await early.query('insert into customer_tag values (1, 1, now())');
    await early.query(event(1, 'order.paid', { amount_fen: 1 }));
    await database.pool.query('insert into customer_tag values (2, 1, now())');
    await mirror.step();
    expect(await mirror.query('select customer_id from customer_tag')).toEqual([{ customer_id: 2 }]);
    await early.query('commit');
    early.release();
    await mirror.step();
    expect(await differences()).toEqual([]);
    expect(await mirror.query('select count(*) as count from event')).toEqual([{ count: 1 }]);
  });

  it('is equal to PostgreSQL after many writers have written while it was built and stepped', async () => {
    let random = 7;
    const next = (n: number) => {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0;
      return 1 + (Math.floor(random / 65536) % n);
    };
    const write = async (client: { query: TestDatabase['pool']['query'] }) => {
      const [customer, tag] = [next(50), next(5)];
      switch (next(9)) {
        case 1:
          return client.query('insert into customer_tag values ($1, $2, now()) on conflict do nothing', [
            customer,
            tag,
          ]);
        case 2:
          return client.query('delete from customer_tag where customer_id = $1', [customer]);
        case 3:
          return client.query(
            `insert into customer_attribute (customer_id, key, value, source, set_at) values ($1, 'city', to_jsonb($2::text), '', now())
            on conflict (customer_id, key) do update set value = excluded.value`,
            [customer, `city ${tag}`],
          );
        case 4:
          // Two people turn out to be one: what happened moves over.
          return client.query('update event set customer_id = $1 where customer_id = $2', [customer, next(50)]);
        case 5:
          return client.query(
            "update customer set gender = case gender when 'male' then 'female' else 'male' end, search_text = search_text || 'x' where id % $1 = 0",
            [customer],
          );
        case 6:
          return client.query(
            "insert into shop_order (customer_id, id, shop, number, currency, state, ordered_at, total_fen) values ($1, (random() * 1e12)::bigint, 's', '1', 'CNY', 'paid', now(), 5)",
            [customer],
          );
        default:
          return client.query(event(customer, `thing.${tag}`, { amount_fen: next(1000) }));
      }
    };
    let isWriting = true;
    const writer = async () => {
      while (isWriting) {
        const client = await database.pool.connect();
        await client.query('begin');
        for (let i = next(4); i > 0; i--) {
          // Writers wait for each other in a circle now and then; PostgreSQL lets one of them start over.
          await write(client as never).catch(() => client.query('rollback; begin'));
        }
        await client.query(next(5) === 1 ? 'rollback' : 'commit');
        client.release();
      }
    };
    const writers = [writer(), writer(), writer()];
    try {
      await mirror.rebuild();
      for (let i = 0; i < 25; i++) {
        await mirror.step();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } finally {
      isWriting = false;
      await Promise.all(writers);
    }
    await mirror.step();
    expect(await differences()).toEqual([]);
    const [events] = await mirror.query<{ count: number }>('select count(*) as count from event');
    expect(events?.count).toBeGreaterThan(50);
  });

  it('goes on where it stood after a stop, and is built anew when its file is gone, broken or of another layout', async () => {
    await mirror.rebuild();
    await mirror.close();
    await database.pool.query('insert into customer_tag values (3, 1, now())');
    mirror = await open();
    expect(mirror.isReady).toBe(true);
    await mirror.step();
    expect(await differences()).toEqual([]);

    await mirror.close();
    mirror = await open(['amount_fen', 'category', 'sku']);
    expect(mirror.isReady).toBe(false);
    await mirror.rebuild();
    await mirror.close();
    rmSync(folder, { recursive: true });
    mirror = await open();
    expect(mirror.isReady).toBe(false);
    await mirror.rebuild();
    await mirror.close();
    writeFileSync(join(folder, 'mirror.duckdb'), 'no database');
    mirror = await open();
    expect(mirror.isReady).toBe(false);
    await mirror.rebuild();
    expect(await differences()).toEqual([]);
  });

  it('is built anew when the feed was pruned past where it stood', async () => {
    await mirror.rebuild();
    await mirror.close();
    await database.pool.query("update change_follower set moved_at = moved_at - interval '2 days'");
    await database.pool.query('insert into customer_tag values (3, 1, now())');
    const client = await database.pool.connect();
    await pruneFeed(client, 'memberships');
    client.release();
    mirror = await open();
    expect(mirror.isReady).toBe(false);
  });

  it('answers while it is rebuilt, and a question can be stopped', async () => {
    await mirror.rebuild();
    const rebuilt = mirror.rebuild();
    const counts = Array.from({ length: 20 }, () => mirror.query('select count(*) as count from customer'));
    expect(new Set((await Promise.all(counts)).map((rows) => rows[0]?.count))).toEqual(new Set([50]));
    await rebuilt;
    const stop = new AbortController();
    const slow = mirror.query(
      'select count(*) as count from range(100000000000) t(i) where i % 7 = hash(i) % 7',
      stop.signal,
    );
    setTimeout(() => stop.abort(), 50);
    await expect(slow).rejects.toThrow();
    expect(await mirror.query('select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('the change feed', () => {
  it('is written where something changed, and nowhere else', async () => {
    const { pool } = database;
    await mirror.rebuild();
    const client = await pool.connect();
    await followerPosition(client, 'test');
    client.release();
    const rows = async () =>
      (
        await pool.query(`select table_name, is_insert, array(select unnest(keys) order by 1)::int[] as keys,
          array(select unnest(topics) order by 1) as topics from change_feed order by id`)
      ).rows;
    await pool.query('delete from change_feed');
    await pool.query("update customer set search_text = search_text || 'x'");
    await pool.query('delete from customer_tag where customer_id = 999');
    expect(await rows()).toEqual([]);
    await pool.query("update customer set gender = 'male' where id in (3, 4)");
    await pool.query('insert into customer_tag values (5, 2, now()), (5, 3, now()), (6, 2, now())');
    await pool.query(event(7, 'order.paid'));
    expect(await rows()).toEqual([
      { table_name: 'customer', is_insert: false, keys: [3, 4], topics: [] },
      { table_name: 'customer_tag', is_insert: true, keys: [5, 6], topics: ['2', '3'] },
      { table_name: 'event', is_insert: true, keys: [7], topics: ['order.paid'] },
    ]);
  });
});
