import http from 'node:http';
import https from 'node:https';
import type { Clock } from '#sandbox/clock';
import { toSeconds } from '#sandbox/clock';
import type { Faults } from '#sandbox/faults';
import type { Policy } from '#sandbox/options';
import type { Random } from '#sandbox/random';
import type { Corp, EventAbout, Unsent } from '#sandbox/store';
import { encrypt, signature } from './crypto.ts';
import type { CallbackEvent } from './events.ts';
import { toXml } from './events.ts';

type Delivery = EventAbout & {
  seq: number;
  /** Real milliseconds throughout: deliveries are machines talking to machines. */
  raisedMs: number;
  firstAttemptMs: number | null;
  ackMs: number | null;
  attempts: number;
  lastProblem: string | null;
  /** `unconfigured`: no callback url was set when the event happened. */
  status: 'pending' | 'acked' | 'failed' | 'lost' | 'unconfigured';
  duplicate: boolean;
};

/**
 * Delivers events as the platform does (reference §10.1): one POST each, five seconds to answer, then again up to
 * three times; no order is promised. All of these waits are real time.
 */
export type Sender = {
  send(event: CallbackEvent): void;
  deliveries(): readonly Delivery[];
  pending(): number;
  /** @returns false when something was still pending after the time */
  waitUntilIdle(timeoutMs: number): Promise<boolean>;
  resend(unsent: readonly Unsent[]): void;
  forget(): void;
  /** What has not been acknowledged yet. */
  unsent(): Unsent[];
  /** Stops at once. */
  close(): void;
};

type Parcel = { xml: string; delivery: Delivery };

const keptDeliveries = 200_000;

export function createSender(input: {
  policy: Policy;
  clock: Clock;
  random: Random;
  faults: Faults;
  corp: () => Corp;
}): Sender {
  const { policy, clock, random, faults } = input;
  const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };
  const timers = new Set<NodeJS.Timeout>();
  const requests = new Set<http.ClientRequest>();
  let closed = false;
  const queue: Parcel[] = [];
  const open = new Set<Parcel>();
  let deliveries: Delivery[] = [];
  let inFlight = 0;
  let seq = 0;
  let idleWaiters: (() => void)[] = [];

  const addParcel = (xml: string, about: EventAbout, duplicate: boolean): Parcel => {
    seq += 1;
    const delivery: Delivery = {
      ...about,
      seq,
      raisedMs: Date.now(),
      firstAttemptMs: null,
      ackMs: null,
      attempts: 0,
      lastProblem: null,
      status: 'pending',
      duplicate,
    };
    deliveries.push(delivery);
    if (deliveries.length > keptDeliveries * 1.2) deliveries = deliveries.slice(-keptDeliveries);
    return { xml, delivery };
  };

  const raise = (xml: string, about: EventAbout, duplicate = false) => {
    const parcel = addParcel(xml, about, duplicate);
    if (input.corp().callback === null) {
      parcel.delivery.status = 'unconfigured';
      return;
    }
    const { loss, delayMs, reorder } = faults.settings();
    if (random.chance(loss)) {
      parcel.delivery.status = 'lost';
      return;
    }
    open.add(parcel);
    const waitMs = random.between(delayMs[0], delayMs[1]) + (reorder || duplicate ? random.between(0, 1500) : 0);
    if (waitMs > 0) later(waitMs, () => enqueue(parcel));
    else enqueue(parcel);
  };

  const later = (ms: number, act: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  };

  const enqueue = (parcel: Parcel) => {
    queue.push(parcel);
    pump();
  };

  const pump = () => {
    while (inFlight < policy.callbackConcurrency && !closed) {
      const parcel = queue.shift();
      if (!parcel) return;
      inFlight += 1;
      void deliver(parcel).finally(() => {
        inFlight -= 1;
        pump();
      });
    }
  };

  const deliver = async (parcel: Parcel) => {
    const { delivery } = parcel;
    const result = await attempt(parcel);
    if (closed) return;
    if (result.ok) {
      delivery.status = 'acked';
      delivery.ackMs = Date.now();
      if (!delivery.duplicate && random.chance(faults.settings().duplicate)) raise(parcel.xml, aboutOf(delivery), true);
      settle(parcel);
      return;
    }
    delivery.lastProblem = result.problem;
    if (!result.retry || delivery.attempts > policy.callbackRetries) {
      delivery.status = 'failed';
      settle(parcel);
      return;
    }
    // The wait does not hold a place among those in flight.
    later(policy.callbackRetrySpacingMs, () => enqueue(parcel));
  };

  const settle = (parcel: Parcel) => {
    open.delete(parcel);
    if (open.size > 0) return;
    for (const wake of idleWaiters) wake();
    idleWaiters = [];
  };

  const attempt = async (parcel: Parcel): Promise<{ ok: true } | { ok: false; retry: boolean; problem: string }> => {
    const corp = input.corp();
    if (!corp.callback) return { ok: false, retry: false, problem: 'callback is no longer configured' };
    const encrypted = encrypt(corp.callback.encodingAesKey, parcel.xml, corp.corpId);
    const timestamp = String(toSeconds(clock.now()));
    const nonce = random.digits(10);
    const url = new URL(corp.callback.url);
    url.searchParams.set('msg_signature', signature(corp.callback.token, timestamp, nonce, encrypted));
    url.searchParams.set('timestamp', timestamp);
    url.searchParams.set('nonce', nonce);
    const body = `<xml><ToUserName><![CDATA[${corp.corpId}]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt><AgentID><![CDATA[${corp.agentId}]]></AgentID></xml>`;
    parcel.delivery.attempts += 1;
    parcel.delivery.firstAttemptMs ??= Date.now();
    try {
      const status = await post({ url, body, agents, requests, timeoutMs: policy.callbackTimeoutMs });
      if (status === 200) return { ok: true };
      return { ok: false, retry: policy.retryOnStatus, problem: `answered ${status}` };
    } catch (error) {
      return { ok: false, retry: true, problem: (error as Error).message };
    }
  };

  return {
    send: (event) => raise(toXml(event, input.corp().corpId), event.about),
    deliveries: () => deliveries,
    pending: () => open.size,
    waitUntilIdle: async (timeoutMs) => {
      if (open.size === 0) return true;
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), timeoutMs);
        idleWaiters.push(() => {
          clearTimeout(timer);
          resolve(true);
        });
      });
    },
    resend: (unsent) => {
      for (const { xml, about } of unsent) raise(xml, about);
    },
    forget: () => {
      open.clear();
      queue.length = 0;
      deliveries = [];
      for (const wake of idleWaiters) wake();
      idleWaiters = [];
    },
    unsent: () => [...open].map(({ xml, delivery }) => ({ xml, about: aboutOf(delivery) })),
    close: () => {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      for (const request of requests) request.destroy();
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

function aboutOf(delivery: Delivery): EventAbout {
  const { event, changeType, userid, externalUserid, welcomeCode, id } = delivery;
  return {
    event,
    changeType,
    ...(userid !== undefined && { userid }),
    ...(externalUserid !== undefined && { externalUserid }),
    ...(welcomeCode !== undefined && { welcomeCode }),
    ...(id !== undefined && { id }),
  };
}

type Post = {
  url: URL;
  body: string;
  agents: { 'http:': http.Agent; 'https:': https.Agent };
  requests: Set<http.ClientRequest>;
  timeoutMs: number;
  fresh?: true;
};

/** @returns the status; throws on a broken connection or when the whole answer took longer than the time-out */
function post(input: Post): Promise<number> {
  const { url, body, agents, requests, timeoutMs } = input;
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(url, {
      method: 'POST',
      headers: { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) },
      agent: input.fresh ? false : agents[secure ? 'https:' : 'http:'],
    });
    requests.add(request);
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    request.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A kept connection that the server had just closed says nothing about the server: ask on a new one.
      if (request.reusedSocket && error.code === 'ECONNRESET' && !input.fresh) {
        post({ ...input, fresh: true }).then(resolve, reject);
        return;
      }
      reject(error);
    });
    request.on('close', () => {
      clearTimeout(timer);
      requests.delete(request);
    });
    request.end(body);
  });
}
