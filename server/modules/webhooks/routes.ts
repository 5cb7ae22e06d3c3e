import * as contract from '#contract/webhooks';
import { type Endpoint, endpoint } from '#platform/module';
import { listDeliveries, readDelivery } from './log.ts';
import { replayMessage, startReplay } from './replay.ts';
import {
  addWebhook,
  changeWebhook,
  ping,
  readWebhook,
  readWebhooks,
  removeWebhook,
  rotateSecret,
  switchWebhook,
  type WebhookParts,
} from './webhooks.ts';

const ok = { ok: true } as const;

export function webhookEndpoints(parts: WebhookParts): Endpoint[] {
  return [
    endpoint(contract.listWebhooks, async (ctx) => ({ rows: await readWebhooks(ctx) })),
    endpoint(contract.getWebhook, (ctx, input) => readWebhook(ctx, input.id)),
    endpoint(contract.createWebhook, (ctx, input) => addWebhook(ctx, parts, input)),
    endpoint(contract.updateWebhook, async (ctx, input) => {
      await changeWebhook(ctx, parts, input);
      return ok;
    }),
    endpoint(contract.setWebhookState, async (ctx, input) => {
      await switchWebhook(ctx, input);
      return ok;
    }),
    endpoint(contract.deleteWebhook, async (ctx, input) => {
      await removeWebhook(ctx, input.id);
      return ok;
    }),
    endpoint(contract.rotateWebhookSecret, async (ctx, input) => ({ secret: await rotateSecret(ctx, parts, input) })),
    endpoint(contract.pingWebhook, async (ctx, input) => ({ deliveryId: await ping(ctx, input.id) })),
    endpoint(contract.replayWebhook, async (ctx, input) => ({ operationId: await startReplay(ctx, input) })),
    endpoint(contract.listWebhookDeliveries, listDeliveries),
    endpoint(contract.getWebhookDelivery, (ctx, input) => readDelivery(ctx, input.id)),
    endpoint(contract.replayWebhookDelivery, async (ctx, input) => {
      await replayMessage(ctx, input.id);
      return ok;
    }),
  ];
}
