import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Ctx, systemActor } from './ctx.ts';
import { sql } from './db.ts';
import type { Runtime } from './module.ts';

/**
 * A loop that empties a table: woken by the bell on `channel`, looking every `pollMs` in case it was not heard.
 * `drain` does one bounded piece of work and says how much it did; it is called again until it did nothing.
 */
export interface Pump {
  readonly name: string;
  readonly channel: string;
  readonly pollMs: number;
  /** How many loops run side by side in one process. */
  readonly lanes: number;
  drain(ctx: Ctx, runtime: Runtime, worker: Worker): Promise<number>;
  /** Waits for what `drain` left under way, when the process stops. */
  finish?(): Promise<void>;
}

/** This process among the workers. */
export interface Worker {
  /** Held as an advisory lock: what a worker claimed is free again the moment it dies. */
  readonly number: number;
}

/** First key of the advisory locks that workers hold. */
const workerLock = 7164002;

/** True for rows claimed by a worker that no longer lives. */
export function isOrphaned(column: 'claimed_by') {
  return sql<boolean>`not exists (
    select 1 from pg_locks
    where locktype = 'advisory' and classid = ${workerLock} and objid = ${sql.ref(column)} and granted
      and database = (select oid from pg_database where datname = current_database())
  )`;
}

export interface RunningPumps {
  /** Lets every pump look now: the clock was set, and what was due later may be due. */
  wake(): void;
  stop(): Promise<void>;
}

export async function startPumps(databaseUrl: string, runtime: Runtime, pumps: readonly Pump[]): Promise<RunningPumps> {
  let stopping = false;
  const link = await holdWorkerNumber();
  const loops = pumps.flatMap((pump) => Array.from({ length: pump.lanes }, () => loop(pump)));

  /** One connection listens and holds the worker's number. If it breaks, both are taken anew. */
  async function holdWorkerNumber(): Promise<{ client: pg.Client; worker: { number: number } }> {
    const worker = { number: 0 };
    const state = { client: await connect() };
    async function connect(): Promise<pg.Client> {
      const client = new pg.Client({ connectionString: databaseUrl, application_name: 'siyu worker', keepAlive: true });
      client.on('error', (error) => {
        if (stopping) return;
        runtime.log.warn({ err: error }, 'the listening database connection was lost');
        void reconnect();
      });
      client.on('notification', (message) => {
        runtime.bell.ringHere(message.channel);
      });
      await client.connect();
      const taken = await client.query<{ number: number }>("select nextval('worker_number')::int as number");
      worker.number = taken.rows[0]?.number ?? 0;
      await client.query('select pg_advisory_lock($1, $2)', [workerLock, worker.number]);
      for (const channel of new Set(pumps.map((pump) => pump.channel))) await client.query(`listen "${channel}"`);
      return client;
    }
    async function reconnect(): Promise<void> {
      while (!stopping) {
        await sleep(500);
        try {
          state.client = await connect();
          return;
        } catch (error) {
          runtime.log.warn({ err: error }, 'the listening database connection cannot be made again yet');
        }
      }
    }
    return {
      worker,
      get client() {
        return state.client;
      },
    };
  }

  async function loop(pump: Pump): Promise<void> {
    let pauseMs = 0;
    while (!stopping) {
      let wokenEarly = false;
      let wakeUp = () => {};
      const woken = new Promise<void>((resolve) => {
        wakeUp = () => {
          wokenEarly = true;
          resolve();
        };
      });
      const unlisten = runtime.bell.listen(pump.channel, () => wakeUp());
      try {
        const did = await pump.drain(pumpCtx(runtime, pump.name), runtime, link.worker);
        pauseMs = 0;
        if (did === 0 && !wokenEarly && !stopping) await Promise.race([woken, sleep(pump.pollMs)]);
      } catch (error) {
        if (stopping) break;
        pauseMs = Math.min(10_000, Math.max(200, pauseMs * 2));
        runtime.log.error({ err: error, pump: pump.name, pauseMs }, 'a pump failed and will try again');
        await sleep(pauseMs);
      } finally {
        unlisten();
      }
    }
  }

  const wake = () => {
    for (const channel of new Set(pumps.map((pump) => pump.channel))) runtime.bell.ringHere(channel);
  };
  return {
    wake,
    async stop() {
      stopping = true;
      wake();
      await Promise.all(loops);
      await Promise.all(pumps.map((pump) => pump.finish?.()));
      await link.client.end().catch(() => {});
    },
  };
}

export function pumpCtx(runtime: Runtime, name: string): Ctx {
  return {
    db: runtime.db,
    actor: systemActor(name),
    now: runtime.clock.now(),
    log: runtime.log.child({ pump: name }),
    zone: runtime.zone,
    requestId: undefined,
    bell: runtime.bell,
  };
}
