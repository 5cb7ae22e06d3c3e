import { expect, test } from 'vitest';
import { dayMs, dayOf, startOfDay } from '#sandbox/clock';
import { noon, startBench } from '#sandbox/testing';

const today = startOfDay(dayOf(noon)) / 1000;
const day = 86_400;

test('a day is counted as the platform counts it, and only once it is over', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  const { config_id } = await bench.addWay();
  const [asker, quiet] = [sandbox.makePerson(), sandbox.makePerson()];
  for (const person of [asker, quiet]) await sandbox.scan(person.externalUserid, config_id, { half: false });
  sandbox.say(asker.externalUserid, '在吗');
  await sandbox.step(noon + 10 * 60_000);
  sandbox.staffSay('linxiaoyu', asker.externalUserid, '在的');
  sandbox.staffSay('linxiaoyu', quiet.externalUserid, '新茶到了');
  sandbox.deleteByCustomer(quiet.externalUserid);

  const ask = (from: number, to: number) =>
    bench.post('externalcontact/get_user_behavior_data', { userid: ['linxiaoyu'], start_time: from, end_time: to });
  expect((await ask(today, today)).errcode).toBe(600018);
  await sandbox.step(noon + dayMs);
  const { behavior_data } = await ask(today - day, today);
  expect(behavior_data).toEqual([
    {
      stat_time: today - day,
      chat_cnt: 0,
      message_cnt: 0,
      negative_feedback_cnt: 0,
      new_apply_cnt: 0,
      new_contact_cnt: 0,
    },
    {
      stat_time: today,
      chat_cnt: 2,
      message_cnt: 2,
      reply_percentage: 100,
      avg_reply_time: 10,
      negative_feedback_cnt: 1,
      new_apply_cnt: 0,
      new_contact_cnt: 2,
    },
  ]);
});

test.each([
  ['thirty days', today - 30 * day, today - day, 0],
  ['thirty-one days', today - 31 * day, today - day, 600018],
  ['today', today - day, today, 600018],
  ['180 days ago', today - 180 * day, today - 180 * day, 0],
  ['181 days ago', today - 181 * day, today - 181 * day, 600018],
  ['backwards', today - day, today - 2 * day, 600018],
])('the interval of %s', async (_name, start_time, end_time, errcode) => {
  await using bench = await startBench();
  const reply = await bench.post('externalcontact/get_user_behavior_data', {
    userid: ['linxiaoyu'],
    start_time,
    end_time,
  });
  expect(reply.errcode).toBe(errcode);
});

test('members and departments must exist, and one of the two must be named', async () => {
  await using bench = await startBench();
  const ask = async (body: Record<string, unknown>) =>
    (
      await bench.post('externalcontact/get_user_behavior_data', {
        start_time: today - day,
        end_time: today - day,
        ...body,
      })
    ).errcode;
  expect(await ask({})).toBe(40063);
  expect(await ask({ userid: ['ghost'] })).toBe(40003);
  expect(await ask({ partyid: [99] })).toBe(60123);
  expect(await ask({ partyid: [2] })).toBe(0);
});
