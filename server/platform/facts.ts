import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type WriteCtx, wake } from './ctx.ts';
import { sql } from './db.ts';

/** Channels on which new facts are announced: those on which a person waits, and all others. */
export const pressingChannel = 'inbox_pressing';
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

export interface StoreOptions {
  /** For many facts of many people whose order does not matter: they travel as one letter, whatever their subjects. */
  readonly together?: boolean;
  /** Largest fact, as JSON. */
  readonly maxBytes?: number;
}

/** A fact that cannot be kept. `index` is its place among those that were told, `path` the place in its payload. */
export class UnstorableFact extends Error {
  readonly index: number;
  readonly path: string;
  readonly problem: FactProblem;
  constructor(index: number, path: string, problem: FactProblem) {
    super(`the fact at ${index} cannot be stored: ${problem} ${path}`);
    this.index = index;
    this.path = path;
    this.problem = problem;
  }
}

export type FactProblem = 'control_characters' | 'too_deep' | 'too_large';

/** The durable inbox. Returns when the facts are stored; they become known within a moment of the commit. */
export async function storeFacts(
  ctx: WriteCtx,
  facts: readonly FactEnvelope[],
  { together = false, maxBytes = Number.POSITIVE_INFINITY }: StoreOptions = {},
): Promise<void> {
  const [first] = facts;
  if (!first) return;
  const letters = new Map<number, string[]>();
  for (const [index, fact] of facts.entries()) {
    const lane = laneOf(together ? first : fact);
    const letter = letters.get(lane) ?? [];
    letter.push(toText(fact, index, maxBytes));
    letters.set(lane, letter);
  }
  const rows = [...letters].map(([lane, letter]) => {
    const { facts, packed } = packLetter(`[${letter.join(',')}]`);
    return sql`(${lane}::smallint, ${facts}::text, ${packed}::bytea, ${letter.length}::integer, clock_timestamp())`;
  });
  await sql`insert into inbox (lane, facts, packed, fact_count, received_at) values ${sql.join(rows)}`.execute(ctx.db);
  if (facts.some((fact) => fact.isPressing)) wake(ctx, pressingChannel);
  if (facts.some((fact) => !fact.isPressing)) wake(ctx, inboxChannel);
}

/** What is written of a letter: its JSON, or that packed. */
export interface LetterText {
  readonly facts: string | null;
  readonly packed: Buffer | null;
}

/** Shorter letters stay as they are, for everybody to read. */
const longLetter = 8192;
/** Packing ten times as much saves less than it takes. */
const fastest = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

function packLetter(text: string): LetterText {
  return text.length < longLetter
    ? { facts: text, packed: null }
    : { facts: null, packed: zstdCompressSync(text, fastest) };
}

export function unpackLetter({ facts, packed }: LetterText): string {
  return facts ?? (packed ? zstdDecompressSync(packed).toString() : '[]');
}

/** How JSON writes NUL and halves of surrogate pairs. */
const suspicious = /\\u0000|\\ud[89a-f]/;

function toText(fact: FactEnvelope, index: number, maxBytes: number): string {
  const { source, messageId, name, occurredAt, payload } = fact;
  const text = tryJson({ source, messageId, name, occurredAt: occurredAt.getTime(), payload });
  // The walk is for the few that may need it: nothing nests deeper than it has brackets.
  if (text === undefined || suspicious.test(text) || countBrackets(text) > maxDepth) {
    const found = findUnstorable({ messageId, ...payload });
    if (found) throw new UnstorableFact(index, found.path, found.problem);
  }
  if (text === undefined || (text.length > maxBytes / 3 && Buffer.byteLength(text) > maxBytes)) {
    throw new UnstorableFact(index, '', 'too_large');
  }
  return text;
}

/** Undefined for what nests too deep to be written. */
function tryJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function countBrackets(text: string): number {
  let count = 0;
  for (const bracket of '{[') {
    for (let i = text.indexOf(bracket); i >= 0; i = text.indexOf(bracket, i + 1)) count++;
  }
  return count;
}

/** Deepest nest that is kept: nobody means more. */
const maxDepth = 20;

/** PostgreSQL keeps no NUL and no half of a surrogate pair. */
const isBroken = (text: string) => text.includes('\0') || /\p{Surrogate}/u.test(text);

/** Where a value holds what cannot be kept; undefined when all is well. */
export function findUnstorable(
  value: unknown,
  path = '',
  depth = 0,
): { path: string; problem: FactProblem } | undefined {
  if (typeof value === 'string') return isBroken(value) ? { path, problem: 'control_characters' } : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= maxDepth) return { path, problem: 'too_deep' };
  for (const [key, inner] of Object.entries(value)) {
    if (isBroken(key)) return { path, problem: 'control_characters' };
    const found = findUnstorable(inner, path === '' ? key : `${path}.${key}`, depth + 1);
    if (found) return found;
  }
  return undefined;
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
