import type { Input, Output } from '#contract';
import type { listTouches, listTouchPacks } from '#contract/touch';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { decodeCursor, toPage } from '#platform/paging';

type Row = Output<typeof listTouches>['rows'][number];

export async function listTouchPage(ctx: Ctx, input: Input<typeof listTouches>): Promise<Output<typeof listTouches>> {
  const cursor = decodeCursor(input.after, ['number']);
  const wanted = [
    cursor === undefined ? undefined : sql`t.id < ${cursor[0]}`,
    input.customer === undefined ? undefined : sql`t.customer_id = ${input.customer}`,
    input.code === undefined ? undefined : sql`t.code_id = ${input.code}`,
    input.kind === undefined ? undefined : sql`t.kind = ${input.kind}`,
    input.source === undefined ? undefined : sql`t.source_id = ${input.source}`,
    input.channel === undefined ? undefined : sql`t.channel = ${input.channel}`,
    input.category === undefined ? undefined : sql`t.category = ${input.category}`,
    input.state === undefined ? undefined : sql`t.state = ${input.state}`,
    input.reason === undefined ? undefined : sql`t.reason = ${input.reason}`,
    input.pack === undefined ? undefined : sql`t.pack_id = ${input.pack}`,
  ].filter((condition) => condition !== undefined);
  const { rows } = await sql<
    Omit<Row, 'plannedAt' | 'dueAt' | 'settledAt'> & { plannedAt: Date; dueAt: Date; settledAt: Date | null }
  >`
    select t.id, t.customer_id as "customerId", c.name as "customerName", t.kind, t.source_id as "sourceId", t.part, t.channel,
      t.category, t.is_holdout as "isHoldout", t.state, t.reason, t.detail, t.platform_message as "platformMessage",
      case when t.state = 'suppressed' then null else coalesce(t.said ->> 'text', t.content -> 'message' ->> 'text', p.message ->> 'text') end as text,
      coalesce((t.said ->> 'attachmentCount')::int, jsonb_array_length(t.content -> 'message' -> 'attachments'),
        jsonb_array_length(p.message -> 'attachments'), 0) as "attachmentCount",
      t.pack_id as "packId", t.planned_at as "plannedAt", t.due_at as "dueAt", t.settled_at as "settledAt", t.took_ms as "tookMs",
      (select json_build_object('id', o.id, 'name', o.name) from content_version v join content o on o.id = v.content_id
        where v.id = t.version_id) as content,
      (select json_build_object('id', s.id, 'name', s.name) from staff s where s.id = t.staff_id) as staff,
      (select json_build_object('id', cc.id, 'name', cc.name) from channel_code cc where cc.id = t.code_id) as code
    from touch t left join customer c on c.id = t.customer_id left join touch_pack p on p.id = t.pack_id
    where ${wanted.length === 0 ? sql`true` : sql.join(wanted, sql` and `)}
    order by t.id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return {
    next: page.next,
    rows: page.rows.map((row) => ({
      ...row,
      plannedAt: row.plannedAt.toISOString(),
      dueAt: row.dueAt.toISOString(),
      settledAt: row.settledAt?.toISOString() ?? null,
    })),
  };
}

export async function listPackPage(
  ctx: Ctx,
  input: Input<typeof listTouchPacks>,
): Promise<Output<typeof listTouchPacks>> {
  const cursor = decodeCursor(input.after, ['number']);
  type Pack = Output<typeof listTouchPacks>['rows'][number];
  type Times = 'createdAt' | 'submittedAt' | 'confirmedAt' | 'endedAt' | 'expiresAt' | 'remindedAt';
  type Raw = Omit<Pack, Times> & { [K in Times]: null extends Pack[K] ? Date | null : Date };
  const wanted = [
    cursor === undefined ? undefined : sql`p.id < ${cursor[0]}`,
    input.state === undefined ? undefined : sql`p.state = ${input.state}`,
    input.staff === undefined ? undefined : sql`p.staff_id = ${input.staff}`,
    input.kind === undefined ? undefined : sql`p.kind = ${input.kind}`,
    input.source === undefined ? undefined : sql`p.source_id = ${input.source}`,
  ].filter((condition) => condition !== undefined);
  const { rows } = await sql<Raw>`
    select p.id, p.channel, p.kind, p.source_id as "sourceId", p.part, p.message ->> 'text' as text,
      coalesce(jsonb_array_length(p.message -> 'attachments'), 0) as "attachmentCount", p.state, p.reason,
      p.platform_message as "platformMessage", p.customer_count as "customerCount", p.delivered_count as "deliveredCount",
      p.failed_count as "failedCount", p.created_at as "createdAt", p.submitted_at as "submittedAt",
      p.confirmed_at as "confirmedAt", p.ended_at as "endedAt", p.expires_at as "expiresAt", p.reminded_at as "remindedAt",
      p.reminder_count as "reminderCount", p.ending is not null and p.ended_at is null as "isEnding",
      (select json_build_object('id', c.id, 'name', c.name) from content_version v join content c on c.id = v.content_id
        where v.id = p.version_id) as content,
      (select json_build_object('id', s.id, 'name', s.name) from staff s where s.id = p.staff_id) as staff
    from touch_pack p
    where ${wanted.length === 0 ? sql`true` : sql.join(wanted, sql` and `)}
    order by p.id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return {
    next: page.next,
    rows: page.rows.map((row) => ({
      ...row,
      createdAt: row.createdAt.toISOString(),
      submittedAt: row.submittedAt?.toISOString() ?? null,
      confirmedAt: row.confirmedAt?.toISOString() ?? null,
      endedAt: row.endedAt?.toISOString() ?? null,
      expiresAt: row.expiresAt.toISOString(),
      remindedAt: row.remindedAt?.toISOString() ?? null,
    })),
  };
}
