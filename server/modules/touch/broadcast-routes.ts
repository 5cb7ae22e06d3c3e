import type { Input, Output } from '#contract';
import * as contract from '#contract/broadcasts';
import type { ChannelMessage } from '#contract/content';
import { recordAudit } from '#organization';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { type Endpoint, endpoint } from '#platform/module';
import { decodeCursor, toPage } from '#platform/paging';
import { mayRemind } from './broadcast-rules.ts';
import { broadcastBell, reached, stopBroadcasts, stoppable } from './broadcasts.ts';

async function listBroadcastPage(
  ctx: Ctx,
  input: Input<typeof contract.listBroadcasts>,
): Promise<Output<typeof contract.listBroadcasts>> {
  const cursor = decodeCursor(input.after, ['number']);
  type Row = Output<typeof contract.listBroadcasts>['rows'][number];
  type Times = 'createdAt' | 'dueAt' | 'submittedAt' | 'confirmedAt' | 'endedAt' | 'expiresAt';
  type Raw = Omit<Row, Times | 'remindedAt' | 'text' | 'attachmentCount'> & {
    [K in Times]: null extends Row[K] ? Date | null : Date;
  } & { remindedAt: Date[]; message: ChannelMessage | null };
  const { rows } = await sql<Raw>`
    select b.id, b.channel, b.kind, b.source_id as "sourceId", b.part, b.category, b.message, b.state, b.reason,
      b.platform_message as "platformMessage", b.created_at as "createdAt", b.due_at as "dueAt",
      b.submitted_at as "submittedAt", b.confirmed_at as "confirmedAt", b.ended_at as "endedAt",
      b.expires_at as "expiresAt", b.reminded_at as "remindedAt",
      b.ending is not null and b.ended_at is null as "isEnding",
      (select json_build_object('id', c.id, 'name', c.name) from content_version v join content c on c.id = v.content_id
        where v.id = b.version_id) as content,
      (select json_build_object('id', s.id, 'name', s.name) from staff s where s.id = b.staff_id) as staff,
      t.*
    from (
      select * from broadcast b
      where (${cursor === undefined} or b.id < ${cursor?.[0] ?? 0})
        and (${input.channel ?? null}::text is null or b.channel = ${input.channel ?? ''})
        and (${input.kind ?? null}::text is null or b.kind = ${input.kind ?? ''})
        and (${input.source ?? null}::bigint is null or b.source_id = ${input.source ?? 0})
        and (${input.state ?? null}::text is null or b.state = ${input.state ?? ''})
      order by b.id desc limit ${input.limit + 1}
    ) b cross join lateral (
      select count(*)::int as "targetCount", (count(*) filter (where t.state = 'sent'))::int as "sentCount",
        (count(*) filter (where t.state in ('failed', 'expired')))::int as "failedCount",
        coalesce(sum(${reached}) filter (where t.state = 'sent'), 0)::int as "customerCount",
        coalesce(sum(t.like_count), 0)::int as "likeCount", coalesce(sum(t.comment_count), 0)::int as "commentCount"
      from broadcast_target t left join wecom_group_chat g on b.channel = 'wecom_group' and g.chat_id = t.key
      where t.broadcast_id = b.id
    ) t
    order by b.id desc
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return { next: page.next, rows: page.rows.map(toShown) };

  function toShown({ message, ...row }: Raw): Row {
    const says = message?.kind === 'wecom' || message?.kind === 'moment' ? message : undefined;
    return {
      ...row,
      text: says?.text ?? null,
      attachmentCount: says?.attachments.length ?? 0,
      createdAt: row.createdAt.toISOString(),
      dueAt: row.dueAt.toISOString(),
      submittedAt: row.submittedAt?.toISOString() ?? null,
      confirmedAt: row.confirmedAt?.toISOString() ?? null,
      endedAt: row.endedAt?.toISOString() ?? null,
      expiresAt: row.expiresAt.toISOString(),
      remindedAt: row.remindedAt.map((at) => at.toISOString()),
    };
  }
}

async function listTargetPage(
  ctx: Ctx,
  input: Input<typeof contract.listBroadcastTargets>,
): Promise<Output<typeof contract.listBroadcastTargets>> {
  const cursor = decodeCursor(input.after, ['string']);
  await requireBroadcast(ctx, input.id);
  type Row = Output<typeof contract.listBroadcastTargets>['rows'][number];
  const { rows } = await sql<Omit<Row, 'settledAt'> & { settledAt: Date | null }>`
    select t.key, coalesce(nullif(g.name, ''), s.name) as name, t.state, t.reason, t.settled_at as "settledAt",
      ${reached} as "customerCount", t.like_count as "likeCount", t.comment_count as "commentCount"
    from broadcast_target t join broadcast b on b.id = t.broadcast_id
      left join wecom_group_chat g on b.channel = 'wecom_group' and g.chat_id = t.key
      left join staff s on b.channel = 'wecom_moment' and lower(s.wecom_userid) = lower(t.key)
    where t.broadcast_id = ${input.id} and (${cursor === undefined} or t.key > ${cursor?.[0] ?? ''})
    order by t.key limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.key]);
  return {
    next: page.next,
    rows: page.rows.map((row) => ({ ...row, settledAt: row.settledAt?.toISOString() ?? null })),
  };
}

async function requireBroadcast(ctx: Ctx, id: number) {
  const row = await ctx.db.selectFrom('broadcast').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new AppError('not_found');
  return row;
}

/** Asks for a reminder; the pump reminds. */
async function askToRemind(ctx: WriteCtx, { id }: Input<typeof contract.remindBroadcast>): Promise<void> {
  const row = await requireBroadcast(ctx, id);
  if (row.channel !== 'wecom_group' || row.state !== 'submitted' || row.ending !== null)
    throw new AppError('broadcast_not_waiting');
  if (!mayRemind(row.reminded_at, ctx.now)) throw new AppError('broadcast_reminded');
  await ctx.db.updateTable('broadcast').set({ remind_at: ctx.now, poll_at: ctx.now }).where('id', '=', id).execute();
  await recordAudit(ctx, { action: 'broadcast.reminded', subjectKind: 'broadcast', subjectId: id });
  wake(ctx, broadcastBell);
}

async function cancelOne(ctx: WriteCtx, { id }: Input<typeof contract.cancelBroadcast>): Promise<void> {
  const row = await requireBroadcast(ctx, id);
  if (!(stoppable as readonly string[]).includes(row.state)) throw new AppError('broadcast_over');
  await stopBroadcasts(ctx, sql`id = ${id}`);
  await recordAudit(ctx, { action: 'broadcast.cancelled', subjectKind: 'broadcast', subjectId: id });
}

/** Somebody looked at WeCom and knows what happened. */
async function decideUnknown(ctx: WriteCtx, { id, as }: Input<typeof contract.decideBroadcast>): Promise<void> {
  const row = await requireBroadcast(ctx, id);
  if (row.state !== 'unknown') throw new AppError('broadcast_known');
  await ctx.db
    .updateTable('broadcast')
    .set(
      as === 'sent'
        ? { state: 'done', reason: 'decided_by_hand', ended_at: ctx.now }
        : {
            state: 'planned',
            reason: null,
            may_have_arrived: false,
            ended_at: null,
            retry_at: null,
            attempts: 0,
            // Its time was over when nobody knew: it gets as much again.
            expires_at: new Date(ctx.now.getTime() + row.expires_at.getTime() - row.due_at.getTime()),
          },
    )
    .where('id', '=', id)
    .execute();
  if (as === 'sent') {
    await ctx.db
      .updateTable('broadcast_target')
      .set({ state: 'sent', settled_at: ctx.now })
      .where('broadcast_id', '=', id)
      .where('state', '=', 'waiting')
      .execute();
  }
  await recordAudit(ctx, {
    action: 'broadcast.decided',
    subjectKind: 'broadcast',
    subjectId: id,
    before: { state: row.state },
    after: { as },
  });
  wake(ctx, broadcastBell);
}

const ok = { ok: true } as const;

export const broadcastEndpoints: Endpoint[] = [
  endpoint(contract.listBroadcasts, listBroadcastPage),
  endpoint(contract.listBroadcastTargets, listTargetPage),
  endpoint(contract.remindBroadcast, async (ctx, input) => {
    await askToRemind(ctx, input);
    return ok;
  }),
  endpoint(contract.cancelBroadcast, async (ctx, input) => {
    await cancelOne(ctx, input);
    return ok;
  }),
  endpoint(contract.decideBroadcast, async (ctx, input) => {
    await decideUnknown(ctx, input);
    return ok;
  }),
];
