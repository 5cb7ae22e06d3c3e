import { isSameForAll, type RenderRequest, renderMessages, requireVersion } from '#content';
import type { ChannelMessage } from '#contract/content';
import type { Channel } from '#contract/touch';
import type { Ctx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import type { Runtime } from '#platform/module';
import type { TouchReason } from './rules.ts';

export type SpeechRequest = RenderRequest & { readonly versionId: number };

/** What is said to somebody, or why nothing can be. */
export type Speech = { readonly message: ChannelMessage } | { readonly problem: TouchReason };

/** Versions of content as a channel says them, for each request, in their order. */
export async function speak(
  ctx: Ctx,
  channel: Channel,
  requests: readonly SpeechRequest[],
  runtime: Runtime,
): Promise<Speech[]> {
  if (requests.length === 0) return [];
  const rendered = await renderMessages(ctx, channel, requests, runtime);
  return rendered.map((one) => ('message' in one ? { message: one.message } : { problem: one.problem }));
}

/** Whether everybody hears the same words from one member: then they need not be made for each. */
export async function isOneForAll(ctx: Ctx, channel: Channel, versionId: number): Promise<boolean> {
  try {
    return isSameForAll(await requireVersion(ctx, versionId), channel);
  } catch (error) {
    // A version that is not there says nothing to anybody.
    if (error instanceof AppError) return true;
    throw error;
  }
}
