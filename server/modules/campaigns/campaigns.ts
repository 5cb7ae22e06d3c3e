import { currentVersion, hasWording } from '#content';
import type { Output } from '#contract';
import { type CampaignDraft, campaignDraft, type launchCampaign } from '#contract/campaigns';
import { recordAudit } from '#organization';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { type RawBuilder, sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { selectMatching, selectMembers } from '#segments';
import { withdrawTasks } from '#tasks';
import { cancelBroadcasts, cancelTouches, holdTouches, resumeTouches } from '#touch';
import { sizeOfAudience } from './audiences.ts';
import {
  type CampaignState,
  firstRunAt,
  isBroadcast,
  isFitAudience,
  mayBe,
  needsApproval,
  nextRunAt,
} from './rules.ts';
import { readSettings } from './settings.ts';

/** What becomes of a campaign: made, launched, approved, paused, stopped. Its runs are in runs.ts. */

/** Where campaigns wait whose time has come, and runs whose people are to be planned. */
export const runChannel = 'campaign_run';

/** Whose touches a campaign's are. */
const touchesOf = (campaignId: number) => ({ kind: 'campaign', sourceId: campaignId }) as const;

export async function addCampaign(ctx: WriteCtx, draft: CampaignDraft): Promise<number> {
  const columns = await columnsOf(ctx, draft);
  const { id } = await ctx.db
    .insertInto('campaign')
    .values({ ...columns, state: 'draft', created_by: ctx.actor.name, created_at: ctx.now })
    .returning('id')
    .executeTakeFirstOrThrow();
  await audit(ctx, 'created', { id, name: draft.name }, { after: draft });
  return id;
}

export async function changeCampaign(ctx: WriteCtx, id: number, draft: CampaignDraft): Promise<void> {
  const before = await lockCampaign(ctx, id);
  if (!mayBe('edit', before.state)) throw new AppError('campaign_not_draft');
  await ctx.db
    .updateTable('campaign')
    .set(await columnsOf(ctx, draft))
    .where('id', '=', id)
    .execute();
  await audit(ctx, 'updated', { id, name: draft.name }, { before: before.draft, after: draft });
}

/** A draft like another, also where that one's contents or staff are gone by now: whoever launches it is told so. */
export async function copyCampaign(ctx: WriteCtx, id: number): Promise<number> {
  const like = await ctx.db
    .selectFrom('campaign')
    .select(['name', 'channel', 'category', 'draft', 'segment_id', 'content_ids'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!like) throw new AppError('not_found');
  const row = await ctx.db
    .insertInto('campaign')
    .values({
      ...like,
      draft: JSON.stringify(like.draft),
      state: 'draft',
      created_by: ctx.actor.name,
      created_at: ctx.now,
      updated_at: ctx.now,
      updated_by_id: ctx.actor.id,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await audit(ctx, 'created', { id: row.id, name: like.name }, { after: { copyOf: id } });
  return row.id;
}

export async function removeCampaign(ctx: WriteCtx, id: number): Promise<void> {
  const campaign = await lockCampaign(ctx, id);
  if (!mayBe('edit', campaign.state)) throw new AppError('campaign_not_draft');
  if (campaign.runCount > 0) throw new AppError('campaign_has_run');
  await ctx.db.deleteFrom('campaign').where('id', '=', id).execute();
  await audit(ctx, 'deleted', campaign, { before: campaign.draft });
}

/** Lets it go at its time, or asks a second person first. From here on what it says is fixed. */
export async function launch(ctx: WriteCtx, id: number): Promise<Output<typeof launchCampaign>> {
  const campaign = await lockCampaign(ctx, id);
  if (!mayBe('launch', campaign.state)) throw new AppError('campaign_not_draft');
  const { draft } = campaign;
  const { category, versions } = await checkDraft(ctx, draft);
  const size = await sizeOf(ctx, draft.who);
  if (size === 0) throw new AppError('campaign_empty');
  const nextRun = firstRunAt(draft.schedule, ctx.now, ctx.zone);
  if (!nextRun) throw new AppError('campaign_time_past');
  const { approvalSize } = await readSettings(ctx);
  const isWaiting = needsApproval(size, approvalSize, null);
  const state: CampaignState = isWaiting ? 'waiting' : 'scheduled';
  await ctx.db
    .updateTable('campaign')
    .set({
      state,
      category,
      versions: JSON.stringify(versions),
      size,
      next_run_at: nextRun,
      problem: null,
      requested_by: ctx.actor.name,
      requested_by_id: ctx.actor.id,
      requested_at: ctx.now,
      approved_by: null,
      approved_at: null,
      approved_size: null,
      updated_at: ctx.now,
    })
    .where('id', '=', id)
    .execute();
  await audit(ctx, isWaiting ? 'approval_asked' : 'launched', campaign, { after: { size } });
  wake(ctx, runChannel);
  return { state, size };
}

/** Nobody decides about what he asked for or changed himself. A time that has passed while it waited is refused, except for the next of many runs. */
export async function approve(ctx: WriteCtx, id: number, note: string): Promise<void> {
  const campaign = await lockCampaign(ctx, id);
  if (!mayBe('decide', campaign.state)) throw new AppError('campaign_not_waiting');
  if (isOwn(ctx, campaign)) throw new AppError('campaign_own_approval');
  const { schedule } = campaign.draft;
  if (schedule.kind === 'at' && campaign.runCount === 0 && new Date(schedule.at) < ctx.now)
    throw new AppError('campaign_time_past');
  await ctx.db
    .updateTable('campaign')
    .set({
      state: (await isUnderWay(ctx, id)) ? 'running' : 'scheduled',
      problem: null,
      approved_by: ctx.actor.name,
      approved_at: ctx.now,
      approved_size: campaign.size,
      updated_at: ctx.now,
    })
    .where('id', '=', id)
    .execute();
  await audit(ctx, 'approved', campaign, { after: { size: campaign.size, note } });
  wake(ctx, runChannel);
}

export async function reject(ctx: WriteCtx, id: number, note: string): Promise<void> {
  const campaign = await lockCampaign(ctx, id);
  if (!mayBe('decide', campaign.state)) throw new AppError('campaign_not_waiting');
  await toDraft(ctx, campaign, 'rejected', note);
}

/** Back to a draft, as long as nothing is on its way. */
export async function withdraw(ctx: WriteCtx, id: number): Promise<void> {
  const campaign = await lockCampaign(ctx, id);
  if (!mayBe('withdraw', campaign.state)) throw new AppError('campaign_under_way');
  await toDraft(ctx, campaign, 'withdrawn', '');
}

async function toDraft(ctx: WriteCtx, campaign: Campaign, action: string, note: string): Promise<void> {
  if (await isUnderWay(ctx, campaign.id)) throw new AppError('campaign_under_way');
  await ctx.db
    .updateTable('campaign')
    .set({ state: 'draft', next_run_at: null, problem: null, updated_at: ctx.now })
    .where('id', '=', campaign.id)
    .execute();
  await audit(ctx, action, campaign, { after: { note } });
}

/** Nothing more is planned, and what has not been handed over waits. */
export async function pause(ctx: WriteCtx, id: number): Promise<void> {
  const campaign = await lockCampaign(ctx, id);
  if (!mayBe('pause', campaign.state)) throw new AppError('campaign_not_running');
  await ctx.db.updateTable('campaign').set({ state: 'paused', updated_at: ctx.now }).where('id', '=', id).execute();
  await holdTouches(ctx, touchesOf(id));
  await audit(ctx, 'paused', campaign, {});
}

/** Goes on. A recurring campaign leaves out the runs whose time passed meanwhile; one that runs once has its run late. */
export async function resume(ctx: WriteCtx, id: number): Promise<void> {
  const campaign = await lockCampaign(ctx, id);
  if (!mayBe('resume', campaign.state)) throw new AppError('campaign_not_paused');
  const { nextRunAt: due, draft } = campaign;
  const isMissed =
    due !== null && due < ctx.now && (draft.schedule.kind === 'weekly' || draft.schedule.kind === 'monthly');
  const next = isMissed ? nextRunAt(draft.schedule, ctx.now, ctx.zone) : due;
  const isUnder = await isUnderWay(ctx, id);
  await ctx.db
    .updateTable('campaign')
    .set({
      state: isUnder ? 'running' : next ? 'scheduled' : 'done',
      next_run_at: next,
      problem: null,
      updated_at: ctx.now,
    })
    .where('id', '=', id)
    .execute();
  await resumeTouches(ctx, touchesOf(id));
  await audit(ctx, 'resumed', campaign, {});
  wake(ctx, runChannel);
}

/** For good: nothing more is planned, and what has not gone is not sent. What went is measured to its end. */
export async function cancel(ctx: WriteCtx, id: number): Promise<number> {
  const campaign = await lockCampaign(ctx, id);
  if (!mayBe('cancel', campaign.state)) throw new AppError('campaign_over');
  await ctx.db
    .updateTable('campaign')
    .set({ state: 'cancelled', next_run_at: null, problem: null, updated_at: ctx.now })
    .where('id', '=', id)
    .execute();
  await ctx.db
    .updateTable('campaign_run')
    .set({ state: 'sending' })
    .where('campaign_id', '=', id)
    .where('state', '=', 'planning')
    .execute();
  await ctx.db.deleteFrom('campaign_candidate').where('campaign_id', '=', id).execute();
  const stopping = isBroadcast(campaign.draft.channel) ? cancelBroadcasts : cancelTouches;
  const cancelled = campaign.runCount > 0 ? await stopping(ctx, touchesOf(id)) : 0;
  await withdrawTasks(ctx, { kind: 'campaign', sourceId: id });
  await audit(ctx, 'cancelled', campaign, { after: { cancelled } });
  return cancelled;
}

/** Stopped by the system itself, with what somebody has to see to. */
export async function stop(
  ctx: WriteCtx,
  campaign: Campaign,
  to: 'waiting' | 'paused',
  problem: string,
): Promise<void> {
  await ctx.db
    .updateTable('campaign')
    .set({
      state: to,
      problem,
      updated_at: ctx.now,
      ...(to === 'waiting' ? { requested_at: ctx.now, approved_by: null, approved_at: null, approved_size: null } : {}),
    })
    .where('id', '=', campaign.id)
    .execute();
  await audit(ctx, 'stopped', campaign, { after: { problem } });
}

// Loading and checking ———————————————————————————————————————————————————————————————————————————————————

export interface Campaign {
  readonly id: number;
  readonly name: string;
  readonly state: CampaignState;
  readonly draft: CampaignDraft;
  readonly category: string;
  readonly versions: Readonly<Record<string, number>>;
  readonly size: number | null;
  readonly nextRunAt: Date | null;
  readonly runCount: number;
  readonly requestedById: string | null;
  readonly updatedById: string;
  readonly approvedSize: number | null;
}

/** Reads a campaign and holds it: whoever else would change it, or plan for it, waits. */
async function lockCampaign(ctx: WriteCtx, id: number): Promise<Campaign> {
  const row = await ctx.db.selectFrom('campaign').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (!row) throw new AppError('not_found');
  return readCampaign(row);
}

export function readCampaign(row: {
  id: number;
  name: string;
  state: string;
  draft: unknown;
  category: string;
  versions: unknown;
  size: number | null;
  next_run_at: Date | null;
  run_count: number;
  requested_by_id: string | null;
  updated_by_id: string;
  approved_size: number | null;
}): Campaign {
  return {
    id: row.id,
    name: row.name,
    state: row.state as CampaignState,
    draft: campaignDraft.parse(row.draft),
    category: row.category,
    versions: row.versions as Record<string, number>,
    size: row.size,
    nextRunAt: row.next_run_at,
    runCount: row.run_count,
    requestedById: row.requested_by_id,
    updatedById: row.updated_by_id,
    approvedSize: row.approved_size,
  };
}

/** The caller asked for it, or changed it last. */
export const isOwn = (ctx: Pick<Ctx, 'actor'>, campaign: Pick<Campaign, 'requestedById' | 'updatedById'>) =>
  ctx.actor.id === campaign.requestedById || ctx.actor.id === campaign.updatedById;

/** People of a run are being planned, or messages of one have not gone yet. */
async function isUnderWay(ctx: Ctx, id: number): Promise<boolean> {
  const row = await ctx.db
    .selectFrom('campaign_run')
    .select('number')
    .where('campaign_id', '=', id)
    .where('state', 'in', ['planning', 'sending'])
    .executeTakeFirst();
  return row !== undefined;
}

async function columnsOf(ctx: WriteCtx, draft: CampaignDraft) {
  const { category } = await checkDraft(ctx, draft);
  return {
    name: draft.name,
    channel: draft.channel,
    category,
    draft: JSON.stringify(draft),
    segment_id: draft.who.kind === 'segment' ? draft.who.segmentId : null,
    content_ids: [...new Set(draft.variants.map(({ contentId }) => contentId))],
    updated_at: ctx.now,
    updated_by_id: ctx.actor.id,
  };
}

/** Refuses what does not exist or does not fit; says the category and the versions that would be sent. */
export async function checkDraft(
  ctx: Ctx,
  draft: Omit<CampaignDraft, 'name'>,
): Promise<{ category: string; versions: Record<string, number> }> {
  if (!isFitAudience(draft)) throw new AppError('campaign_audience_unfit');
  if (isBroadcast(draft.channel)) await assertAudience(ctx, draft.who);
  else await selectPeople(ctx, draft.who);
  if (draft.sender.kind === 'staff') await assertStaff(ctx, draft.sender.staffIds);
  const versions: Record<string, number> = {};
  const categories = new Set<string>();
  for (const { part, contentId } of draft.variants) {
    const version = await currentVersion(ctx, contentId);
    if (!hasWording(version, draft.channel)) throw new AppError('campaign_content_unfit', { details: { part } });
    versions[part] = version.id;
    categories.add(version.category);
  }
  const [category = ''] = categories;
  // The gate gives one promise for all of it: an offer among care would spend care's budget, or the other way round.
  if (categories.size > 1)
    throw new AppError('campaign_categories_differ', { details: { categories: [...categories] } });
  return { category, versions };
}

async function assertStaff(ctx: Ctx, staffIds: readonly number[]): Promise<void> {
  const wanted = [...new Set(staffIds)];
  const rows = await ctx.db.selectFrom('staff').select('id').where('id', 'in', wanted).execute();
  if (rows.length < wanted.length) throw new AppError('staff_unknown');
}

async function assertAudience(ctx: Ctx, who: CampaignDraft['who']): Promise<void> {
  if (who.kind !== 'moment') return;
  if (who.staffIds.length > 0) await assertStaff(ctx, who.staffIds);
  if (who.tagIds.length === 0) return;
  const tags = await ctx.db
    .selectFrom('tag')
    .select('id')
    .where('id', 'in', who.tagIds)
    .where('deleted_at', 'is', null)
    // Only WeCom's own tags say there who sees it.
    .where('wecom_id', 'is not', null)
    .execute();
  if (tags.length < new Set(who.tagIds).size) throw new AppError('tag_unknown');
}

/** Selects customer_id of whom a campaign is for. */
export async function selectPeople(ctx: Ctx, who: CampaignDraft['who']): Promise<RawBuilder<unknown>> {
  if (who.kind === 'rule') return selectMatching(ctx, who.tree);
  if (who.kind !== 'segment') throw new AppError('campaign_audience_unfit');
  const row = await ctx.db
    .selectFrom('segment')
    .select('id')
    .where('id', '=', who.segmentId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw new AppError('segment_unknown');
  return selectMembers(who.segmentId);
}

/** How many people it is for now. Refuses a segment whose members are still being found. */
export async function sizeOf(ctx: Ctx, who: CampaignDraft['who']): Promise<number> {
  if (who.kind === 'groups' || who.kind === 'moment') return sizeOfAudience(ctx, who);
  const people = await selectPeople(ctx, who);
  if (who.kind === 'segment') {
    const row = await ctx.db
      .selectFrom('segment')
      .select(['member_count', 'filled_at'])
      .where('id', '=', who.segmentId)
      .executeTakeFirst();
    if (!row?.filled_at) throw new AppError('segment_not_filled');
    return row.member_count;
  }
  const { rows } = await sql<{ count: number }>`select count(*) as count from (${people}) p`.execute(ctx.db);
  return rows[0]?.count ?? 0;
}

/** A campaign that is deleted may still be spoken of by its name. */
export async function audit(
  ctx: WriteCtx,
  action: string,
  campaign: { id: number; name: string },
  change: { before?: unknown; after?: unknown },
): Promise<void> {
  await recordAudit(ctx, {
    action: `campaign.${action}`,
    subjectKind: 'campaign',
    subjectId: campaign.id,
    subjectName: campaign.name,
    ...change,
  });
}
