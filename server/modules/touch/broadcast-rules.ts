import { addDays, civilMoment, dayOf, dayStart } from '#platform/days';

/** When broadcasts are asked about, reminded of and tried again, and what the platform allows a group and a corp. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** WeCom reminds of one task at most three times in 24 hours (doc 97610; 41094). */
const remindersPerDay = 3;

export function mayRemind(remindedAt: readonly Date[], now: Date): boolean {
  return remindedAt.filter((at) => now.getTime() - at.getTime() < dayMs).length < remindersPerDay;
}

/** After the platform has it, in hours: a member who is at work sees the task at once, so the first one comes late. */
const reminderHours = [4, 20, 44];

/** When siyu reminds next by itself; null when it has reminded often enough. */
export function nextReminder(submittedAt: Date, reminders: number): Date | null {
  const hours = reminderHours[reminders];
  return hours === undefined ? null : new Date(submittedAt.getTime() + hours * hourMs);
}

/** Pause before the next attempt, in machine milliseconds: doubled each time, ten minutes at most. */
export function retryPauseMs(attempts: number): number {
  return Math.min(10 * minuteMs, 1000 * 2 ** Math.min(attempts - 1, 20));
}

/** How many mass messages a customer or a group may get (doc 92135): as the corp has set it in WeCom. */
export type MassRule = 'month_days' | 'seven_a_week' | 'one_a_day';

/** The period that `now` is in, and how many mass messages one group may get in it. WeCom's week begins on Monday. */
export function groupQuota(rule: MassRule, now: Date, zone: string): { periodStart: Date; max: number } {
  const today = dayOf(now, zone);
  switch (rule) {
    case 'month_days': {
      const [year = 0, month = 0] = today.split('-').map(Number);
      return {
        periodStart: dayStart(`${today.slice(0, 8)}01`, zone),
        max: new Date(Date.UTC(year, month, 0)).getUTCDate(),
      };
    }
    case 'seven_a_week':
      return { periodStart: dayStart(addDays(today, 1 - civilMoment(now, zone).weekday), zone), max: 7 };
    case 'one_a_day':
      return { periodStart: dayStart(today, zone), max: 1 };
  }
}

/** Moments of one corp (doc 95094): 100,000 a calendar month made by API, and ten a minute. */
export function momentQuotas(now: Date, zone: string, machineNow: Date) {
  const month = dayStart(`${dayOf(now, zone).slice(0, 8)}01`, zone);
  const minute = new Date(Math.floor(machineNow.getTime() / minuteMs) * minuteMs);
  return [
    { name: 'wecom_moment', periodStart: month, max: 100_000 },
    { name: 'wecom_moment_minute', periodStart: minute, max: 10 },
  ];
}

/**
 * A task whose answer was lost is not taken for absent at once: the platform may still be at it. Machine milliseconds;
 * a Moment is made by a job.
 */
export function absentAfterMs(channel: 'wecom_group' | 'wecom_moment'): number {
  return channel === 'wecom_moment' ? 3 * minuteMs : minuteMs;
}
