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
import { type Bench, percentile, shortfalls } from './parts/bench.ts';

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

/** What is compared with a year of history and without. */
interface Figures {
  readonly verdictsPerS: number;
  /** Half of the customers' pages come within this time. */
  readonly touchesMs: number;
  readonly attentionMs: number;
}

export const bench: Bench = {
  summary:
    'Planned touches of as many customers, decided under the full policy (consent, quiet hours, caps, gap, balance, fatigue, quota, ' +
    'control group, holdout), with what is booked for those that are allowed. Workers are loops of one process beside its PostgreSQL. ' +
    'With --history N, then the same beside N touches and N rows of the attention budget of the twelve months before.',
  options: { customers: 1_000_000, workers: 2, history: 0 },
  async run({ customers = 1_000_000, workers = 2, history = 0 }) {
    const home = makeHome('gate');
    const server = await startEmbeddedPostgres(home, silentLog);
    const database = openDatabase(server.url, silentLog);
    const client = new pg.Client({ connectionString: server.url });
    const ctx: Ctx = {
      db: database.db,
      bell: createBell(database.pool, silentLog),
      actor: systemActor('bench'),
      now,
      log: silentLog,
      zone: 'Asia/Shanghai',
      requestId: undefined,
    };
    const broken: string[] = [];

    async function timed<T>(what: string, work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
      const startedAt = performance.now();
      const value = await work();
      const seconds = Math.round((performance.now() - startedAt) / 10) / 100;
      console.log(`${what}: ${seconds} s`);
      return { value, seconds };
    }
    async function runAll(statements: readonly string[]): Promise<void> {
      for (const statement of statements) await client.query(statement);
    }
    async function decideAll(source: number): Promise<number> {
      await runAll([plannedSql(source), 'vacuum analyze touch', 'vacuum analyze attention', 'checkpoint']);
      const { value: decided, seconds } = await timed(`verdicts by ${workers} workers`, async () => {
        const loops = Array.from({ length: workers }, async (_, i) => {
          let sum = 0;
          for (let turn = i * 8; ; turn += 4) {
            const did = await gate.decideBatch(ctx, () => now, turn % 16);
            sum += did;
            if (did === 0) return sum;
          }
        });
        return (await Promise.all(loops)).reduce((sum, count) => sum + count, 0);
      });
      if (decided !== customers) broken.push(`${decided} of ${customers} touches were decided about`);
      return Math.round(decided / seconds);
    }
    async function showVerdicts(source: number): Promise<void> {
      const { rows } = await client.query<{ state: string; reason: string | null; count: string }>(
        'select state, reason, count(*) from touch where source_id = $1 group by 1, 2 order by 3 desc',
        [source],
      );
      for (const row of rows) console.log(`  ${row.state} ${row.reason ?? ''}: ${row.count}`);
    }
    async function timePages(): Promise<Pick<Figures, 'touchesMs' | 'attentionMs'>> {
      const touches: number[] = [];
      const attention: number[] = [];
      for (let n = 0; n < 300; n++) {
        const customer = 1 + ((n * 7919) % customers);
        const begun = performance.now();
        await gate.listTouchPage(ctx, { customer, limit: 50 });
        const between = performance.now();
        await gate.readAttention(ctx, customer);
        touches.push(between - begun);
        attention.push(performance.now() - between);
      }
      return { touchesMs: percentile(touches, 0.5), attentionMs: percentile(attention, 0.5) };
    }

    try {
      await migrate(database, silentLog);
      await client.connect();
      await runAll([...recentMonths('touch'), ...recentMonths('attention')]);
      await client.query("insert into setting (key, value, updated_at) values ('touch.policy', $1, now())", [
        JSON.stringify(policySchema.parse({ controlGroup: { share: 0.05, seed: 7, categories: ['promotion'] } })),
      ]);
      await timed(`${customers} customers`, () => runAll([...peopleSql(customers), 'vacuum analyze']));

      const alone: Figures = { verdictsPerS: await decideAll(1), ...(await timePages()) };
      console.log(`${alone.verdictsPerS} verdicts a second`);
      await showVerdicts(1);
      const result: Record<string, number> = { customers, workers, verdicts_per_s: alone.verdictsPerS };
      if (history > 0) {
        // The same people decide the same: what the first round booked is taken away.
        await runAll(['delete from touch', 'delete from attention where touch_id > 0']);
        await timed(`a year of ${history} touches and as many rows of the budget`, () =>
          runAll(historySql(history, customers)),
        );
        const { rows } = await client.query<{ size: string; partitions: string }>(
          `select pg_size_pretty(sum(pg_total_relation_size(inhrelid))) as size, count(*) as partitions
          from pg_inherits where inhparent in ('touch'::regclass, 'attention'::regclass)`,
        );
        console.log(`touch and attention: ${rows[0]?.partitions} partitions, ${rows[0]?.size}`);
        const beside: Figures = { verdictsPerS: await decideAll(2), ...(await timePages()) };
        console.log(JSON.stringify({ alone, beside }));
        await showVerdicts(2);
        const round = (value: number) => Math.round(value * 100) / 100;
        Object.assign(result, {
          history,
          verdicts_per_s_beside_history: beside.verdictsPerS,
          gate_time_ratio: round(alone.verdictsPerS / beside.verdictsPerS),
          touches_ms: round(alone.touchesMs),
          touches_ms_beside_history: round(beside.touchesMs),
          attention_ms: round(alone.attentionMs),
          attention_ms_beside_history: round(beside.attentionMs),
        });
      }
      return { result, broken: [...shortfalls(result, floors), ...broken] };
    } finally {
      await client.end().catch(() => {});
      await database.close();
      await server.stop();
      await removeHome(home);
    }
  },
};

interface Month {
  readonly name: string;
  readonly from: string;
  readonly until: string;
}

function monthsFrom(year: number, month: number, count: number): Month[] {
  return Array.from({ length: count }, (_, i) => {
    const from = new Date(Date.UTC(year, month + i, 1)).toISOString();
    return {
      name: from.slice(0, 7).replace('-', '_'),
      from,
      until: new Date(Date.UTC(year, month + i + 1, 1)).toISOString(),
    };
  });
}

/** The months the gate reads, and one ahead. */
const recentMonths = (table: string) =>
  monthsFrom(2026, 8, 4).map(
    ({ name, from, until }) =>
      `create table ${table}_${name} partition of ${table} for values from ('${from}') to ('${until}')`,
  );

/** The twelve months before those, filled before they are joined to their tables: their indexes are built at once. */
function historySql(count: number, customers: number): string[] {
  const months = monthsFrom(2025, 8, 12);
  const each = Math.ceil(count / months.length);
  return months.flatMap(({ name, from, until }, m) => {
    const at = `timestamptz '${from}' + n * (timestamptz '${until}' - timestamptz '${from}') / ${each + 1}`;
    const customer = `1 + (n * 7919 + ${m * 104_729}) % ${customers}`;
    const attach = (table: string) =>
      `alter table ${table} attach partition ${table}_${name} for values from ('${from}') to ('${until}')`;
    return [
      `create table touch_${name} (like touch including defaults including constraints)`,
      `insert into touch_${name} (customer_id, occasion_at, purpose, kind, source_id, part, channel, category, version_id, staff_id,
        external_userid, state, reason, priority, due_at, planned_at, decided_at, settled_at, pack_id)
      select ${customer}, ${at}, 'campaign ' || ${1000 + m * 100} + n / ${customers}, 'campaign', ${1000 + m * 100} + n / ${customers}, 'A',
        'wecom_mass', (array['care', 'content', 'content', 'promotion'])[(1 + n % 4)::int], 1, 1 + n % 200, 'wm' || (${customer}),
        case when n % 5 = 0 then 'suppressed' else 'delivered' end, case when n % 5 = 0 then 'cap' end, 2, ${at}, ${at}, ${at}, ${at}, n / 100
      from generate_series(0::bigint, ${each - 1}) n`,
      attach('touch'),
      `create table attention_${name} (like attention including defaults including constraints)`,
      `insert into attention_${name} (customer_id, at, touch_id, channel, category, staff_id, is_open)
      select ${customer}, ${at}, -(n + ${m}::bigint * ${each} + 100000000), 'wecom_mass',
        (array['care', 'content', 'content', 'promotion'])[(1 + n % 4)::int], 1 + n % 200, false
      from generate_series(0::bigint, ${each - 1}) n`,
      attach('attention'),
      `vacuum analyze touch_${name}`,
      `vacuum analyze attention_${name}`,
    ];
  });
}
