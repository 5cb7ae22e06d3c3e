import type { DuckDBConnection } from '@duckdb/node-api';

/**
 * A brand's customers as rows of the mirror: seeded, so that the same count is the same brand. What is common and what is
 * rare is drawn with skew: a few tags on many people, a few people with many events.
 */
export const baseNow = new Date('2026-11-24T03:00:00.000Z');

export const tagCount = 200;

export const properties = ['amount_fen', 'category', 'content_id'];

const pick = (words: readonly string[], draw: string) =>
  `(array[${words.map((word) => `'${word}'`).join(', ')}])[1 + (${draw})::bigint]`;
const cities = ['上海', '北京', '广州', '深圳', '杭州', '成都', '武汉', '南京', '西安', '长沙'];
const sources = ['shop', 'event', 'article', 'ad', 'partner', 'staff', 'packaging', 'direct'];
const groups = [
  'champions',
  'loyal',
  'potential',
  'new',
  'promising',
  'attention',
  'sleeping',
  'risk',
  'hibernating',
  'lost',
];

/** A draw below `n` for the row `i`, by its number; `skew` above 1 favours the small ones. */
const draw = (n: number, number: number, i = 'i') => `(hash(${i}, ${number}) % ${n})`;
const skewed = (n: number, number: number, skew: number, i = 'i') =>
  `floor(pow((hash(${i}, ${number}) % 1000000007) / 1000000007.0, ${skew}) * ${n})::bigint`;

/** Each table as a select; what the mirror's order is for each is said by its layout. */
export function baseRows(customers: number): Record<string, string> {
  const end = "timestamptz '2026-11-24 03:00:00+00'";
  const people = `range(1, ${customers} + 1) t(i)`;
  // Shares of a thousand, in order.
  const names: [string, number][] = [
    ['page.viewed', 430],
    ['product.viewed', 200],
    ['message.replied', 80],
    ['cart.added', 80],
    ['link.read', 80],
    ['order.placed', 50],
    ['order.paid', 45],
    ['coupon.claimed', 25],
    ['order.refunded', 10],
  ];
  const below = (place: number) => names.slice(0, place + 1).reduce((sum, [, share]) => sum + share, 0);
  const name = `case ${names.map(([word], place) => `when draw < ${below(place)} then '${word}'`).join(' ')} end`;
  return {
    customer: `select i::bigint as id, case when ${draw(10, 1)} < 8 then 'wechat' else 'wecom' end as kind,
      ${pick(['unknown', 'male', 'male', 'male', 'female', 'female', 'female', 'female', 'female', 'female'], draw(10, 2))} as gender,
      ${pick(sources, draw(8, 3))} as source, 1 + ${skewed(300, 4, 2)} as code_id,
      ${end} - to_seconds(86400 * 1000 - (i * 86400000 // ${customers})) as added_at from ${people}`,
    customer_tag: `select distinct 1 + ${skewed(tagCount, 11, 3)} as tag_id, 1 + ${draw(customers, 12)}::bigint as customer_id
      from range(0, ${3 * customers}) t(i)`,
    segment_attribute: `select 'city' as key, i::bigint as customer_id, ${pick(cities, skewed(10, 21, 2))} as text, null::bigint as number,
        null::integer as day from ${people} where ${draw(10, 22)} < 7
      union all select 'birthday', i, strftime(born, '%Y-%m-%d'), null, strftime(born, '%Y%m%d')::integer
        from (select i, date '1960-01-01' + ${draw(16_000, 23)}::integer as born from ${people} where ${draw(10, 24)} < 5)
      union all select 'level', i, level::varchar, level * 10000, null from (select i, ${draw(5, 25)}::bigint as level from ${people} where ${draw(10, 26)} < 6)`,
    event: `select name, occurred_at, customer_id, amount_fen as "text amount_fen", amount_fen::bigint * 10000 as "number amount_fen",
        category as "text category", null::bigint as "number category", content_id as "text content_id", null::bigint as "number content_id"
      from (select ${name} as name, ${end} - to_seconds(${draw(86_400 * 730, 31)}::bigint) as occurred_at,
        1 + ${skewed(customers, 32, 1.5)} as customer_id,
        case when draw >= 870 and draw < 965 or draw >= 990 then (${draw(50_000, 33)})::varchar end as amount_fen,
        case when draw >= 430 and draw < 790 then ${pick(['coffee', 'tea', 'cake', 'gift', 'cup'], draw(5, 34))} end as category,
        case when draw >= 790 and draw < 870 then 'article-' || ${draw(100, 35)} end as content_id
        from (select i, ${draw(1000, 30)} as draw from range(0, ${5 * customers}) t(i)))`,
    shop_order: `select 1 + ${skewed(customers, 41, 1.5)} as customer_id, i::bigint + 1 as id, ${pick(['tmall', 'own', 'own'], draw(3, 42))} as shop,
      'CNY' as currency, ${pick(['placed', 'paid', 'completed', 'completed', 'cancelled'], draw(5, 43))} as state,
      ${end} - to_seconds(${draw(86_400 * 730, 44)}::bigint) as ordered_at, ${draw(80_000, 45)}::bigint as total_fen, 0::bigint as refunded_fen
      from range(0, ${Math.round(customers / 2)}) t(i)`,
    customer_score: `select i::bigint as customer_id, ${draw(400, 51)}::integer as recency_days, ${draw(20, 52)}::integer as frequency,
      ${draw(500_000, 53)}::bigint as monetary_fen, (1 + ${draw(5, 54)})::smallint as r, (1 + ${draw(5, 55)})::smallint as f,
      (1 + ${draw(5, 56)})::smallint as m, ${pick(groups, draw(10, 57))} as rfm_group, null::double as expected_orders, null::double as p_alive,
      ${draw(900_000, 58)}::bigint as expected_value_fen, ${draw(1000, 59)} / 1000.0::double as relation, null::double as responsiveness,
      null::double as attention, null::double as freebie, ${draw(10, 60)} = 0 as is_super from ${people} where ${draw(10, 61)} < 4`,
  };
}

/** Fills a connection's database with the tables of the mirror, each in its order on disk. */
export async function fillMirror(
  connection: DuckDBConnection,
  customers: number,
  tables: readonly { name: string; order: string; columns: readonly { name: string; type: string }[] }[],
): Promise<void> {
  const rows = baseRows(customers);
  for (const table of tables) {
    const select = rows[table.name];
    const columns = table.columns.map((column) => `"${column.name}"::${column.type} as "${column.name}"`).join(', ');
    if (select) {
      await connection.run(`create table ${table.name} as select ${columns} from (${select}) order by ${table.order}`);
      continue;
    }
    const types = table.columns.map((column) => `"${column.name}" ${column.type}`).join(', ');
    await connection.run(`create table ${table.name} (${types})`);
  }
}
