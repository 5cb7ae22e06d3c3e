import { findCodeIds } from '#acquisition';
import { type Fact, recordEvents } from '#events';
import { recordStaffDays, type StaffDay } from '#organization';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { addDays, dayOf, dayStart } from '#platform/days';
import { sql } from '#platform/db';
import { endOperation, reportProgress, resumeOperation, startOperation } from '#platform/operations';
import type { Connection } from './connection.ts';
import { factOfListed, type Reading } from './facts.ts';
import { reconcileGroups } from './groups.ts';
import { describeFailure, OutsideError, refreshDirectory, refreshTags } from './refresh.ts';

/** The member has no customers. */
const noCustomers = 84061;

/** The reconciliation, or reading of groups, that is under way, or a new one: there is one at a time. */
export async function ensureOperation(
  ctx: WriteCtx,
  kind: 'wecom.reconcile' | 'wecom.read_groups' = 'wecom.reconcile',
): Promise<number> {
  await sql`select pg_advisory_xact_lock(7164005)`.execute(ctx.db);
  const running = await ctx.db
    .selectFrom('operation')
    .select('id')
    .where('kind', '=', kind)
    .where('state', 'in', ['waiting', 'running'])
    .executeTakeFirst();
  return running?.id ?? startOperation(ctx, { kind });
}

interface Cursor {
  /** Members whose customers were read already; they are read in the order of their ids. */
  readonly afterUserid?: string;
}

type Summary = { departments: number; staff: number; customers: number };

/**
 * Compares everything with WeCom's own lists, because callbacks get lost: departments and members, tags, then each
 * member's customers. What is read goes in as facts of the moment it was read, so that a callback of a later moment,
 * already known, is never undone. After a crash it goes on with the member it was at.
 */
export async function reconcile(ctx: Ctx, connection: Connection, operationId: number, now: () => Date): Promise<void> {
  const operation = await resumeOperation(ctx, operationId);
  if (!operation) return;
  const cursor = operation.cursor as Cursor;
  const summary = { departments: 0, staff: 0, customers: 0, ...(operation.summary as Partial<Summary>) };
  const report = (progress: Parameters<typeof reportProgress>[2]) => reportProgress(ctx, operationId, progress);

  await report({ step: 'staff' });
  const directory = await refreshDirectory({ ...ctx, now: now() }, connection);
  if ('failure' in directory) return fail(ctx, operationId, directory.failure);
  summary.departments = directory.departmentCount;
  summary.staff = directory.staffCount;
  await report({ step: 'tags', summary });
  const failure = await refreshTags({ ...ctx, now: now() }, connection);
  if (failure) return fail(ctx, operationId, failure);

  const userids = [...directory.followUserids].sort();
  const todo = userids.filter((userid) => cursor.afterUserid === undefined || userid > cursor.afterUserid);
  let done = userids.length - todo.length;
  let goesOn = await report({ step: 'customers', doneCount: done, totalCount: userids.length, summary });
  for (const userid of todo) {
    if (!goesOn) return endOperation({ ...ctx, now: now() }, operationId, { state: 'cancelled' });
    const listed = await reconcileStaff(ctx, connection, userid, now);
    if ('failure' in listed) return fail({ ...ctx, now: now() }, operationId, listed.failure);
    summary.customers += listed.count;
    done++;
    goesOn = await report({ doneCount: done, cursor: { afterUserid: userid }, summary });
  }
  const state = await reconcileAllGroups(ctx, connection, operationId, userids, now);
  await endOperation({ ...ctx, now: now() }, operationId, { state });
}

/** Groups come last and are no reason to fail: a corp may have none, or may not let the app see them. */
async function reconcileAllGroups(
  ctx: Ctx,
  connection: Connection,
  operationId: number,
  userids: readonly string[],
  now: () => Date,
): Promise<'done' | 'cancelled'> {
  const report = (doneCount: number, totalCount: number) =>
    reportProgress({ ...ctx, now: now() }, operationId, { step: 'groups', doneCount, totalCount });
  const read = await reconcileGroups(ctx, connection, userids, report);
  if ('failure' in read) {
    if (read.failure.retryable) throw new OutsideError(read.failure);
    ctx.log.warn({ failure: describeFailure(read.failure) }, 'customer groups could not be read');
    return 'done';
  }
  return read.isStopped ? 'cancelled' : 'done';
}

/** Reads the groups alone, on demand. */
export async function readGroups(ctx: Ctx, connection: Connection, operationId: number): Promise<void> {
  if (!(await resumeOperation(ctx, operationId))) return;
  const owners = await ctx.db
    .selectFrom('staff')
    .select('wecom_userid')
    .where('can_follow', '=', true)
    .where('state', '=', 'active')
    .execute();
  const read = await reconcileGroups(
    ctx,
    connection,
    owners.map((owner) => owner.wecom_userid),
    (doneCount, totalCount) => reportProgress(ctx, operationId, { step: 'groups', doneCount, totalCount }),
  );
  if ('failure' in read) return fail(ctx, operationId, read.failure);
  await endOperation(ctx, operationId, { state: read.isStopped ? 'cancelled' : 'done' });
}

type Failed = Extract<Awaited<ReturnType<Connection['client']['call']>>, { ok: false }>;

async function fail(ctx: Ctx, operationId: number, failure: Failed): Promise<void> {
  // What may pass is tried again by the job, from where it was.
  if (failure.retryable) throw new OutsideError(failure);
  await endOperation(ctx, operationId, { state: 'failed', problem: describeFailure(failure) });
}

async function reconcileStaff(
  ctx: Ctx,
  connection: Connection,
  userid: string,
  now: () => Date,
): Promise<{ count: number } | { failure: Failed }> {
  const startedAt = now();
  const externalUserids: string[] = [];
  const pages = connection.client.pages(
    'externalcontact/batch/get_by_user',
    { userid_list: [userid], limit: 100 },
    { lane: 'bulk' },
  );
  let reading: Reading = { observedAt: startedAt, readAt: new Date() };
  for await (const page of pages) {
    if (!page.ok) {
      if (page.errcode === noCustomers) break;
      return { failure: page };
    }
    const rows = page.value.external_contact_list;
    externalUserids.push(...rows.map((row) => row.external_contact.external_userid));
    const current = reading;
    await inTransaction({ ...ctx, now: now() }, async (ctx) => {
      const codes = await findCodeIds(
        ctx,
        rows.flatMap((row) => row.follow_info.state ?? []),
      );
      const facts = rows.map((row) => factOfListed(row, current, (state) => codes.get(state ?? '') ?? null));
      await recordEvents(ctx, facts);
    });
    reading = { observedAt: now(), readAt: new Date() };
  }
  const listed: Fact = {
    name: 'staff.customers_listed',
    source: 'wecom',
    messageId: `listed ${userid} ${startedAt.toISOString()} ${Date.now()}`,
    occurredAt: startedAt,
    payload: { staffUserid: userid, observedAt: startedAt.toISOString(), externalUserids },
  };
  await inTransaction({ ...ctx, now: now() }, (ctx) => recordEvents(ctx, [listed]));
  return { count: externalUserids.length };
}

const behaviourDays = 7;

/** WeCom's daily figures of each member for the past days (doc 92132); today's are not ready before tomorrow. */
export async function pullStaffDays(ctx: Ctx, connection: Connection): Promise<void> {
  const staff = await ctx.db
    .selectFrom('staff')
    .select(['id', 'wecom_userid'])
    .where('can_follow', '=', true)
    .where('state', '=', 'active')
    .orderBy('id')
    .execute();
  const yesterday = addDays(dayOf(ctx.now, ctx.zone), -1);
  const start_time = seconds(dayStart(addDays(yesterday, 1 - behaviourDays), ctx.zone));
  const end_time = seconds(dayStart(yesterday, ctx.zone));
  for (const member of staff) {
    const receipt = await connection.client.call(
      'externalcontact/get_user_behavior_data',
      { userid: [member.wecom_userid], start_time, end_time },
      { lane: 'bulk' },
    );
    if (!receipt.ok) {
      if (receipt.retryable) throw new OutsideError(receipt);
      ctx.log.warn(
        { userid: member.wecom_userid, failure: describeFailure(receipt) },
        'a member’s daily figures could not be read',
      );
      continue;
    }
    const days = receipt.value.behavior_data.map(
      (row): StaffDay => ({
        staffId: member.id,
        day: dayOf(new Date(row.stat_time * 1000), ctx.zone),
        chats: row.chat_cnt,
        messages: row.message_cnt,
        replyPercentage: row.reply_percentage ?? null,
        replyMinutes: row.avg_reply_time ?? null,
      }),
    );
    await inTransaction(ctx, (ctx) => recordStaffDays(ctx, days));
  }
}

const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
