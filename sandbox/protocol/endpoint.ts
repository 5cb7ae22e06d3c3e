import type { z } from 'zod';
import type { Family, Token } from '#sandbox/store';
import type { World } from '#sandbox/world';

/** One call of the API while it is being answered. */
export type Call = {
  world: World;
  /** Simulated time of the call. */
  at: number;
  ip: string;
  query: Record<string, string>;
  body: Buffer;
  contentType: string;
  headers: Record<string, string | string[] | undefined>;
  token: Token | null;
};

export type Payload = Record<string, unknown>;
/** Bytes instead of JSON: media/get. */
export type RawReply = { raw: { status: number; headers: Record<string, string>; body: Buffer } };

/** What an allowed call does. It runs only after every check, the frequency limit included (reference §13.1). */
export type Act = () => Payload | RawReply;

export type Endpoint = {
  method: 'GET' | 'POST';
  path: string;
  /** `open` needs no token; the others are permissions that the console can take away (48002). */
  family: 'open' | 'base' | Family;
  /** Shape of the query (GET) or of the JSON body (POST). Absent: the call reads nothing. */
  request?: z.ZodType;
  /** The body is a file, not JSON. */
  multipart?: true;
  /** Code of a missing field, where it has one of its own. */
  missing?: Readonly<Record<string, number>>;
  /** Payload keys that an error answer still carries, empty (reference §1.1). */
  empty?: () => Payload;
  /** Calls with the same key at the same time collide. */
  lock?: { errcode: number; key: (input: never) => string };
  /** Checks ids, range, relation and quantity in this order and refuses; returns what is then done. */
  handle: (call: Call, input: never) => Act;
};

/** Ties the input of `handle` to the schema. */
export function endpoint<S extends z.ZodType>(
  spec: Omit<Endpoint, 'request' | 'handle' | 'lock'> & {
    request: S;
    lock?: { errcode: number; key: (input: z.infer<S>) => string };
    handle: (call: Call, input: z.infer<S>) => Act;
  },
): Endpoint {
  return spec as Endpoint;
}

export function isRaw(reply: Payload | RawReply): reply is RawReply {
  return 'raw' in reply;
}
