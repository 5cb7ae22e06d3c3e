import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import type { OrderTelling } from '#commerce';
import type { Input, Output } from '#contract';
import {
  importFields,
  importSettings,
  type listImports,
  maxImportBytes,
  type previewImport,
  type setImport,
  type uploadImport,
} from '#contract/imports';
import { normalizeForSearch } from '#customers';
import { recordAudit } from '#organization';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { sha256 } from '#platform/ids';
import type { BytesReply } from '#platform/module';
import { requestCancel, startOperation } from '#platform/operations';
import { decodeCursor, toPage } from '#platform/paging';
import { type AttributeKind, createCollector } from './collect.ts';
import { type Finding, findProblems, type ImportKind, type ImportSettings, suggestSettings } from './columns.ts';
import { examineFile, type FileForm, readRows, receiveFile } from './file.ts';

type Import = Output<typeof uploadImport>;
export type Counts = Import['counts'];

export const noCounts: Counts = { rows: 0, imported: 0, merged: 0, rejected: 0, reasons: {}, facts: 0, money: {} };

export interface ImportRow {
  id: number;
  kind: ImportKind;
  name: string;
  state: Import['state'];
  file: string | null;
  hash: string;
  size_bytes: number;
  is_compressed: boolean;
  row_count: number;
  columns: string[];
  settings: ImportSettings;
  next_row: number;
  counts: Counts;
  operation_id: number | null;
  problem: string | null;
  created_at: Date;
  created_by: string;
  started_at: Date | null;
  ended_at: Date | null;
}

export async function requireImport(ctx: Ctx, id: number): Promise<ImportRow> {
  const { rows } = await sql<ImportRow>`select * from import where id = ${id}`.execute(ctx.db);
  const [row] = rows;
  if (!row) throw new AppError('not_found');
  return row;
}

function toImport(row: ImportRow): Import {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    state: row.state,
    sizeBytes: row.size_bytes,
    isCompressed: row.is_compressed,
    rowCount: row.row_count,
    columns: row.columns,
    settings: row.settings,
    counts: row.counts,
    progress: row.state === 'done' ? 1 : Math.min(1, row.next_row / Math.max(1, row.row_count)),
    isFileKept: row.file !== null,
    problem: row.problem,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

export async function readImport(ctx: Ctx, id: number): Promise<Import> {
  return toImport(await requireImport(ctx, id));
}

export async function listImportPage(ctx: Ctx, input: Input<typeof listImports>): Promise<Output<typeof listImports>> {
  const cursor = decodeCursor(input.after, ['number']);
  const { rows } = await sql<ImportRow>`
    select * from import
    where (${cursor === undefined} or id < ${cursor?.[0] ?? 0}) and (${input.kind === undefined} or kind = ${input.kind ?? ''})
    order by id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return { next: page.next, rows: page.rows.map(toImport) };
}

export async function readAttributes(ctx: Ctx): Promise<Map<string, AttributeKind & { name: string }>> {
  const rows = await ctx.db.selectFrom('attribute_definition').select(['key', 'name', 'kind', 'choices']).execute();
  return new Map(rows.map((row) => [row.key, { name: row.name, kind: row.kind, choices: row.choices }]));
}

/** Takes the file in and looks at it: how it is written, which columns it has, what they probably mean. */
export async function takeFile(
  ctx: Ctx,
  folder: string,
  input: Input<typeof uploadImport>,
  body: Readable,
  given: Partial<ImportSettings> = {},
): Promise<Import> {
  const stored = await receiveFile(folder, body, maxImportBytes);
  const path = join(folder, stored.file);
  try {
    const examined = await examineFile(path);
    const definitions = await readAttributes(ctx);
    // An attribute is found by its key and by its name, written as columns are.
    const attributes = new Map(
      [...definitions].flatMap(([key, { name }]) => [
        [key.replaceAll('_', ''), key] as const,
        [normalizeForSearch(name).replaceAll(' ', ''), key] as const,
      ]),
    );
    const settings = {
      ...suggestSettings(input.kind, importFields[input.kind], examined, { zone: given.zone ?? ctx.zone, attributes }),
      ...given,
    };
    return await inTransaction(ctx, async (ctx) => {
      const { rows } = await sql<ImportRow>`
        insert into import (kind, name, state, file, hash, size_bytes, is_compressed, row_count, columns, settings, counts,
          created_at, created_by)
        values (${input.kind}, ${input.name}, 'uploaded', ${stored.file}, ${stored.hash}, ${stored.sizeBytes},
          ${examined.isCompressed}, ${examined.rowCount}, ${JSON.stringify(examined.columns)}, ${JSON.stringify(settings)},
          ${JSON.stringify(noCounts)}, ${ctx.now}, ${ctx.actor.name})
        returning *
      `.execute(ctx.db);
      const row = rows[0] as ImportRow;
      await recordAudit(ctx, {
        action: 'import.uploaded',
        subjectKind: 'import',
        subjectId: row.id,
        subjectName: row.name,
        after: { kind: row.kind, sizeBytes: row.size_bytes, rowCount: row.row_count },
      });
      return toImport(row);
    });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

const formOf = (row: ImportRow, settings = row.settings): FileForm => ({
  isCompressed: row.is_compressed,
  encoding: settings.encoding,
  separator: settings.separator,
});

export function pathOf(folder: string, row: ImportRow): string {
  if (row.file === null) throw new AppError('import_file_gone');
  return join(folder, row.file);
}

async function readStart(path: string, form: FileForm, count: number) {
  const rows: { line: number; cells: readonly string[]; problem?: 'quote_not_closed' }[] = [];
  let columns: string[] | undefined;
  for await (const row of readRows(path, form)) {
    if (columns === undefined) columns = row.cells.map((cell) => cell.trim().slice(0, 100));
    else rows.push(row);
    if (rows.length >= count) break;
  }
  return { columns: columns ?? [], rows };
}

export async function changeSettings(ctx: WriteCtx, folder: string, input: Input<typeof setImport>): Promise<Import> {
  const row = await lockImport(ctx, input.id);
  if (row.state !== 'uploaded') throw new AppError('import_started');
  let { columns } = row;
  let { settings } = input;
  if (settings.separator !== row.settings.separator || settings.encoding !== row.settings.encoding) {
    // Read otherwise, it has other columns: what they mean is proposed anew.
    const start = await readStart(pathOf(folder, row), formOf(row, settings), 200);
    columns = start.columns.slice(0, 300);
    const sample = start.rows.map(({ cells }) => [...cells]);
    const fresh = suggestSettings(
      row.kind,
      importFields[row.kind],
      { ...settings, columns, sample },
      { zone: settings.zone, attributes: new Map() },
    );
    settings = { ...settings, columns: fresh.columns, dateForm: fresh.dateForm };
  }
  if (settings.columns.length !== columns.length)
    throw new AppError('import_settings_invalid', { details: { columns: columns.length } });
  const { rows } = await sql<ImportRow>`
    update import set settings = ${JSON.stringify(settings)}, columns = ${JSON.stringify(columns)} where id = ${input.id} returning *
  `.execute(ctx.db);
  return toImport(rows[0] as ImportRow);
}

async function lockImport(ctx: WriteCtx, id: number): Promise<ImportRow> {
  const { rows } = await sql<ImportRow>`select * from import where id = ${id} for update`.execute(ctx.db);
  const [row] = rows;
  if (!row) throw new AppError('not_found');
  return row;
}

/** Names the facts of an import: the same file with the same settings gives the same names. */
export function keyOfImport(row: Pick<ImportRow, 'kind' | 'hash' | 'settings'>): string {
  const { kind, hash, settings } = row;
  return sha256(JSON.stringify([kind, hash, importSettings.parse(settings)])).slice(0, 24);
}

const previewRows = 20;
const sampleRows = 1000;

export async function readPreview(ctx: Ctx, folder: string, id: number): Promise<Output<typeof previewImport>> {
  const row = await requireImport(ctx, id);
  const attributes = await readAttributes(ctx);
  const { rows, columns } = await readStart(pathOf(folder, row), formOf(row), sampleRows);
  const sample = rows.map(({ cells }) => cells);
  const findings = findProblems(
    row.kind,
    importFields[row.kind],
    row.settings,
    { columns, sample },
    new Set(attributes.keys()),
  );
  const reasons: Record<string, number> = {};
  const shown: Output<typeof previewImport>['rows'] = [];
  let accepted = 0;
  rows.forEach((fileRow, i) => {
    // Each row by itself: what it says, not what becomes of it among the others.
    const collector = createCollector({
      kind: row.kind,
      settings: row.settings,
      key: 'preview',
      toldAt: ctx.now.getTime(),
      attributes,
    });
    collector.add(fileRow, i + 1);
    const piece = collector.cut(true);
    const [rejection] = piece.rejected;
    if (rejection) reasons[rejection.reason] = (reasons[rejection.reason] ?? 0) + 1;
    else accepted++;
    if (i < previewRows || (rejection && shown.length < previewRows * 2)) {
      shown.push({
        line: fileRow.line,
        cells: fileRow.cells.slice(0, 300).map((cell) => cell.slice(0, 200)),
        understood: rejection ? {} : understoodOf(piece),
        reason: rejection?.reason ?? null,
        field: rejection?.field ?? null,
      });
    }
  });
  return { findings, rows: shown, looked: rows.length, accepted, reasons };
}

/** What one row says, as texts for a person to check. Moments are ISO: the console writes them in the reader's zone. */
function understoodOf({ units, tags }: ReturnType<ReturnType<typeof createCollector>['cut']>): Record<string, string> {
  const said: Record<string, string> = {};
  const say = (name: string, value: unknown) => {
    if (value !== undefined && value !== null && value !== '') said[name] = String(value);
  };
  const people = (accounts: readonly { kind: string; value: string }[]) => {
    for (const account of accounts) say(account.kind, account.value);
  };
  for (const { accounts, tags: names } of tags) {
    people(accounts);
    say('tags', names.join(', '));
  }
  for (const { fact } of units) {
    if (fact.name === 'event.tracked') {
      say('event', fact.payload.event);
      say('occurred_at', fact.occurredAt.toISOString());
      people(fact.payload.accounts);
      for (const [name, value] of Object.entries(fact.payload.properties)) say(`property:${name}`, value);
    }
    if (fact.name === 'person.identified') {
      people(fact.payload.accounts);
      say('name', fact.payload.profile?.name);
      say('gender', fact.payload.profile?.gender);
      for (const [key, value] of Object.entries(fact.payload.attributes)) say(`attribute:${key}`, value);
    }
    if (fact.name === 'order.told') {
      // The collector made it: it is of commerce's form.
      const order = fact.payload.order as unknown as OrderTelling;
      say('shop', order.shop);
      say('number', order.number);
      say('ordered_at', order.orderedAt);
      say('currency', order.currency);
      people(order.accounts);
      for (const item of order.lines ?? []) {
        say('sku', item.sku);
        say('product_name', item.name);
        say('quantity', item.quantity);
        say('amountFen', item.amountFen);
        say('service', item.isProduct ? '' : item.sku);
      }
      say('totalFen', order.totalFen);
      for (const refund of order.refunds ?? []) {
        say('refunded_at', refund.refundedAt);
        say('refundedFen', refund.amountFen ?? (refund.lines ?? []).reduce((sum, item) => sum + item.amountFen, 0));
        for (const item of refund.lines ?? []) {
          say('sku', item.sku);
          say('product_name', item.name);
          say('quantity', item.quantity);
        }
      }
      say(
        'status',
        order.cancelledAt
          ? 'cancelled'
          : order.completedAt
            ? 'completed'
            : order.paidAt
              ? 'paid'
              : order.refunds
                ? ''
                : 'placed',
      );
      for (const [name, value] of Object.entries(order.details ?? {})) say(`detail:${name}`, value);
    }
  }
  return said;
}

/** Starts it, or lets it go on where it stopped. */
export async function start(ctx: WriteCtx, folder: string, id: number): Promise<void> {
  const row = await lockImport(ctx, id);
  if (row.state === 'running' || row.state === 'done') throw new AppError('import_started');
  const path = pathOf(folder, row);
  const attributes = await readAttributes(ctx);
  const { rows, columns } = await readStart(path, formOf(row), 200);
  const sample = rows.map(({ cells }) => cells);
  const errors = findProblems(
    row.kind,
    importFields[row.kind],
    row.settings,
    { columns, sample },
    new Set(attributes.keys()),
  ).filter((finding: Finding) => finding.kind === 'error');
  if (errors.length > 0) throw new AppError('import_settings_invalid', { details: { findings: errors } });
  const operationId = await startOperation(ctx, {
    kind: 'import.run',
    input: { importId: id },
    totalCount: row.row_count,
  });
  await sql`
    update import set state = 'running', operation_id = ${operationId}, problem = null, ended_at = null,
      started_at = coalesce(started_at, ${ctx.now}) where id = ${id}
  `.execute(ctx.db);
  await recordAudit(ctx, {
    action: 'import.started',
    subjectKind: 'import',
    subjectId: id,
    subjectName: row.name,
    after: { kind: row.kind, fromRow: row.next_row, settings: row.settings },
  });
}

export async function cancel(ctx: WriteCtx, id: number): Promise<void> {
  const row = await lockImport(ctx, id);
  if (row.state !== 'running' || row.operation_id === null) throw new AppError('not_found');
  await requestCancel(ctx, row.operation_id);
  await recordAudit(ctx, { action: 'import.cancelled', subjectKind: 'import', subjectId: id, subjectName: row.name });
}

export async function remove(ctx: WriteCtx, folder: string, id: number): Promise<void> {
  const row = await lockImport(ctx, id);
  if (row.state === 'running') throw new AppError('import_started');
  await sql`delete from import_rejection where import_id = ${id}`.execute(ctx.db);
  await sql`delete from import where id = ${id}`.execute(ctx.db);
  await recordAudit(ctx, { action: 'import.deleted', subjectKind: 'import', subjectId: id, subjectName: row.name });
  if (row.file !== null) rmSync(join(folder, row.file), { force: true });
}

/** Rejected rows as a file that can be mended and imported again: its first two columns are ignored then. */
export async function rejectedRows(ctx: Ctx, id: number): Promise<BytesReply> {
  const row = await requireImport(ctx, id);
  return {
    contentType: 'text/csv; charset=utf-8',
    body: Readable.from(rejectedCsv(ctx, row)),
    headers: {
      'content-disposition': `attachment; filename="rejected-${id}.csv"; filename*=UTF-8''${encodeURIComponent(`rejected-${row.name.replace(/\.(csv|txt|tsv)?(\.gz)?$/i, '')}.csv`)}`,
    },
  };
}

async function* rejectedCsv(ctx: Ctx, row: ImportRow): AsyncGenerator<string> {
  // The mark at the start tells spreadsheets that the file is UTF-8.
  yield `\ufeff${stringify([['line', 'reason', ...row.columns]])}`;
  for (let line = 0; ; ) {
    const { rows } = await sql<{ line: number; reason: string; field: string; cells: string[] }>`
      select line, reason, field, cells from import_rejection where import_id = ${row.id} and line > ${line} order by line limit 2000
    `.execute(ctx.db);
    if (rows.length === 0) return;
    yield stringify(
      rows.map((rejection) => [
        rejection.line,
        rejection.field === '' ? rejection.reason : `${rejection.reason}: ${rejection.field}`,
        ...rejection.cells,
      ]),
    );
    line = rows.at(-1)?.line ?? line;
  }
}

/** Files are kept for a month after the last thing that happened with their import. */
const keptMs = 30 * 86_400_000;

export async function removeOldFiles(ctx: Ctx, folder: string): Promise<void> {
  const before = new Date(ctx.now.getTime() - keptMs);
  const { rows } = await sql<{ file: string }>`
    select file from import where file is not null and state <> 'running' and coalesce(ended_at, created_at) < ${before}
  `.execute(ctx.db);
  for (const { file } of rows) {
    rmSync(join(folder, file), { force: true });
    await sql`update import set file = null where file = ${file}`.execute(ctx.db);
  }
}
