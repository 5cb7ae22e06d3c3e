import { setTimeout as sleep } from 'node:timers/promises';
import { findPostgres, type Siyu, type SiyuOptions } from '#scripts/processes';

/** Keeps one siyu running, as a service manager does: whenever it is killed or ends, it is started again at once. */
export interface Keeper {
  readonly home: string;
  /** When siyu was ready for work, in milliseconds; the last has no end. */
  readonly up: readonly { readonly from: number; readonly to: number }[];
  /** Starts that failed although nobody killed them. */
  failedStarts(): number;
  killsWhileStarting(): number;
  /** Ends that nobody asked for. */
  deaths(): number;
  /** The one that runs, for what it is told as a child; undefined while there is none. */
  running(): Siyu | undefined;
  /** SIGKILL, whatever it is doing; on demand to the PostgreSQL in its folder as well. */
  kill(withPostgres: boolean): Promise<void>;
  /** Waits until it is ready. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** How it is started again, at the same place. */
type Start = (place: Required<Pick<SiyuOptions, 'home' | 'port' | 'signal'>>) => Promise<Siyu>;

const maxFailedStarts = 20;
/** Between a start that failed and the next. */
const pauseMs = 500;

export function keep(first: Siyu, startAgain: Start): Keeper {
  const { home } = first;
  const port = Number(new URL(first.url).port);
  const up = [{ from: Date.now(), to: Number.POSITIVE_INFINITY }];
  let running: Siyu | undefined = first;
  let starting = Promise.resolve();
  let controller = new AbortController();
  let isStopping = false;
  let failedStarts = 0;
  let killsWhileStarting = 0;
  let deaths = 0;

  async function start(): Promise<void> {
    while (!running) {
      controller = new AbortController();
      try {
        running = await startAgain({ home, port, signal: controller.signal });
        up.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
        watch(running);
      } catch (error) {
        if (controller.signal.aborted) continue;
        failedStarts++;
        if (failedStarts >= maxFailedStarts) throw error;
        await sleep(pauseMs);
      }
    }
  }

  function restart(): void {
    const last = up.at(-1);
    if (last) last.to = Date.now();
    running = undefined;
    starting = start();
    starting.catch(() => {});
  }

  function watch(siyu: Siyu): void {
    void siyu.ended.then(() => {
      if (running !== siyu || isStopping) return;
      deaths++;
      restart();
    });
  }

  watch(first);
  return {
    home,
    up,
    failedStarts: () => failedStarts,
    killsWhileStarting: () => killsWhileStarting,
    deaths: () => deaths,
    running: () => running,
    async kill(withPostgres) {
      const postgres = withPostgres ? findRunningPostgres(home) : undefined;
      const victim = running;
      if (victim) {
        running = undefined;
        const gone = victim.kill();
        if (postgres !== undefined) process.kill(postgres, 'SIGKILL');
        await gone;
        restart();
      } else {
        killsWhileStarting++;
        controller.abort();
        if (postgres !== undefined) process.kill(postgres, 'SIGKILL');
      }
    },
    ready: () => starting,
    async stop() {
      isStopping = true;
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
