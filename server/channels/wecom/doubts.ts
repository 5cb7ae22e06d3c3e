import type { Refusal } from './receipts.ts';

/**
 * Calls that may have made something, by what they were for. What is looked for and not there is surely not there only
 * when the platform is done with the call: at once after it answered, some time after an answer that never came.
 */
export interface Doubts {
  /** `wasAnswered`: the platform said something, only not whether it was done. */
  note(key: string, wasAnswered: boolean): void;
  /** Why it is not sure yet; undefined when it is. A call that this process knows nothing of was made just now. */
  unsure(key: string): Refusal | undefined;
}

/** The machine's time. The platform's own limits for one call are far below, and so is the time a worker has for sending (`handOverMs`). */
const answeredMs = 500;
const unansweredMs = 60_000;
/** Doubts that nobody asked about any more. */
const forgottenMs = 24 * 3_600_000;

export function createDoubts(nowMs: () => number = Date.now): Doubts {
  const sureAt = new Map<string, number>();
  const set = (key: string, afterMs: number) => {
    for (const [other, at] of sureAt) if (at < nowMs() - forgottenMs) sureAt.delete(other);
    sureAt.set(key, nowMs() + afterMs);
  };
  return {
    note: (key, wasAnswered) => set(key, wasAnswered ? answeredMs : unansweredMs),
    unsure(key) {
      if (!sureAt.has(key)) set(key, unansweredMs);
      const pauseMs = (sureAt.get(key) ?? 0) - nowMs();
      if (pauseMs > 0)
        return { outcome: 'unreachable', message: 'not there yet: the platform may still be at it', pauseMs };
      // It is made anew, by this process or by another: the next doubt is about that call.
      sureAt.delete(key);
      return undefined;
    },
  };
}
