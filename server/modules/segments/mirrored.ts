import { condition } from '#contract/segments';
import type { Db } from '#platform/db';
import type { FeedTable } from '#platform/feed';
import type { MirrorTable } from '#platform/mirror';
import type { Dialect } from './kind.ts';
import { askedBy } from './person.ts';
import { quote } from './sql.ts';

/** The tables that conditions ask, as the mirror holds them, and how each engine reads a property of an event. */

/** Properties of events that always have a column; those that segments ask for come to them. */
const usualProperties = ['amount_fen', 'category', 'channel', 'content_id', 'kind', 'product_id', 'sku', 'title'];

/** More would make the copy wide; conditions on others are answered by PostgreSQL. */
const maxProperties = 64;

const textColumn = (property: string) => `text ${property}`;
const numberColumn = (property: string) => `number ${property}`;

/** A property as text; null when it is absent, null in JSON. */
const textIn = (payload: string, property: string) => `(${payload} ->> ${quote(property)})`;

/**
 * A property as a number in ten-thousandths; null when it is no number, or larger than such a number can be. Written out,
 * because PostgreSQL calls the function `segment_number` of the same meaning for each row, which takes ten times as long.
 */
const numberIn = (payload: string, property: string) =>
  `(case when jsonb_typeof(${payload} -> ${quote(property)}) = 'number' and abs((${payload} ->> ${quote(property)})::numeric) <= 900000000000
    then round((${payload} ->> ${quote(property)})::numeric * 10000)::bigint end)`;

export const postgres: Dialect = {
  name: 'postgres',
  text: (alias, property) => textIn(`${alias}.payload`, property),
  number: (alias, property) => numberIn(`${alias}.payload`, property),
};

const named = (alias: string, name: string) => `${alias}."${name.replaceAll('"', '""')}"`;

export const duckdb: Dialect = {
  name: 'duckdb',
  text: (alias, property) => named(alias, textColumn(property)),
  number: (alias, property) => named(alias, numberColumn(property)),
};

/** What the triggers watch, also without a mirror: memberships follow the same feed. */
export function mirrorTables(properties: readonly string[]): MirrorTable[] {
  return [
    {
      name: 'customer',
      feed: { name: 'customer', key: 'id', columns: ['name', 'kind', 'gender', 'source', 'code_id', 'added_at'] },
      columns: [
        { name: 'id', type: 'bigint' },
        { name: 'kind', type: 'varchar' },
        { name: 'gender', type: 'varchar' },
        { name: 'source', type: 'varchar' },
        { name: 'code_id', type: 'bigint' },
        { name: 'added_at', type: 'timestamptz' },
      ],
      order: 'id',
    },
    {
      name: 'identity',
      feed: { name: 'identity', key: 'customer_id', columns: ['kind', 'value'] },
      columns: [
        { name: 'kind', type: 'varchar' },
        { name: 'customer_id', type: 'bigint' },
      ],
      order: 'kind, customer_id',
    },
    {
      name: 'follow',
      feed: {
        name: 'follow',
        key: 'customer_id',
        columns: ['external_userid', 'staff_id', 'state', 'added_at', 'ended_at', 'code_id'],
      },
      columns: [
        { name: 'customer_id', type: 'bigint' },
        { name: 'staff_id', type: 'bigint' },
        { name: 'state', type: 'varchar' },
        { name: 'added_at', type: 'timestamptz' },
        { name: 'ended_at', type: 'timestamptz' },
        { name: 'code_id', type: 'bigint' },
      ],
      order: 'customer_id',
    },
    {
      name: 'customer_tag',
      feed: { name: 'customer_tag', key: 'customer_id', columns: ['tag_id'], topic: 'tag_id' },
      columns: [
        { name: 'tag_id', type: 'bigint' },
        { name: 'customer_id', type: 'bigint' },
      ],
      order: 'tag_id, customer_id',
    },
    {
      name: 'segment_attribute',
      feed: { name: 'customer_attribute', key: 'customer_id', columns: ['key', 'value'], topic: 'key' },
      columns: [
        { name: 'key', type: 'varchar' },
        { name: 'customer_id', type: 'bigint' },
        { name: 'text', type: 'varchar' },
        { name: 'number', type: 'bigint' },
        { name: 'day', type: 'integer' },
      ],
      order: 'key, customer_id',
    },
    {
      name: 'event',
      feed: {
        name: 'event',
        key: 'customer_id',
        columns: ['occurred_at', 'id', 'name', 'payload'],
        topic: 'name',
        rows: { id: 'id', at: 'occurred_at' },
      },
      columns: [
        { name: 'name', type: 'varchar' },
        { name: 'occurred_at', type: 'timestamptz' },
        { name: 'customer_id', type: 'bigint' },
        ...properties.flatMap((property) => [
          { name: textColumn(property), type: 'varchar', sql: textIn('payload', property) } as const,
          { name: numberColumn(property), type: 'bigint', sql: numberIn('payload', property) } as const,
        ]),
      ],
      where: 'customer_id > 0',
      order: 'name, occurred_at',
    },
    {
      name: 'shop_order',
      feed: {
        name: 'shop_order',
        key: 'customer_id',
        columns: ['id', 'shop', 'currency', 'state', 'ordered_at', 'total_fen', 'refunded_fen'],
      },
      columns: [
        { name: 'customer_id', type: 'bigint' },
        { name: 'id', type: 'bigint' },
        { name: 'shop', type: 'varchar' },
        { name: 'currency', type: 'varchar' },
        { name: 'state', type: 'varchar' },
        { name: 'ordered_at', type: 'timestamptz' },
        { name: 'total_fen', type: 'bigint' },
        { name: 'refunded_fen', type: 'bigint' },
      ],
      where: 'customer_id > 0',
      order: 'ordered_at',
    },
    {
      name: 'order_line',
      feed: {
        name: 'order_line',
        key: 'customer_id',
        columns: ['order_id', 'line_key', 'sku', 'category', 'amount_fen', 'refunded_fen'],
      },
      columns: [
        { name: 'customer_id', type: 'bigint' },
        { name: 'order_id', type: 'bigint' },
        { name: 'sku', type: 'varchar' },
        { name: 'category', type: 'varchar' },
        { name: 'amount_fen', type: 'bigint' },
        { name: 'refunded_fen', type: 'bigint' },
      ],
      where: 'customer_id > 0',
      order: 'category, sku, customer_id',
    },
    {
      name: 'customer_score',
      feed: { name: 'customer_score', key: 'customer_id', columns: scoreColumns.map(([name]) => name) },
      columns: [{ name: 'customer_id', type: 'bigint' }, ...scoreColumns.map(([name, type]) => ({ name, type }))],
      order: 'customer_id',
    },
    {
      name: 'segment_list_member',
      feed: { name: 'segment_list_member', key: 'customer_id', columns: ['list_id'], topic: 'list_id' },
      columns: [
        { name: 'list_id', type: 'bigint' },
        { name: 'customer_id', type: 'bigint' },
      ],
      order: 'list_id, customer_id',
    },
  ];
}

const scoreColumns = [
  ['recency_days', 'integer'],
  ['frequency', 'integer'],
  ['monetary_fen', 'bigint'],
  ['r', 'smallint'],
  ['f', 'smallint'],
  ['m', 'smallint'],
  ['rfm_group', 'varchar'],
  ['expected_orders', 'double'],
  ['p_alive', 'double'],
  ['expected_value_fen', 'bigint'],
  ['relation', 'double'],
  ['responsiveness', 'double'],
  ['attention', 'double'],
  ['freebie', 'double'],
  ['is_super', 'boolean'],
] as const;

/** What the triggers watch, whether there is a mirror or not. */
export const watchedTables: readonly FeedTable[] = mirrorTables([]).map((table) => table.feed);

/** The properties of events that have a column: the usual ones, and those that saved segments ask for. */
export async function wantedProperties(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('segment').select('tree').where('deleted_at', 'is', null).execute();
  const asked = askedBy(
    rows.map((row) => condition.parse(row.tree)),
    new Map(),
  );
  return [...new Set([...usualProperties, ...asked.properties])].sort().slice(0, maxProperties);
}
