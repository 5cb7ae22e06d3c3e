import * as contract from '#contract/web';
import { recordEvents } from '#events';
import type { WriteCtx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { type Endpoint, endpoint, type Module, type Upload } from '#platform/module';
import { type Delivery, factOfMessage, findUnstorable, maxDepth, type WebMessage } from './messages.ts';
import { addSource, changeSource, createDoorkeeper, readSources, readWriteKey } from './sources.ts';

/** Websites, apps and the brand's own servers: facts in, by Segment's HTTP API. */
export function createWebChannel(): Module {
  const doorkeeper = createDoorkeeper();

  async function take(
    ctx: WriteCtx,
    upload: Upload,
    writeKey: string | undefined,
    messages: readonly WebMessage[],
    delivery: Pick<Delivery, 'sentAt' | 'context'> = {},
  ): Promise<{ success: true }> {
    const sourceId = await doorkeeper.admit(ctx, readWriteKey(upload.authorization, writeKey));
    for (const [index, message] of messages.entries()) {
      assertTellable(message, messages.length === 1 ? '' : `batch.${index}`);
    }
    const known = { ...delivery, source: `source.${sourceId}`, receivedAt: ctx.now };
    await recordEvents(
      ctx,
      messages.map((message) => factOfMessage(message, known)),
      true,
    );
    return { success: true };
  }

  const single = (
    route: (typeof contract)['tellIdentify' | 'tellTrack' | 'tellPage' | 'tellScreen' | 'tellGroup' | 'tellAlias'],
    type: WebMessage['type'],
  ): Endpoint =>
    endpoint(route, (ctx: WriteCtx, input, upload) =>
      take(ctx, upload, input.writeKey, [{ ...input, type } as WebMessage]),
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
      single(contract.tellIdentify, 'identify'),
      single(contract.tellTrack, 'track'),
      single(contract.tellPage, 'page'),
      single(contract.tellScreen, 'screen'),
      single(contract.tellGroup, 'group'),
      single(contract.tellAlias, 'alias'),
      endpoint(contract.tellBatch, (ctx, input, upload) =>
        take(ctx, upload, input.writeKey, input.batch, { sentAt: input.sentAt, context: input.context }),
      ),
    ],
  };
}

/** As JSON writes NUL and halves of surrogate pairs. */
const suspicious = /\\u0000|\\ud[89a-f]/;

function countBrackets(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (text[i] === '{' || text[i] === '[') count++;
  return count;
}

/** Undefined for what nests too deep to be written. */
function toText(message: WebMessage): string | undefined {
  try {
    return JSON.stringify(message);
  } catch {
    return undefined;
  }
}

/** What the form alone does not say: somebody is named, and everything can be kept. */
function assertTellable(message: WebMessage, path: string): void {
  const at = (field: string) => [path, field].filter((part) => part !== '').join('.');
  const refuse = (field: string, problem: string) => {
    throw new AppError('input_invalid', { fields: [{ path: at(field), problem, message: problem }] });
  };
  if (!message.userId && !message.anonymousId) refuse('userId', 'user_or_anonymous_needed');
  // The walk is for the few that need it; no message nests as deep as it has brackets.
  const text = toText(message);
  if (text === undefined || suspicious.test(text) || countBrackets(text) > maxDepth) {
    const found = findUnstorable(message);
    if (found) refuse(found.path, found.problem);
  }
  // What stands in a batch is held to the limit of a call.
  if (path !== '' && text !== undefined && Buffer.byteLength(text) > contract.callLimitBytes) refuse('', 'too_large');
}
