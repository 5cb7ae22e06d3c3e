import { perform } from './people/life.ts';
import type { World } from './world.ts';
import { runErrand } from './world.ts';

/** Lets planned actions happen: by itself while the clock runs, or by `step` while it is frozen. */

const tickMs = 50;
const actionsPerTick = 2000;

export type StepResult = {
  at: number;
  performed: number;
  /** Callbacks raised during the step. */
  callbacks: number;
  /** False when something was still unacknowledged after the waiting time. */
  idle: boolean;
};

export function startTimer(world: World): NodeJS.Timeout {
  return setInterval(() => {
    if (world.clock.setting().speed <= 0) return;
    const until = world.clock.now();
    for (let count = 0; count < actionsPerTick; count++) {
      const due = world.agenda.take(until);
      if (!due) return;
      const visit = perform(world, due);
      // A slow page must not hold up the others.
      if (visit) runErrand(world, visit);
    }
  }, tickMs);
}

/**
 * Moves simulated time on to `to`: every due action happens in order and at its own time, then all callbacks are
 * waited for. Welcome messages that the app sends meanwhile can plan more actions; those up to `to` happen as well.
 */
export async function step(world: World, to: number, waitMs: number): Promise<StepResult> {
  const before = world.sender.deliveries().at(-1)?.seq ?? 0;
  const deadline = Date.now() + waitMs;
  let performed = 0;
  let idle = true;
  for (;;) {
    const due = world.agenda.take(to);
    if (due) {
      if (due.at > world.clock.now()) world.clock.moveTo(due.at);
      await perform(world, { ...due, at: Math.max(due.at, world.clock.now()) });
      performed += 1;
      // Leaves the receiver room: a month in one step must not become one burst.
      if (world.sender.pending() >= world.settings.policy.callbackConcurrency) {
        await world.sender.waitUntilIdle(Math.max(0, deadline - Date.now()));
      }
      continue;
    }
    if (world.clock.now() < to) world.clock.moveTo(to);
    idle = await waitUntilQuiet(world, deadline);
    const next = world.agenda.nextAt();
    if (!idle || next === undefined || next > to) break;
  }
  const raised = (world.sender.deliveries().at(-1)?.seq ?? 0) - before;
  return { at: world.clock.now(), performed, callbacks: raised, idle };
}

export async function waitUntilQuiet(world: World, deadlineMs: number): Promise<boolean> {
  while (world.errands.size > 0 && Date.now() < deadlineMs) await Promise.all([...world.errands]);
  return world.sender.waitUntilIdle(Math.max(0, deadlineMs - Date.now()));
}
