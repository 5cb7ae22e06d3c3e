import type { ChannelMessage } from '#contract/content';
import { type Ctx, inTransaction } from '#platform/ctx';
import type { Runtime } from '#platform/module';
import type { Pump, Worker } from '#platform/pump';
import { deliveryChannel } from './gate.ts';
import { type ClaimedTouch, claimTouches, returnToGate, type Said, settleTouch } from './ledger.ts';
import { urgentChannel } from './plan.ts';
import { type ChannelTraits, type Receipt, settle, type TouchReason } from './rules.ts';
import { type Speech, type SpeechRequest, speak } from './speak.ts';

/** How a channel sends one touch: welcome, e-mail, SMS, webhook, task. Called outside any transaction; never throws for the outside world. */
export interface Deliverer {
  readonly channel: ClaimedTouch['channel'];
  readonly traits: ChannelTraits;
  deliver(ctx: Ctx, touch: TouchToDeliver, runtime: Runtime): Promise<Delivery>;
}

export interface Delivery {
  readonly receipt: Receipt;
  readonly said?: Said;
}

/** `message`: the version of content as the channel says it; null for a touch with words of its own (`content`). */
export type TouchToDeliver = ClaimedTouch & { readonly message: ChannelMessage | null };

/** Clocks and networks are not exact. */
const graceMs = 1000;

const refused = (reason: TouchReason, message: string): Delivery => ({
  receipt: { outcome: 'refused', reason, retryable: false, message },
});

/** Touches on their way at once in one process: of those somebody waits for, and of others by each channel. */
const maxUrgent = 40;
const usualAtOnce = 10;

/**
 * Sends what somebody waits for, whatever else waits. A touch is claimed, sent outside any transaction, and settled; a slow
 * answer holds up no other touch. One whose settling failed is claimed again, as a touch that may have arrived.
 */
export function createUrgentDelivery(deliverers: readonly Deliverer[]): Pump {
  const byChannel = new Map(deliverers.map((deliverer) => [deliverer.channel, deliverer]));
  const lane = { channels: [...byChannel.keys()], priority: 0 } as const;
  const flights = createFlights();
  return {
    name: 'touch.deliver',
    channel: urgentChannel,
    pollMs: 250,
    lanes: 1,
    async drain(ctx, runtime, worker) {
      const room = await flights.room(maxUrgent);
      const touches = await claimTouches(ctx, worker, lane, flights.ids(), room);
      for (const channel of new Set(touches.map((touch) => touch.channel))) {
        const deliverer = byChannel.get(channel);
        if (!deliverer) throw new Error(`no channel delivers ${channel}`);
        const ofChannel = touches.filter((touch) => touch.channel === channel);
        await flights.send(ctx, runtime, worker, deliverer, ofChannel);
      }
      return touches.length;
    },
    finish: flights.finish,
  };
}

/** Sends what the gate allowed by one channel; the usual before bulk. A channel that is down is left alone for a while. */
export function createBulkDelivery(deliverer: Deliverer): Pump {
  const channels = [deliverer.channel];
  const atOnce = deliverer.traits.atOnce ?? usualAtOnce;
  const flights = createFlights();
  const returnNow = everySoOften();
  return {
    name: `touch.deliver_${deliverer.channel}`,
    channel: deliveryChannel,
    pollMs: 1000,
    lanes: 1,
    async drain(ctx, runtime, worker) {
      if (flights.isResting()) return 0;
      if (returnNow()) await inTransaction(ctx, (ctx) => returnToGate(ctx, channels));
      const room = await flights.room(atOnce);
      const touches: ClaimedTouch[] = [];
      for (const priority of [1, 2] as const) {
        const left = room - touches.length;
        if (left > 0) touches.push(...(await claimTouches(ctx, worker, { channels, priority }, flights.ids(), left)));
      }
      await flights.send(ctx, runtime, worker, deliverer, touches);
      return touches.length;
    },
    finish: flights.finish,
  };
}

/** What waits to be sent may be a million rows: whether some of them have to go back is not asked at each message. */
export function everySoOften(ms = 5000): () => boolean {
  let nextAt = 0;
  return () => {
    const isTime = Date.now() >= nextAt;
    if (isTime) nextAt = Date.now() + ms;
    return isTime;
  };
}

/** So many answers in a row that say that nothing goes, and a channel rests: longer each time. */
const failuresUntilRest = 5;
const maxRestMs = 60_000;

/** What is on its way in this process. */
function createFlights() {
  const inFlight = new Map<number, Promise<void>>();
  let failures = 0;
  let restUntil = 0;

  function note({ outcome, ...receipt }: Receipt): void {
    const isDown = outcome === 'unreachable' || ('retryable' in receipt && receipt.retryable);
    failures = isDown ? failures + 1 : 0;
    if (failures >= failuresUntilRest) {
      restUntil = Date.now() + Math.min(maxRestMs, 1000 * 2 ** Math.min(10, failures - failuresUntilRest));
    }
  }

  return {
    ids: () => [...inFlight.keys()],
    isResting: () => Date.now() < restUntil,
    /** Waits until there is some. */
    async room(most: number): Promise<number> {
      if (inFlight.size >= most) await Promise.race(inFlight.values());
      return most - inFlight.size;
    },
    async send(
      ctx: Ctx,
      runtime: Runtime,
      worker: Worker,
      deliverer: Deliverer,
      touches: readonly ClaimedTouch[],
    ): Promise<void> {
      for (const { touch, speech } of await speakAll(ctx, runtime, touches)) {
        const sending = deliverOne(ctx, runtime, worker, deliverer, touch, speech)
          .then(note)
          .catch((error) =>
            ctx.log.error({ err: error, touch: touch.id }, 'a touch could not be settled and is tried again'),
          )
          .finally(() => inFlight.delete(touch.id));
        inFlight.set(touch.id, sending);
      }
    },
    async finish(): Promise<void> {
      await Promise.all(inFlight.values());
    },
  };
}

type Spoken = { readonly message: ChannelMessage | null } | Delivery;

async function speakAll(ctx: Ctx, runtime: Runtime, touches: readonly ClaimedTouch[]) {
  const requests = touches.flatMap(({ id, versionId, customerId, staffId, kind, sourceId }): SpeechRequest[] =>
    versionId === null ? [] : [{ versionId, customerId, staffId, touchId: id, kind, sourceId }],
  );
  const [channel] = touches.map((touch) => touch.channel);
  const speeches = channel ? await speak(ctx, channel, requests, runtime) : [];
  const byTouch = new Map(requests.map((request, i) => [request.touchId, speeches[i]]));
  return touches.map((touch): { touch: ClaimedTouch; speech: Spoken } => {
    if (touch.versionId === null) return { touch, speech: { message: null } };
    const speech: Speech = byTouch.get(touch.id) ?? { problem: 'content_missing' };
    if ('message' in speech) return { touch, speech };
    return { touch, speech: refused(speech.problem, 'the message could not be made') };
  });
}

async function deliverOne(
  ctx: Ctx,
  runtime: Runtime,
  worker: Worker,
  deliverer: Deliverer,
  touch: ClaimedTouch,
  speech: Spoken,
): Promise<Receipt> {
  const deadlineAt = touch.deadlineAt?.getTime() ?? null;
  const { receipt, said } = await attempt(ctx, runtime, deliverer, touch, speech, deadlineAt);
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
  return receipt;
}

async function attempt(
  ctx: Ctx,
  runtime: Runtime,
  deliverer: Deliverer,
  touch: ClaimedTouch,
  speech: Spoken,
  deadlineAt: number | null,
): Promise<Delivery> {
  if (touch.mayHaveArrived && !deliverer.traits.isRepeatable) {
    return { receipt: { outcome: 'unknown', message: 'a worker ended while it was sending this' } };
  }
  // What is too late is not tried: after a pause, calls for dead codes would make the living ones late too. One that may
  // have arrived is still asked for, to know.
  if (deadlineAt !== null && Date.now() > deadlineAt + graceMs && !touch.mayHaveArrived) {
    return refused('code_expired', 'too late to try');
  }
  if ('receipt' in speech) return speech;
  return await deliverer.deliver(ctx, { ...touch, message: speech.message }, runtime);
}
