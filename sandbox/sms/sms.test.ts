import { createHash, createHmac, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startBench } from '#sandbox/testing';
import { calculate } from './gateway.ts';

type Said = Record<string, unknown> & { Code: string };

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A caller of its own making, so that the gateway is not tested against our client. */
async function startCaller() {
  const bench = await startBench();
  const { url } = bench.sandbox;
  const control = async (method: string, path: string, body?: unknown) =>
    (await fetch(`${url}/_control/sms${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) })).json();
  const { account } = (await control('GET', '')) as { account: { keyId: string; keySecret: string; endpoint: string } };
  const call = async (
    action: string,
    query: Record<string, string>,
    change: { id?: string; secret?: string; date?: string; nonce?: string; version?: string } = {},
  ): Promise<{ status: number; said: Said }> => {
    const endpoint = new URL(account.endpoint);
    const search = Object.entries(query)
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .sort()
      .join('&');
    const headers: Record<string, string> = {
      host: endpoint.host,
      'x-acs-action': action,
      'x-acs-content-sha256': sha256(''),
      'x-acs-date': change.date ?? `${new Date().toISOString().slice(0, 19)}Z`,
      'x-acs-signature-nonce': change.nonce ?? randomUUID(),
      'x-acs-version': change.version ?? '2017-05-25',
    };
    const names = Object.keys(headers).sort();
    const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
    const request = `POST\n${endpoint.pathname}\n${search}\n${lines}\n${names.join(';')}\n${sha256('')}`;
    const text = `ACS3-HMAC-SHA256\n${sha256(request)}`;
    const signature = createHmac('sha256', change.secret ?? account.keySecret)
      .update(text)
      .digest('hex');
    headers.authorization = `ACS3-HMAC-SHA256 Credential=${change.id ?? account.keyId},SignedHeaders=${names.join(';')},Signature=${signature}`;
    const response = await fetch(`${account.endpoint}?${search}`, { method: 'POST', headers });
    return { status: response.status, said: (await response.json()) as Said };
  };
  const send = async (change: Record<string, string> = {}) =>
    (
      await call('SendSms', {
        PhoneNumbers: '13800000001',
        SignName: '山间茶事',
        TemplateCode: 'SMS_100000002',
        TemplateParam: JSON.stringify({ name: '王芳', order: 'A1', day: '周五' }),
        OutId: 'touch-1',
        ...change,
      })
    ).said;
  const details = async (phone = '13800000001', day = '20260310') =>
    (await call('QuerySendDetails', { PhoneNumber: phone, SendDate: day, PageSize: '50', CurrentPage: '1' })).said;
  return { bench, call, control, send, details, [Symbol.asyncDispose]: () => bench.stop() };
}

describe('the gateway', () => {
  it('calculates what the document’s example says', () => {
    const headers = {
      host: 'ecs.cn-shanghai.aliyuncs.com',
      'x-acs-action': 'RunInstances',
      'x-acs-content-sha256': sha256(''),
      'x-acs-date': '2023-10-26T10:22:32Z',
      'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
      'x-acs-version': '2014-05-26',
    };
    const search = 'ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai';
    const call = { method: 'POST', path: '/', search, headers, body: Buffer.alloc(0) };
    expect(calculate(call, Object.keys(headers).sort(), 'YourAccessKeySecret')).toMatchObject({
      stringToSign: 'ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259',
      signature: '06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
    });
  });

  it('refuses who is not the holder of the key, what is too old, and what was said before', async () => {
    await using caller = await startCaller();
    const query = { PhoneNumber: '13800000001', SendDate: '20260310', PageSize: '1', CurrentPage: '1' };
    const refusal = async (
      ...[change]: Parameters<typeof caller.call> extends [string, object, ...infer R] ? R : []
    ) => {
      const { status, said } = await caller.call('QuerySendDetails', query, change);
      return `${status} ${said.Code}`;
    };
    expect(await refusal()).toBe('200 OK');
    expect(await refusal({ id: 'nobody' })).toBe('404 InvalidAccessKeyId.NotFound');
    expect(await refusal({ secret: 'wrong' })).toBe('400 SignatureDoesNotMatch');
    expect(await refusal({ date: '2020-01-01T00:00:00Z' })).toBe('400 InvalidTimeStamp.Expired');
    expect(await refusal({ date: 'today' })).toBe('400 InvalidTimeStamp.Format');
    expect(await refusal({ nonce: 'n' })).toBe('200 OK');
    expect(await refusal({ nonce: 'n' })).toBe('400 SignatureNonceUsed');
    expect(await refusal({ version: '2018-05-01' })).toBe('400 InvalidVersion');
    expect((await caller.call('DeleteEverything', {})).said.Code).toBe('InvalidAction.NotFound');
  });
});

describe('sending', () => {
  it('fills the template under its sign name and reports later', async () => {
    await using caller = await startCaller();
    expect(await caller.send()).toMatchObject({ Code: 'OK', BizId: expect.stringContaining('^') });
    const content = '【山间茶事】王芳，您的订单A1已发出，预计周五送达。';
    expect(await caller.details()).toMatchObject({
      TotalCount: 1,
      SmsSendDetailDTOs: { SmsSendDetailDTO: [{ OutId: 'touch-1', SendStatus: 1, Content: content }] },
    });
    await caller.bench.sandbox.step(caller.bench.sandbox.now() + 10_000);
    expect(await caller.details()).toMatchObject({
      SmsSendDetailDTOs: { SmsSendDetailDTO: [{ SendStatus: 3, ErrCode: 'DELIVERED' }] },
    });
    expect(await caller.details('13800000001', '20260311')).toMatchObject({ TotalCount: 0 });
  });

  it.each([
    [{ PhoneNumbers: '12345' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
    [{ SignName: '别人' }, 'isv.SMS_SIGNATURE_ILLEGAL'],
    [{ TemplateCode: 'SMS_9' }, 'isv.SMS_TEMPLATE_ILLEGAL'],
    [{ TemplateParam: '{"name":1}' }, 'isv.INVALID_JSON_PARAM'],
    [{ TemplateParam: 'x' }, 'isv.INVALID_JSON_PARAM'],
    [{ TemplateParam: '{"name":"王芳"}' }, 'isv.TEMPLATE_MISSING_PARAMETERS'],
    [{ TemplateParam: JSON.stringify({ name: '长'.repeat(36), order: 'A', day: 'B' }) }, 'isv.PARAM_LENGTH_LIMIT'],
    [{ TemplateParam: '{"name":"https://a.test","order":"A","day":"B"}' }, 'isv.PARAM_NOT_SUPPORT_URL'],
    [{ PhoneNumbers: '+8613800000001' }, 'OK'],
  ])('%j answers %s', async (change, code) => {
    await using caller = await startCaller();
    expect((await caller.send(change)).Code).toBe(code);
  });

  it('keeps to the limits of a number', async () => {
    await using caller = await startCaller();
    const code = { TemplateCode: 'SMS_300000001', TemplateParam: '{"code":"1234"}' };
    expect((await caller.send(code)).Code).toBe('OK');
    expect(await caller.send(code)).toMatchObject({
      Code: 'isv.BUSINESS_LIMIT_CONTROL',
      Message: '触发分钟级流控Permits:1',
    });
    for (let sent = 0; sent < 50; sent++) expect((await caller.send()).Code).toBe('OK');
    expect(await caller.send()).toMatchObject({ Message: '触发天级流控Permits:50' });
    expect((await caller.send({ PhoneNumbers: '13800000002' })).Code).toBe('OK');
    await caller.bench.sandbox.step(caller.bench.sandbox.now() + 86_400_000);
    expect((await caller.send()).Code).toBe('OK');
  });

  it('sends no promotion to who answered R', async () => {
    await using caller = await startCaller();
    const params = JSON.stringify({ name: '王芳', offer: '八折', code: 'a1' });
    const promotion = { TemplateCode: 'SMS_200000001', TemplateParam: params };
    expect((await caller.send(promotion)).Code).toBe('OK');
    expect(await caller.control('POST', '/replies', { phone: '13800000001', text: 'R' })).toEqual({ refuses: true });
    expect((await caller.send(promotion)).Code).toBe('isv.CUSTOMER_REFUSED');
    expect((await caller.send()).Code).toBe('OK');
  });

  it('tells of numbers that are out of service', async () => {
    await using caller = await startCaller();
    await caller.control('POST', '/numbers', { phone: '13800000001', state: 'out_of_service' });
    await caller.send();
    await caller.bench.sandbox.step(caller.bench.sandbox.now() + 10_000);
    expect(await caller.details()).toMatchObject({
      SmsSendDetailDTOs: { SmsSendDetailDTO: [{ SendStatus: 2, ErrCode: 'MOBILE_NOT_ON_SERVICE' }] },
    });
  });
});

describe('faults', () => {
  it('answer with an error, or break the connection after the message was taken', async () => {
    await using caller = await startCaller();
    await caller.control('POST', '/faults', [
      { code: 'isv.AMOUNT_NOT_ENOUGH', times: 1 },
      { answer: 'dropped', times: 1 },
    ]);
    expect((await caller.send()).Code).toBe('isv.AMOUNT_NOT_ENOUGH');
    await expect(caller.send()).rejects.toThrow();
    expect(await caller.control('GET', '')).toMatchObject({ count: 1 });
    expect((await caller.send()).Code).toBe('OK');
    await caller.control('DELETE', '');
    expect(await caller.control('GET', '')).toMatchObject({ count: 0 });
  });
});
