import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { policy as policySchema } from '#contract/touch';
import type { Worker } from '#platform/pump';
import { createTouchWorld, hours, morning, openPolicy, type TouchWorld } from '#testing/touch-world';
import { askToRemind, cancelPack, decideAboutPack, decideAboutTouch } from './by-hand.ts';
import { cancelTouches } from './cancel.ts';
import { withdrawConsent } from './consent.ts';
import { handOverMs, type Packer, type PackResult, type PackSubmission, type TouchPack } from './pack.ts';
import { createPackDelivery } from './pack-delivery.ts';

let world: TouchWorld;
let worker: Worker;

beforeAll(async () => {
  world = await createTouchWorld();
});
beforeEach(async () => {
  await world.setPolicy(packsOf({}));
  worker = (await world.startWorker(1)).worker;
});
afterEach(() => world.clear());
afterAll(() => world?.drop());

const packsOf = (change: Partial<ReturnType<typeof openPolicy>['packs']>) =>
  openPolicy({ packs: { ...policySchema.parse({}).packs, waitMinutes: 0, ...change } });
const range = (count: number, from = 1) => Array.from({ length: count }, (_, i) => from + i);

interface Task {
  readonly id: string;
  readonly pack: TouchPack;
  readonly userids: readonly string[];
  confirmedAt: Date | null;
  isCancelled: boolean;
  reminders: number;
  results: PackResult[];
}

/** The platform's side of mass messages; `answers` says what becomes of each submission, then all are taken. */
function createPlatform(maxCustomers = 1000) {
  const tasks: Task[] = [];
  const answers: (
    | 'taken'
    | 'lost'
    | 'lost and taken'
    | 'hangs'
    | 'hangs and taken'
    | 'busy'
    | 'refused'
    | 'no route'
  )[] = [];
  const asked = { finds: 0, polls: 0, cancels: 0 };
  let isDown = false;
  const unreachable = { outcome: 'unreachable', message: 'no route' } as const;
  const take = (pack: TouchPack, userids: readonly string[]): string => {
    const id = `msg${tasks.length + 1}`;
    tasks.push({ id, pack, userids, confirmedAt: null, isCancelled: false, reminders: 0, results: [] });
    return id;
  };
  const taskOf = (pack: TouchPack) => {
    const task = tasks.find(({ id }) => id === pack.platformId);
    if (!task) throw new Error(`no task ${pack.platformId}`);
    return task;
  };
  const packer: Packer = {
    channel: 'wecom_mass',
    traits: { maxCustomers, maxReminders: 3 },
    async submit(_ctx, pack, userids): Promise<PackSubmission> {
      switch (answers.shift() ?? 'taken') {
        case 'taken':
          return { receipt: { outcome: 'accepted' }, platformId: take(pack, userids) };
        case 'lost and taken':
          take(pack, userids);
          return { receipt: { outcome: 'unknown', message: 'cut off' } };
        case 'lost':
          return { receipt: { outcome: 'unknown', message: 'cut off' } };
        case 'hangs and taken':
          take(pack, userids);
          return await new Promise(() => {});
        case 'hangs':
          return await new Promise(() => {});
        case 'busy':
          return { receipt: { outcome: 'refused', reason: 'platform_refused', retryable: true, message: 'busy' } };
        case 'refused':
          return { receipt: { outcome: 'refused', reason: 'content_refused', retryable: false, message: 'bad words' } };
        case 'no route':
          return { receipt: unreachable };
      }
    },
    async find(_ctx, pack) {
      asked.finds++;
      if (isDown) return { failure: unreachable };
      const task = tasks.find((one) => one.pack.id === pack.id);
      return task ? { platformId: task.id } : 'absent';
    },
    async poll(_ctx, pack) {
      asked.polls++;
      if (isDown) return { failure: unreachable };
      const { confirmedAt, results, userids } = taskOf(pack);
      return { confirmedAt, results, isOver: confirmedAt !== null && results.length === userids.length };
    },
    async remind(_ctx, pack) {
      taskOf(pack).reminders++;
      return { receipt: { outcome: 'accepted' } };
    },
    async cancel(_ctx, pack) {
      asked.cancels++;
      if (isDown) return { receipt: unreachable };
      const task = taskOf(pack);
      if (task.confirmedAt !== null)
        return { receipt: { outcome: 'refused', reason: 'platform_refused', retryable: false, message: 'was sent' } };
      task.isCancelled = true;
      return { receipt: { outcome: 'accepted' } };
    },
  };
  return {
    packer,
    tasks,
    answers,
    asked,
    setDown: (down: boolean) => {
      isDown = down;
    },
    /** The member confirms: those of `failing` are not reached. */
    confirm(task: Task | undefined, at: Date, failing: readonly string[] = []): void {
      if (!task) throw new Error('no such task');
      task.confirmedAt = at;
      task.results = task.userids.map((externalUserid) =>
        failing.includes(externalUserid)
          ? { externalUserid, state: 'failed', reason: 'platform_quota', at }
          : { externalUserid, state: 'delivered', at },
      );
    },
  };
}

async function drain(packer: Packer, by = worker): Promise<void> {
  const pump = createPackDelivery(packer);
  for (let idle = 0; idle < 2; ) {
    idle = (await pump.drain(world.ctx, world.runtime, by)) > 0 ? 0 : idle + 1;
    await pump.finish?.();
  }
}
const planMass = async (count: number, change: Parameters<TouchWorld['plan']>[1] = {}) => {
  await world.plan(range(count), change);
  await world.decide();
};
const packs = async () =>
  (await world.database.pool.query('select * from touch_pack order by id')).rows as {
    id: number;
    state: string;
    reason: string | null;
    staff_id: number;
    customer_count: number;
    reminder_count: number;
    platform_id: string | null;
    attempts: number;
    message: { text: string };
  }[];
const retryNow = () =>
  world.database.pool.query('update touch_pack set retry_at = clock_timestamp() where retry_at is not null');
const countStates = async () => {
  const counts: Record<string, number> = {};
  for (const state of await world.states()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
};

describe('packing', () => {
  it('makes one task for each member where everybody hears the same', async () => {
    await planMass(40);
    const platform = createPlatform();
    await drain(platform.packer);
    expect(platform.tasks.map((task) => task.userids.length)).toEqual([20, 20]);
    expect(platform.tasks[0]?.pack).toMatchObject({
      kind: 'campaign',
      sourceId: 1,
      part: 'A',
      message: { text: '春茶上新' },
    });
    expect(await countStates()).toEqual({ submitted: 40 });
    // With the member, not yet with the customer.
    expect((await world.attention()).every((row) => row.is_open)).toBe(true);
    expect(await world.told()).toEqual([]);
  });

  it('makes a task for each wording', async () => {
    await planMass(6, { versionId: 2 });
    const platform = createPlatform();
    await drain(platform.packer);
    expect(platform.tasks.map((task) => (task.pack.message as { text: string }).text).sort()).toEqual(
      range(6).map((id) => `客户${id}，春茶上新`),
    );
  });

  it('makes no task larger than the platform takes', async () => {
    await planMass(50);
    const platform = createPlatform(10);
    await drain(platform.packer);
    expect(platform.tasks.map((task) => task.userids.length).sort()).toEqual([10, 10, 10, 10, 5, 5].sort());
    expect(new Set(platform.tasks.flatMap((task) => task.userids)).size).toBe(50);
  });

  it('waits for others that go into the same task', async () => {
    await world.setPolicy(packsOf({ waitMinutes: 10 }));
    await planMass(4);
    const platform = createPlatform();
    await drain(platform.packer);
    expect(platform.tasks).toEqual([]);
    world.setNow(hours(0.1));
    await world.plan(range(4, 5));
    await world.decide();
    world.setNow(hours(0.2));
    await drain(platform.packer);
    expect(platform.tasks.map((task) => task.userids.length)).toEqual([4, 4]);
  });

  it('keeps different sources, parts and versions apart', async () => {
    await planMass(2);
    await planMass(2, { purpose: 'b', sourceId: 2 });
    await planMass(2, { purpose: 'c', sourceId: 2, versionId: 2 });
    const platform = createPlatform();
    await drain(platform.packer);
    expect(platform.tasks).toHaveLength(6);
  });

  it('by several workers puts everybody into one task', async () => {
    await planMass(200);
    const platform = createPlatform(7);
    const others = [await world.startWorker(2), await world.startWorker(3)];
    await Promise.all([worker, ...others.map((other) => other.worker)].map((by) => drain(platform.packer, by)));
    await drain(platform.packer);
    const userids = platform.tasks.flatMap((task) => task.userids);
    expect(userids).toHaveLength(200);
    expect(new Set(userids).size).toBe(200);
    expect((await packs()).reduce((sum, pack) => sum + pack.customer_count, 0)).toBe(200);
  });

  it('leaves out who has withdrawn since', async () => {
    await planMass(4);
    const platform = createPlatform();
    platform.answers.push('no route', 'no route');
    await drain(platform.packer);
    expect((await packs()).map((pack) => pack.state)).toEqual(['planned', 'planned']);
    const word = { customerId: 2, channel: 'any', category: 'any', evidence: { how: 'console' } } as const;
    await world.write((ctx) => withdrawConsent(ctx, word));
    await retryNow();
    await drain(platform.packer);
    expect(platform.tasks.flatMap((task) => task.userids).sort()).toEqual(['wm1', 'wm3', 'wm4']);
    expect(await world.states()).toEqual(['submitted', 'suppressed consent_withdrawn', 'submitted', 'submitted']);
  });

  it('fails what cannot be said', async () => {
    await planMass(2, { versionId: 99 });
    const platform = createPlatform();
    await drain(platform.packer);
    expect(platform.tasks).toEqual([]);
    expect(await countStates()).toEqual({ 'failed content_missing': 2 });
    expect(await world.attention()).toEqual([]);
  });
});

describe('handing over', () => {
  it('tries again what the platform had no time for', async () => {
    await planMass(2);
    const platform = createPlatform();
    platform.answers.push('busy', 'no route');
    await drain(platform.packer);
    expect((await packs()).map((pack) => pack.state)).toEqual(['planned', 'planned']);
    await retryNow();
    await drain(platform.packer);
    expect((await packs()).map((pack) => pack.state)).toEqual(['submitted', 'submitted']);
    expect(platform.asked.finds).toBe(0);
  });

  it('fails what was refused for good, and gives back', async () => {
    await planMass(1);
    const platform = createPlatform();
    platform.answers.push('refused');
    await drain(platform.packer);
    expect(await packs()).toMatchObject([{ state: 'failed', reason: 'content_refused' }]);
    expect(await countStates()).toEqual({ 'failed content_refused': 1 });
    expect(await world.attention()).toEqual([]);
    expect(await world.told()).toMatchObject([{ state: 'failed' }]);
  });

  it('looks for a task whose answer was lost before it submits anew', async () => {
    await planMass(2);
    const platform = createPlatform();
    platform.answers.push('lost', 'lost and taken');
    await drain(platform.packer);
    expect((await packs()).map((pack) => pack.state)).toEqual(['planned', 'planned']);
    await retryNow();
    await drain(platform.packer);
    expect(platform.asked.finds).toBe(2);
    expect((await packs()).map((pack) => pack.state)).toEqual(['submitted', 'submitted']);
    expect(platform.tasks.map((task) => task.userids.length)).toEqual([1, 1]);
  });

  it.each(['hangs', 'hangs and taken'] as const)(
    'of a worker that was killed while it %s goes on, once',
    async (how) => {
      await planMass(1);
      const platform = createPlatform();
      platform.answers.push(how);
      const dying = await world.startWorker(7);
      void createPackDelivery(platform.packer).drain(world.ctx, world.runtime, dying.worker);
      await expect.poll(async () => (await packs())[0]?.state).toBe('claimed');
      await dying.die();
      await drain(platform.packer);
      // The platform is given a moment to show what it took.
      expect((await packs())[0]).toMatchObject({ state: 'planned', attempts: 1 });
      await retryNow();
      await drain(platform.packer);
      expect(await packs()).toMatchObject([{ state: 'submitted', platform_id: 'msg1' }]);
      expect(platform.tasks).toHaveLength(1);
    },
  );

  it('of a worker that may only have lost its connection is left alone until it surely sends nothing any more', async () => {
    await planMass(1);
    const platform = createPlatform();
    platform.answers.push('hangs');
    const cutOff = await world.startWorker(7);
    void createPackDelivery(platform.packer).drain(world.ctx, world.runtime, cutOff.worker);
    await expect.poll(async () => (await packs())[0]?.state).toBe('claimed');
    await cutOff.die();
    await drain(platform.packer);
    const { rows } = await world.database.pool.query(
      'select extract(epoch from retry_at - clock_timestamp())::float8 as wait from touch_pack',
    );
    expect(rows[0]?.wait).toBeGreaterThan(handOverMs / 1000);
  });

  it('that nobody can find out about is unknown, and never goes again by itself', async () => {
    await planMass(1);
    const platform = createPlatform();
    platform.answers.push('lost');
    await drain(platform.packer);
    platform.setDown(true);
    for (let attempt = 0; attempt < 14; attempt++) {
      await retryNow();
      await drain(platform.packer);
    }
    expect(await packs()).toMatchObject([{ state: 'unknown', reason: 'no_answer' }]);
    expect(await countStates()).toEqual({ 'unknown no_answer': 1 });
    platform.setDown(false);
    await drain(platform.packer);
    expect(platform.tasks).toEqual([]);
  });

  it('asks the gate again when quiet hours have begun', async () => {
    const quietHours = { fromMinute: 22 * 60, untilMinute: 8 * 60 };
    await world.setPolicy({ ...packsOf({}), quietHours });
    await planMass(2);
    const platform = createPlatform();
    platform.answers.push('no route', 'no route');
    await drain(platform.packer);
    world.setNow(hours(12));
    await retryNow();
    await drain(platform.packer);
    await world.decide();
    expect(platform.tasks).toEqual([]);
    expect(await countStates()).toEqual({ 'deferred quiet_hours': 2 });
    world.setNow(hours(22));
    await world.decide();
    await drain(platform.packer);
    expect(platform.tasks.map((task) => task.userids)).toEqual([['wm2'], ['wm1']]);
  });
});

describe('what the member does', () => {
  it('is found out, and settles each customer once', async () => {
    await planMass(6);
    const platform = createPlatform();
    await drain(platform.packer);
    platform.confirm(platform.tasks[0], hours(1), platform.tasks[0]?.userids.slice(0, 1));
    world.setNow(hours(1.5));
    await drain(platform.packer);
    expect(await countStates()).toEqual({ delivered: 2, 'failed platform_quota': 1, submitted: 3 });
    expect((await packs()).map((pack) => pack.state).sort()).toEqual(['done', 'submitted']);
    const closed = (await world.attention()).filter((row) => !row.is_open);
    expect(closed.map((row) => row.at)).toEqual([hours(1), hours(1)]);
    expect(await world.told()).toHaveLength(3);
    world.setNow(hours(2));
    await drain(platform.packer);
    expect(await world.told()).toHaveLength(3);
  });

  it('is asked for more and more rarely', async () => {
    await planMass(1);
    const platform = createPlatform();
    await drain(platform.packer);
    for (let minute = 1; minute <= 180; minute++) {
      world.setNow(hours(minute / 60));
      await createPackDelivery(platform.packer).drain(world.ctx, world.runtime, worker);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(platform.asked.polls).toBeGreaterThan(20);
    expect(platform.asked.polls).toBeLessThan(40);
  });

  it('is reminded of, three times at most, and not at night', async () => {
    await world.setPolicy({ ...packsOf({ remindHours: 4 }), quietHours: { fromMinute: 1320, untilMinute: 480 } });
    await planMass(1);
    const platform = createPlatform();
    await drain(platform.packer);
    const seen: number[] = [];
    for (let half = 1; half < 2 * 60; half++) {
      world.setNow(hours(half / 2));
      await drain(platform.packer);
      seen.push(platform.tasks[0]?.reminders ?? 0);
    }
    // 14:00, 18:00, and 8:00 the next morning instead of 22:00.
    expect([8, 16, 44].map((half) => seen[half - 1])).toEqual([1, 2, 3]);
    expect([7, 15, 43].map((half) => seen[half - 1])).toEqual([0, 1, 2]);
    expect(Math.max(...seen)).toBe(3);
    expect(await packs()).toMatchObject([{ reminder_count: 3 }]);
  }, 60_000);

  it('not in time takes the task back, and the customers’ attention is given back', async () => {
    await world.setPolicy(packsOf({ expireHours: 24 }));
    await planMass(2);
    const platform = createPlatform();
    await drain(platform.packer);
    platform.confirm(platform.tasks[0], hours(23));
    world.setNow(hours(24));
    await drain(platform.packer);
    expect(platform.tasks.map((task) => task.isCancelled)).toEqual([false, true]);
    expect(await countStates()).toEqual({ delivered: 1, 'expired not_confirmed': 1 });
    expect((await packs()).map((pack) => pack.state)).toEqual(['done', 'expired']);
    expect(await world.attention()).toHaveLength(1);
  });

  it('in the moment it is taken back still counts', async () => {
    await world.setPolicy(packsOf({ expireHours: 24 }));
    await planMass(1);
    const platform = createPlatform();
    await drain(platform.packer);
    world.setNow(hours(24));
    const task = platform.tasks[0];
    // Confirmed, and the results are not there yet.
    if (task) task.confirmedAt = hours(23.9);
    await drain(platform.packer);
    expect(await countStates()).toEqual({ submitted: 1 });
    platform.confirm(task, hours(23.9));
    world.setNow(hours(25));
    await drain(platform.packer);
    expect(await countStates()).toEqual({ delivered: 1 });
    expect(await packs()).toMatchObject([{ state: 'done' }]);
  });

  it('while the platform cannot be asked changes nothing', async () => {
    await world.setPolicy(packsOf({ expireHours: 24 }));
    await planMass(1);
    const platform = createPlatform();
    await drain(platform.packer);
    platform.setDown(true);
    world.setNow(hours(30));
    await drain(platform.packer);
    expect(await countStates()).toEqual({ submitted: 1 });
    platform.setDown(false);
    world.setNow(hours(32));
    await drain(platform.packer);
    expect(await countStates()).toEqual({ 'expired not_confirmed': 1 });
  });
});

describe('cancelling', () => {
  const cancel = () => world.write((ctx) => cancelTouches(ctx, { kind: 'campaign', sourceId: 1 }));

  it('stops what waits at once, and takes back what the member has not confirmed', async () => {
    await planMass(2);
    const platform = createPlatform();
    await drain(platform.packer);
    platform.confirm(platform.tasks[0], morning);
    await world.plan(range(2, 11), { purpose: 'waits', dueAt: hours(5) });
    expect(await cancel()).toBe(2);
    await drain(platform.packer);
    expect(platform.tasks.map((task) => task.isCancelled)).toEqual([false, true]);
    expect(await countStates()).toEqual({ delivered: 1, 'cancelled cancelled': 3 });
    expect(await world.attention()).toHaveLength(1);
  });

  it('drops a pack that the platform does not have', async () => {
    await planMass(1);
    const platform = createPlatform();
    platform.answers.push('no route');
    await drain(platform.packer);
    await cancel();
    await drain(platform.packer);
    expect(platform.tasks).toEqual([]);
    expect(platform.asked.cancels).toBe(0);
    expect(await countStates()).toEqual({ 'cancelled cancelled': 1 });
    expect(await packs()).toMatchObject([{ state: 'cancelled' }]);
  });

  it('finds a pack that the platform may have, and takes it back', async () => {
    await planMass(1);
    const platform = createPlatform();
    platform.answers.push('lost and taken');
    await drain(platform.packer);
    await cancel();
    await retryNow();
    await drain(platform.packer);
    await drain(platform.packer);
    expect(platform.tasks.map((task) => task.isCancelled)).toEqual([true]);
    expect(await countStates()).toEqual({ 'cancelled cancelled': 1 });
  });
});

describe('an operator', () => {
  const makeUnknown = async () => {
    await planMass(1);
    const platform = createPlatform();
    platform.answers.push('lost');
    await drain(platform.packer);
    await world.database.pool.query(`
      update touch_pack set state = 'unknown'; update touch set state = 'unknown', settled_at = now();
      update attention set is_open = false`);
    return { platform, id: (await packs())[0]?.id ?? 0 };
  };

  it('who knows that a pack of unknown result went has it taken for sent', async () => {
    const { platform, id } = await makeUnknown();
    await world.write((ctx) => decideAboutPack(ctx, { id, as: 'sent' }));
    await drain(platform.packer);
    expect(await packs()).toMatchObject([{ state: 'done', reason: 'decided_by_hand' }]);
    expect(await countStates()).toEqual({ 'submitted decided_by_hand': 1 });
    expect(platform.tasks).toEqual([]);
    await expect(world.write((ctx) => decideAboutPack(ctx, { id, as: 'sent' }))).rejects.toThrow('pack_known');
  });

  it('who knows that it did not has it submitted again', async () => {
    const { platform, id } = await makeUnknown();
    await world.write((ctx) => decideAboutPack(ctx, { id, as: 'again' }));
    expect(await world.attention()).toMatchObject([{ is_open: true }]);
    await drain(platform.packer);
    expect(platform.tasks).toHaveLength(1);
    expect(platform.asked.finds).toBe(0);
    expect(await countStates()).toEqual({ submitted: 1 });
  });

  it('decides about one touch, but not about one in a pack', async () => {
    const { id } = await makeUnknown();
    const [touch] = await world.touches();
    await expect(world.write((ctx) => decideAboutTouch(ctx, { id: touch?.id ?? 0, as: 'sent' }))).rejects.toThrow(
      'touch_in_pack',
    );
    await world.database.pool.query('update touch set pack_id = null');
    await world.write((ctx) => decideAboutTouch(ctx, { id: touch?.id ?? 0, as: 'again' }));
    expect(await countStates()).toEqual({ allowed: 1 });
    expect(id).toBeGreaterThan(0);
  });

  it('has a member reminded, as often as the platform allows', async () => {
    await planMass(1);
    const platform = createPlatform();
    await drain(platform.packer);
    const id = (await packs())[0]?.id ?? 0;
    for (let time = 0; time < 3; time++) {
      world.setNow(hours(time / 4));
      await world.write((ctx) => askToRemind(ctx, { id }));
      await drain(platform.packer);
    }
    expect(platform.tasks[0]?.reminders).toBe(3);
    await expect(world.write((ctx) => askToRemind(ctx, { id }))).rejects.toThrow('pack_reminded');
  });

  it('takes one pack back', async () => {
    await planMass(2);
    const platform = createPlatform();
    await drain(platform.packer);
    const [first] = await packs();
    await world.write((ctx) => cancelPack(ctx, { id: first?.id ?? 0 }));
    await drain(platform.packer);
    expect(await countStates()).toEqual({ submitted: 1, 'cancelled cancelled': 1 });
    await expect(world.write((ctx) => cancelPack(ctx, { id: first?.id ?? 0 }))).rejects.toThrow('pack_over');
  });
});
