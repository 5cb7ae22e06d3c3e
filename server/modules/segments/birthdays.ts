import { LunarDay, LunarMonth, SolarDay } from 'tyme4ts';
import { addDays } from '#platform/days';

/** Years of birth that are looked at by the lunar calendar. */
const firstYear = 1900;
const lastYear = 2100;

const parts = (day: string) => day.split('-').map(Number) as [number, number, number];

const isLeapYear = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** Months and days (as 1124) whose birthday falls on one of `count` civil days from `from` on. */
export function solarBirthdays(from: string, count: number): number[] {
  const found = new Set<number>();
  for (let i = 0; i < Math.min(count, 366); i++) {
    const [year, month, day] = parts(addDays(from, i));
    found.add(month * 100 + day);
    if (month === 2 && day === 28 && !isLeapYear(year)) found.add(229);
  }
  return [...found].sort((a, b) => a - b);
}

/** Lunar months and days that have their birthday on a civil day; none on days of a leap month. */
function lunarOn(day: string): { month: number; day: number }[] {
  const lunar = SolarDay.fromYmd(...parts(day)).getLunarDay();
  const month = lunar.getLunarMonth();
  if (month.isLeap()) return [];
  const place = { month: Math.abs(lunar.getMonth()), day: lunar.getDay() };
  const isLast = lunar.getDay() === 29 && month.getDayCount() === 29;
  return isLast ? [place, { ...place, day: 30 }] : [place];
}

const bornOn = new Map<string, number[]>();

/** Every day of birth (as 19900521) of a lunar month and day. */
function birthsOf({ month, day }: { month: number; day: number }): number[] {
  const known = bornOn.get(`${month} ${day}`);
  if (known) return known;
  const births: number[] = [];
  for (let year = firstYear; year <= lastYear; year++) {
    for (const number of [month, -month]) {
      const lunarMonth = monthOf(year, number);
      if (!lunarMonth || day > lunarMonth.getDayCount()) continue;
      const solar = LunarDay.fromYmd(year, number, day).getSolarDay();
      births.push(solar.getYear() * 10000 + solar.getMonth() * 100 + solar.getDay());
    }
  }
  bornOn.set(`${month} ${day}`, births);
  return births;
}

function monthOf(year: number, number: number): LunarMonth | undefined {
  try {
    return LunarMonth.fromYm(year, number);
  } catch {
    return undefined;
  }
}

/** Every day of birth (as 19900521) whose lunar birthday falls on one of `count` civil days from `from` on. */
export function lunarBirths(from: string, count: number): number[] {
  const found = new Set<number>();
  for (let i = 0; i < count; i++) {
    for (const place of lunarOn(addDays(from, i))) for (const birth of birthsOf(place)) found.add(birth);
  }
  return [...found].sort((a, b) => a - b);
}

/** Further than any birthday is away, by either calendar. */
const farthest = 400;
const waits = new Map<string, number>();

/** How many civil days after `from` somebody born on a day (as 19900521) has the next birthday; undefined for no day at all. */
export function daysToBirthday(born: number, from: string, calendar: 'solar' | 'lunar'): number | undefined {
  const lunar = calendar === 'lunar' ? lunarOf(born) : undefined;
  if (calendar === 'lunar' && !lunar) return undefined;
  const place = lunar ? `${lunar.month} ${lunar.day}` : String(born % 10000);
  const name = `${calendar} ${place} ${from}`;
  const known = waits.get(name);
  if (known !== undefined) return known;
  if (waits.size > 20_000) waits.clear();
  let wait = 0;
  while (wait < farthest && !isBirthday(born % 10000, lunar, addDays(from, wait))) wait++;
  waits.set(name, wait);
  return wait;
}

function isBirthday(monthDay: number, lunar: { month: number; day: number } | undefined, on: string): boolean {
  if (lunar) return lunarOn(on).some((place) => place.month === lunar.month && place.day === lunar.day);
  const [year, month, day] = parts(on);
  return monthDay === month * 100 + day || (monthDay === 229 && month === 2 && day === 28 && !isLeapYear(year));
}

/** How many civil days after `from` a day of the lunar year comes next; a 30th on the 29th in months that have no 30th. */
export function daysToLunarDay(place: { month: number; day: number }, from: string): number {
  for (let wait = 0; wait < farthest; wait++) {
    if (lunarOn(addDays(from, wait)).some(({ month, day }) => month === place.month && day === place.day)) return wait;
  }
  return farthest;
}

const lunarDays = new Map<number, { month: number; day: number } | undefined>();

function lunarOf(born: number): { month: number; day: number } | undefined {
  if (lunarDays.has(born)) return lunarDays.get(born);
  if (lunarDays.size > 50_000) lunarDays.clear();
  const [year, month, day] = [Math.floor(born / 10000), Math.floor(born / 100) % 100, born % 100];
  let lunar: { month: number; day: number } | undefined;
  try {
    const found = SolarDay.fromYmd(year, month, day).getLunarDay();
    const lunarYear = found.getYear();
    // Births are listed by lunar year, so the bounds are lunar years too.
    if (lunarYear >= firstYear && lunarYear <= lastYear)
      lunar = { month: Math.abs(found.getMonth()), day: found.getDay() };
  } catch {
    // No such day: 20260230 can stand in a text that looks like a day.
  }
  lunarDays.set(born, lunar);
  return lunar;
}
