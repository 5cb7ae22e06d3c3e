import type { z } from 'zod';
import type { relayProblem } from '#contract/relay';
import type { Receipt as TouchReceipt } from '#touch';
import type { WebhookReason } from '#webhooks';

/** What the answer of the brand's own sender means. docs/channels/relay.md promises this to its makers. */

export type RelayProblem = z.output<typeof relayProblem>;

/** What came back: a status, or why there is none. */
export interface Answer {
  readonly status: number | null;
  readonly reason: WebhookReason | null;
  readonly answer: string;
  readonly retryAfterMs: number | null;
}

export interface Verdict {
  readonly receipt: TouchReceipt;
  /** null: it went well, or the refusal concerns this touch alone. */
  readonly problem: RelayProblem | null;
}

const minuteMs = 60_000;
const brokenPauseMs = minuteMs;
const busyPauseMs = minuteMs;
const longestPauseMs = 60 * minuteMs;
const messageLength = 300;

/** Statuses by which a receiver says that it did nothing yet and wants to be asked again. */
const busyStatuses: ReadonlySet<number> = new Set([408, 425, 429, 503]);

export function judge({ status, reason, answer, retryAfterMs }: Answer): Verdict {
  if (reason === null) return { receipt: { outcome: 'accepted' }, problem: null };
  const message = [status === null ? reason : `HTTP ${status}`, answer].filter((part) => part !== '').join(' ');
  return verdictOf(status, reason, message.slice(0, messageLength), retryAfterMs);
}

function verdictOf(
  status: number | null,
  reason: WebhookReason,
  message: string,
  retryAfterMs: number | null,
): Verdict {
  const again = (problem: RelayProblem, pauseMs: number): Verdict => ({
    receipt: { outcome: 'refused', reason: 'platform_refused', retryable: true, message, pauseMs },
    problem,
  });
  if (status !== null) {
    if (busyStatuses.has(status)) return again('busy', Math.min(retryAfterMs ?? busyPauseMs, longestPauseMs));
    if (status >= 300 && status < 400) return again('redirected', brokenPauseMs);
    // Anything else above 499 may have come after the receiver had acted.
    if (status >= 500) return { receipt: { outcome: 'unknown', message }, problem: 'failed' };
    const receipt = { outcome: 'refused', reason: 'platform_refused', retryable: false, message } as const;
    return { receipt, problem: status === 410 ? 'gone' : null };
  }
  switch (reason) {
    case 'connection_refused':
    case 'name_unknown':
    case 'certificate':
      return { receipt: { outcome: 'unreachable', message, pauseMs: brokenPauseMs }, problem: reason };
    case 'timed_out':
    case 'connection_broken':
      return { receipt: { outcome: 'unknown', message }, problem: reason };
    case 'address_private':
    case 'url_refused':
    case 'secret_unreadable':
      return again(reason, brokenPauseMs);
    case 'status':
    case 'gone':
    case 'redirected':
      throw new Error(`the reason ${reason} without a status`);
  }
}
