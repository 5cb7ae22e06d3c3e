import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import {
  type EndedBy,
  type FollowChange,
  foldFollow,
  mergeChanges,
  remarkLength,
  type Spell,
  stateOf,
} from './rules.ts';
import { refreshSearch } from './search.ts';
import { refreshCustomerTags } from './tags.ts';

/** One edge: this staff member and this WeCom account of this customer. */
export interface Edge {
  readonly customerId: number;
  readonly externalUserid: string;
  readonly staffId: number;
}

export interface EdgeChanges extends Edge {
  /** Given what is known of the edge, what is known from now on. Pure; called with an empty list for a new edge. */
  readonly revise: (known: readonly FollowChange[]) => readonly FollowChange[];
}

/** What became different on an edge: stays that began and stays that ended. */
export interface FollowTurn extends Edge {
  readonly kind: 'opened' | 'closed';
  readonly at: Date;
  readonly by: EndedBy | null;
  readonly codeId: number | null;
  /** The customer had no stay with anybody before this one. */
  readonly isFirst: boolean;
}

interface Revised extends Edge {
  changes: FollowChange[];
  before: Spell[];
  after: Spell[];
}

const edgeKey = (edge: Edge) => `${edge.customerId} ${edge.externalUserid} ${edge.staffId}`;

/**
 * Brings edges up to what is known, whatever the order in which it became known, and everything that follows from them:
 * stays, the customer's count of active follows, first source, tags. Returns the turns, for the timeline and listeners.
 */
export async function applyFollowChanges(ctx: WriteCtx, changes: readonly EdgeChanges[]): Promise<FollowTurn[]> {
  if (changes.length === 0) return [];
  const customerIds = [...new Set(changes.map((change) => change.customerId))].sort((a, b) => a - b);
  await lockCustomers(ctx, customerIds);
  const known = await readChanges(ctx, customerIds);
  const revised = new Map<string, Revised>();
  for (const change of changes) {
    const key = edgeKey(change);
    const changesBefore = known.get(key) ?? [];
    const entry = revised.get(key) ?? {
      customerId: change.customerId,
      externalUserid: change.externalUserid,
      staffId: change.staffId,
      changes: [...changesBefore],
      before: foldFollow(changesBefore),
      after: [],
    };
    entry.changes = mergeChanges([], change.revise(entry.changes));
    revised.set(key, entry);
  }
  const different = [...revised.values()].filter((entry) => {
    entry.after = foldFollow(entry.changes);
    return JSON.stringify(entry.changes) !== JSON.stringify(known.get(edgeKey(entry)) ?? []);
  });
  if (different.length === 0) return [];
  await writeEdges(ctx, different);
  await writeSpells(ctx, different);
  const ids = [...new Set(different.map((entry) => entry.customerId))];
  const firstSpells = await refreshFollowFigures(ctx, ids);
  await refreshCustomerTags(ctx, ids);
  return different.flatMap((entry) => turnsOf(entry, firstSpells));
}

export async function lockCustomers(ctx: WriteCtx, ids: readonly number[]): Promise<void> {
  await ctx.db
    .selectFrom('customer')
    .select('id')
    .where('id', 'in', [...ids])
    .orderBy('id')
    .forUpdate()
    .execute();
}

async function readChanges(ctx: WriteCtx, customerIds: readonly number[]): Promise<Map<string, FollowChange[]>> {
  const rows = await ctx.db
    .selectFrom('follow')
    .select(['customer_id', 'external_userid', 'staff_id', 'changes'])
    .where('customer_id', 'in', [...customerIds])
    .execute();
  return new Map(
    rows.map((row) => [
      edgeKey({ customerId: row.customer_id, externalUserid: row.external_userid, staffId: row.staff_id }),
      row.changes as FollowChange[],
    ]),
  );
}

async function writeEdges(ctx: WriteCtx, edges: readonly Revised[]): Promise<void> {
  const rows = edges.map((edge) => {
    const last = lastStay(edge);
    return {
      customer_id: edge.customerId,
      external_userid: edge.externalUserid,
      staff_id: edge.staffId,
      state: stateOf(last),
      added_at: new Date(last.startedAt),
      ended_at: last.endedAt === null ? null : new Date(last.endedAt),
      code_id: last.codeId,
      add_way: last.way,
      changes: edge.changes,
    };
  });
  await sql`
    insert into follow as f (customer_id, external_userid, staff_id, state, added_at, ended_at, code_id, add_way, changes)
    select customer_id, external_userid, staff_id, state, added_at, ended_at, code_id, add_way, changes
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(customer_id bigint, external_userid text, staff_id bigint,
      state text, added_at timestamptz, ended_at timestamptz, code_id bigint, add_way integer, changes jsonb)
    on conflict (customer_id, external_userid, staff_id) do update
      set state = excluded.state, added_at = excluded.added_at, ended_at = excluded.ended_at, code_id = excluded.code_id,
        add_way = excluded.add_way, changes = excluded.changes
  `.execute(ctx.db);
}

/** An end whose add is not known yet is kept as an empty stay: when the add comes, it must find its end. */
function lastStay({ after, changes }: Revised): Spell {
  const last = changes.at(-1);
  const at = last?.at ?? 0;
  const by = last?.kind === 'ended' ? last.by : 'missing';
  return after.at(-1) ?? { startedAt: at, endedAt: at, endedBy: by, codeId: null, way: null };
}

async function writeSpells(ctx: WriteCtx, edges: readonly Revised[]): Promise<void> {
  const keys = JSON.stringify(
    edges.map((edge) => ({
      customer_id: edge.customerId,
      external_userid: edge.externalUserid,
      staff_id: edge.staffId,
    })),
  );
  const rows = edges.flatMap((edge) =>
    edge.after.map((spell) => ({
      customer_id: edge.customerId,
      external_userid: edge.externalUserid,
      staff_id: edge.staffId,
      started_at: new Date(spell.startedAt),
      ended_at: spell.endedAt === null ? null : new Date(spell.endedAt),
      ended_by: spell.endedBy,
      code_id: spell.codeId,
    })),
  );
  await sql`
    delete from follow_spell s
    using jsonb_to_recordset(${keys}::jsonb) as k(customer_id bigint, external_userid text, staff_id bigint)
    where s.customer_id = k.customer_id and s.external_userid = k.external_userid and s.staff_id = k.staff_id
  `.execute(ctx.db);
  await sql`
    insert into follow_spell (customer_id, external_userid, staff_id, started_at, ended_at, ended_by, code_id)
    select customer_id, external_userid, staff_id, started_at, ended_at, ended_by, code_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(customer_id bigint, external_userid text, staff_id bigint,
      started_at timestamptz, ended_at timestamptz, ended_by text, code_id bigint)
  `.execute(ctx.db);
}

/** Counts, first stay, source and end of customers, from their stays. Returns the key of each one's first stay. */
export async function refreshFollowFigures(
  ctx: WriteCtx,
  customerIds: readonly number[],
): Promise<Map<number, string>> {
  const { rows } = await sql<Edge & { startedAt: Date }>`
    with spell as (
      select s.*, row_number() over (partition by customer_id order by started_at, staff_id, external_userid) as place
      from follow_spell s where customer_id = any(${customerIds})
    ), marked as (
      update follow_spell s set is_first = spell.place = 1
      from spell
      where s.customer_id = spell.customer_id and s.external_userid = spell.external_userid
        and s.staff_id = spell.staff_id and s.started_at = spell.started_at and s.is_first <> (spell.place = 1)
    ), figures as (
      update customer c
      set added_at = coalesce(first.started_at, (select min(first_seen_at) from identity i where i.customer_id = c.id), c.added_at),
        met_at = first.started_at, gone_at = case when active.n = 0 then ended.at end, code_id = first.code_id,
        source = coalesce((select source from channel_code where id = first.code_id), 'direct'),
        active_follow_count = active.n
      from unnest(${customerIds}::bigint[]) as wanted(id)
      left join spell first on first.customer_id = wanted.id and first.place = 1
      cross join lateral (select count(*) as n from follow f where f.customer_id = wanted.id and f.state = 'active') active
      cross join lateral (select max(ended_at) as at from spell s where s.customer_id = wanted.id) ended
      where c.id = wanted.id
    )
    select customer_id as "customerId", external_userid as "externalUserid", staff_id as "staffId", started_at as "startedAt"
    from spell where place = 1
  `.execute(ctx.db);
  return new Map(rows.map((row) => [row.customerId, `${edgeKey(row)} ${row.startedAt.getTime()}`]));
}

function turnsOf(entry: Revised, firstSpells: ReadonlyMap<number, string>): FollowTurn[] {
  const edge = { customerId: entry.customerId, externalUserid: entry.externalUserid, staffId: entry.staffId };
  const firstKey = firstSpells.get(entry.customerId);
  // A late end may split one stay into two: each earlier stay goes on in one of the later ones, the other is new.
  const before = new Set(entry.before);
  return entry.after.flatMap((spell) => {
    const was = [...before].find((other) => overlaps(other, spell));
    if (was) before.delete(was);
    const isFirst = firstKey === `${edgeKey(edge)} ${spell.startedAt}`;
    const common = { ...edge, codeId: spell.codeId, isFirst };
    const turns: FollowTurn[] = [];
    if (!was) turns.push({ ...common, kind: 'opened', at: new Date(spell.startedAt), by: null });
    if (spell.endedAt !== null && (was?.endedAt ?? null) === null) {
      turns.push({ ...common, kind: 'closed', at: new Date(spell.endedAt), by: spell.endedBy });
    }
    return turns;
  });
}

function overlaps(a: Spell, b: Spell): boolean {
  const end = (spell: Spell) => spell.endedAt ?? Number.POSITIVE_INFINITY;
  return a.startedAt <= end(b) && b.startedAt <= end(a);
}

/** Remark and description of edges as WeCom has them, where nothing of ours is on its way there. */
export interface ObservedRemark extends Edge {
  readonly remark: string;
  readonly description: string;
  readonly mobiles: readonly string[];
  readonly readAt: Date;
}

export async function applyRemarks(ctx: WriteCtx, remarks: readonly ObservedRemark[]): Promise<void> {
  if (remarks.length === 0) return;
  const rows = remarks.map((row) => ({
    customer_id: row.customerId,
    external_userid: row.externalUserid,
    staff_id: row.staffId,
    remark: row.remark,
    description: row.description,
    mobiles: row.mobiles,
    read_at: row.readAt,
  }));
  await sql`
    update follow f set
      remark = case when f.is_remark_pending or f.remark_told_at >= r.read_at then f.remark else r.remark end,
      description = case when f.is_remark_pending or f.remark_told_at >= r.read_at then f.description else r.description end,
      remark_mobiles = array(select jsonb_array_elements_text(r.mobiles)),
      read_at = r.read_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(customer_id bigint, external_userid text, staff_id bigint,
      remark text, description text, mobiles jsonb, read_at timestamptz)
    where f.customer_id = r.customer_id and f.external_userid = r.external_userid and f.staff_id = r.staff_id
      and (f.read_at is null or f.read_at <= r.read_at)
  `.execute(ctx.db);
}

/** Asks for a remark that begins with `prefix`; it is made when the name is known. */
export async function requestRemarks(
  ctx: WriteCtx,
  requests: readonly (Edge & { prefix: string; description: string })[],
): Promise<void> {
  if (requests.length === 0) return;
  const rows = requests.map((request) => ({
    customer_id: request.customerId,
    external_userid: request.externalUserid,
    staff_id: request.staffId,
    prefix: request.prefix,
    description: request.description,
  }));
  await sql`
    update follow f set remark_prefix = r.prefix, description = coalesce(nullif(r.description, ''), f.description)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(customer_id bigint, external_userid text, staff_id bigint,
      prefix text, description text)
    where f.customer_id = r.customer_id and f.external_userid = r.external_userid and f.staff_id = r.staff_id
  `.execute(ctx.db);
  await resolveRemarks(
    ctx,
    requests.map((request) => request.customerId),
  );
}

/** Makes the remarks that waited for a name. */
export async function resolveRemarks(ctx: WriteCtx, customerIds: readonly number[]): Promise<void> {
  if (customerIds.length === 0) return;
  await sql`
    update follow f
    set remark = case when f.remark_prefix = '' then f.remark else left(f.remark_prefix || c.name, ${remarkLength}) end,
      remark_prefix = null, is_remark_pending = true, remark_attempts = 0, remark_problem = null
    from customer c
    where c.id = f.customer_id and c.id = any(${customerIds}) and c.name is not null and f.remark_prefix is not null
  `.execute(ctx.db);
  await refreshSearch(ctx, customerIds);
}
