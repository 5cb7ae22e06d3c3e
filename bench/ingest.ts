import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createSource, listSources } from '#contract/web';
import { becomeOwner, findPostgres, makeHome, removeHome, startSiyu } from '#scripts/processes';
import { type Bench, percentile, shortfalls } from './parts/bench.ts';
import { siyuEnv } from './parts/system.ts';
import { createTeller } from './parts/teller.ts';

/** Waits until everything that was told is known. */
async function waitUntilKnown(pool: pg.Pool, events: number): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ waiting: boolean; failed: number }>(
      'select exists (select 1 from inbox where not is_failed) as waiting, (select count(*)::int from inbox where is_failed) as failed',
    );
    if (rows[0]?.failed) throw new Error(`${rows[0].failed} facts could not be projected`);
    if (!rows[0]?.waiting) break;
    await sleep(50);
  }
  const { rows } = await pool.query<{ n: number }>("select count(*)::int as n from event where source like 'source.%'");
  if (rows[0]?.n !== events) throw new Error(`${rows[0]?.n} events are known, ${events} were told`);
}

const columns = 'customer_id, occurred_at, id, name, source, staff_id, code_id, payload, home_id';

/** A table with the same partitions and indexes as `event`, into which COPY writes the same rows. */
async function createRaw(pool: pg.Pool, home: string) {
  const folder = join(home, 'copy');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  await pool.query('create table raw_event (like event including all) partition by range (occurred_at)');
  let after = 0;
  return {
    /** Seconds that COPY needs for what became known since the last call. */
    async copy(): Promise<number> {
      const file = join(folder, 'events');
      await pool.query(`
        do $$ declare part record; begin
          for part in select c.relname, pg_get_expr(c.relpartbound, c.oid) as bound
            from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'event'::regclass
              and to_regclass('raw_' || c.relname) is null
          loop execute format('create table raw_%s partition of raw_event %s', part.relname, part.bound); end loop;
        end $$`);
      await pool.query(`copy (select ${columns} from event where id > ${after} order by id) to '${file}'`);
      const { rows } = await pool.query<{ last: number }>('select max(id) as last from event');
      after = rows[0]?.last ?? after;
      await pool.query('checkpoint');
      const startedAt = performance.now();
      await pool.query(`copy raw_event (${columns}) from '${file}'`);
      const seconds = (performance.now() - startedAt) / 1000;
      rmSync(file);
      return seconds;
    },
  };
}

export const bench: Bench = {
  summary:
    'Shoppers’ events are told to a real siyu process over HTTP in batches, stored in the inbox and projected; 98 of 100 ' +
    'are of people known already. After each round the same rows go by COPY into an equally partitioned and indexed table; ' +
    'the ratio is the median of the rounds, because a machine is not equally fast at all times.',
  options: { events: 1_000_000, rounds: 5, people: 50_000, batch: 200, connections: 4 },
  async run({ events = 1_000_000, rounds = 5, people = 50_000, batch = 200, connections = 4 }) {
    const home = makeHome('ingest');
    const siyu = await startSiyu({ home, env: siyuEnv });
    let pool: pg.Pool | undefined;
    try {
      const session = await becomeOwner(siyu);
      await session.call(createSource, { name: '商城', kind: 'shop' });
      const { rows } = await session.call(listSources, {});
      pool = new pg.Pool({ connectionString: findPostgres(home).url, max: 2 });
      const raw = await createRaw(pool, home);
      const teller = createTeller({ url: siyu.url, writeKey: rows[0]?.writeKey ?? '', batch, connections });
      await teller.tell(teller.write(people, (i) => i));
      await waitUntilKnown(pool, people);
      await raw.copy();
      console.log(`${people} people are known`);

      const each = Math.round(events / rounds);
      const sums = { told: 0, known: 0, copied: 0 };
      const ratios: number[] = [];
      for (let round = 1; round <= rounds; round++) {
        const before = people + (round - 1) * each;
        // What the shop's own machine has to do is no work of siyu's.
        const calls = teller.write(each, (i) => (i % 50 === 0 ? before + i : ((before + i) * 7919) % people));
        // Both begin with nothing left over that the machine still writes to its disk.
        await pool.query('checkpoint');
        const startedAt = performance.now();
        await teller.tell(calls);
        const toldS = (performance.now() - startedAt) / 1000;
        await waitUntilKnown(pool, before + each);
        const knownS = (performance.now() - startedAt) / 1000;
        const copyS = await raw.copy();
        ratios.push(copyS / knownS);
        sums.told += toldS;
        sums.known += knownS;
        sums.copied += copyS;
        console.log(`round ${round}: ${Math.round(each / knownS)} events/s, COPY ${Math.round(each / copyS)}/s`);
      }
      const result = {
        events: each * rounds,
        events_per_s: Math.round((each * rounds) / sums.known),
        accepted_per_s: Math.round((each * rounds) / sums.told),
        copy_per_s: Math.round((each * rounds) / sums.copied),
        ratio_to_copy: Number(percentile(ratios, 0.5).toFixed(3)),
        call_p99_ms: teller.callMs(0.99),
      };
      return { result, broken: shortfalls(result, { ratio_to_copy: 0.25 }) };
    } finally {
      await pool?.end();
      await siyu.stop();
      await removeHome(home);
    }
  },
};
