import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { dayMs } from '#sandbox/clock';
import { noon, startBench } from '#sandbox/testing';

const idle = { overlookTask: 1, answer: 0, noteRemark: 0, noteTag: 0, drop: 0 };
const calm = { leavePerDay: 0, writeLater: 0, comeBack: 0 };

async function startPage() {
  const agents: string[] = [];
  const server = http.createServer((request, response) => {
    agents.push(request.headers['user-agent'] ?? '');
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/t/1`;
  return { url, agents, [Symbol.asyncDispose]: async () => void server.close() };
}

test('people who read a mass message tap its link in WeChat, and robots look at it before them', async () => {
  await using page = await startPage();
  await using bench = await startBench({
    staffHabits: idle,
    habits: { loyal: { ...calm, readMass: 0.5, tapLink: 1 } },
    policy: { linkPreview: 0.3 },
  });
  const { sandbox } = bench;
  await bench.addCustomers(200, 'linxiaoyu', 'loyal');
  const { msgid } = await bench.post('externalcontact/add_msg_template', {
    sender: 'linxiaoyu',
    text: { content: '本季茶单' },
    attachments: [{ msgtype: 'link', link: { title: '茶单', url: page.url } }],
  });
  sandbox.confirmTask('linxiaoyu', msgid);
  await sandbox.step(noon + dayMs);
  const targets = sandbox.massMessages().tasks[0]?.members[0]?.targets ?? [];
  const readers = targets.filter((target) => target.readAt !== null);
  expect(readers.length / 200).toBeCloseTo(0.5, 1);
  expect(targets.filter((target) => target.taps > 0)).toEqual(readers);
  const people = page.agents.filter((agent) => agent.includes('MicroMessenger'));
  expect(people).toHaveLength(readers.length);
  // A hundred draws at 0.3 stray by 0.05; three times that.
  expect(Math.abs((page.agents.length - people.length) / readers.length - 0.3)).toBeLessThan(0.15);
});

test('a message in a group is read, tapped and minded by people in it, and moves them less', async () => {
  await using page = await startPage();
  await using bench = await startBench({
    seed: 'group',
    staffHabits: idle,
    habits: {
      loyal: { ...calm, readGroup: 1, tapLink: 1, tolerancePerWeek: 9 },
      easily_annoyed: { ...calm, readGroup: 1, tapLink: 0, leavePerExtraMessage: 0.5, mutePerExtraMessage: 1 },
    },
  });
  const { sandbox } = bench;
  const loyal = await bench.addCustomers(20, 'linxiaoyu', 'loyal');
  const touchy = await bench.addCustomers(20, 'linxiaoyu', 'easily_annoyed');
  const { chatId } = sandbox.createGroup({ owner: 'linxiaoyu', members: [...loyal, ...touchy] });
  const send = async (content: string) => {
    const body = { chat_type: 'group', sender: 'linxiaoyu', chat_id_list: [chatId], text: { content } };
    const { msgid } = await bench.post('externalcontact/add_msg_template', body);
    sandbox.confirmTask('linxiaoyu', msgid);
    return msgid as string;
  };
  const first = await send(`群友福利：优惠券 ${page.url}`);
  await sandbox.step(noon + dayMs);
  expect(page.agents).toHaveLength(20);
  await send('再来一条');
  await sandbox.step(noon + 2 * dayMs);
  const group = sandbox.truth().groups[0];
  const stayed = group?.members.filter((member) => touchy.includes(member.userid)).length ?? 0;
  expect(stayed).toBeGreaterThan(2);
  expect(stayed).toBeLessThan(18);
  expect(group?.mutedBy).toHaveLength(stayed);
  expect(group?.members.filter((member) => loyal.includes(member.userid))).toHaveLength(20);
  const rates = sandbox.habits().people.loyal;
  const window = { externalUserid: loyal[0] ?? '', from: noon, until: noon + 30 * dayMs };
  const { people } = sandbox.effect({ messages: [first], people: [window] });
  const added = (people[0]?.with.purchases ?? 0) - (people[0]?.without.purchases ?? 0);
  const days = [0, 1, 2, 3, 4].reduce((sum, day) => sum + 0.5 ** (day / 1.5), 0);
  expect(added).toBeCloseTo(rates.purchasesPerDay * rates.liftByOffer * 0.6 * days, 6);
});

test('care that a member writes by hand raises purchases; an answer does not count as a message', async () => {
  await using bench = await startBench({ staffHabits: idle, habits: { curious: { ...calm, readMass: 1 } } });
  const { sandbox } = bench;
  const [id = ''] = await bench.addCustomers(1, 'linxiaoyu', 'curious');
  const written = sandbox.staffSay('linxiaoyu', id, '上次的茶喝得还习惯吗？');
  await sandbox.step(noon + dayMs / 2);
  sandbox.say(id, '请问还有吗');
  const answered = sandbox.staffSay('linxiaoyu', id, '今天有优惠哦');
  await sandbox.step(noon + dayMs);
  const readOf = (message: string) =>
    sandbox.effect({ messages: [message], people: [{ externalUserid: id, from: noon, until: noon + dayMs }] }).people[0]
      ?.read;
  expect(readOf(written.id)).toBe(1);
  expect(readOf(answered.id)).toBe(0);
});
