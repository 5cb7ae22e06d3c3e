/** One fixed point and a speed say what time it is in the simulated world. Speed 0 is a frozen clock. */
export type ClockSetting = { realMs: number; simMs: number; speed: number };

export type Clock = {
  /** Simulated milliseconds now. */
  now(): number;
  setting(): ClockSetting;
  set(setting: ClockSetting): void;
  /** Moves a frozen clock; a running clock goes on from there at its speed. */
  moveTo(simMs: number): void;
};

export function createClock(initial?: Partial<ClockSetting>): Clock {
  const realMs = initial?.realMs ?? Date.now();
  let current: ClockSetting = { realMs, simMs: initial?.simMs ?? realMs, speed: initial?.speed ?? 1 };
  return {
    now: () => Math.floor(current.simMs + (Date.now() - current.realMs) * current.speed),
    setting: () => ({ ...current }),
    set: (setting) => {
      current = { ...setting };
    },
    moveTo: (simMs) => {
      current = { realMs: Date.now(), simMs, speed: current.speed };
    },
  };
}

/** The platform counts days in Asia/Shanghai, which has kept UTC+8 without summer time since 1991. */
const shanghaiOffsetMs = 8 * 3600_000;
export const dayMs = 86_400_000;

/** Number of the Shanghai day that contains the time. */
export function dayOf(ms: number): number {
  return Math.floor((ms + shanghaiOffsetMs) / dayMs);
}

export function startOfDay(day: number): number {
  return day * dayMs - shanghaiOffsetMs;
}

/** Date of the Shanghai day, YYYY-MM-DD. */
export function dateOf(ms: number): string {
  return new Date(ms + shanghaiOffsetMs).toISOString().slice(0, 10);
}

/** The calendar month in Shanghai that contains the time. */
export function monthOf(ms: number): { startsAt: number; dayCount: number } {
  const there = new Date(ms + shanghaiOffsetMs);
  const [year, month] = [there.getUTCFullYear(), there.getUTCMonth()];
  const dayCount = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return { startsAt: Date.UTC(year, month, 1) - shanghaiOffsetMs, dayCount };
}

/** Monday 0:00 in Shanghai of the week that contains the time. */
export function startOfWeek(ms: number): number {
  // Day 0 of the count was a Thursday.
  const day = dayOf(ms);
  return startOfDay(day - ((day + 3) % 7));
}

/** Hour of day in Shanghai, 0-23. */
export function hourOf(ms: number): number {
  return Math.floor(((((ms + shanghaiOffsetMs) % dayMs) + dayMs) % dayMs) / 3600_000);
}

export function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
