import { z } from 'zod';

/** Shapes used by several contracts. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
const controlCharacters = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const loneSurrogates = /\p{Surrogate}/u;

/** Trimmed text without control characters; line breaks are allowed. PostgreSQL cannot store NUL or lone surrogates. */
export function text(max: number, min = 1) {
  return z
    .string()
    .trim()
    .min(min)
    .max(max)
    .refine((value) => !controlCharacters.test(value) && !loneSurrogates.test(value), 'control_characters');
}

/** One line of text. */
export function line(max: number, min = 1) {
  return text(max, min).refine((value) => !/[\r\n\t]/.test(value), 'line_break');
}

export const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

/** '1,2,3' in a query. */
export const idList = z
  .union([z.string().regex(/^\d{1,15}(,\d{1,15})*$/), z.array(z.number().int().positive()).max(100)])
  .transform((value) => (typeof value === 'string' ? value.split(',').map(Number) : value))
  .refine((value) => value.length <= 100, 'too_many');

/** ISO 8601 with offset, as the API writes every time. */
export const time = z.iso.datetime({ offset: true });

/** A civil day in the organisation's zone: '2026-11-21'. The product has no business outside this century. */
export const day = z.iso.date().refine((value) => value >= '2000-01-01' && value <= '2100-12-31', 'day_out_of_range');

/** Days of a report, both ends included. */
export const maxPeriodDays = 400;

/** The parser of addresses forgives what PostgreSQL cannot store. */
export const url = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((value) => /^[\x21-\x7e]+$|^[^\s\p{C}]+$/u.test(value), 'control_characters');

/** A key that a library made: of a user, of an API key. */
export const key = z.string().regex(/^[A-Za-z0-9_-]{1,60}$/);

export const none = z.object({});

/** What a write answers when there is nothing to say. */
export const done = z.object({ ok: z.literal(true) });

export const limit = z.coerce.number().int().min(1).max(200).default(50);

/** An opaque cursor: what `next` of the page before said. */
export const after = z
  .string()
  .max(400)
  .regex(/^[A-Za-z0-9_-]+$/)
  .optional();

export function page<T extends z.ZodType>(row: T) {
  return z.object({ rows: z.array(row), next: z.string().nullable() });
}

export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]);
