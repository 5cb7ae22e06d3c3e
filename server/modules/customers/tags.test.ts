import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTagGroup, getCustomer, listTags, tagCustomers } from '#contract/customers';
import { type Fact, recordEvents } from '#events';
import { inTransaction } from '#platform/ctx';
import { createTestApp, projectFacts, type TestApp } from '#testing';
import { countFiltered, listCustomerPage, selectIds } from './list.ts';
import { tagEdges } from './tags.ts';

let siyu: TestApp;
const tags: Record<string, number> = {};
const staffIds: Record<string, number> = {};

beforeAll(async () => {
  siyu = await createTestApp();
  await siyu.call(siyu.owner, createTagGroup, { name: '内部', kind: 'internal', tags: ['X', 'Y', 'Z'] });
  await siyu.call(siyu.owner, createTagGroup, { name: '企微', kind: 'wecom', tags: ['W', 'V'] });
  const { groups } = await siyu.call(siyu.owner, listTags, {});
  for (const tag of groups.flatMap((group) => group.tags)) tags[tag.name] = tag.id;
});
afterAll(() => siyu?.close());

const tagId = (name: string) => tags[name] ?? 0;
const idsOf = (names: readonly string[]) => names.map(tagId);

async function addCustomer(name: string): Promise<number> {
  const { id } = await siyu.database.db
    .insertInto('customer')
    .values({ name, added_at: siyu.ctx.now, created_at: siyu.ctx.now })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

async function tag(customerIds: number[], change: { add?: string[]; remove?: string[] }) {
  return siyu.call(siyu.owner, tagCustomers, {
    customerIds,
    add: idsOf(change.add ?? []),
    remove: idsOf(change.remove ?? []),
  });
}

async function tagsOf(id: number): Promise<string[]> {
  return (await siyu.call(siyu.owner, getCustomer, { id })).allTags.map((tag) => tag.name).sort();
}

describe('a filter by tags', () => {
  const people: Record<string, number> = {};
  const carried: Record<string, string[]> = {
    nothing: [],
    x: ['X'],
    y: ['Y'],
    xy: ['X', 'Y'],
    xyz: ['X', 'Y', 'Z'],
    z: ['Z'],
  };

  beforeAll(async () => {
    for (const [name, add] of Object.entries(carried)) {
      const id = await addCustomer(name);
      people[name] = id;
      if (add.length > 0) await tag([id], { add });
    }
  });

  async function found(tagMode: 'any' | 'all' | 'none', names: readonly string[]): Promise<string[]> {
    const filter = { tags: idsOf(names), tagMode };
    const { rows } = await listCustomerPage(siyu.ctx, { ...filter, limit: 200 });
    const { count } = await countFiltered(siyu.ctx, filter);
    const chosen = await selectIds(siyu.ctx, filter, 0, 200);
    expect(count).toBe(rows.length);
    expect(chosen).toEqual(rows.map((row) => row.id).sort((a, b) => a - b));
    return rows.map((row) => row.name ?? '').sort();
  }

  it('"not tagged X" keeps the untagged and drops those with X and Y', async () => {
    expect(await found('none', ['X'])).toEqual(['nothing', 'y', 'z']);
  });

  it('"neither X nor Y" drops whoever has either', async () => {
    expect(await found('none', ['X', 'Y'])).toEqual(['nothing', 'z']);
  });

  it('"X or Y" names each customer once', async () => {
    expect(await found('any', ['X', 'Y'])).toEqual(['x', 'xy', 'xyz', 'y']);
  });

  it('"X and Y" wants both, not either', async () => {
    expect(await found('all', ['X', 'Y'])).toEqual(['xy', 'xyz']);
    expect(await found('all', ['X', 'Y', 'Z'])).toEqual(['xyz']);
    expect(await found('all', ['X', 'X'])).toEqual(['x', 'xy', 'xyz']);
  });

  it('by a tag that nobody carries or that does not exist is not ignored', async () => {
    expect(await found('any', ['W'])).toEqual([]);
    expect(await found('all', ['X', 'W'])).toEqual([]);
    expect(await found('none', ['W'])).toEqual(Object.keys(carried).sort());
    expect((await listCustomerPage(siyu.ctx, { tags: [999_999], tagMode: 'any', limit: 50 })).rows).toEqual([]);
  });

  it('says the same as looking at each customer', async () => {
    const asked = fc.subarray(['X', 'Y', 'Z', 'W'], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(asked, fc.constantFrom('any' as const, 'all' as const, 'none' as const), async (names, mode) => {
        const expected = Object.entries(carried).filter(([, has]) => {
          if (mode === 'any') return names.some((name) => has.includes(name));
          if (mode === 'all') return names.every((name) => has.includes(name));
          return !names.some((name) => has.includes(name));
        });
        expect(await found(mode, names)).toEqual(expected.map(([name]) => name).sort());
      }),
      { numRuns: 30 },
    );
  });

  it('pages through everybody once', async () => {
    const seen: number[] = [];
    let after: string | undefined;
    do {
      const input = { tags: idsOf(['X']), tagMode: 'none' as const, limit: 1, ...(after ? { after } : {}) };
      const page = await listCustomerPage(siyu.ctx, input);
      seen.push(...page.rows.map((row) => row.id));
      after = page.next ?? undefined;
    } while (after);
    expect(seen.sort((a, b) => a - b)).toEqual([people.nothing, people.y, people.z].sort((a = 0, b = 0) => a - b));
  });
});

describe('tagging', () => {
  it('counts the customers it changed, and is harmless twice', async () => {
    const ids = [await addCustomer('一'), await addCustomer('二')];
    expect(await tag(ids, { add: ['X'] })).toMatchObject({ changed: 2 });
    expect(await tag(ids, { add: ['X'] })).toMatchObject({ changed: 0 });
    expect(await tag([ids[0] ?? 0], { add: ['Y'], remove: ['X'] })).toMatchObject({ changed: 1 });
    expect(await tagsOf(ids[0] ?? 0)).toEqual(['Y']);
    expect(await tagsOf(ids[1] ?? 0)).toEqual(['X']);
  });

  it('with a tag that is both added and removed adds it', async () => {
    const id = await addCustomer('三');
    await tag([id], { add: ['X'], remove: ['X'] });
    expect(await tagsOf(id)).toEqual(['X']);
  });

  it('refuses a whole request for one unknown tag', async () => {
    const id = await addCustomer('四');
    const answer = await siyu.ask(siyu.owner, tagCustomers, { customerIds: [id], add: [tagId('X'), 999_999] });
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'tag_unknown' } } });
    expect(await tagsOf(id)).toEqual([]);
  });

  it("puts WeCom's tags on active follows only", async () => {
    const id = await addCustomer('五');
    expect(await tag([id], { add: ['W'] })).toMatchObject({ changed: 0 });
    expect(await tagsOf(id)).toEqual([]);
  });
});

describe("WeCom's tags on a customer", () => {
  const account = 'wmTagged0001';
  let id: number;
  let told = 0;

  async function tell(staffUserid: string, what: 'added' | 'ended'): Promise<void> {
    const common = {
      source: 'test',
      messageId: `tag test ${++told}`,
      occurredAt: new Date(siyu.ctx.now.getTime() + told * 1000),
    };
    const fact: Fact =
      what === 'added'
        ? {
            ...common,
            name: 'follow.added',
            payload: { externalUserid: account, staffUserid, codeId: null, welcomeCode: null, isHalf: false },
          }
        : { ...common, name: 'follow.ended', payload: { externalUserid: account, staffUserid, by: 'customer' } };
    await inTransaction(siyu.ctx, (ctx) => recordEvents(ctx, [fact]));
    await projectFacts(siyu);
  }

  beforeAll(async () => {
    await tell('li', 'added');
    await tell('wang', 'added');
    const row = await siyu.database.db
      .selectFrom('identity')
      .select('customer_id')
      .where('value', '=', account)
      .executeTakeFirstOrThrow();
    id = row.customer_id;
    const staff = await siyu.database.db.selectFrom('staff').select(['id', 'wecom_userid']).execute();
    for (const member of staff) staffIds[member.wecom_userid] = member.id;
  });

  it('are there while any active follow has them', async () => {
    const edge = (staff: string) => ({ customerId: id, externalUserid: account, staffId: staffIds[staff] ?? 0 });
    await inTransaction(siyu.ctx, (ctx) =>
      tagEdges(ctx, [
        { ...edge('li'), tagIds: [tagId('W'), tagId('X')] },
        { ...edge('wang'), tagIds: [tagId('W')] },
      ]),
    );
    expect(await tagsOf(id)).toEqual(['W', 'X']);
    await tell('li', 'ended');
    expect(await tagsOf(id)).toEqual(['W', 'X']);
    await tell('wang', 'ended');
    // What we said of the customer ourselves stays.
    expect(await tagsOf(id)).toEqual(['X']);
    await tell('li', 'added');
    expect(await tagsOf(id)).toEqual(['W', 'X']);
  });

  it('go from every active follow when they are removed', async () => {
    await tell('wang', 'added');
    await tag([id], { add: ['V'] });
    expect(await tagsOf(id)).toEqual(['V', 'W', 'X']);
    expect(await tag([id], { remove: ['V', 'W'] })).toMatchObject({ changed: 1 });
    expect(await tagsOf(id)).toEqual(['X']);
    const { rows } = await siyu.database.pool.query(
      'select is_wanted, is_pending from follow_tag where customer_id = $1 and tag_id = $2',
      [id, tagId('V')],
    );
    expect(rows).toEqual([
      { is_wanted: false, is_pending: true },
      { is_wanted: false, is_pending: true },
    ]);
  });

  it('that were removed and added again before WeCom heard are there', async () => {
    await tag([id], { add: ['V'] });
    expect(await tagsOf(id)).toEqual(['V', 'X']);
  });
});
