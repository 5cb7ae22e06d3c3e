/**
 * Frequency limits (reference §12.1): so many calls in a window, then shut out for as long as the window. Real time,
 * whatever the simulated clock does.
 */
export type Frequency = {
  /** Counts one call. @returns false when the caller is shut out */
  count(key: string, limits: readonly Limit[]): boolean;
  /** Whether the caller is shut out, without counting. */
  isBlocked(key: string, limits: readonly Limit[]): boolean;
  clear(): void;
};

type Limit = { windowMs: number; calls: number };

export const minuteMs = 60_000;
export const hourMs = 3600_000;

type Window = { startMs: number; calls: number; blockedUntilMs: number };

export function createFrequency(now: () => number = Date.now): Frequency {
  const windows = new Map<string, Window>();

  const windowOf = (key: string, limit: Limit): Window => {
    const name = `${key}#${limit.windowMs}`;
    let window = windows.get(name);
    if (!window) {
      window = { startMs: now(), calls: 0, blockedUntilMs: 0 };
      windows.set(name, window);
    } else if (now() - window.startMs >= limit.windowMs) {
      window.startMs = now();
      window.calls = 0;
    }
    return window;
  };

  return {
    count: (key, limits) => {
      let allowed = true;
      for (const limit of limits) {
        const window = windowOf(key, limit);
        if (now() < window.blockedUntilMs) {
          allowed = false;
          continue;
        }
        window.calls += 1;
        if (window.calls <= limit.calls) continue;
        window.blockedUntilMs = now() + limit.windowMs;
        allowed = false;
      }
      return allowed;
    },
    isBlocked: (key, limits) => limits.some((limit) => now() < windowOf(key, limit).blockedUntilMs),
    clear: () => windows.clear(),
  };
}
