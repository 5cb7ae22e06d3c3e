import { expect, test } from 'vitest';
import type { Policy } from '#sandbox/options';
import type { Bench, Receiver } from '#sandbox/testing';
import { startBench, startReceiver } from '#sandbox/testing';

async function start(
  policy: Partial<Policy> = {},
): Promise<AsyncDisposable & { bench: Bench; receiver: Receiver; configId: string }> {
  const bench = await startBench({ policy: { callbackRetrySpacingMs: 60, callbackTimeoutMs: 150, ...policy } });
  const receiver = await startReceiver(bench.sandbox.corp);
  expect(await bench.sandbox.setCallback({ url: receiver.url })).toEqual({ ok: true });
  const { config_id } = await bench.addWay({ state: 'ch_1' });
  return {
    bench,
    receiver,
    configId: config_id,
    [Symbol.asyncDispose]: async () => {
      await bench.stop();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

async function addOne({ bench, configId }: { bench: Bench; configId: string }, half = false) {
  const person = bench.sandbox.makePerson();
  const result = await bench.sandbox.scan(person.externalUserid, configId, { half });
  return { id: person.externalUserid, code: result.kind === 'added' ? result.welcomeCode : null };
}

test('an event arrives encrypted, signed, and as the XML of the reference', async () => {
  await using at = await start();
  const { id, code } = await addOne(at);
  expect(await at.bench.sandbox.waitUntilIdle()).toBe(true);
  const { corp } = at.bench.sandbox;
  const seconds = Math.floor(at.bench.sandbox.now() / 1000);
  expect(at.receiver.signaturesWrong).toBe(0);
  expect(at.receiver.events.map((event) => event.xml)).toEqual([
    `<xml><ToUserName><![CDATA[${corp.corpId}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[linxiaoyu]]></UserID><ExternalUserID><![CDATA[${id}]]></ExternalUserID><State><![CDATA[ch_1]]></State><WelcomeCode><![CDATA[${code}]]></WelcomeCode></xml>`,
  ]);
});

test.each([
  ['a broken connection', 0],
  ['no answer in time', -1],
  ['a status other than 200', 500],
])('%s is retried', async (_name, trouble) => {
  await using at = await start();
  at.receiver.troubles.push(trouble, trouble);
  await addOne(at);
  expect(await at.bench.sandbox.waitUntilIdle()).toBe(true);
  expect(at.receiver.events).toHaveLength(1);
  expect(at.bench.sandbox.deliveries()).toMatchObject({ attempts: 3, byStatus: { acked: 1 } });
});

test('after the original and three retries the event is given up', async () => {
  await using at = await start();
  at.receiver.troubles.push(500, 500, 500, 500);
  await addOne(at);
  await at.bench.sandbox.waitUntilIdle();
  expect(at.receiver.events).toHaveLength(0);
  expect(at.bench.sandbox.deliveries()).toMatchObject({ attempts: 4, byStatus: { failed: 1 } });
});

test('by policy, a status other than 200 counts as delivered for good', async () => {
  await using at = await start({ retryOnStatus: false });
  at.receiver.troubles.push(500);
  await addOne(at);
  await at.bench.sandbox.waitUntilIdle();
  expect(at.bench.sandbox.deliveries()).toMatchObject({ attempts: 1, byStatus: { failed: 1 } });
});

test('lost events never leave, duplicates come twice, and delays hold back', async () => {
  await using at = await start();
  at.bench.sandbox.setFaults({ loss: 1 });
  await addOne(at);
  expect(at.bench.sandbox.deliveries().byStatus).toEqual({ lost: 1 });
  at.bench.sandbox.setFaults({ loss: 0, duplicate: 1 });
  await addOne(at);
  await at.bench.sandbox.waitUntilIdle();
  expect(at.receiver.events).toHaveLength(2);
  expect(at.receiver.events[0]?.xml).toBe(at.receiver.events[1]?.xml);
  at.bench.sandbox.setFaults({ duplicate: 0, delayMs: [200, 200] });
  const started = Date.now();
  await addOne(at);
  await at.bench.sandbox.waitUntilIdle();
  expect(Date.now() - started).toBeGreaterThanOrEqual(195);
});

test('reordering shuffles neighbours', async () => {
  await using at = await start();
  at.bench.sandbox.setFaults({ reorder: true });
  const ids: string[] = [];
  for (let i = 0; i < 8; i++) ids.push((await addOne(at)).id);
  await at.bench.sandbox.waitUntilIdle();
  const arrived = at.receiver.events.map((event) => event.fields.ExternalUserID);
  expect(arrived).not.toEqual(ids);
  expect(arrived.toSorted()).toEqual(ids.toSorted());
});

test('changes made through the api raise nothing; the same change by hand does', async () => {
  await using at = await start();
  const { sandbox } = at.bench;
  const { id } = await addOne(at);
  await sandbox.waitUntilIdle();
  at.receiver.events.length = 0;
  await at.bench.post('externalcontact/remark', { userid: 'linxiaoyu', external_userid: id, remark: 'a' });
  const { tag_group } = await at.bench.post('externalcontact/add_corp_tag', { group_name: 'g', tag: [{ name: 't' }] });
  await at.bench.post('externalcontact/mark_tag', {
    userid: 'linxiaoyu',
    external_userid: id,
    add_tag: [tag_group.tag[0].id],
  });
  await sandbox.waitUntilIdle();
  expect(at.receiver.events).toEqual([]);
  sandbox.staffEdit('linxiaoyu', id, { remark: 'b' });
  const tag = sandbox.addTag({ group: '口味', name: '岩茶' });
  sandbox.removeTag(tag.id);
  await sandbox.waitUntilIdle();
  expect(at.receiver.events.map((event) => [event.changeType, event.fields.TagType]).toSorted()).toEqual(
    [
      ['edit_external_contact', undefined],
      ['create', 'tag_group'],
      ['create', 'tag'],
      ['delete', 'tag'],
      ['delete', 'tag_group'],
    ].toSorted(),
  );
});

test('deleting a tag group tells of the group and not of its tags', async () => {
  await using at = await start();
  const tag = at.bench.sandbox.addTag({ group: '口味', name: '岩茶' });
  await at.bench.sandbox.waitUntilIdle();
  at.receiver.events.length = 0;
  at.bench.sandbox.removeTag(tag.groupId);
  await at.bench.sandbox.waitUntilIdle();
  expect(at.receiver.events.map((event) => event.fields)).toMatchObject([
    { ChangeType: 'delete', Id: tag.groupId, TagType: 'tag_group' },
  ]);
});

test('group changes name the members and both versions', async () => {
  await using at = await start();
  const { sandbox } = at.bench;
  const group = sandbox.createGroup({ owner: 'linxiaoyu' });
  const { memberVersion } = group;
  const person = sandbox.makePerson();
  sandbox.addGroupMembers(group.chatId, [person.externalUserid], 1);
  sandbox.dismissGroup(group.chatId);
  await sandbox.waitUntilIdle();
  const added = at.receiver.events.find((event) => event.changeType === 'update');
  expect(added?.fields).toMatchObject({
    UpdateDetail: 'add_member',
    JoinScene: '0',
    MemChangeCnt: '1',
    LastMemVer: memberVersion,
  });
  expect(added?.xml).toContain(`<MemChangeList><Item><![CDATA[${person.externalUserid}]]></Item></MemChangeList>`);
  expect(at.receiver.events.map((event) => event.changeType).toSorted()).toEqual(['create', 'dismiss', 'update']);
});

test('member changes carry ids only, and their type is bare', async () => {
  await using at = await start();
  const { sandbox } = at.bench;
  sandbox.addStaff({ userid: 'newbie', name: '新人', departments: [2] });
  await sandbox.waitUntilIdle();
  expect(at.receiver.events[0]?.xml).toContain(
    '<ChangeType>create_user</ChangeType><UserID><![CDATA[newbie]]></UserID>',
  );
  expect(at.receiver.events[0]?.xml).not.toContain('新人');
});

test('nothing is told about members outside the visible range', async () => {
  await using at = await start();
  at.bench.sandbox.changeCorp({ visibleUserids: ['chenjiaqi'] });
  await addOne(at);
  expect(at.bench.sandbox.deliveries().total).toBe(0);
});

test('three hundred adds a second are delivered and measured', async () => {
  await using at = await start({ callbackTimeoutMs: 5000 });
  const { externalUserids } = await at.bench.sandbox.adds({
    configId: at.configId,
    count: 300,
    perSecond: 300,
    half: false,
  });
  await at.bench.sandbox.waitUntilIdle();
  expect(new Set(at.receiver.events.map((event) => event.fields.ExternalUserID))).toEqual(new Set(externalUserids));
  expect(at.bench.sandbox.deliveries().ackMs).toMatchObject({ count: 300 });
});
