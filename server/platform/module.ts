import type { Readable } from 'node:stream';
import type { Input, Output, Route } from '#contract';
import type { Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import type { Ctx, WriteCtx } from './ctx.ts';
import type { Db } from './db.ts';
import type { FeedTable } from './feed.ts';
import type { JobHandler } from './jobs.ts';
import type { Logger } from './log.ts';
import type { Pump } from './pump.ts';
import type { Chore } from './schedule.ts';
import type { Sealer } from './seal.ts';

/** What a module or a channel is made of. `server/modules.ts` lists them in dependency order. */
export interface Module {
  readonly name: string;
  /** Tables that only this module writes; scripts/check-modules.ts holds it to that. */
  readonly tables: readonly string[];
  readonly endpoints: readonly Endpoint[];
  readonly jobs?: Readonly<Record<string, JobHandler>>;
  readonly pumps?: readonly Pump[];
  readonly chores?: readonly Chore[];
  /** Tables whose changes it follows. */
  readonly feed?: readonly FeedTable[];
}

/** What long-running parts get once, when the process starts. */
export interface Runtime {
  readonly db: Db;
  readonly bell: Bell;
  readonly clock: Clock;
  readonly log: Logger;
  readonly zone: string;
  readonly publicUrl: string;
  readonly sealer: Sealer;
}

/** A file as the answer, or a page; a stream is sent as it comes. */
export interface BytesReply {
  readonly contentType: string;
  readonly body: Buffer | string | Readable;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

type Reply<R extends Route> = R['bytes'] extends 'out' ? BytesReply : R['page'] extends true ? BytesReply : Output<R>;

/** A GET and a route that calls the outside world get no transaction. */
type CtxOf<R extends Route> = R['method'] extends 'GET' ? Ctx : R['outside'] extends true ? Ctx : WriteCtx;

/** What of a request is not input: the body of a route with `bytes: 'in'`, and the headers that a few routes ask about. */
export interface Upload {
  /** HEAD comes to the handler of a GET. */
  readonly method: string;
  header(name: string): string | undefined;
  /** Empty where the route asks for a stream. */
  readonly bytes: Buffer;
  readonly stream: Readable;
  readonly contentType: string;
  readonly authorization: string | undefined;
}

export interface Endpoint {
  readonly route: Route;
  // The types that matter were checked by `endpoint`; the server only passes values through.
  readonly handle: (ctx: never, input: never, upload: Upload) => Promise<unknown>;
}

/** Joins a route of the contract with what it does. */
export function endpoint<const R extends Route>(
  route: R,
  handle: (ctx: CtxOf<R>, input: Input<R>, upload: Upload) => Promise<Reply<R>>,
): Endpoint {
  return { route, handle };
}
