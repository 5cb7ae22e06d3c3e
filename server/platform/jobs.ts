import { Logger, type Runner, run, type TaskList } from 'graphile-worker';
import { type Ctx, systemActor, type WriteCtx } from './ctx.ts';
import { sql } from './db.ts';
import type { Runtime } from './module.ts';

/**
 * Background jobs: rows that commit with the change that asks for them. Handlers may call the outside world; they open
 * their own short transactions. A job that throws is tried again with growing pauses.
 */
export type JobHandler = (ctx: Ctx, payload: unknown, runtime: Runtime) => Promise<void>;

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

/** Adds many jobs of one name with one statement; `key` is made from each payload. */
export async function addJobs(
  ctx: WriteCtx,
  name: string,
  jobs: readonly { key: string; payload: Readonly<Record<string, unknown>> }[],
): Promise<void> {
  if (jobs.length === 0) return;
  await sql`select graphile_worker.add_job(${name}, payload := job -> 'payload', job_key := job ->> 'key', max_attempts := 12)
    from json_array_elements(${JSON.stringify(jobs)}::json) as job`.execute(ctx.db);
}

export async function startJobs(
  databaseUrl: string,
  runtime: Runtime,
  handlers: Readonly<Record<string, JobHandler>>,
): Promise<Runner> {
  const taskList: TaskList = Object.fromEntries(
    Object.entries(handlers).map(([name, handle]) => [
      name,
      async (payload: unknown) => handle(jobCtx(runtime, name), payload, runtime),
    ]),
  );
  const runner = await run({
    connectionString: databaseUrl,
    maxPoolSize: 6,
    concurrency: 8,
    // Jobs that nobody heard of in time are found by looking; mostly they are heard of.
    pollInterval: 1000,
    noHandleSignals: true,
    taskList,
    parsedCronItems: [],
    logger: quiet(runtime),
  });
  return runner;
}

export function jobCtx(runtime: Runtime, name: string): Ctx {
  return {
    db: runtime.db,
    actor: systemActor(name),
    now: runtime.clock.now(),
    log: runtime.log.child({ job: name }),
    zone: runtime.zone,
    requestId: undefined,
  };
}

/** Jobs due now that have neither run nor given up. */
export async function countDueJobs(ctx: Pick<Ctx, 'db'>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from graphile_worker.jobs where run_at <= now() and attempts < max_attempts
  `.execute(ctx.db);
  return rows[0]?.count ?? 0;
}

/** graphile-worker says much at info level that is no business fact. */
function quiet(runtime: Runtime): Logger {
  return new Logger(() => (level, message, meta) => {
    if (level === 'error') runtime.log.warn({ meta: meta?.error }, message);
    else runtime.log.debug({ level }, message);
  });
}
