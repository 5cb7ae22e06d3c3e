import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '#app';
import { type Condition, condition } from '#contract/segments';
import { systemClock } from '#platform/clock';
import { openDatabase } from '#platform/db';
import { silentLog } from '#platform/log';
import { migrate } from '#platform/migrate';
import { openMirror } from '#platform/mirror';
import { startEmbeddedPostgres } from '#platform/postgres';
import { createSealer } from '#platform/seal';
import { mirrorTables, bench as segments, wantedProperties } from '#segments';
import { type Bench, brokenBounds, percentile } from './parts/bench.ts';
import { copyToPostgres } from './parts/copy.ts';
import { others, realistic } from './parts/realistic.ts';

const bounds = { membership_p95_ms: 2000, missing: 0 };
const everyMs = 50;

/** Somebody who is told apart from the rest: each has one such event, and enters by it. */
const marker: Condition = condition.parse({
  kind: 'event',
  name: 'marker',
  filters: [],
  window: { kind: 'last', amount: 30, unit: 'days' },
  measure: { of: 'count' },
  compare: { op: 'gte', value: 1 },
});

/** What people do, by how often. */
function nameOf(draw: number): string {
  if (draw < 45) return 'page.viewed';
  if (draw < 70) return 'product.viewed';
  if (draw < 80) return 'cart.added';
  if (draw < 90) return 'message.replied';
  return draw < 95 ? 'link.read' : 'order.paid';
}

export const bench: Bench = {
  summary:
    'Events are written at an even rate while twelve segments are kept and the mirror follows. Measured: from the commit of an event until its customer is seen to be a member.',
  options: { rate: 2000, seconds: 20, customers: 100_000 },
  async run({ rate = 0, seconds = 0, customers = 0 }) {
    const home = mkdtempSync(join(tmpdir(), 'siyu-membership-'));
    const log = silentLog;
    const server = await startEmbeddedPostgres(home, log);
    const database = openDatabase(server.url, log);
    const { pool } = database;
    const secret = 'bench secret bench secret bench secret';
    const publicUrl = 'http://127.0.0.1';
    const { db, bell } = database;
    const runtime = {
      db,
      bell,
      clock: systemClock,
      log,
      zone: 'Asia/Shanghai',
      publicUrl,
      sealer: createSealer(secret),
    };
    try {
      await migrate(database, log);
      await copyToPostgres(database, customers);
      const settings = { folder: join(home, 'mirror'), databaseUrl: server.url, memoryMb: 1024, threads: 2, log };
      const mirror = await openMirror(settings, mirrorTables(await wantedProperties(db)));
      const parts = {
        config: { publicUrl, metricsToken: undefined, home, allowPrivateWebhooks: false },
        database,
        runtime,
        secret,
        version: 'bench',
        mirror,
      };
      const app = await createApp(parts);
      await mirror.rebuild();
      mirror.follow();
      const worker = await app.startWorker();
      const kept = realistic.filter(({ name }) => !/rare|twentieth/.test(name)).slice(4, 15);
      const trees = [marker, ...others.values(), ...kept.map(({ tree }) => tree)].slice(0, 12);
      for (const [i, tree] of trees.entries()) {
        await pool.query(
          `insert into segment (name, tree, needs, is_timed, created_at, updated_at, created_by) values ($1, $2, $3, true, now(), now(), 'bench')`,
          [`segment ${i}`, JSON.stringify(tree), [...segments.needsOf(tree, others)]],
        );
      }
      bell.ring(['segment_fill']);
      for (let left = 1; left > 0; await sleep(100)) {
        const { rows } = await pool.query<{ n: number; problem: string | null }>(
          'select count(*)::int as n, max(problem) as problem from segment where filled_revision < revision',
        );
        left = rows[0]?.n ?? 0;
        if (rows[0]?.problem) throw new Error(rows[0].problem);
      }
      console.log(`${trees.length} segments are filled; ${rate} events a second for ${seconds} s`);

      const toldAt = new Map<number, number>();
      const seenAt = new Map<number, number>();
      let next = 1;
      let busy = true;
      const watcher = (async () => {
        while (busy) {
          const { rows } = await pool.query<{ customer_id: number }>(
            "select m.customer_id from segment_member m join segment s on s.id = m.segment_id where s.name = 'segment 0'",
          );
          for (const row of rows) if (!seenAt.has(row.customer_id)) seenAt.set(row.customer_id, performance.now());
          await sleep(50);
        }
      })();
      const perTick = Math.round((rate * everyMs) / 1000);
      const begun = performance.now();
      let written = 0;
      for (let tick = 0; tick < (seconds * 1000) / everyMs; tick++) {
        const at = begun + tick * everyMs;
        if (performance.now() < at) await sleep(at - performance.now());
        const marked = next++;
        const rows = Array.from({ length: perTick }, (_, i) => ({
          customer_id: i === 0 ? marked : 1 + ((marked * 7919 + i * 104_729) % customers),
          name: i === 0 ? 'marker' : nameOf((marked * 31 + i * 17) % 100),
          payload: { amount_fen: 100 + i },
        }));
        await pool.query(
          `insert into event (customer_id, occurred_at, name, source, payload)
          select customer_id, clock_timestamp(), name, 'bench', payload from jsonb_to_recordset($1) as e(customer_id bigint, name text, payload jsonb)`,
          [JSON.stringify(rows)],
        );
        toldAt.set(marked, performance.now());
        written += rows.length;
      }
      const tookMs = performance.now() - begun;
      const end = performance.now() + 10_000;
      while ([...toldAt.keys()].some((id) => !seenAt.has(id)) && performance.now() < end) await sleep(50);
      busy = false;
      await watcher;
      const lags = [...toldAt].flatMap(([id, at]) =>
        seenAt.has(id) ? [Math.max(0, (seenAt.get(id) ?? at) - at)] : [],
      );
      const status = await mirror.status();
      const { rows: waiting } = await pool.query<{ n: number }>('select count(*)::int as n from segment_touch');
      console.log(
        `touches waiting at the end ${waiting[0]?.n}; the mirror was compared ${status.lagMs} ms ago (${status.state})`,
      );
      await worker.stop();
      await app.http.close();
      await mirror.close();
      const result = {
        events_per_s: Math.round((written * 1000) / tookMs),
        membership_median_ms: Math.round(percentile(lags, 0.5)),
        membership_p95_ms: Math.round(percentile(lags, 0.95)),
        missing: toldAt.size - lags.length,
      };
      return { result, broken: brokenBounds(result, bounds) };
    } finally {
      await database.close();
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    }
  },
};
