import { maxPeriodDays } from '#contract/types';
import { AppError } from './errors.ts';

/** Civil days in a zone. A day is text like '2026-11-21'. */

const dayMs = 86_400_000;

/** The civil day of a moment. */
export function dayOf(at: Date, zone: string): string {
  return new Date(at.getTime() + zoneShiftMs(at, zone)).toISOString().slice(0, 10);
}

/** Weekday (1 Monday … 7 Sunday) and minute of the civil day. */
export function civilMoment(at: Date, zone: string): { weekday: number; minute: number } {
  const local = new Date(at.getTime() + zoneShiftMs(at, zone));
  return { weekday: ((local.getUTCDay() + 6) % 7) + 1, minute: local.getUTCHours() * 60 + local.getUTCMinutes() };
}

/** The moment a civil day begins. */
export function dayStart(day: string, zone: string): Date {
  return momentOf(day, 0, zone);
}

/** The moment of a minute of a civil day; also on days of 23 or 25 hours. */
export function momentOf(day: string, minute: number, zone: string): Date {
  const civil = Date.parse(`${day}T00:00:00Z`) + minute * 60_000;
  // The shift at the guess is the shift at the answer, except within hours of a change: then the second guess is right.
  const guess = civil - zoneShiftMs(new Date(civil), zone);
  return new Date(civil - zoneShiftMs(new Date(guess), zone));
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * dayMs).toISOString().slice(0, 10);
}

/** Both ends included, as people say it; as moments the end is excluded. */
export function dayRange(zone: string, from: string | undefined, to: string | undefined) {
  return {
    from: from === undefined ? undefined : dayStart(from, zone),
    until: to === undefined ? undefined : dayStart(addDays(to, 1), zone),
  };
}

/** The days of a report; by default the thirty days that end today. Refuses a period that is empty or too long. */
export function reportDays(now: Date, zone: string, input: { from?: string | undefined; to?: string | undefined }) {
  const to = input.to ?? dayOf(now, zone);
  const from = input.from ?? addDays(to, -29);
  const length = dayNumber(to) - dayNumber(from) + 1;
  if (length < 1 || length > maxPeriodDays) {
    const message = `1 to ${maxPeriodDays} days`;
    throw new AppError('input_invalid', { fields: [{ path: 'from', problem: 'period', message }] });
  }
  return { from, to, days: daysBetween(from, to), since: dayStart(from, zone), until: dayStart(addDays(to, 1), zone) };
}

const dayNumber = (day: string) => Math.round(Date.parse(`${day}T00:00:00Z`) / dayMs);

/** Every day from one to another, both included. */
export function daysBetween(from: string, to: string): string[] {
  return Array.from({ length: Math.max(0, dayNumber(to) - dayNumber(from) + 1) }, (_, i) => addDays(from, i));
}

/** Making one takes far longer than using it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const numeric = 'numeric' as const;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  });
  formatters.set(zone, made);
  return made;
}

/** What has to be added to UTC to read civil time in `zone`. */
export function zoneShiftMs(at: Date, zone: string): number {
  const parts = formatterOf(zone).formatToParts(at);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const civil = Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'), read('second'));
  return civil - Math.floor(at.getTime() / 1000) * 1000;
}
