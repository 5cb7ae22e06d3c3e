import type { z } from 'zod';
import {
  applyAbsentFollows,
  applyFollowChanges,
  applyObservations,
  countEvents,
  customerOf,
  ensureCustomers,
  type FollowTurn,
  findTagIds,
  mergeChanges,
  wecomAccount,
} from '#customers';
import { ensureStaff } from '#organization';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { inboxChannel, laneCount, otherLanes, pressingLanes } from '#platform/facts';
import type { Pump } from '#platform/pump';
import { type FactName, factSchemas } from './facts.ts';
import { ensurePartitions } from './partitions.ts';

/** Something that happened with a customer, as listeners and the timeline get it. */
export interface ProjectedEvent {
  /** 0 is nobody: facts about staff, tags and groups. */
  readonly customerId: number;
  readonly name: string;
  readonly at: Date;
  readonly source: string;
  readonly staffId: number | null;
  readonly codeId: number | null;
  readonly externalUserid: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  /** When siyu learned of it, in the machine's time. */
  readonly receivedAt: Date;
  /** False for a fact that told nothing new; it is not written to the timeline. */
  readonly isNews: boolean;
}

/** Called with all events of a batch in the transaction that makes them known: what it does commits with them or not at all. */
export type Listener = (ctx: WriteCtx, events: readonly ProjectedEvent[]) => Promise<void>;

interface InboxRow {
  id: number;
  source: string;
  message_id: string;
  name: string;
  occurred_at: Date;
  received_at: Date;
  payload: unknown;
  attempts: number;
}

type ParsedFact = {
  [N in FactName]: { name: N; payload: z.output<(typeof factSchemas)[N]>; row: InboxRow };
}[FactName];

const batchSize = 100;
const lanesAtOnce = laneCount / 2;
const maxAttempts = 5;

/**
 * Turns facts into knowledge. A worker holds the lanes it takes, so that facts of one subject are projected in order and by
 * one worker at a time; everything a batch changes commits together, and a worker that dies leaves its lanes as they were.
 */
export function createProjectors(listeners: readonly Listener[]): Pump[] {
  const common = { channel: inboxChannel, pollMs: 1000, lanes: 1 };
  return [
    { ...common, name: 'events.project_pressing', drain: (ctx) => projectBatch(ctx, pressingLanes, listeners) },
    { ...common, name: 'events.project', drain: (ctx) => projectBatch(ctx, otherLanes, listeners) },
  ];
}

interface LaneRange {
  readonly from: number;
  readonly until: number;
}

async function projectBatch(ctx: Ctx, lanes: LaneRange, listeners: readonly Listener[]): Promise<number> {
  let failing: number[] = [];
  try {
    return await inTransaction(ctx, async (ctx) => {
      const rows = await takeLanes(ctx, lanes);
      failing = rows.map((row) => row.id);
      await projectRows(ctx, rows, listeners);
      return rows.length;
    });
  } catch (error) {
    if (failing.length === 0) throw error;
    ctx.log.warn({ err: error, facts: failing.length }, 'a batch of facts failed; its facts are tried one by one');
    return projectOneByOne(ctx, failing, listeners);
  }
}

/** One bad fact must not hold up its lane: it is set aside with its problem after a few attempts. */
async function projectOneByOne(ctx: Ctx, ids: readonly number[], listeners: readonly Listener[]): Promise<number> {
  let done = 0;
  for (const id of ids) {
    try {
      done += await inTransaction(ctx, async (ctx) => {
        const rows = await takeRow(ctx, id);
        await projectRows(ctx, rows, listeners);
        return rows.length;
      });
    } catch (error) {
      const problem = error instanceof Error ? error.message.slice(0, 500) : String(error);
      const row = await ctx.db
        .updateTable('inbox')
        .set((eb) => ({
          attempts: eb('attempts', '+', 1),
          is_failed: sql<boolean>`attempts >= ${maxAttempts - 1}`,
          retry_at: sql<Date>`clock_timestamp() + interval '2 seconds' * attempts`,
          problem,
        }))
        .where('id', '=', id)
        .returning(['is_failed', 'name'])
        .executeTakeFirst();
      if (row?.is_failed)
        ctx.log.error({ err: error, fact: id, name: row.name }, 'a fact cannot be projected and was set aside');
    }
  }
  return Math.max(1, done);
}

/**
 * The oldest facts of some lanes that no other worker holds. Lanes are taken several at a time, so that a batch is worth
 * its transaction, and not all, so that there is work for another worker.
 */
async function takeLanes(ctx: WriteCtx, range: LaneRange): Promise<InboxRow[]> {
  const { rows: lanes } = await sql<{ lane: number }>`
    select l.lane from inbox_lane l
    where l.lane >= ${range.from} and l.lane < ${range.until} and exists (
      select 1 from inbox i where i.lane = l.lane and not i.is_failed and (i.retry_at is null or i.retry_at <= clock_timestamp())
    )
    -- Where the oldest fact waits comes first, or the last lanes would wait for ever under load.
    order by (select min(i.id) from inbox i where i.lane = l.lane and not i.is_failed)
    limit ${lanesAtOnce} for update of l skip locked
  `.execute(ctx.db);
  if (lanes.length === 0) return [];
  const { rows } = await sql<InboxRow>`
    select id, source, message_id, name, occurred_at, received_at, payload, attempts from inbox
    where lane = any(${lanes.map((row) => row.lane)}) and not is_failed and (retry_at is null or retry_at <= clock_timestamp())
    order by id limit ${batchSize}
  `.execute(ctx.db);
  return rows;
}

async function takeRow(ctx: WriteCtx, id: number): Promise<InboxRow[]> {
  const { rows } = await sql<InboxRow>`
    select i.id, source, message_id, name, occurred_at, received_at, payload, attempts
    from inbox i join inbox_lane l on l.lane = i.lane
    where i.id = ${id} and not i.is_failed for update of l skip locked
  `.execute(ctx.db);
  return rows;
}

async function projectRows(ctx: WriteCtx, rows: readonly InboxRow[], listeners: readonly Listener[]): Promise<void> {
  if (rows.length === 0) return;
  await ctx.db
    .deleteFrom('inbox')
    .where(
      'id',
      'in',
      rows.map((row) => row.id),
    )
    .execute();
  const fresh = await keepNew(ctx, rows);
  if (fresh.length === 0) return;
  const events: ProjectedEvent[] = [];
  // Runs of one kind go together as sets; where kinds alternate, their order is kept.
  for (const run of runsOf(fresh.map(parseFact))) events.push(...(await projectRun(ctx, run)));
  await appendEvents(
    ctx,
    events.filter((event) => event.isNews),
  );
  for (const listen of listeners) await listen(ctx, events);
}

/** Facts that were not told before; the key is what makes a repeated callback harmless. */
async function keepNew(ctx: WriteCtx, rows: readonly InboxRow[]): Promise<InboxRow[]> {
  const { rows: kept } = await sql<{ source: string; message_id: string }>`
    insert into event_key (source, message_id, occurred_at)
    select distinct on (source, message_id) * from unnest(
      ${rows.map((row) => row.source)}::text[], ${rows.map((row) => row.message_id)}::text[],
      ${rows.map((row) => row.occurred_at)}::timestamptz[]
    ) as k(source, message_id, occurred_at) order by source, message_id
    on conflict do nothing returning source, message_id
  `.execute(ctx.db);
  const left = new Set(kept.map((row) => `${row.source} ${row.message_id}`));
  return rows.filter((row) => left.delete(`${row.source} ${row.message_id}`));
}

function parseFact(row: InboxRow): ParsedFact {
  const schema = factSchemas[row.name as FactName];
  if (!schema) throw new Error(`no fact has the name ${row.name}`);
  return { name: row.name, payload: schema.parse(row.payload), row } as ParsedFact;
}

const follows = new Set<FactName>(['follow.added', 'follow.ended']);

function runsOf(facts: readonly ParsedFact[]): ParsedFact[][] {
  const runs: ParsedFact[][] = [];
  for (const fact of facts) {
    const last = runs.at(-1)?.[0];
    const joins = last && (last.name === fact.name || (follows.has(last.name) && follows.has(fact.name)));
    if (joins) runs.at(-1)?.push(fact);
    else runs.push([fact]);
  }
  return runs;
}

async function projectRun(ctx: WriteCtx, run: readonly ParsedFact[]): Promise<ProjectedEvent[]> {
  const of = <N extends FactName>(name: N) =>
    run.filter((fact): fact is Extract<ParsedFact, { name: N }> => fact.name === name);
  switch (run[0]?.name) {
    case undefined:
      return [];
    case 'follow.added':
    case 'follow.ended':
      return projectFollows(ctx, run as Extract<ParsedFact, { name: 'follow.added' | 'follow.ended' }>[]);
    case 'customer.observed':
      return projectObservations(ctx, of('customer.observed'));
    case 'staff.customers_listed':
      return projectLists(ctx, of('staff.customers_listed'));
    case 'follow.edited':
    case 'follow.transfer_failed':
      return projectAboutFollows(
        ctx,
        run as Extract<ParsedFact, { name: 'follow.edited' | 'follow.transfer_failed' }>[],
      );
    case 'customer.tagged':
      return of('customer.tagged').map(({ name, row, payload }) => ({
        ...bare(name, row),
        customerId: payload.customerId,
        payload,
      }));
    case 'segment.entered':
    case 'segment.left':
      return (run as Extract<ParsedFact, { name: 'segment.entered' | 'segment.left' }>[]).map(
        ({ name, row, payload }) => ({
          ...bare(name, row),
          customerId: payload.customerId,
          payload: { segmentId: payload.segmentId, segmentName: payload.segmentName },
        }),
      );
    case 'touch.settled':
      return of('touch.settled').map(({ name, row, payload }) => ({
        ...bare(name, row),
        customerId: payload.customerId,
        staffId: payload.staffId,
        codeId: payload.codeId,
        payload,
      }));
    case 'tag.changed':
    case 'staff.changed':
    case 'department.changed':
    case 'group.changed':
      return run.map(({ name, row, payload }) => ({ ...bare(name, row), payload: payload as Record<string, unknown> }));
  }
}

function bare(name: string, row: InboxRow): ProjectedEvent {
  return {
    customerId: 0,
    name,
    at: row.occurred_at,
    source: row.source,
    staffId: null,
    codeId: null,
    externalUserid: null,
    payload: {},
    receivedAt: row.received_at,
    isNews: true,
  };
}

async function projectFollows(
  ctx: WriteCtx,
  facts: readonly Extract<ParsedFact, { name: 'follow.added' | 'follow.ended' }>[],
): Promise<ProjectedEvent[]> {
  const { customers, staff } = await resolve(ctx, facts);
  const edgeOf = (fact: (typeof facts)[number]) => ({
    customerId: customerOf(customers, wecomAccount(fact.payload.externalUserid)),
    externalUserid: fact.payload.externalUserid,
    staffId: staffOf(staff, fact.payload.staffUserid),
  });
  const turns = await applyFollowChanges(
    ctx,
    facts.map((fact) => ({
      ...edgeOf(fact),
      revise: (known) =>
        mergeChanges(known, [
          fact.name === 'follow.added'
            ? { kind: 'added', at: fact.row.occurred_at.getTime(), codeId: fact.payload.codeId }
            : { kind: 'ended', at: fact.row.occurred_at.getTime(), by: fact.payload.by },
        ]),
    })),
  );
  // Each add is handed on, also the second telling of one: it may carry another welcome code.
  const told = facts.flatMap((fact): ProjectedEvent[] => {
    const edge = edgeOf(fact);
    if (fact.name !== 'follow.added') return [];
    return [
      {
        ...bare('follow.told', fact.row),
        ...edge,
        codeId: fact.payload.codeId,
        payload: { welcomeCode: fact.payload.welcomeCode, isHalf: fact.payload.isHalf },
        isNews: false,
      },
    ];
  });
  return [...turns.map((turn) => turnEvent(turn, facts[0]?.row)), ...told];
}

function turnEvent(turn: FollowTurn, row: InboxRow | undefined): ProjectedEvent {
  return {
    customerId: turn.customerId,
    name: turn.kind === 'opened' ? 'follow.added' : 'follow.ended',
    at: turn.at,
    source: row?.source ?? 'siyu',
    staffId: turn.staffId,
    codeId: turn.codeId,
    externalUserid: turn.externalUserid,
    payload: turn.kind === 'opened' ? { isFirst: turn.isFirst } : { by: turn.by },
    receivedAt: row?.received_at ?? new Date(0),
    isNews: true,
  };
}

async function projectObservations(
  ctx: WriteCtx,
  facts: readonly Extract<ParsedFact, { name: 'customer.observed' }>[],
): Promise<ProjectedEvent[]> {
  const customers = await ensureCustomers(
    ctx,
    facts.map((fact) => ({ ...wecomAccount(fact.payload.externalUserid), seenAt: earliest(fact), source: 'wecom' })),
  );
  const userids = facts.flatMap((fact) => fact.payload.follows.map((follow) => follow.staffUserid));
  const staff = await ensureStaff(ctx, userids);
  const tagIds = await findTagIds(
    ctx,
    facts.flatMap((fact) => fact.payload.follows.flatMap((follow) => follow.tagWecomIds)),
  );
  const turns = await applyObservations(
    ctx,
    facts.map(({ payload }) => ({
      customerId: customerOf(customers, wecomAccount(payload.externalUserid)),
      externalUserid: payload.externalUserid,
      observedAt: payload.observedAt,
      readAt: payload.readAt,
      profile: payload.profile,
      isWhole: payload.isWhole,
      follows: payload.follows.map((follow) => ({
        ...follow,
        staffId: staffOf(staff, follow.staffUserid),
        tagIds: follow.tagWecomIds.flatMap((id) => tagIds.get(id) ?? []),
      })),
    })),
  );
  return turns.map((turn) => turnEvent(turn, facts[0]?.row));
}

function earliest(fact: Extract<ParsedFact, { name: 'customer.observed' }>): Date {
  const times = fact.payload.follows.map((follow) => follow.createdAt.getTime());
  return new Date(Math.min(fact.payload.observedAt.getTime(), ...times));
}

async function projectLists(
  ctx: WriteCtx,
  facts: readonly Extract<ParsedFact, { name: 'staff.customers_listed' }>[],
): Promise<ProjectedEvent[]> {
  const staff = await ensureStaff(
    ctx,
    facts.map((fact) => fact.payload.staffUserid),
  );
  const events: ProjectedEvent[] = [];
  for (const { payload, row } of facts) {
    const staffId = staffOf(staff, payload.staffUserid);
    const turns = await applyAbsentFollows(ctx, staffId, payload.externalUserids, payload.observedAt);
    events.push(...turns.map((turn) => turnEvent(turn, row)));
  }
  return events;
}

async function projectAboutFollows(
  ctx: WriteCtx,
  facts: readonly Extract<ParsedFact, { name: 'follow.edited' | 'follow.transfer_failed' }>[],
): Promise<ProjectedEvent[]> {
  const { customers, staff } = await resolve(ctx, facts);
  return facts.map(({ name, row, payload }) => ({
    ...bare(name, row),
    customerId: customerOf(customers, wecomAccount(payload.externalUserid)),
    staffId: staffOf(staff, payload.staffUserid),
    externalUserid: payload.externalUserid,
    payload: 'reason' in payload ? { reason: payload.reason } : {},
  }));
}

async function resolve(
  ctx: WriteCtx,
  facts: readonly { payload: { externalUserid: string; staffUserid: string }; row: InboxRow }[],
) {
  const customers = await ensureCustomers(
    ctx,
    facts.map(({ payload, row }) => ({
      ...wecomAccount(payload.externalUserid),
      seenAt: row.occurred_at,
      source: row.source,
    })),
  );
  const staff = await ensureStaff(
    ctx,
    facts.map(({ payload }) => payload.staffUserid),
  );
  return { customers, staff };
}

function staffOf(staff: ReadonlyMap<string, number>, userid: string): number {
  const id = staff.get(userid.toLowerCase());
  if (id === undefined) throw new Error(`no staff row was made for ${userid}`);
  return id;
}

async function appendEvents(ctx: WriteCtx, events: readonly ProjectedEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => ({
    customer_id: event.customerId,
    occurred_at: event.at,
    name: event.name,
    source: event.source,
    staff_id: event.staffId,
    code_id: event.codeId,
    payload: event.payload,
  }));
  await ensurePartitions(
    ctx,
    events.map((event) => event.at),
  );
  await sql`
    insert into event (customer_id, occurred_at, name, source, staff_id, code_id, payload)
    select customer_id, occurred_at, name, source, staff_id, code_id, payload
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e(customer_id bigint, occurred_at timestamptz, name text,
      source text, staff_id bigint, code_id bigint, payload jsonb)
  `.execute(ctx.db);
  await countEvents(
    ctx,
    events.map((event) => event.customerId),
  );
}
