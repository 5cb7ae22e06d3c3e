import { sql } from '#platform/db';
import type { Mover, PeopleMove } from './regroup.ts';

/** What this module keeps of people goes with their accounts. */
export const moveCustomerRows: Mover = async (ctx, move) => {
  await moveFollows(ctx, move);
  await moveTags(ctx, move);
  await moveClaims(ctx, move);
  await sql`
    update account_profile set customer_id = ${move.to}
    where customer_id = ${move.from} and account_id = any(${idsOf(move)}::bigint[])
  `.execute(ctx.db);
};

const idsOf = ({ accounts }: PeopleMove) => accounts.map((account) => account.id);

/** An edge belongs to the WeCom account it was made with. */
const moveFollows: Mover = async (ctx, { from, to, accounts, isWhole }) => {
  const userids = accounts.filter((account) => account.kind === 'wecom').map((account) => account.value);
  for (const table of ['follow', 'follow_spell', 'follow_tag']) {
    await sql`
      update ${sql.table(table)} set customer_id = ${to}
      where customer_id = ${from} and (${isWhole} or external_userid = any(${userids}::text[]))
    `.execute(ctx.db);
  }
};

/** Internal tags; those of WeCom follow from the edges. One that both had is kept once, with both its homes. */
const moveTags: Mover = async (ctx, move) => {
  const { from, to, isWhole, firstAccountId } = move;
  const ids = idsOf(move);
  const own = await ctx.db.selectFrom('customer').select('account_id').where('id', '=', to).executeTakeFirst();
  await sql`
    with moved as (
      select tag_id, tagged_at, case when ${isWhole} then homes
        else array(select h from unnest(homes) as h where h = any(${ids}::bigint[])) end as homes
      from (
        select tag_id, tagged_at, coalesce(home_ids, array[${firstAccountId}::bigint]) as homes
        from customer_tag where customer_id = ${from}
      ) as held
      where ${isWhole} or homes && ${ids}::bigint[]
    )
    insert into customer_tag as t (customer_id, tag_id, tagged_at, home_ids)
    select ${to}, tag_id, tagged_at, homes from moved
    on conflict (customer_id, tag_id) do update
      set tagged_at = least(t.tagged_at, excluded.tagged_at),
        home_ids = coalesce(t.home_ids, array[${own?.account_id ?? 0}::bigint]) || excluded.home_ids
  `.execute(ctx.db);
  await sql`
    update customer_tag set home_ids = array(
      select h from unnest(coalesce(home_ids, array[${firstAccountId}::bigint])) as h where h <> all(${ids}::bigint[])
    ) where customer_id = ${from} and not ${isWhole} and home_ids && ${ids}::bigint[]
  `.execute(ctx.db);
  await sql`delete from customer_tag where customer_id = ${from} and (${isWhole} or home_ids = '{}')`.execute(ctx.db);
};

/** The same source may have spoken of both: each word keeps its home. */
const moveClaims: Mover = async (ctx, move) => {
  const { from, to, isWhole, firstAccountId } = move;
  const isMoving = sql`customer_id = ${from} and (${isWhole} or home_id = any(${idsOf(move)}::bigint[]))`;
  await sql`
    insert into attribute_claim as a (customer_id, key, source, home_id, value, set_at, set_by)
    select distinct on (key, source, home) ${to}, key, source, home, value, set_at, set_by
    from (
      select *, case home_id when 0 then ${firstAccountId} else home_id end as home from attribute_claim where ${isMoving}
    ) as moving
    order by key, source, home, set_at desc
    on conflict (customer_id, key, source, home_id) do update
      set value = excluded.value, set_at = excluded.set_at, set_by = excluded.set_by where a.set_at < excluded.set_at
  `.execute(ctx.db);
  await sql`delete from attribute_claim where ${isMoving}`.execute(ctx.db);
};
