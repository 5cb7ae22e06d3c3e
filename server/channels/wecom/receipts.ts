import type { PackFailure, TouchReason } from '#touch';
import type { Failure } from './errors.ts';

/** What a failed call is to a touch. */
export type Refusal = PackFailure['failure'];

/** WeCom's refusals in the words of touches. */
const commonReasons: Readonly<Record<number, TouchReason>> = {
  40201: 'content_refused',
  40204: 'content_refused',
  85002: 'content_refused',
  48002: 'not_permitted',
  60011: 'not_permitted',
  60020: 'not_permitted',
};

export function refused(reason: TouchReason, retryable: boolean, message: string): Refusal {
  return { outcome: 'refused', reason, retryable, message };
}

/** `own` are the refusals that only this kind of call meets. */
export function toReceipt(failure: Failure, own: Readonly<Record<number, TouchReason>> = {}): Refusal {
  const message = failure.errmsg.slice(0, 300);
  if (failure.outcome === 'unknown') return { outcome: 'unknown', message };
  if (failure.outcome === 'unreachable') return { outcome: 'unreachable', message };
  const code = failure.errcode ?? 0;
  return refused(own[code] ?? commonReasons[code] ?? 'platform_refused', failure.retryable, message);
}
