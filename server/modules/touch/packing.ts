import type { Channel, Policy, TouchKind } from '#contract/touch';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import type { Runtime } from '#platform/module';
import { isNotHeld } from './hold.ts';
import { type FinishedTouch, finishedColumns, finishTouches } from './ledger.ts';
import type { Packer } from './pack.ts';
import type { TouchReason } from './rules.ts';
import { isOneForAll, type Speech, speak } from './speak.ts';

/** Touches that may go into one pack: one source and part, one version, one member. */
interface PackGroup {
  readonly kind: TouchKind;
  readonly sourceId: number | null;
  readonly part: string | null;
  readonly versionId: number | null;
  readonly staffId: number | null;
  readonly priority: number;
}

interface Waiting {
  readonly customerId: number;
  readonly purpose: string;
  readonly occasionAt: Date;
  readonly id: number;
  readonly expiresAt: Date | null;
}

/** Makes packs of one group of allowed touches that have waited for others long enough. Returns the packs made. */
export async function packTouches(ctx: Ctx, runtime: Runtime, packer: Packer, policy: Policy): Promise<number> {
  const group = await findGroup(ctx, packer.channel, policy.packs.waitMinutes);
  if (!group) return 0;
  const touches = await readWaiting(ctx, packer.channel, group, packer.traits.maxCustomers);
  const { speeches, silent } = await speakGroup(ctx, runtime, packer.channel, group, touches);
  return await inTransaction(ctx, async (ctx) => {
    for (const [reason, some] of silent) await failTouches(ctx, some, reason);
    let made = 0;
    for (const [message, some] of speeches) made += await writePack(ctx, packer, policy, group, message, some);
    return made + silent.size;
  });
}

/**
 * A group whose first touch was allowed long enough ago. Groups are looked up one after the other in the index, so that a
 * campaign to a million costs as many looks as it has members.
 */
async function findGroup(ctx: Ctx, channel: Channel, waitMinutes: number): Promise<PackGroup | undefined> {
  const readyAt = new Date(ctx.now.getTime() - waitMinutes * 60_000);
  const waiting = (priority: number) =>
    sql`channel = ${channel} and priority = ${sql.lit(priority)} and state = 'allowed'`;
  for (const priority of [1, 2]) {
    const { rows } = await sql<PackGroup>`
      with recursive member as (
        (select staff_id, source_id from touch where ${waiting(priority)} order by staff_id, source_id limit 1)
        union all
        select n.staff_id, n.source_id from member m cross join lateral (
          select staff_id, source_id from touch
          where ${waiting(priority)} and (staff_id, source_id) > (m.staff_id, m.source_id) order by staff_id, source_id limit 1
        ) n
      )
      select t.kind, t.source_id as "sourceId", t.part, t.version_id as "versionId", t.staff_id as "staffId", t.priority
      from member m cross join lateral (
        select kind, source_id, part, version_id, staff_id, priority, decided_at from touch
        where ${waiting(priority)} and staff_id = m.staff_id and source_id = m.source_id order by id limit 1
      ) t
      where t.decided_at <= ${readyAt} and ${isNotHeld('t')} limit 1
    `.execute(ctx.db);
    if (rows[0]) return rows[0];
  }
  return undefined;
}

async function readWaiting(ctx: Ctx, channel: Channel, group: PackGroup, limit: number): Promise<Waiting[]> {
  const { rows } = await sql<Waiting>`
    select customer_id as "customerId", purpose, occasion_at as "occasionAt", id, expires_at as "expiresAt" from touch
    where channel = ${channel} and priority = ${group.priority} and state = 'allowed' and staff_id = ${group.staffId}
      and source_id = ${group.sourceId} and kind = ${group.kind} and part is not distinct from ${group.part}
      and version_id is not distinct from ${group.versionId}
    order by id limit ${limit}
  `.execute(ctx.db);
  return rows;
}

/** The touches of a group by what is said to them; and those to whom nothing can be said, by the reason. */
async function speakGroup(ctx: Ctx, runtime: Runtime, channel: Channel, group: PackGroup, touches: readonly Waiting[]) {
  const speeches = new Map<string, Waiting[]>();
  const silent = new Map<TouchReason, Waiting[]>();
  const add = <K>(to: Map<K, Waiting[]>, key: K, some: readonly Waiting[]) =>
    to.set(key, [...(to.get(key) ?? []), ...some]);
  const { versionId } = group;
  if (versionId === null) return { speeches, silent: add(silent, 'content_missing', touches) };
  const isOne = await isOneForAll(ctx, channel, versionId);
  const asked = isOne ? touches.slice(0, 1) : touches;
  const spoken = await speak(
    ctx,
    channel,
    asked.map(({ customerId }) => ({
      versionId,
      customerId,
      staffId: group.staffId,
      touchId: null,
      kind: group.kind,
      sourceId: group.sourceId,
    })),
    runtime,
  );
  for (const [i, touch] of asked.entries()) {
    const speech: Speech = spoken[i] ?? { problem: 'content_missing' };
    const some = isOne ? touches : [touch];
    if ('message' in speech) add(speeches, JSON.stringify(speech.message), some);
    else add(silent, speech.problem, some);
  }
  return { speeches, silent };
}

/** A pack and its touches, which are its own from now on; who is allowed no more meanwhile is left out. */
async function writePack(
  ctx: WriteCtx,
  packer: Packer,
  policy: Policy,
  group: PackGroup,
  message: string,
  touches: readonly Waiting[],
): Promise<number> {
  const until = ctx.now.getTime() + policy.packs.expireHours * 3_600_000;
  const ends = touches.flatMap(({ expiresAt }) => expiresAt?.getTime() ?? []);
  const { id } = await ctx.db
    .insertInto('touch_pack')
    .values({
      channel: packer.channel,
      staff_id: group.staffId,
      kind: group.kind,
      source_id: group.sourceId,
      part: group.part,
      version_id: group.versionId,
      message,
      state: 'planned',
      customer_count: 0,
      created_at: ctx.now,
      expires_at: new Date(Math.min(until, ...ends)),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { numAffectedRows } = await sql`
    update touch t set state = 'claimed', pack_id = ${id}
    from unnest(${touches.map((touch) => touch.customerId)}::bigint[], ${touches.map((touch) => touch.purpose)}::text[],
      ${touches.map((touch) => touch.occasionAt)}::timestamptz[]) as r(customer_id, purpose, occasion_at)
    where t.customer_id = r.customer_id and t.purpose = r.purpose and t.occasion_at = r.occasion_at and t.state = 'allowed'
  `.execute(ctx.db);
  const count = Number(numAffectedRows ?? 0);
  if (count === 0) {
    await ctx.db.deleteFrom('touch_pack').where('id', '=', id).execute();
    return 0;
  }
  await ctx.db.updateTable('touch_pack').set({ customer_count: count }).where('id', '=', id).execute();
  return 1;
}

async function failTouches(ctx: WriteCtx, touches: readonly Waiting[], reason: TouchReason): Promise<void> {
  const { rows } = await sql<FinishedTouch>`
    update touch t set state = 'failed', reason = ${reason}, settled_at = ${ctx.now}
    from unnest(${touches.map((touch) => touch.customerId)}::bigint[], ${touches.map((touch) => touch.purpose)}::text[],
      ${touches.map((touch) => touch.occasionAt)}::timestamptz[]) as r(customer_id, purpose, occasion_at)
    where t.customer_id = r.customer_id and t.purpose = r.purpose and t.occasion_at = r.occasion_at and t.state = 'allowed'
    returning ${finishedColumns}, ${ctx.now}::timestamptz as at
  `.execute(ctx.db);
  await finishTouches(ctx, rows);
}
