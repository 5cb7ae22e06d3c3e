import type { Channel, TouchKind } from '#contract/touch';
import type { Ctx } from '#platform/ctx';
import type { Receipt, TouchReason } from './rules.ts';

/** Touches of one content from one member, as the channel gets them: one task on the platform. */
export interface TouchPack {
  readonly id: number;
  readonly channel: Channel;
  readonly staffId: number | null;
  readonly kind: TouchKind;
  readonly sourceId: number | null;
  readonly versionId: number | null;
  /** The version of content as the channel says it. */
  readonly message: unknown;
  /** Null until the platform has it. */
  readonly platformId: string | null;
  readonly customerCount: number;
  readonly createdAt: Date;
  readonly submittedAt: Date | null;
  readonly confirmedAt: Date | null;
}

/** What the platform could not be asked for: nothing is known, and it is asked again later. */
export interface PackFailure {
  readonly failure: Exclude<Receipt, { readonly outcome: 'accepted' }>;
}

export interface PackResult {
  readonly externalUserid: string;
  readonly state: 'delivered' | 'failed';
  readonly reason?: TouchReason;
  readonly at?: Date;
}

/**
 * How a channel hands over one task for many: WeCom's mass message. The touch module packs, claims, reminds, lets expire,
 * polls and settles; the channel only talks. Called outside any transaction; never throws for the outside world.
 */
export interface Packer {
  readonly channel: Channel;
  readonly traits: { readonly maxCustomers: number; readonly maxReminders: number };
  /** `failed`: external userids the platform took the task without. */
  submit(
    ctx: Ctx,
    pack: TouchPack,
    externalUserids: readonly string[],
  ): Promise<{
    readonly receipt: Receipt;
    readonly platformId?: string;
    readonly failed?: readonly { readonly externalUserid: string; readonly reason: TouchReason }[];
  }>;
  /** After a lost answer: the id under which the platform has this pack, if it has it. */
  find(
    ctx: Ctx,
    pack: TouchPack,
    externalUserids: readonly string[],
  ): Promise<{ readonly platformId: string } | 'absent' | PackFailure>;
  /** `confirmedAt`: when the member confirmed; null when he has not. `isOver`: no result will change any more. */
  poll(
    ctx: Ctx,
    pack: TouchPack,
  ): Promise<
    | { readonly confirmedAt: Date | null; readonly results: readonly PackResult[]; readonly isOver: boolean }
    | PackFailure
  >;
  remind(ctx: Ctx, pack: TouchPack): Promise<{ readonly receipt: Receipt }>;
  cancel(ctx: Ctx, pack: TouchPack): Promise<{ readonly receipt: Receipt }>;
}
