import type { z } from 'zod';
import type { touchReason, touchState } from '#contract/touch';

/** What becomes of a touch after the platform answered, or did not. */

export type TouchState = z.output<typeof touchState>;
export type TouchReason = z.output<typeof touchReason>;

/** What a channel says of one attempt. `unknown`: the platform may have taken it. `pauseMs`: sooner it is not worth trying again. */
export type Receipt =
  | { readonly outcome: 'accepted' }
  | {
      readonly outcome: 'refused';
      readonly reason: TouchReason;
      readonly retryable: boolean;
      readonly message: string;
      readonly pauseMs?: number;
    }
  | { readonly outcome: 'unreachable'; readonly message: string; readonly pauseMs?: number }
  | { readonly outcome: 'unknown'; readonly message: string };

/** What a channel can do, as data. */
export interface ChannelTraits {
  /** Sending the same touch again cannot reach the person twice: the platform takes it once and says so. */
  readonly isRepeatable: boolean;
  /** What was taken has reached nobody yet: a human has to do it, and the channel reports it later (`settleTouches`). */
  readonly waitsForHuman?: boolean;
  /** Messages on their way at once in one process. */
  readonly atOnce?: number;
}

export type Settlement =
  | {
      readonly state: Extract<TouchState, 'submitted' | 'failed' | 'missed' | 'unknown'>;
      readonly reason: TouchReason | null;
      readonly message: string | null;
    }
  | { readonly state: 'allowed'; readonly retryInMs: number; readonly message: string };

/** Whether another welcome code of the same add may still reach the person whom this one did not. */
export function mayTryAnotherCode(settlement: Settlement): boolean {
  return (
    settlement.state === 'missed' &&
    (settlement.reason === 'code_expired' || settlement.reason === 'platform_unreachable')
  );
}

/** Pauses between attempts, in milliseconds: a welcome has 20 seconds to live. */
const pausesMs = [200, 500, 1000, 2000, 3000, 4000];
/** Of what nobody waits for: some hours in all. */
const longPausesMs = [1, 5, 30, 120, 300, 600, 1800, 3600, 3600, 3600].map((seconds) => seconds * 1000);

/** The pause after so many attempts in vain of what nobody waits for; undefined when that was enough. A channel that says how long it is closed is believed. */
export function pauseAfter(receipt: Receipt, attempts: number): number | undefined {
  return ('pauseMs' in receipt && receipt.pauseMs) || longPausesMs[attempts - 1];
}

/**
 * Decides what an attempt means. `mayHaveArrived`: an earlier attempt of this touch had no known outcome, so that
 * "already sent" is good news. All times are the machine's; what nobody waits for has no deadline.
 */
export function settle(
  receipt: Receipt,
  touch: { attempts: number; mayHaveArrived: boolean; machineNow: number; deadlineAt: number | null },
  traits: ChannelTraits,
): Settlement {
  if (receipt.outcome === 'accepted') return { state: 'submitted', reason: null, message: null };
  const { message } = receipt;
  if (receipt.outcome === 'refused' && !receipt.retryable) {
    if (touch.mayHaveArrived && receipt.reason === 'chat_started') {
      return { state: 'submitted', reason: 'confirmed_by_repeat', message };
    }
    return { state: receipt.reason === 'code_expired' ? 'missed' : 'failed', reason: receipt.reason, message };
  }
  // Never sent again by itself once it may have arrived, unless the platform makes repeating harmless.
  if (receipt.outcome === 'unknown' && !traits.isRepeatable) return { state: 'unknown', reason: 'no_answer', message };
  const reason = receipt.outcome === 'refused' ? receipt.reason : 'platform_unreachable';
  if (touch.deadlineAt === null) {
    const retryInMs = pauseAfter(receipt, touch.attempts);
    if (retryInMs !== undefined) return { state: 'allowed', retryInMs, message };
    const isUnknown = receipt.outcome === 'unknown' || touch.mayHaveArrived;
    return isUnknown ? { state: 'unknown', reason: 'no_answer', message } : { state: 'failed', reason, message };
  }
  const usualMs = pausesMs[Math.min(touch.attempts, pausesMs.length) - 1] ?? pausesMs[0] ?? 200;
  const retryInMs = Math.max(usualMs, ('pauseMs' in receipt && receipt.pauseMs) || 0);
  if (touch.machineNow + retryInMs < touch.deadlineAt) return { state: 'allowed', retryInMs, message };
  if (receipt.outcome === 'unknown') return { state: 'unknown', reason: 'no_answer', message };
  return { state: 'missed', reason, message };
}
