import { expect, test } from 'vitest';
import { createFrequency, type FrequencyOptions, type FrequencyRequest } from './frequency.ts';

/** A frequency on a clock that moves by `advance` only. `admitted` lists who went, in order. */
function setUp(options: FrequencyOptions = {}) {
  let nowMs = 1_000_000_020_000;
  const timers = new Set<{ run: () => void; atMs: number }>();
  const frequency = createFrequency({
    ...options,
    nowMs: () => nowMs,
    setTimer: (run, delayMs) => {
      const timer = { run, atMs: nowMs + delayMs };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  const admitted: { name: string; release: () => void }[] = [];
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    frequency,
    admitted,
    settle,
    timers,
    ask(name: string, request: Partial<FrequencyRequest> = {}) {
      return frequency.admit({ api: 'user/get', lane: 'bulk', ...request }).then((release) => {
        if (release) admitted.push({ name, release });
        return release;
      });
    },
    async advance(byMs: number) {
      nowMs += byMs;
      for (const timer of timers) {
        if (timer.atMs > nowMs) continue;
        timers.delete(timer);
        timer.run();
      }
      await settle();
    },
  };
}

async function spend(setup: ReturnType<typeof setUp>, lane: 'urgent' | 'bulk', calls: number) {
  for (let i = 0; i < calls; i++) (await setup.ask('spent', { lane }))?.();
  setup.admitted.length = 0;
}

test('bulk calls stop at four fifths of the minute, urgent ones at 95 % of the documented limit', async () => {
  const setup = setUp();
  await spend(setup, 'bulk', 7600);
  const waiting = setup.ask('bulk');
  await spend(setup, 'urgent', 1900);
  void setup.ask('urgent', { lane: 'urgent' });
  await setup.settle();
  expect(setup.admitted).toEqual([]);
  await setup.ask('another api', { api: 'user/list' });
  expect(setup.admitted.map(({ name }) => name)).toEqual(['another api']);

  await setup.advance(60_999);
  expect(setup.admitted).toHaveLength(1);
  await setup.advance(1);
  await waiting;
  expect(setup.admitted.map(({ name }) => name)).toEqual(['another api', 'urgent', 'bulk']);
  expect(setup.timers.size).toBe(0);
});

test('the hour has its own limit', async () => {
  const setup = setUp({ share: 0.01 });
  // 76 bulk calls a minute; 1140 fill the hour's bulk budget after 15 minutes.
  for (let minute = 0; minute < 15; minute++) {
    await spend(setup, 'bulk', 76);
    await setup.advance(61_000);
  }
  void setup.ask('late');
  await setup.advance(45 * 60_000 - 15 * 1000);
  expect(setup.admitted).toEqual([]);
  await setup.advance(2 * 60_000);
  expect(setup.admitted.map(({ name }) => name)).toEqual(['late']);
});

test('a process that owns half of the budget stops at half', async () => {
  const setup = setUp({ share: 0.5 });
  await spend(setup, 'urgent', 4750);
  void setup.ask('one more', { lane: 'urgent' });
  await setup.settle();
  expect(setup.admitted).toEqual([]);
});

test('urgent calls find a slot while bulk calls fill theirs, and go first when all are taken', async () => {
  const setup = setUp({ maxParallel: 5 });
  for (let i = 0; i < 10; i++) void setup.ask(`bulk ${i}`);
  void setup.ask('urgent 0', { lane: 'urgent' });
  void setup.ask('urgent 1', { lane: 'urgent' });
  await setup.settle();
  expect(setup.admitted.map(({ name }) => name)).toEqual(['bulk 0', 'bulk 1', 'bulk 2', 'bulk 3', 'urgent 0']);
  setup.admitted[0]?.release();
  setup.admitted[0]?.release();
  await setup.settle();
  expect(setup.admitted.at(-1)?.name).toBe('urgent 1');
  expect(setup.admitted).toHaveLength(6);
  setup.admitted[1]?.release();
  await setup.settle();
  expect(setup.admitted).toHaveLength(6);
  setup.admitted[2]?.release();
  await setup.settle();
  expect(setup.admitted.at(-1)?.name).toBe('bulk 4');
});

test('customer reads have a smaller limit and do not hold up others', async () => {
  const setup = setUp();
  for (let i = 0; i < 10; i++) void setup.ask(`read ${i}`, { api: 'externalcontact/get', readsCustomers: true });
  void setup.ask('other');
  await setup.settle();
  expect(setup.admitted).toHaveLength(7);
  for (let i = 0; i < 10; i++) {
    void setup.ask('urgent read', { api: 'externalcontact/get', readsCustomers: true, lane: 'urgent' });
  }
  await setup.settle();
  expect(setup.admitted.filter(({ name }) => name === 'urgent read')).toHaveLength(2);
});

test('a single slot serves both lanes', async () => {
  const setup = setUp({ maxParallel: 1, maxParallelCustomerReads: 1 });
  const first = await setup.ask('bulk');
  void setup.ask('urgent', { lane: 'urgent' });
  await setup.settle();
  expect(setup.admitted).toHaveLength(1);
  first?.();
  await setup.settle();
  expect(setup.admitted).toHaveLength(2);
});

test('an API that was refused for frequency is closed for a minute, the others are not', async () => {
  const setup = setUp();
  setup.frequency.closeApi('user/get');
  void setup.ask('closed', { lane: 'urgent' });
  await setup.ask('open', { api: 'user/list' });
  await setup.advance(59_999);
  expect(setup.admitted.map(({ name }) => name)).toEqual(['open']);
  await setup.advance(1);
  expect(setup.admitted.map(({ name }) => name)).toEqual(['open', 'closed']);
});

test('a caller that gives up leaves the queue and books nothing', async () => {
  const setup = setUp({ maxParallel: 1 });
  const first = await setup.ask('first');
  const controller = new AbortController();
  const impatient = setup.ask('impatient', { signal: controller.signal });
  const patient = setup.ask('patient');
  controller.abort();
  expect(await impatient).toBeUndefined();
  first?.();
  await patient;
  expect(setup.admitted.map(({ name }) => name)).toEqual(['first', 'patient']);
  expect(await setup.ask('too late', { signal: AbortSignal.abort() })).toBeUndefined();
});

test('an abort after the admission changes nothing', async () => {
  const setup = setUp({ maxParallel: 1 });
  const controller = new AbortController();
  const release = await setup.ask('first', { signal: controller.signal });
  controller.abort();
  void setup.ask('second');
  await setup.settle();
  expect(setup.admitted).toHaveLength(1);
  release?.();
  await setup.settle();
  expect(setup.admitted).toHaveLength(2);
});

test.each([{ share: 0 }, { share: 1.1 }, { share: Number.NaN }, { maxParallel: 0 }])('%o is refused', (options) => {
  expect(() => createFrequency(options)).toThrow(RangeError);
});

test('an API with limits of its own is held to them', async () => {
  const setup = setUp();
  const api = 'externalcontact/add_moment_task';
  for (let i = 0; i < 7; i++) (await setup.ask('spent', { api }))?.();
  setup.admitted.length = 0;
  void setup.ask('eighth', { api });
  await setup.settle();
  expect(setup.admitted).toEqual([]);
  await setup.advance(61_000);
  expect(setup.admitted.map(({ name }) => name)).toEqual(['eighth']);
});
