import type { ChannelMessage } from '#contract/content';
import type { Channel, TouchKind } from '#contract/touch';
import type { Ctx } from '#platform/ctx';
import type { Runtime } from '#platform/module';
import type { Receipt, TouchReason } from './rules.ts';

/** Touches of one content from one member, as the channel gets them: one task on the platform. */
export interface TouchPack {
  readonly id: number;
  readonly channel: Channel;
  readonly staffId: number | null;
  readonly kind: TouchKind;
  readonly sourceId: number | null;
  readonly part: string | null;
  readonly versionId: number | null;
  /** The version of content as the channel says it. */
  readonly message: ChannelMessage;
  /** Null until the platform has it. */
  readonly platformId: string | null;
  readonly customerCount: number;
  readonly createdAt: Date;
  readonly submittedAt: Date | null;
  readonly confirmedAt: Date | null;
  readonly expiresAt: Date;
}

type Refusal = Exclude<Receipt, { readonly outcome: 'accepted' }>;

/** The platform could not be asked, or did not answer: nothing is known, and it is asked again later. */
export interface PackFailure {
  readonly failure: Refusal;
}

export interface PackSubmission {
  readonly receipt: Receipt;
  readonly platformId?: string;
  /** Whom the platform left out when it took the task. */
  readonly failed?: readonly { readonly externalUserid: string; readonly reason: TouchReason }[];
}

export interface PackResult {
  readonly externalUserid: string;
  readonly state: 'delivered' | 'failed';
  readonly reason?: TouchReason;
  readonly at?: Date;
}

export interface PackState {
  /** When the member confirmed; null when he has not. */
  readonly confirmedAt: Date | null;
  readonly results: readonly PackResult[];
  /** No result will change any more. */
  readonly isOver: boolean;
}

/**
 * How a channel hands over one task for many: WeCom's mass message. This module packs, claims, reminds, lets expire, polls and
 * settles; the channel only talks. Called outside any transaction; never throws for the outside world.
 */
export interface Packer {
  readonly channel: Channel;
  /** `maxReminders`: the platform's limit within 24 hours. */
  readonly traits: { readonly maxCustomers: number; readonly maxReminders: number };
  /** `signal` aborts when another worker may have taken the pack up: nothing of it is sent from then on. */
  submit(
    ctx: Ctx,
    pack: TouchPack,
    externalUserids: readonly string[],
    runtime: Runtime,
    signal: AbortSignal,
  ): Promise<PackSubmission>;
  /** After a lost answer: the id under which the platform has this pack. `absent` only where it is sure: it is submitted anew. */
  find(
    ctx: Ctx,
    pack: TouchPack,
    externalUserids: readonly string[],
    runtime: Runtime,
  ): Promise<{ readonly platformId: string } | 'absent' | PackFailure>;
  poll(ctx: Ctx, pack: TouchPack, runtime: Runtime): Promise<PackState | PackFailure>;
  remind(ctx: Ctx, pack: TouchPack, runtime: Runtime): Promise<{ readonly receipt: Receipt }>;
  /** Takes back what the member has not confirmed; refused when there is nothing left to take back. */
  cancel(ctx: Ctx, pack: TouchPack, runtime: Runtime): Promise<{ readonly receipt: Receipt }>;
}

/** The machine's time that a worker has for handing one pack over; afterwards it sends nothing of it any more. */
export const handOverMs = 20_000;

const minuteMs = 60_000;

/** How long to wait before asking again, by how long ago something last happened: members confirm soon or late. */
export function pollPauseMs(sinceMs: number): number {
  if (sinceMs < 30 * minuteMs) return 2 * minuteMs;
  if (sinceMs < 6 * 60 * minuteMs) return 10 * minuteMs;
  return sinceMs < 24 * 60 * minuteMs ? 30 * minuteMs : 120 * minuteMs;
}
