import { afterAll, beforeAll, expect, it } from 'vitest';
import { customerFilter } from '#contract/customers';
import { sql } from '#platform/db';
import { createTestApp, type TestApp } from '#testing';
import { countFiltered, listCustomerPage, selectIds } from './list.ts';
import { gramsOf, normalizeForSearch } from './rules.ts';

/** However a filter is read from indexes, it selects the customers that its words say. */

const names = ['王芳', '王小芳', '李娜', 'Linda 王', '阳光微风138', '南京路-王芳', '欧阳娜娜', '50% 折扣', 'a_b', '芳'];
const customers = Array.from({ length: 400 }, (_, i) => {
  const name = names[(i * 7) % names.length] ?? '';
  return {
    id: i + 1,
    name,
    text: normalizeForSearch(name),
    source: i % 3 === 0 ? 'shop' : 'direct',
    active: i % 5 === 0 ? 0 : 1,
    staff: 1 + (i % 4),
    code: i < 40 ? 1 : i % 6 === 0 ? 2 : null,
    tags: [1, 2, 3].filter((tag) => (i * (tag + 2)) % 7 < 2 || (tag === 3 && i < 30)),
    phone: i % 4 === 0 ? `138${String(i * 97_531).padStart(8, '0')}` : null,
    added: new Date(Date.UTC(2026, 0, 1) + i * 86_400_000),
  };
});
type Customer = (typeof customers)[number];

let siyu: TestApp;

beforeAll(async () => {
  siyu = await createTestApp();
  const { db } = siyu.ctx;
  const rows = JSON.stringify(customers.map((one) => ({ ...one, grams: gramsOf(one.text) })));
  const all = sql`jsonb_to_recordset(${rows}::jsonb) as r(id bigint, name text, text text, source text, active int, staff bigint,
    code bigint, tags jsonb, phone text, added timestamptz, grams jsonb)`;
  await sql`insert into staff (wecom_userid, name, observed_at) select 's' || n, 's' || n, now() from generate_series(1, 4) n`.execute(
    db,
  );
  await sql`insert into tag_group (kind, name) values ('internal', 'g')`.execute(db);
  await sql`insert into tag (group_id, name) select 1, 't' || n from generate_series(1, 3) n`.execute(db);
  await sql`insert into customer (id, name, source, code_id, added_at, active_follow_count, search_grams, search_text, created_at)
    overriding system value
    select id, name, source, code, added, active, array(select jsonb_array_elements_text(grams)), text, added from ${all}`.execute(
    db,
  );
  await sql`insert into follow (customer_id, external_userid, staff_id, state, added_at, code_id, changes)
    select id, 'wm' || id, staff, case active when 1 then 'active' else 'left_by_customer' end, added, code, '[]' from ${all}`.execute(
    db,
  );
  await sql`insert into customer_tag select id, t::bigint, added from ${all} cross join jsonb_array_elements_text(tags) t`.execute(
    db,
  );
  await sql`insert into identity select 'phone', phone, id, 'test', added from ${all} where phone is not null`.execute(
    db,
  );
});

afterAll(() => siyu?.close());

const named = (text: string) => (one: Customer) => one.text.includes(text);
const called = (digits: string) => (one: Customer) =>
  one.text.includes(digits) || (one.phone?.startsWith(digits) ?? false) || (one.phone?.endsWith(digits) ?? false);

it.each<[string, Record<string, unknown>, (one: Customer) => boolean]>([
  ['everybody', {}, () => true],
  ['one character', { search: '芳' }, named('芳')],
  ['two characters', { search: '王芳' }, named('王芳')],
  ['part of a name with several pieces', { search: '南京路-王' }, named('南京路-王')],
  ['pieces of which nobody has them together', { search: '王娜娜' }, named('王娜娜')],
  ['two words', { search: 'LINDA 王' }, named('linda 王')],
  ['a sign that PostgreSQL has a use for', { search: '0%' }, named('0%')],
  ['another one', { search: 'a_' }, named('a_')],
  ['the start of a phone number', { search: '1380' }, called('1380')],
  ['digits of a name', { search: '138', source: 'shop' }, (one) => named('138')(one) && one.source === 'shop'],
  [
    'the last digits of a phone number',
    { search: customers[100]?.phone?.slice(-4) },
    called(customers[100]?.phone?.slice(-4) ?? ''),
  ],
  ['one tag', { tags: '3' }, (one) => one.tags.includes(3)],
  ['any of two tags', { tags: '1,3' }, (one) => one.tags.includes(1) || one.tags.includes(3)],
  ['any of many tags', { tags: '1,3,91,92,93,94,95,96,97' }, (one) => one.tags.includes(1) || one.tags.includes(3)],
  ['all of two tags', { tags: '1,2', tagMode: 'all' }, (one) => one.tags.includes(1) && one.tags.includes(2)],
  ['none of two tags', { tags: '1,2', tagMode: 'none' }, (one) => !one.tags.includes(1) && !one.tags.includes(2)],
  ['a code that only early customers have', { code: 1 }, (one) => one.code === 1],
  ['a member of staff', { staff: 2 }, (one) => one.staff === 2 && one.active === 1],
  ['a short period', { from: '2026-02-01', to: '2026-02-10' }, (one) => one.id >= 32 && one.id <= 41],
  [
    'a name with any of two tags',
    { search: '芳', tags: '1,2' },
    (one) => named('芳')(one) && one.tags.some((tag) => tag < 3),
  ],
  [
    'digits with any of two tags',
    { search: '1380', tags: '1,2' },
    (one) => called('1380')(one) && one.tags.some((tag) => tag < 3),
  ],
  [
    'a name with code and staff',
    { search: '王', code: 2, staff: 1 },
    (one) => named('王')(one) && one.code === 2 && one.staff === 1 && one.active === 1,
  ],
])('%s', async (_name, query, isWanted) => {
  const filter = customerFilter.parse(query);
  const wanted = customers.filter(isWanted).map((one) => one.id);
  const shown: number[] = [];
  for (let after: string | undefined, pages = 0; pages < 100; pages++) {
    const page = await listCustomerPage(siyu.ctx, { ...filter, after, limit: 17 });
    shown.push(...page.rows.map((row) => row.id));
    if (page.next === null) break;
    after = page.next;
  }
  expect(shown).toEqual(wanted.toReversed());
  expect(await countFiltered(siyu.ctx, filter)).toEqual({ count: wanted.length, isExact: true });
  expect(await selectIds(siyu.ctx, filter, 50, 1000)).toEqual(wanted.filter((id) => id > 50));
});
