import type { z } from 'zod';
import type { Input, Output } from '#contract';
import type { finding, getCampaign, getCampaignRun, listCampaigns, runRow } from '#contract/campaigns';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { type Campaign, isOwn, readCampaign } from './campaigns.ts';
import type { RunResult } from './results.ts';

type Row = Output<typeof listCampaigns>['rows'][number];
type RunRow = z.output<typeof runRow>;

export async function listCampaignPage(
  ctx: Ctx,
  input: Input<typeof listCampaigns>,
): Promise<Output<typeof listCampaigns>> {
  const cursor = decodeCursor(input.after, ['number']);
  const rows = await readRows(
    ctx,
    sql`(${cursor?.[0] ?? null}::bigint is null or c.id < ${cursor?.[0] ?? null}::bigint)
      and (${input.state ?? null}::text is null or c.state = ${input.state ?? null})
      and strpos(lower(c.name), lower(${input.search ?? ''})) > 0`,
    input.limit + 1,
  );
  const page = toPage(rows, input.limit, ({ campaign }) => [campaign.id]);
  const runs = await readRuns(
    ctx,
    page.rows.map(({ campaign }) => campaign.id),
    'last',
  );
  return { rows: page.rows.map((row) => present(row, runs.get(row.campaign.id)?.[0] ?? null)), next: page.next };
}

interface Found {
  readonly campaign: Campaign;
  readonly row: {
    segment: { id: number; name: string } | null;
    problem: string | null;
    created_by: string;
    updated_at: Date;
    requested_by: string | null;
    requested_at: Date | null;
    approved_by: string | null;
    approved_at: Date | null;
  };
}

async function readRows(ctx: Ctx, where: ReturnType<typeof sql>, limit: number): Promise<Found[]> {
  const { rows } = await sql<Found['row'] & Parameters<typeof readCampaign>[0]>`
    select c.*, (select json_build_object('id', s.id, 'name', s.name) from segment s where s.id = c.segment_id) as segment
    from campaign c where ${where} order by c.id desc limit ${limit}
  `.execute(ctx.db);
  return rows.map((row) => ({ campaign: readCampaign(row), row }));
}

function present({ campaign, row }: Found, lastRun: RunRow | null): Row {
  return {
    id: campaign.id,
    name: campaign.name,
    state: campaign.state,
    channel: campaign.draft.channel,
    segment: row.segment,
    size: campaign.size,
    nextRunAt: campaign.nextRunAt?.toISOString() ?? null,
    runCount: campaign.runCount,
    lastRun,
    problem: row.problem as Row['problem'],
    createdBy: row.created_by,
    updatedAt: row.updated_at.toISOString(),
  };
}

/** Runs by campaign, the newest first: all of them, or each campaign's last. */
async function readRuns(
  ctx: Ctx,
  campaignIds: readonly number[],
  which: 'all' | 'last',
): Promise<Map<number, RunRow[]>> {
  const { rows } = await sql<{
    campaign_id: number;
    number: number;
    state: string;
    occasion_at: Date;
    planned_count: number;
    skipped: Record<string, number>;
    measured_until: Date | null;
    delivered: number | null;
    seen: number | null;
    ordered: z.output<typeof finding> | null;
  }>`
    select r.campaign_id, r.number, r.state, r.occasion_at, r.planned_count, r.skipped, r.measured_until,
      (select sum((f ->> 'delivered')::bigint) from jsonb_array_elements(m.result -> 'funnel') f) as delivered,
      (select sum((b ->> 'customerCount')::bigint) from jsonb_array_elements(m.result -> 'broadcasts') b) as seen,
      m.result #> '{effect,comparisons,0,findings,0}' as ordered
    from campaign_run r left join campaign_result m on m.campaign_id = r.campaign_id and m.number = r.number
    where r.campaign_id = any(${campaignIds}::bigint[])
      and (${which === 'all'} or r.number = (select c.run_count from campaign c where c.id = r.campaign_id))
    order by r.campaign_id, r.number desc limit ${which === 'all' ? 400 : campaignIds.length}
  `.execute(ctx.db);
  const runs = new Map<number, RunRow[]>();
  for (const row of rows) {
    const run: RunRow = {
      number: row.number,
      state: row.state as RunRow['state'],
      startedAt: row.occasion_at.toISOString(),
      plannedCount: row.planned_count,
      skipped: row.skipped,
      reached: row.delivered ?? row.seen ?? 0,
      measuredUntil: row.measured_until?.toISOString() ?? null,
      ordered: row.ordered,
    };
    runs.set(row.campaign_id, [...(runs.get(row.campaign_id) ?? []), run]);
  }
  return runs;
}

export async function showCampaign(ctx: Ctx, id: number): Promise<Output<typeof getCampaign>> {
  const [found] = await readRows(ctx, sql`c.id = ${id}`, 1);
  if (!found) throw new AppError('not_found');
  const { campaign, row } = found;
  const runs = (await readRuns(ctx, [id], 'all')).get(id) ?? [];
  const contents = await ctx.db
    .selectFrom('content')
    .select(['id', 'name'])
    .where(
      'id',
      'in',
      campaign.draft.variants.map(({ contentId }) => contentId),
    )
    .execute();
  const names = new Map(contents.map((content) => [content.id, content.name]));
  const { sender } = campaign.draft;
  const staff =
    sender.kind === 'staff'
      ? await ctx.db.selectFrom('staff').select(['id', 'name']).where('id', 'in', sender.staffIds).execute()
      : [];
  const isLaunched = campaign.state !== 'draft';
  return {
    ...present(found, runs[0] ?? null),
    draft: campaign.draft,
    variants: campaign.draft.variants.map(({ part, contentId }) => ({
      part,
      contentId,
      contentName: names.get(contentId) ?? null,
      versionId: isLaunched ? (campaign.versions[part] ?? null) : null,
    })),
    staff,
    category: campaign.category,
    approval:
      isLaunched && row.requested_at && (campaign.state === 'waiting' || row.approved_at)
        ? {
            size: campaign.size ?? 0,
            requestedBy: row.requested_by ?? '',
            requestedAt: row.requested_at.toISOString(),
            approvedBy: row.approved_by,
            approvedAt: row.approved_at?.toISOString() ?? null,
            isYours: !isOwn(ctx, campaign),
          }
        : null,
    runs,
    history: await readHistory(ctx, id),
  };
}

/** What was done to it, the latest first. */
async function readHistory(ctx: Ctx, id: number): Promise<Output<typeof getCampaign>['history']> {
  const rows = await ctx.db
    .selectFrom('audit_entry')
    .select(['at', 'actor_name', 'action', 'after'])
    .where('subject_kind', '=', 'campaign')
    .where('subject_id', '=', String(id))
    .orderBy('id', 'desc')
    .limit(50)
    .execute();
  return rows.map((row) => ({
    at: row.at.toISOString(),
    actor: row.actor_name,
    action: row.action,
    note: (row.after as { note?: string } | null)?.note ?? null,
  }));
}

export async function showRun(ctx: Ctx, input: Input<typeof getCampaignRun>): Promise<Output<typeof getCampaignRun>> {
  const run = (await readRuns(ctx, [input.id], 'all')).get(input.id)?.find(({ number }) => number === input.number);
  if (!run) throw new AppError('not_found');
  const row = await ctx.db
    .selectFrom('campaign_result')
    .select(['measured_at', 'is_final', 'result'])
    .where('campaign_id', '=', input.id)
    .where('number', '=', input.number)
    .executeTakeFirst();
  const { rows: touches } = await sql<Output<typeof getCampaignRun>['touches'][number]>`
    select part, is_holdout as "isHoldout", state, reason, count(*) as count
    from touch where kind = 'campaign' and source_id = ${input.id} and occasion_at = ${new Date(run.startedAt)}
    group by 1, 2, 3, 4 order by count(*) desc, 1, 2, 3, 4
  `.execute(ctx.db);
  return {
    ...run,
    touches,
    result: row
      ? {
          ...(row.result as Omit<RunResult, 'measuredAt'>),
          measuredAt: row.measured_at.toISOString(),
          isFinal: row.is_final,
        }
      : null,
  };
}

/** Campaigns that still say a content, or would: for the page of the content. */
export async function findCampaignsSaying(
  ctx: Ctx,
  contentId: number,
): Promise<{ kind: 'campaign'; id: number; name: string }[]> {
  const rows = await ctx.db
    .selectFrom('campaign')
    .select(['id', 'name'])
    .where(sql<boolean>`${contentId} = any(content_ids)`)
    .where('state', 'not in', ['done', 'cancelled'])
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ kind: 'campaign' as const, ...row }));
}
