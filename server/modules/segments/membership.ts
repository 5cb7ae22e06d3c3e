import { randomUUID } from 'node:crypto';
import { type Condition, condition } from '#contract/segments';
import type { Mover } from '#customers';
import { type Fact, recordEvents } from '#events';
import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { addDays, dayOf } from '#platform/days';
import { CompiledQuery, sql } from '#platform/db';
import {
  currentPosition,
  type FeedClient,
  type FeedRow,
  followerPosition,
  moveFollower,
  pruneFeed,
  readFeed,
} from '#platform/feed';
import type { MirrorTable } from '#platform/mirror';
import type { Pump } from '#platform/pump';
import type { Chore } from '#platform/schedule';
import { everyMs } from '#platform/schedule';
import { compile, momentsOf, needsOf } from './compile.ts';
import type { Engine } from './engine.ts';
import { evaluateCustomer } from './evaluate.ts';
import type { Cutoff, World } from './kind.ts';
import { drawLines } from './lines.ts';
import { mirrorTables, postgres, wantedProperties } from './mirrored.ts';
import { askedBy, loadPeople } from './person.ts';
import { fillChannel } from './segments.ts';
import { usualSizes } from './sizes.ts';
import { loadWorld } from './world.ts';

/**
 * Who is in which segment, kept up as things change:
 *
 * - A new or changed rule is filled once, in sets (`fill`).
 * - After that only customers about whom something changed are looked at: the change feed says who and what, and only the
 *   segments whose conditions ask for that are evaluated (`follow`, `look`).
 * - What time alone changes comes from due times: the evaluator says when a verdict can change next, and once an hour the
 *   due times of the hours to come are found in sets (`schedule`, `due`).
 * - Rankings are drawn anew on a schedule, because one customer's change can move anybody's place.
 *
 * A change of people tells `segment.entered` and `segment.left` by the inbox; a change of the rule does not.
 */

const touchChannel = 'segment_touch';
const followerName = 'memberships';
/** Customers looked at in one transaction. */
const batch = 1000;
/** Due times are known for so long ahead; they are looked for when less than half of it is left. */
const horizonMs = 2 * 3_600_000;
const redrawMs = 15 * 60_000;
/** One batch is looked at at a time, in all processes: two with one customer would both tell what changed. A fill takes it for the moment in which it ends. */
const lookLock = 7164008;

const feedTables = [...new Set(mirrorTables([]).map((table) => table.feed.name))];

const clientOf = (ctx: Ctx): FeedClient => ({
  query: (text, values = []) => ctx.db.executeQuery(CompiledQuery.raw(text, [...values])) as never,
});

/** In the words of needs: 'tag:12', 'event:order.paid', 'order'. '*' asks for all segments. */
function needsOfRow(row: FeedRow): string[] {
  const ofTopics = (word: string) => row.topics.map((topic) => `${word}:${topic}`);
  switch (row.table_name) {
    // Somebody new is looked at by every segment, and so is somebody who is gone.
    case 'customer':
      return ['*'];
    case 'customer_tag':
      return ofTopics('tag');
    case 'customer_attribute':
      return ofTopics('attribute');
    case 'event':
      return ofTopics('event');
    case 'segment_list_member':
      return ofTopics('list');
    case 'shop_order':
      return ['order'];
    case 'customer_score':
      return ['score'];
    default:
      return [row.table_name];
  }
}

/** A changed row has no topic of its own before the change: with topics it could have had, anything may have changed. */
const isWhole = (row: FeedRow) => !row.is_insert && row.table_name === 'event';

/** Turns the feed into customers to look at. */
async function follow(ctx: Ctx): Promise<number> {
  const count = await ctx.db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (db) => {
      const client = clientOf({ ...ctx, db });
      const { rows: free } = await client.query<{ free: boolean }>('select pg_try_advisory_xact_lock(7164009) as free');
      if (!free[0]?.free) return 0;
      const position = await followerPosition(client, followerName);
      const next = await currentPosition(client);
      const { rows } = await sql<{ needs: string[] }>`
        select needs from segment where deleted_at is null
      `.execute(db);
      const asked = new Set(rows.flatMap((row) => row.needs));
      let count = 0;
      for await (const page of readFeed(client, position, feedTables)) {
        count += page.length;
        const touched = new Map<string, { needs: string[]; keys: Set<number> }>();
        for (const row of page) {
          const needs = isWhole(row) ? ['*'] : needsOfRow(row).filter((need) => need === '*' || asked.has(need));
          if (needs.length === 0 || rows.length === 0) continue;
          const name = needs.join(' ');
          const known = touched.get(name) ?? { needs, keys: new Set() };
          touched.set(name, known);
          for (const key of row.keys) if (key > 0) known.keys.add(key);
        }
        for (const { needs, keys } of touched.values()) {
          await sql`
            insert into segment_touch (customer_id, needs, touched_at)
            select key, ${needs}::text[], ${ctx.now} from unnest(${[...keys]}::bigint[]) as key
          `.execute(db);
        }
      }
      if (count > 0) await moveFollower(client, followerName, next);
      return count;
    });
  if (count > 0) ctx.bell.ring([touchChannel]);
  return count;
}

interface Saved {
  readonly id: number;
  readonly name: string;
  readonly tree: Condition;
  readonly needs: ReadonlySet<string>;
  readonly isTimed: boolean;
  readonly dueUntil: Date | null;
  readonly lines: ReadonlyMap<string, Cutoff | null>;
}

async function filledSegments(ctx: Ctx, id?: number): Promise<Saved[]> {
  const rows = await ctx.db
    .selectFrom('segment')
    .select(['id', 'name', 'tree', 'needs', 'is_timed', 'due_until', 'lines'])
    .where('deleted_at', 'is', null)
    .$if(id === undefined, (query) => query.whereRef('filled_revision', '=', 'revision'))
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? 0))
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    tree: condition.parse(row.tree),
    needs: new Set(row.needs),
    isTimed: row.is_timed,
    dueUntil: row.due_until,
    lines: new Map(Object.entries(row.lines as Record<string, Cutoff | null>)),
  }));
}

/** Evaluates customers for segments, and writes down who entered, who left, and when to look again. */
async function evaluate(
  ctx: WriteCtx,
  segments: readonly Saved[],
  wanted: (customerId: number, segment: Saved) => boolean,
  ids: readonly number[],
): Promise<void> {
  if (segments.length === 0 || ids.length === 0) return;
  const trees = segments.map((segment) => segment.tree);
  const lines = new Map(segments.flatMap((segment) => [...segment.lines]));
  const world = await loadWorld(ctx, trees, lines);
  const people = new Map(
    (await loadPeople(ctx, ids, askedBy(trees, world.segments))).map((person) => [person.id, person]),
  );
  const { rows: members } = await sql<{ segment_id: number; customer_id: number }>`
    select segment_id, customer_id from segment_member
    where customer_id = any(${ids}::bigint[]) and segment_id = any(${segments.map((segment) => segment.id)}::bigint[])
  `.execute(ctx.db);
  const isMember = new Set(members.map((row) => `${row.segment_id} ${row.customer_id}`));
  const entered: Change[] = [];
  const left: Change[] = [];
  const looked: { segment_id: number; customer_id: number; due_at: string | null }[] = [];
  for (const segment of segments) {
    for (const customerId of ids) {
      if (!wanted(customerId, segment)) continue;
      const person = people.get(customerId);
      const { verdict, changesAt } = person
        ? evaluateCustomer(segment.tree, person, world)
        : { verdict: 'no', changesAt: Number.POSITIVE_INFINITY };
      const was = isMember.has(`${segment.id} ${customerId}`);
      if (verdict === 'yes' && !was) entered.push({ segment, customerId });
      if (verdict !== 'yes' && was) left.push({ segment, customerId });
      // What lies further ahead is found when its hour comes near.
      const isNear = segment.dueUntil !== null && changesAt < segment.dueUntil.getTime();
      const due_at = isNear ? new Date(changesAt).toISOString() : null;
      if (segment.isTimed) looked.push({ segment_id: segment.id, customer_id: customerId, due_at });
    }
  }
  // Whoever is gone, or has become one with another, leaves without a word: there is nobody to tell it of.
  await writeChanges(ctx, entered, left, (customerId) => people.has(customerId));
  await writeDue(ctx, looked);
}

interface Change {
  readonly segment: Saved;
  readonly customerId: number;
}

async function writeChanges(
  ctx: WriteCtx,
  entered: readonly Change[],
  left: readonly Change[],
  isHere: (customerId: number) => boolean,
): Promise<void> {
  if (entered.length + left.length === 0) return;
  const columns = (changes: readonly Change[]) =>
    sql`unnest(${changes.map((change) => change.segment.id)}::bigint[], ${changes.map((change) => change.customerId)}::bigint[])
      as k(segment_id, customer_id)`;
  await sql`
    insert into segment_member (segment_id, customer_id, entered_at)
    select segment_id, customer_id, ${ctx.now} from ${columns(entered)} on conflict do nothing
  `.execute(ctx.db);
  await sql`
    delete from segment_member m using ${columns(left)} where m.segment_id = k.segment_id and m.customer_id = k.customer_id
  `.execute(ctx.db);
  const counts = new Map<number, { entered: number; left: number }>();
  const count = (changes: readonly Change[], what: 'entered' | 'left') => {
    for (const { segment } of changes) {
      const known = counts.get(segment.id) ?? { entered: 0, left: 0 };
      counts.set(segment.id, { ...known, [what]: known[what] + 1 });
    }
  };
  count(entered, 'entered');
  count(left, 'left');
  await countDay(
    ctx,
    [...counts].map(([id, change]) => ({ id, ...change })),
  );
  const fact = (name: 'segment.entered' | 'segment.left', { segment, customerId }: Change): Fact => ({
    name,
    source: 'segments',
    // Told in the transaction that changes the membership, and so once.
    messageId: randomUUID(),
    occurredAt: ctx.now,
    payload: { customerId, segmentId: segment.id, segmentName: segment.name },
  });
  await recordEvents(ctx, [
    ...entered.map((change) => fact('segment.entered', change)),
    ...left.filter(({ customerId }) => isHere(customerId)).map((change) => fact('segment.left', change)),
  ]);
}

/** The size of a segment, now and on this civil day. Segments are taken in the order of their ids: two batches never wait for each other in a circle. */
async function countDay(
  ctx: WriteCtx,
  changes: readonly { id: number; entered: number; left: number }[],
): Promise<void> {
  const day = dayOf(ctx.now, ctx.zone);
  for (const { id, entered, left } of [...changes].sort((a, b) => a.id - b.id)) {
    await sql`
      with sized as (
        update segment set member_count = member_count + ${entered - left}::bigint where id = ${id} returning member_count
      )
      insert into segment_day (segment_id, day, member_count, entered_count, left_count)
      select ${id}, ${day}::date, member_count, ${entered}::bigint, ${left}::bigint from sized
      on conflict (segment_id, day) do update set member_count = excluded.member_count,
        entered_count = segment_day.entered_count + excluded.entered_count, left_count = segment_day.left_count + excluded.left_count
    `.execute(ctx.db);
  }
}

/** Most have no due time near, before and after: only the others are written. */
async function writeDue(
  ctx: WriteCtx,
  looked: readonly { segment_id: number; customer_id: number; due_at: string | null }[],
): Promise<void> {
  if (looked.length === 0) return;
  const ids = [...new Set(looked.map((row) => row.customer_id))];
  const { rows: known } = await sql<{ segment_id: number; customer_id: number }>`
    select segment_id, customer_id from segment_due where customer_id = any(${ids}::bigint[])
  `.execute(ctx.db);
  const isKnown = new Set(known.map((row) => `${row.segment_id} ${row.customer_id}`));
  const wanted = looked.filter((row) => row.due_at !== null || isKnown.has(`${row.segment_id} ${row.customer_id}`));
  if (wanted.length === 0) return;
  const rows = sql`jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as d(segment_id bigint, customer_id bigint, due_at timestamptz)`;
  await sql`
    insert into segment_due (segment_id, customer_id, due_at) select segment_id, customer_id, due_at from ${rows}
    where due_at is not null order by customer_id, segment_id
    on conflict (customer_id, segment_id) do update set due_at = excluded.due_at
  `.execute(ctx.db);
  await sql`
    delete from segment_due s using ${rows} where d.due_at is null and s.segment_id = d.segment_id and s.customer_id = d.customer_id
  `.execute(ctx.db);
}

/** Looks at touched customers: all that is known to have changed about each, in one go. */
async function look(ctx: Ctx): Promise<number> {
  return inTransaction(ctx, async (ctx) => {
    await sql`select pg_advisory_xact_lock(${lookLock})`.execute(ctx.db);
    const { rows: touches } = await sql<{ customer_id: number; needs: string[] }>`
      delete from segment_touch where id in (
        select id from segment_touch order by id limit ${batch} for update skip locked
      ) returning customer_id, needs
    `.execute(ctx.db);
    if (touches.length === 0) return 0;
    const needs = new Map<number, Set<string>>();
    for (const touch of touches) {
      const known = needs.get(touch.customer_id) ?? new Set();
      needs.set(touch.customer_id, known);
      for (const need of touch.needs) known.add(need);
    }
    const ids = [...needs.keys()].sort((a, b) => a - b);
    const isWanted = (customerId: number, segment: Saved) => {
      const touched = needs.get(customerId);
      return touched !== undefined && (touched.has('*') || [...touched].some((need) => segment.needs.has(need)));
    };
    const segments = (await filledSegments(ctx)).filter((segment) => ids.some((id) => isWanted(id, segment)));
    await evaluate(ctx, segments, isWanted, ids);
    return touches.length;
  });
}

/** Looks at those whose time has come. */
async function due(ctx: Ctx): Promise<number> {
  return inTransaction(ctx, async (ctx) => {
    await sql`select pg_advisory_xact_lock(${lookLock})`.execute(ctx.db);
    const { rows } = await sql<{ segment_id: number; customer_id: number }>`
      delete from segment_due where (customer_id, segment_id) in (
        select customer_id, segment_id from segment_due where due_at <= ${ctx.now} order by due_at limit ${batch} for update skip locked
      ) returning segment_id, customer_id
    `.execute(ctx.db);
    if (rows.length === 0) return 0;
    const pairs = new Set(rows.map((row) => `${row.segment_id} ${row.customer_id}`));
    const ids = [...new Set(rows.map((row) => row.customer_id))].sort((a, b) => a - b);
    const segments = await filledSegments(ctx);
    await evaluate(ctx, segments, (customerId, segment) => pairs.has(`${segment.id} ${customerId}`), ids);
    return rows.length;
  });
}

/** Finds the members of a rule that is new or has changed, and clears away a deleted one. */
async function fill(ctx: Ctx): Promise<number> {
  const cleared = await clearDeleted(ctx);
  const { rows } = await sql<{ id: number; revision: number }>`
    select id, revision from segment where deleted_at is null and filled_revision < revision and problem is null order by id limit 1
  `.execute(ctx.db);
  const [wanted] = rows;
  if (!wanted) return cleared;
  const follower = `fill ${wanted.id} ${randomUUID()}`;
  try {
    await fillOne(ctx, wanted, follower);
  } catch (error) {
    ctx.log.error({ err: error, segment: wanted.id }, 'the members of a segment could not be found');
    const problem = error instanceof Error ? error.message.slice(0, 300) : String(error);
    await ctx.db
      .updateTable('segment')
      .set({ problem })
      .where('id', '=', wanted.id)
      .where('revision', '=', wanted.revision)
      .execute();
  } finally {
    await sql`delete from change_follower where name = ${follower}`.execute(ctx.db);
  }
  return 1;
}

async function clearDeleted(ctx: Ctx): Promise<number> {
  const { rows } = await sql<{ segment_id: number }>`
    delete from segment_member where (customer_id, segment_id) in (
      select m.customer_id, m.segment_id from segment s join segment_member m on m.segment_id = s.id
      where s.deleted_at is not null limit 20000
    ) returning segment_id
  `.execute(ctx.db);
  await sql`delete from segment_due where segment_id in (select id from segment where deleted_at is not null)`.execute(
    ctx.db,
  );
  return rows.length;
}

async function fillOne(ctx: Ctx, wanted: { id: number; revision: number }, follower: string): Promise<void> {
  // What changes from here on is kept in the feed until the fill has taken it in.
  await moveFollower(clientOf(ctx), follower, await currentPosition(clientOf(ctx)));
  await followerPosition(clientOf(ctx), followerName);
  const [segment] = await filledSegments(ctx, wanted.id);
  if (!segment) return;
  const bare = await loadWorld(ctx, [segment.tree]);
  const ask = async <T>(text: string) => (await ctx.db.executeQuery(CompiledQuery.raw(text))).rows as T[];
  const lines = await drawLines(segment.tree, bare, postgres, ask as never);
  const world: World = { ...bare, cutoffs: lines };
  const dueUntil = new Date(ctx.now.getTime() + horizonMs);
  await inTransaction(ctx, async (ctx) => {
    // Everybody is asked once: for a large base this takes longer than an answer may.
    await sql`set local statement_timeout = 0`.execute(ctx.db);
    const compiled = compile(segment.tree, world, usualSizes(1_000_000), postgres);
    await ctx.db.executeQuery(
      CompiledQuery.raw(`create temp table fill_member on commit drop as ${compiled.with}${compiled.sql}`),
    );
    await sql`analyze fill_member`.execute(ctx.db);
    await sql`
      delete from segment_member m where segment_id = ${segment.id}
        and not exists (select 1 from fill_member f where f.customer_id = m.customer_id)
    `.execute(ctx.db);
    await sql`
      insert into segment_member (segment_id, customer_id, entered_at)
      select ${segment.id}, customer_id, ${ctx.now} from fill_member on conflict do nothing
    `.execute(ctx.db);
  });
  await inTransaction(ctx, async (ctx) => {
    await sql`select pg_advisory_xact_lock(${lookLock})`.execute(ctx.db);
    const { rows } = await sql<{ before: number; after: number; revision: number }>`
      select member_count as before, revision,
        (select count(*) from segment_member m where m.segment_id = s.id) as after
      from segment s where id = ${segment.id} for update
    `.execute(ctx.db);
    const [found] = rows;
    // The rule changed meanwhile, or the segment is gone: the next fill sees to it.
    if (!found || found.revision !== wanted.revision) return;
    const client = clientOf(ctx);
    const since = await followerPosition(client, follower);
    const ids = new Set<number>();
    const needs = needsOf(segment.tree, bare.segments);
    for await (const page of readFeed(client, since, feedTables)) {
      for (const row of page) {
        if (!isWhole(row) && !needsOfRow(row).some((need) => need === '*' || needs.has(need))) continue;
        for (const key of row.keys) if (key > 0) ids.add(key);
      }
    }
    await ctx.db
      .updateTable('segment')
      .set({
        filled_revision: wanted.revision,
        filled_at: ctx.now,
        member_count: found.after,
        due_until: dueUntil,
        lines: JSON.stringify(Object.fromEntries(lines)),
      })
      .where('id', '=', segment.id)
      .execute();
    await countDay(ctx, [{ id: segment.id, entered: 0, left: 0 }]);
    if (segment.isTimed) await findDue(ctx, { ...segment, lines }, ctx.now, dueUntil);
    const known = { ...segment, lines, dueUntil };
    const all = [...ids].sort((a, b) => a - b);
    for (let i = 0; i < all.length; i += batch) await evaluate(ctx, [known], () => true, all.slice(i, i + batch));
  });
}

/** Due times of a segment between two moments, found in sets. */
async function findDue(ctx: WriteCtx, segment: Saved, from: Date, until: Date): Promise<void> {
  const world = await loadWorld(ctx, [segment.tree], segment.lines);
  const queries = momentsOf(segment.tree, { world, sizes: usualSizes(1_000_000), dialect: postgres }, from, until);
  for (const query of queries) {
    await ctx.db.executeQuery(
      CompiledQuery.raw(
        `insert into segment_due (segment_id, customer_id, due_at)
        select ${segment.id}, customer_id, min(due_at) from (${query}) m where customer_id > 0 group by customer_id
        on conflict (customer_id, segment_id) do update set due_at = least(segment_due.due_at, excluded.due_at)`,
      ),
    );
  }
}

/** Looks ahead: due times of the hours to come, for each segment whose known ones run out. */
async function lookAhead(ctx: WriteCtx): Promise<void> {
  const until = new Date(ctx.now.getTime() + horizonMs);
  const soon = ctx.now.getTime() + horizonMs / 2;
  for (const segment of await filledSegments(ctx)) {
    if (!segment.isTimed || (segment.dueUntil && segment.dueUntil.getTime() > soon)) continue;
    await findDue(ctx, segment, segment.dueUntil ?? ctx.now, until);
    await ctx.db.updateTable('segment').set({ due_until: until }).where('id', '=', segment.id).execute();
  }
}

/** Rankings are filled again, and segments that speak of them. */
async function redraw(ctx: WriteCtx): Promise<void> {
  await ctx.db
    .updateTable('segment')
    .set({ filled_revision: 0, problem: null })
    .where('deleted_at', 'is', null)
    .where('is_ranked', '=', true)
    .execute();
  wake(ctx, fillChannel);
}

/**
 * A customer who became part of another is in no segment any more, and nothing is told of that: it is the other one who is
 * looked at anew, because the rows that moved changed. Whoever is parted again is looked at for the same reason.
 */
export const moveMemberships: Mover = async (ctx, { from, to, isWhole }) => {
  if (!isWhole) return;
  await sql`
    with gone as (delete from segment_member where customer_id = ${from} returning segment_id)
    update segment set member_count = member_count - 1 where id in (select segment_id from gone)
  `.execute(ctx.db);
  await ctx.db.deleteFrom('segment_due').where('customer_id', '=', from).execute();
  await ctx.db.deleteFrom('segment_touch').where('customer_id', '=', from).execute();
  // Whoever was on a list is on it as the customer they are now; the list itself keeps both, for the two may be parted.
  await sql`
    insert into segment_list_member (list_id, customer_id)
    select list_id, ${to} from segment_list_member where customer_id = ${from} on conflict do nothing
  `.execute(ctx.db);
};

/** A day without a change has its size too. */
async function keepDays(ctx: WriteCtx): Promise<void> {
  const day = dayOf(ctx.now, ctx.zone);
  await sql`
    insert into segment_day (segment_id, day, member_count)
    select id, ${day}::date, member_count from segment where deleted_at is null and filled_revision > 0
    on conflict do nothing
  `.execute(ctx.db);
  await sql`delete from segment_day where day < ${addDays(day, -1100)}::date`.execute(ctx.db);
}

/** Gives the mirror a column for each property that saved segments ask for by now. */
async function widen(ctx: Ctx, { mirror }: Engine): Promise<number> {
  if (!mirror?.isReady) return 0;
  const wanted = mirrorTables(await wantedProperties(ctx.db));
  const columnsOf = (tables: readonly MirrorTable[]) =>
    new Set(tables.flatMap((table) => table.columns.map((column) => `${table.name} ${column.name}`)));
  const held = columnsOf(mirror.tables);
  const events = wanted.filter((table) => table.name === 'event');
  if ([...columnsOf(events)].every((name) => held.has(name))) return 0;
  await mirror.rebuild(wanted);
  return 0;
}

export function membershipPumps(engine: Engine): Pump[] {
  const pump = { lanes: 1, pollMs: 250 };
  return [
    { ...pump, name: 'segments.follow', channel: 'change_feed', drain: follow },
    { ...pump, name: 'segments.look', channel: touchChannel, drain: look },
    { ...pump, name: 'segments.due', channel: 'segment_due', pollMs: 500, drain: due },
    { ...pump, name: 'segments.fill', channel: fillChannel, pollMs: 1000, drain: fill },
    { ...pump, name: 'segments.widen', channel: 'segment_widen', pollMs: 60_000, drain: (ctx) => widen(ctx, engine) },
  ];
}

export function membershipChores(): Chore[] {
  return [
    { name: 'segments.look_ahead', next: everyMs(horizonMs / 8), run: lookAhead },
    { name: 'segments.redraw', next: everyMs(redrawMs), run: redraw },
    { name: 'segments.keep_days', next: everyMs(3_600_000), run: keepDays },
    {
      name: 'segments.prune_feed',
      next: everyMs(60_000),
      run: async (ctx) => void (await pruneFeed(clientOf(ctx), followerName)),
    },
  ];
}
