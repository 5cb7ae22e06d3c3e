import type { Input, Output } from '#contract';
import type { getStaff, listDepartments, listStaff } from '#contract/organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { addDays, dayOf, dayStart, daysBetween } from '#platform/days';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';

/** What WeCom says of a department and of a member. */
export interface ObservedDepartment {
  readonly wecomId: number;
  readonly parentWecomId: number;
  readonly name: string;
  readonly sort: number;
}

export interface ObservedStaff {
  readonly wecomUserid: string;
  readonly name: string;
  readonly alias: string;
  readonly position: string;
  readonly avatar: string | null;
  readonly state: 'active' | 'disabled' | 'not_activated' | 'left';
  readonly canFollow: boolean;
  readonly departments: readonly { wecomId: number; isLeader: boolean }[];
}

/**
 * The whole tree of departments as it was at `observedAt`. Departments that are not in it are gone. Anything observed
 * later stays as it is.
 */
export async function applyDepartments(
  ctx: WriteCtx,
  departments: readonly ObservedDepartment[],
  observedAt: Date,
): Promise<void> {
  await sql`
    insert into department (wecom_id, parent_wecom_id, name, sort, observed_at)
    select wecom_id, parent_wecom_id, name, sort, ${observedAt}
    from jsonb_to_recordset(${JSON.stringify(departments.map((d) => ({ wecom_id: d.wecomId, parent_wecom_id: d.parentWecomId, name: d.name, sort: d.sort })))}::jsonb)
      as d(wecom_id bigint, parent_wecom_id bigint, name text, sort bigint)
    on conflict (wecom_id) do update
      set parent_wecom_id = excluded.parent_wecom_id, name = excluded.name, sort = excluded.sort,
        observed_at = excluded.observed_at, deleted_at = null
      where department.observed_at <= excluded.observed_at
  `.execute(ctx.db);
  await ctx.db
    .updateTable('department')
    .set({ deleted_at: observedAt })
    .where('observed_at', '<', observedAt)
    .where('deleted_at', 'is', null)
    .execute();
}

/** Members as observed at `observedAt`; an older observation changes nothing. */
export async function applyStaff(ctx: WriteCtx, members: readonly ObservedStaff[], observedAt: Date): Promise<void> {
  if (members.length === 0) return;
  const rows = members.map((member) => ({
    wecom_userid: member.wecomUserid,
    name: member.name,
    alias: member.alias,
    position: member.position,
    avatar: member.avatar,
    state: member.state,
    can_follow: member.canFollow,
  }));
  const { rows: applied } = await sql<{ id: number; key: string }>`
    insert into staff as s (wecom_userid, name, alias, position, avatar, state, can_follow, observed_at)
    select wecom_userid, name, alias, position, avatar, state, can_follow, ${observedAt}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as m(wecom_userid text, name text, alias text, position text, avatar text, state text, can_follow boolean)
    on conflict (lower(wecom_userid)) do update
      set name = excluded.name, alias = excluded.alias, position = excluded.position,
        avatar = coalesce(excluded.avatar, s.avatar), state = excluded.state,
        can_follow = excluded.can_follow, observed_at = excluded.observed_at
      where s.observed_at <= excluded.observed_at
    returning id, lower(wecom_userid) as key
  `.execute(ctx.db);
  const ids = new Map(applied.map((row) => [row.key, row.id]));
  const memberships = members.flatMap((member) => {
    const staffId = ids.get(member.wecomUserid.toLowerCase());
    return staffId === undefined
      ? []
      : member.departments.map((d) => ({ staff_id: staffId, wecom_id: d.wecomId, is_leader: d.isLeader }));
  });
  const staffIds = [...ids.values()];
  if (staffIds.length === 0) return;
  await ctx.db.deleteFrom('staff_department').where('staff_id', 'in', staffIds).execute();
  await sql`
    insert into staff_department (staff_id, department_id, is_leader)
    select m.staff_id, d.id, bool_or(m.is_leader)
    from jsonb_to_recordset(${JSON.stringify(memberships)}::jsonb) as m(staff_id bigint, wecom_id bigint, is_leader boolean)
    join department d on d.wecom_id = m.wecom_id
    group by 1, 2
  `.execute(ctx.db);
}

/** Members that the lists of WeCom no longer hold have left, unless something newer is known of them. */
export async function applyAbsentStaff(
  ctx: WriteCtx,
  presentUserids: readonly string[],
  observedAt: Date,
): Promise<number> {
  const result = await ctx.db
    .updateTable('staff')
    .set({ state: 'left', can_follow: false, observed_at: observedAt })
    .where('observed_at', '<', observedAt)
    .where('state', '<>', 'left')
    .where(sql<boolean>`lower(wecom_userid) <> all(${presentUserids.map((userid) => userid.toLowerCase())})`)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Ids for userids; a member we have not heard of yet gets a row that the next reading completes. */
export async function ensureStaff(ctx: WriteCtx, userids: readonly string[]): Promise<Map<string, number>> {
  const wanted = [...new Set(userids.map((userid) => userid.toLowerCase()))];
  if (wanted.length === 0) return new Map();
  const find = async () => {
    const rows = await ctx.db
      .selectFrom('staff')
      .select(['id', sql<string>`lower(wecom_userid)`.as('key')])
      .where(sql<string>`lower(wecom_userid)`, 'in', wanted)
      .execute();
    return new Map(rows.map((row) => [row.key, row.id]));
  };
  const found = await find();
  const missing = [...new Map(userids.map((userid) => [userid.toLowerCase(), userid]))].filter(
    ([key]) => !found.has(key),
  );
  if (missing.length === 0) return found;
  await ctx.db
    .insertInto('staff')
    .values(
      missing.map(([, userid]) => ({ wecom_userid: userid, name: userid, can_follow: true, observed_at: new Date(0) })),
    )
    .onConflict((conflict) => conflict.expression(sql`lower(wecom_userid)`).doNothing())
    .execute();
  return find();
}

export async function listAllDepartments(ctx: Ctx): Promise<Output<typeof listDepartments>> {
  const rows = await ctx.db
    .selectFrom('department as d')
    .leftJoin('department as parent', 'parent.wecom_id', 'd.parent_wecom_id')
    .select((eb) => [
      'd.id',
      'd.name',
      'parent.id as parentId',
      eb
        .selectFrom('staff_department as sd')
        .innerJoin('staff as s', 's.id', 'sd.staff_id')
        .whereRef('sd.department_id', '=', 'd.id')
        .where('s.state', '<>', 'left')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .as('staffCount'),
    ])
    .where('d.deleted_at', 'is', null)
    .orderBy('d.parent_wecom_id')
    .orderBy('d.sort', 'desc')
    .orderBy('d.id')
    .execute();
  return { rows: rows.map((row) => ({ ...row, staffCount: row.staffCount ?? 0 })) };
}

const staffColumns = sql<{
  id: number;
  wecomUserid: string;
  name: string;
  alias: string;
  position: string;
  avatar: string | null;
  state: 'active' | 'disabled' | 'not_activated' | 'left';
  canFollow: boolean;
  departments: { id: number; name: string; isLeader: boolean }[];
  customerCount: number;
}>`
  s.id, s.wecom_userid as "wecomUserid", s.name, s.alias, s.position, s.avatar, s.state, s.can_follow as "canFollow",
  coalesce((
    select json_agg(json_build_object('id', d.id, 'name', d.name, 'isLeader', sd.is_leader) order by d.id)
    from staff_department sd join department d on d.id = sd.department_id where sd.staff_id = s.id
  ), '[]') as departments,
  (select count(*) from follow f where f.staff_id = s.id and f.state = 'active') as "customerCount"
`;

type StaffRow = Output<typeof listStaff>['rows'][number];

export async function listStaffPage(ctx: Ctx, input: Input<typeof listStaff>): Promise<Output<typeof listStaff>> {
  const cursor = decodeCursor(input.after, ['string', 'number']);
  const { rows } = await sql<StaffRow>`
    select ${staffColumns} from staff s
    where (${cursor === undefined} or (s.name, s.id) > (${cursor?.[0] ?? ''}, ${cursor?.[1] ?? 0}))
      and (${input.search ?? null}::text is null or position(lower(${input.search ?? ''}) in lower(concat_ws(' ', s.name, s.alias, s.wecom_userid))) > 0)
      and (${input.state ?? null}::text is null or s.state = ${input.state ?? ''})
      and (${input.canFollow ?? null}::boolean is null or s.can_follow = ${input.canFollow ?? false})
      and (${input.department ?? null}::bigint is null
        or exists (select 1 from staff_department x where x.staff_id = s.id and x.department_id = ${input.department ?? 0}))
    order by s.name, s.id limit ${input.limit + 1}
  `.execute(ctx.db);
  return toPage(rows, input.limit, (row) => [row.name, row.id]);
}

export async function getStaffMember(ctx: Ctx, id: number): Promise<Output<typeof getStaff>> {
  const { rows } = await sql<StaffRow>`select ${staffColumns} from staff s where s.id = ${id}`.execute(ctx.db);
  const member = rows[0];
  if (!member) throw new AppError('not_found');
  const today = dayOf(ctx.now, ctx.zone);
  const from = addDays(today, -29);
  const days = await sql<Output<typeof getStaff>['days'][number]>`
    with added as (
      select (started_at at time zone ${ctx.zone})::date as day, count(*) as n from follow_spell
      where staff_id = ${id} and started_at >= ${dayStart(from, ctx.zone)} group by 1
    ), lost as (
      select (ended_at at time zone ${ctx.zone})::date as day, count(*) as n from follow_spell
      where staff_id = ${id} and ended_at >= ${dayStart(from, ctx.zone)} group by 1
    )
    select wanted.day::text as day, coalesce(added.n, 0) as added, coalesce(lost.n, 0) as lost,
      sd.chats, sd.messages, sd.reply_percentage as "replyPercentage", sd.reply_minutes as "replyMinutes"
    from unnest(${daysBetween(from, today)}::date[]) as wanted(day)
    left join added on added.day = wanted.day left join lost on lost.day = wanted.day
    left join staff_day sd on sd.staff_id = ${id} and sd.day = wanted.day
    order by wanted.day
  `.execute(ctx.db);
  return { ...member, days: days.rows };
}

export interface StaffDay {
  readonly staffId: number;
  readonly day: string;
  readonly chats: number;
  readonly messages: number;
  readonly replyPercentage: number | null;
  readonly replyMinutes: number | null;
}

/** WeCom's figures of past days; reading them again changes nothing. */
export async function recordStaffDays(ctx: WriteCtx, days: readonly StaffDay[]): Promise<void> {
  if (days.length === 0) return;
  await ctx.db
    .insertInto('staff_day')
    .values(
      days.map((row) => ({
        staff_id: row.staffId,
        day: row.day,
        chats: row.chats,
        messages: row.messages,
        reply_percentage: row.replyPercentage,
        reply_minutes: row.replyMinutes,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['staff_id', 'day']).doUpdateSet((eb) => ({
        chats: eb.ref('excluded.chats'),
        messages: eb.ref('excluded.messages'),
        reply_percentage: eb.ref('excluded.reply_percentage'),
        reply_minutes: eb.ref('excluded.reply_minutes'),
      })),
    )
    .execute();
}
