import { findPostgres, type Siyu, startSiyu } from '#scripts/processes';

/** Keeps one siyu running, as a service manager does: whenever it is killed, it is started again at once. */
export interface Keeper {
  /** When siyu was ready for work, in milliseconds; the last has no end. */
  readonly up: readonly { readonly from: number; readonly to: number }[];
  /** Starts that failed although nobody killed them. */
  failedStarts(): number;
  killsWhileStarting(): number;
  /** SIGKILL, whatever it is doing; on demand to PostgreSQL as well. */
  kill(withPostgres: boolean): Promise<void>;
  /** Waits until it is ready. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

const maxFailedStarts = 10;

export function keep(first: Siyu, env: Readonly<Record<string, string>>): Keeper {
  const { home } = first;
  const port = Number(new URL(first.url).port);
  const up = [{ from: Date.now(), to: Number.POSITIVE_INFINITY }];
  let running: Siyu | undefined = first;
  let starting = Promise.resolve();
  let controller = new AbortController();
  let failedStarts = 0;
  let killsWhileStarting = 0;

  async function start(): Promise<void> {
    while (!running) {
      controller = new AbortController();
      try {
        running = await startSiyu({ home, port, env, signal: controller.signal });
        up.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
      } catch (error) {
        if (controller.signal.aborted) continue;
        failedStarts++;
        if (failedStarts >= maxFailedStarts) throw error;
      }
    }
  }

  return {
    up,
    failedStarts: () => failedStarts,
    killsWhileStarting: () => killsWhileStarting,
    async kill(withPostgres) {
      const postgres = withPostgres ? findRunningPostgres(home) : undefined;
      const victim = running;
      const last = up.at(-1);
      if (victim && last) {
        running = undefined;
        last.to = Date.now();
        const gone = victim.kill();
        if (postgres !== undefined) process.kill(postgres, 'SIGKILL');
        await gone;
        starting = start();
        starting.catch(() => {});
      } else {
        killsWhileStarting++;
        controller.abort();
        if (postgres !== undefined) process.kill(postgres, 'SIGKILL');
      }
    },
    ready: () => starting,
    async stop() {
      await starting.catch(() => {});
      await running?.stop();
    },
  };
}

/** Undefined while PostgreSQL is itself about to start. */
function findRunningPostgres(home: string): number | undefined {
  try {
    const { pid } = findPostgres(home);
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
