import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './bench.ts';

/** A shop that tells what its people do, over several connections at once. */
export interface Teller {
  /** The bodies of calls; `personOf` says whose the i-th event is. */
  write(events: number, personOf: (i: number) => number): Buffer[];
  /** Returns when all calls were answered. */
  tell(bodies: readonly Buffer[]): Promise<void>;
  callMs(share: number): number;
}

const categories = ['香薰', '茶具', '餐具', '灯饰', '文具', '织物'];

export function createTeller(options: {
  url: string;
  writeKey: string;
  batch: number;
  connections: number;
  /** Tells a batch again until it is answered, as Segment’s clients do. */
  insists?: boolean;
  /** Between the calls of a connection. */
  pauseMs?: number;
}): Teller {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const times: number[] = [];
  let told = 0;

  function eventOf(person: number) {
    const n = told++;
    return {
      type: 'track',
      messageId: `event-${n}`,
      userId: `user-${person}`,
      event: n % 3 === 0 ? 'Product Viewed' : n % 3 === 1 ? 'Product Clicked' : 'Product Added',
      timestamp: new Date(Date.now() - (n % 86_400) * 1000).toISOString(),
      properties: {
        told: n,
        product_id: `p${n % 2000}`,
        sku: `SKU-${n % 2000}`,
        name: `手工${categories[n % 6]} ${n % 2000}`,
        category: categories[n % 6],
        price: (n % 200) + 0.5,
        quantity: 1 + (n % 3),
        currency: 'CNY',
      },
    };
  }

  async function send(body: Buffer): Promise<void> {
    for (const end = Date.now() + 120_000; ; ) {
      try {
        return await post(body);
      } catch (error) {
        if (!options.insists || Date.now() > end) throw error;
        await sleep(100);
      }
    }
  }

  function post(body: Buffer): Promise<void> {
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const call = request(
        `${options.url}/v1/batch`,
        {
          method: 'POST',
          agent,
          timeout: 30_000,
          headers: {
            'content-type': 'application/json',
            'content-length': body.length,
            authorization: `Basic ${Buffer.from(`${options.writeKey}:`).toString('base64')}`,
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part) => {
            text += part;
          });
          answer.on('error', reject);
          answer.on('end', () => {
            times.push(performance.now() - startedAt);
            if (answer.statusCode === 200) resolve();
            else reject(new Error(`a batch was answered ${answer.statusCode}: ${text}`));
          });
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }

  return {
    callMs: (share) => Math.round(percentile(times, share)),
    write(events, personOf) {
      return Array.from({ length: Math.ceil(events / options.batch) }, (_, call) => {
        const from = call * options.batch;
        const size = Math.min(options.batch, events - from);
        const batch = Array.from({ length: size }, (_, i) => eventOf(personOf(from + i)));
        return Buffer.from(JSON.stringify({ batch, sentAt: new Date().toISOString() }));
      });
    },
    async tell(bodies) {
      let next = 0;
      const line = async () => {
        while (next < bodies.length) {
          await send(bodies[next++] as Buffer);
          if (options.pauseMs) await sleep(options.pauseMs);
        }
      };
      await Promise.all(Array.from({ length: options.connections }, line));
    },
  };
}
