import type { CampaignDraft } from '#contract/campaigns';
import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { type RawBuilder, sql } from '#platform/db';
import { AppError } from '#platform/errors';
import type { Pump } from '#platform/pump';
import { selectMembers } from '#segments';
import { planTouchesOf } from '#touch';
import { planAudience } from './audiences.ts';
import { audit, type Campaign, readCampaign, runChannel, selectPeople, sizeOf, stop } from './campaigns.ts';
import { drawSql, isBroadcast, needsApproval, nextRunAt, purposeOf } from './rules.ts';
import { readSettings } from './settings.ts';

/**
 * Runs of campaigns. A run begins when its time comes; its people are planned in batches, each batch and the cursor behind it in one
 * transaction, so that whoever is killed in between has done a batch or has not. What becomes of a touch is module touch's business.
 */

/** People planned in one transaction. */
const batch = 5000;

export const runPump: Pump = {
  name: 'campaigns.run',
  channel: runChannel,
  pollMs: 1000,
  lanes: 1,
  drain: async (ctx) => (await startDue(ctx)) || (await planBatch(ctx)),
};

/** Begins one run whose time has come. */
async function startDue(ctx: Ctx): Promise<number> {
  return inTransaction(ctx, async (ctx) => {
    // A rule of its own asks everybody: for a large base this takes longer than an answer may.
    await sql`set local statement_timeout = 0`.execute(ctx.db);
    const row = await ctx.db
      .selectFrom('campaign')
      .selectAll()
      .where('state', 'in', ['scheduled', 'running'])
      .where('next_run_at', '<=', ctx.now)
      // The people of one run are taken in before those of the next.
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('campaign_run')
              .select('number')
              .whereRef('campaign_run.campaign_id', '=', 'campaign.id')
              .where('campaign_run.state', '=', 'planning'),
          ),
        ),
      )
      .orderBy('next_run_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (!row) return 0;
    await startRun(ctx, readCampaign(row));
    return 1;
  });
}

async function startRun(ctx: WriteCtx, campaign: Campaign): Promise<void> {
  const { id, draft } = campaign;
  const size = await findSize(ctx, campaign);
  if (size === undefined) return stop(ctx, campaign, 'paused', 'segment_gone');
  const { approvalSize } = await readSettings(ctx);
  await ctx.db.updateTable('campaign').set({ size: size }).where('id', '=', id).execute();
  if (needsApproval(size, approvalSize, campaign.approvedSize)) return stop(ctx, campaign, 'waiting', 'grown');
  const number = campaign.runCount + 1;
  const expiresAt = new Date(ctx.now.getTime() + (draft.throttleHours + draft.expireHours) * 3_600_000);
  await ctx.db
    .insertInto('campaign_run')
    .values({
      campaign_id: id,
      number,
      state: isBroadcast(draft.channel) ? 'sending' : 'planning',
      occasion_at: ctx.now,
      expires_at: expiresAt,
    })
    .execute();
  if (draft.who.kind === 'rule') {
    const people = await selectPeople(ctx, draft.who);
    await sql`
      insert into campaign_candidate (campaign_id, customer_id) select ${id}, customer_id from (${people}) p
      on conflict do nothing
    `.execute(ctx.db);
  }
  if (isBroadcast(draft.channel)) await planAudience(ctx, campaign, { number, expiresAt });
  await ctx.db
    .updateTable('campaign')
    .set({ state: 'running', run_count: number, next_run_at: nextRunAt(draft.schedule, ctx.now, ctx.zone) })
    .where('id', '=', id)
    .execute();
  await audit(ctx, 'run_started', campaign, { after: { run: number, size: size } });
  wake(ctx, runChannel);
}

/** Undefined when the segment, or something its rule speaks of, is gone. */
async function findSize(ctx: WriteCtx, { draft }: Campaign): Promise<number | undefined> {
  try {
    return await sizeOf(ctx, draft.who);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

interface OpenRun {
  campaign_id: number;
  number: number;
  cursor: number;
  occasion_at: Date;
  expires_at: Date;
}

/** Plans the next people of one run. The campaign is held too: a pause waits for the batch, and the batch for no pause. */
async function planBatch(ctx: Ctx): Promise<number> {
  return inTransaction(ctx, async (ctx) => {
    const { rows } = await sql<OpenRun>`
      select r.campaign_id, r.number, r.cursor, r.occasion_at, r.expires_at
      from campaign_run r join campaign c on c.id = r.campaign_id
      where r.state = 'planning' and c.state = 'running' order by r.occasion_at, r.campaign_id limit 1
      for update of r skip locked for share of c skip locked
    `.execute(ctx.db);
    const [run] = rows;
    if (!run) return 0;
    const row = await ctx.db
      .selectFrom('campaign')
      .selectAll()
      .where('id', '=', run.campaign_id)
      .executeTakeFirstOrThrow();
    const campaign = readCampaign(row);
    const { rows: found } = await sql<{ last: number | null; count: number }>`
      select max(customer_id) as last, count(*) as count from (
        select customer_id from (${candidatesOf(campaign)}) p where customer_id > ${run.cursor} order by customer_id limit ${batch}
      ) b
    `.execute(ctx.db);
    const { last = null, count = 0 } = found[0] ?? {};
    if (last !== null) await planUpTo(ctx, campaign, run, { last, count });
    if (count < batch) await endPlanning(ctx, run);
    wake(ctx, runChannel);
    return 1;
  });
}

/** Those whom a run still takes its people from, by the order of their ids. */
function candidatesOf({ id, draft }: Campaign): RawBuilder<unknown> {
  if (draft.who.kind === 'segment') return selectMembers(draft.who.segmentId);
  return sql`select customer_id from campaign_candidate where campaign_id = ${id}`;
}

async function planUpTo(
  ctx: WriteCtx,
  campaign: Campaign,
  run: OpenRun,
  next: { last: number; count: number },
): Promise<void> {
  const { id, draft } = campaign;
  if (isBroadcast(draft.channel)) throw new Error('an audience has no people to plan');
  const among = sql`
    select customer_id from (${candidatesOf(campaign)}) p where customer_id > ${run.cursor} and customer_id <= ${next.last}
  `;
  const people = peopleOf(campaign, run, among);
  const { rows } = await sql<{ count: number }>`select count(*) as count from (${people}) p`.execute(ctx.db);
  const here = rows[0]?.count ?? 0;
  const planned = await planTouchesOf(ctx, people, {
    kind: 'campaign',
    sourceId: id,
    channel: draft.channel,
    category: campaign.category as 'promotion',
    expiresAt: run.expires_at,
    priority: 2,
  });
  const skipped = next.count - here;
  await sql`
    update campaign_run set cursor = ${next.last}, planned_count = planned_count + ${planned}::bigint,
      skipped = case when ${skipped}::int = 0 then skipped
        else jsonb_set(skipped, '{no_sender}', to_jsonb(coalesce((skipped ->> 'no_sender')::bigint, 0) + ${skipped}::int)) end
    where campaign_id = ${id} and number = ${run.number}
  `.execute(ctx.db);
}

/** As planTouchesOf asks for people: each with his draws, the version of his variant, and who says it. */
export function peopleOf(
  { id, draft, versions }: Pick<Campaign, 'id' | 'versions'> & { readonly draft: Omit<CampaignDraft, 'name'> },
  run: Pick<OpenRun, 'number' | 'occasion_at'>,
  among: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const draws = drawSql('d.customer_id', draft, id, run.number);
  const cases = Object.entries(versions).map(([part, versionId]) => sql`when ${part} then ${versionId}::bigint`);
  return sql`
    select d.customer_id, ${purposeOf(id, run.number)} as purpose, d.part, case d.part ${sql.join(cases, sql` `)} end as version_id,
      d.staff_id, d.is_holdout, ${run.occasion_at}::timestamptz + d.delay_hours * interval '1 hour' as due_at,
      ${run.occasion_at}::timestamptz as occasion_at
    from (
      select d.customer_id, ${sql.raw(draws.part)} as part, ${sql.raw(draws.isHoldout)} as is_holdout,
        ${sql.raw(draws.delayHours)} as delay_hours, d.staff_id
      from (${withSenders(draft, among)}) d
    ) d
  `;
}

/**
 * Who of some people has a sender, and whom: null leaves it to the gate, which takes the adviser of the newest contact. Chosen staff say it to
 * those whom they have; of several the one who has the customer since the latest moment.
 */
function withSenders({ sender }: Pick<CampaignDraft, 'sender'>, among: RawBuilder<unknown>): RawBuilder<unknown> {
  const here = sql`(${among}) a join customer c on c.id = a.customer_id`;
  if (sender.kind === 'adviser') return sql`select a.customer_id, null::bigint as staff_id from ${here}`;
  return sql`
    select a.customer_id, s.staff_id from ${here}
    join lateral (
      select f.staff_id from follow f
      where f.customer_id = a.customer_id and f.state = 'active' and f.staff_id = any(${sender.staffIds}::bigint[])
      order by f.added_at desc, f.staff_id limit 1
    ) s on true
  `;
}

async function endPlanning(ctx: WriteCtx, { campaign_id, number }: OpenRun): Promise<void> {
  await ctx.db
    .updateTable('campaign_run')
    .set({ state: 'sending' })
    .where('campaign_id', '=', campaign_id)
    .where('number', '=', number)
    .execute();
  await ctx.db.deleteFrom('campaign_candidate').where('campaign_id', '=', campaign_id).execute();
}
