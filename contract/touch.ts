import { z } from 'zod';
import { route } from './route.ts';
import { after, day, done, id, limit, page, text, time } from './types.ts';

/** The one gate for everything that reaches a customer, and the ledger of what was, or was not, sent. */

/**
 * How a customer is reached. `wecom_mass`: WeCom's mass message, which staff confirm; `wecom_moment`: a Moments post;
 * `staff_task`: what only a human can do.
 */
export const channel = z.enum(['wecom_welcome', 'wecom_mass', 'wecom_moment', 'staff_task', 'email', 'sms', 'webhook']);
export type Channel = z.output<typeof channel>;

/** What a touch is for the person: the first three give, promotion asks. */
export const category = z.enum(['service', 'care', 'content', 'promotion']);
export type Category = z.output<typeof category>;

/** Who plans a touch. */
export const touchKind = z.enum(['welcome', 'campaign', 'journey', 'task', 'manual']);
export type TouchKind = z.output<typeof touchKind>;

/**
 * `planned`: waits for its time and the gate; `deferred`: the gate said not before its due time; `allowed`: passed the gate
 * and is counted from now on; `submitted`: the platform or the task list has it; `unknown`: it may have arrived, and is
 * never sent again by itself.
 */
export const touchState = z.enum([
  'planned',
  'deferred',
  'suppressed',
  'allowed',
  'claimed',
  'submitted',
  'delivered',
  'failed',
  'missed',
  'unknown',
  'expired',
  'cancelled',
]);

/** Why a touch is in its state; the console has a sentence for each. */
export const touchReason = z.enum([
  // Welcomes.
  'already_welcomed',
  'nothing_to_say',
  'welcome_off',
  'code_expired',
  'chat_started',
  'other_app_sent',
  // The gate: not at all.
  'not_a_contact',
  'no_address',
  'no_consent',
  'consent_withdrawn',
  'give_first',
  'same_person',
  'control_group',
  'holdout',
  'too_late',
  // The gate: not yet; and not at all, when it would be too late by then.
  'quiet_hours',
  'cap',
  'minimum_gap',
  'fatigue',
  'muted',
  'platform_quota',
  // Delivery.
  'content_refused',
  'content_missing',
  'material_missing',
  'not_permitted',
  'address_refused',
  'platform_refused',
  'platform_unreachable',
  'no_answer',
  'confirmed_by_repeat',
  'not_confirmed',
  'not_suitable',
  'not_done',
  'cancelled',
  'decided_by_hand',
]);

/** What belongs to a reason: until when, which cap of the policy, how many of how many. */
export const touchDetail = z.object({
  until: time.optional(),
  cap: z.string().optional(),
  count: z.number().int().optional(),
  max: z.number().int().optional(),
});

export const touch = z.object({
  id,
  customerId: id,
  customerName: z.string().nullable(),
  kind: touchKind,
  /** Id of the campaign, journey or code it comes from; the variant or node of it. */
  sourceId: id.nullable(),
  part: z.string().nullable(),
  channel,
  category,
  isHoldout: z.boolean(),
  staff: z.object({ id, name: z.string() }).nullable(),
  code: z.object({ id, name: z.string() }).nullable(),
  state: touchState,
  reason: touchReason.nullable(),
  detail: touchDetail.nullable(),
  /** What the platform answered, for engineers. */
  platformMessage: z.string().nullable(),
  text: z.string().nullable(),
  attachmentCount: z.number().int(),
  packId: id.nullable(),
  plannedAt: time,
  dueAt: time,
  settledAt: time.nullable(),
  /** From the moment siyu learned of the occasion to the platform's acceptance; for touches somebody waits for. */
  tookMs: z.number().int().nullable(),
});

export const listTouches = route({
  method: 'GET',
  path: '/api/touches',
  permission: 'touch.read',
  summary: 'Touches, newest first',
  input: z.object({
    customer: id.optional(),
    code: id.optional(),
    kind: touchKind.optional(),
    source: id.optional(),
    channel: channel.optional(),
    category: category.optional(),
    state: touchState.optional(),
    reason: touchReason.optional(),
    pack: id.optional(),
    after,
    limit,
  }),
  output: page(touch),
});

/** All channels, or all categories. */
const any = z.literal('any');
export const consentState = z.enum(['granted', 'withdrawn']);

/** How it is known: what was said or ticked, where, and anything else that would convince somebody else. */
export const evidence = z.object({
  how: z.enum(['console', 'form', 'link', 'message', 'import', 'api', 'platform']),
  text: text(500).optional(),
  url: z.string().max(2048).optional(),
  day: day.optional(),
});
export type Evidence = z.output<typeof evidence>;

export const setConsent = route({
  method: 'POST',
  path: '/api/customers/:id/consent',
  permission: 'customer.write',
  summary:
    'Grant or withdraw the consent of a customer, with its evidence. A withdrawal holds at once: what has not gone yet is suppressed',
  input: z.object({
    id,
    channel: z.union([channel, any]),
    category: z.union([category, any]),
    state: consentState,
    evidence,
  }),
  output: done,
  errors: ['not_found'],
});
