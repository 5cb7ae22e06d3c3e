import type { Random } from './random.ts';

/** Troubles that a test switches on at run time. */
export type FaultSettings = {
  /** Share of callbacks that never leave. */
  loss: number;
  /** Share of callbacks that are delivered a second time although they were acknowledged. */
  duplicate: number;
  /** Real wait before the first attempt. */
  delayMs: readonly [number, number];
  /** Shuffles neighbouring callbacks by holding each back for up to a second and a half. */
  reorder: boolean;
  /** Answers of matching paths are replaced by an error, by rate or for a number of times. */
  apiErrors: { path: string; errcode: number; rate?: number; times?: number }[];
  apiDelayMs: readonly [number, number];
  /** The request is executed, then the connection is destroyed instead of answered. */
  dropResponse: { path: string; rate: number } | null;
};

export type FaultChange = Partial<FaultSettings> & {
  /** Once: every token given out so far stops working. */
  invalidateToken?: boolean;
};

const noFaults: FaultSettings = {
  loss: 0,
  duplicate: 0,
  delayMs: [0, 0],
  reorder: false,
  apiErrors: [],
  apiDelayMs: [0, 0],
  dropResponse: null,
};

export type Faults = {
  settings(): FaultSettings;
  change(change: Partial<FaultSettings>): void;
  clear(): void;
  apiError(path: string): number | undefined;
  dropsResponse(path: string): boolean;
  apiDelayMs(): number;
};

export function createFaults(random: Random): Faults {
  let current: FaultSettings = structuredClone(noFaults);
  return {
    settings: () => current,
    change: (change) => {
      current = { ...current, ...structuredClone(change) };
    },
    clear: () => {
      current = structuredClone(noFaults);
    },
    apiError: (path) => {
      for (const fault of current.apiErrors) {
        if (!matches(fault.path, path)) continue;
        if (fault.times !== undefined) {
          if (fault.times <= 0) continue;
          fault.times -= 1;
          return fault.errcode;
        }
        if (random.chance(fault.rate ?? 1)) return fault.errcode;
      }
      return undefined;
    },
    dropsResponse: (path) =>
      current.dropResponse !== null &&
      matches(current.dropResponse.path, path) &&
      random.chance(current.dropResponse.rate),
    apiDelayMs: () => random.between(current.apiDelayMs[0], current.apiDelayMs[1]),
  };
}

/** `*` is every path; otherwise the end of the path, so `send_welcome_msg` is enough. */
function matches(pattern: string, path: string): boolean {
  return pattern === '*' || path === pattern || path.endsWith(`/${pattern.replace(/^\//, '')}`);
}
