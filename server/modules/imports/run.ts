import { setTimeout as sleep } from 'node:timers/promises';
import { addTag, addTagGroup, tagAndTell } from '#customers';
import { findTold, recordEvents } from '#events';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { endOperation, reportProgress, resumeOperation } from '#platform/operations';
import { createCollector, importSource, type Piece, type Rejected, type TagUnit, type Unit } from './collect.ts';
import { readRows } from './file.ts';
import {
  type Counts,
  type ImportRow,
  keyOfImport,
  noCounts,
  pathOf,
  readAttributes,
  requireImport,
} from './imports.ts';

/** So many rows are committed together, at most so many facts wait to be projected: memory and inbox stay small. */
const rowsAtOnce = 5000;
const factsWaiting = 2000;
const factsTogether = 250;

/**
 * The job behind an import: reads the file, commits piece by piece together with the place it has come to, and ends when all
 * it told of is known. After a crash it goes on behind the last piece that was committed.
 */
export async function runImport(ctx: Ctx, folder: string, operationId: number, now: () => Date): Promise<void> {
  const operation = await resumeOperation(ctx, operationId);
  if (!operation) return;
  const { importId } = operation.input as { importId: number };
  try {
    const row = await requireImport(ctx, importId);
    const isWhole = (await readAll(ctx, folder, row, operationId)) && (await waitUntilKnown(ctx, operationId));
    await end(ctx, importId, operationId, isWhole ? 'done' : 'cancelled', now());
  } catch (error) {
    ctx.log.error({ err: error, import: importId }, 'an import failed');
    const problem = error instanceof Error ? error.message.slice(0, 300) : String(error);
    await end(ctx, importId, operationId, 'failed', now(), problem);
  }
}

async function end(
  ctx: Ctx,
  id: number,
  operationId: number,
  state: 'done' | 'cancelled' | 'failed',
  at: Date,
  problem?: string,
) {
  await inTransaction({ ...ctx, now: at }, async (ctx) => {
    await endOperation(ctx, operationId, { state, ...(problem === undefined ? {} : { problem }) });
    await sql`
      update import set state = ${state}, problem = ${problem ?? null}, ended_at = ${at} where id = ${id} and operation_id = ${operationId}
    `.execute(ctx.db);
  });
}

/** False when somebody asked to stop. */
async function readAll(ctx: Ctx, folder: string, row: ImportRow, operationId: number): Promise<boolean> {
  const { kind, settings } = row;
  const collector = createCollector({
    kind,
    settings,
    key: keyOfImport(row),
    toldAt: row.created_at.getTime(),
    attributes: await readAttributes(ctx),
  });
  const form = { isCompressed: row.is_compressed, encoding: settings.encoding, separator: settings.separator };
  // Events are known by their content: to count one that stands twice, those before it have to be known.
  const room = kind === 'events' ? 0 : factsWaiting;
  let counts = row.counts;
  const commit = async (isEnd: boolean) => {
    counts = await commitPiece(ctx, row, operationId, collector.cut(isEnd), counts);
    return waitForRoom(ctx, operationId, room);
  };
  let place = -1;
  for await (const fileRow of readRows(pathOf(folder, row), form)) {
    place++;
    if (place === 0 || place <= row.next_row) continue;
    collector.add(fileRow, place);
    if (collector.size >= rowsAtOnce && !(await commit(false))) return false;
  }
  return commit(true);
}

async function commitPiece(
  ctx: Ctx,
  row: ImportRow,
  operationId: number,
  piece: Piece,
  counts: Counts,
): Promise<Counts> {
  return inTransaction(ctx, async (ctx) => {
    const tally = createTally(counts);
    const facts = await splitKnown(ctx, piece.units, tally);
    for (let i = 0; i < facts.length; i += factsTogether) {
      await recordEvents(ctx, facts.slice(i, i + factsTogether), { together: true });
    }
    const rejected = [...piece.rejected, ...(await applyTags(ctx, row, piece.tags, tally))];
    await writeRejections(ctx, row.id, rejected);
    for (const rejection of rejected) tally.reject(rejection);
    const next = tally.counts();
    await sql`update import set next_row = ${piece.rowsDone}, counts = ${JSON.stringify(next)} where id = ${row.id}`.execute(
      ctx.db,
    );
    await reportProgress(ctx, operationId, {
      step: 'rows',
      doneCount: piece.rowsDone,
      summary: { imported: next.imported, merged: next.merged, rejected: next.rejected },
    });
    return next;
  });
}

function createTally(before: Counts) {
  const counts = structuredClone(before);
  const moneyOf = (currency: string) => {
    counts.money[currency] ??= { soldFen: 0, refundedFen: 0, mergedFen: 0, rejectedFen: 0 };
    return counts.money[currency];
  };
  return {
    take({ taken, merged, money }: Unit) {
      counts.rows += taken + merged;
      counts.imported += taken;
      counts.merged += merged;
      counts.facts++;
      if (!money) return;
      const sums = moneyOf(money.currency);
      sums.soldFen += money.soldFen;
      sums.refundedFen += money.refundedFen;
      sums.mergedFen += money.mergedFen;
    },
    merge({ taken, merged, money }: Unit) {
      counts.rows += taken + merged;
      counts.merged += taken + merged;
      if (money) moneyOf(money.currency).mergedFen += money.soldFen - money.refundedFen + money.mergedFen;
    },
    tag(isNews: boolean) {
      counts.rows++;
      if (isNews) counts.imported++;
      else counts.merged++;
    },
    reject({ reason, money }: Rejected) {
      counts.rows++;
      counts.rejected++;
      counts.reasons[reason] = (counts.reasons[reason] ?? 0) + 1;
      if (money) moneyOf(money.currency).rejectedFen += money.amountFen;
    },
    counts: (): Counts => ({ ...noCounts, ...counts }),
  };
}

/** Facts that nobody told before; the others count as merged. */
async function splitKnown(ctx: WriteCtx, units: readonly Unit[], tally: ReturnType<typeof createTally>) {
  if (units.length === 0) return [];
  const known = await findTold(
    ctx,
    importSource,
    units.map((unit) => unit.fact.messageId),
  );
  return units.flatMap((unit) => {
    const isKnown = known.has(unit.fact.messageId);
    known.add(unit.fact.messageId);
    if (isKnown) tally.merge(unit);
    else tally.take(unit);
    return isKnown ? [] : [unit.fact];
  });
}

async function writeRejections(ctx: WriteCtx, id: number, rejected: readonly Rejected[]): Promise<void> {
  if (rejected.length === 0) return;
  // Cells may hold what PostgreSQL cannot: that is often why they are here.
  const storable = (text: string) => text.replaceAll('\u0000', '\ufffd').toWellFormed();
  const rows = rejected.map(({ line, reason, field, cells }) => ({ line, reason, field, cells: cells.map(storable) }));
  await sql`
    insert into import_rejection (import_id, line, reason, field, cells)
    select ${id}, line, reason, field, cells
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(line bigint, reason text, field text, cells jsonb)
    on conflict do nothing
  `.execute(ctx.db);
}

/** Tags known people; says of the others why not. */
async function applyTags(
  ctx: WriteCtx,
  row: ImportRow,
  units: readonly TagUnit[],
  tally: ReturnType<typeof createTally>,
): Promise<Rejected[]> {
  if (units.length === 0) return [];
  const rejected: Rejected[] = [];
  const customers = await findCustomers(ctx, units);
  const tags = await findTags(ctx, units, row.settings.newTagGroup);
  const wanted: { customerId: number; tagIds: number[] }[] = [];
  for (const unit of units) {
    const { line, cells } = unit;
    const ids = new Set(unit.accounts.flatMap((account) => customers.get(`${account.kind} ${account.value}`) ?? []));
    const tagIds = unit.tags.flatMap((name) => tags.get(name.toLowerCase()) ?? []);
    const [customerId] = ids;
    if (customerId === undefined)
      rejected.push({ line, cells, reason: 'customer_unknown', field: unit.accounts[0]?.kind ?? '' });
    else if (ids.size > 1) rejected.push({ line, cells, reason: 'accounts_differ', field: '' });
    else if (tagIds.length < unit.tags.length) rejected.push({ line, cells, reason: 'tag_unknown', field: 'tags' });
    else wanted.push({ customerId, tagIds });
  }
  const { rows: had } = await sql<{ key: string }>`
    select customer_id || ' ' || tag_id as key from customer_tag where customer_id = any(${wanted.map((want) => want.customerId)})
  `.execute(ctx.db);
  const has = new Set(had.map((row) => row.key));
  const bySet = new Map<string, { tagIds: number[]; customerIds: number[] }>();
  for (const { customerId, tagIds } of wanted) {
    const missing = tagIds.filter((tagId) => !has.has(`${customerId} ${tagId}`)).sort((a, b) => a - b);
    tally.tag(missing.length > 0);
    for (const tagId of missing) has.add(`${customerId} ${tagId}`);
    if (missing.length === 0) continue;
    const key = missing.join(' ');
    const set = bySet.get(key) ?? { tagIds: missing, customerIds: [] };
    set.customerIds.push(customerId);
    bySet.set(key, set);
  }
  for (const { tagIds, customerIds } of bySet.values()) await tagAndTell(ctx, customerIds, { add: tagIds, remove: [] });
  return rejected;
}

async function findCustomers(ctx: WriteCtx, units: readonly TagUnit[]): Promise<Map<string, number>> {
  const accounts = units.flatMap((unit) => unit.accounts);
  const { rows } = await sql<{ key: string; id: number }>`
    select i.kind || ' ' || i.value as key, i.customer_id as id from identity i
    join unnest(${accounts.map((account) => account.kind)}::text[], ${accounts.map((account) => account.value)}::text[])
      as a(kind, value) on a.kind = i.kind and a.value = i.value
    where not i.is_shared
  `.execute(ctx.db);
  return new Map(rows.map((row) => [row.key, row.id]));
}

/** Ids by name in small letters. Names nobody knows are made when the operator named a group for them. */
async function findTags(ctx: WriteCtx, units: readonly TagUnit[], newGroup: string): Promise<Map<string, number>> {
  const names = new Map(units.flatMap((unit) => unit.tags.map((name) => [name.toLowerCase(), name] as const)));
  const read = async () => {
    const { rows } = await sql<{ name: string; id: number }>`
      select lower(name) as name, min(id) as id from tag
      where deleted_at is null and lower(name) = any(${[...names.keys()]}::text[]) group by lower(name)
    `.execute(ctx.db);
    return new Map(rows.map((row) => [row.name, row.id]));
  };
  const known = await read();
  const missing = [...names].filter(([key]) => !known.has(key)).map(([, name]) => name);
  if (newGroup === '' || missing.length === 0) return known;
  await ensureTags(ctx, newGroup, missing);
  return read();
}

async function ensureTags(ctx: WriteCtx, groupName: string, names: readonly string[]): Promise<void> {
  const group = await ctx.db
    .selectFrom('tag_group')
    .select('id')
    .where('kind', '=', 'internal')
    .where('name', '=', groupName)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!group) await addTagGroup(ctx, { name: groupName, kind: 'internal', tags: [...names] });
  else for (const name of names) await addTag(ctx, { groupId: group.id, name });
}

async function isCancelled(ctx: Ctx, operationId: number): Promise<boolean> {
  const row = await ctx.db
    .selectFrom('operation')
    .select('cancel_requested')
    .where('id', '=', operationId)
    .executeTakeFirst();
  return row?.cancel_requested === true;
}

/** Waits until few facts are waiting to be known. False when somebody asked to stop. */
async function waitForRoom(ctx: Ctx, operationId: number, most: number): Promise<boolean> {
  return waitWhile(ctx, operationId, async () => {
    const { rows } = await sql<{ waiting: number }>`
      select coalesce(sum(fact_count), 0) as waiting from inbox where not is_failed
    `.execute(ctx.db);
    return (rows[0]?.waiting ?? 0) > most;
  });
}

/** What was told is in the inbox; the import is done when it is known. */
async function waitUntilKnown(ctx: Ctx, operationId: number): Promise<boolean> {
  await reportProgress(ctx, operationId, { step: 'known' });
  const { rows } = await sql<{ at: string }>`select clock_timestamp()::text as at`.execute(ctx.db);
  const at = rows[0]?.at ?? null;
  return waitWhile(ctx, operationId, async () => {
    const { rows } = await sql<{ isWaiting: boolean }>`
      select exists (select 1 from inbox where not is_failed and received_at <= ${at}::timestamptz) as "isWaiting"
    `.execute(ctx.db);
    return rows[0]?.isWaiting === true;
  });
}

async function waitWhile(ctx: Ctx, operationId: number, isWaiting: () => Promise<boolean>): Promise<boolean> {
  for (let pauseMs = 10; ; pauseMs = Math.min(200, pauseMs * 2)) {
    if (await isCancelled(ctx, operationId)) return false;
    if (!(await isWaiting())) return true;
    await sleep(pauseMs);
  }
}
