import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import type { Permission } from './permissions.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * One HTTP route: the only definition that server, console and OpenAPI share.
 *
 * `input` is flat: names that stand in `path` as `:name` travel in the path, the others in the query of a GET or in the
 * JSON body of any other method. With `bytes: 'in'` the body is the file itself and the other names stay in the query.
 */
export interface Route<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly method: Method;
  readonly path: `/${string}`;
  /** Who may call it: a permission of a role, `signed_in` for everybody with a session, `public` for the world. */
  readonly permission: Permission | 'signed_in' | 'public';
  readonly summary: string;
  readonly input: I;
  readonly output: O;
  readonly bytes?: 'in' | 'out';
  /** With `bytes: 'in'`: the answer is a page. */
  readonly page?: boolean;
  /** The file may be larger than memory: the handler gets it as it comes in. */
  readonly stream?: boolean;
  /** The handler calls the outside world and therefore opens its own short transactions. */
  readonly outside?: boolean;
  /** Largest body, in bytes, where the common limit does not fit. */
  readonly limitBytes?: number;
  /** Pages of other sites may call it: it admits by a key of its own, never by a cookie. */
  readonly isCrossOrigin?: boolean;
  /** Refusals a caller should expect besides the common ones. */
  readonly errors?: readonly ErrorCode[];
}

export function route<I extends z.ZodType, O extends z.ZodType>(spec: Route<I, O>): Route<I, O> {
  return spec;
}

export type Input<R> = R extends Route<infer I, z.ZodType> ? z.output<I> : never;
/** What a caller writes: defaults may be left out. */
export type Call<R> = R extends Route<infer I, z.ZodType> ? z.input<I> : never;
export type Output<R> = R extends Route<z.ZodType, infer O> ? z.output<O> : never;

/** The names in a path: '/api/codes/:id/stats' → ['id']. */
export function pathNames(path: string): string[] {
  return [...path.matchAll(/:([a-zA-Z]+)/g)].map((match) => match[1] as string);
}
