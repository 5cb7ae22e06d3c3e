import { chmodSync, closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { type Customer, codeCount, populate, shops, staffCount, tagCount } from './population.ts';

/** The large tables, in the order and with the columns in which rows are written. */
const tables = {
  customer:
    'id, name, kind, gender, source, code_id, added_at, met_at, gone_at, active_follow_count, search_grams, search_text, observed_at, created_at',
  identity: 'kind, value, customer_id, source, first_seen_at',
  follow:
    'customer_id, external_userid, staff_id, state, added_at, ended_at, code_id, add_way, remark, changes, read_at',
  follow_spell: 'customer_id, external_userid, staff_id, started_at, ended_at, ended_by, code_id, is_first',
  customer_tag: 'customer_id, tag_id, tagged_at',
  touch:
    'customer_id, purpose, kind, channel, category, priority, due_at, staff_id, code_id, external_userid, state, content, said, address, occasion_at, planned_at, settled_at, received_at, deadline_at, attempts, took_ms',
} as const;

type Table = keyof typeof tables;
type Value = string | number | boolean | null;

/** One value in PostgreSQL's text format for COPY. */
function copyText(value: Value): string {
  if (value === null) return '\\N';
  return typeof value === 'string' ? value.replace(/[\\\t\n\r]/g, (char) => `\\${char}`) : String(value);
}

const arrayText = (items: readonly string[]) =>
  `{${items.map((item) => `"${item.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;

const time = (ms: number) => new Date(ms).toISOString();

function* rowsOf(customer: Customer, now: number): Generator<[Table, Value[]]> {
  const { id, codeId, externalUserid } = customer;
  const active = customer.follows.filter((follow) => follow.state === 'active').length;
  const added = time(customer.addedAt);
  const gone = active > 0 ? null : time(Math.max(...customer.follows.map((follow) => follow.endedAt ?? 0)));
  const gender = ['unknown', 'male', 'female'][id % 3] as string;
  const source = codeId === null ? 'direct' : sourceOf(codeId);
  const grams = arrayText(customer.searchGrams);
  const { name, follows, searchText } = customer;
  yield [
    'customer',
    [id, name, 'wechat', gender, source, codeId, added, added, gone, active, grams, searchText, added, added],
  ];
  yield ['identity', ['wecom', externalUserid, id, 'wecom', added]];
  yield ['identity', ['unionid', customer.unionid, id, 'wecom', added]];
  if (customer.phone) yield ['identity', ['phone', customer.phone, id, 'wecom', added]];
  for (const [index, follow] of follows.entries()) {
    const { staffId, state, remark } = follow;
    const from = time(follow.addedAt);
    const to = follow.endedAt === null ? null : time(follow.endedAt);
    const by = state === 'active' ? null : state === 'left_by_customer' ? 'customer' : 'staff';
    const code = index === 0 ? codeId : null;
    const changes = [{ kind: 'added', at: follow.addedAt, codeId: code, way: 1 }];
    const edge = [id, externalUserid, staffId];
    yield ['follow', [...edge, state, from, to, code, 1, remark, JSON.stringify(changes), from]];
    yield ['follow_spell', [...edge, from, to, by, code, index === 0]];
    if (follow.addedAt > now - 60 * 86_400_000) {
      const tookMs = 150 + ((id * 7919) % 900);
      const settled = time(follow.addedAt + tookMs);
      const content = '{"message":{"text":"{{customer_name}}，你好！","attachments":[]},"hook":""}';
      const said = JSON.stringify({ text: `${name}，你好！`, attachmentCount: 0 });
      const head = [
        id,
        `welcome:${id}.${index}`,
        'welcome',
        'wecom_welcome',
        'service',
        0,
        from,
        staffId,
        code,
        externalUserid,
        'submitted',
      ];
      yield [
        'touch',
        [...head, content, said, '{}', from, from, settled, from, time(follow.addedAt + 20_000), 1, tookMs],
      ];
    }
  }
  for (const tagId of customer.tagIds) yield ['customer_tag', [id, tagId, added]];
}

function sourceOf(codeId: number): string {
  return ['shop', 'shop', 'event', 'article', 'ad', 'partner', 'staff', 'packaging'][codeId % 8] as string;
}

/** Writes the rows of all tables as files for COPY; returns some customers to ask for later. */
function writeFiles(folder: string, count: number, now: number): Customer[] {
  const names = Object.keys(tables) as Table[];
  const outputs = new Map(
    names.map((name) => [name, { file: openSync(join(folder, name), 'w'), lines: [] as string[] }]),
  );
  const flush = (output: { file: number; lines: string[] }) => {
    writeSync(output.file, output.lines.join(''));
    output.lines.length = 0;
  };
  const sample: Customer[] = [];
  for (const customer of populate(count, now)) {
    if (customer.id % Math.max(1, Math.floor(count / 400)) === 7) sample.push(customer);
    for (const [table, row] of rowsOf(customer, now)) {
      const output = outputs.get(table);
      if (!output) continue;
      output.lines.push(`${row.map(copyText).join('\t')}\n`);
      if (output.lines.length >= 20_000) flush(output);
    }
  }
  for (const output of outputs.values()) {
    flush(output);
    closeSync(output.file);
  }
  return sample;
}

async function fillSmallTables(client: pg.Client): Promise<void> {
  await client.query(`
    insert into staff (wecom_userid, name, state, can_follow, observed_at)
    select 'staff' || n, '顾问' || lpad(n::text, 2, '0'), 'active', true, now() from generate_series(1, ${staffCount}) n;
    insert into tag_group (kind, name, sort) values
      ('internal', '来源', 3), ('internal', '兴趣', 2), ('internal', '阶段', 1), ('wecom', '门店', 3), ('wecom', '等级', 2), ('wecom', '活动', 1);
    insert into tag (group_id, name, wecom_id)
    select 1 + (n - 1) / 10, '标签' || n, case when n > 30 then 'et' || n end from generate_series(1, ${tagCount}) n;`);
  const shopNames = Array.from({ length: codeCount }, (_, i) => `${shops[i % shops.length]}活码${i + 1}`);
  const sources = Array.from({ length: codeCount }, (_, i) => sourceOf(i + 1));
  await client.query(
    `insert into channel_code (name, source, entry, rotation, backup_staff_ids, skip_verify, tag_ids, remark_prefix, description,
      hook, welcome, state_key, slug, staff_now, pushed_revision, config_id, created_by, created_at, updated_at)
    select name, source, 'direct', '[{"staffIds":[1,2],"weekdays":[1,2,3,4,5,6,7],"fromMinute":0,"toMinute":1440}]', '{}', true, '{}', '', '',
      '{"kind":"none","text":""}', '{"kind":"default"}', 'siyu_bench' || n, 'bench' || n, '{1,2}', 1, 'config' || n, 'bench', now(), now()
    from unnest($1::text[], $2::text[]) with ordinality as code(name, source, n)`,
    [shopNames, sources],
  );
}

/** Indexes other than those of keys: building them afterwards is many times faster. */
async function takeIndexesAway(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    where t.relname = any($1) and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)`,
    [Object.keys(tables)],
  );
  for (const { name } of rows) await client.query(`drop index "${name}"`);
  return rows.map((row) => row.definition);
}

/**
 * Fills an empty database with customers, as siyu itself would have stored them.
 * @param folder where PostgreSQL may read files. @returns a sample of the customers
 */
export async function fillCustomers(
  client: pg.Client,
  folder: string,
  count: number,
  say: (text: string) => void,
): Promise<Customer[]> {
  const files = join(folder, 'fill');
  mkdirSync(files, { recursive: true });
  chmodSync(files, 0o755);
  try {
    await fillSmallTables(client);
    const sample = writeFiles(files, count, Date.now());
    say('rows are made');
    const indexes = await takeIndexesAway(client);
    // What is written refers to what is there; asking for each row would take as long as writing it.
    await client.query('set session_replication_role = replica');
    for (const [table, columns] of Object.entries(tables)) {
      const { rowCount } = await client.query(`copy ${table} (${columns}) from '${join(files, table)}'`);
      rmSync(join(files, table));
      say(`${table}: ${rowCount} rows`);
    }
    for (const definition of indexes) await client.query(definition);
    await client.query("select setval(pg_get_serial_sequence('customer', 'id'), (select max(id) from customer))");
    await client.query(`insert into code_staff_day (code_id, staff_id, day, adds)
      select code_id, staff_id, (started_at at time zone 'Asia/Shanghai')::date, count(*) from follow_spell
      where code_id is not null group by 1, 2, 3`);
    for (const table of [...Object.keys(tables), 'code_staff_day']) await client.query(`vacuum analyze ${table}`);
    say('indexes are built, statistics are gathered');
    return sample;
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
}
