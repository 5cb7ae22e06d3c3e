import { z } from 'zod';
import { route } from './route.ts';
import { category, touchKind, touchReason } from './touch.ts';
import { after, done, id, limit, page, time } from './types.ts';

/** What goes to an audience and not to one customer: messages to WeCom's customer groups, and Moments. */

export const broadcastChannel = z.enum(['wecom_group', 'wecom_moment']);

/**
 * `submitted`: the platform has the task; `confirmed`: a member has sent it; `done`: all results are there; `expired`:
 * nobody sent it in time; `unknown`: it may have arrived at the platform, and is never submitted again by itself.
 */
export const broadcastState = z.enum([
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

const broadcast = z.object({
  id,
  channel: broadcastChannel,
  kind: touchKind,
  sourceId: id.nullable(),
  part: z.string().nullable(),
  category,
  content: z.object({ id, name: z.string() }).nullable(),
  /** What it says, once it was made ready. */
  text: z.string().nullable(),
  attachmentCount: z.number().int(),
  /** Who sends it to his groups; a Moment has its members among the targets. */
  staff: z.object({ id, name: z.string() }).nullable(),
  state: broadcastState,
  reason: touchReason.nullable(),
  /** What the platform answered, for engineers. */
  platformMessage: z.string().nullable(),
  /** Groups, or members who publish. */
  targetCount: z.number().int(),
  sentCount: z.number().int(),
  failedCount: z.number().int(),
  /** Of a group message: people in the groups that have it; of a Moment: customers it reached. */
  customerCount: z.number().int(),
  likeCount: z.number().int(),
  commentCount: z.number().int(),
  createdAt: time,
  dueAt: time,
  submittedAt: time.nullable(),
  confirmedAt: time.nullable(),
  endedAt: time.nullable(),
  expiresAt: time,
  remindedAt: z.array(time),
  /** Somebody asked to stop it; the platform is being told. */
  isEnding: z.boolean(),
});

export const listBroadcasts = route({
  method: 'GET',
  path: '/api/broadcasts',
  permission: 'touch.read',
  summary: 'Messages to groups and Moments, newest first',
  input: z.object({
    channel: broadcastChannel.optional(),
    kind: touchKind.optional(),
    source: id.optional(),
    state: broadcastState.optional(),
    after,
    limit,
  }),
  output: page(broadcast),
});

const broadcastTarget = z.object({
  /** Chat id of a group, or userid of a member. */
  key: z.string(),
  /** Of the group, or of the member; null when it is not known. */
  name: z.string().nullable(),
  state: z.enum(['waiting', 'sent', 'failed', 'expired', 'cancelled']),
  reason: touchReason.nullable(),
  settledAt: time.nullable(),
  customerCount: z.number().int(),
  likeCount: z.number().int(),
  commentCount: z.number().int(),
});

export const listBroadcastTargets = route({
  method: 'GET',
  path: '/api/broadcasts/:id/targets',
  permission: 'touch.read',
  summary: 'What became of each group, or of each member who was to publish',
  input: z.object({ id, after, limit }),
  output: page(broadcastTarget),
  errors: ['not_found'],
});

export const remindBroadcast = route({
  method: 'POST',
  path: '/api/broadcasts/:id/remind',
  permission: 'touch.write',
  summary: 'Remind the member who has not sent it; WeCom allows three reminders in 24 hours. A Moment has none',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'broadcast_not_waiting', 'broadcast_reminded'],
});

export const cancelBroadcast = route({
  method: 'POST',
  path: '/api/broadcasts/:id/cancel',
  permission: 'touch.write',
  summary: 'Stop what is not yet sent. What was sent stays: nothing is recalled',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'broadcast_over'],
});

export const decideBroadcast = route({
  method: 'POST',
  path: '/api/broadcasts/:id/decide',
  permission: 'touch.write',
  summary: 'Say what to do about one of which nobody knows whether it arrived: take it for sent, or submit it again',
  input: z.object({ id, as: z.enum(['sent', 'again']) }),
  output: done,
  errors: ['not_found', 'broadcast_known'],
});
