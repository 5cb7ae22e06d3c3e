import type { ChannelMessage } from '#contract/content';
import type { Ctx } from '#platform/ctx';
import type { PackFailure } from './pack.ts';
import type { Receipt, TouchReason } from './rules.ts';

/** A broadcast as the channel gets it. */
export interface Broadcast {
  readonly id: number;
  readonly channel: 'wecom_group' | 'wecom_moment';
  /** Userid of who sends it to his groups. */
  readonly staffUserid: string | null;
  /** WeCom's ids of the tags whose customers see a Moment; empty: all customers. */
  readonly tagWecomIds: readonly string[];
  readonly message: ChannelMessage;
  readonly platformId: string | null;
  readonly platformJob: string | null;
  readonly createdAt: Date;
}

/** A group by its chat id, or a member by his userid. */
export interface BroadcastTarget {
  readonly key: string;
  readonly state: string;
  readonly settledAt: Date | null;
  /** Of a Moment: when its results were read last. */
  readonly readAt: Date | null;
}

export interface TargetNews {
  readonly key: string;
  readonly state: 'waiting' | 'sent' | 'failed';
  readonly reason?: TouchReason;
  readonly at?: Date;
}

/** What the platform tells when it is asked, bit by bit. */
export type BroadcastNews =
  /** The job is done: this is the Moment, and these could not be made part of it. */
  | { readonly kind: 'made'; readonly platformId: string; readonly refused: readonly string[] }
  /** The job is done and has made nothing. */
  | { readonly kind: 'refused'; readonly reason: TouchReason; readonly message: string }
  | { readonly kind: 'targets'; readonly targets: readonly TargetNews[] }
  /** Customers whom a Moment has reached. */
  | { readonly kind: 'reached'; readonly externalUserids: readonly string[] }
  /** The results of one member's Moment were read to their end. */
  | {
      readonly kind: 'read';
      readonly key: string;
      readonly customerCount: number;
      readonly likeCount: number;
      readonly commentCount: number;
    }
  /** Nothing will change any more. */
  | { readonly kind: 'over' }
  | { readonly kind: 'failure'; readonly failure: PackFailure['failure'] };

/**
 * How a channel hands over what goes to an audience. The touch module claims, books, reminds, lets expire and settles;
 * the channel only talks. Called outside any transaction; never throws for the outside world.
 */
export interface Broadcaster {
  readonly channel: Broadcast['channel'];
  readonly traits: { readonly canRemind: boolean };
  /** `failed`: targets the platform took it without. A Moment is a job first, which tells its id when asked. */
  submit(
    ctx: Ctx,
    broadcast: Broadcast,
    keys: readonly string[],
  ): Promise<{
    readonly receipt: Receipt;
    readonly platformId?: string;
    readonly platformJob?: string;
    readonly failed?: readonly string[];
  }>;
  /** After a lost answer: the id under which the platform has it. `absent` only where it is sure: it is submitted anew. */
  find(
    ctx: Ctx,
    broadcast: Broadcast,
    keys: readonly string[],
  ): Promise<{ readonly platformId: string } | 'absent' | PackFailure>;
  poll(ctx: Ctx, broadcast: Broadcast, targets: readonly BroadcastTarget[]): AsyncIterable<BroadcastNews>;
  remind(ctx: Ctx, broadcast: Broadcast): Promise<{ readonly receipt: Receipt }>;
  cancel(ctx: Ctx, broadcast: Broadcast): Promise<{ readonly receipt: Receipt }>;
}
