import { z } from 'zod';

/**
 * Field kinds of request bodies. A refinement's message is the platform's errmsg; `{}` stands for the field's name.
 */

/** An id that may be left out but not sent as "": empty strings are not "absent" (reference §1.1). */
export const id = () => z.string().refine((text) => text !== '', 'field `{}` unexpected empty string');

/** A required id whose emptiness the endpoint answers with a code of its own. */
export const rawId = () => z.string();

export const chars = (max: number) =>
  z.string().refine((text) => [...text].length <= max, `{} exceed max length ${max}`);

export const bytes = (max: number) =>
  z.string().refine((text) => Buffer.byteLength(text) <= max, `{} exceed max length ${max}`);

export const list = <S extends z.ZodType>(item: S, max: number) =>
  z.array(item).refine((items) => items.length <= max, `{} exceed max size ${max}`);

/** Order of tags and departments: [0, 2^32). */
export const order = () => z.int().refine((value) => value >= 0 && value < 2 ** 32, '{} invalid');

export const seconds = () => z.int().refine((value) => value >= 0, '{} invalid');

/** Numbers in a query are text. */
export const queryInt = () => z.string().regex(/^\d+$/).transform(Number);
