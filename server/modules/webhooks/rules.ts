import { Webhook } from 'standardwebhooks';
import type { z } from 'zod';
import { pingName, type webhookReason } from '#contract/webhooks';

export type WebhookReason = z.infer<typeof webhookReason>;

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Pauses after the first, second, … failed attempt: the schedule of the Standard Webhooks specification, 75.6 hours in all. */
export const retryPausesMs: readonly number[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

/** Each pause is up to so much longer, so that what failed together does not come back together. */
const jitterShare = 0.2;

/** A receiver cannot put off a message for longer than this at a time. */
export const longestRetryAfterMs = 24 * hour;

/** An address is turned off when nothing has arrived for this long, in so many attempts. */
export const failingDays = 3;
export const failingAttempts = 10;

/** What came of one attempt. */
export interface Receipt {
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** null is success. */
  readonly reason: WebhookReason | null;
  /** The beginning of the answer, or what the network said. */
  readonly answer: string;
  readonly retryAfterMs: number | null;
  readonly tookMs: number;
}

/** What becomes of the message, and of its address. */
export interface Settlement {
  readonly state: 'delivered' | 'failed' | 'planned';
  /** Until the next attempt, when there is one. */
  readonly retryInMs: number | null;
  /** How long nothing at all is sent to the address. */
  readonly restMs: number | null;
  readonly isGone: boolean;
}

/** @param attempt 1 for the first @param random from 0 to 1 */
export function settle(receipt: Receipt, eventName: string, attempt: number, random: number): Settlement {
  const isGone = receipt.reason === 'gone';
  if (receipt.reason === null) return { state: 'delivered', retryInMs: null, restMs: null, isGone };
  const asked = receipt.retryAfterMs === null ? null : Math.min(receipt.retryAfterMs, longestRetryAfterMs);
  // Only these two say of the whole receiver that it wants a pause.
  const restMs = receipt.status === 429 || receipt.status === 503 ? asked : null;
  const pauseMs = retryPausesMs[attempt - 1];
  if (isGone || pauseMs === undefined || eventName === pingName) {
    return { state: 'failed', retryInMs: null, restMs, isGone };
  }
  const jitteredMs = Math.round(pauseMs * (1 + jitterShare * random));
  return { state: 'planned', retryInMs: Math.max(jitteredMs, asked ?? 0), restMs, isGone };
}

/** What a status means: null is success. Redirects are not followed; the address should be changed. */
export function reasonOfStatus(status: number): WebhookReason | null {
  if (status >= 200 && status < 300) return null;
  if (status === 410) return 'gone';
  return status >= 300 && status < 400 ? 'redirected' : 'status';
}

/** Milliseconds that a Retry-After header asks for, seconds or a date; null when it says nothing usable. */
export function readRetryAfter(header: string | undefined, machineNow: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * second;
  const at = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - machineNow);
}

/** An event as it is told. */
export interface Message {
  readonly eventName: string;
  readonly occurredAt: Date;
  /** 0 is nobody. */
  readonly customerId: number;
  readonly accounts: readonly { readonly kind: string; readonly value: string }[];
  readonly source: string;
  readonly staffId: number | null;
  readonly codeId: number | null;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The body that is posted; docs/webhooks.md promises this shape. */
export function bodyOf(message: Message): string {
  return JSON.stringify({
    type: message.eventName,
    timestamp: message.occurredAt.toISOString(),
    data: {
      customerId: message.customerId === 0 ? null : message.customerId,
      accounts: message.accounts,
      source: message.source,
      staffId: message.staffId,
      codeId: message.codeId,
      properties: message.properties,
    },
  });
}

/** The three headers of Standard Webhooks; with two secrets two signatures, the newest first. */
export function signedHeaders(messageId: string, body: string, at: Date, secrets: readonly string[]) {
  return {
    'webhook-id': messageId,
    'webhook-timestamp': String(Math.floor(at.getTime() / second)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(messageId, at, body)).join(' '),
  };
}
