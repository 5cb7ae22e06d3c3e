import type { HealthKeeper } from '#platform/channel-health';
import type { Ctx } from '#platform/ctx';
import { randomToken } from '#platform/ids';
import type { Deliverer, TouchToDeliver } from '#touch';
import { type createSender, signedHeaders } from '#webhooks';
import { judge, type RelayProblem, type Verdict } from './rules.ts';
import type { Relay, RelayKeeper } from './settings.ts';

type Sender = ReturnType<typeof createSender>;

const pauseMs = 60_000;

/** Posts touches, signed, to a sender of the brand's own. A touch keeps its webhook-id: the receiver takes each once. */
export function createRelayDeliverer(
  keeper: RelayKeeper,
  sender: Sender,
  health: HealthKeeper<RelayProblem>,
): Deliverer {
  return {
    channel: 'webhook',
    // Receivers are asked to take a webhook-id once; that they do is not known.
    traits: { isRepeatable: false },
    async deliver(ctx, touch) {
      const { message } = touch;
      if (message?.kind !== 'webhook') {
        return {
          receipt: { outcome: 'refused', reason: 'content_missing', retryable: false, message: 'no words for webhook' },
        };
      }
      const said = { text: Object.values(message.fields).join('\n'), attachmentCount: 0 };
      const relay = await keeper.connect(ctx);
      if (!relay?.isEnabled) {
        const off = {
          outcome: 'refused',
          reason: 'not_permitted',
          retryable: true,
          message: 'no sender is set up, or off',
          pauseMs,
        } as const;
        return { receipt: off };
      }
      const data = await describe(ctx, touch, message.fields);
      const { receipt, problem } = await post(sender, relay, `touch_${touch.id}`, {
        type: 'touch.deliver',
        timestamp: ctx.now.toISOString(),
        data,
      });
      if (receipt.outcome === 'accepted') await health.note(ctx, null);
      else if (problem !== null) await health.note(ctx, { problem, message: receipt.message });
      return { receipt, said };
    },
  };
}

/** A message that a receiver can recognise as a test, and that names nobody. */
export function postTest(ctx: Ctx, sender: Sender, relay: Relay): Promise<Verdict> {
  const body = { type: 'touch.test', timestamp: ctx.now.toISOString(), data: { fields: { text: 'siyu test' } } };
  return post(sender, relay, `test_${randomToken(12)}`, body);
}

async function post(sender: Sender, relay: Relay, messageId: string, message: unknown): Promise<Verdict> {
  if (relay.secret === undefined) {
    return judge({ status: null, reason: 'secret_unreadable', answer: '', retryAfterMs: null });
  }
  const body = JSON.stringify(message);
  // The receiver compares with its own clock, so this is the machine's time.
  const headers = signedHeaders(messageId, body, new Date(), [relay.secret]);
  const receipt = await sender.send({
    url: relay.url,
    headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'siyu-touches' },
    body,
  });
  return judge(receipt);
}

async function describe(ctx: Ctx, touch: TouchToDeliver, fields: Readonly<Record<string, string>>) {
  const accounts = await ctx.db
    .selectFrom('identity')
    .select(['kind', 'value'])
    .where('customer_id', '=', touch.customerId)
    .where('is_shared', '=', false)
    .orderBy('first_seen_at')
    .orderBy('id')
    .execute();
  return {
    touchId: touch.id,
    customerId: touch.customerId,
    accounts,
    category: touch.category,
    source: { kind: touch.kind, id: touch.sourceId, part: touch.part },
    fields,
  };
}
