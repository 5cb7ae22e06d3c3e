import type { Input, Output } from '#contract';
import type { getWebhookDelivery, listWebhookDeliveries } from '#contract/webhooks';
import type { Ctx } from '#platform/ctx';
import { dayRange } from '#platform/days';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { bodyOf, type Message } from './rules.ts';

type Row = Output<typeof listWebhookDeliveries>['rows'][number];

const bodyShown = 20_000;

const shown = [
  'd.id',
  'd.message_id',
  'd.webhook_id',
  'w.url',
  'd.event_name',
  'd.customer_id',
  'd.occurred_at',
  'd.created_at',
  'd.state',
  'd.attempts',
  'd.last_status',
  'd.last_reason',
  'd.due_at',
  'd.settled_at',
] as const;

export async function listDeliveries(
  ctx: Ctx,
  input: Input<typeof listWebhookDeliveries>,
): Promise<Output<typeof listWebhookDeliveries>> {
  const cursor = decodeCursor(input.after, ['number']);
  const range = dayRange(ctx.zone, input.from, input.to);
  const rows = await fromLog(ctx)
    .select(shown)
    .where('w.deleted_at', 'is', null)
    .$if(cursor !== undefined, (query) => query.where('d.id', '<', cursor?.[0] ?? 0))
    .$if(input.webhook !== undefined, (query) => query.where('d.webhook_id', '=', input.webhook ?? 0))
    .$if(input.state !== undefined, (query) => query.where('d.state', '=', input.state ?? ''))
    .$if(input.event !== undefined, (query) => query.where('d.event_name', '=', input.event ?? ''))
    .$if(range.from !== undefined, (query) => query.where('d.created_at', '>=', range.from ?? ctx.now))
    .$if(range.until !== undefined, (query) => query.where('d.created_at', '<', range.until ?? ctx.now))
    .orderBy('d.id', 'desc')
    .limit(input.limit + 1)
    .execute();
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return { next: page.next, rows: page.rows.map(toRow) };
}

export async function readDelivery(ctx: Ctx, id: number): Promise<Output<typeof getWebhookDelivery>> {
  const row = await fromLog(ctx)
    .select([...shown, 'd.accounts', 'd.source', 'd.staff_id', 'd.code_id', 'd.properties', 'd.log'])
    .where('d.id', '=', id)
    .where('w.deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw new AppError('not_found');
  const body = bodyOf({
    eventName: row.event_name,
    occurredAt: row.occurred_at,
    customerId: row.customer_id,
    accounts: row.accounts as Message['accounts'],
    source: row.source,
    staffId: row.staff_id,
    codeId: row.code_id,
    properties: row.properties as Message['properties'],
  });
  return {
    ...toRow(row),
    body: body.slice(0, bodyShown),
    log: row.log as Output<typeof getWebhookDelivery>['log'],
  };
}

function fromLog(ctx: Ctx) {
  return ctx.db.selectFrom('webhook_delivery as d').innerJoin('webhook as w', 'w.id', 'd.webhook_id');
}

interface Selected {
  id: number;
  message_id: string;
  webhook_id: number;
  url: string;
  event_name: string;
  customer_id: number;
  occurred_at: Date;
  created_at: Date;
  state: string;
  attempts: number;
  last_status: number | null;
  last_reason: string | null;
  due_at: Date;
  settled_at: Date | null;
}

function toRow(row: Selected): Row {
  return {
    id: row.id,
    messageId: row.message_id,
    webhook: { id: row.webhook_id, url: row.url },
    eventName: row.event_name,
    customerId: row.customer_id === 0 ? null : row.customer_id,
    occurredAt: row.occurred_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    state: row.state as Row['state'],
    attempts: row.attempts,
    lastStatus: row.last_status,
    lastReason: row.last_reason as Row['lastReason'],
    dueAt: row.state === 'planned' ? row.due_at.toISOString() : null,
    settledAt: row.settled_at?.toISOString() ?? null,
  };
}
