import { AppError } from './errors.ts';

/** Cursors are opaque to callers: base64url of JSON. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The key of a cursor, or undefined for the first page. Refuses a cursor that is not of this shape. */
export function decodeCursor<const T extends readonly ('number' | 'string')[]>(
  cursor: string | undefined,
  shape: T,
): { [K in keyof T]: T[K] extends 'number' ? number : string } | undefined {
  if (cursor === undefined) return undefined;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(key) && key.length === shape.length && key.every((part, i) => isPart(part, shape[i]))) {
      return key as { [K in keyof T]: T[K] extends 'number' ? number : string };
    }
  } catch {
    // Falls through to the refusal: whatever it was, it is not one of ours.
  }
  throw new AppError('input_invalid', { fields: [{ path: 'after', problem: 'cursor', message: 'not a cursor' }] });
}

function isPart(part: unknown, kind: 'number' | 'string' | undefined): boolean {
  if (kind === 'number') return Number.isSafeInteger(part);
  return typeof part === 'string' && part.length < 200 && !part.includes('\0');
}

/** Rows were read one more than `limit`: the surplus row says that there is a next page. */
export function toPage<T>(rows: readonly T[], limit: number, keyOf: (row: T) => readonly (string | number)[]) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}
