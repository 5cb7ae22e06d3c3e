/** Time as the product sees it. Domain code gets `ctx.now`; only the edges hold a clock. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Simulated time is `simMs` at the machine's `realMs` and runs `speed` times as fast; speed 0 stands still. */
export interface ClockSetting {
  readonly realMs: number;
  readonly simMs: number;
  readonly speed: number;
}

export interface ScaledClock extends Clock {
  set(setting: ClockSetting): void;
}

/** A clock that a demo or a test can hurry or hold. Two processes with one setting agree to the millisecond. */
export function createScaledClock(initial?: ClockSetting): ScaledClock {
  const start = Date.now();
  let setting = initial ?? { realMs: start, simMs: start, speed: 1 };
  return {
    now: () => new Date(setting.simMs + (Date.now() - setting.realMs) * setting.speed),
    set: (next) => {
      setting = next;
    },
  };
}
