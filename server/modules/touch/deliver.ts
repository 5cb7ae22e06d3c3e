import { type Ctx, inTransaction } from '#platform/ctx';
import type { Runtime } from '#platform/module';
import type { Pump, Worker } from '#platform/pump';
import { type ClaimedTouch, claimTouches, type Said, settleTouch, urgentChannel } from './ledger.ts';
import { type ChannelTraits, type Receipt, settle } from './rules.ts';

/** How a channel sends one touch. Called outside any transaction; never throws for the outside world. */
export interface Deliverer {
  readonly channel: ClaimedTouch['channel'];
  readonly traits: ChannelTraits;
  deliver(ctx: Ctx, touch: ClaimedTouch, runtime: Runtime): Promise<{ receipt: Receipt; said?: Said }>;
}

/** Clocks and networks are not exact. */
const graceMs = 1000;

const tooLate: { receipt: Receipt; said?: Said } = {
  receipt: { outcome: 'refused', reason: 'code_expired', retryable: false, message: 'too late to try' },
};

/** Touches on their way at once in one process. */
const maxInFlight = 40;

/**
 * Sends what is due, urgent lane. A touch is claimed, sent outside any transaction, and settled; a slow answer holds up
 * no other touch. One whose settling failed is claimed again, as a touch that may have arrived.
 */
export function createUrgentDelivery(deliverers: readonly Deliverer[]): Pump {
  const byChannel = new Map(deliverers.map((deliverer) => [deliverer.channel, deliverer]));
  const inFlight = new Map<number, Promise<void>>();
  return {
    name: 'touch.deliver',
    channel: urgentChannel,
    pollMs: 250,
    lanes: 1,
    async drain(ctx, runtime, worker) {
      if (inFlight.size >= maxInFlight) await Promise.race(inFlight.values());
      const touches = await claimTouches(ctx, worker, [...inFlight.keys()], maxInFlight - inFlight.size);
      for (const touch of touches) {
        const sending = deliverOne(ctx, runtime, worker, touch, byChannel.get(touch.channel))
          .catch((error) =>
            ctx.log.error({ err: error, touch: touch.id }, 'a touch could not be settled and is tried again'),
          )
          .finally(() => inFlight.delete(touch.id));
        inFlight.set(touch.id, sending);
      }
      return touches.length;
    },
    async finish() {
      await Promise.all(inFlight.values());
    },
  };
}

async function deliverOne(
  ctx: Ctx,
  runtime: Runtime,
  worker: Worker,
  touch: ClaimedTouch,
  deliverer: Deliverer | undefined,
): Promise<void> {
  if (!deliverer) throw new Error(`no channel delivers ${touch.channel}`);
  // What is too late is not tried: after a pause, calls for dead codes would make the living ones late too. One that may
  // have arrived is still asked for, to know.
  const isTooLate = Date.now() > touch.deadlineAt.getTime() + graceMs && !touch.mayHaveArrived;
  const { receipt, said } = isTooLate ? tooLate : await deliverer.deliver(ctx, touch, runtime);
  const mayHaveArrived = touch.mayHaveArrived || receipt.outcome === 'unknown';
  const settlement = settle(
    receipt,
    {
      attempts: touch.attempts,
      mayHaveArrived: touch.mayHaveArrived,
      machineNow: Date.now(),
      deadlineAt: touch.deadlineAt.getTime(),
    },
    deliverer.traits,
  );
  const settledCtx = { ...ctx, now: runtime.clock.now() };
  await inTransaction(settledCtx, (ctx) => settleTouch(ctx, worker, touch, settlement, said, mayHaveArrived));
}
