import { findCodeIds, requestTurns } from '#acquisition';
import { applyTagCatalogue } from '#customers';
import { recordEvents } from '#events';
import { applyAbsentStaff, applyDepartments, applyStaff, type ObservedStaff } from '#organization';
import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import type { Pump } from '#platform/pump';
import type { Connection } from './connection.ts';
import type { EndpointValue } from './endpoints.ts';
import type { Failure } from './errors.ts';
import { factOfRecord, type Reading } from './facts.ts';

/** Reads of WeCom's own records. Each returns the failure that stopped it, or undefined. */

/** A failure as a text that begins with the remedy's key, which the console translates. */
export function describeFailure(failure: Failure): string {
  const code = failure.errcode === undefined ? '' : ` ${failure.errcode}`;
  return `${failure.remedy}${code} ${failure.errmsg.split(', hint:')[0]?.slice(0, 160) ?? ''}`.trim();
}

/** A job that cannot go on because the outside world failed in a way that may pass. */
export class OutsideError extends Error {
  constructor(failure: Failure) {
    super(describeFailure(failure));
    this.name = 'OutsideError';
  }
}

/** Nobody's customer any more, or out of the app's sight. */
const unknownCustomer = new Set([84061, 40096]);

export interface ReadingRequest {
  readonly lane: 'urgent' | 'bulk';
  /** The machine's time; a reading that began since then will do, so that a welcome and a refresh share one. */
  readonly since: number;
  readonly signal?: AbortSignal;
}

type CustomerRecord = EndpointValue<'externalcontact/get'>;

/** Readings remembered for sharing. */
const maxReadings = 2000;

/**
 * One customer's record, which becomes a fact. The callbacks say when somebody is gone, so a record that is not there
 * changes nothing. Throws what may pass.
 */
export function readCustomer(
  ctx: Ctx,
  connection: Connection,
  externalUserid: string,
  request: ReadingRequest,
): Promise<CustomerRecord | undefined> {
  const { readings } = connection;
  const known = readings.get(externalUserid);
  if (known && known.readAt >= request.since) return known.record;
  const record = fetchCustomer(ctx, connection, externalUserid, request);
  readings.delete(externalUserid);
  readings.set(externalUserid, { readAt: Date.now(), record });
  record.catch(() => readings.delete(externalUserid));
  const oldest = readings.keys().next().value;
  if (readings.size > maxReadings && oldest !== undefined) readings.delete(oldest);
  return record;
}

async function fetchCustomer(
  ctx: Ctx,
  connection: Connection,
  externalUserid: string,
  { lane, signal }: ReadingRequest,
): Promise<CustomerRecord | undefined> {
  const reading = { observedAt: ctx.now, readAt: new Date() };
  const receipt = await connection.client.call(
    'externalcontact/get',
    { external_userid: externalUserid },
    { lane, ...(signal ? { signal } : {}) },
  );
  if (!receipt.ok) {
    if (receipt.errcode !== undefined && unknownCustomer.has(receipt.errcode)) return undefined;
    if (receipt.retryable || receipt.outcome !== 'refused') throw new OutsideError(receipt);
    ctx.log.warn({ externalUserid, failure: describeFailure(receipt) }, 'a customer’s record could not be read');
    return undefined;
  }
  await recordRecord(ctx, receipt.value, reading);
  return receipt.value;
}

async function recordRecord(ctx: Ctx, record: EndpointValue<'externalcontact/get'>, reading: Reading): Promise<void> {
  const states = record.follow_user.flatMap((follow) => follow.state ?? []);
  await inTransaction(ctx, async (ctx) => {
    const codes = await findCodeIds(ctx, states);
    await recordEvents(ctx, [factOfRecord(record, reading, (state) => codes.get(state ?? '') ?? null)]);
  });
}

/** Channel on which wanted readings are announced. */
const refreshChannel = 'wecom_refresh';

/** Asks for a customer's record. Several callbacks about one customer are answered by one reading. */
export async function requestReading(ctx: WriteCtx, externalUserid: string): Promise<void> {
  const row = { asked_at: new Date(), retry_at: null, attempts: 0 };
  await ctx.db
    .insertInto('wecom_refresh')
    .values({ external_userid: externalUserid, ...row })
    .onConflict((conflict) => conflict.column('external_userid').doUpdateSet(row))
    .execute();
  wake(ctx, refreshChannel);
}

const readingsAtOnce = 16;
const maxReadingAttempts = 10;

/** Reads the records that callbacks asked for. A reading that fails for a passing reason comes again, later each time. */
export function createRefresher(connector: { connect(ctx: Ctx): Promise<Connection | undefined> }): Pump {
  return {
    name: 'wecom.refresh',
    channel: refreshChannel,
    pollMs: 1000,
    lanes: 1,
    async drain(ctx) {
      const connection = await connector.connect(ctx);
      if (!connection) return 0;
      const asked = await ctx.db
        .selectFrom('wecom_refresh')
        .selectAll()
        .where((eb) => eb.or([eb('retry_at', 'is', null), eb('retry_at', '<=', new Date())]))
        .orderBy('asked_at')
        .limit(readingsAtOnce)
        .execute();
      const answered: typeof asked = [];
      await Promise.all(
        asked.map(async (row) => {
          try {
            await readCustomer(ctx, connection, row.external_userid, { lane: 'bulk', since: row.asked_at.getTime() });
            answered.push(row);
          } catch (error) {
            await postpone(ctx, row, error);
          }
        }),
      );
      await forgetAnswered(ctx, answered);
      return answered.length;
    },
  };
}

type AskedReading = { external_userid: string; asked_at: Date; attempts: number };

/** What was asked for again while it was read stays. */
async function forgetAnswered(ctx: Ctx, rows: readonly AskedReading[]): Promise<void> {
  if (rows.length === 0) return;
  await inTransaction(ctx, (ctx) =>
    sql`
      delete from wecom_refresh r
      using unnest(${rows.map((row) => row.external_userid)}::text[], ${rows.map((row) => row.asked_at)}::timestamptz[]) as a(external_userid, asked_at)
      where r.external_userid = a.external_userid and r.asked_at = a.asked_at
    `.execute(ctx.db),
  );
}

async function postpone(ctx: Ctx, row: AskedReading, error: unknown): Promise<void> {
  const attempts = row.attempts + 1;
  if (attempts >= maxReadingAttempts) {
    ctx.log.warn(
      { err: error, externalUserid: row.external_userid },
      'a record could not be read; the next reconciliation reads it',
    );
    return forgetAnswered(ctx, [row]);
  }
  const retry_at = new Date(Date.now() + 500 * 2 ** attempts);
  await inTransaction(ctx, (ctx) =>
    ctx.db
      .updateTable('wecom_refresh')
      .set({ attempts, retry_at })
      .where('external_userid', '=', row.external_userid)
      .execute(),
  );
}

export async function refreshTags(ctx: Ctx, connection: Connection): Promise<Failure | undefined> {
  const receipt = await connection.client.call('externalcontact/get_corp_tag_list', {}, { lane: 'bulk' });
  if (!receipt.ok) return receipt;
  const groups = receipt.value.tag_group.map((group) => ({
    wecomId: group.group_id,
    name: group.group_name,
    sort: group.order ?? 0,
    tags: group.tag.map((tag) => ({ wecomId: tag.id, name: tag.name, sort: tag.order ?? 0 })),
  }));
  await inTransaction(ctx, (ctx) => applyTagCatalogue(ctx, groups, ctx.now));
  return undefined;
}

const staffStates: Readonly<Record<number, ObservedStaff['state']>> = {
  1: 'active',
  2: 'disabled',
  4: 'not_activated',
  5: 'left',
};

/** Departments, members and who of them may have customers. Returns the members by userid. */
export async function refreshDirectory(
  ctx: Ctx,
  connection: Connection,
): Promise<{ failure: Failure } | { followUserids: string[]; staffCount: number; departmentCount: number }> {
  const { client } = connection;
  const lane = 'bulk' as const;
  const departments = await client.call('department/list', {}, { lane });
  if (!departments.ok) return { failure: departments };
  const follow = await client.call('externalcontact/get_follow_user_list', {}, { lane });
  if (!follow.ok) return { failure: follow };
  const followUserids = new Set(follow.value.follow_user.map((userid) => userid.toLowerCase()));
  const members = new Map<string, ObservedStaff>();
  for (const department of departments.value.department) {
    const list = await client.call('user/list', { department_id: department.id }, { lane });
    if (!list.ok) return { failure: list };
    for (const member of list.value.userlist) {
      members.set(member.userid.toLowerCase(), {
        wecomUserid: member.userid,
        name: member.name ?? member.userid,
        alias: member.alias ?? '',
        position: member.position ?? '',
        avatar: member.avatar || null,
        state: staffStates[member.status ?? 1] ?? 'active',
        canFollow: followUserids.has(member.userid.toLowerCase()),
        departments: (member.department ?? []).map((wecomId, i) => ({
          wecomId,
          isLeader: member.is_leader_in_dept?.[i] === 1,
        })),
      });
    }
  }
  await inTransaction(ctx, async (ctx) => {
    await applyDepartments(
      ctx,
      departments.value.department.map((department) => ({
        wecomId: department.id,
        parentWecomId: department.parentid,
        name: department.name ?? String(department.id),
        sort: department.order ?? 0,
      })),
      ctx.now,
    );
    await applyStaff(ctx, [...members.values()], ctx.now);
    await applyAbsentStaff(ctx, [...members.keys()], ctx.now);
    await requestTurns(ctx);
  });
  return {
    followUserids: [...members.values()].filter((member) => member.canFollow).map((member) => member.wecomUserid),
    staffCount: members.size,
    departmentCount: departments.value.department.length,
  };
}
