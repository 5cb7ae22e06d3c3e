/** Webhooks: other systems hear of events, signed, again until they answer, and everything that was said can be looked up. */
export { createWebhookDelivery } from './deliver.ts';
export { createTeller } from './messages.ts';
export { runReplay } from './replay.ts';
export { webhookEndpoints } from './routes.ts';
export { signedHeaders, type WebhookReason } from './rules.ts';
export { createSender } from './send.ts';
export { planTidying, tidyWebhooks } from './tidy.ts';
export { assertUrl, makeSecret } from './webhooks.ts';
