import { z } from 'zod';
import { route } from './route.ts';
import { after, day, done, id, limit, line, none, page, text, time } from './types.ts';

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

/** A minute of the civil day. */
const minute = z.number().int().min(0).max(1439);

/** So far back the gate looks: no window of a policy is longer. */
export const memoryDays = 60;
const maxHours = memoryDays * 24;

/** At most so many touches to one person within so many hours. */
export const cap = z.object({
  max: z.number().int().min(1).max(1000),
  windowHours: z.number().int().min(1).max(maxHours),
  /** What is counted, and what is held back; empty is all. */
  channels: z.array(channel).max(channel.options.length).default([]),
  categories: z.array(category).max(category.options.length).default([]),
  /** Each member's own touches are counted for themselves. */
  isByStaff: z.boolean().default(false),
});
export type Cap = z.output<typeof cap>;

/** What belongs to a reason: until when, which cap, how many of how many. */
export const touchDetail = z.object({
  until: time.optional(),
  cap: cap.optional(),
  count: z.number().int().optional(),
  max: z.number().int().optional(),
});

/**
 * What limits touches. Defaults respect people: nights are quiet, at most two touches a day and four a week whoever sends
 * them, one promotion in three days and two useful touches between two promotions.
 */
export const policy = z.object({
  /** By the customer's own clock where his zone is known (attribute `time_zone`), else by the organisation's. */
  quietHours: z
    .object({ fromMinute: minute, untilMinute: minute })
    .nullable()
    .default({ fromMinute: 22 * 60, untilMinute: 8 * 60 }),
  minGapMinutes: z
    .number()
    .int()
    .min(0)
    .max(maxHours * 60)
    .default(120),
  caps: z
    .array(cap)
    .max(12)
    .default([
      { max: 1, windowHours: 72, channels: [], categories: ['promotion'], isByStaff: false },
      { max: 2, windowHours: 24, channels: [], categories: [], isByStaff: false },
      { max: 4, windowHours: 168, channels: [], categories: [], isByStaff: false },
    ]),
  /** Touches that gave (service, care, content) and arrived since the last promotion, before there may be another. */
  giveBeforeAsk: z.number().int().min(0).max(20).default(2),
  /** After so many touches without an act of his, so long a pause since the last one: the largest step that is reached. */
  fatigue: z
    .array(z.object({ touches: z.number().int().min(1).max(100), pauseHours: z.number().int().min(1).max(maxHours) }))
    .max(10)
    .default([
      { touches: 3, pauseHours: 72 },
      { touches: 5, pauseHours: 168 },
      { touches: 8, pauseHours: 336 },
      { touches: 12, pauseHours: 720 },
    ]),
  /** Who muted us or ended a contact himself is left in peace so long, or until he acts of his own accord. */
  muteDays: z.number().int().min(0).max(365).default(30),
  /** Where nothing may be sent without consent; elsewhere it is implied until it is withdrawn. */
  optIn: z
    .array(z.object({ channel, category }))
    .max(channel.options.length * category.options.length)
    .default([
      { channel: 'sms', category: 'promotion' },
      { channel: 'email', category: 'promotion' },
    ]),
  /** What these are, the person asked for: caps, gap, balance and fatigue do not hold them back. They are counted. */
  exemptCategories: z.array(category).max(category.options.length).default(['service']),
  /** People whom nothing of these categories ever reaches, so that the effect of everything can be measured. */
  controlGroup: z
    .object({
      share: z.number().min(0).max(0.5),
      seed: z.number().int().min(0).max(2_147_483_647),
      categories: z.array(category).max(category.options.length),
    })
    .default({ share: 0, seed: 1, categories: ['content', 'promotion'] }),
  /** WeCom's own limit of mass messages to one customer, as the corp has set it: days of the month a month, 7 a week, 1 a day. */
  wecomQuota: z.enum(['month_days', 'seven_a_week', 'one_a_day']).default('month_days'),
  /** A touch without an end of its own waits so long for its turn. */
  patienceHours: z.number().int().min(1).max(maxHours).default(72),
  packs: z
    .object({
      /** So long is waited for others that go into the same task of a member. */
      waitMinutes: z.number().int().min(0).max(1440),
      /** A member who has not confirmed is reminded after so long, and again. */
      remindHours: z.number().int().min(1).max(168),
      maxReminders: z.number().int().min(0).max(10),
      /** Not confirmed by then, it is taken back. */
      expireHours: z.number().int().min(1).max(720),
    })
    .default({ waitMinutes: 2, remindHours: 4, maxReminders: 3, expireHours: 72 }),
});
export type Policy = z.output<typeof policy>;

export const getTouchPolicy = route({
  method: 'GET',
  path: '/api/touch-policy',
  permission: 'touch.read',
  summary: 'What limits touches',
  input: none,
  output: z.object({ policy, savedAt: time.nullable() }),
});

export const setTouchPolicy = route({
  method: 'PUT',
  path: '/api/touch-policy',
  permission: 'touch.policy',
  summary:
    'Change what limits touches. It holds for whatever is decided from then on, also for what was planned before',
  input: policy,
  output: done,
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
  /** What it says a version of; null for words of its own. */
  content: z.object({ id, name: z.string() }).nullable(),
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
  url: line(2048).optional(),
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

const verdict = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('allow') }),
  z.object({ kind: z.literal('defer'), reason: touchReason, until: time, detail: touchDetail }),
  z.object({ kind: z.literal('suppress'), reason: touchReason, detail: touchDetail.nullable() }),
]);

export const getAttention = route({
  method: 'GET',
  path: '/api/customers/:id/attention',
  permission: 'customer.read',
  summary: 'What the gate would say about a customer now, and what of his attention is left',
  input: z.object({ id }),
  output: z.object({
    zone: z.string(),
    /** How many of each cap are used; until when, where none is left. */
    caps: z.array(z.object({ cap, used: z.number().int(), until: time.nullable() })),
    /** Touches that gave since the last promotion; null when there was none. */
    givenSinceAsk: z.number().int().nullable(),
    giveBeforeAsk: z.number().int(),
    lastTouchAt: time.nullable(),
    lastActAt: time.nullable(),
    mutedAt: time.nullable(),
    /** Touches since his last act. */
    unanswered: z.number().int(),
    pauseUntil: time.nullable(),
    isInControlGroup: z.boolean(),
    verdicts: z.array(
      z.object({
        channel,
        category,
        consent: z.enum(['implied', 'needed', 'granted', 'withdrawn']),
        verdict,
      }),
    ),
    /** The words that were said, newest first. */
    consents: z.array(
      z.object({
        channel: z.union([channel, any]),
        category: z.union([category, any]),
        state: consentState,
        at: time,
        evidence,
      }),
    ),
  }),
  errors: ['not_found'],
});

/** Somebody looked, and knows: it arrived, or it did not and goes again. */
const decision = z.enum(['sent', 'again']);

export const decideTouch = route({
  method: 'POST',
  path: '/api/touches/:id/decision',
  permission: 'touch.write',
  summary: 'Decide about a touch of which nobody knows whether it arrived: treat it as sent, or send it again',
  input: z.object({ id, as: decision }),
  output: done,
  errors: ['not_found', 'touch_known', 'touch_in_pack'],
});

/**
 * Touches of one content from one member that are one task on the platform. `planned`: not on the platform yet; `submitted`:
 * waits for the member; `confirmed`: he has sent it, results come in; `done`: all results are there.
 */
export const packState = z.enum([
  'planned',
  'claimed',
  'submitted',
  'confirmed',
  'done',
  'failed',
  'unknown',
  'expired',
  'cancelled',
]);

const pack = z.object({
  id,
  channel,
  kind: touchKind,
  sourceId: id.nullable(),
  part: z.string().nullable(),
  content: z.object({ id, name: z.string() }).nullable(),
  text: z.string().nullable(),
  attachmentCount: z.number().int(),
  staff: z.object({ id, name: z.string() }).nullable(),
  state: packState,
  reason: touchReason.nullable(),
  /** What the platform answered, for engineers. */
  platformMessage: z.string().nullable(),
  customerCount: z.number().int(),
  deliveredCount: z.number().int(),
  failedCount: z.number().int(),
  createdAt: time,
  submittedAt: time.nullable(),
  confirmedAt: time.nullable(),
  endedAt: time.nullable(),
  expiresAt: time,
  remindedAt: time.nullable(),
  reminderCount: z.number().int(),
  /** It is being taken back from the platform. */
  isEnding: z.boolean(),
});

export const listTouchPacks = route({
  method: 'GET',
  path: '/api/touch-packs',
  permission: 'touch.read',
  summary: 'Mass messages as members have them to confirm, newest first',
  input: z.object({
    state: packState.optional(),
    staff: id.optional(),
    kind: touchKind.optional(),
    source: id.optional(),
    after,
    limit,
  }),
  output: page(pack),
});

export const remindTouchPack = route({
  method: 'POST',
  path: '/api/touch-packs/:id/reminder',
  permission: 'touch.write',
  summary: 'Have the platform remind the member, three times within 24 hours at most',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'pack_not_waiting', 'pack_reminded'],
});

export const cancelTouchPack = route({
  method: 'POST',
  path: '/api/touch-packs/:id/cancellation',
  permission: 'touch.write',
  summary: 'Take back a mass message that its member has not confirmed',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'pack_over'],
});

export const decideTouchPack = route({
  method: 'POST',
  path: '/api/touch-packs/:id/decision',
  permission: 'touch.write',
  summary:
    'Decide about a mass message of which nobody knows whether the platform has it: treat it as sent, or submit it again',
  input: z.object({ id, as: decision }),
  output: done,
  errors: ['not_found', 'pack_known'],
});
