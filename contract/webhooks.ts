import { z } from 'zod';
import { route } from './route.ts';
import { after, day, done, id, limit, line, none, page, text, time, url } from './types.ts';

/** Webhooks: addresses of other systems that hear of events, and what became of each message. */

/** Name of the message that `pingWebhook` sends. */
export const pingName = 'webhook.pinged';

/** How long a message and what came of it are kept. */
export const webhookRetentionDays = 30;

export const maxWebhooks = 50;

export const eventName = line(200);

export const webhookDraft = z.object({
  url,
  description: text(200, 0).default(''),
  /** null is every event, also those that come with later versions. */
  eventNames: z.array(eventName).min(1).max(100).nullable().default(null),
});

/** Why an attempt failed; the console has a sentence for each. */
export const webhookReason = z.enum([
  'status',
  'gone',
  'redirected',
  'timed_out',
  'connection_refused',
  'connection_broken',
  'name_unknown',
  'certificate',
  'address_private',
  'url_refused',
  'secret_unreadable',
]);

export const webhook = z.object({
  id,
  url: z.string(),
  description: z.string(),
  eventNames: z.array(z.string()).nullable(),
  isEnabled: z.boolean(),
  /** siyu turned it off: the receiver answered 410, or failed for days. */
  disabledReason: z.enum(['gone', 'failing']).nullable(),
  disabledAt: time.nullable(),
  createdAt: time,
  secretMadeAt: time,
  /** Until then messages carry the signature of the secret before, too. */
  previousSecretUntil: time.nullable(),
  /** Since when no attempt succeeded; null when the last one did. */
  failingSince: time.nullable(),
  failedInRow: z.number().int(),
  succeededAt: time.nullable(),
  /** The receiver asked for a pause until then. */
  restingUntil: time.nullable(),
  /** Messages that wait for their first or next attempt; counted up to 10,000. */
  waiting: z.number().int(),
  /** The last 24 hours, oldest first: attempts that succeeded and that failed, and their mean time. */
  hours: z.array(
    z.object({
      hour: time,
      delivered: z.number().int(),
      failed: z.number().int(),
      meanMs: z.number().int().nullable(),
    }),
  ),
});

export const listWebhooks = route({
  method: 'GET',
  path: '/api/webhooks',
  permission: 'webhook.manage',
  summary: 'Webhooks with their health, oldest first',
  input: none,
  output: z.object({ rows: z.array(webhook) }),
});

export const getWebhook = route({
  method: 'GET',
  path: '/api/webhooks/:id',
  permission: 'webhook.manage',
  summary: 'One webhook with its health',
  input: z.object({ id }),
  output: webhook,
  errors: ['not_found'],
});

export const createWebhook = route({
  method: 'POST',
  path: '/api/webhooks',
  permission: 'webhook.manage',
  summary:
    'Make a webhook; its secret is shown this once. It hears of what happens from now on. The address must be https and public unless the server is set to allow private ones',
  input: webhookDraft,
  output: z.object({ id, secret: z.string() }),
  errors: ['webhook_url_refused', 'webhook_limit'],
});

export const updateWebhook = route({
  method: 'PUT',
  path: '/api/webhooks/:id',
  permission: 'webhook.manage',
  summary: 'Replace address, description and events of a webhook; messages that wait go to the new address',
  input: webhookDraft.extend({ id }),
  output: done,
  errors: ['not_found', 'webhook_url_refused'],
});

export const setWebhookState = route({
  method: 'PUT',
  path: '/api/webhooks/:id/state',
  permission: 'webhook.manage',
  summary:
    'Turn a webhook on or off. While it is off it hears of nothing new; messages that wait are sent when it is on again',
  input: z.object({ id, isEnabled: z.boolean() }),
  output: done,
  errors: ['not_found'],
});

export const deleteWebhook = route({
  method: 'DELETE',
  path: '/api/webhooks/:id',
  permission: 'webhook.manage',
  summary: 'Delete a webhook and its log; messages that wait are not sent',
  input: z.object({ id }),
  output: done,
  errors: ['not_found'],
});

export const rotateWebhookSecret = route({
  method: 'POST',
  path: '/api/webhooks/:id/secret',
  permission: 'webhook.manage',
  summary:
    'Make a new secret, shown this once. For overlapHours messages carry two signatures, of the new secret and of the one before; 0 stops the old one at once',
  input: z.object({ id, overlapHours: z.number().int().min(0).max(168).default(24) }),
  output: z.object({ secret: z.string() }),
  errors: ['not_found'],
});

export const pingWebhook = route({
  method: 'POST',
  path: '/api/webhooks/:id/ping',
  permission: 'webhook.manage',
  summary: 'Send a test message, once, without retries; getWebhookDelivery says what came of it',
  input: z.object({ id }),
  output: z.object({ deliveryId: id }),
  errors: ['not_found', 'webhook_off'],
});

const moment = time.refine((value) => value >= '2000' && value < '2101', 'day_out_of_range');

export const replayWebhook = route({
  method: 'POST',
  path: '/api/webhooks/:id/replay',
  permission: 'webhook.manage',
  summary:
    'Send messages of this webhook again, those made from one moment up to another: those that failed or wait for a retry, or with only: all also those that arrived. They keep their webhook-id',
  input: z
    .object({
      id,
      only: z.enum(['failed', 'all']).default('failed'),
      from: moment.optional(),
      until: moment.optional(),
    })
    .refine((input) => input.only === 'failed' || (input.from !== undefined && input.until !== undefined), {
      error: 'range_missing',
      path: ['from'],
    }),
  output: z.object({ operationId: id }),
  errors: ['not_found', 'webhook_off'],
});

export const deliveryState = z.enum(['planned', 'claimed', 'delivered', 'failed']);

export const webhookDelivery = z.object({
  id,
  /** Value of the header webhook-id. */
  messageId: z.string(),
  webhook: z.object({ id, url: z.string() }),
  eventName: z.string(),
  customerId: id.nullable(),
  occurredAt: time,
  createdAt: time,
  state: deliveryState,
  /** Since it was made or last replayed. */
  attempts: z.number().int(),
  lastStatus: z.number().int().nullable(),
  lastReason: webhookReason.nullable(),
  /** When it is tried next; null when nothing more is to come. */
  dueAt: time.nullable(),
  settledAt: time.nullable(),
});

export const listWebhookDeliveries = route({
  method: 'GET',
  path: '/api/webhook-deliveries',
  permission: 'webhook.manage',
  summary: 'Messages to webhooks, newest first; kept for 30 days',
  input: z.object({
    webhook: id.optional(),
    state: deliveryState.optional(),
    event: eventName.optional(),
    from: day.optional(),
    to: day.optional(),
    after,
    limit,
  }),
  output: page(webhookDelivery),
});

export const getWebhookDelivery = route({
  method: 'GET',
  path: '/api/webhook-deliveries/:id',
  permission: 'webhook.manage',
  summary: 'One message with its body and its newest attempts',
  input: z.object({ id }),
  output: webhookDelivery.extend({
    /** What is posted, up to 20,000 characters. */
    body: z.string(),
    /** Oldest first. `answer` is the beginning of what the receiver said. */
    log: z.array(
      z.object({
        at: time,
        tookMs: z.number().int(),
        status: z.number().int().nullable(),
        reason: webhookReason.nullable(),
        answer: z.string(),
      }),
    ),
  }),
  errors: ['not_found'],
});

export const replayWebhookDelivery = route({
  method: 'POST',
  path: '/api/webhook-deliveries/:id/replay',
  permission: 'webhook.manage',
  summary: 'Send one message again now, with its webhook-id',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'webhook_off'],
});
