import { z } from 'zod';
import { route } from './route.ts';
import { after, done, id, limit, line, page, time } from './types.ts';

/** Files that the brand's own systems can write, brought in: upload, say what the columns mean, look, run. */

export const importKind = z.enum(['orders', 'customers', 'events', 'tags']);

export const importState = z.enum(['uploaded', 'running', 'cancelled', 'failed', 'done']);

/** Largest file, as it is sent; compressed ones hold about ten times as much. */
export const maxImportBytes = 4 * 1024 ** 3;

export const encodings = ['utf-8', 'gb18030', 'utf-16le'] as const;
export const separators = [',', ';', '\t', '|'] as const;
export const dateForms = ['ymd', 'dmy', 'mdy', 'epoch_s', 'epoch_ms', 'excel'] as const;

/** By what a row names a person. */
export const accountFields = [
  'shop_user',
  'phone',
  'email',
  'wecom',
  'unionid',
  'openid',
  'user',
  'anonymous',
] as const;

/** What a column of each kind of file may mean, besides `attribute:…`, `property:…` and `detail:…`. */
export const importFields = {
  orders: [
    'number',
    'ordered_at',
    'sku',
    'product_name',
    'category',
    'quantity',
    'unit_price',
    'amount',
    'order_total',
    'refunded_amount',
    'currency',
    'status',
    'paid_at',
    'updated_at',
    'line_key',
    'shop',
    ...accountFields,
  ],
  customers: [...accountFields, 'name', 'gender', 'updated_at'],
  events: [...accountFields, 'event', 'occurred_at', 'message_id'],
  tags: [...accountFields, 'tags'],
} as const satisfies Record<z.output<typeof importKind>, readonly string[]>;

const columnMeaning = z.string().regex(/^(ignore|[a-z_]{2,30}|(attribute|property|detail):[^\s:]{1,60})$/);

export const importSettings = z.object({
  encoding: z.enum(encodings),
  separator: z.enum(separators),
  /** What each column of the file means, in the file's order. */
  columns: z.array(columnMeaning).max(300),
  /** In what zone civil times of the file are. */
  zone: line(60),
  dateForm: z.enum(dateForms),
  /** '1.234,50' instead of '1,234.50'. */
  decimalComma: z.boolean().default(false),
  /** Which shop: orders of different shops are kept apart, and so are their customers' numbers. */
  shop: line(60).default('default'),
  /** Of amounts where no column says it. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('CNY'),
  /** SKUs that are no products: postage, fees, discounts. Their money counts in the order. */
  serviceSkus: z.array(line(80)).max(200).default([]),
  /** Numbers that begin so are entries of the books and no orders. */
  bookingPrefix: line(10, 0).default(''),
  /** Name of the events where no column says it. */
  event: line(100, 0).default(''),
  /** Tags that do not exist yet are made, as internal tags of a group of this name; empty: rows that name them are rejected. */
  newTagGroup: line(30, 0).default(''),
});

const counts = z.object({
  rows: z.number().int(),
  imported: z.number().int(),
  /** Known before, or the same as another row. */
  merged: z.number().int(),
  rejected: z.number().int(),
  reasons: z.record(z.string(), z.number().int()),
  /** Orders, people or events that were told of. */
  facts: z.number().int(),
  /** Of orders, by currency: what was sold, given back, and not taken, as the rows of the file add up. */
  money: z.record(
    z.string(),
    z.object({
      soldFen: z.number().int(),
      refundedFen: z.number().int(),
      mergedFen: z.number().int(),
      rejectedFen: z.number().int(),
    }),
  ),
});

export const importRun = z.object({
  id,
  kind: importKind,
  name: z.string(),
  state: importState,
  sizeBytes: z.number().int(),
  isCompressed: z.boolean(),
  /** Rows of the file, without the one that names the columns; nearly so where texts hold line breaks. */
  rowCount: z.number().int(),
  columns: z.array(z.string()),
  settings: importSettings,
  counts,
  /** Share of the rows that are done. */
  progress: z.number(),
  isFileKept: z.boolean(),
  problem: z.string().nullable(),
  createdAt: time,
  createdBy: z.string(),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
});

export const uploadImport = route({
  method: 'POST',
  path: '/api/imports',
  permission: 'import.run',
  summary:
    'Upload a CSV file (UTF-8 or GB18030, also gzip): the body is the file. It is looked at and what its columns mean is proposed; nothing is imported yet',
  input: z.object({ kind: importKind, name: line(200) }),
  output: importRun,
  bytes: 'in',
  stream: true,
  outside: true,
  errors: ['import_file_unreadable', 'body_too_large'],
});

export const listImports = route({
  method: 'GET',
  path: '/api/imports',
  permission: 'import.run',
  summary: 'Imports, newest first',
  input: z.object({ kind: importKind.optional(), after, limit }),
  output: page(importRun),
});

export const getImport = route({
  method: 'GET',
  path: '/api/imports/:id',
  permission: 'import.run',
  summary: 'One import',
  input: z.object({ id }),
  output: importRun,
  errors: ['not_found'],
});

export const setImport = route({
  method: 'PUT',
  path: '/api/imports/:id',
  permission: 'import.run',
  summary: 'Say what the columns mean and how dates and amounts are written, before the import is started',
  input: z.object({ id, settings: importSettings }),
  output: importRun,
  errors: ['not_found', 'import_started', 'import_settings_invalid'],
});

export const previewImport = route({
  method: 'GET',
  path: '/api/imports/:id/preview',
  permission: 'import.run',
  summary: 'The first rows as they would be understood, and the problems among the first thousand',
  input: z.object({ id }),
  output: z.object({
    /** What is missing or doubtful about the settings themselves: 'missing: number', 'dates_ambiguous'. */
    findings: z.array(z.object({ kind: z.enum(['error', 'warning']), problem: z.string(), field: z.string() })),
    rows: z.array(
      z.object({
        line: z.number().int(),
        cells: z.array(z.string()),
        /** What the row says, field by field; empty when it is rejected. */
        understood: z.record(z.string(), z.string()),
        reason: z.string().nullable(),
        field: z.string().nullable(),
      }),
    ),
    looked: z.number().int(),
    accepted: z.number().int(),
    reasons: z.record(z.string(), z.number().int()),
  }),
  errors: ['not_found', 'import_file_gone'],
});

export const startImport = route({
  method: 'POST',
  path: '/api/imports/:id/start',
  permission: 'import.run',
  summary:
    'Start it, or let it go on after it was cancelled or failed. The same file with the same settings changes nothing',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'import_started', 'import_file_gone', 'import_settings_invalid'],
});

export const cancelImport = route({
  method: 'POST',
  path: '/api/imports/:id/cancel',
  permission: 'import.run',
  summary: 'Stop after the rows under way; what is done stays done',
  input: z.object({ id }),
  output: done,
  errors: ['not_found'],
});

export const getRejectedRows = route({
  method: 'GET',
  path: '/api/imports/:id/rejected',
  permission: 'import.run',
  summary: 'The rejected rows as CSV: line, reason, and the row as it was; the file can be mended and imported again',
  input: z.object({ id }),
  output: z.unknown(),
  bytes: 'out',
  errors: ['not_found'],
});

export const deleteImport = route({
  method: 'DELETE',
  path: '/api/imports/:id',
  permission: 'import.run',
  summary: 'Remove the file and the record of the import; what it brought in stays',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'import_started'],
});
