import { expect, test } from 'vitest';
import { hourOf } from '#sandbox/clock';
import { createRandom } from '#sandbox/random';
import type { Plan } from './habits.ts';
import {
  expectedRetention,
  habits,
  kindNames,
  nextArrival,
  planAfterAdd,
  planAfterMessage,
  planAfterWelcome,
} from './habits.ts';

const day = 86_400_000;
const people = 4000;

function share(plans: (index: number) => Plan[], matches: (plan: Plan) => boolean): number {
  let count = 0;
  for (let index = 0; index < people; index++) if (plans(index).some(matches)) count += 1;
  return count / people;
}

test.each(kindNames)('%s people reply, write and leave at their known rates', (kind) => {
  const rates = habits[kind];
  const random = createRandom(kind);
  const replied = share(
    () => planAfterWelcome(rates, random),
    (plan) => plan.kind === 'say',
  );
  const left = share(
    () => planAfterWelcome(rates, random),
    (plan) => plan.kind === 'leave',
  );
  const wrote = share(
    () => planAfterAdd(rates, random),
    (plan) => plan.kind === 'say',
  );
  expect(replied).toBeCloseTo(rates.replyToWelcome, 1);
  expect(left).toBeCloseTo(rates.leaveAfterGift, 1);
  expect(wrote).toBeCloseTo(rates.writeLater, 1);
});

test.each(kindNames)('the thirty-day retention of %s people is the known one', (kind) => {
  const rates = habits[kind];
  const random = createRandom(`retention ${kind}`);
  let stayed = 0;
  for (let index = 0; index < people; index++) {
    const plans = [...planAfterAdd(rates, random), ...planAfterWelcome(rates, random)];
    if (!plans.some((plan) => plan.kind === 'leave' && plan.afterMs <= 30 * day)) stayed += 1;
  }
  expect(stayed / people).toBeCloseTo(expectedRetention(rates, 30, true), 1);
});

test('those who come for the gift leave within two days of getting it', () => {
  const random = createRandom('gift');
  for (let index = 0; index < people; index++) {
    for (const plan of planAfterWelcome(habits.bargain_only, random)) {
      if (plan.kind === 'leave') expect(plan.afterMs).toBeLessThanOrEqual(2 * day);
    }
  }
});

test('the first message of a week annoys nobody, the next ones some', () => {
  const random = createRandom('annoyed');
  const leaves = (messagesThisWeek: number) =>
    share(
      () => planAfterMessage(habits.easily_annoyed, { hasLink: false, messagesThisWeek }, random),
      (plan) => plan.kind === 'leave',
    );
  expect(leaves(1)).toBe(0);
  expect(leaves(2)).toBeCloseTo(habits.easily_annoyed.leavePerExtraMessage, 1);
});

test('arrivals come at the rate asked for and follow the hours of the day', () => {
  const random = createRandom('arrivals');
  const hours = new Array<number>(24).fill(0);
  const start = Date.parse('2026-03-01T00:00:00+08:00');
  let at = start;
  let count = 0;
  for (;;) {
    at = nextArrival(at, 200, random, hourOf);
    if (at >= start + 20 * day) break;
    count += 1;
    hours[hourOf(at)] = (hours[hourOf(at)] ?? 0) + 1;
  }
  expect(count).toBeGreaterThan(3700);
  expect(count).toBeLessThan(4300);
  expect(hours[20] ?? 0).toBeGreaterThan((hours[3] ?? 0) * 10);
});
