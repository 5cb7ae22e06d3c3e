import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bench } from '#sandbox/testing';
import { startBench } from '#sandbox/testing';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

const call = (path: string, init?: RequestInit) => fetch(`${bench.sandbox.url}${path}`, init);

test('an error is HTTP 200 with the code in body and headers, a hint and the empty payload keys', async () => {
  const response = await call('/cgi-bin/externalcontact/list?userid=linxiaoyu');
  const body = (await response.json()) as Record<string, unknown>;
  expect(response.status).toBe(200);
  expect(response.headers.get('error-code')).toBe('41001');
  expect(response.headers.get('error-msg')).toBe(body.errmsg);
  expect(body).toMatchObject({ errcode: 41001, external_userid: [] });
  expect(body.errmsg).toMatch(
    /^access_token missing, hint: \[\d{24}\], from ip: 127\.0\.0\.1, more info at https:\/\/open\.work\.weixin\.qq\.com\/devtool\/query\?e=41001$/,
  );
});

test('a success has errcode 0, errmsg ok and no error headers', async () => {
  const response = await call(`/cgi-bin/getcallbackip?access_token=${bench.token}`);
  expect(response.headers.get('error-code')).toBeNull();
  expect(await response.json()).toEqual({ errcode: 0, errmsg: 'ok', ip_list: ['127.0.0.1'] });
});

test('an unknown path is HTTP 404', async () => {
  expect((await call(`/cgi-bin/externalcontact/no_such_thing?access_token=${bench.token}`)).status).toBe(404);
});

test('the checks come in the order of the reference: token, ip, permission, json, fields, types, ids, relation', async () => {
  const { sandbox } = bench;
  const path = '/cgi-bin/externalcontact/mark_tag';
  const send = async (token: string, body: string) => {
    const response = await call(`${path}?access_token=${token}`, { method: 'POST', body });
    return ((await response.json()) as { errcode: number }).errcode;
  };
  const person = sandbox.makePerson();
  const { config_id } = await bench.addWay({ user: ['huyifan'] });
  await sandbox.scan(person.externalUserid, config_id);
  const external_userid = person.externalUserid;

  sandbox.changeCorp({ trustedIps: [], permissions: { tags: false } });
  expect(await send('', '{')).toBe(41001);
  expect(await send('nonsense', '{')).toBe(40014);
  expect(await send(bench.token, '{')).toBe(60020);
  sandbox.changeCorp({ trustedIps: null });
  expect(await send(bench.token, '{')).toBe(48002);
  sandbox.changeCorp({ permissions: { tags: true } });
  expect(await send(bench.token, '{')).toBe(40058);
  expect(await send(bench.token, '{"userid":7}')).toBe(41035);
  expect(await send(bench.token, '{"userid":7,"external_userid":"x","add_tag":["t"]}')).toBe(40058);
  expect(await send(bench.token, '{"userid":"ghost","external_userid":"x","add_tag":["t"]}')).toBe(40003);
  expect(await send(bench.token, '{"userid":"linxiaoyu","external_userid":"x","add_tag":["t"]}')).toBe(40096);
  expect(await send(bench.token, JSON.stringify({ userid: 'linxiaoyu', external_userid, add_tag: ['t'] }))).toBe(40068);
  const tagId = sandbox.truth().tags[0]?.id;
  sandbox.changeCorp({ visibleUserids: ['huyifan'] });
  expect(await send(bench.token, JSON.stringify({ userid: 'linxiaoyu', external_userid, add_tag: [tagId] }))).toBe(
    60011,
  );
  sandbox.changeCorp({ visibleUserids: null });
  expect(await send(bench.token, JSON.stringify({ userid: 'linxiaoyu', external_userid, add_tag: [tagId] }))).toBe(
    84061,
  );
  expect(await send(bench.token, JSON.stringify({ userid: 'huyifan', external_userid, add_tag: [tagId] }))).toBe(0);
});

test('an over-long field is named, and an empty id is not the same as an absent one', async () => {
  const long = await bench.addWay({ state: '字'.repeat(31) });
  expect(long).toMatchObject({ errcode: 40058 });
  expect((long as unknown as { errmsg: string }).errmsg).toMatch(
    /^state exceed max length 30\. invalid Request Parameter/,
  );
  expect(await bench.addWay({ state: '字'.repeat(30) })).toMatchObject({ errcode: 0 });
  const empty = await bench.post('externalcontact/add_corp_tag', { group_id: '', tag: [{ name: 'a' }] });
  expect(empty.errcode).toBe(40058);
  expect(empty.errmsg).toMatch(/^field `group_id` unexpected empty string/);
});

test('a POST api called by GET misses its first field', async () => {
  expect((await bench.get('externalcontact/send_welcome_msg')).errcode).toBe(41049);
});

test('a missing field without a code of its own is 40063, or 40058 by policy', async () => {
  expect((await bench.post('externalcontact/groupchat/list')).errcode).toBe(40063);
  await using other = await startBench({ policy: { missingFieldErrcode: 40058 } });
  const reply = await other.post('externalcontact/groupchat/list');
  expect(reply.errcode).toBe(40058);
  expect(reply.errmsg).toMatch(/^missing field `limit`\. invalid Request Parameter/);
});

test('the limit of one api is 45009 and leaves the others alone', async () => {
  await using small = await startBench({
    policy: { frequency: { perMinute: 3, perHour: 100, ipPerMinute: 100, ipPerHour: 100 } },
  });
  const list = () => small.get('externalcontact/list', { userid: 'ghost' });
  expect([(await list()).errcode, (await list()).errcode, (await list()).errcode]).toEqual([40003, 40003, 40003]);
  // The id is checked before the quota speaks.
  expect((await list()).errcode).toBe(40003);
  expect((await small.get('externalcontact/get_follow_user_list')).errcode).toBe(0);
  for (let i = 0; i < 2; i++) await small.get('externalcontact/get_follow_user_list');
  const blocked = await small.get('externalcontact/get_follow_user_list');
  expect(blocked).toMatchObject({ errcode: 45009, follow_user: [] });
});

test('an injected error comes as often as asked and changes nothing', async () => {
  const { sandbox } = bench;
  sandbox.setFaults({ apiErrors: [{ path: 'add_contact_way', errcode: 45033, times: 2 }] });
  const before = sandbox.stats().contactWays;
  expect(await bench.addWay()).toMatchObject({ errcode: 45033 });
  expect(await bench.addWay()).toMatchObject({ errcode: 45033 });
  expect(sandbox.stats().contactWays).toBe(before);
  expect(await bench.addWay()).toMatchObject({ errcode: 0 });
  sandbox.clearFaults();
});

test('a dropped response was executed all the same', async () => {
  const { sandbox } = bench;
  const before = sandbox.stats().contactWays;
  sandbox.setFaults({ dropResponse: { path: 'add_contact_way', rate: 1 } });
  await expect(bench.addWay()).rejects.toThrow();
  sandbox.clearFaults();
  expect(sandbox.stats().contactWays).toBe(before + 1);
});

test('two calls that write the same pair at the same time collide with 45035', async () => {
  const { sandbox } = bench;
  const person = sandbox.makePerson();
  const { config_id } = await bench.addWay();
  await sandbox.scan(person.externalUserid, config_id);
  const tagId = sandbox.truth().tags[0]?.id;
  sandbox.setFaults({ apiDelayMs: [50, 50] });
  const mark = () =>
    bench.post('externalcontact/mark_tag', {
      userid: 'linxiaoyu',
      external_userid: person.externalUserid,
      add_tag: [tagId],
    });
  const codes = (await Promise.all([mark(), mark()])).map((reply) => reply.errcode);
  expect(codes.sort()).toEqual([0, 45035]);
  sandbox.clearFaults();
});
