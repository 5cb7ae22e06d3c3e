import { type Ctx, inTransaction, type WriteCtx } from './ctx.ts';
import { addDays, dayOf, momentOf } from './days.ts';
import type { Runtime } from './module.ts';
import { pumpCtx } from './pump.ts';

/**
 * A chore that comes round in the product's time. `run` only writes rows and jobs: it shares the transaction that moves
 * the due time on, so that of several workers one does it, once.
 */
export interface Chore {
  readonly name: string;
  /** When it comes next, after `now`. */
  next(now: Date, zone: string): Date;
  run(ctx: WriteCtx): Promise<void>;
}

export function everyMs(ms: number): Chore['next'] {
  return (now) => new Date((Math.floor(now.getTime() / ms) + 1) * ms);
}

/** Each day at a minute of the organisation's civil day. */
export function dailyAt(minute: number): Chore['next'] {
  return (now, zone) => {
    const today = dayOf(now, zone);
    const at = momentOf(today, minute, zone);
    return at > now ? at : momentOf(addDays(today, 1), minute, zone);
  };
}

/** Runs what is due once. Returns how many chores ran. */
export async function runDueChores(ctx: Ctx, chores: readonly Chore[]): Promise<number> {
  let ran = 0;
  for (const chore of chores) {
    ran += await inTransaction(ctx, async (ctx) => {
      const row = await ctx.db
        .selectFrom('schedule')
        .select('next_at')
        .where('name', '=', chore.name)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst();
      if (!row) return 0;
      const next_at = chore.next(ctx.now, ctx.zone);
      const isDue = row.next_at <= ctx.now;
      if (isDue) await chore.run(ctx);
      // A clock that was set back would otherwise hold the chore until it has caught up.
      if (isDue || row.next_at > next_at) {
        await ctx.db.updateTable('schedule').set({ next_at }).where('name', '=', chore.name).execute();
      }
      return isDue ? 1 : 0;
    });
  }
  return ran;
}

export async function startSchedule(runtime: Runtime, chores: readonly Chore[]): Promise<{ stop(): Promise<void> }> {
  const first = pumpCtx(runtime, 'schedule');
  for (const chore of chores) {
    await first.db
      .insertInto('schedule')
      .values({ name: chore.name, next_at: chore.next(first.now, first.zone) })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
  }
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running
      .then(() => runDueChores(pumpCtx(runtime, 'schedule'), chores))
      .then(
        () => {},
        (error) => runtime.log.error({ err: error }, 'a chore failed and will come again'),
      );
  }, 500);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
