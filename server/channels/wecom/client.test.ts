import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createWecomClient, type WecomClientOptions } from './client.ts';
import { createFrequency } from './frequency.ts';

type Call = { path: string; query: URLSearchParams; method: string; body: string; headers: IncomingMessage['headers'] };
type Answer = object | ((response: ServerResponse) => void);

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/**
 * A platform on 127.0.0.1 that issues token-1, token-2, … and answers every other call by `answer`: an object as JSON,
 * a function as it likes. `calls` and `tokenCalls` list what arrived.
 */
async function setUp(
  answer: (call: Call) => Answer,
  options: Partial<WecomClientOptions> = {},
  gettoken?: () => object,
) {
  const calls: Call[] = [];
  let tokenCalls = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? '', 'http://platform');
    const call = {
      path: url.pathname,
      query: url.searchParams,
      method: request.method ?? '',
      body: Buffer.concat(chunks).toString(),
      headers: request.headers,
    };
    const isToken = call.path === '/cgi-bin/gettoken';
    if (isToken) tokenCalls += 1;
    else calls.push(call);
    const token = { errcode: 0, errmsg: 'ok', access_token: `token-${tokenCalls}`, expires_in: 7200 };
    const result = isToken ? (gettoken?.() ?? token) : answer(call);
    if (typeof result === 'function') result(response);
    else response.end(JSON.stringify(result));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  cleanUps.push(close);
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const client = createWecomClient({ baseUrl, corpId: 'ww1', secret: 's3cret', ...options });
  return { client, calls, close, countTokenCalls: () => tokenCalls };
}

const welcome = { welcome_code: 'w1', text: { content: '你好' } };

test('a GET has its input in the query and a POST in the body, both the token in the query', async () => {
  const { client, calls } = await setUp(() => ({ errcode: 0, errmsg: 'ok', userid: 'a&b', config_id: 'c1' }));
  await client.call('user/get', { userid: 'a&b' });
  await client.call('externalcontact/send_welcome_msg', welcome, { lane: 'urgent' });
  expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /cgi-bin/user/get',
    'POST /cgi-bin/externalcontact/send_welcome_msg',
  ]);
  expect(Object.fromEntries(calls[0]?.query ?? [])).toEqual({ access_token: 'token-1', userid: 'a&b' });
  expect(Object.fromEntries(calls[1]?.query ?? [])).toEqual({ access_token: 'token-1' });
  expect(JSON.parse(calls[1]?.body ?? '')).toEqual(welcome);
});

test.each([
  ['no errcode', { userid: 'zhangsan' }],
  ['an empty errmsg', { errcode: 0, errmsg: '', userid: 'zhangsan' }],
  ['another errmsg', { errcode: 0, errmsg: 'updated', userid: 'zhangsan' }],
])('an answer with %s is a success', async (_what, answer) => {
  const { client } = await setUp(() => answer);
  expect(await client.call('user/get', { userid: 'zhangsan' })).toMatchObject({
    ok: true,
    value: { userid: 'zhangsan' },
  });
});

test('a refusal is explained although the payload key is there', async () => {
  const { client } = await setUp(() => ({ errcode: 84061, errmsg: 'not external contact', external_userid: [] }));
  expect(await client.call('externalcontact/list', { userid: 'zhangsan' })).toEqual({
    ok: false,
    outcome: 'refused',
    errcode: 84061,
    errmsg: 'not external contact',
    retryable: false,
    remedy: 'not_a_customer',
  });
});

test.each([40014, 42001, 40001])(
  'a token refused with %i in 20 parallel calls is fetched again once',
  async (errcode) => {
    const { client, calls, countTokenCalls } = await setUp(({ query }) =>
      query.get('access_token') === 'token-1' ? { errcode, errmsg: 'x' } : { userid: query.get('userid') },
    );
    const receipts = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.call('user/get', { userid: `u${i}` }, { lane: 'urgent' })),
    );
    expect(receipts.map((receipt) => receipt.ok && receipt.value.userid)).toEqual(receipts.map((_, i) => `u${i}`));
    expect(countTokenCalls()).toBe(2);
    expect(calls).toHaveLength(40);
  },
);

test('a platform that refuses every token is asked twice, not for ever', async () => {
  const { client, calls, countTokenCalls } = await setUp(() => ({ errcode: 42001, errmsg: 'access_token expired' }));
  expect(await client.call('user/get', { userid: 'a' })).toMatchObject({
    ok: false,
    outcome: 'refused',
    errcode: 42001,
  });
  expect([calls.length, countTokenCalls()]).toEqual([2, 2]);
});

test('without a token nothing is sent, and a wrong secret is soon not asked for any more', async () => {
  const refusal = { errcode: 40001, errmsg: 'invalid credential' };
  const { client, calls, countTokenCalls } = await setUp(
    () => ({}),
    {},
    () => refusal,
  );
  for (let i = 0; i < 5; i++) {
    expect(await client.call('externalcontact/send_welcome_msg', welcome)).toMatchObject({
      outcome: 'unreachable',
      errcode: 40001,
      retryable: false,
      remedy: 'check_secret',
    });
  }
  expect([calls.length, countTokenCalls()]).toEqual([0, 3]);
  client.useCredentials({ corpId: 'ww1', secret: 'another' });
  await client.call('user/get', { userid: 'a' });
  expect(countTokenCalls()).toBe(4);
});

test.each([
  ['an answer that never begins', () => {}],
  ['a body that never ends', (response: ServerResponse) => void response.write('{"errcode":0')],
])('%s is unknown after the time-out', async (_what, answer) => {
  const { client } = await setUp(() => answer, { timeoutMs: 150 });
  const failure = { ok: false, outcome: 'unknown', errmsg: 'no answer in time' };
  expect(await client.call('externalcontact/send_welcome_msg', welcome)).toMatchObject({
    ...failure,
    retryable: false,
  });
  expect(await client.call('user/get', { userid: 'a' })).toMatchObject({ ...failure, retryable: true });
});

test('a refused connection is unreachable', async () => {
  const { client, close } = await setUp(() => ({ userid: 'a' }));
  await close();
  const failure = {
    ok: false,
    outcome: 'unreachable',
    errmsg: 'ECONNREFUSED',
    retryable: true,
    remedy: 'check_network',
  };
  expect(await client.call('externalcontact/send_welcome_msg', welcome)).toEqual(failure);
});

test('a refused connection after the token was issued is unreachable too', async () => {
  const { client, close } = await setUp(() => ({ userid: 'a' }));
  await client.call('user/get', { userid: 'a' });
  await close();
  // The pooled connection may report its end first, which proves nothing; the next one is refused.
  await client.call('user/get', { userid: 'a' });
  expect(await client.call('user/get', { userid: 'a' })).toMatchObject({
    outcome: 'unreachable',
    errmsg: 'ECONNREFUSED',
  });
});

test.each<[string, (response: ServerResponse) => void, object]>([
  ['a connection lost after sending', (response) => response.destroy(), { outcome: 'unknown', retryable: false }],
  ['a gateway error', (response) => response.writeHead(502).end('<html>'), { outcome: 'unknown', retryable: false }],
  ['a gateway error in JSON', (response) => response.writeHead(500).end('{"message":"x"}'), { outcome: 'unknown' }],
  ['an unknown path', (response) => response.writeHead(404).end('Not Found'), { outcome: 'refused', retryable: false }],
  [
    'a redirect',
    (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    { outcome: 'refused', remedy: 'check_base_url' },
  ],
  ['a page instead of JSON', (response) => response.end('<html></html>'), { outcome: 'unknown' }],
  ['a JSON array', (response) => response.end('[]'), { outcome: 'unknown' }],
  [
    'an errcode that is text',
    (response) => response.end('{"errcode":"0"}'),
    { errmsg: 'response errcode: not a number' },
  ],
  ['an answer of 17 MB', (response) => response.end(`"${'x'.repeat(17 * 1024 * 1024)}"`), { outcome: 'unknown' }],
])('%s is told apart', async (_what, answer, failure) => {
  const { client } = await setUp(() => answer);
  const receipt = await client.call('externalcontact/send_welcome_msg', welcome);
  expect(receipt).toMatchObject({ ok: false, ...failure });
  expect(JSON.stringify(receipt)).not.toMatch(/token-1|s3cret/);
});

test('an answer of another form is unknown and names the field', async () => {
  const { client } = await setUp(() => ({
    errcode: 0,
    group_chat: { chat_id: 'wr1', owner: 'a', create_time: 'now' },
  }));
  const receipt = await client.call('externalcontact/groupchat/get', { chat_id: 'wr1' });
  expect(receipt).toMatchObject({ ok: false, outcome: 'unknown', retryable: false, remedy: 'report_bug' });
  expect(receipt).toHaveProperty('errmsg', expect.stringContaining('group_chat.create_time'));
});

test('an input that the platform would refuse is not sent', async () => {
  const { client, calls, countTokenCalls } = await setUp(() => ({}));
  const receipt = await client.call('externalcontact/get', { external_userid: '' });
  expect(receipt).toMatchObject({ ok: false, outcome: 'refused', remedy: 'report_bug' });
  expect(receipt).toHaveProperty('errmsg', expect.stringContaining('external_userid'));
  expect([calls.length, countTokenCalls()]).toEqual([0, 0]);
});

test('a busy platform is asked three more times, but only where repeating is harmless', async () => {
  const { client, calls } = await setUp(({ path }) =>
    path.endsWith('simplelist') && calls.length > 1 ? { department_id: [] } : { errcode: -1, errmsg: 'system busy' },
  );
  expect(await client.call('department/simplelist', {})).toMatchObject({ ok: true });
  expect(calls).toHaveLength(2);
  expect(await client.call('user/get', { userid: 'a' })).toMatchObject({ ok: false, errcode: -1, retryable: true });
  expect(calls).toHaveLength(6);
  expect(await client.call('externalcontact/send_welcome_msg', welcome)).toMatchObject({ ok: false, errcode: -1 });
  expect(calls).toHaveLength(7);
});

test('after 45009 an API rests for a minute while others go on', async () => {
  let nowMs = 1_000_000_000_000;
  let wake = () => {};
  const frequency = createFrequency({
    nowMs: () => nowMs,
    setTimer: (run) => {
      wake = run;
      return () => {};
    },
  });
  const { client, calls } = await setUp(
    ({ path }) => (path.endsWith('user/get') && calls.length === 1 ? { errcode: 45009 } : { userid: 'a' }),
    { frequency },
  );
  const call = (signal?: AbortSignal) => client.call('user/get', { userid: 'a' }, { lane: 'urgent', signal });
  expect(await call()).toMatchObject({ errcode: 45009, retryable: true, remedy: 'wait' });
  expect(await call(AbortSignal.timeout(50))).toMatchObject({ outcome: 'unreachable', retryable: true });
  expect(await client.call('department/simplelist', {})).toMatchObject({ ok: true });
  const waiting = call();
  nowMs += 60_000;
  await new Promise((resolve) => setImmediate(resolve));
  wake();
  expect(await waiting).toMatchObject({ ok: true });
});

test('a welcome does not wait behind a reconciliation', async () => {
  const held: ServerResponse[] = [];
  const { client, calls } = await setUp(({ path }) =>
    path.endsWith('welcome_msg') ? { errcode: 0 } : (response) => void held.push(response),
  );
  const reads = Array.from({ length: 30 }, (_, i) => client.call('user/get', { userid: `u${i}` }));
  expect(await client.call('externalcontact/send_welcome_msg', welcome, { lane: 'urgent' })).toMatchObject({
    ok: true,
  });
  while (calls.length < 31) {
    for (const response of held.splice(0)) response.end('{"userid":"a"}');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (const response of held) response.end('{"userid":"a"}');
  expect((await Promise.all(reads)).every(({ ok }) => ok)).toBe(true);
});

test('a caller that gives up during a call learns that the call may have been made', async () => {
  const { client, calls } = await setUp(() => () => {});
  const controller = new AbortController();
  const receipt = client.call('externalcontact/send_welcome_msg', welcome, { signal: controller.signal });
  while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  expect(await receipt).toMatchObject({ outcome: 'unknown', retryable: false });
});

async function listPages(client: Awaited<ReturnType<typeof setUp>>['client']) {
  const receipts = [];
  for await (const receipt of client.pages('externalcontact/groupchat/list', { limit: 2 })) receipts.push(receipt);
  return receipts.map((receipt) =>
    receipt.ok ? receipt.value.group_chat_list.map(({ chat_id }) => chat_id).join() : receipt.errmsg,
  );
}

const pageOf = (chatId: string, cursor?: string) => ({
  group_chat_list: [{ chat_id: chatId, status: 0 }],
  ...(cursor === undefined ? {} : { next_cursor: cursor }),
});

test.each([
  ['an empty cursor', ''],
  ['no cursor', undefined],
])('pages follow the cursor until there is %s', async (_what, last) => {
  const { client, calls } = await setUp(({ body }) => {
    const { cursor } = JSON.parse(body);
    return cursor === undefined ? pageOf('a', 'c1') : cursor === 'c1' ? pageOf('b', 'c2') : pageOf('c', last);
  });
  expect(await listPages(client)).toEqual(['a', 'b', 'c']);
  expect(calls.map(({ body }) => JSON.parse(body))).toEqual([
    { limit: 2 },
    { limit: 2, cursor: 'c1' },
    { limit: 2, cursor: 'c2' },
  ]);
});

test('pages end with the refusal of an expired cursor', async () => {
  const { client } = await setUp(({ body }) =>
    JSON.parse(body).cursor ? { errcode: 50100, errmsg: 'invalid cursor' } : pageOf('a', 'c1'),
  );
  expect(await listPages(client)).toEqual(['a', 'invalid cursor']);
});

test('pages end when a cursor comes again', async () => {
  const { client } = await setUp(({ body }) => pageOf('a', JSON.parse(body).cursor === 'c1' ? 'c2' : 'c1'));
  expect(await listPages(client)).toEqual(['a', 'a', 'a', 'the platform returned the same cursor twice']);
});

test('a file goes as one multipart part named media', async () => {
  const { client, calls } = await setUp(() => ({
    errmsg: '',
    type: 'image',
    media_id: 'm1',
    created_at: '1717000000',
  }));
  const receipt = await client.upload('image', '海报.png', Buffer.from('picture bytes'));
  expect(receipt).toMatchObject({ ok: true, value: { media_id: 'm1', created_at: 1717000000 } });
  const [call] = calls;
  expect([call?.path, call?.query.get('type')]).toEqual(['/cgi-bin/media/upload', 'image']);
  expect(call?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  expect(call?.body).toContain('name="media"; filename="海报.png"');
  expect(call?.body).toContain('\r\n\r\npicture bytes\r\n');
});

test('a picture gets a lasting url', async () => {
  const { client } = await setUp(() => ({ errcode: 0, errmsg: '', url: 'http://p.qpic.cn/pic_wework/1' }));
  const receipt = await client.uploadPicture('a.png', Buffer.from('picture bytes'));
  expect(receipt).toMatchObject({ ok: true, value: { url: 'http://p.qpic.cn/pic_wework/1' } });
});

test('a file that is too small or too large is not sent', async () => {
  const { client, calls } = await setUp(() => ({}));
  const failure = { ok: false, outcome: 'refused', remedy: 'fix_media' };
  expect(await client.upload('image', 'a.png', new Uint8Array(5))).toMatchObject(failure);
  expect(await client.uploadPicture('a.png', new Uint8Array(2 * 1024 * 1024 + 1))).toMatchObject(failure);
  expect(calls).toEqual([]);
});

test('every exchange is reported with its outcome and errcode', async () => {
  const seen: unknown[][] = [];
  const { client } = await setUp(({ query }) => (query.get('userid') === 'a' ? { userid: 'a' } : { errcode: 60111 }), {
    onCall: (endpoint, ms, outcome, errcode) => seen.push([endpoint, ms >= 0, outcome, errcode]),
  });
  await client.call('user/get', { userid: 'a' });
  await client.call('user/get', { userid: 'b' });
  expect(seen).toEqual([
    ['gettoken', true, 'ok', 0],
    ['user/get', true, 'ok', 0],
    ['user/get', true, 'refused', 60111],
  ]);
});

test('a base that is no URL is refused at once', () => {
  expect(() => createWecomClient({ baseUrl: 'qyapi', corpId: 'ww1', secret: 's' })).toThrow(TypeError);
});
