import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  countConflicts,
  decideConflict,
  getCustomer,
  listConflicts,
  listCustomers,
  listTimeline,
  mergeCustomers,
  setAttributes,
  tagCustomers,
  undoMerge,
} from '#contract/customers';
import { type Fact, recordEvents } from '#events';
import { inTransaction } from '#platform/ctx';
import { createTestApp, projectFacts, seedWorld, type TestApp, type World } from '#testing';

let siyu: TestApp;
let world: World;
beforeAll(async () => {
  siyu = await createTestApp();
  world = await seedWorld(siyu);
});
afterAll(() => siyu?.close());

let told = 0;
const tracked = (event: string, ...accounts: { kind: string; value: string }[]): Fact => ({
  name: 'event.tracked',
  source: 'shop',
  messageId: `told ${++told}`,
  occurredAt: siyu.clock.now(),
  payload: { accounts, event, properties: {} },
});
async function tell(...facts: Fact[]) {
  await inTransaction(siyu.ctx, (ctx) => recordEvents(ctx, facts));
  await projectFacts(siyu);
}

/** Everything that belongs to people, with whose it is; the words about merging itself are left out. */
async function readBelongings() {
  const queries = {
    customer: `select id, name, source, code_id, added_at, met_at, gone_at, active_follow_count, search_text from customer order by id`,
    identity: 'select kind, value, customer_id from identity order by 1, 2',
    follow: 'select customer_id, external_userid, staff_id, state from follow order by 1, 2, 3',
    spell: 'select customer_id, external_userid, staff_id, started_at, is_first from follow_spell order by 1, 2, 3, 4',
    tag: 'select customer_id, tag_id from customer_tag order by 1, 2',
    attribute: 'select customer_id, key, value from customer_attribute order by 1, 2',
    touch: 'select customer_id, id from touch order by 2',
    event: `select customer_id, id, name from event where name not in ('customer.merged', 'customer.parted') order by id`,
  };
  const parts = await Promise.all(
    Object.entries(queries).map(async ([name, text]) => [name, (await siyu.database.pool.query(text)).rows] as const),
  );
  return Object.fromEntries(parts);
}

describe('merging by hand', () => {
  it('is put back as if it had never been, with what came since through the accounts of each', async () => {
    const { ofLi, ofWang } = world.customers;
    await siyu.call(siyu.owner, setAttributes, { id: ofLi, values: { city: '上海' } });
    await siyu.call(siyu.owner, setAttributes, { id: ofWang, values: { city: '杭州', size: 'M' } });
    await siyu.call(siyu.owner, tagCustomers, { customerIds: [ofLi, ofWang], add: [world.tags.cat] });
    await siyu.call(siyu.owner, tagCustomers, { customerIds: [ofWang], add: [world.tags.vip] });
    await tell(tracked('cart.viewed', { kind: 'wecom', value: 'wmOfWang0001' }));
    const before = await readBelongings();

    const { id } = await siyu.call(siyu.owner, mergeCustomers, { ids: [ofWang, ofLi] });
    await projectFacts(siyu);
    expect(id).toBe(Math.min(ofLi, ofWang));
    const gone = Math.max(ofLi, ofWang);
    const merged = await siyu.call(siyu.owner, getCustomer, { id });
    expect(merged.follows.map((follow) => follow.externalUserid).sort()).toEqual(['wmOfLi00001', 'wmOfWang0001']);
    expect(merged.attributes).toMatchObject([
      { key: 'city', value: '杭州' },
      { key: 'size', value: 'M' },
    ]);
    expect(merged.allTags.map((tag) => tag.name).sort()).toEqual(['VIP', '爱猫']);
    expect(await siyu.call(siyu.owner, getCustomer, { id: gone })).toEqual(merged);
    const ids = (await siyu.call(siyu.owner, listCustomers, {})).rows.map((row) => row.id);
    expect(ids).not.toContain(gone);
    const timeline = await siyu.call(siyu.owner, listTimeline, { id });
    expect(timeline.rows[0]).toMatchObject({ name: 'customer.merged', details: { goneId: gone } });

    await siyu.call(siyu.owner, undoMerge, { id: merged.merges[0]?.id ?? 0 });
    await projectFacts(siyu);
    expect(await readBelongings()).toEqual(before);

    await siyu.call(siyu.owner, mergeCustomers, { ids: [ofWang, ofLi] });
    await tell(tracked('cart.added', { kind: 'wecom', value: gone === ofWang ? 'wmOfWang0001' : 'wmOfLi00001' }));
    const again = await siyu.call(siyu.owner, getCustomer, { id });
    await siyu.call(siyu.owner, undoMerge, { id: again.merges[0]?.id ?? 0 });
    await projectFacts(siyu);
    const after = await readBelongings();
    expect(after.event?.filter((event) => event.name === 'cart.added')).toMatchObject([{ customer_id: gone }]);
    const rest = (belongings: typeof after) => ({
      ...belongings,
      event: belongings.event?.filter((event) => event.name !== 'cart.added'),
    });
    expect(rest(after)).toEqual(before);
  });

  it('of a chain is undone link by link', async () => {
    const account = (value: string) => ({ kind: 'user', value });
    await tell(...['c1', 'c2', 'c3'].map((name) => tracked('page.viewed', account(name))));
    const idOf = async (value: string) =>
      (
        await siyu.database.pool.query<{ id: number }>('select customer_id as id from identity where value = $1', [
          value,
        ])
      ).rows[0]?.id ?? 0;
    const [one, two, three] = await Promise.all(['c1', 'c2', 'c3'].map(idOf));
    await siyu.call(siyu.owner, mergeCustomers, { ids: [three ?? 0, two ?? 0] });
    await siyu.call(siyu.owner, mergeCustomers, { ids: [two ?? 0, one ?? 0] });
    expect(await Promise.all(['c1', 'c2', 'c3'].map(idOf))).toEqual([one, one, one]);
    expect((await siyu.call(siyu.owner, getCustomer, { id: three ?? 0 })).id).toBe(one);
    const { rows } = await siyu.database.pool.query<{ id: number }>(
      'select id from customer_merge where gone_id = $1 and undone_at is null',
      [three],
    );
    await siyu.call(siyu.owner, undoMerge, { id: rows[0]?.id ?? 0 });
    expect(await Promise.all(['c1', 'c2', 'c3'].map(idOf))).toEqual([one, one, three]);
  });

  it('refuses one customer twice, and one who is not there', async () => {
    const ask = (ids: number[]) => siyu.ask(siyu.owner, mergeCustomers, { ids });
    expect((await ask([world.customers.left, world.customers.left])).body).toMatchObject({
      error: { code: 'merge_needs_two' },
    });
    expect((await ask([world.customers.left, 999_999])).status).toBe(404);
  });
});

describe('a conflict', () => {
  it('is shown with its evidence until somebody decides; the merge it leads to can be undone', async () => {
    const phone = { kind: 'phone', value: '13900000000' };
    await tell(tracked('page.viewed', { kind: 'user', value: 'p1' }, phone));
    await tell(tracked('page.viewed', { kind: 'user', value: 'p2' }, phone));
    const { rows } = await siyu.call(siyu.owner, listConflicts, {});
    const conflict = rows.find((row) => [row.a.value, row.b.value].includes('p2'));
    expect(conflict).toMatchObject({
      source: 'shop',
      sourceName: null,
      clashes: [{ kind: 'user', a: 'p1', b: 'p2' }],
      a: { kind: 'phone', accounts: [{ value: 'p1' }, phone], isMet: false, lastSeenAt: expect.any(String) },
    });
    const { count, isExact } = await siyu.call(siyu.owner, countConflicts, {});
    expect({ count, isExact }).toEqual({ count: rows.length, isExact: true });
    const ids = { a: conflict?.a.id ?? 0, b: conflict?.b.id ?? 0 };
    const owners = async () =>
      (
        await siyu.database.pool.query<{ n: number }>(
          "select count(distinct customer_id) as n from identity where value in ('p1', 'p2', '13900000000')",
        )
      ).rows[0]?.n;
    expect(await owners()).toBe(2);
    await siyu.call(siyu.owner, decideConflict, { ...ids, decision: 'same' });
    expect(await owners()).toBe(1);
    const { rows: merges } = await siyu.database.pool.query<{ id: number }>('select max(id) as id from customer_merge');
    await siyu.call(siyu.owner, undoMerge, { id: merges[0]?.id ?? 0 });
    expect(await owners()).toBe(2);
    const { rows: left } = await siyu.call(siyu.owner, listConflicts, {});
    expect(left.filter((row) => [row.a.value, row.b.value].includes('p2'))).toEqual([]);
  });

  it('that is decided as different people is not asked again, also when it is told again', async () => {
    const email = { kind: 'email', value: 'shop@example.com' };
    await tell(tracked('page.viewed', { kind: 'user', value: 'e1' }, email));
    await tell(tracked('page.viewed', { kind: 'user', value: 'e2' }, email));
    const asked = async () =>
      (await siyu.call(siyu.owner, listConflicts, {})).rows.filter((row) => [row.a.value, row.b.value].includes('e2'));
    const [conflict] = await asked();
    const ids = { a: conflict?.a.id ?? 0, b: conflict?.b.id ?? 0 };
    await siyu.call(siyu.owner, decideConflict, { ...ids, decision: 'different' });
    await tell(tracked('page.viewed', { kind: 'user', value: 'e2' }, email));
    expect(await asked()).toEqual([]);
  });

  it('that was decided as different people keeps the two apart until the decision is changed', async () => {
    const phone = { kind: 'phone', value: '13900000007' };
    await tell(tracked('page.viewed', { kind: 'user', value: 'd1' }, phone));
    await tell(tracked('page.viewed', { kind: 'user', value: 'd2' }, phone));
    const { rows } = await siyu.call(siyu.owner, listConflicts, {});
    // The newest comes first.
    const [conflict] = rows;
    expect([conflict?.a.value, conflict?.b.value]).toEqual([phone.value, 'd2']);
    const pair = { a: conflict?.a.id ?? 0, b: conflict?.b.id ?? 0 };
    const ids = [conflict?.a.customerId ?? 0, conflict?.b.customerId ?? 0];
    await siyu.call(siyu.owner, decideConflict, { ...pair, decision: 'different' });
    const refused = await siyu.ask(siyu.owner, mergeCustomers, { ids });
    expect(refused.body).toMatchObject({ error: { code: 'customers_kept_apart', details: pair } });
    await siyu.call(siyu.owner, decideConflict, { ...pair, decision: 'same' });
    const merged = await siyu.call(siyu.owner, getCustomer, { id: ids[1] ?? 0 });
    expect(merged.identities.map((identity) => identity.value).sort()).toEqual([phone.value, 'd1', 'd2'].sort());
  });

  it('decided as the same person merges all accounts of both, also those of which there is one', async () => {
    const mail = { kind: 'email', value: 'both@example.com' };
    const phone = { kind: 'phone', value: '13900000006' };
    // Either customer begins with an account that anybody may have several of.
    await tell(tracked('page.viewed', phone), tracked('page.viewed', mail));
    await tell(tracked('page.viewed', phone, { kind: 'user', value: 'f1' }));
    await tell(tracked('page.viewed', mail, { kind: 'user', value: 'f2' }));
    await tell(tracked('page.viewed', phone, mail));
    const [conflict] = (await siyu.call(siyu.owner, listConflicts, {})).rows;
    expect(conflict?.clashes).toMatchObject([{ kind: 'user' }]);
    const pair = { a: conflict?.a.id ?? 0, b: conflict?.b.id ?? 0 };
    await siyu.call(siyu.owner, decideConflict, { ...pair, decision: 'same' });
    const id = Math.min(conflict?.a.customerId ?? 0, conflict?.b.customerId ?? 0);
    const merged = await siyu.call(siyu.owner, getCustomer, { id });
    expect(merged.identities.map((identity) => identity.value).sort()).toEqual(
      [mail.value, phone.value, 'f1', 'f2'].sort(),
    );
    await siyu.call(siyu.owner, undoMerge, { id: merged.merges[0]?.id ?? 0 });
    const kept = await siyu.call(siyu.owner, getCustomer, { id });
    expect(kept.identities).toHaveLength(2);
  });

  it('list is read page by page', async () => {
    const all = (await siyu.call(siyu.owner, listConflicts, {})).rows;
    expect(all.length).toBeGreaterThan(0);
    for (const value of ['g2', 'g3', 'g4']) {
      const phone = { kind: 'phone', value: `1390000001${value[1]}` };
      await tell(tracked('page.viewed', { kind: 'user', value: 'g1' }, phone));
      await tell(tracked('page.viewed', { kind: 'user', value }, phone));
    }
    const seen: string[] = [];
    for (let after: string | undefined, i = 0; i < 20; i++) {
      const page = await siyu.call(siyu.owner, listConflicts, { limit: 1, ...(after ? { after } : {}) });
      seen.push(...page.rows.map((row) => `${row.a.id} ${row.b.id}`));
      if (page.next === null) break;
      after = page.next;
    }
    expect(new Set(seen).size).toBe(all.length + 3);
    expect(seen).toHaveLength(all.length + 3);
  });
});
