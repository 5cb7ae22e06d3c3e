import { performance } from 'node:perf_hooks';
import { isSameForAll, type LinkMaker, renderMessages, requireVersion } from '#content';
import type { Input, Output } from '#contract';
import type { foreseeCampaign, sampleCampaign } from '#contract/campaigns';
import type { Category } from '#contract/touch';
import { readRows } from '#customers';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { type Foreseen, foreseeVerdicts } from '#touch';
import { countAudienceSenders } from './audiences.ts';
import { checkDraft, selectPeople, sizeOf } from './campaigns.ts';
import { bucketsOf, costOf, firstRunAt, isBroadcast, needsApproval, stepsOf } from './rules.ts';
import { peopleOf } from './runs.ts';
import { readSettings } from './settings.ts';
import { smallestEffect, standardErrorOfShares } from './statistics.ts';

/** What a campaign would do, without doing any of it. */

/** People who are judged; of more, so many stand for all. */
const judged = 20_000;
/** People who are shown with what they would get. */
const shown = 6;
/** Customers of one mass message (WeCom's add_msg_template). */
const packSize = 10_000;

type Draft = Input<typeof foreseeCampaign>;

/** What the gate would say at the time of the first run, and what that asks of staff. */
export async function foresee(ctx: Ctx, draft: Draft): Promise<Output<typeof foreseeCampaign>> {
  const begun = performance.now();
  const { category, versions } = await checkDraft(ctx, draft);
  const { channel } = draft;
  if (isBroadcast(channel)) return foreseeAudience(ctx, draft, begun);
  const size = await sizeOf(ctx, draft.who);
  const looked = await lookAt(ctx, draft, size);
  const drawn = peopleOf(
    { id: 0, draft, versions },
    { number: 1, occasion_at: ctx.now },
    sql`select unnest(${looked}::bigint[]) as customer_id`,
  );
  const verdicts = await foreseeVerdicts(ctx, sql`select customer_id, staff_id, is_holdout from (${drawn}) d`, {
    channel,
    category: category as Category,
    at: firstRunAt(draft.schedule, ctx.now, ctx.zone) ?? ctx.now,
    sampleSize: judged,
  });
  // What is found of the sample, for everybody.
  const scale = looked.length === 0 ? 0 : size / looked.length;
  const whole = (count: number) => Math.round(count * scale);
  const countOf = (is: (verdict: Foreseen) => boolean) =>
    verdicts.filter(is).reduce((sum, verdict) => sum + verdict.count, 0);
  const told = (kind: Foreseen['verdict']) =>
    verdicts
      .filter(({ verdict, reason }) => verdict === kind && reason !== 'holdout')
      .map(({ reason, count }) => ({ reason: reason ?? kind, count: whole(count) }));
  const holdout = countOf(({ reason }) => reason === 'holdout');
  const treated = countOf(({ verdict }) => verdict === 'allow');
  const noSender = looked.length - countOf(() => true);
  const reached = verdicts.find(({ verdict }) => verdict === 'allow')?.customerIds ?? [];
  const variants = await Promise.all(
    draft.variants.map(async ({ part }) => {
      const version = await requireVersion(ctx, versions[part] ?? 0);
      return { part, isPersonal: !isSameForAll(version, draft.channel) };
    }),
  );
  const shares = new Map(bucketsOf(draft.variants).map(({ part, from, to }) => [part, (to - from) / 10_000]));
  const staff = await countSenders(ctx, draft, reached);
  const buyerShare = await readBuyerShare(ctx, draft, looked);
  const { approvalSize } = await readSettings(ctx);
  return {
    size,
    sampled: looked.length < size ? looked.length : null,
    allowed: whole(treated + holdout),
    holdout: whole(holdout),
    deferred: told('defer'),
    suppressed: [...told('suppress'), ...(noSender > 0 ? [{ reason: 'no_sender', count: whole(noSender) }] : [])],
    senders: staff.length,
    tasks: draft.channel === 'wecom_mass' ? countTasks(staff, variants, shares, stepsOf(draft), scale) : 0,
    variants: variants.map((variant) => ({ ...variant, people: whole(treated * (shares.get(variant.part) ?? 0)) })),
    needsApproval: needsApproval(size, approvalSize, null),
    costFen: costOf(draft, whole(treated)),
    buyerShare,
    smallestEffect:
      holdout === 0 || treated === 0 || buyerShare === null
        ? null
        : smallestEffect(standardErrorOfShares(buyerShare, whole(treated), whole(holdout))),
    tookMs: Math.round(performance.now() - begun),
  };
}

/** No gate decides about an audience: how many could see it, and whose task it is. */
async function foreseeAudience(ctx: Ctx, draft: Draft, begun: number): Promise<Output<typeof foreseeCampaign>> {
  const { who } = draft;
  const size = await sizeOf(ctx, who);
  const senders = who.kind === 'groups' || who.kind === 'moment' ? await countAudienceSenders(ctx, who) : 0;
  const { approvalSize } = await readSettings(ctx);
  return {
    size,
    sampled: null,
    allowed: size,
    holdout: 0,
    deferred: [],
    suppressed: [],
    senders,
    tasks: senders,
    variants: draft.variants.map(({ part }) => ({ part, people: size, isPersonal: false })),
    needsApproval: needsApproval(size, approvalSize, null),
    costFen: costOf(draft, 0),
    buyerShare: null,
    smallestEffect: null,
    tookMs: Math.round(performance.now() - begun),
  };
}

/** Everybody, or so many of a large number that chance alone chose. */
async function lookAt(ctx: Ctx, draft: Draft, size: number): Promise<number[]> {
  const people = await selectPeople(ctx, draft.who);
  const isAll = size <= judged;
  const { rows } = await sql<{ customer_id: number }>`
    select customer_id from (${people}) p
    where ${isAll} or hashint8extended(customer_id, 0) & 1048575 < ${Math.ceil((1.1 * judged * 1_048_576) / Math.max(1, size))}::bigint
    limit ${judged}
  `.execute(ctx.db);
  return rows.map((row) => row.customer_id);
}

/** People of each sender, among some. */
async function countSenders(ctx: Ctx, { sender }: Draft, customerIds: readonly number[]): Promise<number[]> {
  const chosen = sender.kind === 'staff' ? sender.staffIds : null;
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from unnest(${customerIds}::bigint[]) as c(id) cross join lateral (
      select f.staff_id from follow f where f.customer_id = c.id and f.state = 'active'
        and (${chosen === null} or f.staff_id = any(${chosen ?? []}::bigint[]))
      order by f.added_at desc, f.staff_id limit 1
    ) s group by s.staff_id
  `.execute(ctx.db);
  return rows.map((row) => row.count);
}

/** Each member confirms a task for each variant and hour, and one for each customer where the words differ from person to person. */
function countTasks(
  staff: readonly number[],
  variants: readonly { part: string; isPersonal: boolean }[],
  shares: ReadonlyMap<string, number>,
  steps: number,
  scale: number,
): number {
  const tasks = staff.flatMap((count) =>
    variants.map(({ part, isPersonal }) => {
      const people = count * scale * (shares.get(part) ?? 0);
      if (isPersonal) return people;
      // With fewer people than hours, some hours have none.
      return Math.min(people, steps * Math.ceil(people / steps / packSize));
    }),
  );
  return Math.round(tasks.reduce((sum, count) => sum + count, 0));
}

/** Who bought in as long a time as the window, up to now: what the share of buyers would be without the campaign. */
async function readBuyerShare(ctx: Ctx, draft: Draft, customerIds: readonly number[]): Promise<number | null> {
  if (customerIds.length === 0) return null;
  const since = new Date(ctx.now.getTime() - draft.windowHours * 3_600_000);
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from unnest(${customerIds}::bigint[]) as c(id) where exists (
      select 1 from shop_order o where o.customer_id = c.id and o.state <> 'cancelled' and o.total_fen > o.refunded_fen
        and o.ordered_at > ${since} and o.ordered_at <= ${ctx.now}
    )
  `.execute(ctx.db);
  return (rows[0]?.count ?? 0) / customerIds.length;
}

/** Some people with what they would get: the newest of each variant. */
export async function sample(
  ctx: Ctx,
  draft: Input<typeof sampleCampaign>,
  links: LinkMaker,
): Promise<Output<typeof sampleCampaign>> {
  const { versions } = await checkDraft(ctx, draft);
  if (isBroadcast(draft.channel)) return sampleAudience(ctx, draft, versions, links);
  const people = await selectPeople(ctx, draft.who);
  const newest = sql`select customer_id from (${people}) p order by customer_id desc limit ${shown * 20}`;
  const drawn = peopleOf({ id: 0, draft, versions }, { number: 1, occasion_at: ctx.now }, newest);
  const { rows } = await sql<{ customer_id: number; part: string; version_id: number; staff_id: number | null }>`
    select * from (
      select d.customer_id, d.part, d.version_id, coalesce(d.staff_id, (
        select f.staff_id from follow f where f.customer_id = d.customer_id and f.state = 'active'
        order by f.added_at desc, f.staff_id limit 1
      )) as staff_id, row_number() over (partition by d.part order by d.customer_id desc) as place
      from (${drawn}) d where not d.is_holdout
    ) r order by place, part limit ${shown}
  `.execute(ctx.db);
  const rendered = await renderMessages(
    ctx,
    draft.channel,
    rows.map((row) => ({
      versionId: row.version_id,
      customerId: row.customer_id,
      staffId: row.staff_id,
      touchId: null,
      kind: 'campaign',
      sourceId: null,
    })),
    links,
  );
  const customers = new Map(
    (
      await readRows(
        ctx,
        rows.map((row) => row.customer_id),
      )
    ).map((row) => [row.id, row]),
  );
  const staffIds = rows.flatMap((row) => row.staff_id ?? []);
  const staff = await ctx.db
    .selectFrom('staff')
    .select(['id', 'name'])
    .where('id', 'in', [...staffIds, 0])
    .execute();
  return {
    rows: rows.flatMap((row, i) => {
      const customer = customers.get(row.customer_id);
      const message = rendered[i];
      if (!customer || !message) return [];
      const isFilled = 'message' in message;
      return [
        {
          customer,
          staff: staff.find(({ id }) => id === row.staff_id) ?? null,
          part: row.part,
          message: isFilled ? message.message : null,
          missing: isFilled ? [...message.missing] : [],
          problem: isFilled ? null : message.problem,
        },
      ];
    }),
  };
}

/** Everybody sees the same. */
async function sampleAudience(
  ctx: Ctx,
  draft: Draft,
  versions: Readonly<Record<string, number>>,
  links: LinkMaker,
): Promise<Output<typeof sampleCampaign>> {
  const [part = ''] = draft.variants.map((variant) => variant.part);
  const nobody = { customerId: null, staffId: null, touchId: null, kind: 'campaign', sourceId: null } as const;
  const [shown] = await renderMessages(ctx, draft.channel, [{ ...nobody, versionId: versions[part] ?? 0 }], links);
  const isFilled = shown !== undefined && 'message' in shown;
  return {
    rows: [
      {
        customer: null,
        staff: null,
        part,
        message: isFilled ? shown.message : null,
        missing: isFilled ? [...shown.missing] : [],
        problem: shown === undefined || isFilled ? null : shown.problem,
      },
    ],
  };
}
