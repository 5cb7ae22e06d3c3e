import type { Receipt, TouchReason } from '#touch';
import type { SmsFailure } from './provider.ts';
import type { SmsProblem } from './rules.ts';

/** What a problem means for one touch. */
export const reasons: Readonly<Record<SmsProblem, TouchReason>> = {
  key_unknown: 'not_permitted',
  key_wrong: 'not_permitted',
  clock_wrong: 'not_permitted',
  permission_missing: 'not_permitted',
  source_refused: 'not_permitted',
  account_suspended: 'not_permitted',
  sign_name_refused: 'not_permitted',
  secret_unreadable: 'not_permitted',
  endpoint_wrong: 'not_permitted',
  template_refused: 'content_refused',
  parameters_refused: 'content_refused',
  content_refused: 'content_refused',
  number_invalid: 'address_refused',
  number_out_of_service: 'address_refused',
  person_refused: 'consent_withdrawn',
  limit_minute: 'platform_quota',
  limit_hour: 'platform_quota',
  limit_day: 'platform_quota',
  limit_total: 'platform_quota',
  provider_busy: 'platform_refused',
  unreachable: 'platform_unreachable',
  no_answer: 'no_answer',
  other: 'platform_refused',
};

const minuteMs = 60_000;
/** Until somebody may have set it right. */
export const brokenPauseMs = minuteMs;

/** What may pass, or be mended, and how long to wait until then. A number's limit of a day is no wait but a no. */
const pausesMs: Partial<Record<SmsProblem, number>> = {
  key_unknown: brokenPauseMs,
  key_wrong: brokenPauseMs,
  clock_wrong: brokenPauseMs,
  permission_missing: brokenPauseMs,
  source_refused: brokenPauseMs,
  account_suspended: 5 * minuteMs,
  secret_unreadable: brokenPauseMs,
  endpoint_wrong: brokenPauseMs,
  limit_minute: minuteMs,
  limit_hour: 20 * minuteMs,
  limit_total: 20 * minuteMs,
  provider_busy: 10_000,
};

export const isOfOneMessage: ReadonlySet<SmsProblem> = new Set([
  'template_refused',
  'parameters_refused',
  'content_refused',
  'number_invalid',
  'number_out_of_service',
  'person_refused',
  'limit_minute',
  'limit_hour',
  'limit_day',
]);

/** With a pause, it may be tried again. */
export function refused(reason: TouchReason, message: string, pauseMs?: number): Receipt {
  const again = pauseMs === undefined ? { retryable: false } : { retryable: true, pauseMs };
  return { outcome: 'refused', reason, message, ...again };
}

export function toReceipt(failure: SmsFailure): Receipt {
  const { outcome, problem, message } = failure;
  if (outcome === 'unknown') return { outcome, message };
  if (outcome === 'unreachable') return { outcome, message, pauseMs: brokenPauseMs };
  return refused(reasons[problem], message, pausesMs[problem]);
}
