import type { z } from 'zod';
import type { CampaignDraft, runResult } from '#contract/campaigns';
import type { Category } from '#contract/touch';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { dayOf } from '#platform/days';
import { sql } from '#platform/db';
import { planBroadcasts } from '#touch';
import { purposeOf } from './rules.ts';

/**
 * Campaigns to groups, and Moments: what goes to an audience. Nobody is drawn for a control group, because in a group everybody reads and
 * a Moment is looked up; so their results are counts, and no effect is claimed.
 */

type Groups = Extract<CampaignDraft['who'], { kind: 'groups' }>;
type Moment = Extract<CampaignDraft['who'], { kind: 'moment' }>;

/** People who could see it: in the groups, or with the members and one of the tags. */
export async function sizeOfAudience(ctx: Ctx, who: Groups | Moment): Promise<number> {
  const { rows } =
    who.kind === 'groups'
      ? await sql<{ count: number }>`
          select coalesce(sum(customer_count), 0)::bigint as count from wecom_group_chat
          where chat_id = any(${who.chatIds}::text[]) and state <> 'dismissed'
        `.execute(ctx.db)
      : await sql<{ count: number }>`
          select count(distinct f.customer_id) as count from follow f join staff s on s.id = f.staff_id and s.state = 'active'
          where f.state = 'active' and (${who.staffIds.length === 0} or f.staff_id = any(${who.staffIds}::bigint[]))
            and (${who.tagIds.length === 0} or exists (
              select 1 from follow_tag x where x.customer_id = f.customer_id and x.external_userid = f.external_userid
                and x.staff_id = f.staff_id and x.is_wanted and x.tag_id = any(${who.tagIds}::bigint[])
            ))
        `.execute(ctx.db);
  return rows[0]?.count ?? 0;
}

/** Members who would have a task: owners of the groups; or those who publish. */
export async function countAudienceSenders(ctx: Ctx, who: Groups | Moment): Promise<number> {
  const { rows } =
    who.kind === 'groups'
      ? await sql<{ count: number }>`
          select count(distinct s.id) as count from wecom_group_chat g join staff s on lower(s.wecom_userid) = lower(g.owner_userid)
          where g.chat_id = any(${who.chatIds}::text[]) and g.state <> 'dismissed' and s.state = 'active'
        `.execute(ctx.db)
      : await sql<{ count: number }>`
          select count(*) as count from staff where state = 'active'
            and case when ${who.staffIds.length === 0} then can_follow else id = any(${who.staffIds}::bigint[]) end
        `.execute(ctx.db);
  return rows[0]?.count ?? 0;
}

/** Writes down what is to go to the audience of a run; once, for the run has a purpose of its own. */
export async function planAudience(
  ctx: WriteCtx,
  campaign: {
    readonly id: number;
    readonly draft: CampaignDraft;
    readonly category: string;
    readonly versions: Readonly<Record<string, number>>;
  },
  run: { readonly number: number; readonly expiresAt: Date },
): Promise<void> {
  const { id, draft, versions } = campaign;
  const { who } = draft;
  const [part = ''] = draft.variants.map((variant) => variant.part);
  if (who.kind !== 'groups' && who.kind !== 'moment') throw new Error('people are no audience');
  const planned = await planBroadcasts(ctx, {
    purpose: purposeOf(id, run.number),
    kind: 'campaign',
    sourceId: id,
    part,
    category: campaign.category as Category,
    versionId: versions[part] ?? 0,
    audience:
      who.kind === 'groups'
        ? { channel: 'wecom_group', chatIds: who.chatIds }
        : { channel: 'wecom_moment', staffIds: who.staffIds, tagIds: who.tagIds },
    dueAt: ctx.now,
    expiresAt: run.expiresAt,
  });
  await ctx.db
    .updateTable('campaign_run')
    .set({ planned_count: planned })
    .where('campaign_id', '=', id)
    .where('number', '=', run.number)
    .execute();
}

type Counts = z.output<typeof runResult>['broadcasts'];

/** Where the tasks of a run are, by state. */
export async function countAudience(ctx: Ctx, campaignId: number, number: number): Promise<Counts> {
  const purpose = purposeOf(campaignId, number);
  const { rows } = await sql<Counts[number]>`
    select b.state, count(distinct b.id) as count, count(t.key) as "targetCount", count(*) filter (where t.state = 'sent') as "sentCount",
      coalesce(sum(case when b.channel = 'wecom_group' then g.customer_count else t.customer_count end) filter (where t.state = 'sent'), 0)::bigint as "customerCount",
      coalesce(sum(t.like_count), 0)::bigint as "likeCount", coalesce(sum(t.comment_count), 0)::bigint as "commentCount"
    from broadcast b left join broadcast_target t on t.broadcast_id = b.id
    left join wecom_group_chat g on b.channel = 'wecom_group' and g.chat_id = t.key
    -- One for each owner of groups, with his number after a blank.
    where b.kind = 'campaign' and b.source_id = ${campaignId} and split_part(b.purpose, ' ', 1) = ${purpose}
    group by b.state order by b.state
  `.execute(ctx.db);
  return rows;
}

/** States in which a task has not gone to its end. */
export const isOpenTask = ({ state }: { state: string }) =>
  state === 'planned' || state === 'claimed' || state === 'submitted';

/** Opens of a campaign's links from a moment on: people who are known, and opens of which nobody knows whose they are. */
export async function countOpens(
  ctx: Ctx,
  campaignId: number,
  from: Date,
  until: Date,
): Promise<z.output<typeof runResult>['opens']> {
  const { rows } = await sql<{ people: number; unknown: number }>`
    select (
      select count(distinct e.customer_id) from event e
      where e.name = 'link.opened' and e.occurred_at >= ${from} and e.occurred_at < ${until} and e.customer_id > 0
        and e.payload ->> 'kind' = 'campaign' and e.payload ->> 'sourceId' = ${String(campaignId)}
    ) as people, (
      select coalesce(sum(d.unknown_opens), 0)::bigint from link_day d
      where d.kind = 'campaign' and d.source_id = ${campaignId} and d.day between ${dayOf(from, ctx.zone)} and ${dayOf(until, ctx.zone)}
    ) as unknown
  `.execute(ctx.db);
  return rows[0] ?? { people: 0, unknown: 0 };
}
