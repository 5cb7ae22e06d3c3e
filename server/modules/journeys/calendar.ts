import type { Trigger, TriggerOf } from '#contract/journey-graph';
import { addDays, civilMoment, dayOf, momentOf } from '#platform/days';
import { daysToBirthday, daysToLunarDay, lunarBirths, solarBirthdays } from '#segments';

/** When something is due in civil time, and whose day it is. Moments are milliseconds, days are text. */

/** 20261121 as '2026-11-21'; undefined for what is no day, such as 20260230. */
export function dayOfNumber(day: number): string | undefined {
  const digits = String(day).padStart(8, '0');
  const text = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  if (Number.isNaN(Date.parse(`${text}T00:00:00Z`))) return undefined;
  return addDays(text, 0) === text ? text : undefined;
}

const weekdayOf = (day: string) => civilMoment(new Date(`${day}T12:00:00Z`), 'UTC').weekday;

const at = (day: string, minute: number, zone: string) => momentOf(day, minute, zone).getTime();

/** The first moment from `from` on (included) that is a minute of a civil day of such a weekday. */
export function nextMinute(from: number, minute: number, zone: string, fits: (weekday: number) => boolean): number {
  let day = dayOf(new Date(from), zone);
  while (!fits(weekdayOf(day)) || at(day, minute, zone) < from) day = addDays(day, 1);
  return at(day, minute, zone);
}

/** The moment of a minute of a day, so many days after a day. */
export const minuteOf = (day: string, { offsetDays, minute }: { offsetDays: number; minute: number }, zone: string) =>
  at(addDays(day, offsetDays), minute, zone);

/** The next time from `from` on (included) at which the day of the year of a day (as 19900521) comes round. */
export function nextYearly(
  born: number,
  data: { calendar: 'solar' | 'lunar'; offsetDays: number; minute: number },
  from: number,
  zone: string,
): number | undefined {
  let search = addDays(dayOf(new Date(from), zone), -data.offsetDays);
  for (;;) {
    const wait = daysToBirthday(born, search, data.calendar);
    if (wait === undefined || wait >= never) return undefined;
    const day = addDays(search, wait);
    const moment = minuteOf(day, data, zone);
    if (moment >= from) return moment;
    search = addDays(day, 1);
  }
}

/** No day of a year is so many days away. */
const never = 400;

/** When a trigger comes round next, after `after`; null for never again, and for triggers that wait for something else. */
export function nextOccurrence(trigger: Trigger, after: Date, zone: string): Date | null {
  const from = after.getTime() + 1;
  if (trigger.kind === 'date') return new Date(nextMinute(from, trigger.data.minute, zone, () => true));
  if (trigger.kind !== 'schedule') return null;
  const found = nextScheduled(trigger.data, from, zone);
  return found === undefined ? null : new Date(found);
}

function nextScheduled({ on, minute }: TriggerOf<'schedule'>, from: number, zone: string): number | undefined {
  switch (on.every) {
    case 'once': {
      const moment = at(on.day, minute, zone);
      return moment < from ? undefined : moment;
    }
    case 'day':
      return nextMinute(from, minute, zone, () => true);
    case 'week':
      return nextMinute(from, minute, zone, (weekday) => on.weekdays.includes(weekday));
    case 'month': {
      let day = dayOf(new Date(from), zone);
      while (!isOnMonth(on.days, day) || at(day, minute, zone) < from) day = addDays(day, 1);
      return at(day, minute, zone);
    }
    case 'year': {
      let search = addDays(dayOf(new Date(from), zone), -on.offsetDays);
      for (;;) {
        const wait =
          on.calendar === 'lunar'
            ? daysToLunarDay(on, search)
            : daysToBirthday(leapYear + on.month * 100 + on.day, search, 'solar');
        if (wait === undefined || wait >= never) return undefined;
        const day = addDays(search, wait);
        const moment = minuteOf(day, { offsetDays: on.offsetDays, minute }, zone);
        if (moment >= from) return moment;
        search = addDays(day, 1);
      }
    }
  }
}

/** A year with a 29 February, so that every day of the year is a day of it. */
const leapYear = 2000 * 10_000;

/** Days that a month does not have come on its last day. */
function isOnMonth(days: readonly number[], day: string): boolean {
  const number = Number(day.slice(8));
  if (days.includes(number)) return true;
  const isLast = addDays(day, 1).slice(8) === '01';
  return isLast && days.some((wanted) => wanted > number);
}

/** Whose day it is when a trigger comes round at a moment: days (as 20261121), or months and days of any year (as 1121). */
export function daysCelebrated(
  { calendar, offsetDays }: TriggerOf<'date'>,
  moment: Date,
  zone: string,
): { readonly days: readonly number[]; readonly isYearly: boolean } {
  const day = addDays(dayOf(moment, zone), -offsetDays);
  switch (calendar) {
    case 'once':
      return { days: [Number(day.replaceAll('-', ''))], isYearly: false };
    case 'solar':
      return { days: solarBirthdays(day, 1), isYearly: true };
    case 'lunar':
      return { days: lunarBirths(day, 1), isYearly: false };
  }
}
