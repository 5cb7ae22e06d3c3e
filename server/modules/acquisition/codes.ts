import { assertMessage } from '#content';
import type { Input, Output } from '#contract';
import type { getCode, listCodes, setCodeState, updateCode } from '#contract/acquisition';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { dayOf } from '#platform/days';
import { sql } from '#platform/db';
import { AppError, constraintName, sqlState } from '#platform/errors';
import { randomKey } from '#platform/ids';
import { addJob } from '#platform/jobs';
import { decodeCursor, toPage } from '#platform/paging';
import { type CodeDraft, nextTurnAt, type Rota, staffNow, stateOfCode } from './rules.ts';

/** The job that brings a code's settings to WeCom; the channel does it. */
export const pushCodeJob = 'wecom.push_code';

type CodeRow = Output<typeof listCodes>['rows'][number];

function columnsOf(draft: CodeDraft) {
  return {
    name: draft.name,
    folder_id: draft.folderId,
    source: draft.source,
    entry: draft.entry,
    rotation: JSON.stringify(draft.rotation),
    backup_staff_ids: draft.backupStaffIds,
    daily_limit: draft.dailyLimit,
    skip_verify: draft.skipVerify,
    tag_ids: draft.tagIds,
    remark_prefix: draft.remarkPrefix,
    description: draft.description,
    hook: JSON.stringify(draft.hook),
    welcome: JSON.stringify(draft.welcome),
    starts_at: draft.startsAt === null ? null : new Date(draft.startsAt),
    ends_at: draft.endsAt === null ? null : new Date(draft.endsAt),
  };
}

/** Refuses a draft that names what is not there. */
async function assertDraft(ctx: WriteCtx, draft: CodeDraft): Promise<void> {
  const staffIds = [...new Set([...draft.rotation.flatMap((slot) => slot.staffIds), ...draft.backupStaffIds])];
  await assertKnown(ctx, 'staff', staffIds, 'staff_unknown');
  await assertKnown(ctx, 'tag', draft.tagIds, 'tag_unknown');
  await assertKnown(ctx, 'code_folder', draft.folderId === null ? [] : [draft.folderId], 'folder_unknown');
  if (draft.welcome.kind === 'own') await assertMessage(ctx, draft.welcome.message, 'welcome.message');
}

async function assertKnown(
  ctx: Ctx,
  table: 'staff' | 'tag' | 'code_folder',
  ids: readonly number[],
  code: 'staff_unknown' | 'tag_unknown' | 'folder_unknown',
): Promise<void> {
  if (ids.length === 0) return;
  const alive = table === 'tag' ? sql`and deleted_at is null` : table === 'staff' ? sql`and state <> 'left'` : sql``;
  const { rows } = await sql<{
    id: number;
  }>`select id from ${sql.table(table)} where id = any(${ids}) ${alive}`.execute(ctx.db);
  const known = new Set(rows.map((row) => row.id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw new AppError(code, { details: { ids: unknown } });
}

export async function addCode(ctx: WriteCtx, draft: CodeDraft): Promise<number> {
  await assertDraft(ctx, draft);
  const { id } = await translateTaken(() =>
    ctx.db
      .insertInto('channel_code')
      .values({
        ...columnsOf(draft),
        state_key: `siyu_${randomKey(12)}`,
        slug: randomKey(8),
        created_by: ctx.actor.name,
        created_at: ctx.now,
        updated_at: ctx.now,
      })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
  await takeTurn(ctx, id);
  await requestPush(ctx, id);
  await recordAudit(ctx, {
    action: 'channel_code.created',
    subjectKind: 'channel_code',
    subjectId: id,
    subjectName: draft.name,
    after: draft,
  });
  return id;
}

export async function changeCode(ctx: WriteCtx, input: Input<typeof updateCode>): Promise<void> {
  const before = await lockCode(ctx, input.id);
  if (before.ended_at) throw new AppError('code_ended');
  const { id, ...draft } = input;
  await assertDraft(ctx, draft);
  await translateTaken(() =>
    ctx.db
      .updateTable('channel_code')
      .set((eb) => ({ ...columnsOf(draft), revision: eb('revision', '+', 1), updated_at: ctx.now, problem: null }))
      .where('id', '=', id)
      .execute(),
  );
  await takeTurn(ctx, id);
  await requestPush(ctx, id);
  await recordAudit(ctx, {
    action: 'channel_code.updated',
    subjectKind: 'channel_code',
    subjectId: id,
    subjectName: draft.name,
    before: draftOf(before),
    after: draft,
  });
}

export async function changeCodeState(ctx: WriteCtx, input: Input<typeof setCodeState>): Promise<void> {
  const before = await lockCode(ctx, input.id);
  if (before.ended_at) throw new AppError('code_ended');
  await ctx.db
    .updateTable('channel_code')
    .set((eb) => ({
      is_paused: input.state === 'paused',
      ended_at: input.state === 'ended' ? ctx.now : null,
      revision: input.state === 'ended' ? eb('revision', '+', 1) : eb.ref('revision'),
      updated_at: ctx.now,
    }))
    .where('id', '=', input.id)
    .execute();
  if (input.state === 'ended') await requestPush(ctx, input.id);
  await recordAudit(ctx, {
    action: `channel_code.${input.state === 'active' ? 'resumed' : input.state}`,
    subjectKind: 'channel_code',
    subjectId: input.id,
    subjectName: before.name,
  });
}

export async function retryPush(ctx: WriteCtx, id: number): Promise<void> {
  await lockCode(ctx, id);
  await ctx.db
    .updateTable('channel_code')
    .set((eb) => ({ problem: null, revision: eb('revision', '+', 1) }))
    .where('id', '=', id)
    .execute();
  await requestPush(ctx, id);
}

async function lockCode(ctx: WriteCtx, id: number) {
  const row = await ctx.db.selectFrom('channel_code').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (!row) throw new AppError('not_found');
  return row;
}

function requestPush(ctx: WriteCtx, id: number): Promise<void> {
  return addJob(ctx, pushCodeJob, { codeId: id }, { key: `code:${id}`, queue: `code:${id}` });
}

async function translateTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (sqlState(error) === '23505' && constraintName(error) === 'channel_code_name_key')
      throw new AppError('code_name_taken');
    throw error;
  }
}

/** Decides who answers now; tells WeCom when that differs from what it was told. */
export async function takeTurn(ctx: WriteCtx, id: number): Promise<void> {
  const code = await lockCode(ctx, id);
  if (code.ended_at) return;
  const isPastEnd = code.ends_at !== null && code.ends_at <= ctx.now;
  if (isPastEnd) {
    await ctx.db
      .updateTable('channel_code')
      .set((eb) => ({ ended_at: code.ends_at, revision: eb('revision', '+', 1), next_turn_at: null }))
      .where('id', '=', id)
      .execute();
    await requestPush(ctx, id);
    return;
  }
  const rota = rotaOf(code);
  const staffIds = [...rota.rotation.flatMap((slot) => slot.staffIds), ...rota.backupStaffIds];
  const available = await ctx.db
    .selectFrom('staff')
    .select('id')
    .where('id', 'in', staffIds)
    .where('state', '=', 'active')
    .where('can_follow', '=', true)
    .execute();
  const adds = await ctx.db
    .selectFrom('code_staff_day')
    .select(['staff_id', 'adds'])
    .where('code_id', '=', id)
    .where('day', '=', dayOf(ctx.now, ctx.zone))
    .execute();
  const turn = staffNow(rota, {
    now: ctx.now,
    zone: ctx.zone,
    addsToday: new Map(adds.map((row) => [row.staff_id, row.adds])),
    available: new Set(available.map((row) => row.id)),
  });
  const isSame = JSON.stringify(turn.staffIds) === JSON.stringify(code.staff_now);
  const next = nextTurnAt(rota, ctx.now, ctx.zone);
  await ctx.db
    .updateTable('channel_code')
    .set((eb) => ({
      staff_now: turn.staffIds,
      uses_backup: turn.usesBackup,
      next_turn_at: code.ends_at !== null && code.ends_at < next ? code.ends_at : next,
      revision: isSame ? eb.ref('revision') : eb('revision', '+', 1),
    }))
    .where('id', '=', id)
    .execute();
  if (!isSame) await requestPush(ctx, id);
}

/** Somebody joined, left or lost the licence: who answers is decided anew at the next look. */
export async function requestTurns(ctx: WriteCtx): Promise<void> {
  await ctx.db.updateTable('channel_code').set({ next_turn_at: ctx.now }).where('ended_at', 'is', null).execute();
}

/** Codes whose slot, day or end has come. */
export async function takeDueTurns(ctx: WriteCtx): Promise<void> {
  const due = await ctx.db
    .selectFrom('channel_code')
    .select('id')
    .where('ended_at', 'is', null)
    .where('next_turn_at', '<=', ctx.now)
    .orderBy('id')
    .execute();
  for (const { id } of due) await takeTurn(ctx, id);
}

type StoredCode = Awaited<ReturnType<typeof lockCode>>;

function rotaOf(code: Pick<StoredCode, 'rotation' | 'backup_staff_ids' | 'daily_limit'>): Rota {
  return {
    rotation: code.rotation as Rota['rotation'],
    backupStaffIds: code.backup_staff_ids,
    dailyLimit: code.daily_limit,
  };
}

function draftOf(code: StoredCode): CodeDraft {
  return {
    name: code.name,
    folderId: code.folder_id,
    source: code.source as CodeDraft['source'],
    entry: code.entry as CodeDraft['entry'],
    rotation: code.rotation as CodeDraft['rotation'],
    backupStaffIds: code.backup_staff_ids,
    dailyLimit: code.daily_limit,
    skipVerify: code.skip_verify,
    tagIds: code.tag_ids,
    remarkPrefix: code.remark_prefix,
    description: code.description,
    hook: code.hook as CodeDraft['hook'],
    welcome: code.welcome as CodeDraft['welcome'],
    startsAt: code.starts_at?.toISOString() ?? null,
    endsAt: code.ends_at?.toISOString() ?? null,
  };
}

interface ListedCode {
  id: number;
  name: string;
  folder: CodeRow['folder'];
  source: CodeRow['source'];
  entry: CodeRow['entry'];
  isPaused: boolean;
  endedAt: Date | null;
  startsAt: Date | null;
  endsAt: Date | null;
  hasQr: boolean;
  sync: CodeRow['sync'];
  syncProblem: string | null;
  staffNow: CodeRow['staffNow'];
  usesBackup: boolean;
  scanCount: number;
  addCount: number;
  activeCount: number;
  addedToday: number;
  createdAt: Date;
}

const hasEnded = (now: Date) => sql<boolean>`(c.ended_at is not null or c.ends_at <= ${now})`;

function stateCondition(state: CodeRow['state'], now: Date) {
  const notStarted = sql<boolean>`(c.qr_url is null or c.starts_at > ${now})`;
  switch (state) {
    case 'ended':
      return hasEnded(now);
    case 'waiting':
      return sql<boolean>`not coalesce(${hasEnded(now)}, false) and coalesce(${notStarted}, false)`;
    case 'paused':
      return sql<boolean>`not coalesce(${hasEnded(now)}, false) and not coalesce(${notStarted}, false) and c.is_paused`;
    case 'active':
      return sql<boolean>`not coalesce(${hasEnded(now)}, false) and not coalesce(${notStarted}, false) and not c.is_paused`;
  }
}

export async function listCodePage(ctx: Ctx, input: Input<typeof listCodes>): Promise<Output<typeof listCodes>> {
  const cursor = decodeCursor(input.after, ['number']);
  const conditions = [sql<boolean>`true`];
  if (cursor) conditions.push(sql`c.id < ${cursor[0]}`);
  if (input.search) conditions.push(sql`position(lower(${input.search}) in lower(c.name)) > 0`);
  if (input.folder) conditions.push(sql`c.folder_id = ${input.folder}`);
  if (input.source) conditions.push(sql`c.source = ${input.source}`);
  if (input.state) conditions.push(stateCondition(input.state, ctx.now));
  const rows = await readCodes(
    ctx,
    sql`${sql.join(conditions, sql` and `)} order by c.id desc limit ${input.limit + 1}`,
  );
  return toPage(rows, input.limit, (row) => [row.id]);
}

async function readCodes(ctx: Ctx, where: ReturnType<typeof sql>): Promise<CodeRow[]> {
  const today = dayOf(ctx.now, ctx.zone);
  const { rows } = await sql<ListedCode>`
    select c.id, c.name, c.source, c.entry, c.is_paused as "isPaused", c.ended_at as "endedAt", c.starts_at as "startsAt",
      c.ends_at as "endsAt", c.qr_url is not null as "hasQr", c.problem as "syncProblem", c.uses_backup as "usesBackup",
      case when c.problem is not null then 'failed' when c.revision <> c.pushed_revision then 'pending' else 'synced' end as sync,
      (select json_build_object('id', f.id, 'name', f.name) from code_folder f where f.id = c.folder_id) as folder,
      coalesce((
        select json_agg(json_build_object('id', s.id, 'name', s.name) order by s.name)
        from staff s where s.id = any(c.staff_now)
      ), '[]') as "staffNow",
      coalesce((select sum(scans) from code_scan_day d where d.code_id = c.id), 0) as "scanCount",
      (select count(*) from follow_spell s where s.code_id = c.id) as "addCount",
      (select count(*) from follow f where f.code_id = c.id and f.state = 'active') as "activeCount",
      coalesce((select sum(adds) from code_staff_day d where d.code_id = c.id and d.day = ${today}), 0) as "addedToday",
      c.created_at as "createdAt"
    from channel_code c where ${where}
  `.execute(ctx.db);
  return rows.map(({ isPaused, endedAt, startsAt, endsAt, hasQr, scanCount, createdAt, ...row }) => ({
    ...row,
    state: stateOfCode({ isPaused, endedAt, startsAt, endsAt, hasQr }, ctx.now),
    scanCount: row.entry === 'landing' ? scanCount : null,
    createdAt: createdAt.toISOString(),
  }));
}

export async function readCode(ctx: Ctx, id: number, publicUrl: string): Promise<Output<typeof getCode>> {
  const [row] = await readCodes(ctx, sql`c.id = ${id}`);
  const stored = await ctx.db.selectFrom('channel_code').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row || !stored) throw new AppError('not_found');
  return { ...row, draft: draftOf(stored), stateKey: stored.state_key, scanUrl: scanUrlOf(stored, publicUrl) };
}

/** What a phone opens: our page for a landing code, the platform's picture otherwise. Null until WeCom answered. */
function scanUrlOf(code: { entry: string; slug: string; qr_url: string | null }, publicUrl: string): string | null {
  if (code.entry === 'landing') return `${publicUrl}/q/${code.slug}`;
  return code.qr_url;
}

/** Our ids of the codes that WeCom names by their state. */
export async function findCodeIds(ctx: Pick<Ctx, 'db'>, stateKeys: readonly string[]): Promise<Map<string, number>> {
  const wanted = [...new Set(stateKeys)].filter((key) => key !== '');
  if (wanted.length === 0) return new Map();
  const rows = await ctx.db
    .selectFrom('channel_code')
    .select(['id', 'state_key'])
    .where('state_key', 'in', wanted)
    .execute();
  return new Map(rows.map((row) => [row.state_key, row.id]));
}

/** What the channel needs to bring a code to WeCom. */
export async function readPush(ctx: Ctx, id: number) {
  const code = await ctx.db.selectFrom('channel_code').selectAll().where('id', '=', id).executeTakeFirst();
  if (!code) return undefined;
  const staff = await ctx.db
    .selectFrom('staff')
    .select(['id', 'wecom_userid'])
    .where('id', 'in', [0, ...code.staff_now])
    .execute();
  return {
    id,
    name: code.name,
    revision: code.revision,
    isPushed: code.revision === code.pushed_revision,
    isEnded: code.ended_at !== null,
    configId: code.config_id,
    wasAsked: code.was_asked,
    createdAt: code.created_at,
    stateKey: code.state_key,
    skipVerify: code.skip_verify,
    staffUserids: staff.map((row) => row.wecom_userid),
    hasImage: code.qr_image !== null,
    qrUrl: code.qr_url,
  };
}

/** Before WeCom is asked to make a code: if the answer is lost, the next try looks for it first. */
export async function markAsked(ctx: WriteCtx, id: number): Promise<void> {
  await ctx.db.updateTable('channel_code').set({ was_asked: true }).where('id', '=', id).execute();
}

export interface PushReport {
  readonly revision: number;
  readonly configId?: string | null;
  readonly qrUrl?: string | null;
  readonly qrImage?: Buffer | null;
  readonly problem?: string;
}

export async function reportPush(ctx: WriteCtx, id: number, report: PushReport): Promise<void> {
  await ctx.db
    .updateTable('channel_code')
    .set({
      ...(report.configId === undefined ? {} : { config_id: report.configId }),
      ...(report.qrUrl === undefined ? {} : { qr_url: report.qrUrl }),
      ...(report.qrImage === undefined ? {} : { qr_image: report.qrImage }),
      ...(report.problem === undefined
        ? { pushed_revision: report.revision, problem: null }
        : { problem: report.problem }),
    })
    .where('id', '=', id)
    .execute();
}
