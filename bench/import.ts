import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { getImport, setImport, startImport, uploadImport } from '#contract/imports';
import { becomeOwner, findPostgres, makeHome, removeHome, startSiyu } from '#scripts/processes';
import { type Bench, brokenBounds } from './parts/bench.ts';
import { createRandom } from './parts/population.ts';
import { keep } from './parts/siyu-keeper.ts';
import { siyuEnv } from './parts/system.ts';

const root = join(import.meta.dirname, '..');
/** Real invoices of a gift retailer (UCI Online Retail), where they are at hand; otherwise rows of the same kind are made. */
const retail = join(root, '..', 'shared', 'data', 'online-retail.csv.gz');

interface Told {
  readonly rows: number;
  readonly imported: number;
  readonly merged: number;
  readonly rejected: number;
  readonly facts: number;
  readonly mismatches: number;
  readonly seconds: number;
  readonly memory_mb: number;
}

/** `npm run import`, as a person would call it; its last line is its result. */
function runImport(home: string, file: string): Promise<Told> {
  const args = [
    '--max-old-space-size=320',
    'scripts/import.ts',
    'orders',
    file,
    '--shop',
    'retail',
    '--currency',
    'GBP',
    '--zone',
    'Europe/London',
  ];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^SIYU_|^DATABASE_URL$/.test(name)));
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...env, SIYU_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      const result = /^RESULT (.*)$/m.exec(output)?.[1];
      console.log(output.replace(/^(RESULT| *\d+ %).*\n?/gm, '').trimEnd());
      if (result === undefined) reject(new Error('the import told no result'));
      else resolve(JSON.parse(result) as Told);
    });
  });
}

/** Invoices of the same make: cancellations, buyers that nobody knows, rows that stand twice, prices of nothing. */
function makeFile(folder: string, count: number): string {
  const random = createRandom(11);
  const lines = ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'];
  for (let number = 536_365; lines.length <= count; number++) {
    const isBack = random() < 0.15;
    const customer = random() < 0.25 ? '' : `${12_000 + Math.floor(random() * 6000)}.0`;
    const day = new Date(Date.UTC(2010, 11, 1) + (number - 536_365) * 1_200_000)
      .toISOString()
      .slice(0, 19)
      .replace('T', ' ');
    const size = 1 + Math.floor(random() * (isBack ? 4 : 40));
    for (let i = 0; i < size && lines.length <= count; i++) {
      const sku = 20_000 + Math.floor(random() ** 2 * 4000);
      const quantity = (1 + Math.floor(random() * 24)) * (isBack ? -1 : 1);
      const price = random() < 0.005 ? '0.0' : (0.3 + Math.floor(random() * 900) / 100).toFixed(2);
      const row = `${isBack ? 'C' : ''}${number},${sku},GIFT ${sku},${quantity},${day},${price},${customer},United Kingdom`;
      lines.push(row);
      if (random() < 0.01 && lines.length <= count) lines.push(row);
    }
  }
  const file = join(folder, 'invoices.csv');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** Imports the file over HTTP while siyu is killed again and again; says what the books hold in the end. */
async function importUnderFire(file: Buffer, name: string, kills: number) {
  const home = makeHome('import-crash');
  const siyu = await startSiyu({ home, env: siyuEnv });
  const keeper = keep(siyu, (place) => startSiyu({ ...place, env: siyuEnv }));
  try {
    const session = await becomeOwner(siyu);
    const { id, settings } = await session.call(uploadImport, { kind: 'orders', name }, file);
    await session.call(setImport, {
      id,
      settings: { ...settings, shop: 'retail', currency: 'GBP', zone: 'Europe/London' },
    });
    await session.call(startImport, { id });
    for (let kill = 0; kill < kills; kill++) {
      await sleep(1500 + kill * 250);
      await keeper.kill(kill % 3 === 2);
      await keeper.ready();
    }
    for (const end = Date.now() + 600_000; Date.now() < end; await sleep(250)) {
      const run = await session.call(getImport, { id }).catch(() => undefined);
      if (run === undefined || run.state === 'running') continue;
      const client = new pg.Client({ connectionString: findPostgres(home).url });
      await client.connect();
      const books = await readBooks(client);
      await client.end();
      return { run, books };
    }
    throw new Error('the import did not end within ten minutes');
  } finally {
    await keeper.stop();
    await removeHome(home);
  }
}

/** What siyu holds, and by how many the timelines differ from the orders and refunds they tell of. */
async function readBooks(client: pg.Client) {
  const { rows } = await client.query<{ sold: number; refunded: number; wrongEvents: number }>(`
    select coalesce(sum(total_fen), 0)::float8 as sold, coalesce(sum(refunded_fen), 0)::float8 as refunded,
      abs(count(*) filter (where told ? 'orderedAt') + (select count(*) from refund)
        - (select count(*) from event where name in ('order.placed', 'order.refunded')))::int as "wrongEvents"
    from shop_order`);
  return rows[0] ?? { sold: 0, refunded: 0, wrongEvents: 0 };
}

const bounds = {
  seconds: 90,
  memory_mb: 600,
  mismatches: 0,
  again_imported: 0,
  again_mismatches: 0,
  wrong_after_kills: 0,
};

export const bench: Bench = {
  summary:
    'The invoices of a gift retailer (541,909 real rows where the file is at hand, made ones otherwise) imported from the ' +
    'command line, and once more; then over HTTP while siyu is killed (SIGKILL), a third of the times together with PostgreSQL.',
  options: { rows: 541_909, kills: 10 },
  async run({ rows = 541_909, kills = 10 }) {
    const home = makeHome('import');
    try {
      const isReal = existsSync(retail) && rows === 541_909;
      const file = isReal ? retail : makeFile(join(home, 'files'), rows);
      console.log(isReal ? 'the real file' : `a file of ${rows} made rows`);
      const first = await runImport(home, file);
      console.log('the same file again');
      const again = await runImport(home, file);
      console.log(`over HTTP, with ${kills} kills`);
      const { run, books } = await importUnderFire(readFileSync(file), basename(file), kills);
      const money = Object.values(run.counts.money)[0] ?? { soldFen: 0, refundedFen: 0 };
      const differences = {
        state: run.state === 'done' ? 0 : 1,
        rows: Math.abs(run.counts.rows - first.rows),
        imported: Math.abs(run.counts.imported - first.imported),
        facts: Math.abs(run.counts.facts - first.facts),
        sold: books.sold === money.soldFen ? 0 : 1,
        refunded: books.refunded === money.refundedFen ? 0 : 1,
        events: books.wrongEvents,
      };
      console.log(`after the kills: ${JSON.stringify({ ...run.counts, books, differences })}`);
      const result = {
        rows: first.rows,
        imported: first.imported,
        merged: first.merged,
        rejected: first.rejected,
        seconds: first.seconds,
        memory_mb: first.memory_mb,
        mismatches: first.mismatches,
        again_seconds: again.seconds,
        again_imported: again.imported,
        again_mismatches: again.mismatches,
        kills,
        wrong_after_kills: Object.values(differences).reduce((sum, difference) => sum + difference, 0),
      };
      return { result, broken: brokenBounds(result, bounds) };
    } finally {
      await removeHome(home);
    }
  },
};
