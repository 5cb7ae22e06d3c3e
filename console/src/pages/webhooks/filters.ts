import { z } from 'zod';
import { listWebhookDeliveries } from '#contract/webhooks';

/** What the address of a webhook's page holds: the filters of its log, and the message that is open. */
export const deliveryFilters = listWebhookDeliveries.input
  .omit({ webhook: true, after: true, limit: true })
  .extend({ delivery: z.coerce.number().int().positive().optional() });
