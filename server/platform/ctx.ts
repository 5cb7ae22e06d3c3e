import type { Permission, Role } from '#contract';
import type { Bell } from './bell.ts';
import type { Db, Tx } from './db.ts';
import { sqlState } from './errors.ts';
import type { Logger } from './log.ts';

/** Who does something. Every change is written down under this. */
export type Actor =
  | {
      readonly kind: 'user' | 'key';
      /** Id of the user, also for a key: a key acts for the user who made it. */
      readonly id: string;
      readonly name: string;
      readonly role: Role;
      /** The staff member this user is, which limits what an adviser sees. */
      readonly staffId: number | null;
      readonly permissions: ReadonlySet<Permission>;
    }
  | { readonly kind: 'system'; readonly id: string; readonly name: string };

/** Everything the world supplies. `now` is taken once, at the edge. */
export interface Ctx {
  readonly db: Db;
  readonly actor: Actor;
  readonly now: Date;
  readonly log: Logger;
  /** The organisation's zone: days, weekdays and hours are civil time there. */
  readonly zone: string;
  readonly requestId: string | undefined;
  readonly bell: Bell;
  /** Says that nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** A function that writes asks for this, and so cannot be called outside a transaction. */
export interface WriteCtx extends Ctx {
  readonly db: Tx;
  /** Bells to ring when the transaction has committed: see `wake`. */
  readonly ringsOnCommit: Set<string>;
}

/** Says on `channel` that there is work, once the transaction has committed. */
export function wake(ctx: WriteCtx, channel: string): void {
  ctx.ringsOnCommit.add(channel);
}

/** Serialisation failure and deadlock: the transaction changed nothing and may be run again. */
const repeatable = new Set(['40001', '40P01']);

/**
 * Runs `work` in one transaction. Shadow the outer ctx with the parameter, so that the outer handle is out of reach:
 * `inTransaction(ctx, async (ctx) => …)`.
 */
export async function inTransaction<T>(ctx: Ctx, work: (ctx: WriteCtx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const ringsOnCommit = new Set<string>();
      const result = await ctx.db.transaction().execute((db) => work({ ...ctx, db, ringsOnCommit }));
      ctx.bell.ring(ringsOnCommit);
      return result;
    } catch (error) {
      if (attempt >= 4 || !repeatable.has(sqlState(error) ?? '')) throw error;
    }
  }
}

export function systemActor(name: string): Actor {
  return { kind: 'system', id: name, name };
}
