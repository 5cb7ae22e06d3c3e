import type { z } from 'zod';

/** The query of an address as plain strings: `?tags=1,2&search=007` keeps its zeros and reads well. */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
      ? []
      : [[name, Array.isArray(value) ? value.join(',') : String(value)]],
  );
  const text = new URLSearchParams(pairs).toString().replaceAll('%2C', ',');
  return text === '' ? '' : `?${text}`;
}

/**
 * Reads filters from an address. A value that does not fit is dropped: an old bookmark must still open its page.
 * Dropped means set to undefined, because the router lays the answer over the raw query.
 */
export function filtersIn<T extends z.ZodObject>(schema: T) {
  return (raw: Record<string, unknown>): z.output<T> => {
    const filters = Object.entries(schema.shape).flatMap(([name, field]) => {
      const parsed = (field as z.ZodType).safeParse(raw[name]);
      return parsed.success && parsed.data !== undefined ? [[name, parsed.data]] : [];
    });
    const dropped = Object.keys(raw).map((name) => [name, undefined]);
    return Object.fromEntries([...dropped, ...filters]) as z.output<T>;
  };
}
