import type { Channel } from '#contract/touch';
import { type Ctx, inTransaction } from '#platform/ctx';
import type { Runtime } from '#platform/module';
import type { Pump, Worker } from '#platform/pump';
import { type ClaimedTouch, claimTouches, type Said, settleTouch } from './ledger.ts';
import { urgentChannel } from './plan.ts';
import { type ChannelTraits, type Receipt, settle } from './rules.ts';

/** How a channel sends one touch: welcome, e-mail, SMS, webhook, task. Called outside any transaction; never throws for the outside world. */
export interface Deliverer {
  readonly channel: Channel;
  readonly traits: ChannelTraits;
  deliver(ctx: Ctx, touch: TouchToDeliver, runtime: Runtime): Promise<{ receipt: Receipt; said?: Said }>;
}

/** `message`: the version of content as the channel says it; null for a touch with words of its own (`content`). */
export type TouchToDeliver = ClaimedTouch & { readonly message: unknown };

/** Clocks and networks are not exact. */
const graceMs = 1000;

const tooLate: { receipt: Receipt; said?: Said } = {
  receipt: { outcome: 'refused', reason: 'code_expired', retryable: false, message: 'too late to try' },
};

/** Touches on their way at once in one process. */
const maxInFlight = 40;

/**
 * Sends what somebody waits for, whatever else waits. A touch is claimed, sent outside any transaction, and settled; a slow
 * answer holds up no other touch. One whose settling failed is claimed again, as a touch that may have arrived.
 */
export function createUrgentDelivery(deliverers: readonly Deliverer[]): Pump {
  const byChannel = new Map(deliverers.map((deliverer) => [deliverer.channel, deliverer]));
  const lane = { channels: [...byChannel.keys()], priority: 0 } as const;
  const inFlight = new Map<number, Promise<void>>();
  return {
    name: 'touch.deliver',
    channel: urgentChannel,
    pollMs: 250,
    lanes: 1,
    async drain(ctx, runtime, worker) {
      if (inFlight.size >= maxInFlight) await Promise.race(inFlight.values());
      const touches = await claimTouches(ctx, worker, lane, [...inFlight.keys()], maxInFlight - inFlight.size);
      for (const touch of touches) {
        const deliverer = byChannel.get(touch.channel);
        if (!deliverer) throw new Error(`no channel delivers ${touch.channel}`);
        const sending = deliverOne(ctx, runtime, worker, { ...touch, message: null }, deliverer)
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
  touch: TouchToDeliver,
  deliverer: Deliverer,
): Promise<void> {
  const deadlineAt = touch.deadlineAt?.getTime() ?? Number.POSITIVE_INFINITY;
  // What is too late is not tried: after a pause, calls for dead codes would make the living ones late too. One that may
  // have arrived is still asked for, to know.
  const isTooLate = Date.now() > deadlineAt + graceMs && !touch.mayHaveArrived;
  const { receipt, said } = isTooLate ? tooLate : await deliverer.deliver(ctx, touch, runtime);
  const mayHaveArrived = touch.mayHaveArrived || receipt.outcome === 'unknown';
  const settlement = settle(
    receipt,
    { attempts: touch.attempts, mayHaveArrived: touch.mayHaveArrived, machineNow: Date.now(), deadlineAt },
    deliverer.traits,
  );
  const settledCtx = { ...ctx, now: runtime.clock.now() };
  await inTransaction(settledCtx, (ctx) =>
    settleTouch(ctx, worker, touch, deliverer.traits, settlement, said, mayHaveArrived),
  );
}
