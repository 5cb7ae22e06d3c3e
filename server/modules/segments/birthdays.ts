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

/** Whether somebody born on a day (as 19900521) has a birthday within `count` civil days from `from` on. */
export function hasBirthday(born: number, from: string, count: number, calendar: 'solar' | 'lunar'): boolean {
  if (calendar === 'solar') {
    for (let i = 0; i < Math.min(count, 366); i++) {
      const [year, month, day] = parts(addDays(from, i));
      const isDay = born % 10000 === month * 100 + day;
      const isMoved = born % 10000 === 229 && month === 2 && day === 28 && !isLeapYear(year);
      if (isDay || isMoved) return true;
    }
    return false;
  }
  const lunar = lunarOf(born);
  if (!lunar) return false;
  for (let i = 0; i < count; i++) {
    if (lunarOn(addDays(from, i)).some((place) => place.month === lunar.month && place.day === lunar.day)) return true;
  }
  return false;
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
