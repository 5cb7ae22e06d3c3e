import * as contract from '#contract/web';
import { recordEvents } from '#events';
import type { WriteCtx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { findUnstorable, UnstorableFact } from '#platform/facts';
import { type Endpoint, endpoint, type Module, type Upload } from '#platform/module';
import { createArrivals } from './arrivals.ts';
import { type Delivery, factOfMessage, type WebMessage } from './messages.ts';
import { addSource, changeSource, createDoorkeeper, readSources, readWriteKey, requireSource } from './sources.ts';

/** Websites, apps and the brand's own servers: facts in, by Segment's HTTP API. */
export function createWebChannel(): Module {
  const doorkeeper = createDoorkeeper();
  const arrivals = createArrivals();

  async function take(
    ctx: WriteCtx,
    upload: Upload,
    writeKey: string | undefined,
    messages: readonly WebMessage[],
    delivery: Pick<Delivery, 'sentAt' | 'context'> = {},
  ): Promise<{ success: true }> {
    const sourceId = await doorkeeper.admit(ctx, readWriteKey(upload.authorization, writeKey));
    const pathOf = (index: number, field: string) =>
      [...(messages.length === 1 ? [] : [`batch.${index}`]), field].filter((part) => part !== '').join('.');
    const nameless = messages.findIndex((message) => !message.userId && !message.anonymousId);
    if (nameless >= 0) throw refusal(pathOf(nameless, 'userId'), 'user_or_anonymous_needed');
    const known = { ...delivery, source: `source.${sourceId}`, receivedAt: ctx.now };
    const facts = messages.map((message) => factOfMessage(message, known));
    try {
      await recordEvents(ctx, facts, { together: true, maxBytes: contract.callLimitBytes });
    } catch (error) {
      if (!(error instanceof UnstorableFact)) throw error;
      // Named as the caller wrote it.
      const { path, problem } = findUnstorable(messages[error.index]) ?? error;
      throw refusal(pathOf(error.index, path), problem);
    }
    arrivals.note(sourceId, facts, ctx.now);
    return { success: true };
  }

  type Single = 'Identify' | 'Track' | 'Page' | 'Screen' | 'Group' | 'Alias';
  const single = (
    route: (typeof contract)[`tell${Single}` | `tellShort${Single}`],
    type: WebMessage['type'],
  ): Endpoint =>
    endpoint(route, (ctx: WriteCtx, input, upload) =>
      take(ctx, upload, input.writeKey, [{ ...input, type } as WebMessage]),
    );
  const many = (route: (typeof contract)['tellBatch' | 'tellShortBatch']): Endpoint =>
    endpoint(route, (ctx: WriteCtx, input, upload) =>
      take(ctx, upload, input.writeKey, input.batch, { sentAt: input.sentAt, context: input.context }),
    );

  return {
    name: 'web',
    tables: ['source'],
    endpoints: [
      endpoint(contract.listSources, readSources),
      endpoint(contract.createSource, async (ctx, input) => ({ id: await addSource(ctx, input) })),
      endpoint(contract.updateSource, async (ctx, input) => {
        await changeSource(ctx, input);
        return { ok: true } as const;
      }),
      endpoint(contract.listArrivals, async (ctx, input) => {
        await requireSource(ctx, input.id);
        return { rows: await arrivals.read(ctx, input.id) };
      }),
      single(contract.tellIdentify, 'identify'),
      single(contract.tellTrack, 'track'),
      single(contract.tellPage, 'page'),
      single(contract.tellScreen, 'screen'),
      single(contract.tellGroup, 'group'),
      single(contract.tellAlias, 'alias'),
      many(contract.tellBatch),
      single(contract.tellShortIdentify, 'identify'),
      single(contract.tellShortTrack, 'track'),
      single(contract.tellShortPage, 'page'),
      single(contract.tellShortScreen, 'screen'),
      single(contract.tellShortGroup, 'group'),
      single(contract.tellShortAlias, 'alias'),
      many(contract.tellShortBatch),
    ],
  };
}

const refusal = (path: string, problem: string) =>
  new AppError('input_invalid', { fields: [{ path, problem, message: problem }] });
