import { EventEmitter } from 'node:events';
import { Logger, run, type TaskList, type WorkerEvents } from 'graphile-worker';
import pg from 'pg';
import { type Ctx, systemActor, type WriteCtx } from './ctx.ts';
import { sql } from './db.ts';
import type { Runtime } from './module.ts';

/**
 * Background jobs: rows that commit with the change that asks for them. Handlers may call the outside world; they open
 * their own short transactions. A job that throws is tried again with growing pauses.
 */
export type JobHandler = (ctx: Ctx, payload: unknown, attempt: JobAttempt) => Promise<void>;

export interface JobAttempt {
  /** After this one the job is given up. */
  readonly isLast: boolean;
}

/**
 * Adds a job in the transaction of `ctx`. Jobs with one `key` that have not started are one job; jobs of one `queue` run
 * one after another.
 */
export async function addJob(
  ctx: WriteCtx,
  name: string,
  payload: Readonly<Record<string, unknown>>,
  options: { key?: string; queue?: string; maxAttempts?: number; priority?: number } = {},
): Promise<void> {
  await sql`select graphile_worker.add_job(
    ${name}, payload := ${JSON.stringify(payload)}::json, job_key := ${options.key ?? null},
    queue_name := ${options.queue ?? null}, max_attempts := ${options.maxAttempts ?? 12}, priority := ${options.priority ?? 0}
  )`.execute(ctx.db);
}

/** First key of the advisory locks under which pools of job workers show that they live; the second is their name's hash. */
const jobWorkerLock = 7164004;
const lookForOrphansMs = 10_000;

/**
 * Jobs that a killed process held are free again within moments; by itself graphile-worker waits four hours. Its pool of
 * workers lives as long as the lock on the pool's name is held, which ends with the process.
 */
async function freeOrphanedJobs(client: pg.Client): Promise<void> {
  await client.query(
    `select graphile_worker.force_unlock_workers(array_agg(distinct locked_by)) from graphile_worker._private_jobs j
    where locked_by is not null and not exists (
      select 1 from pg_locks where locktype = 'advisory' and classid = $1 and objid::bigint = hashtext(j.locked_by)::bigint & 4294967295
        and granted and database = (select oid from pg_database where datname = current_database())
    )`,
    [jobWorkerLock],
  );
}

export async function startJobs(
  databaseUrl: string,
  runtime: Runtime,
  handlers: Readonly<Record<string, JobHandler>>,
): Promise<{ stop(): Promise<void> }> {
  const taskList: TaskList = Object.fromEntries(
    Object.entries(handlers).map(([name, handle]) => [
      name,
      async (payload: unknown, { job }) =>
        handle(jobCtx(runtime, name), payload, { isLast: job.attempts >= job.max_attempts }),
    ]),
  );
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'siyu jobs', keepAlive: true });
  client.on('error', (error) => runtime.log.warn({ err: error }, 'the connection that watches jobs was lost'));
  await client.connect();
  const events: WorkerEvents = new EventEmitter();
  let locked: Promise<unknown> = Promise.resolve();
  // Jobs are taken in the name of the pool, not of the worker in it that does them.
  events.on('pool:create', ({ workerPool }) => {
    const lock = () => client.query('select pg_advisory_lock($1, hashtext($2))', [jobWorkerLock, workerPool.id]);
    locked = locked.then(lock);
  });
  const runner = await run({
    connectionString: databaseUrl,
    maxPoolSize: 6,
    concurrency: 8,
    // Jobs that nobody heard of in time are found by looking; mostly they are heard of.
    pollInterval: 1000,
    noHandleSignals: true,
    taskList,
    parsedCronItems: [],
    events,
    logger: quiet(runtime),
  });
  await locked;
  await freeOrphanedJobs(client);
  const timer = setInterval(() => {
    freeOrphanedJobs(client).catch((error) =>
      runtime.log.warn({ err: error }, 'jobs of dead workers could not be freed'),
    );
  }, lookForOrphansMs);
  return {
    async stop() {
      clearInterval(timer);
      await runner.stop();
      await client.end();
    },
  };
}

function jobCtx(runtime: Runtime, name: string): Ctx {
  return {
    db: runtime.db,
    actor: systemActor(name),
    now: runtime.clock.now(),
    log: runtime.log.child({ job: name }),
    zone: runtime.zone,
    requestId: undefined,
    bell: runtime.bell,
  };
}

/** graphile-worker says much at info level that is no business fact. */
function quiet(runtime: Runtime): Logger {
  return new Logger(() => (level, message, meta) => {
    if (level === 'error') runtime.log.warn({ meta: meta?.error }, message);
    else runtime.log.debug({ level }, message);
  });
}
