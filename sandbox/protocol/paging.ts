import type { Random } from '#sandbox/random';
import { refuse } from './errors.ts';

/**
 * Cursors (reference §1.3, §13.9): opaque, bound to one query, dead after some hours of real time. A cursor remembers
 * the last item's own key and not an offset, so that changes between two pages neither repeat nor skip an item.
 */
export type Cursors = {
  issue(query: string, after: number): string;
  /** @returns the key after which to go on; 50100 for a foreign or dead cursor */
  read(query: string, cursor: string | undefined): number;
  clear(): void;
};

export function createCursors(random: Random, ttlMs: number, now: () => number = Date.now): Cursors {
  const cursors = new Map<string, { query: string; after: number; expiresMs: number }>();
  return {
    issue: (query, after) => {
      // Issued in order and all with the same life, so the dead ones are at the front.
      for (const [value, cursor] of cursors) {
        if (cursor.expiresMs > now()) break;
        cursors.delete(value);
      }
      const value = random.id(44);
      cursors.set(value, { query, after, expiresMs: now() + ttlMs });
      return value;
    },
    read: (query, value) => {
      if (value === undefined || value === '') return Number.NEGATIVE_INFINITY;
      const cursor = cursors.get(value);
      if (!cursor || cursor.query !== query || cursor.expiresMs <= now()) refuse(50100);
      return cursor.after;
    },
    clear: () => cursors.clear(),
  };
}

/**
 * One page of items in the order of their keys.
 * @param query what the cursor is bound to: path and every parameter but cursor and limit
 */
export function pageOf<T>(
  cursors: Cursors,
  items: Iterable<T>,
  keyOf: (item: T) => number,
  input: { query: string; cursor: string | undefined; limit: number },
): () => { items: T[]; nextCursor: string } {
  const after = cursors.read(input.query, input.cursor);
  return () => {
    const rest = [...items].filter((item) => keyOf(item) > after).sort((a, b) => keyOf(a) - keyOf(b));
    const page = rest.slice(0, input.limit);
    const last = page.at(-1);
    const nextCursor = rest.length > page.length && last ? cursors.issue(input.query, keyOf(last)) : '';
    return { items: page, nextCursor };
  };
}

/** A page size that is missing or too large falls back to the usual one (reference §1.3). */
export function pageSize(limit: number | undefined, max: number, usual: number): number {
  return limit === undefined || limit < 1 || limit > max ? usual : limit;
}
