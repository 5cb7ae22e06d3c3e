import { findCodeIds, requestTurns } from '#acquisition';
import { applyTagCatalogue } from '#customers';
import { recordEvents } from '#events';
import { applyAbsentStaff, applyDepartments, applyStaff, type ObservedStaff } from '#organization';
import { type Ctx, inTransaction } from '#platform/ctx';
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

/** One customer's record; the callbacks say when somebody is gone, so a record that is not there changes nothing. */
export async function refreshCustomer(
  ctx: Ctx,
  connection: Connection,
  externalUserid: string,
  lane: 'urgent' | 'bulk',
) {
  const reading = { observedAt: ctx.now, readAt: new Date() };
  const receipt = await connection.client.call('externalcontact/get', { external_userid: externalUserid }, { lane });
  if (!receipt.ok) {
    if (receipt.errcode !== undefined && unknownCustomer.has(receipt.errcode)) return undefined;
    if (receipt.retryable) throw new OutsideError(receipt);
    ctx.log.warn({ externalUserid, failure: describeFailure(receipt) }, 'a customer’s record could not be read');
    return undefined;
  }
  await recordRecord(ctx, receipt.value, reading);
  return receipt.value;
}

export async function recordRecord(
  ctx: Ctx,
  record: EndpointValue<'externalcontact/get'>,
  reading: Reading,
): Promise<void> {
  const states = record.follow_user.flatMap((follow) => follow.state ?? []);
  await inTransaction(ctx, async (ctx) => {
    const codes = await findCodeIds(ctx, states);
    await recordEvents(ctx, [factOfRecord(record, reading, (state) => codes.get(state ?? '') ?? null)]);
  });
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
