import { expect, test } from 'vitest';
import { startBench } from '#sandbox/testing';

const signIn = async (url: string, query: Record<string, string>) =>
  (await (await fetch(`${url}/cgi-bin/gettoken?${new URLSearchParams(query)}`)).json()) as {
    errcode: number;
    access_token?: string;
    expires_in?: number;
  };

test('gettoken names what is wrong: id or secret missing, unknown corp, wrong secret', async () => {
  await using bench = await startBench();
  const { url, corp } = bench.sandbox;
  const codeOf = async (query: Record<string, string>) => (await signIn(url, query)).errcode;
  expect(await codeOf({})).toBe(41002);
  expect(await codeOf({ corpid: corp.corpId })).toBe(41004);
  expect(await codeOf({ corpid: 'ww0000000000000000', corpsecret: corp.secret })).toBe(40013);
  expect(await codeOf({ corpid: corp.corpId, corpsecret: 'wrong' })).toBe(40001);
});

test('a repeated gettoken answers the same token with the seconds that remain', async () => {
  await using bench = await startBench();
  const { url, corp } = bench.sandbox;
  const again = await signIn(url, { corpid: corp.corpId, corpsecret: corp.secret });
  expect(again.access_token).toBe(bench.token);
  expect(again.expires_in).toBeLessThanOrEqual(7200);
  expect(again.expires_in).toBeGreaterThan(7190);
});

test('an expired token is 42001, a revoked one 40014, and gettoken then gives a new one', async () => {
  await using bench = await startBench({ policy: { tokenTtlMs: 300 } });
  const { url, corp } = bench.sandbox;
  await new Promise((resolve) => setTimeout(resolve, 350));
  expect((await bench.get('getcallbackip')).errcode).toBe(42001);
  const fresh = await signIn(url, { corpid: corp.corpId, corpsecret: corp.secret });
  expect(fresh.access_token).not.toBe(bench.token);
  bench.sandbox.setFaults({ invalidateToken: true });
  const reply = await fetch(`${url}/cgi-bin/getcallbackip?access_token=${fresh.access_token}`);
  expect(await reply.json()).toMatchObject({ errcode: 40014, ip_list: [] });
});

test('the token lives in real time, however fast the simulated clock runs', async () => {
  await using bench = await startBench({ clock: { simMs: 0, speed: 100_000 } });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(bench.sandbox.now()).toBeGreaterThan(7200_000);
  expect((await bench.get('getcallbackip')).errcode).toBe(0);
});

test('too many wrong secrets shut the ip out', async () => {
  await using bench = await startBench({ policy: { wrongSecretsPerHour: 2 } });
  const { url, corp } = bench.sandbox;
  const wrong = { corpid: corp.corpId, corpsecret: 'wrong' };
  for (let i = 0; i < 3; i++) expect((await signIn(url, wrong)).errcode).toBe(40001);
  expect((await signIn(url, { corpid: corp.corpId, corpsecret: corp.secret })).errcode).toBe(45009);
});

test('the contact-sync secret reads contacts and nothing else, and user/list_id is for it alone', async () => {
  await using bench = await startBench();
  const { url, corp } = bench.sandbox;
  const { access_token = '' } = await signIn(url, { corpid: corp.corpId, corpsecret: corp.contactSecret });
  const codeOf = async (path: string, token: string) => {
    const response = await fetch(`${url}/cgi-bin/${path}?access_token=${token}&id=1`, { method: 'POST', body: '{}' });
    return ((await response.json()) as { errcode: number }).errcode;
  };
  expect(await codeOf('user/list_id', access_token)).toBe(0);
  expect(await codeOf('department/list', access_token)).toBe(0);
  expect(await codeOf('externalcontact/get_follow_user_list', access_token)).toBe(48002);
  expect(await codeOf('user/list_id', bench.token)).toBe(48002);
});
