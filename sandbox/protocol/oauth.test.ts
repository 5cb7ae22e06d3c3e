import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Bench } from '#sandbox/testing';
import { startBench } from '#sandbox/testing';
import { signPage } from './tickets.ts';

const authorizeUrl = (bench: Bench, redirectUri: string, change: Record<string, string> = {}) =>
  `${bench.sandbox.url}/connect/oauth2/authorize?${new URLSearchParams({
    appid: bench.sandbox.corp.corpId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'snsapi_base',
    state: 'S1',
    ...change,
  })}#wechat_redirect`;

/** A page of the app that asks who comes, and remembers it by a cookie. */
async function startPage(bench: Bench) {
  const agents: string[] = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '', `http://${request.headers.host}`);
    agents.push(request.headers['user-agent'] ?? '');
    const code = url.searchParams.get('code');
    if (code !== null) {
      response.writeHead(302, { location: '/page', 'set-cookie': `code=${code}; Path=/; HttpOnly` }).end();
      return;
    }
    if (request.headers.cookie?.includes('code=')) response.end(`signed in with ${request.headers.cookie}`);
    else response.writeHead(302, { location: authorizeUrl(bench, `http://${url.host}/back?to=page`) }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`;
  return { url, agents, [Symbol.asyncDispose]: async () => void server.close() };
}

const codeIn = (visit: { ok: boolean; html?: string }) => visit.html?.match(/code=([\w-]+)/)?.[1] ?? '';

test('a customer who opens a page is known by it, once and only to the app', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  await using page = await startPage(bench);
  const [customer = ''] = await bench.addCustomers(1, 'linxiaoyu');
  const stranger = sandbox.makePerson().externalUserid;
  const code = codeIn(await sandbox.open(customer, page.url));
  const ask = (value: string) => bench.get('auth/getuserinfo', { code: value });
  const first = await ask(code);
  expect(first).toMatchObject({ errcode: 0, external_userid: customer });
  expect(first.openid).toMatch(/^o[\w-]{27}$/);
  expect((await ask(code)).errcode).toBe(40029);
  const again = await ask(codeIn(await sandbox.open(customer, page.url)));
  expect(again.openid).toBe(first.openid);
  const other = await ask(codeIn(await sandbox.open(stranger, page.url)));
  expect(other.openid).not.toBe(first.openid);
  expect(other).not.toHaveProperty('external_userid');
  const member = await ask(codeIn(await sandbox.openAsStaff('huyifan', page.url)));
  expect(member).toMatchObject({ userid: 'huyifan' });
  expect(page.agents[0]).toContain('MicroMessenger');
  expect(page.agents.at(-1)).toContain('wxwork');
  expect((await ask('')).errcode).toBe(42003);
  expect((await bench.get('auth/getuserinfo')).errcode).toBe(42003);
  expect((await ask('made-up')).errcode).toBe(40029);
  sandbox.changeCorp({ visibleUserids: ['huyifan'] });
  expect(await ask(codeIn(await sandbox.open(customer, page.url)))).not.toHaveProperty('external_userid');
});

test('a code dies after its minutes', async () => {
  await using bench = await startBench({ policy: { oauthCodeTtlMs: 50 } });
  await using page = await startPage(bench);
  const code = codeIn(await bench.sandbox.openAsStaff('huyifan', page.url));
  await new Promise((resolve) => setTimeout(resolve, 80));
  expect((await bench.get('auth/getuserinfo', { code })).errcode).toBe(42003);
});

test('a browser is known by the cookie of the phone page; without it the link opens nowhere', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const person = sandbox.makePerson();
  const open = (url: string, cookie = '') => fetch(url, { redirect: 'manual', headers: { cookie } });
  const url = authorizeUrl(bench, 'http://127.0.0.1:4310/l/abc?x=1#part');
  const nobody = await open(url);
  expect([nobody.status, await nobody.text()]).toEqual([200, expect.stringContaining('请在微信客户端打开链接')]);
  const known = await open(url, `a=b; sandbox_holder=person.${person.externalUserid}`);
  expect(known.headers.get('location')).toMatch(
    /^http:\/\/127\.0\.0\.1:4310\/l\/abc\?x=1&code=[\w-]{43}&state=S1#part$/,
  );
  const member = await open(url, 'sandbox_holder=staff.linxiaoyu');
  const code = new URL(member.headers.get('location') ?? '').searchParams.get('code') ?? '';
  expect(await bench.get('auth/getuserinfo', { code })).toMatchObject({ userid: 'linxiaoyu' });
});

test('the client refuses a foreign app, an untrusted host and a state of other characters', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const { externalUserid } = sandbox.makePerson();
  sandbox.changeCorp({ trustedDomain: 'siyu.example.com' });
  const problemOf = async (redirectUri: string, change?: Record<string, string>) => {
    const visit = await sandbox.open(externalUserid, authorizeUrl(bench, redirectUri, change));
    return visit.ok ? '' : visit.problem.split(' ')[0];
  };
  expect(await problemOf('https://siyu.example.com:8443/a')).toBe('50001');
  expect(await problemOf('https://siyu.example.com/a', { appid: 'wwOther' })).toBe('40013');
  expect(await problemOf('https://siyu.example.com/a', { state: 'a-b' })).toBe('84025');
  expect(await problemOf('https://siyu.example.com/a', { scope: 'snsapi_login' })).toBe('40035');
  // Trusted, and then outside this machine.
  expect(await problemOf('https://siyu.example.com/a')).toBe('outside');
});

test('tickets of two kinds, the same one while it lives, a hundred calls an hour', async () => {
  await using bench = await startBench({ policy: { ticketsPerHour: 3 } });
  const corp = await bench.get('get_jsapi_ticket');
  const app = await bench.get('ticket/get', { type: 'agent_config' });
  expect(corp).toMatchObject({ errcode: 0, expires_in: 7200 });
  expect(corp.ticket).not.toBe(app.ticket);
  expect((await bench.get('get_jsapi_ticket')).ticket).toBe(corp.ticket);
  expect((await bench.get('ticket/get', { type: 'jsapi' })).errcode).toBe(91040);
  expect((await bench.get('ticket/get')).errcode).toBe(91040);
  expect((await bench.get('get_jsapi_ticket')).errcode).toBe(0);
  expect((await bench.get('get_jsapi_ticket')).errcode).toBe(45009);
  expect((await bench.get('ticket/get', { type: 'agent_config' })).errcode).toBe(0);

  const url = 'http://127.0.0.1:4310/sidebar?a=1';
  const signed = { noncestr: 'n', timestamp: '1', url: `${url}#part` };
  const check = (kind: 'corp' | 'app', ticket: string) =>
    bench.sandbox.checkSignature({ kind, ...signed, signature: signPage(ticket, 'n', '1', url) });
  expect(check('app', app.ticket)).toEqual({ ok: true });
  expect(check('app', corp.ticket)).toEqual({ ok: false, problem: 'invalid signature' });
  bench.sandbox.changeCorp({ trustedDomain: 'example.com' });
  expect(check('corp', corp.ticket)).toEqual({ ok: false, problem: 'invalid url domain' });
});

test('a page is signed as in the published example', () => {
  const ticket = 'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg';
  const signature = signPage(ticket, 'Wm3WZYTPz0wzccnW', '1414587457', 'http://mp.weixin.qq.com?params=value');
  expect(signature).toBe('0f9de62fce790f9a083d5c99e95740ceb90c27ed');
});
