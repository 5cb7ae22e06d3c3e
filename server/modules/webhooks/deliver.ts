import { setTimeout as sleep } from 'node:timers/promises';
import { type Ctx, inTransaction } from '#platform/ctx';
import type { Runtime } from '#platform/module';
import type { Pump, Worker } from '#platform/pump';
import { type Attempted, type ClaimedMessage, claimMessages, freeMessages, settleMessages } from './claims.ts';
import { webhookChannel } from './messages.ts';
import { bodyOf, type Receipt, settle, signedHeaders } from './rules.ts';
import { createSender, type Sender } from './send.ts';

const defaults = { timeoutMs: 15_000 };

/** How often messages of dead workers are looked for. */
const lookForOrphansMs = 1000;
/** Attempts that end within this time are written down together. */
const gatherMs = 5;

/**
 * Sends what is due. A message is claimed, posted outside any transaction and settled; each receiver has room of its own,
 * so a slow one holds up nobody. Delivery is at least once and in no promised order: a worker that dies may have sent.
 */
export function createWebhookDelivery(options: { allowPrivate: boolean; timeoutMs?: number }): Pump {
  const sender = createSender({ ...defaults, ...options });
  /** Claimed and not settled yet; what is posted already takes no room at its receiver. */
  const inFlight = new Map<number, { webhookId: number; isPosted: boolean; done: Promise<void> }>();
  let over: Attempted[] = [];
  let settling = Promise.resolve();
  let looksForOrphansAt = 0;

  /** Writes down all that is over, one write at a time; what ends meanwhile goes with the next. */
  function settleSoon(ctx: Ctx, runtime: Runtime): Promise<void> {
    settling = settling.then(async () => {
      if (over.length === 0) return;
      await sleep(gatherMs);
      const attempts = over;
      over = [];
      try {
        await inTransaction({ ...ctx, now: runtime.clock.now() }, (ctx) => settleMessages(ctx, attempts));
      } catch (error) {
        ctx.log.error({ err: error, messages: attempts.length }, 'messages could not be settled and are sent again');
      }
      for (const { message } of attempts) inFlight.delete(message.id);
    });
    return settling;
  }

  async function deliver(ctx: Ctx, runtime: Runtime, claimedBy: number, message: ClaimedMessage): Promise<void> {
    const at = runtime.clock.now();
    const receipt = await sendMessage(sender, runtime, message);
    const settlement = settle(receipt, message.eventName, message.attempt, Math.random());
    over.push({ message, claimedBy, at, receipt, settlement });
    const entry = inFlight.get(message.id);
    if (entry) entry.isPosted = true;
    // There is room again.
    runtime.bell.ringHere(webhookChannel);
    await settleSoon(ctx, runtime);
  }

  return {
    name: 'webhook.deliver',
    channel: webhookChannel,
    pollMs: 500,
    lanes: 1,
    async drain(ctx, runtime, worker: Worker) {
      if (Date.now() >= looksForOrphansAt) {
        looksForOrphansAt = Date.now() + lookForOrphansMs;
        await freeMessages(ctx, worker, [...inFlight.keys()]);
      }
      const busy = new Map<number, number>();
      for (const { webhookId, isPosted } of inFlight.values()) {
        if (!isPosted) busy.set(webhookId, (busy.get(webhookId) ?? 0) + 1);
      }
      const claimedBy = worker.number;
      const messages = await claimMessages(ctx, worker, busy);
      for (const message of messages) {
        const done = deliver(ctx, runtime, claimedBy, message);
        inFlight.set(message.id, { webhookId: message.webhookId, isPosted: false, done });
      }
      return messages.length;
    },
    async finish() {
      await Promise.all([...inFlight.values()].map(({ done }) => done));
      sender.close();
    },
  };
}

async function sendMessage(sender: Sender, runtime: Runtime, message: ClaimedMessage): Promise<Receipt> {
  const body = bodyOf(message);
  let secrets: string[];
  try {
    secrets = [message.secret, message.previousSecret].flatMap((sealed) =>
      sealed === null ? [] : runtime.sealer.open(sealed),
    );
  } catch {
    // The server's secret has changed since; a new webhook secret mends it.
    return { status: null, reason: 'secret_unreadable', answer: '', retryAfterMs: null, tookMs: 0 };
  }
  // The receiver compares with its own clock, so this is the machine's time.
  const headers = signedHeaders(message.messageId, body, new Date(), secrets);
  return sender.send({
    url: message.url,
    headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'siyu-webhooks' },
    body,
  });
}
