import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { createBell } from '#platform/bell';
import { type Ctx, inTransaction, systemActor } from '#platform/ctx';
import { openDatabase, sql } from '#platform/db';
import { silentLog } from '#platform/log';
import { migrate } from '#platform/migrate';
import { startOperation } from '#platform/operations';
import { startEmbeddedPostgres } from '#platform/postgres';
import { computeScores, refreshScores } from '#scores';
import { makeHome, removeHome } from '#scripts/processes';
import { type Bench, brokenBounds } from './parts/bench.ts';

/** Seconds; generous, for shared cores. */
const bounds = { full_s: 300, incremental_s: 20 };

/** A number from 0 up to 1 for each id and purpose, the same in every run. */
const draw = (id: string, purpose: number) =>
  `((hashint8(${id} * 7919 + ${purpose})::bigint & 2147483647) / 2147483648.0)`;

/** Customers whose numbers, intervals and amounts of orders differ as people's do; half of them did something else too. */
function fillSql(customers: number): string[] {
  return [
    `insert into customer (name, source, added_at, met_at, created_at, active_follow_count)
    select '客户' || n, 'shop', now() - interval '800 days', now() - interval '800 days', now(), 1 from generate_series(1, ${customers}) n`,
    `insert into follow_spell (customer_id, external_userid, staff_id, started_at, is_first)
    select id, 'wm' || id, 1, added_at, true from customer`,
    `insert into shop_order (customer_id, id, shop, number, currency, state, ordered_at, paid_at, total_fen, refunded_fen, line_count,
      details, told, source, created_at, updated_at)
    select id, nextval('shop_order_id_seq'), 'bench', id || '-' || g, 'CNY', 'paid', at, at,
      round(exp(8.5 + 1.2 * (${draw('id', 4)} - 0.5) + 1.5 * (${draw('id * 64 + g', 5)} - 0.5))), 0, 1, '{}', '{}', 'bench', at, at
    from (
      select id, g, now() - interval '1 day' * 720 * ${draw('id', 1)} + interval '1 day' * 15 * exp(2 * ${draw('id', 2)})
        * sum(case when g = 0 then 0 else -ln(1 - ${draw('id * 64 + g', 6)}) end) over (partition by id order by g) as at
      from customer, generate_series(0, least(40, floor(ln(1 - ${draw('id', 3)}) / ln(0.95 - 0.85 * ${draw('id', 8)}))::int)) g
    ) o where at < now()`,
    `insert into event (customer_id, occurred_at, name, source, payload)
    select id, now() - interval '1 day' * (25 * ${draw('id', 7)}), 'product.viewed', 'bench', '{}' from customer where id % 2 = 0`,
    'vacuum analyze',
  ];
}

export const bench: Bench = {
  summary:
    'Orders of many customers: the full computation of all scores (read, fit, calibrate, score), and the refresh of 1 % of them ' +
    'who bought again, in one process beside its PostgreSQL.',
  options: { customers: 1_000_000 },
  async run({ customers = 1_000_000 }) {
    const home = makeHome('scores');
    const server = await startEmbeddedPostgres(home, silentLog);
    const database = openDatabase(server.url, silentLog);
    const client = new pg.Client({ connectionString: server.url });
    try {
      await migrate(database, silentLog);
      await client.connect();
      const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
      await client.query(
        `create table event_bench partition of event for values from ('${day(-60)}') to ('${day(2)}')`,
      );
      let startedAt = performance.now();
      for (const statement of fillSql(customers)) await client.query(statement);
      const { rows } = await client.query<{ orders: number }>('select count(*)::float8 as orders from shop_order');
      const seconds = () => Math.round((performance.now() - startedAt) / 10) / 100;
      console.log(`filled in ${seconds()} s: ${customers} customers, ${rows[0]?.orders} orders`);

      const ctx: Ctx = {
        db: database.db,
        bell: createBell(database.pool, silentLog),
        actor: systemActor('bench'),
        now: new Date(),
        log: silentLog,
        zone: 'Asia/Shanghai',
        requestId: undefined,
      };
      const compute = async () => {
        startedAt = performance.now();
        const id = await inTransaction(ctx, (ctx) => startOperation(ctx, { kind: 'score.compute' }));
        await computeScores(ctx, id);
        return seconds();
      };
      const full_s = await compute();
      console.log(`full computation, every row new: ${full_s} s`);
      await client.query('vacuum analyze customer_score');
      const again_s = await compute();
      console.log(`full computation again, no row changed: ${again_s} s`);

      const changed = Math.floor(customers / 100);
      await client.query(`insert into shop_order (customer_id, id, shop, number, currency, state, ordered_at, paid_at, total_fen,
          refunded_fen, line_count, details, told, source, created_at, updated_at)
        select id, nextval('shop_order_id_seq'), 'bench', id || '-again', 'CNY', 'paid', now() - interval '1 hour', now(), 5000, 0, 1, '{}', '{}',
          'bench', now(), now() from customer where id % 100 = 7`);
      await client.query(
        'insert into score_change (customer_ids) select array_agg(id) from customer where id % 100 = 7 group by id / 100000',
      );
      startedAt = performance.now();
      await refreshScores(ctx);
      const incremental_s = seconds();
      console.log(`refresh of ${changed} who bought again: ${incremental_s} s`);
      const { rows: left } = await sql<{ left: number; fresh: number }>`
        select (select count(*) from score_change) as left,
          (select count(*) from customer_score where customer_id % 100 = 7 and recency_days = 0) as fresh
      `.execute(database.db);
      const { rows: report } = await client.query<{
        report: { refusal: string | null; fits: { logLikelihood: number }[] };
      }>('select report from score_run order by id desc limit 1');
      console.log(`fit: ${JSON.stringify(report[0]?.report.refusal)}, ${JSON.stringify(report[0]?.report.fits)}`);
      const rss_mb = Math.round(process.memoryUsage().rss / 1_048_576);
      const result = {
        customers,
        orders: rows[0]?.orders ?? 0,
        full_s,
        again_s,
        incremental: changed,
        incremental_s,
        rss_mb,
      };
      const broken = brokenBounds({ ...result }, bounds);
      if (left[0]?.left !== 0) broken.push(`${left[0]?.left} changes are still waiting`);
      if (left[0]?.fresh !== changed) broken.push(`${left[0]?.fresh} of ${changed} changed customers are scored anew`);
      return { result, broken };
    } finally {
      await client.end().catch(() => {});
      await database.close();
      await server.stop();
      await removeHome(home);
    }
  },
};
