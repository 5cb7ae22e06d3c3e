import { type LinkMaker, renderMessages } from '#content';
import type { ChannelMessage } from '#contract/content';
import type { Category, Policy, TouchKind } from '#contract/touch';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { ensureMonths } from '#platform/partitions';
import { isOrphaned, type Pump, type Worker } from '#platform/pump';
import { groupQuota, mayRemind, momentQuotas, nextReminder, retryPauseMs } from './broadcast-rules.ts';
import type { Broadcast, Broadcaster, BroadcastNews, BroadcastTarget, TargetNews } from './broadcaster.ts';
import { broadcastBell, endTargets } from './broadcasts.ts';
import { isNotHeld } from './hold.ts';
import { type FinishedTouch, finishTouches } from './ledger.ts';
import { readPolicy } from './policy.ts';
import { bookQuota, giveQuotaBack } from './quota.ts';
import type { TouchReason } from './rules.ts';

/** The product's time: a member needs a moment to see a task. */
const firstPollMs = 60_000;
/** Taken at once by one worker. */
const atOnce = 4;

/** Submits broadcasts that are due, asks about those the platform has, reminds and stops. */
export function createBroadcasting(broadcasters: readonly Broadcaster[], links: LinkMaker): Pump {
  const byChannel = new Map(broadcasters.map((broadcaster) => [broadcaster.channel, broadcaster]));
  const broadcasterOf = ({ channel }: Row) => {
    const broadcaster = byChannel.get(channel);
    if (!broadcaster) throw new Error(`no channel broadcasts ${channel}`);
    return broadcaster;
  };
  return {
    name: 'touch.broadcast',
    channel: broadcastBell,
    pollMs: 1000,
    lanes: 1,
    async drain(ctx, _runtime, worker) {
      const due = await claimDue(ctx, worker);
      await Promise.all(due.map((row) => submitOne(ctx, worker, broadcasterOf(row), row, links)));
      const watched = await leaseWatched(ctx);
      await Promise.all(watched.map((row) => watchOne(ctx, broadcasterOf(row), row)));
      return due.length + watched.length;
    },
  };
}

interface Row extends Omit<Broadcast, 'message'> {
  readonly message: ChannelMessage | null;
  readonly kind: TouchKind;
  readonly sourceId: number | null;
  readonly part: string | null;
  readonly category: Category;
  readonly versionId: number;
  readonly staffId: number | null;
  readonly tagCount: number;
  readonly state: string;
  readonly expiresAt: Date;
  readonly bookedAt: Date | null;
  readonly remindedAt: Date[];
  readonly remindAt: Date | null;
  readonly ending: 'expired' | 'cancelled' | null;
  readonly mayHaveArrived: boolean;
  readonly attempts: number;
}

const columns = sql`
  b.id, b.channel, b.kind, b.source_id as "sourceId", b.part, b.category, b.version_id as "versionId", b.message,
  b.staff_id as "staffId", (select s.wecom_userid from staff s where s.id = b.staff_id) as "staffUserid",
  array(select t.wecom_id from tag t where t.id = any(b.tag_ids) and t.wecom_id is not null) as "tagWecomIds",
  cardinality(b.tag_ids) as "tagCount",
  b.platform_id as "platformId", b.platform_job as "platformJob", b.created_at as "createdAt", b.state,
  b.expires_at as "expiresAt", b.booked_at as "bookedAt", b.reminded_at as "remindedAt",
  b.remind_at as "remindAt", b.ending, b.may_have_arrived as "mayHaveArrived", b.attempts`;

/** Takes due broadcasts for this worker; what a dead worker held, or this one dropped, may have arrived. */
async function claimDue(ctx: Ctx, worker: Worker): Promise<Row[]> {
  const { rows } = await sql<Row>`
    with due as (
      select id, state = 'claimed' as was_dropped from broadcast
      where state = 'planned' and due_at <= ${ctx.now} and (retry_at is null or retry_at <= clock_timestamp())
        and ${isNotHeld('broadcast')}
        or state = 'claimed' and (claimed_by = ${worker.number} or ${isOrphaned('claimed_by')})
      order by id limit ${atOnce} for update skip locked
    )
    update broadcast b set state = 'claimed', claimed_by = ${worker.number}, attempts = attempts + 1,
      may_have_arrived = may_have_arrived or due.was_dropped
    from due where b.id = due.id
    returning ${columns}
  `.execute(ctx.db);
  return rows;
}

async function submitOne(
  ctx: Ctx,
  worker: Worker,
  broadcaster: Broadcaster,
  row: Row,
  links: LinkMaker,
): Promise<void> {
  const settle = (end: Settlement) => inTransaction(ctx, (ctx) => settleClaimed(ctx, worker, row, end));
  const keys = await readWaiting(ctx, row.id);
  const message = row.message ?? (await prepare(ctx, row, links));
  if (typeof message === 'string') return settle({ kind: 'failed', reason: message, message: '' });
  // Without its tags it would be shown to everybody.
  if (row.tagCount > 0 && row.tagWecomIds.length === 0)
    return settle({ kind: 'failed', reason: 'platform_refused', message: 'WeCom knows none of the tags' });
  const broadcast: Broadcast = { ...row, message };

  if (row.mayHaveArrived) {
    const found = await broadcaster.find(ctx, broadcast, keys);
    if (found !== 'absent' && 'platformId' in found)
      return settle({ kind: 'submitted', platformId: found.platformId, platformJob: null, failed: [] });
    if (found !== 'absent') {
      if (row.expiresAt <= ctx.now) return settle({ kind: 'unknown' });
      return settle({ kind: 'again', mayHaveArrived: true, message: found.failure.message });
    }
  }
  if (row.ending === 'cancelled') return settle({ kind: 'cancelled' });
  if (row.expiresAt <= ctx.now) return settle({ kind: 'expired' });

  const booked = await inTransaction(ctx, (ctx) => book(ctx, row, keys));
  if (booked === 'later') return settle({ kind: 'again', mayHaveArrived: false, message: 'platform quota' });
  if (row.channel === 'wecom_group' && booked.length === 0)
    return settle({ kind: 'failed', reason: 'platform_quota', message: 'every group has had its messages' });
  // From here on the platform may have it, whatever becomes of this process: the row is claimed, and says so.
  const { receipt, platformId, platformJob, failed } = await broadcaster.submit(ctx, broadcast, booked);
  switch (receipt.outcome) {
    case 'accepted':
      return settle({
        kind: 'submitted',
        platformId: platformId ?? null,
        platformJob: platformJob ?? null,
        failed: failed ?? [],
      });
    case 'unknown':
      return settle({ kind: 'again', mayHaveArrived: true, message: receipt.message });
    case 'unreachable':
      return settle({ kind: 'again', mayHaveArrived: false, message: receipt.message });
    case 'refused':
      return receipt.retryable
        ? settle({ kind: 'again', mayHaveArrived: false, message: receipt.message })
        : settle({ kind: 'failed', reason: receipt.reason, message: receipt.message });
  }
}

type Settlement =
  | { kind: 'submitted'; platformId: string | null; platformJob: string | null; failed: readonly string[] }
  | { kind: 'failed'; reason: TouchReason; message: string }
  | { kind: 'again'; mayHaveArrived: boolean; message: string }
  | { kind: 'unknown' }
  | { kind: 'expired' | 'cancelled' };

async function settleClaimed(ctx: WriteCtx, worker: Worker, row: Row, end: Settlement): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    update broadcast set claimed_by = null, ${changeOf(ctx, await readPolicy(ctx), row, end)}
    where id = ${row.id} and state = 'claimed' and claimed_by = ${worker.number} returning id
  `.execute(ctx.db);
  if (rows.length === 0) return;
  // What surely was not taken has used nothing.
  if (
    end.kind === 'failed' ||
    end.kind === 'expired' ||
    end.kind === 'cancelled' ||
    (end.kind === 'again' && !end.mayHaveArrived)
  )
    await giveBack(ctx, row);
  if (end.kind === 'submitted') {
    await failTargets(ctx, row.id, end.failed, 'not_permitted');
  } else if (end.kind === 'failed' || end.kind === 'expired' || end.kind === 'cancelled') {
    await endTargets(ctx, [row.id], end.kind);
  }
}

function changeOf(ctx: Ctx, policy: Policy, row: Row, end: Settlement) {
  switch (end.kind) {
    case 'submitted':
      return sql`state = 'submitted', reason = null, platform_message = null, platform_id = ${end.platformId}, platform_job = ${end.platformJob},
        submitted_at = ${ctx.now}, may_have_arrived = false, poll_at = case when ending is null then ${new Date(ctx.now.getTime() + firstPollMs)}::timestamptz else ${ctx.now}::timestamptz end, remind_at = ${nextReminder(policy, ctx.now, 0)}`;
    case 'again':
      return sql`state = 'planned', reason = ${end.mayHaveArrived ? 'no_answer' : null}, platform_message = ${end.message.slice(0, 300)},
        may_have_arrived = ${end.mayHaveArrived}, retry_at = ${new Date(Date.now() + retryPauseMs(row.attempts))}`;
    case 'failed':
      return sql`state = 'failed', reason = ${end.reason}, platform_message = ${end.message.slice(0, 300)}, ended_at = ${ctx.now}`;
    case 'unknown':
      return sql`state = 'unknown', reason = 'no_answer', ended_at = ${ctx.now}`;
    case 'expired':
      return sql`state = 'expired', reason = 'too_late', ended_at = ${ctx.now}`;
    case 'cancelled':
      return sql`state = 'cancelled', reason = 'cancelled', ended_at = ${ctx.now}`;
  }
}

async function readWaiting(ctx: Ctx, id: number): Promise<string[]> {
  const rows = await ctx.db
    .selectFrom('broadcast_target')
    .select('key')
    .where('broadcast_id', '=', id)
    .where('state', '=', 'waiting')
    .orderBy('key')
    .execute();
  return rows.map((row) => row.key);
}

/** Renders what is said, once: a lost answer is looked for by the very words. A problem comes back as a reason. */
async function prepare(ctx: Ctx, row: Row, links: LinkMaker): Promise<ChannelMessage | TouchReason> {
  const { versionId, staffId, kind, sourceId } = row;
  const [rendered] = await renderMessages(
    ctx,
    row.channel,
    [{ versionId, customerId: null, staffId, touchId: null, kind, sourceId }],
    links,
  );
  if (!rendered || 'problem' in rendered)
    return rendered?.problem === 'nothing_to_say' ? 'nothing_to_say' : 'content_missing';
  await inTransaction(ctx, (ctx) =>
    ctx.db
      .updateTable('broadcast')
      .set({ message: JSON.stringify(rendered.message) })
      .where('id', '=', row.id)
      .execute(),
  );
  return rendered.message;
}

/**
 * Books the platform's quotas before the call. Groups that have had theirs fail; the keys of the others come back. A
 * broadcast that was booked and may have arrived stays booked.
 */
async function book(ctx: WriteCtx, row: Row, keys: readonly string[]): Promise<string[] | 'later'> {
  if (row.bookedAt !== null) return [...keys];
  const booked: string[] = [];
  if (row.channel === 'wecom_moment') {
    const { month, minute } = momentQuotas(ctx.now, new Date());
    if (!(await bookQuota(ctx, month, 1, month.max))) return 'later';
    if (!(await bookQuota(ctx, minute, 1, minute.max))) {
      await giveQuotaBack(ctx, month, 1);
      return 'later';
    }
    booked.push(...keys);
  } else {
    const limit = groupQuota(await readPolicy(ctx), ctx.now);
    // In the order of the keys, so that two that book for the same groups never wait for each other in a ring.
    const { rows } = await sql<{ key: string }>`
      insert into touch_quota as q (name, period_start, used)
      select ${limit.name} || key, ${limit.periodStart}::timestamptz, 1 from unnest(${keys}::text[]) as k(key) order by key
      on conflict (name, period_start) do update set used = q.used + 1 where q.used < ${limit.max}
      returning substr(name, ${limit.name.length + 1}) as key
    `.execute(ctx.db);
    booked.push(...rows.map((row) => row.key));
    const over = keys.filter((key) => !booked.includes(key));
    await failTargets(ctx, row.id, over, 'platform_quota');
  }
  await ctx.db.updateTable('broadcast').set({ booked_at: ctx.now }).where('id', '=', row.id).execute();
  return booked;
}

/** In the period in which it was booked. What failed has its quota back already, or never had it. */
async function giveBack(ctx: WriteCtx, row: Row): Promise<void> {
  const { rows } = await sql<{ bookedAt: Date }>`
    update broadcast b set booked_at = null from (select id, booked_at from broadcast where id = ${row.id} for update) before
    where b.id = before.id and before.booked_at is not null returning before.booked_at as "bookedAt"
  `.execute(ctx.db);
  const [booked] = rows;
  if (!booked) return;
  if (row.channel === 'wecom_moment')
    return giveQuotaBack(ctx, momentQuotas(booked.bookedAt, booked.bookedAt).month, 1);
  const limit = groupQuota(await readPolicy(ctx), booked.bookedAt);
  await sql`
    update touch_quota q set used = greatest(0, q.used - 1) from broadcast_target t
    where t.broadcast_id = ${row.id} and t.state = 'waiting' and q.name = ${limit.name} || t.key and q.period_start = ${limit.periodStart}
  `.execute(ctx.db);
}

/**
 * Takes broadcasts that are to be asked about: often at first and ever less often, every tenth of their age. The next time is
 * set before the call, so that of two workers one asks.
 */
async function leaseWatched(ctx: Ctx): Promise<Row[]> {
  const { rows } = await sql<Row>`
    with due as (
      select id from broadcast where state in ('submitted', 'confirmed') and poll_at <= ${ctx.now}
      order by poll_at limit ${atOnce} for update skip locked
    )
    update broadcast b set poll_at = ${ctx.now}::timestamptz + least(interval '30 minutes',
      greatest(interval '1 minute', (${ctx.now}::timestamptz - b.submitted_at) / 10))
    from due where b.id = due.id
    returning ${columns}
  `.execute(ctx.db);
  return rows;
}

async function watchOne(ctx: Ctx, broadcaster: Broadcaster, row: Row): Promise<void> {
  if (row.message === null) throw new Error(`broadcast ${row.id} was submitted without words`);
  let broadcast: Broadcast = { ...row, message: row.message };
  const ending = row.ending ?? (row.expiresAt <= ctx.now ? 'expired' : null);
  let isStopped = false;
  const stop = async () => {
    const { receipt } = await broadcaster.cancel(ctx, broadcast);
    // What the platform refuses for good there is nothing to stop of: it is sent, or gone.
    isStopped = receipt.outcome === 'accepted' || (receipt.outcome === 'refused' && !receipt.retryable);
  };
  if (ending !== null && broadcast.platformId !== null) {
    await stop();
    if (!isStopped) return;
  }
  const targets = await readTargets(ctx, row.id);
  let isOver = false;
  for await (const news of broadcaster.poll(ctx, broadcast, targets)) {
    if (news.kind === 'failure') {
      ctx.log.warn({ broadcast: row.id, failure: news.failure.message }, 'a broadcast could not be asked about');
      return;
    }
    if (news.kind === 'over') isOver = true;
    if (news.kind === 'made') broadcast = { ...broadcast, platformId: news.platformId };
    await inTransaction(ctx, (ctx) => take(ctx, row, news));
    if (news.kind === 'refused') return;
  }
  if (ending !== null && !isStopped) {
    // A Moment that was still being made has its id only now.
    if (broadcast.platformId === null) return;
    await stop();
    if (!isStopped) return;
  }
  if (ending !== null) return inTransaction(ctx, (ctx) => end(ctx, row.id, ending));
  if (isOver) return inTransaction(ctx, (ctx) => end(ctx, row.id, null));
  await remindIfDue(ctx, broadcaster, row, broadcast);
}

async function readTargets(ctx: Ctx, id: number): Promise<BroadcastTarget[]> {
  return await ctx.db
    .selectFrom('broadcast_target')
    .select(['key', 'state', 'settled_at as settledAt', 'read_at as readAt'])
    .where('broadcast_id', '=', id)
    .orderBy('key')
    .execute();
}

/** Writes one piece of news down. All of them may be told again. */
async function take(ctx: WriteCtx, row: Row, news: BroadcastNews): Promise<void> {
  switch (news.kind) {
    case 'made':
      await ctx.db.updateTable('broadcast').set({ platform_id: news.platformId }).where('id', '=', row.id).execute();
      await failTargets(ctx, row.id, news.refused, 'not_permitted');
      return;
    case 'refused':
      await ctx.db
        .updateTable('broadcast')
        .set({ state: 'failed', reason: news.reason, platform_message: news.message.slice(0, 300), ended_at: ctx.now })
        .where('id', '=', row.id)
        .execute();
      await giveBack(ctx, row);
      await endTargets(ctx, [row.id], 'failed');
      return;
    case 'targets':
      return settleTargets(ctx, row.id, news.targets);
    case 'reached':
      return recordReached(ctx, row, news.externalUserids);
    case 'read':
      await ctx.db
        .updateTable('broadcast_target')
        .set({
          read_at: ctx.now,
          customer_count: news.customerCount,
          like_count: news.likeCount,
          comment_count: news.commentCount,
        })
        .where('broadcast_id', '=', row.id)
        .where('key', '=', news.key)
        .execute();
      return;
    case 'over':
    case 'failure':
      return;
  }
}

/** A target once settled stays so; one that nobody named (a Moment of everybody) is written down. */
async function settleTargets(ctx: WriteCtx, id: number, targets: readonly TargetNews[]): Promise<void> {
  if (targets.length === 0) return;
  const rows = targets.map(({ key, state, reason, at }) => ({
    key,
    state,
    reason: reason ?? null,
    settled_at: state === 'waiting' ? null : (at ?? ctx.now),
  }));
  await sql`
    insert into broadcast_target as t (broadcast_id, key, state, reason, settled_at)
    select ${id}::bigint, key, state, reason, settled_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n(key text, state text, reason text, settled_at timestamptz)
    on conflict (broadcast_id, key) do update
      set state = excluded.state, reason = excluded.reason, settled_at = excluded.settled_at
    where t.state = 'waiting' and excluded.state <> 'waiting'
  `.execute(ctx.db);
  const times = rows.filter((row) => row.state === 'sent').map((row) => row.settled_at?.getTime() ?? ctx.now.getTime());
  if (times.length === 0) return;
  await ctx.db
    .updateTable('broadcast')
    .set({ state: 'confirmed', confirmed_at: new Date(Math.min(...times)), remind_at: null })
    .where('id', '=', id)
    .where('state', '=', 'submitted')
    .execute();
}

/** Targets the platform, or its quota, leaves out. */
function failTargets(ctx: WriteCtx, id: number, keys: readonly string[], reason: TouchReason): Promise<void> {
  return settleTargets(
    ctx,
    id,
    keys.map((key) => ({ key, state: 'failed', reason })),
  );
}

/**
 * Customers whom a Moment has reached have been touched by it: their pages show it. It is no part of the attention budget,
 * for nobody is interrupted: Moments are looked up.
 */
async function recordReached(ctx: WriteCtx, row: Row, externalUserids: readonly string[]): Promise<void> {
  await ensureMonths(ctx, 'touch', [row.createdAt]);
  const said = row.message?.kind === 'moment' ? row.message : undefined;
  const { rows } = await sql<FinishedTouch>`
    insert into touch (customer_id, occasion_at, home_id, purpose, kind, source_id, part, channel, category, version_id, external_userid,
      state, priority, due_at, planned_at, decided_at, settled_at, said)
    select distinct on (i.customer_id) i.customer_id, ${row.createdAt}::timestamptz, i.id, ${`broadcast:${row.id}`}, ${row.kind}, ${row.sourceId}::bigint,
      ${row.part}::text, 'wecom_moment', ${row.category}, ${row.versionId}::bigint, i.value, 'delivered', 2, ${row.createdAt}::timestamptz,
      ${row.createdAt}::timestamptz, ${row.createdAt}::timestamptz, ${ctx.now}::timestamptz,
      ${said === undefined ? null : JSON.stringify({ text: said.text, attachmentCount: said.attachments.length })}::jsonb
    from identity i where i.kind = 'wecom' and i.value = any(${externalUserids}::text[])
    on conflict (customer_id, purpose, occasion_at) do nothing
    returning customer_id as "customerId", id as "touchId", kind, source_id as "sourceId", part, channel, category,
      staff_id as "staffId", code_id as "codeId", state, reason, said, settled_at as at
  `.execute(ctx.db);
  await finishTouches(ctx, rows);
}

/** Ends it. One that was sent in part before its time was over is done; what was not sent is told by its targets. */
async function end(ctx: WriteCtx, id: number, ending: 'expired' | 'cancelled' | null): Promise<void> {
  await endTargets(ctx, [id], ending ?? 'failed');
  await sql`
    update broadcast b set ended_at = ${ctx.now}, remind_at = null,
      state = case when ${ending}::text is null then 'done'
        when ${ending} = 'expired' and exists (select 1 from broadcast_target t where t.broadcast_id = b.id and t.state = 'sent') then 'done'
        else ${ending} end,
      reason = case ${ending}::text when 'cancelled' then 'cancelled' when 'expired' then 'not_confirmed' end
    where id = ${id} and state in ('submitted', 'confirmed')
  `.execute(ctx.db);
}

/** A reminder is written down before the call, so that no crash can make it two. */
async function remindIfDue(ctx: Ctx, broadcaster: Broadcaster, row: Row, broadcast: Broadcast): Promise<void> {
  if (!broadcaster.traits.canRemind || row.remindAt === null || row.remindAt > ctx.now) return;
  if (!mayRemind(row.remindedAt, ctx.now)) return;
  const next = nextReminder(await readPolicy(ctx), ctx.now, row.remindedAt.length + 1);
  const { rows } = await sql<{ id: number }>`
    update broadcast set reminded_at = reminded_at || ${ctx.now}::timestamptz, remind_at = ${next}::timestamptz
    where id = ${row.id} and state = 'submitted' and remind_at = ${row.remindAt} returning id
  `.execute(ctx.db);
  if (rows.length === 0) return;
  const { receipt } = await broadcaster.remind(ctx, broadcast);
  if (receipt.outcome !== 'accepted')
    ctx.log.warn({ broadcast: row.id, problem: receipt.message }, 'a member could not be reminded');
}
