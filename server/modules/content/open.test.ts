import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listTimeline } from '#contract/customers';
import { createLink, getLink, listLinkReaders, shareLink } from '#contract/links';
import { inTransaction } from '#platform/ctx';
import type { Upload } from '#platform/module';
import { createSealer } from '#platform/seal';
import { createTestApp, projectFacts, seedWorld, type TestApp, type World } from '#testing';
import { encodeLinkCode, type LinkCode } from './link-codes.ts';
import { type OpenParts, openTracked, visitMs } from './open.ts';
import { forgetVisits, moveReaders } from './readers.ts';

const sealer = createSealer('test secret test secret test secret');
const target = 'https://shop.test/new?a=1';
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1';
const wechat =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.44(0x18002c2f) NetType/WIFI Language/zh_CN';
const wecom =
  'Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 wxwork/4.1.20 MicroMessenger/7.0.1 NetType/WIFI Language/zh';

let siyu: TestApp;
let world: World;
let linkId: number;
let links = 0;

beforeAll(async () => {
  siyu = await createTestApp();
  world = await seedWorld(siyu);
});

// Each test has a link of its own.
beforeEach(async () => {
  links++;
  ({ id: linkId } = await siyu.call(siyu.owner, createLink, { url: `${target}&n=${links}`, title: `新品${links}` }));
});

afterAll(() => siyu?.close());

const personal = (customerId: number, touchId = 7): string => codeOf({ person: { customerId, touchId } });
const shared = (more: Partial<LinkCode> = {}): string =>
  codeOf({ person: undefined, staffId: world.staff.li, ...more });

function codeOf(more: Partial<LinkCode>): string {
  return encodeLinkCode(sealer, { linkId, kind: 'campaign', sourceId: 5, staffId: 0, person: undefined, ...more });
}

async function open(key: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  return siyu.app.http.inject({ method, url: `/l/${key}`, headers: { 'user-agent': phone, ...headers } });
}

function passTime(ms: number): void {
  siyu.clock.set({ realMs: Date.now(), simMs: siyu.clock.now().getTime() + ms, speed: 1 });
}

async function figures() {
  await projectFacts(siyu);
  const link = await siyu.call(siyu.owner, getLink, { id: linkId });
  return { opens: link.opens, people: link.people, known: link.period.knownOpens };
}

describe('a tracked link', () => {
  it('leads to its address and to no other', async () => {
    const answer = await open(personal(world.customers.ofLi));
    expect(answer.statusCode).toBe(302);
    expect(answer.headers.location).toBe(`${target}&n=${links}`);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    const tricked = await open(`${personal(world.customers.ofLi)}?url=https://evil.test&code=x`);
    expect(tricked.headers.location).toBe(`${target}&n=${links}`);
  });

  it('counts an open as the person’s, once for each visit', async () => {
    const key = personal(world.customers.ofLi);
    await open(key);
    await open(key);
    await Promise.all([open(key), open(key), open(key)]);
    expect(await figures()).toEqual({ opens: 1, people: 1, known: 1 });
    passTime(visitMs + 1000);
    await open(key);
    expect(await figures()).toEqual({ opens: 2, people: 1, known: 2 });
    const timeline = await siyu.call(siyu.owner, listTimeline, { id: world.customers.ofLi });
    const opened = timeline.rows.filter((row) => row.details.linkId === linkId);
    expect(opened).toHaveLength(2);
    expect(opened[0]?.details).toMatchObject({
      linkId,
      kind: 'campaign',
      sourceId: 5,
      touchId: 7,
      title: `新品${links}`,
    });
    const readers = await siyu.call(siyu.owner, listLinkReaders, { id: linkId });
    expect(readers.rows).toMatchObject([{ customer: { id: world.customers.ofLi, name: '王小芳' }, opens: 2 }]);
  });

  it.each([
    ['HEAD', {}, 'HEAD'],
    ['a robot', { 'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' }, 'GET'],
    ['a preview', { 'user-agent': 'facebookexternalhit/1.1' }, 'GET'],
    ['curl', { 'user-agent': 'curl/8.5.0' }, 'GET'],
    ['nobody who says what he is', { 'user-agent': '' }, 'GET'],
    ['a browser that loads ahead', { 'sec-purpose': 'prefetch;prerender' }, 'GET'],
  ] as const)('leads on, and does not count: %s', async (_, headers, method) => {
    const answer = await open(personal(world.customers.ofLi), headers, method);
    expect(answer.statusCode).toBe(302);
    expect(await figures()).toEqual({ opens: 0, people: 0, known: 0 });
  });

  it.each([
    ['WeChat', wechat],
    ['WeCom', wecom],
  ])('takes the browser of %s for a person', async (_, agent) => {
    await open(personal(world.customers.ofWang), { 'user-agent': agent });
    expect(await figures()).toEqual({ opens: 1, people: 1, known: 1 });
  });

  it('that is forged, cut off or of a link that is not there shows a page and leads nowhere', async () => {
    const key = personal(world.customers.ofLi);
    const gone = codeOf({ linkId: 9_999_999 });
    const others = encodeLinkCode(createSealer('another secret of thirty-two characters'), {
      linkId,
      kind: 'campaign',
      sourceId: 5,
      staffId: 0,
      person: { customerId: world.customers.ofWang, touchId: 1 },
    });
    for (const wrong of [key.slice(0, -1), `${key}A`, others, gone, 'x', '%00', encodeURIComponent('../../x')]) {
      const answer = await open(wrong);
      expect(answer.statusCode, wrong).toBe(404);
      expect(answer.headers['content-type'], wrong).toContain('text/html');
      expect(answer.headers.location, wrong).toBeUndefined();
    }
    expect(await figures()).toEqual({ opens: 0, people: 0, known: 0 });
  });

  it('that many share counts nobody’s opens, once for each browser', async () => {
    const key = shared();
    const first = await open(key);
    expect(first.headers['set-cookie']).toMatch(
      new RegExp(`^siyu_seen=1; Path=/l/${key}; Max-Age=1800; HttpOnly; SameSite=Lax`),
    );
    await open(key, { cookie: 'siyu_seen=1' });
    await open(key);
    expect(await figures()).toEqual({ opens: 2, people: 0, known: 0 });
    const link = await siyu.call(siyu.owner, getLink, { id: linkId });
    expect(link.sources).toEqual([{ kind: 'campaign', id: 5, name: null, opens: 2 }]);
    expect(link.staff).toMatchObject([{ id: world.staff.li, opens: 2 }]);
  });

  it('sent by hand is its sender’s', async () => {
    const adviser = await siyu.signIn('adviser', world.staff.wang);
    const { address } = await siyu.call(adviser, shareLink, { id: linkId });
    expect(address).toMatch(/^http:\/\/siyu\.test\/l\//);
    await open(address.split('/l/')[1] ?? '');
    const link = await siyu.call(siyu.owner, getLink, { id: linkId });
    expect(link.staff).toMatchObject([{ id: world.staff.wang, opens: 1 }]);
    expect(link.sources).toMatchObject([{ kind: 'manual', id: null }]);
  });

  it('shows an adviser only his own among its readers', async () => {
    const adviser = await siyu.signIn('adviser', world.staff.wang);
    await open(personal(world.customers.ofLi));
    await open(personal(world.customers.ofWang));
    await projectFacts(siyu);
    const { rows } = await siyu.call(adviser, listLinkReaders, { id: linkId });
    expect(rows.map((row) => row.customer.id)).toEqual([world.customers.ofWang]);
  });

  it('goes with the person: what two had opened is added up', async () => {
    const { ofLi, ofWang } = world.customers;
    await open(personal(ofLi));
    await open(personal(ofWang));
    await projectFacts(siyu);
    await inTransaction(siyu.ctx, async (ctx) => {
      const move = { from: ofWang, to: ofLi, accounts: [], isWhole: true, firstAccountId: 999 };
      await moveReaders(ctx, move);
      await moveReaders(ctx, {
        ...move,
        from: ofLi,
        to: ofWang,
        isWhole: false,
        accounts: [{ id: 999, kind: 'wecom', value: 'x', isShared: false }],
      });
    });
    const readers = await siyu.call(siyu.owner, listLinkReaders, { id: linkId });
    expect(readers.rows.map((row) => [row.customer.id, row.opens]).sort()).toEqual(
      [
        [ofLi, 1],
        [ofWang, 1],
      ].sort(),
    );
  });

  it('forgets visits once they are over', async () => {
    await open(personal(world.customers.ofLi));
    const count = async () =>
      (await siyu.database.pool.query<{ n: number }>('select count(*) as n from link_visit')).rows[0]?.n;
    expect(await count()).toBeGreaterThan(0);
    passTime(3 * visitMs);
    await inTransaction(siyu.ctx, (ctx) => forgetVisits.run(ctx));
    expect(await count()).toBe(0);
  });
});

describe('who a visitor is', () => {
  const asked: string[] = [];
  let answer: { externalUserid: string } | undefined = { externalUserid: 'wmOfLi00001' };
  const parts: OpenParts = {
    publicUrl: 'https://s.test',
    sealer,
    visitors: {
      begin: (_, state, returnTo) => `https://wx.test/authorize?state=${state}&back=${encodeURIComponent(returnTo)}`,
      finish: async (_, code) => {
        asked.push(code);
        return answer;
      },
    },
  };

  const request = (headers: Record<string, string>): Upload =>
    ({ method: 'GET', header: (name: string) => ({ 'user-agent': wechat, ...headers })[name] }) as unknown as Upload;

  async function setOut(key: string) {
    const reply = await openTracked(siyu.ctx, { linkCode: key }, request({}), parts);
    const cookie = (reply.headers?.['set-cookie'] ?? '').split(';')[0] ?? '';
    const at = new URL(reply.headers?.location ?? '');
    return { cookie, state: at.searchParams.get('state') ?? '', back: at.searchParams.get('back') };
  }

  const comeBack = (key: string, state: string, cookie: string, code = 'CODE') =>
    openTracked(siyu.ctx, { linkCode: key, code, state }, request({ cookie }), parts);

  beforeEach(() => {
    asked.length = 0;
    answer = { externalUserid: 'wmOfLi00001' };
  });

  it('is asked in WeChat where the code is shared, and counted as the customer’s', async () => {
    const key = shared();
    const { cookie, state, back } = await setOut(key);
    expect(back).toBe(`https://s.test/l/${key}`);
    // WeCom takes letters and digits, up to 128 (doc 91022).
    expect(state).toMatch(/^[a-zA-Z0-9]{1,128}$/);
    const reply = await comeBack(key, state, cookie);
    expect(reply.headers?.location).toBe(`${target}&n=${links}`);
    expect(asked).toEqual(['CODE']);
    expect(await figures()).toEqual({ opens: 1, people: 1, known: 1 });
    const again = await setOut(key);
    await comeBack(key, again.state, again.cookie);
    expect(await figures()).toEqual({ opens: 1, people: 1, known: 1 });
  });

  it('is not asked for a personal code, outside WeChat, or for a robot', async () => {
    const key = personal(world.customers.ofLi);
    const own = await openTracked(siyu.ctx, { linkCode: key }, request({}), parts);
    const outside = await openTracked(siyu.ctx, { linkCode: shared() }, request({ 'user-agent': phone }), parts);
    const robot = await openTracked(
      siyu.ctx,
      { linkCode: shared() },
      request({ 'user-agent': 'Googlebot/2.1' }),
      parts,
    );
    for (const reply of [own, outside, robot]) expect(reply.headers?.location).toBe(`${target}&n=${links}`);
  });

  it('stays unknown, and is counted so, when WeCom does not say or says somebody who is no customer', async () => {
    const key = shared();
    answer = undefined;
    const first = await setOut(key);
    expect((await comeBack(key, first.state, first.cookie)).headers?.location).toBe(`${target}&n=${links}`);
    answer = { externalUserid: 'wmStranger01' };
    const second = await setOut(key);
    await comeBack(key, second.state, second.cookie);
    expect(await figures()).toEqual({ opens: 2, people: 0, known: 0 });
  });

  it('is not believed with a state that is forged, of another link, of another browser, or too old', async () => {
    const key = shared();
    const { cookie, state } = await setOut(key);
    const other = shared({ sourceId: 6 });
    const old = (Math.floor(Date.now() / 1000) - 1).toString(16).padStart(8, '0') + state.slice(8);
    for (const [where, said, from] of [
      [key, `${state.slice(0, -1)}${state.endsWith('0') ? '1' : '0'}`, cookie],
      [other, state, cookie],
      [key, state, 'siyu_visitor=0000000000000000'],
      [key, state, ''],
      [key, old, cookie],
      [key, 'x', cookie],
      [key, '', cookie],
    ] as const) {
      const reply = await comeBack(where, said, from);
      expect(reply.headers?.location).toBe(`${target}&n=${links}`);
    }
    expect(asked).toEqual([]);
    expect((await figures()).known).toBe(0);
  });
});
