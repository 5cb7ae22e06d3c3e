import { type LinkMaker, renderMessages } from '#content';
import type { Input, Output } from '#contract';
import type { foreseeCampaign, sampleCampaign } from '#contract/campaigns';
import { readRows } from '#customers';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { checkDraft, selectPeople } from './campaigns.ts';
import { peopleOf } from './runs.ts';

/** What a campaign would do, without doing any of it. */

/** People who are shown with what they would get. */
const shown = 6;

export async function foresee(
  _ctx: Ctx,
  _input: Input<typeof foreseeCampaign>,
): Promise<Output<typeof foreseeCampaign>> {
  throw new Error('not yet');
}

/** Some people with what they would get: the newest of each variant. */
export async function sample(
  ctx: Ctx,
  draft: Input<typeof sampleCampaign>,
  links: LinkMaker,
): Promise<Output<typeof sampleCampaign>> {
  const { versions } = await checkDraft(ctx, draft);
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
