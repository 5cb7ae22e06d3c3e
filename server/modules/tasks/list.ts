import type { Input, Output } from '#contract';
import type { countTasks, getTask, listTasks } from '#contract/tasks';
import { customerScope, normalizeForSearch } from '#customers';
import type { Actor, Ctx } from '#platform/ctx';
import { dayOf, dayRange } from '#platform/days';
import { type RawBuilder, sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { isAct } from '#scores';
import { type Previous, undoUntil } from './rules.ts';

type Row = Output<typeof listTasks>['rows'][number];
type Task = Output<typeof getTask>;
type Condition = RawBuilder<boolean>;

/** The member this actor is; 0 is none, and has no tasks. */
export function ownStaffId(actor: Actor): number {
  return actor.kind === 'system' ? 0 : (actor.staffId ?? 0);
}

/** Departments that a member himself leads. */
export const departmentsOf = (leaderId: number | RawBuilder<unknown>) => sql`
  select sd.department_id from staff_department sd where sd.staff_id = ${leaderId} and sd.is_leader`;

/** Those, and all below them. */
export const departmentsLedBy = (staffId: number) => sql`
  with recursive led as (
    select d.id, d.wecom_id from staff_department sd join department d on d.id = sd.department_id
    where sd.staff_id = ${staffId} and sd.is_leader and d.deleted_at is null
    union
    select d.id, d.wecom_id from led join department d on d.parent_wecom_id = led.wecom_id where d.deleted_at is null
  )
  select id from led`;

/** Everybody in them, but not he himself. */
const teamOf = (staffId: number) => sql`
  select sd.staff_id from staff_department sd
  where sd.staff_id <> ${staffId} and sd.department_id in (${departmentsLedBy(staffId)})`;

/** Which of `task t` an actor sees: an adviser his own and those of the departments he leads, everybody else all. */
export function taskScope(actor: Actor): Condition {
  if (actor.kind === 'system' || actor.role !== 'adviser') return sql<boolean>`true`;
  const own = ownStaffId(actor);
  return sql<boolean>`(t.staff_id = ${own} or t.staff_id in (${teamOf(own)}))`;
}

export const isToDo = sql<boolean>`t.state in ('open', 'postponed')`;

function whoseTasks(actor: Actor, whose: Input<typeof listTasks>['whose']): Condition[] {
  const own = ownStaffId(actor);
  if (whose === 'mine') return [sql<boolean>`t.staff_id = ${own}`];
  return whose === 'team' ? [taskScope(actor), sql<boolean>`t.staff_id in (${teamOf(own)})`] : [taskScope(actor)];
}

/** For a leader what came up to him; for others whatever went up. */
function isEscalated(actor: Actor): Condition {
  if (actor.kind === 'system' || actor.role !== 'adviser') return sql<boolean>`t.escalation_count > 0`;
  return sql<boolean>`coalesce(t.escalated_to in (${departmentsOf(ownStaffId(actor))}), false)`;
}

const compareDue = { overdue: sql`<`, today: sql`=`, later: sql`>` } as const;

function conditionsOf(ctx: Ctx, input: Input<typeof listTasks>, today: string): Condition[] {
  const isOpen = input.state === 'todo' || input.state === 'open' || input.state === 'postponed';
  const conditions = whoseTasks(ctx.actor, input.whose);
  conditions.push(input.state === 'todo' ? isToDo : sql<boolean>`t.state = ${input.state}`);
  if (input.due !== undefined)
    conditions.push(sql<boolean>`${isToDo} and t.due_on ${compareDue[input.due]} ${today}::date`);
  if (input.staff !== undefined) conditions.push(sql<boolean>`t.staff_id = ${input.staff}`);
  if (input.customer !== undefined) conditions.push(sql<boolean>`t.customer_id = ${input.customer}`);
  if (input.category !== undefined) conditions.push(sql<boolean>`t.category = ${input.category}`);
  if (input.kind !== undefined) conditions.push(sql<boolean>`t.kind = ${input.kind}`);
  if (input.escalated !== undefined) {
    conditions.push(input.escalated ? isEscalated(ctx.actor) : sql<boolean>`not ${isEscalated(ctx.actor)}`);
  }
  if (input.search !== undefined) {
    conditions.push(sql<boolean>`(strpos(lower(t.title), lower(${input.search})) > 0 or exists (
      select 1 from customer c where c.id = t.customer_id and strpos(c.search_text, ${normalizeForSearch(input.search)}) > 0
    ))`);
  }
  if (isOpen) {
    if (input.from !== undefined) conditions.push(sql<boolean>`t.due_on >= ${input.from}::date`);
    if (input.to !== undefined) conditions.push(sql<boolean>`t.due_on <= ${input.to}::date`);
    return conditions;
  }
  const { from, until } = dayRange(ctx.zone, input.from, input.to);
  conditions.push(sql<boolean>`t.ended_at is not null`);
  if (from) conditions.push(sql<boolean>`t.ended_at >= ${from}`);
  if (until) conditions.push(sql<boolean>`t.ended_at < ${until}`);
  return conditions;
}

interface FoundRow extends Omit<Row, 'expiresAt' | 'createdAt' | 'endedAt' | 'undoUntil'> {
  expiresAt: Date;
  createdAt: Date;
  endedAt: Date | null;
  previous: Previous | null;
}

const rowColumns = (actor: Actor) => sql<FoundRow>`
  t.id, t.state, t.kind, t.source_id as "sourceId",
  case t.kind when 'journey' then (select j.name from journey j where j.id = t.source_id)
    when 'campaign' then (select p.name from campaign p where p.id = t.source_id) end as "sourceName",
  t.category, t.priority, t.title, t.due_on as "dueOn",
  t.first_due_on as "firstDueOn", t.postpone_count as "postponeCount", t.expires_at as "expiresAt",
  t.escalation_count as "escalationCount", t.created_at as "createdAt", t.ended_at as "endedAt", t.reason, t.note, t.previous,
  t.staff_id = ${ownStaffId(actor)} as "isMine",
  json_build_object('id', t.customer_id, 'name', c.name, 'avatar', c.avatar, 'remark', (
    select nullif(f.remark, '') from follow f where f.customer_id = t.customer_id and f.staff_id = t.staff_id
    order by f.state <> 'active' limit 1
  )) as customer,
  json_build_object('id', t.staff_id, 'name', coalesce(s.name, '')) as staff,
  (select json_build_object('id', d.id, 'name', d.name) from department d where d.id = t.escalated_to) as "escalatedTo"
`;
const rowSources = sql`task t left join customer c on c.id = t.customer_id left join staff s on s.id = t.staff_id`;

function toRow({ previous, expiresAt, createdAt, endedAt, ...row }: FoundRow, now: Date): Row {
  return {
    ...row,
    expiresAt: expiresAt.toISOString(),
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    undoUntil: undoUntil(previous, now)?.toISOString() ?? null,
  };
}

const dayMs = 86_400_000;

export async function listTaskPage(ctx: Ctx, input: Input<typeof listTasks>): Promise<Output<typeof listTasks>> {
  const today = dayOf(ctx.now, ctx.zone);
  const conditions = conditionsOf(ctx, input, today);
  const select = (order: RawBuilder<unknown>) => sql<FoundRow>`
    select ${rowColumns(ctx.actor)} from ${rowSources} where ${sql.join(conditions, sql` and `)} ${order}
    limit ${input.limit + 1}
  `;
  if (input.state === 'todo' || input.state === 'open' || input.state === 'postponed') {
    const cursor = decodeCursor(input.after, ['number', 'number', 'number']);
    if (cursor) {
      const day = new Date(clamp(cursor[0], 73_000) * dayMs).toISOString().slice(0, 10);
      conditions.push(
        sql<boolean>`(t.due_on, t.priority, t.id) > (${day}::date, ${clamp(cursor[1], 9)}, ${cursor[2]})`,
      );
    }
    const { rows } = await select(sql`order by t.due_on, t.priority, t.id`).execute(ctx.db);
    const page = toPage(rows, input.limit, (row) => [Date.parse(row.dueOn) / dayMs, row.priority, row.id]);
    return { next: page.next, rows: page.rows.map((row) => toRow(row, ctx.now)) };
  }
  const cursor = decodeCursor(input.after, ['number', 'number']);
  if (cursor) {
    const before = new Date(clamp(cursor[0], Date.UTC(2200, 0)));
    conditions.push(sql<boolean>`(t.ended_at, t.id) < (${before}, ${cursor[1]})`);
  }
  const { rows } = await select(sql`order by t.ended_at desc, t.id desc`).execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.endedAt?.getTime() ?? 0, row.id]);
  return { next: page.next, rows: page.rows.map((row) => toRow(row, ctx.now)) };
}

/** A forged cursor may name any number. */
const clamp = (value: number, max: number) => Math.min(Math.max(Math.trunc(value), 0), max);

export async function countTodo(ctx: Ctx, input: Input<typeof countTasks>): Promise<Output<typeof countTasks>> {
  const own = ownStaffId(ctx.actor);
  const today = dayOf(ctx.now, ctx.zone);
  const { from: todayStart } = dayRange(ctx.zone, today, today);
  const conditions = [
    ...whoseTasks(ctx.actor, input.whose),
    ...(input.staff === undefined ? [] : [sql<boolean>`t.staff_id = ${input.staff}`]),
  ];
  const all = sql.join(conditions, sql` and `);
  type Counts = Omit<Output<typeof countTasks>, 'today'>;
  const { rows } = await sql<Counts>`
    select
      (select json_build_object('id', s.id, 'name', s.name) from staff s where s.id = ${own}) as staff,
      exists (${departmentsLedBy(own)}) as "isLeader",
      count(*) filter (where t.due_on < ${today}::date) as overdue,
      count(*) filter (where t.due_on = ${today}::date) as "dueToday",
      count(*) filter (where t.due_on > ${today}::date) as later,
      (select count(*) from task t where ${all} and t.state = 'done' and t.ended_at >= ${todayStart}) as "doneToday",
      (select count(*) from task t where ${isToDo} and ${taskScope(ctx.actor)} and ${isEscalated(ctx.actor)}) as escalated
    from task t where ${all} and ${isToDo}
  `.execute(ctx.db);
  const [counts] = rows;
  if (!counts) throw new Error('a count is one row');
  return { ...counts, today };
}

export async function readTask(ctx: Ctx, id: number): Promise<Task> {
  const { rows } = await sql<FoundRow & { customerId: number; staffId: number; words: string; why: string }>`
    select ${rowColumns(ctx.actor)}, t.customer_id as "customerId", t.staff_id as "staffId", t.words, t.why
    from ${rowSources} where t.id = ${id} and ${taskScope(ctx.actor)}
  `.execute(ctx.db);
  const [found] = rows;
  if (!found) throw new AppError('not_found');
  const { customerId, staffId, words, why, ...row } = found;
  return { ...toRow(row, ctx.now), words, why, ...(await readKnown(ctx, customerId, staffId)) };
}

/** What helps to talk with a customer. The last of his acts is looked for within the months that still say something. */
async function readKnown(
  ctx: Ctx,
  customerId: number,
  staffId: number,
): Promise<Pick<Task, 'known' | 'externalUserid'>> {
  type Known = NonNullable<Task['known']>;
  const since = new Date(ctx.now.getTime() - 180 * dayMs);
  const scope = customerScope(ctx.actor) ?? sql<boolean>`true`;
  const { rows } = await sql<
    Omit<Known, 'lastOrder' | 'lastTouchAt' | 'lastAct' | 'followedSince'> & {
      lastOrder: Known['lastOrder'];
      lastTouchAt: Date | null;
      lastAct: Known['lastAct'];
      followedSince: Date | null;
      externalUserid: string | null;
    }
  >`
    select
      coalesce((
        select json_agg(json_build_object('id', g.id, 'name', g.name, 'kind', g.kind) order by g.sort desc, g.id)
        from (
          select t.id, t.name, tg.kind, tg.sort from customer_tag ct join tag t on t.id = ct.tag_id
          join tag_group tg on tg.id = t.group_id where ct.customer_id = c.id
        ) g
      ), '[]') as tags,
      (
        select json_build_object('at', to_char(o.ordered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'totalFen', o.total_fen, 'currency', o.currency, 'names', array(
            select l.name from order_line l where l.customer_id = o.customer_id and l.order_id = o.id and l.product_id is not null
            order by l.amount_fen desc, l.line_key limit 3
          ))
        from shop_order o where o.customer_id = c.id and o.state <> 'cancelled' order by o.ordered_at desc, o.id desc limit 1
      ) as "lastOrder",
      (select count(*) from shop_order o where o.customer_id = c.id and o.state <> 'cancelled') as "orderCount",
      (select max(t.settled_at) from touch t where t.customer_id = c.id and t.state in ('submitted', 'delivered')) as "lastTouchAt",
      (
        select json_build_object('at', to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'name', e.name)
        from event e where e.customer_id = c.id and e.occurred_at > ${since} and ${isAct}
        order by e.occurred_at desc, e.id desc limit 1
      ) as "lastAct",
      f.added_at as "followedSince", f.external_userid as "externalUserid"
    from customer c
    left join lateral (
      select added_at, external_userid from follow f
      where f.customer_id = c.id and f.staff_id = ${staffId} and f.state = 'active' order by f.added_at desc limit 1
    ) f on true
    where c.id = ${customerId} and ${scope}
  `.execute(ctx.db);
  const [found] = rows;
  if (!found) return { known: null, externalUserid: null };
  const { externalUserid, lastTouchAt, followedSince, ...known } = found;
  return {
    externalUserid,
    known: {
      ...known,
      lastTouchAt: lastTouchAt?.toISOString() ?? null,
      followedSince: followedSince?.toISOString() ?? null,
    },
  };
}
