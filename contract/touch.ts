import { z } from 'zod';
import { route } from './route.ts';
import { after, id, limit, page, time } from './types.ts';

/** The ledger of everything that was, or was not, sent to a customer. */

export const touchState = z.enum([
  'planned',
  'suppressed',
  'claimed',
  'submitted',
  'delivered',
  'failed',
  'missed',
  'unknown',
]);

/** Why a touch is in its state; the console has a sentence for each. */
export const touchReason = z.enum([
  'already_welcomed',
  'nothing_to_say',
  'welcome_off',
  'code_expired',
  'chat_started',
  'other_app_sent',
  'content_refused',
  'not_permitted',
  'platform_refused',
  'platform_unreachable',
  'no_answer',
  'confirmed_by_repeat',
  'material_missing',
]);

export const touch = z.object({
  id,
  customerId: id,
  customerName: z.string().nullable(),
  kind: z.enum(['welcome']),
  channel: z.enum(['wecom_welcome']),
  staff: z.object({ id, name: z.string() }).nullable(),
  code: z.object({ id, name: z.string() }).nullable(),
  state: touchState,
  reason: touchReason.nullable(),
  /** What the platform answered, for engineers. */
  platformMessage: z.string().nullable(),
  text: z.string().nullable(),
  attachmentCount: z.number().int(),
  plannedAt: time,
  settledAt: time.nullable(),
  /** From the moment siyu learned of the add to the platform's acceptance. */
  tookMs: z.number().int().nullable(),
});

export const listTouches = route({
  method: 'GET',
  path: '/api/touches',
  permission: 'touch.read',
  summary: 'Touches, newest first',
  input: z.object({ customer: id.optional(), code: id.optional(), state: touchState.optional(), after, limit }),
  output: page(touch),
});
