import type { Channel, TouchKind } from '#contract/touch';
import type { Ctx } from '#platform/ctx';
import type { Runtime } from '#platform/module';
import type { TouchReason } from './rules.ts';

/** To whom a version of content is to be said. */
export interface SpeechRequest {
  readonly versionId: number;
  readonly customerId: number;
  readonly staffId: number | null;
  /** Null where many get one text: then links do not tell whose they are. */
  readonly touchId: number | null;
  readonly kind: TouchKind;
  readonly sourceId: number | null;
}

export type Speech = { readonly message: unknown } | { readonly problem: TouchReason };

/** What makes messages of versions of content, in sets and in the order of the requests. */
export interface Speaker {
  render(ctx: Ctx, channel: Channel, requests: readonly SpeechRequest[], runtime: Runtime): Promise<Speech[]>;
  /** Whether everybody hears the same words: then they need not be made for each. */
  isSameForAll(ctx: Ctx, channel: Channel, versionId: number): Promise<boolean>;
}
