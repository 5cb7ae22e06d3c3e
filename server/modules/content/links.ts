import type { Input, Output } from '#contract';
import type { createLink, getLink, listLinkReaders, listLinks, shareLink, updateLink } from '#contract/links';
import { customerScope } from '#customers';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { reportDays } from '#platform/days';
import { type RawBuilder, sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { sha256 } from '#platform/ids';
import { decodeCursor, toPage } from '#platform/paging';
import { encodeLinkCode } from './link-codes.ts';
import { ensureLinks } from './lookups.ts';
import type { LinkMaker } from './render.ts';

/** Tracked links, and what became of them. */

type Row = Output<typeof listLinks>['rows'][number];
type StoredRow = Omit<Row, 'createdAt'> & { createdAt: Date };

const selectRows = (where: RawBuilder<unknown>) => sql<StoredRow>`
  select l.id, l.title, l.url, l.archived_at is not null as "isArchived", l.created_at as "createdAt",
    (select coalesce(sum(opens), 0) from link_day d where d.link_id = l.id) as opens,
    (select count(distinct customer_id) from link_reader r where r.link_id = l.id) as people
  from tracked_link l ${where}
`;

const toRow = (row: StoredRow): Row => ({ ...row, createdAt: row.createdAt.toISOString() });

export async function listLinkPage(ctx: Ctx, input: Input<typeof listLinks>): Promise<Output<typeof listLinks>> {
  const cursor = decodeCursor(input.after, ['number']);
  const { rows } = await selectRows(sql`
    where l.archived_at is ${input.archived ? sql`not null` : sql`null`}
      and (${cursor === undefined} or l.id < ${cursor?.[0] ?? 0})
      and (${input.search ?? null}::text is null or strpos(lower(l.title || ' ' || l.url), lower(${input.search ?? ''})) > 0)
    order by l.id desc limit ${input.limit + 1}
  `).execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return { next: page.next, rows: page.rows.map(toRow) };
}

export async function addLink(ctx: WriteCtx, { url, title }: Input<typeof createLink>): Promise<number> {
  await ensureLinks(ctx, [url]);
  const { id } = await ctx.db
    .updateTable('tracked_link')
    .set({ title })
    .where('url_sha256', '=', sha256(url))
    .returning('id')
    .executeTakeFirstOrThrow();
  await recordAudit(ctx, {
    action: 'tracked_link.created',
    subjectKind: 'tracked_link',
    subjectId: id,
    subjectName: title,
    after: { url },
  });
  return id;
}

export async function changeLink(ctx: WriteCtx, input: Input<typeof updateLink>): Promise<void> {
  const before = await ctx.db
    .selectFrom('tracked_link')
    .select(['title', 'archived_at'])
    .where('id', '=', input.id)
    .forUpdate()
    .executeTakeFirst();
  if (!before) throw new AppError('not_found');
  await ctx.db
    .updateTable('tracked_link')
    .set({ title: input.title, archived_at: input.isArchived ? (before.archived_at ?? ctx.now) : null })
    .where('id', '=', input.id)
    .execute();
  await recordAudit(ctx, {
    action: 'tracked_link.updated',
    subjectKind: 'tracked_link',
    subjectId: input.id,
    subjectName: input.title,
    before: { title: before.title, isArchived: before.archived_at !== null },
    after: { title: input.title, isArchived: input.isArchived },
  });
}

export async function readLink(ctx: Ctx, input: Input<typeof getLink>): Promise<Output<typeof getLink>> {
  const { rows } = await selectRows(sql`where l.id = ${input.id}`).execute(ctx.db);
  const [row] = rows;
  if (!row) throw new AppError('not_found');
  const { from, to, days, since, until } = reportDays(ctx.now, ctx.zone, input);
  const inPeriod = sql`link_id = ${input.id} and day between ${from} and ${to}`;
  const [byDay, bySource, byStaff, people, contents] = await Promise.all([
    sql<{ day: string; opens: number; knownOpens: number }>`
      select day, sum(opens) as opens, sum(opens - unknown_opens) as "knownOpens" from link_day
      where ${inPeriod} group by day
    `.execute(ctx.db),
    sql<Output<typeof getLink>['sources'][number]>`
      select d.kind, nullif(d.source_id, 0) as id, sum(d.opens) as opens,
        case d.kind
          when 'welcome' then (select c.name from channel_code c where c.id = d.source_id)
          when 'campaign' then (select c.name from campaign c where c.id = d.source_id)
          when 'journey' then (select j.name from journey j where j.id = d.source_id)
        end as name
      from link_day d where ${inPeriod} group by d.kind, d.source_id order by opens desc limit 50
    `.execute(ctx.db),
    sql<Output<typeof getLink>['staff'][number]>`
      select s.id, s.name, sum(d.opens) as opens from link_day d join staff s on s.id = d.staff_id
      where ${inPeriod} group by s.id order by opens desc limit 50
    `.execute(ctx.db),
    sql<{ count: number }>`
      select count(distinct customer_id) as count from link_reader
      where link_id = ${input.id} and last_at >= ${since} and first_at < ${until}
    `.execute(ctx.db),
    sql<Output<typeof getLink>['contents'][number]>`
      select c.id, c.name from content c join content_version v on v.id = c.version_id
      where c.archived_at is null and ${row.url} = any(v.tracked_urls) order by c.id desc limit 50
    `.execute(ctx.db),
  ]);
  const known = new Map(byDay.rows.map((day) => [day.day, day]));
  const shown = days.map((day) => known.get(day) ?? { day, opens: 0, knownOpens: 0 });
  const sum = (of: 'opens' | 'knownOpens') => shown.reduce((total, day) => total + day[of], 0);
  return {
    ...toRow(row),
    period: { opens: sum('opens'), knownOpens: sum('knownOpens'), people: people.rows[0]?.count ?? 0 },
    days: shown,
    sources: bySource.rows,
    staff: byStaff.rows,
    contents: contents.rows,
  };
}

export async function listReaderPage(
  ctx: Ctx,
  input: Input<typeof listLinkReaders>,
): Promise<Output<typeof listLinkReaders>> {
  const link = await ctx.db.selectFrom('tracked_link').select('id').where('id', '=', input.id).executeTakeFirst();
  if (!link) throw new AppError('not_found');
  const cursor = decodeCursor(input.after, ['number', 'number']);
  const before = new Date(Math.min(Math.max(cursor?.[0] ?? 0, 0), Date.UTC(2200, 0)));
  type Reader = Output<typeof listLinkReaders>['rows'][number];
  const { rows } = await sql<{ customer: Reader['customer']; opens: number; firstAt: Date; lastAt: Date }>`
    select json_build_object('id', c.id, 'name', c.name, 'avatar', c.avatar) as customer, r.opens, r.first_at as "firstAt",
      r.last_at as "lastAt"
    from (
      select customer_id, sum(opens) as opens, min(first_at) as first_at, max(last_at) as last_at
      from link_reader where link_id = ${input.id} group by customer_id
    ) as r join customer c on c.id = r.customer_id
    where (${cursor === undefined} or (r.last_at, c.id) < (${before}, ${cursor?.[1] ?? 0}))
      and ${customerScope(ctx.actor) ?? sql`true`}
    order by r.last_at desc, c.id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.lastAt.getTime(), row.customer.id]);
  return {
    next: page.next,
    rows: page.rows.map((row) => ({
      ...row,
      firstAt: row.firstAt.toISOString(),
      lastAt: row.lastAt.toISOString(),
    })),
  };
}

/** What is sent by hand counts for the staff member who asks for it. */
export async function makeAddress(
  ctx: Ctx,
  id: number,
  { publicUrl, sealer }: LinkMaker,
): Promise<Output<typeof shareLink>> {
  const link = await ctx.db.selectFrom('tracked_link').select('id').where('id', '=', id).executeTakeFirst();
  if (!link) throw new AppError('not_found');
  const staffId = ctx.actor.kind === 'system' ? 0 : (ctx.actor.staffId ?? 0);
  const code = { linkId: id, kind: 'manual', sourceId: 0, staffId, person: undefined } as const;
  return { address: `${publicUrl}/l/${encodeLinkCode(sealer, code)}` };
}
