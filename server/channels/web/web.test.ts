import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCustomers, listTimeline } from '#contract/customers';
import { createSource, listArrivals, listSources, tellBatch, tellTrack, updateSource } from '#contract/web';
import { createTestApp, projectFacts, type TestApp } from '#testing';

let siyu: TestApp;
let key: string;
let id: number;

beforeAll(async () => {
  siyu = await createTestApp();
  ({ id } = await siyu.call(siyu.owner, createSource, { name: '官网', kind: 'website' }));
  key = (await siyu.call(siyu.owner, listSources, {})).rows[0]?.writeKey ?? '';
});
afterAll(() => siyu?.close());

const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` });
const post = (path: string, body: unknown, headers: Record<string, string> = basic(key)) =>
  siyu.app.http.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });
const countOf = async (where: string) =>
  (await siyu.database.pool.query<{ n: number }>(`select count(*) as n from event where ${where}`)).rows[0]?.n;

describe('Segment’s own client for Node, as it is', () => {
  it('tells who somebody is and what they did', async () => {
    const host = await siyu.listen();
    const analytics = new Analytics({ writeKey: key, host, path: '/v1/batch', flushAt: 3 });
    const problems: unknown[] = [];
    analytics.on('error', (problem) => problems.push(problem));
    analytics.page({ anonymousId: 'browser', name: 'Home' });
    analytics.identify({ userId: 'u1', anonymousId: 'browser', traits: { name: '王芳', city: '上海' } });
    analytics.track({ userId: 'u1', event: 'Product Viewed', properties: { sku: 'A1', price: 9.9 } });
    analytics.alias({ userId: 'u1', previousId: 'old-browser' });
    await analytics.closeAndFlush({ timeout: 10_000 });
    expect(problems).toEqual([]);
    await projectFacts(siyu);

    const { rows } = await siyu.call(siyu.owner, listCustomers, {});
    expect(rows).toMatchObject([{ name: '王芳', isMet: false, isActive: false }]);
    const timeline = await siyu.call(siyu.owner, listTimeline, { id: rows[0]?.id ?? 0 });
    expect(timeline.rows.map((row) => row.name).sort()).toEqual(['page.viewed', 'product.viewed']);
    const { rows: accounts } = await siyu.database.pool.query('select kind, value from identity order by 1, 2');
    expect(accounts).toEqual([
      { kind: 'anonymous', value: 'browser' },
      { kind: 'anonymous', value: 'old-browser' },
      { kind: 'user', value: 'u1' },
    ]);
  });
});

describe('orders', () => {
  it('told as Segment’s events are kept by commerce, and stand on the timeline once', async () => {
    const products = [{ product_id: 'p1', sku: 'A1', name: '岩茶', price: 99, quantity: 2 }];
    const completed = { type: 'track', messageId: 'o1', userId: 'buyer', event: 'Order Completed' };
    const properties = { order_id: 'S1', total: 198, currency: 'CNY', products };
    const refunded = { type: 'track', messageId: 'o2', userId: 'buyer', event: 'Order Refunded' };
    await post('/v1/batch', { batch: [{ ...completed, properties }] });
    await post('/v1/batch', { batch: [{ ...refunded, properties: { order_id: 'S1', total: 99, currency: 'CNY' } }] });
    await post('/v1/batch', { batch: [{ ...completed, properties }] });
    await projectFacts(siyu);
    const { rows } = await siyu.database.pool.query('select number, total_fen, refunded_fen from shop_order');
    expect(rows).toEqual([{ number: 'S1', total_fen: 19_800, refunded_fen: 9900 }]);
    expect(await countOf("name in ('order.placed', 'order.refunded')")).toBe(2);
  });
});

describe('the door', () => {
  it('takes a messageId once, however often and however it is told', async () => {
    const message = { type: 'track', messageId: 'once', userId: 'u2', event: 'Song Played' };
    const answers = await Promise.all([
      post('/v1/track', message),
      post('/v1/batch', { batch: [message, message] }),
      post('/v1/track', message),
    ]);
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200]);
    await projectFacts(siyu);
    expect(await countOf("name = 'Song Played'")).toBe(1);
  });

  it('knows a key in the body, and JSON that a leaving page sends as text', async () => {
    const body = JSON.stringify({ writeKey: key, anonymousId: 'leaving', event: 'Page Left' });
    const answer = await post('/v1/track', body, { 'content-type': 'text/plain', origin: 'https://shop.example' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    const asked = await siyu.app.http.inject({
      method: 'OPTIONS',
      url: '/v1/track',
      headers: { origin: 'https://shop.example' },
    });
    expect(asked.statusCode).toBe(204);
    expect(asked.headers['access-control-allow-headers']).toContain('authorization');
  });

  it('refuses a wrong key, none, and one that was replaced or switched off', async () => {
    const message = { userId: 'u3', event: 'e' };
    const codeOf = async (headers: Record<string, string>) => (await post('/v1/track', message, headers)).json();
    expect(await codeOf(basic('wrong'))).toMatchObject({ error: { code: 'write_key_invalid' } });
    expect(await codeOf({})).toMatchObject({ error: { code: 'write_key_invalid' } });
    const { id: other } = await siyu.call(siyu.owner, createSource, { name: '小程序', kind: 'mini_program' });
    const keyOf = async () =>
      (await siyu.call(siyu.owner, listSources, {})).rows.find((row) => row.id === other)?.writeKey ?? '';
    const first = await keyOf();
    await siyu.call(siyu.owner, updateSource, { id: other, newKey: true });
    expect(await codeOf(basic(first))).toMatchObject({ error: { code: 'write_key_invalid' } });
    await siyu.call(siyu.owner, updateSource, { id: other, isEnabled: false });
    expect(await codeOf(basic(await keyOf()))).toMatchObject({ error: { code: 'write_key_invalid' } });
  });

  const fieldsOf = async (path: string, body: unknown) => {
    const answer = await post(path, body);
    expect(answer.statusCode).toBe(400);
    return answer
      .json()
      .error.fields.map((field: { path: string; problem: string }) => `${field.path} ${field.problem}`);
  };

  it('names the field that is wrong, and takes nothing of such a batch', async () => {
    expect(await fieldsOf('/v1/track', { event: 'e' })).toEqual(['userId user_or_anonymous_needed']);
    expect(await fieldsOf('/v1/track', { userId: 'u' })).toEqual(['event invalid_type']);
    expect(await fieldsOf('/v1/alias', { userId: 'u' })).toEqual(['previousId invalid_union']);
    expect(await fieldsOf('/v1/track', { userId: 'u', event: 'e', timestamp: 'yesterday' })).toEqual([
      'timestamp invalid_union',
    ]);
    const good = { type: 'track', userId: 'u9', event: 'Never Taken' };
    expect(await fieldsOf('/v1/batch', { batch: [good, { type: 'track', userId: 'u9' }] })).toEqual([
      'batch.1.event invalid_type',
    ]);
    expect(await fieldsOf('/v1/batch', { batch: [good, { ...good, properties: { a: { b: '\u0000' } } }] })).toEqual([
      'batch.1.properties.a.b control_characters',
    ]);
    const large = { ...good, properties: { text: 'x'.repeat(33_000) } };
    expect(await fieldsOf('/v1/batch', { batch: [good, large] })).toEqual(['batch.1 too_large']);
    await projectFacts(siyu);
    expect(await countOf("name = 'Never Taken'")).toBe(0);
  });

  it('refuses a call above 32 KB and a batch above 500 KB', async () => {
    const text = (bytes: number) => ({
      type: 'track',
      userId: 'u',
      event: 'e',
      properties: { text: 'x'.repeat(bytes) },
    });
    expect((await siyu.ask({ name: 'source', headers: basic(key) }, tellTrack, text(33_000))).status).toBe(413);
    const batch = Array.from({ length: 20 }, () => text(26_000));
    expect((await siyu.ask({ name: 'source', headers: basic(key) }, tellBatch, { batch })).status).toBe(413);
    expect(
      (await siyu.ask({ name: 'source', headers: basic(key) }, tellBatch, { batch: batch.slice(0, 15) })).status,
    ).toBe(200);
  });

  it('answers under the short addresses of analytics.js, also when it tries again', async () => {
    const message = { userId: 'short', event: 'Short Told', traits: { city: '上海' }, name: 'Home', groupId: 'g' };
    for (const letter of ['t', 'i', 'p', 's', 'g', 'a']) {
      const answer = await post(`/v1/${letter}`, { ...message, previousId: 'shorter' });
      expect(answer.statusCode, letter).toBe(200);
    }
    expect((await post('/v1/b', { batch: [{ type: 'track', ...message }] })).statusCode).toBe(200);
    const asked = await siyu.app.http.inject({ method: 'OPTIONS', url: '/v1/t' });
    expect(asked.headers['access-control-allow-headers']).toContain('x-retry-count');
    await projectFacts(siyu);
    expect(await countOf("name = 'Short Told'")).toBe(2);
  });

  it('says when a source last told something', async () => {
    const { rows } = await siyu.call(siyu.owner, listSources, {});
    expect(rows.find((row) => row.id === id)?.lastToldAt).not.toBeNull();
  });
});

describe('the latest calls of a source', () => {
  it('are shown newest first, whom they mean once that is known, and no more than twenty', async () => {
    const { id } = await siyu.call(siyu.owner, createSource, { name: '新店', kind: 'shop' });
    const { rows } = await siyu.call(siyu.owner, listSources, {});
    const headers = basic(rows.find((row) => row.id === id)?.writeKey ?? '');
    const latest = async () => (await siyu.call(siyu.owner, listArrivals, { id })).rows;
    expect(await latest()).toEqual([]);

    const long = 'x'.repeat(5000);
    await post('/v1/identify', { userId: 'a1', traits: { name: '王芳', phone: '13800000008', city: '上海' } }, headers);
    await post('/v1/track', { userId: 'a1', event: 'Product Added', properties: { sku: ['A1'], long } }, headers);
    const [added, told] = await latest();
    expect(told).toMatchObject({
      name: 'person.identified',
      account: { kind: 'user', value: 'a1' },
      customerId: null,
      details: { phone: '13800000008', name: '王芳', city: '上海' },
    });
    expect(added).toMatchObject({ name: 'cart.added', details: { sku: '["A1"]' } });
    expect(String(added?.details.long).length).toBeLessThan(300);
    await projectFacts(siyu);
    expect((await latest()).every((row) => row.customerId !== null)).toBe(true);

    const batch = Array.from({ length: 30 }, (_, i) => ({ type: 'track', userId: 'a1', event: `Event ${i}` }));
    await post('/v1/batch', { batch }, headers);
    const names = (await latest()).map((row) => row.name);
    expect(names).toHaveLength(20);
    expect(names[0]).toBe('Event 29');
    expect((await siyu.ask(siyu.owner, listArrivals, { id: 999_999 })).status).toBe(404);
  });
});
