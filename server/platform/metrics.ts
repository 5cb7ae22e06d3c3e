import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Counters of one process, in Prometheus's words. Made once in main.ts and handed to what counts. */
export interface Metrics {
  readonly registry: Registry;
  readonly httpSeconds: Histogram<'route' | 'status'>;
  readonly callbacks: Counter<'outcome'>;
  readonly wecomCalls: Histogram<'endpoint' | 'outcome'>;
  readonly inboxWaiting: Gauge;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'siyu_' });
  const registers = [registry];
  const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'siyu_http_seconds',
      help: 'Time to answer a request',
      labelNames: ['route', 'status'],
      buckets,
      registers,
    }),
    callbacks: new Counter({
      name: 'siyu_wecom_callbacks_total',
      help: 'Callbacks from WeCom by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
    wecomCalls: new Histogram({
      name: 'siyu_wecom_call_seconds',
      help: 'Calls to WeCom',
      labelNames: ['endpoint', 'outcome'],
      buckets,
      registers,
    }),
    inboxWaiting: new Gauge({ name: 'siyu_inbox_waiting', help: 'Facts waiting to be projected', registers }),
  };
}
