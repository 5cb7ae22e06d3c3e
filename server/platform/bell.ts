import type pg from 'pg';
import type { Logger } from './log.ts';

/**
 * Says that there is work, after the commit that made it: at once inside this process, and by NOTIFY to the others.
 *
 * NOTIFY inside the transaction would be simpler and far slower: PostgreSQL lets only one transaction that notifies
 * commit at a time. A bell that was not heard costs a moment: who listens also looks by itself now and then.
 */
export interface Bell {
  ring(channels: Iterable<string>): void;
  /** Returns how to stop listening. */
  listen(channel: string, wakeUp: () => void): () => void;
  /** Rings here only: for what another process said. */
  ringHere(channel: string): void;
}

/** Other processes hear of it at most this much later. */
const gatherMs = 50;

export function createBell(pool: pg.Pool, log: Logger): Bell {
  const listeners = new Map<string, Set<() => void>>();
  const untold = new Set<string>();
  let isGathering = false;

  const ringHere = (channel: string) => {
    for (const wakeUp of listeners.get(channel) ?? []) wakeUp();
  };
  const tellOthers = () => {
    isGathering = false;
    const channels = [...untold];
    untold.clear();
    pool.query("select pg_notify(channel, '') from unnest($1::text[]) as channel", [channels]).catch((error) => {
      log.warn({ err: error }, 'other processes were not told of new work; they find it by looking');
    });
  };
  return {
    ringHere,
    ring(channels) {
      for (const channel of channels) {
        ringHere(channel);
        untold.add(channel);
      }
      if (untold.size === 0 || isGathering) return;
      isGathering = true;
      setTimeout(tellOthers, gatherMs).unref();
    },
    listen(channel, wakeUp) {
      const set = listeners.get(channel) ?? new Set();
      listeners.set(channel, set);
      set.add(wakeUp);
      return () => set.delete(wakeUp);
    },
  };
}
