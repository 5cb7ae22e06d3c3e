// npm run import -- KIND FILE [options]: the importer of the console, from the command line.
//   npm run import -- orders FILE --preview      how the file would be understood; changes nothing
//   npm run import -- orders FILE --shop 天猫 --currency CNY --zone Asia/Shanghai
//   npm run import -- customers FILE --columns phone,name,ignore,attribute:birthday
// It uses the settings of `npm start` (SIYU_HOME, DATABASE_URL). A siyu that is running may go on running.
import { createReadStream, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createApp } from '#app';
import { importKind, importSettings } from '#contract/imports';
import { type ImportSettings, readImport, readPreview, rejectedRows, startImport, takeFile } from '#imports';
import { systemClock } from '#platform/clock';
import { type Config, parseConfig } from '#platform/config';
import { type Ctx, inTransaction, systemActor } from '#platform/ctx';
import { assertServerVersion, openDatabase, sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { HomeInUseError, openHome } from '#platform/home';
import { startJobs } from '#platform/jobs';
import { createLog } from '#platform/log';
import { migrate } from '#platform/migrate';
import { startEmbeddedPostgres } from '#platform/postgres';
import { startPumps } from '#platform/pump';
import { createSealer } from '#platform/seal';
import { findPostgres } from './processes.ts';

const usage = `npm run import -- KIND FILE [options]
  KIND      ${importKind.options.join(', ')}
  FILE      CSV in UTF-8, GB18030 or UTF-16, with comma, semicolon, tab or bar; also .gz
  --preview                     show how the file would be understood, and change nothing
  --columns a,b,c               what each column means, instead of what is proposed; ignore for none
  --shop NAME  --currency CNY   of orders where no column says it
  --zone Asia/Shanghai          of times without an offset (default: the organisation's)
  --date-form ymd|dmy|mdy|epoch_s|epoch_ms|excel
  --event NAME                  of events where no column says it
  --new-tag-group NAME          tags that do not exist are made in this internal group
  --rejected FILE               where to write rejected rows with their reasons`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    preview: { type: 'boolean', default: false },
    columns: { type: 'string' },
    shop: { type: 'string' },
    currency: { type: 'string' },
    zone: { type: 'string' },
    'date-form': { type: 'string' },
    event: { type: 'string' },
    'new-tag-group': { type: 'string' },
    rejected: { type: 'string' },
  },
});

const stops: (() => Promise<unknown> | unknown)[] = [];
try {
  process.exitCode = await run();
} catch (error) {
  if (error instanceof AppError) console.error(`refused: ${error.code} ${JSON.stringify(error.details ?? {})}`);
  else console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
} finally {
  for (const stop of stops.reverse()) await stop();
}
process.exit();

async function run(): Promise<number> {
  const [kindName, file] = positionals;
  const kind = importKind.safeParse(kindName);
  if (!kind.success || file === undefined || !existsSync(file) || !statSync(file).isFile()) {
    console.error(file !== undefined && !existsSync(file) ? `there is no file ${file}` : usage);
    return 2;
  }
  const given = givenSettings();
  const startedAt = Date.now();
  const { ctx, databaseUrl, folder, startWork } = await open(parseConfig(process.env, process.stdout.isTTY));
  const taken = await takeFile(ctx(), folder, { kind: kind.data, name: basename(file) }, createReadStream(file), given);
  const { settings } = taken;
  console.log(`${file}: ${taken.sizeBytes} bytes, ${settings.encoding}, about ${taken.rowCount} rows`);
  for (const [i, column] of taken.columns.entries()) console.log(`  ${column} → ${settings.columns[i] ?? 'ignore'}`);
  console.log(`  dates ${settings.dateForm} in ${settings.zone}; shop ${settings.shop}, currency ${settings.currency}`);
  const preview = await readPreview(ctx(), folder, taken.id);
  for (const finding of preview.findings) console.log(`  ${finding.kind}: ${finding.problem} (${finding.field})`);
  if (values.preview) {
    for (const row of preview.rows.slice(0, 10)) {
      console.log(
        `  line ${row.line}: ${row.reason === null ? JSON.stringify(row.understood) : `rejected: ${row.reason} ${row.field}`}`,
      );
    }
    console.log(
      `of the first ${preview.looked} rows ${preview.accepted} would be taken; rejected ${JSON.stringify(preview.reasons)}`,
    );
    await sql`delete from import where id = ${taken.id}`.execute(ctx().db);
    return preview.findings.some((finding) => finding.kind === 'error') ? 1 : 0;
  }

  const before = kind.data === 'orders' ? await readBooks(ctx()) : undefined;
  await inTransaction(ctx(), (ctx) => startImport(ctx, folder, taken.id));
  await startWork(databaseUrl);
  const done = await follow(ctx, taken.id);
  const { counts } = done;
  console.log(`${done.state}${done.problem === null ? '' : `: ${done.problem}`}`);
  console.log(
    `rows      ${counts.rows} = ${counts.imported} imported + ${counts.merged} merged + ${counts.rejected} rejected`,
  );
  for (const [reason, count] of Object.entries(counts.reasons)) console.log(`          ${count} rejected: ${reason}`);
  console.log(`told of   ${counts.facts} ${kind.data}`);
  const mismatches = before ? reconcile(counts, before, await readBooks(ctx())) : 0;
  if (values.rejected !== undefined) await writeRejected(ctx(), taken.id, values.rejected);
  const { failed } = await countFailed(ctx());
  if (failed > 0) console.log(`${failed} facts could not be projected: see the self-check page`);
  const memoryMb = Math.round(process.resourceUsage().maxRSS / 1024);
  const result = {
    kind: kind.data,
    rows: counts.rows,
    imported: counts.imported,
    merged: counts.merged,
    rejected: counts.rejected,
    facts: counts.facts,
    mismatches,
    seconds: Math.round((Date.now() - startedAt) / 100) / 10,
    memory_mb: memoryMb,
  };
  console.log(`RESULT ${JSON.stringify(result)}`);
  return done.state === 'done' && mismatches === 0 && failed === 0 ? 0 : 1;
}

/** Only what was said; the rest is proposed from the file. */
function givenSettings(): Partial<ImportSettings> {
  const said = {
    columns: values.columns?.split(','),
    shop: values.shop,
    currency: values.currency,
    zone: values.zone,
    dateForm: values['date-form'],
    event: values.event,
    newTagGroup: values['new-tag-group'],
  };
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  const parsed = importSettings.partial().safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`--${issue?.path.join(' ')}: ${issue?.message}`);
  }
  // Only what was given: the schema would fill in its defaults.
  return Object.fromEntries(Object.keys(given).map((name) => [name, parsed.data[name as keyof ImportSettings]]));
}

/** The database and folder of the installation; one that runs is joined. */
async function open(config: Config) {
  const log = createLog({ ...config, logLevel: 'error' });
  const { secret, url } = await openInstallation(config, log);
  const database = openDatabase(url, log, { maxConnections: 10 });
  // Sockets outlive the pool's end by a moment; one that the end of the server cuts off would be an error.
  stops.push(() => database.close().then(() => sleep(200)));
  await assertServerVersion(database.db);
  await migrate(database, log);
  const { publicUrl, timeZone: zone } = config;
  const runtime = {
    db: database.db,
    bell: database.bell,
    clock: systemClock,
    log,
    zone,
    publicUrl,
    sealer: createSealer(secret),
  };
  const app = await createApp({ config, database, runtime, secret, version: '' });
  stops.push(() => app.http.close());
  const ctx = (): Ctx => ({
    db: database.db,
    actor: systemActor('import'),
    now: systemClock.now(),
    log,
    zone,
    requestId: undefined,
    bell: database.bell,
  });
  return {
    ctx,
    databaseUrl: url,
    folder: join(config.home, 'imports'),
    /** Nothing but imports and what makes facts known: a command line sends no messages. */
    async startWork(databaseUrl: string) {
      const jobs = await startJobs(
        databaseUrl,
        runtime,
        pick(Object.assign({}, ...app.modules.map((part) => part.jobs ?? {})), 'import.run'),
      );
      stops.push(() => jobs.stop());
      const pumps = app.modules.flatMap((part) => part.pumps ?? []).filter((pump) => pump.name.startsWith('events.'));
      const running = await startPumps(databaseUrl, runtime, pumps);
      stops.push(() => running.stop());
    },
  };
}

function pick<T>(all: Readonly<Record<string, T>>, name: string): Record<string, T> {
  const value = all[name];
  return value === undefined ? {} : { [name]: value };
}

async function openInstallation(
  config: Config,
  log: ReturnType<typeof createLog>,
): Promise<{ secret: string; url: string }> {
  try {
    const home = openHome(config.home);
    stops.push(() => home.release());
    if (config.databaseUrl !== undefined) return { secret: config.secret ?? home.secret, url: config.databaseUrl };
    const embedded = await startEmbeddedPostgres(home.path, log);
    stops.push(() => embedded.stop());
    return { secret: config.secret ?? home.secret, url: embedded.url };
  } catch (error) {
    if (!(error instanceof HomeInUseError)) throw error;
    const secret = config.secret ?? readFileSync(join(config.home, 'secret'), 'utf8').trim();
    return { secret, url: config.databaseUrl ?? findPostgres(config.home).url };
  }
}

async function follow(ctx: () => Ctx, id: number) {
  let said = 0;
  for (;;) {
    const row = await readImport(ctx(), id);
    if (row.state !== 'running') return row;
    const tenth = Math.floor(row.progress * 10);
    if (tenth > said) {
      console.log(`${String(tenth * 10).padStart(3)} %  ${row.counts.rows} rows`);
      said = tenth;
    }
    await sleep(200);
  }
}

type Books = Map<string, { soldFen: number; refundedFen: number }>;

/** What all orders add up to, by currency. */
async function readBooks(ctx: Ctx): Promise<Books> {
  const { rows } = await sql<{ currency: string; soldFen: number; refundedFen: number }>`
    select currency, sum(total_fen)::bigint as "soldFen", sum(refunded_fen)::bigint as "refundedFen" from shop_order group by currency
  `.execute(ctx.db);
  return new Map(rows.map((row) => [row.currency, row]));
}

/** The file's rows add up to what the books gained, or every difference is printed. */
function reconcile(counts: Awaited<ReturnType<typeof readImport>>['counts'], before: Books, after: Books): number {
  let mismatches = 0;
  for (const [currency, money] of Object.entries(counts.money)) {
    const file = money.soldFen - money.refundedFen + money.mergedFen + money.rejectedFen;
    const gained = (name: 'soldFen' | 'refundedFen') =>
      (after.get(currency)?.[name] ?? 0) - (before.get(currency)?.[name] ?? 0);
    const show = (fen: number) => (fen / 100).toFixed(2).padStart(16);
    console.log(`${currency}       in the file ${show(file)} = sold − refunded + merged + rejected`);
    console.log(`          sold        ${show(money.soldFen)}   orders gained ${show(gained('soldFen'))}`);
    console.log(`          refunded    ${show(money.refundedFen)}   orders gained ${show(gained('refundedFen'))}`);
    console.log(`          merged      ${show(money.mergedFen)}`);
    console.log(`          rejected    ${show(money.rejectedFen)}`);
    if (gained('soldFen') !== money.soldFen || gained('refundedFen') !== money.refundedFen) mismatches++;
  }
  if (mismatches > 0)
    console.log(
      'the books gained something else: orders that were known already, or that somebody else told of meanwhile',
    );
  return mismatches;
}

async function countFailed(ctx: Ctx): Promise<{ failed: number }> {
  const { rows } = await sql<{
    failed: number;
  }>`select coalesce(sum(fact_count), 0) as failed from inbox where is_failed`.execute(ctx.db);
  return { failed: rows[0]?.failed ?? 0 };
}

async function writeRejected(ctx: Ctx, id: number, path: string): Promise<void> {
  const { body } = await rejectedRows(ctx, id);
  const parts: string[] = [];
  for await (const part of body as AsyncIterable<string>) parts.push(part);
  writeFileSync(path, parts.join(''));
  console.log(`rejected rows are in ${path}`);
}
