import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCode, getCode } from '#contract/acquisition';
import { getCustomer, listCustomers, listTimeline } from '#contract/customers';
import { listStaff } from '#contract/organization';
import { listTouches } from '#contract/touch';
import { runSelfCheck, setConnection, startReconciliation } from '#contract/wecom';
import { type Sandbox, startSandbox } from '#sandbox';
import { createTestApp, type TestApp } from '#testing';

/** The main loop: a person scans a code, becomes a customer, is welcomed, and the operator sees where from. */
describe('a newcomer', () => {
  let siyu: TestApp;
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 'newcomer' });
    siyu = await createTestApp();
    const url = await siyu.listen();
    await siyu.startWorker();
    const { corp } = sandbox;
    await siyu.call(siyu.owner, setConnection, {
      corpId: corp.corpId,
      agentId: String(corp.agentId),
      secret: corp.secret,
      token: corp.token,
      encodingAesKey: corp.encodingAesKey,
      baseUrl: sandbox.url,
    });
    const verdict = await sandbox.setCallback({
      url: `${url}/wecom/callback`,
      token: corp.token,
      encodingAesKey: corp.encodingAesKey,
    });
    expect(verdict).toMatchObject({ ok: true });
    await siyu.call(siyu.owner, startReconciliation, {});
    await siyu.settle();
  });

  afterAll(async () => {
    await sandbox?.stop();
    await siyu?.close();
  });

  it('finds staff by reconciliation and everything in order by self-check', async () => {
    const staff = await siyu.call(siyu.owner, listStaff, {});
    expect(staff.rows).toHaveLength(12);
    const check = await siyu.call(siyu.owner, runSelfCheck, {});
    expect(check.lines.filter((line) => line.state === 'failed')).toEqual([]);
  });

  it('is a customer with source, tags and welcome after one scan', async () => {
    const { rows: staff } = await siyu.call(siyu.owner, listStaff, { canFollow: true });
    const { id } = await siyu.call(siyu.owner, createCode, {
      name: '南京路店',
      source: 'shop',
      rotation: [{ staffIds: [staff[0]?.id ?? 0], weekdays: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 }],
      hook: { kind: 'gift', text: '一张九折券' },
      remarkPrefix: '南京路-',
      welcome: { kind: 'own', message: { text: '{{customer_name}}你好，这是{{hook}}', attachments: [] } },
    });
    await siyu.settle();
    const code = await siyu.call(siyu.owner, getCode, { id });
    expect(code).toMatchObject({ sync: 'synced', state: 'active' });

    const way = sandbox.truth().contactWays[0];
    const person = sandbox.makePerson({ name: '王小芳' });
    await sandbox.scan(person.externalUserid, way?.configId ?? '');
    await sandbox.waitUntilIdle(5000);
    await siyu.settle();

    const { rows } = await siyu.call(siyu.owner, listCustomers, { search: '小芳' });
    expect(rows).toMatchObject([
      { name: '王小芳', source: 'shop', code: { id }, isActive: true, remark: '南京路-王小芳' },
    ]);
    const customer = await siyu.call(siyu.owner, getCustomer, { id: rows[0]?.id ?? 0 });
    expect(customer.follows).toMatchObject([{ staffId: staff[0]?.id, state: 'active', code: { id } }]);
    const touches = await siyu.call(siyu.owner, listTouches, { customer: customer.id });
    expect(touches.rows).toMatchObject([{ state: 'submitted', text: '王小芳你好，这是一张九折券' }]);
    const timeline = await siyu.call(siyu.owner, listTimeline, { id: customer.id });
    expect(timeline.rows.map((entry) => entry.name)).toEqual(expect.arrayContaining(['follow.added', 'touch.settled']));
    expect(sandbox.truth().welcomes).toMatchObject([{ deliveredCount: 1, late: false }]);
  });
});
