import type { Input, Output } from '#contract';
import type { getSourceQuality } from '#contract/scores';
import type { Ctx } from '#platform/ctx';
import { addDays, dayOf, reportDays } from '#platform/days';
import { sql } from '#platform/db';
import { readRun } from './compute.ts';
import { counts, isAct, measureAt } from './inputs.ts';
import { freebieLine, meanInterval, minPeople, minSpenders, wilson } from './relation.ts';
import { chooseCurrency, readSettings } from './settings.ts';

/** How long after they came people are looked at. */
const lookDays = 30;

interface Row {
  source: Output<typeof getSourceQuality>['rows'][number]['source'];
  code: { id: number; name: string } | null;
  people: number;
  tooNew: number;
  kept: number;
  answered: number;
  bought: number;
  spend: number;
  squares: number;
  scored: number;
  freebies: number;
}

/**
 * What became of the people of each source in their first 30 days. Only who came at least 30 days ago is counted; by default
 * those of the 180 days before that.
 */
export async function readSourceQuality(
  ctx: Ctx,
  input: Input<typeof getSourceQuality>,
): Promise<Output<typeof getSourceQuality>> {
  const last = addDays(dayOf(ctx.now, ctx.zone), -lookDays);
  const to = input.to ?? (input.from !== undefined && input.from > last ? input.from : last);
  const { from, since, until } = reportDays(ctx.now, ctx.zone, { from: input.from ?? addDays(to, -179), to });
  const run = await readRun(ctx);
  const settings = run?.settings ?? (await readSettings(ctx));
  const currency = run?.basis.currency ?? (await chooseCurrency(ctx, settings)).currency;
  const measure = measureAt(ctx, settings, currency);
  const byCode = input.by === 'code';
  const code = byCode ? sql`came.code_id` : sql`null::bigint`;
  const { rows } = await sql<Row>`
    with came as (
      select c.id, c.source, c.code_id, c.met_at, c.met_at + interval '30 days' as looked_until
      from customer c where c.met_at >= ${since} and c.met_at < ${until}
    ), looked as materialized (
      select came.*, ${code} as by_code,
        exists (
          select 1 from follow_spell s where s.customer_id = came.id and s.started_at <= came.looked_until
            and (s.ended_at is null or s.ended_at >= came.looked_until)
        ) as is_kept,
        exists (
          select 1 from event e where e.customer_id = came.id and e.occurred_at > came.met_at and e.occurred_at <= came.looked_until
            and ${isAct}
        ) as has_answered,
        (
          select sum(o.total_fen - o.refunded_fen) from shop_order o where o.customer_id = came.id and o.ordered_at > came.met_at
            and o.ordered_at <= came.looked_until and ${counts(measure)}
        ) as spend,
        (select freebie from customer_score s where s.customer_id = came.id) as freebie
      from came where came.looked_until <= ${ctx.now}
    ), fresh as (
      select source, ${code} as by_code, count(*) as n from came where looked_until > ${ctx.now} group by 1, 2
    ), told as (
      select source, by_code, count(*) as people, count(*) filter (where is_kept) as kept,
        count(*) filter (where has_answered) as answered, count(*) filter (where spend > 0) as bought,
        sum(coalesce(spend, 0))::float8 as spend, sum(coalesce(spend, 0)::float8 * coalesce(spend, 0)::float8) as squares,
        count(freebie) as scored, count(*) filter (where freebie >= ${freebieLine}) as freebies
      from looked group by source, by_code
    )
    select coalesce(told.source, fresh.source) as source,
      case when cc.id is not null then json_build_object('id', cc.id, 'name', cc.name) end as code,
      coalesce(people, 0) as people, coalesce(fresh.n, 0) as "tooNew", coalesce(kept, 0) as kept, coalesce(answered, 0) as answered,
      coalesce(bought, 0) as bought, coalesce(spend, 0) as spend, coalesce(squares, 0) as squares, coalesce(scored, 0) as scored,
      coalesce(freebies, 0) as freebies
    from told full join fresh on fresh.source = told.source and fresh.by_code is not distinct from told.by_code
    left join channel_code cc on cc.id = coalesce(told.by_code, fresh.by_code)
    order by people desc nulls last, source, cc.id limit 200
  `.execute(ctx.db);
  return {
    from,
    to,
    currency,
    minPeople,
    rows: rows.map(({ source, code, people, tooNew, kept, answered, bought, spend, squares, scored, freebies }) => {
      const share = (hits: number, of = people) => (of < minPeople ? null : wilson(hits, of));
      return {
        source,
        code,
        people,
        tooNew,
        kept: share(kept),
        answered: share(answered),
        bought: share(bought),
        spendFen: people < minSpenders ? null : meanInterval(spend, squares, people),
        freebie: share(freebies, scored),
      };
    }),
  };
}
