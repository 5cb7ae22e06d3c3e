import { expect, test } from 'vitest';
import { dayMs, hourOf } from '#sandbox/clock';
import { createRandom } from '#sandbox/random';
import { noon, startBench } from '#sandbox/testing';
import { afterWorkingTime, planTask, staffHabits } from './habits.ts';

const hourMs = 3600_000;

test('only the hours of work pass', () => {
  const at = (time: string) => Date.parse(`2026-03-${time}:00+08:00`);
  expect(afterWorkingTime(at('10T10:00'), 2 * hourMs, [9, 20])).toBe(at('10T12:00'));
  expect(afterWorkingTime(at('10T19:00'), 2 * hourMs, [9, 20])).toBe(at('11T10:00'));
  expect(afterWorkingTime(at('10T03:30'), hourMs, [9, 20])).toBe(at('10T10:00'));
  expect(afterWorkingTime(at('10T23:00'), 0, [9, 20])).toBe(at('11T09:00'));
});

test('members confirm, refuse and overlook tasks at their known rates, and confirm only in their hours', () => {
  const random = createRandom('tasks');
  const counts = { confirm: 0, refuse: 0, overlook: 0 };
  for (let i = 0; i < 5000; i++) {
    const plan = planTask(staffHabits, noon + i * hourMs, random);
    counts[plan?.kind ?? 'overlook'] += 1;
    const hour = plan ? hourOf(plan.at) : 12;
    expect(hour >= 9 && hour < 20).toBe(true);
  }
  expect(counts.refuse / 5000).toBeCloseTo(staffHabits.refuseTask, 1);
  expect(counts.overlook / 5000).toBeCloseTo((1 - staffHabits.refuseTask) * staffHabits.overlookTask, 1);
});

test('a member who overlooked a task confirms it when reminded often enough; one who refused never does', async () => {
  await using bench = await startBench({ staffHabits: { overlookTask: 1, refuseTask: 0, confirmWhenReminded: 0.5 } });
  const { sandbox } = bench;
  for (const userid of ['linxiaoyu', 'huyifan']) await bench.addCustomers(1, userid);
  const send = async (sender: string) =>
    (await bench.post('externalcontact/add_msg_template', { sender, text: { content: '你好' } })).msgid as string;
  const [first, second] = [await send('linxiaoyu'), await send('huyifan')];
  sandbox.refuseTask('huyifan', second);
  await sandbox.step(noon + 2 * dayMs);
  expect(sandbox.tasksOf('linxiaoyu')).toHaveLength(1);
  for (let day = 2; day < 8; day++) {
    for (const msgid of [first, second]) await bench.post('externalcontact/remind_groupmsg_send', { msgid });
    await sandbox.step(noon + (day + 1) * dayMs);
  }
  const sentAt = (msgid: string) =>
    sandbox.massMessages().tasks.find((task) => task.msgid === msgid)?.members[0]?.sentAt;
  expect(sentAt(first)).not.toBeNull();
  expect(sentAt(second)).toBeNull();
});
