/** `urgent` never waits behind `bulk`: a welcome message has 20 s, a reconciliation has all night. */
export type Lane = 'urgent' | 'bulk';

export type FrequencyOptions = {
  nowMs?: () => number;
  /** Runs something once after a delay and returns how to cancel it. Replaced only where time is simulated. */
  setTimer?: (run: () => void, delayMs: number) => () => void;
  /** The part of the corp's budget that this process may use, above 0 and at most 1. */
  share?: number;
  maxParallel?: number;
  maxParallelCustomerReads?: number;
};

export type FrequencyRequest = { api: string; lane: Lane; readsCustomers?: boolean; signal?: AbortSignal | undefined };

export type Frequency = {
  /**
   * Waits until the call may be sent and books it. Returns how to end it, or undefined when the signal aborted first.
   * Calls of one API and lane are admitted in the order they came.
   */
  admit(request: FrequencyRequest): Promise<(() => void) | undefined>;
  /** Admits no call of the API for a while. The platform blocks for 60 s after 45009. */
  closeApi(api: string, forMs?: number): void;
};

type Limit = { windowMs: number; bucketMs: number; limit: number };

// doc 90312: what one corp may call one API.
const usualLimits: readonly Limit[] = [
  { windowMs: 60_000, bucketMs: 1000, limit: 10_000 },
  { windowMs: 3_600_000, bucketMs: 60_000, limit: 150_000 },
];
// docs 95094 and 90506: what some APIs allow, instead.
const ownLimits: Readonly<Record<string, readonly Limit[]>> = {
  'externalcontact/add_moment_task': [{ windowMs: 60_000, bucketMs: 1000, limit: 10 }],
  get_jsapi_ticket: [{ windowMs: 3_600_000, bucketMs: 60_000, limit: 400 }],
  'ticket/get': [{ windowMs: 3_600_000, bucketMs: 60_000, limit: 100 }],
};
// Kept in hand for what others call and for clocks that differ.
const usablePart = 0.95;
// Bulk calls leave the last fifth of every budget and of every kind of slot to urgent ones.
const bulkPart = 0.8;

type Waiter = { request: FrequencyRequest; order: number; admit: (release: () => void) => void };
type Api = { windows: Window[]; closedUntilMs: number; waiting: Record<Lane, Waiter[]> };

/** Keeps this process within the platform's limits before the platform refuses. Knows nothing of other processes. */
export function createFrequency(options: FrequencyOptions = {}): Frequency {
  const { nowMs = Date.now, setTimer = setRealTimer, share = 1 } = options;
  const { maxParallel = 32, maxParallelCustomerReads = 8 } = options;
  if (!(share > 0 && share <= 1)) throw new RangeError('share must be above 0 and at most 1');
  if (!(maxParallel >= 1 && maxParallelCustomerReads >= 1)) throw new RangeError('parallel calls must be at least 1');

  const apis = new Map<string, Api>();
  let running = 0;
  let runningCustomerReads = 0;
  let lastOrder = 0;
  let cancelTimer = () => {};

  function apiOf(name: string): Api {
    let api = apis.get(name);
    if (!api) {
      api = {
        windows: (ownLimits[name] ?? usualLimits).map(({ windowMs, bucketMs, limit }) =>
          createWindow(windowMs, bucketMs, limit * share * usablePart),
        ),
        closedUntilMs: 0,
        waiting: { urgent: [], bulk: [] },
      };
      apis.set(name, api);
    }
    return api;
  }

  function hasSlot({ lane, readsCustomers }: FrequencyRequest): boolean {
    if (running >= limitFor(lane, maxParallel)) return false;
    return !readsCustomers || runningCustomerReads < limitFor(lane, maxParallelCustomerReads);
  }

  function openAt(api: Api, lane: Lane, now: number): number {
    return Math.max(api.closedUntilMs, ...api.windows.map((window) => window.openAt(lane, now)));
  }

  /** The next waiter that may go: the oldest urgent one, or else the oldest bulk one. */
  function nextReady(now: number): { api: Api; waiter: Waiter } | undefined {
    for (const lane of ['urgent', 'bulk'] as const) {
      let next: { api: Api; waiter: Waiter } | undefined;
      for (const api of apis.values()) {
        const waiter = api.waiting[lane][0];
        if (!waiter || (next && next.waiter.order < waiter.order)) continue;
        if (hasSlot(waiter.request) && openAt(api, lane, now) <= now) next = { api, waiter };
      }
      if (next) return next;
    }
    return undefined;
  }

  function start({ readsCustomers }: FrequencyRequest): () => void {
    const reads = readsCustomers ? 1 : 0;
    running += 1;
    runningCustomerReads += reads;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      running -= 1;
      runningCustomerReads -= reads;
      admitReady();
    };
  }

  function admitReady(): void {
    cancelTimer();
    const now = nowMs();
    for (let ready = nextReady(now); ready; ready = nextReady(now)) {
      const { api, waiter } = ready;
      api.waiting[waiter.request.lane].shift();
      for (const window of api.windows) window.count(now);
      waiter.admit(start(waiter.request));
    }
    // Those that wait for a slot are woken by its release, the others by the clock.
    const times = [...apis.values()].flatMap((api) =>
      (['urgent', 'bulk'] as const)
        .filter((lane) => api.waiting[lane].length > 0)
        .map((lane) => openAt(api, lane, now)),
    );
    const wakeAt = Math.min(...times.filter((time) => time > now));
    cancelTimer = Number.isFinite(wakeAt) ? setTimer(admitReady, wakeAt - now) : () => {};
  }

  return {
    admit(request) {
      const { signal, lane } = request;
      if (signal?.aborted) return Promise.resolve(undefined);
      const queue = apiOf(request.api).waiting[lane];
      return new Promise((resolve) => {
        lastOrder += 1;
        const abort = () => {
          queue.splice(queue.indexOf(waiter), 1);
          resolve(undefined);
          admitReady();
        };
        const waiter: Waiter = {
          request,
          order: lastOrder,
          admit: (release) => {
            signal?.removeEventListener('abort', abort);
            resolve(release);
          },
        };
        queue.push(waiter);
        signal?.addEventListener('abort', abort, { once: true });
        admitReady();
      });
    },
    closeApi(name, forMs = 60_000) {
      const api = apiOf(name);
      api.closedUntilMs = Math.max(api.closedUntilMs, nowMs() + forMs);
    },
  };
}

function limitFor(lane: Lane, limit: number): number {
  return lane === 'urgent' ? limit : Math.max(1, Math.floor(limit * bulkPart));
}

type Window = { count(now: number): void; openAt(lane: Lane, now: number): number };

/**
 * Counts what happened in the last `windowMs`, in buckets. A bucket leaves when all of it is older than the window, so
 * the count is never below the true one.
 */
function createWindow(windowMs: number, bucketMs: number, budget: number): Window {
  const limit = Math.max(1, Math.floor(budget));
  const buckets: { startMs: number; count: number }[] = [];
  let total = 0;

  const leavesAt = (bucket: { startMs: number }) => bucket.startMs + bucketMs + windowMs;

  function forget(now: number): void {
    for (let oldest = buckets[0]; oldest && leavesAt(oldest) <= now; oldest = buckets[0]) {
      total -= oldest.count;
      buckets.shift();
    }
  }

  return {
    count(now) {
      const startMs = now - (now % bucketMs);
      const last = buckets.at(-1);
      if (last && last.startMs >= startMs) last.count += 1;
      else buckets.push({ startMs, count: 1 });
      total += 1;
    },
    openAt(lane, now) {
      forget(now);
      let excess = total - limitFor(lane, limit) + 1;
      if (excess <= 0) return now;
      for (const bucket of buckets) {
        excess -= bucket.count;
        if (excess <= 0) return leavesAt(bucket);
      }
      return now;
    },
  };
}

function setRealTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}
