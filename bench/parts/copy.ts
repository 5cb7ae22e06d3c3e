import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { from as copyFrom } from 'pg-copy-streams';
import type { Database } from '#platform/db';
import { easeCommerceTables } from '#testing/commerce-tables';
import { baseRows, tagCount } from './base.ts';

/** The same brand in PostgreSQL's own tables: what each column holds there. */
const copies = (rows: Record<string, string>): [string, string][] => [
  [
    'customer (id, name, kind, gender, source, code_id, added_at, created_at)',
    `select id, 'x', kind, gender, source, code_id, added_at, added_at from (${rows.customer})`,
  ],
  [
    'customer_tag (customer_id, tag_id, tagged_at)',
    `select customer_id, tag_id, timestamptz '2026-01-01 00:00:00+00' from (${rows.customer_tag})`,
  ],
  [
    'customer_attribute (customer_id, key, value, source, set_at)',
    `select customer_id, key, case when number is null then to_json(text) else to_json(number // 10000) end, 'import', timestamptz '2026-01-01 00:00:00+00' from (${rows.segment_attribute})`,
  ],
  [
    'event (customer_id, occurred_at, name, source, payload)',
    `select customer_id, occurred_at, name, 'import',
      case when "text amount_fen" is not null then json_object('amount_fen', "text amount_fen"::bigint)
        when "text category" is not null then json_object('category', "text category")
        when "text content_id" is not null then json_object('content_id', "text content_id") else '{}'::json end from (${rows.event})`,
  ],
  [
    'shop_order (customer_id, id, shop, number, currency, state, ordered_at, total_fen, refunded_fen)',
    `select customer_id, id, shop, id::varchar, currency, state, ordered_at, total_fen, refunded_fen from (${rows.shop_order})`,
  ],
  [
    'customer_score (customer_id, computed_at, recency_days, frequency, monetary_fen, r, f, m, rfm_group, expected_value_fen, relation, is_super)',
    `select customer_id, timestamptz '2026-01-01 00:00:00+00', recency_days, frequency, monetary_fen, r, f, m, rfm_group, expected_value_fen, relation, is_super from (${rows.customer_score})`,
  ],
];

export async function copyToPostgres(database: Database, customers: number): Promise<void> {
  const { pool } = database;
  await easeCommerceTables(pool);
  await pool.query(`
    insert into tag_group (kind, name) values ('internal', '标签');
    insert into tag (group_id, name) select 1, '标签' || i from generate_series(1, ${tagCount}) i;
    insert into attribute_definition (key, name, kind, created_at)
      values ('city', '城市', 'text', '2026-01-01'), ('birthday', '生日', 'date', '2026-01-01'), ('level', '等级', 'number', '2026-01-01');
    set timezone = 'UTC';`);
  for (let month = new Date('2024-11-01T00:00:00Z'); month < new Date('2026-12-01T00:00:00Z'); ) {
    const next = new Date(month);
    next.setUTCMonth(next.getUTCMonth() + 1);
    const name = `event_${month.toISOString().slice(0, 7).replace('-', '_')}`;
    await pool.query(
      `create table ${name} partition of event for values from ('${month.toISOString()}') to ('${next.toISOString()}')`,
    );
    month = next;
  }
  const folder = mkdtempSync(join(tmpdir(), 'siyu-copy-'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("set timezone = 'UTC'");
  try {
    for (const [target, select] of copies(baseRows(customers))) {
      const file = join(folder, 'rows.csv');
      await connection.run(`copy (${select}) to '${file}' (format csv, header false, nullstr '\\N')`);
      const client = await pool.connect();
      await pipeline(
        createReadStream(file),
        client.query(copyFrom(`copy ${target} from stdin (format csv, null '\\N')`)),
      );
      client.release();
    }
    await pool.query('analyze');
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(folder, { recursive: true, force: true });
  }
}
