import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createSource, listSources } from '#contract/web';
import { becomeOwner, findPostgres, makeHome, removeHome, startSiyu } from '#scripts/processes';
import { type Bench, brokenBounds, type Outcome } from './parts/bench.ts';
import { settle } from './parts/settle.ts';
import { keep } from './parts/siyu-keeper.ts';
import { siyuEnv } from './parts/system.ts';
import { createTeller } from './parts/teller.ts';

export interface IngestCrashOptions {
  readonly events: number;
  readonly people: number;
  readonly kills: number;
  /** Every how many kills PostgreSQL is killed as well. */
  readonly postgresEvery: number;
}

const bounds = { missing: 0, doubled: 0, people_wrong: 0, of_nobody: 0, left: 0, failed_starts: 0 };

/** A shop tells, and tells again what was not answered, while siyu is killed again and again. */
export async function runIngestCrash(options: IngestCrashOptions, say: (text: string) => void): Promise<Outcome> {
  const home = makeHome('crash-ingest');
  const siyu = await startSiyu({ home, env: siyuEnv });
  const session = await becomeOwner(siyu);
  await session.call(createSource, { name: '商城', kind: 'shop' });
  const { rows } = await session.call(listSources, {});
  const keeper = keep(siyu, (place) => startSiyu({ ...place, env: siyuEnv }));
  let pool: pg.Pool | undefined;
  try {
    const writeKey = rows[0]?.writeKey ?? '';
    const teller = createTeller({ url: siyu.url, writeKey, batch: 50, connections: 4, insists: true, pauseMs: 40 });
    let isTelling = true;
    const telling = teller.tell(teller.write(options.events, (i) => (i * 7919) % options.people)).finally(() => {
      isTelling = false;
    });
    for (let kill = 1; kill <= options.kills; kill++) {
      await sleep(300 + Math.random() * 1200);
      const withPostgres = kill % options.postgresEvery === 0;
      await keeper.kill(withPostgres);
      say(
        `kill ${kill} of ${options.kills}${withPostgres ? ', PostgreSQL as well' : ''}${isTelling ? '' : ', all is told'}`,
      );
      await keeper.ready();
    }
    await telling;
    pool = new pg.Pool({ connectionString: findPostgres(home).url, max: 2 });
    pool.on('error', () => {});
    const left = await settle(pool, 90_000);
    const { rows: known } = await pool.query<Record<'events' | 'ids' | 'customers' | 'accounts' | 'nobody', number>>(`
      select count(*)::int as events, count(distinct payload ->> 'told')::int as ids,
        (select count(*)::int from customer) as customers, (select count(*)::int from identity) as accounts,
        count(*) filter (where customer_id not in (select id from customer))::int as nobody
      from event where source like 'source.%'`);
    const { events = 0, ids = 0, customers = 0, accounts = 0, nobody = 0 } = known[0] ?? {};
    const people = Math.min(options.people, options.events);
    const result = {
      kills: options.kills,
      kills_while_starting: keeper.killsWhileStarting(),
      events: options.events,
      missing: options.events - ids,
      doubled: events - ids,
      people_wrong: Math.abs(customers - people) + Math.abs(accounts - people),
      of_nobody: nobody,
      left: Object.values(left).reduce((total, count) => total + count, 0),
      failed_starts: keeper.failedStarts(),
    };
    return { result, broken: brokenBounds(result, bounds) };
  } finally {
    await pool?.end();
    await keeper.stop();
    await removeHome(home);
  }
}

export const bench: Bench = {
  summary:
    'A shop tells events over HTTP, and tells again what was not answered, while siyu is killed (SIGKILL) again and again, ' +
    'every third time together with PostgreSQL. Then every event is looked for.',
  options: { events: 60_000, people: 3000, kills: 10 },
  run: ({ events = 60_000, people = 3000, kills = 10 }) =>
    runIngestCrash({ events, people, kills, postgresEvery: 3 }, (text) => console.log(text)),
};
