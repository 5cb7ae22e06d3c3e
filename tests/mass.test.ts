import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policy, setTouchPolicy } from '#contract/touch';
import { inTransaction } from '#platform/ctx';
import { type Connected, connectSandbox } from '#testing';
import { planTouches } from '#touch';

/** A mass message on its way through gate, packs and a platform in trouble, to the people's phones. */
describe('a mass message', () => {
  const perMember = 8;
  let world: Connected;
  let members: string[];
  let people: string[];

  beforeAll(async () => {
    world = await connectSandbox();
    const { siyu, sandbox } = world;
    members = sandbox
      .staff()
      .filter((member) => member.licensed)
      .slice(0, 3)
      .map((member) => member.userid);
    people = (await Promise.all(members.map((userid) => world.befriend(userid, perMember)))).flat();
    const open = policy.parse({ quietHours: null });
    await siyu.call(siyu.owner, setTouchPolicy, { ...open, packs: { ...open.packs, waitMinutes: 1 } });
    // An hour in a minute, for both.
    const clock = { realMs: Date.now(), simMs: Date.now(), speed: 60 };
    siyu.clock.set(clock);
    sandbox.setClock(clock);
    await siyu.startWorker();
  });
  afterAll(() => world?.close());

  const states = async () => {
    const { rows } = await world.siyu.database.pool.query<{ state: string; count: number }>(
      "select state, count(*)::int as count from touch where channel = 'wecom_mass' group by state",
    );
    return Object.fromEntries(rows.map((row) => [row.state, row.count]));
  };
  /** Pauses between attempts are the machine's, and long: here they are cut short. */
  const hurried = async () => {
    await world.siyu.database.pool.query("update touch_pack set retry_at = null where state = 'planned'");
    return states();
  };
  const tasks = () => world.sandbox.massMessages().tasks;

  it('reaches everybody once although answers are lost, the platform is busy and tokens expire', async () => {
    const { siyu, sandbox } = world;
    const versionId = await world.makeVersion('上新', { wecom: { text: '桂花乌龙上新了', attachments: [] } });
    sandbox.setFaults({
      dropResponse: { path: 'add_msg_template', rate: 0.5 },
      apiErrors: [
        { path: 'add_msg_template', errcode: -1, times: 2 },
        { path: 'get_groupmsg_list_v2', errcode: -1, rate: 0.3 },
        { path: 'get_groupmsg_task', errcode: 41063, rate: 0.3 },
        { path: 'get_groupmsg_send_result', errcode: 41063, rate: 0.3 },
      ],
      invalidateToken: true,
    });
    const { rows } = await siyu.database.pool.query<{ id: number; staffId: number }>(
      'select customer_id as id, staff_id as "staffId" from follow where external_userid = any($1)',
      [people],
    );
    await inTransaction(siyu.ctx, (ctx) =>
      planTouches(
        ctx,
        rows.map(({ id, staffId }) => ({
          customerId: id,
          purpose: 'campaign:1',
          occasionAt: ctx.now,
          kind: 'campaign',
          sourceId: 1,
          part: 'A',
          channel: 'wecom_mass',
          category: 'service',
          versionId,
          staffId,
          priority: 1,
        })),
      ),
    );
    await expect.poll(hurried, { timeout: 50_000, interval: 200 }).toEqual({ submitted: people.length });
    const { rows: packs } = await siyu.database.pool.query('select platform_id from touch_pack');
    expect(packs.map((pack) => pack.platform_id).sort()).toEqual(
      tasks()
        .map((task) => task.msgid)
        .sort(),
    );
    for (const task of tasks()) {
      for (const member of task.members) sandbox.confirmTask(member.userid, task.msgid);
    }
    await expect.poll(states, { timeout: 60_000, interval: 200 }).toEqual({ delivered: people.length });
    expect(sandbox.massMessages().duplicates).toEqual([]);
    expect(
      sandbox.messages(people[0] ?? '').filter((message) => JSON.stringify(message).includes('桂花')),
    ).toHaveLength(1);
  });
});
