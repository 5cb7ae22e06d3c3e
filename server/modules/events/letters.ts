import { hash } from 'node:crypto';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { copyRows, sql } from '#platform/db';
import { sqlState } from '#platform/errors';
import { type LetterText, laneCount, unpackLetter } from '#platform/facts';

/** A row of the inbox: facts that were told together. */
export interface Letter extends LetterText {
  id: number;
  fact_count: number;
  received_at: Date;
}

/** A fact as it came out of its letter. */
export interface InboxFact {
  readonly source: string;
  readonly messageId: string;
  readonly name: string;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  readonly payload: unknown;
}

/** So many facts are projected at once, or one letter that has more. */
const batchSize = 4000;
const lettersAtOnce = 200;
const lanesAtOnce = laneCount / 2;

export interface LaneRange {
  readonly from: number;
  readonly until: number;
}

/** Puts each fact of a letter back as a letter of its own, so that one that fails keeps none of the others. */
export async function openLetter(ctx: WriteCtx, id: number): Promise<number> {
  const [letter] = await takeLetter(ctx, id);
  if (!letter) return 0;
  const facts = (JSON.parse(unpackLetter(letter)) as unknown[]).map((fact) => JSON.stringify([fact]));
  await sql`
    insert into inbox (lane, facts, fact_count, received_at)
    select i.lane, f.fact, 1, i.received_at
    from inbox i cross join unnest(${facts}::text[]) with ordinality as f(fact, place) where i.id = ${id} order by place
  `.execute(ctx.db);
  await ctx.db.deleteFrom('inbox').where('id', '=', id).execute();
  return 1;
}

/**
 * The oldest letters of some lanes that no other worker holds. Lanes are taken several at a time, so that a batch is worth
 * its transaction, and not all, so that there is work for another worker.
 */
export async function takeLetters(ctx: WriteCtx, range: LaneRange): Promise<Letter[]> {
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
  const { rows } = await sql<Letter>`
    select id, facts, packed, fact_count, received_at from (
      select *, sum(fact_count) over (order by id) - fact_count as before from (
        select id, facts, packed, fact_count, received_at from inbox
        where lane = any(${lanes.map((row) => row.lane)}) and not is_failed and (retry_at is null or retry_at <= clock_timestamp())
        order by id limit ${lettersAtOnce}
      ) as oldest
    ) as counted
    where before < ${batchSize} order by id
  `.execute(ctx.db);
  return rows;
}

export async function takeLetter(ctx: WriteCtx, id: number): Promise<Letter[]> {
  const { rows } = await sql<Letter>`
    select i.id, i.facts, i.packed, i.fact_count, i.received_at
    from inbox i join inbox_lane l on l.lane = i.lane
    where i.id = ${id} and not i.is_failed for update of l skip locked
  `.execute(ctx.db);
  return rows;
}

/** `occurredAt` in milliseconds; a text in letters of before. */
type Written = Omit<InboxFact, 'occurredAt' | 'receivedAt'> & { occurredAt: number | string };

export function readLetter(letter: Letter): InboxFact[] {
  return (JSON.parse(unpackLetter(letter)) as Written[]).map((fact) => ({
    ...fact,
    occurredAt: new Date(fact.occurredAt),
    receivedAt: letter.received_at,
  }));
}

/** By which a fact that is told again is known, as hexadecimal digits. */
function keyOf({ source, messageId }: Pick<InboxFact, 'source' | 'messageId'>): string {
  return hash('sha256', `${source} ${messageId}`, 'hex').slice(0, 32);
}

/** Of these keys, those that are known already. As one text: the driver takes longer over an array than PostgreSQL over all of this. */
async function findKnown(ctx: Ctx, keys: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ key: string }>`
    select replace(key::text, '-', '') as key from event_key where key = any(${`{${keys.join(',')}}`}::uuid[])
  `.execute(ctx.db);
  return new Set(rows.map((row) => row.key));
}

/** Of message ids of a source, those whose facts are known already. */
export async function findTold(ctx: Ctx, source: string, messageIds: readonly string[]): Promise<Set<string>> {
  const byKey = new Map(messageIds.map((messageId) => [keyOf({ source, messageId }), messageId]));
  const known = await findKnown(ctx, [...byKey.keys()]);
  return new Set([...byKey].flatMap(([key, messageId]) => (known.has(key) ? [messageId] : [])));
}

/** Another worker was told the same at the same moment: the transaction changed nothing and is run again. */
class ToldMeanwhile extends Error {
  readonly code = '40001';
}

/** Facts that were not told before; the key is what makes a repeated callback harmless. */
export async function keepNew(ctx: WriteCtx, facts: readonly InboxFact[]): Promise<InboxFact[]> {
  const byKey = new Map<string, InboxFact>();
  for (const fact of facts) {
    const key = keyOf(fact);
    if (!byKey.has(key)) byKey.set(key, fact);
  }
  const known = await findKnown(ctx, [...byKey.keys()]);
  for (const key of known) byKey.delete(key);
  // In one order, so that two workers that were told the same do not wait for each other in a ring.
  const rows = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, fact]) => [key, fact.occurredAt]);
  try {
    await copyRows(ctx.db, 'event_key', ['key', 'occurred_at'], rows);
  } catch (error) {
    if (sqlState(error) === '23505') throw new ToldMeanwhile('another worker was told the same', { cause: error });
    throw error;
  }
  return [...byKey.values()];
}
