import type { Policy } from '#contract/touch';
import type { Quota } from './quota.ts';
import { quotaOf } from './verdict.ts';

/** When broadcasts are reminded of and tried again, and what the platform allows a group and a corp. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** WeCom reminds of one task at most three times in 24 hours (41094). */
const remindersPerDay = 3;

export function mayRemind(remindedAt: readonly Date[], now: Date): boolean {
  return remindedAt.filter((at) => now.getTime() - at.getTime() < dayMs).length < remindersPerDay;
}

/** When siyu reminds next by itself, after `reminders` of them; null when it has reminded often enough. */
export function nextReminder({ packs }: Policy, now: Date, reminders: number): Date | null {
  return reminders >= packs.maxReminders ? null : new Date(now.getTime() + packs.remindHours * hourMs);
}

/** Pause before the next attempt, in machine milliseconds: doubled each time, ten minutes at most. */
export function retryPauseMs(attempts: number): number {
  return Math.min(10 * minuteMs, 1000 * 2 ** Math.min(attempts - 1, 20));
}

type Limit = Quota & { readonly max: number };

/** Of mass messages a group may get as many as a customer may (doc 92135). The name goes before the chat id. */
export function groupQuota(policy: Policy, now: Date): Limit {
  const { from, max } = quotaOf(policy.wecomQuota, now);
  return { name: 'wecom_group ', periodStart: from, max };
}

/** Moments of one corp (doc 95094): 100,000 a calendar month made by API, and ten of the machine's minute. */
export function momentQuotas(now: Date, machineNow: Date): { month: Limit; minute: Limit } {
  const minute = new Date(Math.floor(machineNow.getTime() / minuteMs) * minuteMs);
  return {
    month: { name: 'wecom_moment', periodStart: quotaOf('month_days', now).from, max: 100_000 },
    minute: { name: 'wecom_moment_minute', periodStart: minute, max: 10 },
  };
}
