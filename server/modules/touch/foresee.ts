import type { Category, Channel } from '#contract/touch';
import type { Ctx } from '#platform/ctx';
import { type RawBuilder, sql } from '#platform/db';
import { judge } from './judge.ts';
import { readPolicy } from './policy.ts';
import type { TouchReason } from './rules.ts';
import type { Verdict } from './verdict.ts';

/** How many would get which verdict, for which reason. */
export interface Foreseen {
  readonly verdict: Verdict['kind'];
  readonly reason: TouchReason | null;
  readonly count: number;
  /** Some of them, when asked for. */
  readonly customerIds: readonly number[];
}

const peopleAtOnce = 20_000;

/**
 * What the gate would say to these people at a moment, as things stand now; nothing is written. `people` selects customer_id,
 * staff_id and is_holdout. About ten thousand people a second.
 */
export async function foreseeVerdicts(
  ctx: Ctx,
  people: RawBuilder<unknown>,
  plan: { readonly channel: Channel; readonly category: Category; readonly at: Date; readonly sampleSize?: number },
): Promise<Foreseen[]> {
  const policy = await readPolicy(ctx);
  const { rows: everybody } = await sql<{ customerId: number; staffId: number | null; isHoldout: boolean }>`
    select customer_id as "customerId", staff_id as "staffId", is_holdout as "isHoldout" from (${people}) p
  `.execute(ctx.db);
  const sampleSize = plan.sampleSize ?? 0;
  const found = new Map<string, Foreseen>();
  for (let i = 0; i < everybody.length; i += peopleAtOnce) {
    const some = everybody.slice(i, i + peopleAtOnce);
    const touches = sql`
      select customer_id, 'foreseen' as purpose, ${plan.at}::timestamptz as occasion_at, ${plan.channel}::text as channel,
        ${plan.category}::text as category, staff_id, is_holdout, ${plan.at}::timestamptz as planned_at,
        null::timestamptz as expires_at, null::jsonb as address
      from unnest(${some.map((one) => one.customerId)}::bigint[], ${some.map((one) => one.staffId)}::bigint[],
        ${some.map((one) => one.isHoldout)}::boolean[]) as p(customer_id, staff_id, is_holdout)
    `;
    const { rows } = await sql<Foreseen>`
      select verdict, reason, count(*) as count, (array_agg(customer_id order by customer_id))[1:${sampleSize}::int] as "customerIds"
      from (${judge(policy, touches, { now: plan.at, zone: ctx.zone })}) j group by verdict, reason
    `.execute(ctx.db);
    for (const row of rows) {
      const key = `${row.verdict} ${row.reason}`;
      const known = found.get(key);
      const customerIds = [...(known?.customerIds ?? []), ...row.customerIds].slice(0, sampleSize);
      found.set(key, { ...row, count: (known?.count ?? 0) + row.count, customerIds });
    }
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}
