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

/** The durable inbox. Returns when the facts are stored; they become known within a moment of the commit. */
export async function storeFacts(ctx: WriteCtx, facts: readonly FactEnvelope[]): Promise<void> {
  if (facts.length === 0) return;
  const rows = facts.map((fact) => ({
    lane: laneOf(fact.subject) + (fact.isPressing ? pressingLanes.from : otherLanes.from),
    source: fact.source,
    message_id: fact.messageId,
    name: fact.name,
    subject: fact.subject,
    occurred_at: fact.occurredAt,
    payload: fact.payload,
  }));
  await sql`
    insert into inbox (lane, source, message_id, name, subject, occurred_at, received_at, payload)
    select lane, source, message_id, name, subject, occurred_at, clock_timestamp(), payload
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as f(lane smallint, source text, message_id text, name text, subject text, occurred_at timestamptz, payload jsonb)
  `.execute(ctx.db);
  wake(ctx, inboxChannel);
}

/** FNV-1a: spreads subjects evenly and never changes. */
function laneOf(subject: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < subject.length; i++) hash = Math.imul(hash ^ subject.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % laneCount;
}
