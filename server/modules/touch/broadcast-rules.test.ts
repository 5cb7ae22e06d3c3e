import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policy as policySchema } from '#contract/touch';
import { groupQuota, mayRemind, momentQuotas, nextReminder, retryPauseMs } from './broadcast-rules.ts';

const policy = policySchema.parse({});
const now = new Date('2026-11-26T10:00:00+08:00');
const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

describe('reminders', () => {
  it.each([
    [[], true],
    [[ago(1), ago(2)], true],
    [[ago(1), ago(2), ago(23.9)], false],
    [[ago(1), ago(2), ago(24)], true],
  ])('are three in 24 hours at most: %j', (remindedAt, may) => {
    expect(mayRemind(remindedAt, now)).toBe(may);
  });

  it('come by themselves as often as the policy says, and then no more', () => {
    const { remindHours, maxReminders } = policy.packs;
    expect(nextReminder(policy, now, 0)).toEqual(new Date(now.getTime() + remindHours * 3_600_000));
    expect(nextReminder(policy, now, maxReminders)).toBeNull();
    expect(nextReminder({ ...policy, packs: { ...policy.packs, maxReminders: 0 } }, now, 0)).toBeNull();
  });
});

describe('quotas', () => {
  it.each([
    ['month_days', '2026-11-01T00:00:00+08:00', 30],
    ['seven_a_week', '2026-11-23T00:00:00+08:00', 7],
    ['one_a_day', '2026-11-26T00:00:00+08:00', 1],
  ] as const)('of a group are counted as the corp has set it: %s', (wecomQuota, periodStart, max) => {
    expect(groupQuota({ ...policy, wecomQuota }, now)).toMatchObject({ periodStart: new Date(periodStart), max });
  });

  it('of Moments are those of WeCom’s month and of the machine’s minute', () => {
    const { month, minute } = momentQuotas(now, new Date('2026-01-02T03:04:05Z'));
    expect(month).toMatchObject({ periodStart: new Date('2026-11-01T00:00:00+08:00'), max: 100_000 });
    expect(minute).toMatchObject({ periodStart: new Date('2026-01-02T03:04:00Z'), max: 10 });
  });
});

it('pauses between attempts grow to ten minutes and no further', () => {
  expect([1, 2, 3].map(retryPauseMs)).toEqual([1000, 2000, 4000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (attempts) => {
      expect(retryPauseMs(attempts)).toBeLessThanOrEqual(600_000);
      expect(retryPauseMs(attempts + 1)).toBeGreaterThanOrEqual(retryPauseMs(attempts));
    }),
  );
});
