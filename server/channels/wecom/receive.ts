import { findCodeIds } from '#acquisition';
import type { Input } from '#contract';
import type { receiveCallback, verifyCallback } from '#contract/wecom';
import { recordEvents } from '#events';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { addJob } from '#platform/jobs';
import type { Metrics } from '#platform/metrics';
import type { BytesReply, Upload } from '#platform/module';
import { readSetting, saveSetting } from '#platform/settings';
import { type CallbackEvent, parseCallback, parseEnvelope } from './callbacks.ts';
import type { Connection, Connector } from './connection.ts';
import { decryptCallback, verifySignature } from './crypto.ts';
import { factsOfEvent, stateOfEvent } from './facts.ts';
import { markDismissed, requestGroupReading } from './groups.ts';
import { requestReading } from './refresh.ts';

/** A callback of 500 group members is some 30 KB. */
const bodyLimitBytes = 256 * 1024;

/** What the self-check tells of callbacks. */
export interface CallbackStats {
  /** When one was accepted last, by any process, to the minute; survives a restart. */
  readonly lastAt: Date | undefined;
  /** What this process refused last. */
  readonly lastRefusal: { readonly at: Date; readonly reason: string } | undefined;
}

const seenKey = 'wecom.callback_seen';
const seenEveryMs = 60_000;

export interface Receiver {
  readStats(ctx: Ctx): Promise<CallbackStats>;
  verify(ctx: Ctx, input: Input<typeof verifyCallback>): Promise<BytesReply>;
  receive(ctx: WriteCtx, input: Input<typeof receiveCallback>, upload: Upload): Promise<void>;
}

/**
 * The callback door (docs 90930, 90968): signature, decryption, a durable row, an answer. Everything else happens after
 * the answer, so that the platform never waits for it and never repeats for lack of one.
 */
export function createReceiver(connector: Connector, metrics: Metrics): Receiver {
  let lastRefusal: CallbackStats['lastRefusal'];
  let notedAt = 0;

  /** Writes down, now and then, that callbacks arrive. */
  async function noteSeen(ctx: WriteCtx): Promise<void> {
    if (ctx.now.getTime() - notedAt < seenEveryMs) return;
    notedAt = ctx.now.getTime();
    await saveSetting(ctx, seenKey, {});
  }

  function refuse(now: Date, code: 'wecom_callback_signature' | 'wecom_callback_malformed', reason: string): never {
    metrics.callbacks.inc({ outcome: reason });
    lastRefusal = { at: now, reason };
    throw new AppError(code, { details: { reason } });
  }

  async function requireConnection(ctx: Ctx): Promise<Connection> {
    const connection = await connector.connect(ctx);
    if (connection) return connection;
    metrics.callbacks.inc({ outcome: 'not_connected' });
    throw new AppError('wecom_not_connected');
  }

  function open(
    ctx: Ctx,
    connection: Connection,
    input: { msg_signature: string; timestamp: string; nonce: string },
    encrypted: string,
  ) {
    if (!verifySignature(connection.token, input.timestamp, input.nonce, encrypted, input.msg_signature)) {
      refuse(ctx.now, 'wecom_callback_signature', 'signature');
    }
    const decrypted = decryptCallback(connection.encodingAesKey, encrypted, connection.corpId);
    if (!decrypted.ok) refuse(ctx.now, 'wecom_callback_malformed', decrypted.problem);
    return decrypted.message;
  }

  return {
    async readStats(ctx) {
      return { lastAt: (await readSetting(ctx, seenKey))?.savedAt, lastRefusal };
    },
    async verify(ctx, input) {
      const message = open(ctx, await requireConnection(ctx), input, input.echostr);
      await inTransaction(ctx, noteSeen);
      metrics.callbacks.inc({ outcome: 'verified' });
      return { contentType: 'text/plain; charset=utf-8', body: message };
    },
    async receive(ctx, input, upload) {
      if (upload.bytes.length > bodyLimitBytes)
        throw new AppError('body_too_large', { details: { limit: bodyLimitBytes } });
      const connection = await requireConnection(ctx);
      const envelope = parseEnvelope(upload.bytes.toString('utf8'));
      if (!envelope.ok) refuse(ctx.now, 'wecom_callback_malformed', envelope.problem);
      const callback = parseCallback(open(ctx, connection, input, envelope.encrypt));
      if (!callback.ok) refuse(ctx.now, 'wecom_callback_malformed', callback.problem);
      await store(ctx, callback.event);
      metrics.callbacks.inc({ outcome: 'stored' });
      await noteSeen(ctx);
    },
  };
}

async function store(ctx: WriteCtx, event: CallbackEvent): Promise<void> {
  const state = stateOfEvent(event);
  const codes = await findCodeIds(ctx, state === undefined ? [] : [state]);
  await recordEvents(
    ctx,
    factsOfEvent(event, (key) => (key === undefined ? null : (codes.get(key) ?? null))),
  );
  // A callback is a hint of what changed; WeCom's own record says what is true now.
  switch (event.kind) {
    case 'change_external_contact':
      if (event.ChangeType === 'del_external_contact' || event.ChangeType === 'del_follow_user') return;
      await requestReading(ctx, event.ExternalUserID);
      return;
    case 'change_external_tag':
      await addJob(ctx, 'wecom.refresh_tags', {}, { key: 'wecom.refresh_tags', queue: 'wecom.directory' });
      return;
    case 'change_external_chat':
      if (event.ChangeType === 'dismiss') await markDismissed(ctx, event.ChatId);
      else await requestGroupReading(ctx, event.ChatId);
      return;
    case 'change_contact':
      await addJob(ctx, 'wecom.refresh_directory', {}, { key: 'wecom.refresh_directory', queue: 'wecom.directory' });
  }
}
