import { randomBytes } from 'node:crypto';
import type { Input, Output } from '#contract';
import {
  type createWebhook,
  type listWebhooks,
  maxWebhooks,
  pingName,
  type rotateWebhookSecret,
  type setWebhookState,
  type updateWebhook,
} from '#contract/webhooks';
import { recordAudit } from '#organization';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import type { Sealer } from '#platform/seal';
import { problemOfUrl } from './addresses.ts';
import { planMessages, webhookChannel } from './messages.ts';

export interface WebhookParts {
  readonly sealer: Sealer;
  readonly allowPrivate: boolean;
}

type WebhookRow = Output<typeof listWebhooks>['rows'][number];

const hourMs = 3_600_000;
const countedUpTo = 10_000;
const hoursShown = 24;

/** For Standard Webhooks. */
export function makeSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export function assertUrl(url: string, parts: Pick<WebhookParts, 'allowPrivate'>): void {
  const reason = problemOfUrl(url, parts.allowPrivate);
  if (reason) throw new AppError('webhook_url_refused', { details: { reason } });
}

export async function addWebhook(
  ctx: WriteCtx,
  parts: WebhookParts,
  input: Input<typeof createWebhook>,
): Promise<{ id: number; secret: string }> {
  assertUrl(input.url, parts);
  // One at a time, or two could both be the last that there is room for.
  await sql`select pg_advisory_xact_lock(7164013)`.execute(ctx.db);
  const { count } = await ctx.db
    .selectFrom('webhook')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (count >= maxWebhooks) throw new AppError('webhook_limit', { details: { limit: maxWebhooks } });
  const secret = makeSecret();
  const { id } = await ctx.db
    .insertInto('webhook')
    .values({
      url: input.url,
      description: input.description,
      event_names: namesOf(input),
      secret: parts.sealer.seal(secret),
      secret_made_at: ctx.now,
      created_at: ctx.now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  wake(ctx, webhookChannel);
  await recordAudit(ctx, {
    action: 'webhook.created',
    subjectKind: 'webhook',
    subjectId: id,
    subjectName: input.url,
    after: { url: input.url, description: input.description, eventNames: input.eventNames },
  });
  return { id, secret };
}

function namesOf(input: { eventNames: readonly string[] | null }): string[] | null {
  return input.eventNames === null ? null : [...new Set(input.eventNames)];
}

async function requireWebhook(ctx: WriteCtx, id: number) {
  const row = await ctx.db
    .selectFrom('webhook')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new AppError('not_found');
  return row;
}

/** A webhook that messages can go to. */
export async function requireEnabled(ctx: WriteCtx, id: number) {
  const row = await requireWebhook(ctx, id);
  if (!row.is_enabled) throw new AppError('webhook_off');
  return row;
}

export async function changeWebhook(
  ctx: WriteCtx,
  parts: WebhookParts,
  input: Input<typeof updateWebhook>,
): Promise<void> {
  const row = await requireWebhook(ctx, input.id);
  assertUrl(input.url, parts);
  const before = { url: row.url, description: row.description, eventNames: row.event_names };
  const after = { url: input.url, description: input.description, eventNames: namesOf(input) };
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  await ctx.db
    .updateTable('webhook')
    .set({
      url: after.url,
      description: after.description,
      event_names: after.eventNames,
      // Another address has no past.
      ...(before.url === after.url ? {} : { failing_since: null, failed_in_row: 0, resting_until: null }),
    })
    .where('id', '=', input.id)
    .execute();
  wake(ctx, webhookChannel);
  await recordAudit(ctx, {
    action: 'webhook.updated',
    subjectKind: 'webhook',
    subjectId: input.id,
    subjectName: input.url,
    before,
    after,
  });
}

export async function switchWebhook(ctx: WriteCtx, input: Input<typeof setWebhookState>): Promise<void> {
  const row = await requireWebhook(ctx, input.id);
  if (row.is_enabled === input.isEnabled) return;
  const state = input.isEnabled
    ? { disabled_at: null, failing_since: null, failed_in_row: 0, resting_until: null }
    : { disabled_at: ctx.now };
  await ctx.db
    .updateTable('webhook')
    .set({ is_enabled: input.isEnabled, disabled_reason: null, ...state })
    .where('id', '=', input.id)
    .execute();
  wake(ctx, webhookChannel);
  await recordAudit(ctx, {
    action: input.isEnabled ? 'webhook.turned_on' : 'webhook.turned_off',
    subjectKind: 'webhook',
    subjectId: input.id,
    subjectName: row.url,
  });
}

/** Its deliveries may be many: they are removed by the next tidying. */
export async function removeWebhook(ctx: WriteCtx, id: number): Promise<void> {
  const row = await requireWebhook(ctx, id);
  await ctx.db
    .updateTable('webhook')
    .set({ deleted_at: ctx.now, is_enabled: false, previous_secret: null })
    .where('id', '=', id)
    .execute();
  await recordAudit(ctx, {
    action: 'webhook.deleted',
    subjectKind: 'webhook',
    subjectId: id,
    subjectName: row.url,
    before: { url: row.url, description: row.description, eventNames: row.event_names },
  });
}

/** The secret before signs too until the overlap is over; one that was still overlapping ends now. */
export async function rotateSecret(
  ctx: WriteCtx,
  parts: WebhookParts,
  input: Input<typeof rotateWebhookSecret>,
): Promise<string> {
  const row = await requireWebhook(ctx, input.id);
  const secret = makeSecret();
  const overlaps = input.overlapHours > 0;
  await ctx.db
    .updateTable('webhook')
    .set({
      secret: parts.sealer.seal(secret),
      secret_made_at: ctx.now,
      previous_secret: overlaps ? row.secret : null,
      previous_until: overlaps ? new Date(ctx.now.getTime() + input.overlapHours * hourMs) : null,
    })
    .where('id', '=', input.id)
    .execute();
  await recordAudit(ctx, {
    action: 'webhook.secret_rotated',
    subjectKind: 'webhook',
    subjectId: input.id,
    subjectName: row.url,
    after: { overlapHours: input.overlapHours },
  });
  return secret;
}

export async function ping(ctx: WriteCtx, id: number): Promise<number> {
  const row = await requireEnabled(ctx, id);
  const event = { customerId: 0, name: pingName, at: ctx.now, source: 'siyu', staffId: null, codeId: null };
  const [planned] = await planMessages(ctx, [{ ...event, payload: { by: ctx.actor.name } }], id);
  if (!planned) throw new Error('no test message was written');
  await recordAudit(ctx, { action: 'webhook.pinged', subjectKind: 'webhook', subjectId: id, subjectName: row.url });
  return planned.id;
}

/** All webhooks, or one, with the last 24 hours. */
export async function readWebhooks(ctx: Ctx, id?: number): Promise<WebhookRow[]> {
  const lastHour = Math.floor(ctx.now.getTime() / hourMs) * hourMs;
  const firstHour = new Date(lastHour - (hoursShown - 1) * hourMs);
  const rows = await ctx.db
    .selectFrom('webhook')
    .selectAll()
    .where('deleted_at', 'is', null)
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? 0))
    .orderBy('id')
    .execute();
  const ids = rows.map((row) => row.id);
  const hours = await ctx.db
    .selectFrom('webhook_hour')
    .selectAll()
    .where('webhook_id', 'in', [0, ...ids])
    .where('hour', '>=', firstHour)
    .execute();
  const { rows: waiting } = await sql<{ id: number; count: number }>`
    select w.id, (select count(*) from (
      select 1 from webhook_delivery d where d.webhook_id = w.id and d.state = 'planned' limit ${countedUpTo}
    ) as first) as count from unnest(${ids}::bigint[]) as w(id)
  `.execute(ctx.db);
  const hourOf = new Map(hours.map((row) => [`${row.webhook_id} ${row.hour.getTime()}`, row]));
  const waitingOf = new Map(waiting.map((row) => [row.id, row.count]));
  return rows.map((row) => ({
    id: row.id,
    url: row.url,
    description: row.description,
    eventNames: row.event_names,
    isEnabled: row.is_enabled,
    disabledReason: row.disabled_reason as WebhookRow['disabledReason'],
    disabledAt: row.disabled_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    secretMadeAt: row.secret_made_at.toISOString(),
    previousSecretUntil:
      row.previous_secret !== null && row.previous_until !== null && row.previous_until > ctx.now
        ? row.previous_until.toISOString()
        : null,
    failingSince: row.failing_since?.toISOString() ?? null,
    failedInRow: row.failed_in_row,
    succeededAt: row.succeeded_at?.toISOString() ?? null,
    restingUntil:
      row.resting_until !== null && row.resting_until.getTime() > Date.now() ? row.resting_until.toISOString() : null,
    waiting: waitingOf.get(row.id) ?? 0,
    hours: Array.from({ length: hoursShown }, (_, i) => {
      const hour = new Date(firstHour.getTime() + i * hourMs);
      const { delivered = 0, failed = 0, took_ms = 0 } = hourOf.get(`${row.id} ${hour.getTime()}`) ?? {};
      const attempts = delivered + failed;
      return {
        hour: hour.toISOString(),
        delivered,
        failed,
        meanMs: attempts === 0 ? null : Math.round(took_ms / attempts),
      };
    }),
  }));
}

export async function readWebhook(ctx: Ctx, id: number): Promise<WebhookRow> {
  const [row] = await readWebhooks(ctx, id);
  if (!row) throw new AppError('not_found');
  return row;
}
