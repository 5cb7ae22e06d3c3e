import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { policy as policySchema } from '#contract/touch';
import { createBell } from '#platform/bell';
import { type Ctx, systemActor } from '#platform/ctx';
import { openDatabase } from '#platform/db';
import { silentLog } from '#platform/log';
import { migrate } from '#platform/migrate';
import { startEmbeddedPostgres } from '#platform/postgres';
import { makeHome, removeHome } from '#scripts/processes';
import { bench as gate } from '#touch';
import { type Bench, shortfalls } from './parts/bench.ts';

const floors = { verdicts_per_s: 20_000 };

/** Tuesday, ten in the morning in Shanghai. */
const now = new Date('2026-11-24T02:00:00.000Z');
const moment = `timestamptz '${now.toISOString()}'`;

/** A number from 0 up to 1 for each id and purpose, the same in every run. */
const draw = (id: string, purpose: number) =>
  `((hashint8(${id} * 7919 + ${purpose})::bigint & 2147483647) / 2147483648.0)`;
const pick = (words: readonly string[], drawn: string) =>
  `(array[${words.map((word) => `'${word}'`).join(', ')}])[1 + floor(${drawn} * ${words.length})::int]`;

/** People as a brand has them: most with one adviser, some with an address, a word or a zone of their own; touched before. */
function peopleSql(customers: number): string[] {
  return [
    `insert into staff (wecom_userid, name, state, can_follow, observed_at)
    select 'staff' || n, '顾问' || n, 'active', true, ${moment} from generate_series(1, 200) n`,
    `insert into attribute_definition (key, name, kind, created_at) values ('time_zone', '时区', 'text', ${moment})`,
    `insert into customer (name, source, added_at, met_at, created_at, active_follow_count)
    select '客户' || n, 'shop', ${moment} - interval '400 days', ${moment} - interval '400 days', ${moment}, 1
    from generate_series(1, ${customers}) n`,
    `insert into follow (customer_id, external_userid, staff_id, state, added_at, changes)
    select id, 'wm' || id, 1 + id % 200, case when ${draw('id', 1)} < 0.95 then 'active' else 'left_by_customer' end, added_at, '[]' from customer`,
    `insert into follow (customer_id, external_userid, staff_id, state, added_at, changes)
    select id, 'wm' || id, 1 + (id + 7) % 200, 'active', added_at + interval '30 days', '[]' from customer where ${draw('id', 2)} < 0.2`,
    `insert into identity (kind, value, customer_id, source, first_seen_at)
    select 'email', 'mail' || id, id, 'bench', added_at from customer where ${draw('id', 3)} < 0.3`,
    `insert into consent (customer_id, channel, category, state, at, evidence)
    select id, 'any', 'promotion', case when ${draw('id', 5)} < 0.5 then 'granted' else 'withdrawn' end, added_at, '{}'
    from customer where ${draw('id', 4)} < 0.1`,
    `insert into customer_attribute (customer_id, key, value, source, set_at)
    select id, 'time_zone', to_jsonb(${pick(['Asia/Shanghai', 'Asia/Urumqi', 'America/New_York'], draw('id', 7))}), 'bench', added_at
    from customer where ${draw('id', 6)} < 0.03`,
    `insert into touch_person (customer_id, last_act_at, muted_at)
    select id, ${moment} - interval '1 day' * 90 * ${draw('id', 8)}, case when ${draw('id', 9)} < 0.02 then ${moment} - interval '10 days' end
    from customer where ${draw('id', 10)} < 0.8`,
    // Three touches on average within the last sixty days, which is all the gate looks at.
    `insert into attention (customer_id, at, touch_id, channel, category, staff_id, is_open)
    select id, ${moment} - interval '1 day' * 60 * ${draw('id * 8 + g', 12)}, -(id * 8 + g), 'wecom_mass',
      ${pick(['care', 'content', 'content', 'promotion'], draw('id * 8 + g', 13))}, 1 + id % 200, ${draw('id * 8 + g', 14)} < 0.02
    from customer, generate_series(1, floor(7 * ${draw('id', 11)})::int) g`,
  ];
}

const plannedSql = (source: number) => `
  insert into touch (customer_id, occasion_at, purpose, kind, source_id, part, channel, category, version_id, state, is_holdout, priority,
    due_at, expires_at, planned_at)
  select id, ${moment}, 'campaign ${source}', 'campaign', ${source}, 'A', 'wecom_mass',
    ${pick(['content', 'promotion'], draw('id', 20))}, 1, 'planned', ${draw('id', 21)} < 0.1, 2, ${moment}, ${moment} + interval '2 days',
    ${moment}
  from customer`;

export const bench: Bench = {
  summary:
    'Planned touches of as many customers, decided under the full policy (consent, quiet hours, caps, gap, balance, fatigue, quota, ' +
    'control group, holdout), with what is booked for those that are allowed. Workers are loops of one process beside its PostgreSQL.',
  options: { customers: 1_000_000, workers: 2 },
  async run({ customers = 1_000_000, workers = 2 }) {
    const home = makeHome('gate');
    const server = await startEmbeddedPostgres(home, silentLog);
    const database = openDatabase(server.url, silentLog);
    const client = new pg.Client({ connectionString: server.url });
    try {
      await migrate(database, silentLog);
      await client.connect();
      let startedAt = performance.now();
      const seconds = () => Math.round((performance.now() - startedAt) / 10) / 100;
      const run = async (statements: readonly string[]) => {
        for (const statement of statements) await client.query(statement);
      };
      await run(monthsSql('touch'));
      await run(monthsSql('attention'));
      await client.query("insert into setting (key, value, updated_at) values ('touch.policy', $1, now())", [
        JSON.stringify(policySchema.parse({ controlGroup: { share: 0.05, seed: 7, categories: ['promotion'] } })),
      ]);
      await run([...peopleSql(customers), plannedSql(1), 'vacuum analyze']);
      console.log(`filled in ${seconds()} s: ${customers} customers, each with a touch`);

      const ctx: Ctx = {
        db: database.db,
        bell: createBell(database.pool, silentLog),
        actor: systemActor('bench'),
        now,
        log: silentLog,
        zone: 'Asia/Shanghai',
        requestId: undefined,
      };
      const decideAll = async () => {
        startedAt = performance.now();
        const loops = Array.from({ length: workers }, async (_, i) => {
          let decided = 0;
          for (let turn = i * 8; ; turn += 4) {
            const did = await gate.decideBatch(ctx, () => now, turn % 16);
            decided += did;
            if (did === 0) return decided;
          }
        });
        const decided = (await Promise.all(loops)).reduce((sum, count) => sum + count, 0);
        return { decided, perSecond: Math.round(decided / seconds()) };
      };
      const { decided, perSecond } = await decideAll();
      console.log(`${decided} verdicts in ${seconds()} s by ${workers} workers: ${perSecond} a second`);
      const { rows } = await client.query<{ state: string; reason: string | null; count: string }>(
        'select state, reason, count(*) from touch where source_id = 1 group by 1, 2 order by 3 desc',
      );
      for (const row of rows) console.log(`  ${row.state} ${row.reason ?? ''}: ${row.count}`);
      const result = { customers, workers, decided, verdicts_per_s: perSecond };
      const broken = shortfalls(result, floors);
      if (decided !== customers) broken.push(`${decided} of ${customers} touches were decided about`);
      return { result, broken };
    } finally {
      await client.end().catch(() => {});
      await database.close();
      await server.stop();
      await removeHome(home);
    }
  },
};

/** The partitions of a year up to now. */
function monthsSql(table: string): string[] {
  return Array.from({ length: 13 }, (_, i) => {
    const from = new Date(Date.UTC(2025, 11 + i, 1));
    const until = new Date(Date.UTC(2025, 12 + i, 1));
    const name = `${table}_${from.toISOString().slice(0, 7).replace('-', '_')}`;
    return `create table ${name} partition of ${table} for values from ('${from.toISOString()}') to ('${until.toISOString()}')`;
  });
}
