import { type WriteCtx, wake } from './ctx.ts';
import { sql } from './db.ts';

/** Channel on which new facts are announced. */
export const inboxChannel = 'inbox';

/**
 * Facts of one subject share a lane and so keep their order. Pressing facts, on which a person waits, have lanes of their
 * own: a reconciliation's readings never hold up a welcome.
 */
export const laneCount = 32;
export const pressingLanes = { from: 0, until: laneCount } as const;
export const otherLanes = { from: laneCount, until: 2 * laneCount } as const;

/**
 * Something that happened, as it travels: stored here in the transaction of whoever learned it, projected later by the
 * events module. `messageId` is unique within `source`: the same fact told twice is one fact.
 */
export interface FactEnvelope {
  readonly source: string;
  readonly messageId: string;
  readonly name: string;
  /** What keeps its order: 'account:wm…', 'customer:17', 'tag'. */
  readonly subject: string;
  readonly occurredAt: Date;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly isPressing?: boolean;
}

/**
 * The durable inbox. Returns when the facts are stored; they become known within a moment of the commit.
 * @param together facts whose order among others' does not matter: they are one letter, whatever their subjects
 */
export async function storeFacts(ctx: WriteCtx, facts: readonly FactEnvelope[], together = false): Promise<void> {
  const [first] = facts;
  if (!first) return;
  const letters = together ? new Map([[laneOf(first), facts]]) : Map.groupBy(facts, laneOf);
  await sql`
    insert into inbox (lane, facts, fact_count, received_at)
    select lane, facts, fact_count, clock_timestamp() from unnest(${[...letters.keys()]}::smallint[],
      ${[...letters.values()].map(toText)}::text[], ${[...letters.values()].map((letter) => letter.length)}::int[])
      as letter(lane, facts, fact_count)
  `.execute(ctx.db);
  wake(ctx, inboxChannel);
}

function toText(facts: readonly FactEnvelope[]): string {
  return JSON.stringify(
    facts.map(({ source, messageId, name, occurredAt, payload }) => ({ source, messageId, name, occurredAt, payload })),
  );
}

function laneOf({ subject, isPressing }: FactEnvelope): number {
  return hash(subject) + (isPressing ? pressingLanes.from : otherLanes.from);
}

/** FNV-1a: spreads subjects evenly and never changes. */
function hash(subject: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < subject.length; i++) hash = Math.imul(hash ^ subject.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % laneCount;
}
