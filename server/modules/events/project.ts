import type { z } from 'zod';
import {
  applyAbsentFollows,
  applyFollowChanges,
  applyObservations,
  createPeopleMemory,
  type FollowTurn,
  findTagIds,
  learnAttributes,
  type Mention,
  type Mover,
  mergeChanges,
  nobody,
  type PeopleMemory,
  type Person,
  resolvePeople,
  wecomAccount,
} from '#customers';
import { ensureStaff } from '#organization';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { copyRows, sql } from '#platform/db';
import { inboxChannel, otherLanes, pressingChannel, pressingLanes, unpackLetter } from '#platform/facts';
import { ensureMonths } from '#platform/partitions';
import type { Pump } from '#platform/pump';
import { type FactName, factSchemas } from './facts.ts';
import {
  type InboxFact,
  keepNew,
  type LaneRange,
  type Letter,
  openLetter,
  readLetter,
  takeLetter,
  takeLetters,
} from './letters.ts';

/** Something that happened with a customer, as listeners and the timeline get it. */
export interface ProjectedEvent {
  /** 0 is nobody: facts about staff, tags and groups. */
  readonly customerId: number;
  /** The account it came through; null is the customer's first. */
  readonly homeId: number | null;
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

/**
 * Called with all events of a batch in the transaction that makes them known: what it does commits with them or not at
 * all. What it returns happened too: it goes to the timeline and to the listeners after this one.
 */
export type Listener = (
  ctx: WriteCtx,
  events: readonly ProjectedEvent[],
) => Promise<readonly ProjectedEvent[]> | Promise<void>;

/** A fact of which it is known whom it is about. */
type ParsedFact = {
  [N in FactName]: { name: N; payload: z.output<(typeof factSchemas)[N]>; row: InboxFact; person: Person };
}[FactName];
type FactOf<N extends FactName> = Extract<ParsedFact, { name: N }>;

/** What a projection hears of besides the facts: those who listen, and those who move rows when people turn out to be one. */
export interface Audience {
  readonly listeners: readonly Listener[];
  readonly movers: readonly Mover[];
  readonly memory: PeopleMemory;
}

const maxAttempts = 5;

/**
 * Turns facts into knowledge. A worker holds the lanes it takes, so that facts of one subject are projected in order and by
 * one worker at a time; everything a batch changes commits together, and a worker that dies leaves its lanes as they were.
 */
export function createProjectors(hearers: Omit<Audience, 'memory'>): Pump[] {
  const audience = { ...hearers, memory: createPeopleMemory() };
  const pumpOf = (name: string, channel: string, range: LaneRange, lanes: number): Pump => ({
    ...{ name, channel, lanes, pollMs: 1000 },
    drain: (ctx) => projectBatch(ctx, range, audience),
  });
  return [
    pumpOf('events.project_pressing', pressingChannel, pressingLanes, 1),
    pumpOf('events.project', inboxChannel, otherLanes, 2),
  ];
}

async function projectBatch(ctx: Ctx, lanes: LaneRange, audience: Audience): Promise<number> {
  let failing: Letter[] = [];
  try {
    return await inTransaction(ctx, async (ctx) => {
      // Should the machine fail, the letters are still there: whoever acts on what was projected commits, and waits, later.
      await sql`set local synchronous_commit = off`.execute(ctx.db);
      failing = await takeLetters(ctx, lanes);
      await projectLetters(ctx, failing, audience);
      return failing.length;
    });
  } catch (error) {
    if (failing.length === 0) throw error;
    ctx.log.warn({ err: error, letters: failing.length }, 'a batch of facts failed; its facts are tried one by one');
    return projectOneByOne(ctx, failing, audience);
  }
}

/** One bad fact must not hold up its lane: it is set aside with its problem after a few attempts. */
async function projectOneByOne(ctx: Ctx, letters: readonly Letter[], audience: Audience): Promise<number> {
  let done = 0;
  for (const { id, fact_count } of letters) {
    if (fact_count > 1) {
      done += await inTransaction(ctx, (ctx) => openLetter(ctx, id));
      continue;
    }
    try {
      done += await inTransaction(ctx, async (ctx) => {
        const rows = await takeLetter(ctx, id);
        await projectLetters(ctx, rows, audience);
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
        .returning(['is_failed', 'facts', 'packed'])
        .executeTakeFirst();
      if (row?.is_failed) {
        ctx.log.error(
          { err: error, letter: id, fact: unpackLetter(row).slice(0, 300) },
          'a fact cannot be projected and was set aside',
        );
      }
    }
  }
  return Math.max(1, done);
}

async function projectLetters(ctx: WriteCtx, letters: readonly Letter[], audience: Audience): Promise<void> {
  if (letters.length === 0) return;
  await sql`delete from inbox where id = any(${letters.map((letter) => letter.id)}::bigint[])`.execute(ctx.db);
  const fresh = await keepNew(ctx, letters.flatMap(readLetter));
  if (fresh.length === 0) return;
  const facts = fresh.map(parseFact);
  const people = await resolvePeople(ctx, facts.map(mentionOf), audience.movers, audience.memory);
  facts.forEach((fact, i) => {
    fact.person = people[i] ?? nobody;
  });
  const events: ProjectedEvent[] = [];
  // Runs of one kind go together as sets; where kinds alternate, their order is kept.
  for (const run of runsOf(facts)) events.push(...(await projectRun(ctx, run)));
  for (const listen of audience.listeners) events.push(...((await listen(ctx, events)) ?? []));
  await appendEvents(
    ctx,
    events.filter((event) => event.isNews),
  );
}

function parseFact(row: InboxFact): ParsedFact {
  const schema = factSchemas[row.name as FactName];
  if (!schema) throw new Error(`no fact has the name ${row.name}`);
  return { name: row.name, payload: schema.parse(row.payload), row, person: nobody } as ParsedFact;
}

/** The accounts by which a fact names a person. */
function mentionOf({ name, payload, row }: ParsedFact): Mention {
  const mention = (accounts: Mention['accounts'], at = row.occurredAt) => ({ accounts, at, source: row.source });
  switch (name) {
    case 'follow.added':
    case 'follow.ended':
    case 'follow.edited':
    case 'follow.transfer_failed':
      return mention([wecomAccount(payload.externalUserid)]);
    case 'customer.observed': {
      const times = payload.follows.map((follow) => follow.createdAt.getTime());
      const phones = new Set(payload.follows.flatMap((follow) => follow.mobiles));
      const accounts = [
        wecomAccount(payload.externalUserid),
        ...(payload.profile.unionid ? [{ kind: 'unionid', value: payload.profile.unionid }] : []),
        ...[...phones].map((value) => ({ kind: 'phone', value })),
      ];
      return mention(accounts, new Date(Math.min(payload.observedAt.getTime(), ...times)));
    }
    case 'event.tracked':
    case 'person.identified':
    case 'order.told':
      return mention(payload.accounts);
    case 'link.opened':
      if (payload.externalUserid !== null) return mention([wecomAccount(payload.externalUserid)]);
      return { ...mention([]), customerId: payload.customerId };
    case 'customer.merged':
    case 'customer.parted':
    case 'customer.tagged':
    case 'segment.entered':
    case 'segment.left':
    case 'touch.settled':
    case 'consent.granted':
    case 'consent.withdrawn':
    case 'journey.told':
      return { ...mention([]), customerId: payload.customerId };
    default:
      return mention([]);
  }
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
  const of = <N extends FactName>(name: N) => run.filter((fact): fact is FactOf<N> => fact.name === name);
  switch (run[0]?.name) {
    case undefined:
      return [];
    case 'follow.added':
    case 'follow.ended':
      return projectFollows(ctx, run as FactOf<'follow.added' | 'follow.ended'>[]);
    case 'customer.observed':
      return projectObservations(ctx, of('customer.observed'));
    case 'staff.customers_listed':
      return projectLists(ctx, of('staff.customers_listed'));
    case 'follow.edited':
    case 'follow.transfer_failed':
      return projectAboutFollows(ctx, run as FactOf<'follow.edited' | 'follow.transfer_failed'>[]);
    case 'event.tracked':
      return of('event.tracked').map(({ row, person, payload }) => ({
        ...bare(payload.event, row),
        ...person,
        payload: payload.properties,
      }));
    case 'segment.entered':
    case 'segment.left':
      return (run as FactOf<'segment.entered' | 'segment.left'>[]).map(({ name, row, payload, person }) => ({
        ...bare(name, row),
        ...person,
        payload: { segmentId: payload.segmentId, segmentName: payload.segmentName },
      }));
    case 'person.identified':
      await learnAttributes(
        ctx,
        of('person.identified').map(({ row, person, payload }) => ({
          ...payload,
          ...person,
          account: payload.accounts[0] as { kind: string; value: string },
          at: row.occurredAt,
          source: row.source,
        })),
      );
      return of('person.identified').map(({ name, row, person, payload }) => ({
        ...bare(name, row),
        ...person,
        payload: payload.attributes,
        isNews: false,
      }));
    case 'order.told':
      return of('order.told').map(({ name, row, person, payload }) => ({
        ...bare(name, row),
        ...person,
        payload: payload.order,
        isNews: false,
      }));
    case 'customer.merged':
    case 'customer.parted':
    case 'customer.tagged':
    case 'consent.granted':
    case 'consent.withdrawn':
      return (
        run as FactOf<
          'customer.merged' | 'customer.parted' | 'customer.tagged' | 'consent.granted' | 'consent.withdrawn'
        >[]
      ).map(({ name, row, payload, person }) => ({ ...bare(name, row), ...person, payload }));
    case 'link.opened':
      return of('link.opened').map(({ name, row, person, payload: { customerId: _, ...payload } }) => ({
        ...bare(name, row),
        ...person,
        staffId: payload.staffId,
        externalUserid: payload.externalUserid,
        payload,
      }));
    case 'journey.told':
      return of('journey.told').map(({ name, row, payload: { customerId: _, ...payload }, person }) => ({
        ...bare(name, row),
        ...person,
        payload,
      }));
    case 'touch.settled':
      return of('touch.settled').map(({ name, row, payload, person }) => ({
        ...bare(name, row),
        ...person,
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

function bare(name: string, row: InboxFact): ProjectedEvent {
  return {
    customerId: 0,
    homeId: null,
    name,
    at: row.occurredAt,
    source: row.source,
    staffId: null,
    codeId: null,
    externalUserid: null,
    payload: {},
    receivedAt: row.receivedAt,
    isNews: true,
  };
}

async function projectFollows(
  ctx: WriteCtx,
  facts: readonly FactOf<'follow.added' | 'follow.ended'>[],
): Promise<ProjectedEvent[]> {
  const staff = await staffNamed(ctx, facts);
  const edgeOf = (fact: (typeof facts)[number]) => ({
    ...fact.person,
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
            ? { kind: 'added', at: fact.row.occurredAt.getTime(), codeId: fact.payload.codeId }
            : { kind: 'ended', at: fact.row.occurredAt.getTime(), by: fact.payload.by },
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
  return [...turnEvents(turns, facts), ...told];
}

function turnEvents(turns: readonly FollowTurn[], facts: readonly ParsedFact[]): ProjectedEvent[] {
  const homes = new Map(facts.map(({ person }) => [person.customerId, person.homeId]));
  return turns.map((turn) => turnEvent(turn, homes.get(turn.customerId) ?? null, facts[0]?.row));
}

function turnEvent(turn: FollowTurn, homeId: number | null, row: InboxFact | undefined): ProjectedEvent {
  return {
    customerId: turn.customerId,
    homeId,
    name: turn.kind === 'opened' ? 'follow.added' : 'follow.ended',
    at: turn.at,
    source: row?.source ?? 'siyu',
    staffId: turn.staffId,
    codeId: turn.codeId,
    externalUserid: turn.externalUserid,
    payload: turn.kind === 'opened' ? { isFirst: turn.isFirst } : { by: turn.by },
    receivedAt: row?.receivedAt ?? new Date(0),
    isNews: true,
  };
}

async function projectObservations(
  ctx: WriteCtx,
  facts: readonly FactOf<'customer.observed'>[],
): Promise<ProjectedEvent[]> {
  const userids = facts.flatMap((fact) => fact.payload.follows.map((follow) => follow.staffUserid));
  const staff = await ensureStaff(ctx, userids);
  const tagIds = await findTagIds(
    ctx,
    facts.flatMap((fact) => fact.payload.follows.flatMap((follow) => follow.tagWecomIds)),
  );
  const turns = await applyObservations(
    ctx,
    facts.map(({ payload, person }) => ({
      customerId: person.customerId,
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
  return turnEvents(turns, facts);
}

async function projectLists(
  ctx: WriteCtx,
  facts: readonly FactOf<'staff.customers_listed'>[],
): Promise<ProjectedEvent[]> {
  const staff = await ensureStaff(
    ctx,
    facts.map((fact) => fact.payload.staffUserid),
  );
  const events: ProjectedEvent[] = [];
  for (const { payload, row } of facts) {
    const staffId = staffOf(staff, payload.staffUserid);
    const turns = await applyAbsentFollows(ctx, staffId, payload.externalUserids, payload.observedAt);
    events.push(...turns.map((turn) => turnEvent(turn, null, row)));
  }
  return events;
}

async function projectAboutFollows(
  ctx: WriteCtx,
  facts: readonly FactOf<'follow.edited' | 'follow.transfer_failed'>[],
): Promise<ProjectedEvent[]> {
  const staff = await staffNamed(ctx, facts);
  return facts.map(({ name, row, payload, person }) => ({
    ...bare(name, row),
    ...person,
    staffId: staffOf(staff, payload.staffUserid),
    externalUserid: payload.externalUserid,
    payload: 'reason' in payload ? { reason: payload.reason } : {},
  }));
}

function staffNamed(ctx: WriteCtx, facts: readonly { payload: { staffUserid: string } }[]) {
  return ensureStaff(
    ctx,
    facts.map(({ payload }) => payload.staffUserid),
  );
}

function staffOf(staff: ReadonlyMap<string, number>, userid: string): number {
  const id = staff.get(userid.toLowerCase());
  if (id === undefined) throw new Error(`no staff row was made for ${userid}`);
  return id;
}

async function appendEvents(ctx: WriteCtx, events: readonly ProjectedEvent[]): Promise<void> {
  if (events.length === 0) return;
  await ensureMonths(
    ctx,
    'event',
    events.map((event) => event.at),
  );
  await copyRows(
    ctx.db,
    'event',
    ['customer_id', 'home_id', 'occurred_at', 'name', 'source', 'staff_id', 'code_id', 'payload'],
    events.map((event) => [
      event.customerId,
      event.homeId,
      event.at,
      event.name,
      event.source,
      event.staffId,
      event.codeId,
      JSON.stringify(event.payload),
    ]),
  );
}
