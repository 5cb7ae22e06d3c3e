import { parse } from 'csv-parse/sync';
import type { Input, Output } from '#contract';
import { codeDraft, type importCodes, sourceKind } from '#contract/acquisition';
import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { addCode } from './codes.ts';
import { ensureFolder } from './folders.ts';

type Result = Output<typeof importCodes>;
type Problem = Result['rows'][number]['problems'][number];

const columns = ['name', 'source', 'staff', 'folder', 'tags', 'hook', 'welcome', 'daily_limit'] as const;
const maxRows = 500;

/** Sources may also be written in Chinese, as operators call them. */
const sourceNames: Readonly<Record<string, string>> = {
  门店: 'shop',
  活动: 'event',
  文章: 'article',
  广告: 'ad',
  异业: 'partner',
  员工: 'staff',
  包装: 'packaging',
};

/** Makes a code for each line, or, when any line has a problem or `dryRun` is set, none; says what is wrong by line and column. */
export async function importFromCsv(ctx: WriteCtx, input: Input<typeof importCodes>): Promise<Result> {
  const lines = readCsv(input.csv);
  const staff = await staffByName(ctx);
  const tags = await tagsByName(ctx);
  const taken = new Set((await ctx.db.selectFrom('channel_code').select('name').execute()).map((row) => row.name));
  const drafts: { folder: string; draft: unknown }[] = [];
  const rows = lines.map((cells, i) => {
    const problems: Problem[] = [];
    const say = (column: string, problem: string) => problems.push({ column, problem });
    const cell = (column: (typeof columns)[number]) => (cells[column] ?? '').trim();
    const name = cell('name');
    if (taken.has(name)) say('name', 'taken');
    taken.add(name);
    const source = sourceNames[cell('source')] ?? cell('source');
    if (!sourceKind.safeParse(source).success) say('source', 'unknown');
    const staffIds = listOf(cell('staff')).flatMap((who) => {
      const ids = staff.get(who.toLowerCase()) ?? [];
      if (ids.length === 0) say('staff', `unknown: ${who}`);
      if (ids.length > 1) say('staff', `ambiguous: ${who}`);
      return ids.slice(0, 1);
    });
    if (cell('staff') === '') say('staff', 'empty');
    const tagIds = listOf(cell('tags')).flatMap((tag) => {
      const id = tags.get(tag.toLowerCase());
      if (id === undefined) say('tags', `unknown: ${tag}`);
      return id ?? [];
    });
    const limit = cell('daily_limit');
    if (limit !== '' && !/^\d{1,5}$/.test(limit)) say('daily_limit', 'not_a_number');
    const draft = {
      name,
      source,
      rotation: [{ staffIds, weekdays: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 }],
      tagIds,
      hook: cell('hook') === '' ? { kind: 'none', text: '' } : { kind: 'gift', text: cell('hook') },
      welcome: cell('welcome') === '' ? { kind: 'default' } : { kind: 'own', message: { text: cell('welcome') } },
      dailyLimit: limit === '' ? null : Number(limit),
    };
    drafts.push({ folder: cell('folder'), draft });
    if (problems.length === 0) {
      const parsed = codeDraft.safeParse(draft);
      for (const issue of parsed.error?.issues ?? [])
        say(columnOf(String(issue.path[0])), issue.code === 'custom' ? issue.message : issue.code);
    }
    if ([...cell('folder')].length > 40) say('folder', 'too_big');
    // The header is line 1.
    return { line: i + 2, name, problems };
  });
  if (input.dryRun || rows.some((row) => row.problems.length > 0)) return { rows, createdIds: [] };
  const createdIds: number[] = [];
  for (const { folder, draft } of drafts) {
    const folderId = folder === '' ? null : await ensureFolder(ctx, folder);
    createdIds.push(await addCode(ctx, codeDraft.parse({ ...(draft as object), folderId })));
  }
  return { rows, createdIds };
}

function readCsv(text: string): Record<string, string>[] {
  let lines: Record<string, string>[];
  try {
    lines = parse(text, {
      bom: true,
      columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()),
      skip_empty_lines: true,
      relax_column_count: false,
    });
  } catch (error) {
    throw new AppError('code_csv_invalid', {
      details: { reason: error instanceof Error ? error.message.slice(0, 200) : 'unreadable' },
    });
  }
  const header = Object.keys(lines[0] ?? {});
  const missing = ['name', 'source', 'staff'].filter((column) => !header.includes(column));
  const unknown = header.filter((column) => !columns.some((known) => known === column));
  if (lines.length === 0) throw new AppError('code_csv_invalid', { details: { reason: 'no_rows' } });
  if (missing.length > 0)
    throw new AppError('code_csv_invalid', { details: { reason: 'missing_columns', columns: missing } });
  if (unknown.length > 0)
    throw new AppError('code_csv_invalid', { details: { reason: 'unknown_columns', columns: unknown } });
  if (lines.length > maxRows)
    throw new AppError('code_csv_invalid', { details: { reason: 'too_many_rows', limit: maxRows } });
  return lines;
}

const listOf = (cell: string) =>
  cell
    .split(/[|｜]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** A draft's field under the name of the column it came from. */
function columnOf(field: string): string {
  const named: Readonly<Record<string, string>> = { rotation: 'staff', tagIds: 'tags', dailyLimit: 'daily_limit' };
  return named[field] ?? field;
}

async function staffByName(ctx: WriteCtx): Promise<Map<string, number[]>> {
  const rows = await ctx.db
    .selectFrom('staff')
    .select(['id', 'name', 'wecom_userid'])
    .where('state', '<>', 'left')
    .execute();
  const found = new Map<string, number[]>();
  for (const row of rows) {
    for (const key of new Set([row.name.toLowerCase(), row.wecom_userid.toLowerCase()])) {
      found.set(key, [...(found.get(key) ?? []), row.id]);
    }
  }
  return found;
}

async function tagsByName(ctx: WriteCtx): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: number; name: string }>`
    select min(id) as id, lower(name) as name from tag where deleted_at is null group by lower(name)
  `.execute(ctx.db);
  return new Map(rows.map((row) => [row.name, row.id]));
}
