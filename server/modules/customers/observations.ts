import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { applyFollowChanges, applyRemarks, type EdgeChanges, type FollowTurn, resolveRemarks } from './follows.ts';
import { addIdentities } from './people.ts';
import { changesFromRecord, mergeChanges, withoutDisprovedEnds } from './rules.ts';
import { refreshSearch } from './search.ts';
import { applyObservedTags } from './tags.ts';

/** WeCom's record of one customer, as read at one moment. */
export interface CustomerObservation {
  readonly customerId: number;
  readonly externalUserid: string;
  readonly observedAt: Date;
  /** The machine's time at which the reading began: it orders this reading among our other reads and writes. */
  readonly readAt: Date;
  readonly profile: {
    readonly name: string;
    readonly avatar: string | null;
    readonly kind: 'wechat' | 'wecom';
    readonly gender: 'unknown' | 'male' | 'female';
    readonly unionid: string | null;
    readonly corpName: string | null;
    readonly position: string | null;
  };
  readonly follows: readonly ObservedFollow[];
  /** `follows` are all there are: an edge that is not among them is gone. */
  readonly isWhole: boolean;
}

export interface ObservedFollow {
  readonly staffId: number;
  readonly createdAt: Date;
  readonly codeId: number | null;
  readonly addWay: number | null;
  readonly remark: string;
  readonly description: string;
  readonly mobiles: readonly string[];
  readonly tagIds: readonly number[];
}

/** Takes readings in, oldest first. A reading that is older than what is known of an edge or person changes nothing there. */
export async function applyObservations(
  ctx: WriteCtx,
  observations: readonly CustomerObservation[],
): Promise<FollowTurn[]> {
  const turns: FollowTurn[] = [];
  for (const observation of [...observations].sort((a, b) => a.readAt.getTime() - b.readAt.getTime())) {
    turns.push(...(await applyObservation(ctx, observation)));
  }
  return turns;
}

async function applyObservation(ctx: WriteCtx, observation: CustomerObservation): Promise<FollowTurn[]> {
  const { customerId, externalUserid, observedAt, readAt, profile } = observation;
  const edges: EdgeChanges[] = observation.follows.map((follow) => ({
    customerId,
    externalUserid,
    staffId: follow.staffId,
    revise: (known) => {
      const kept = withoutDisprovedEnds(known, follow.createdAt.getTime(), observedAt.getTime());
      const record = { createdAt: follow.createdAt.getTime(), codeId: follow.codeId, way: follow.addWay };
      return mergeChanges(kept, changesFromRecord(kept, record));
    },
  }));
  if (observation.isWhole) edges.push(...(await findMissingEdges(ctx, observation)));
  const turns = await applyFollowChanges(ctx, edges);

  await ctx.db
    .updateTable('customer')
    .set({
      name: profile.name,
      avatar: profile.avatar,
      kind: profile.kind,
      gender: profile.gender,
      corp_name: profile.corpName,
      position: profile.position,
      observed_at: observedAt,
      read_at: readAt,
    })
    .where('id', '=', customerId)
    .where((eb) => eb.or([eb('read_at', 'is', null), eb('read_at', '<=', readAt)]))
    .execute();
  const phones = new Set(observation.follows.flatMap((follow) => follow.mobiles));
  await addIdentities(ctx, [
    ...(profile.unionid ? [{ kind: 'unionid', value: profile.unionid, customerId, source: 'wecom' }] : []),
    ...[...phones].map((value) => ({ kind: 'phone', value, customerId, source: 'wecom' })),
  ]);
  await applyRemarks(
    ctx,
    observation.follows.map((follow) => ({ customerId, externalUserid, ...follow })),
    readAt,
  );
  await applyObservedTags(ctx, { customerId, externalUserid, observedAt, readAt, follows: observation.follows });
  await resolveRemarks(ctx, [customerId]);
  await refreshSearch(ctx, [customerId]);
  return turns;
}

/** Active edges that a whole reading does not hold, and that were there before it was made. */
async function findMissingEdges(ctx: WriteCtx, observation: CustomerObservation): Promise<EdgeChanges[]> {
  const present = new Set(observation.follows.map((follow) => follow.staffId));
  const rows = await ctx.db
    .selectFrom('follow')
    .select(['staff_id'])
    .where('customer_id', '=', observation.customerId)
    .where('external_userid', '=', observation.externalUserid)
    .where('state', '=', 'active')
    .where('added_at', '<', observation.observedAt)
    .execute();
  return rows
    .filter((row) => !present.has(row.staff_id))
    .map((row) => ({
      customerId: observation.customerId,
      externalUserid: observation.externalUserid,
      staffId: row.staff_id,
      revise: (known) => mergeChanges(known, [{ kind: 'ended', at: observation.observedAt.getTime(), by: 'missing' }]),
    }));
}

/**
 * A staff member's whole list of customers, as read at `observedAt`: edges that it does not hold, and that began before
 * it was read, are gone. Returns what turned.
 */
export async function applyAbsentFollows(
  ctx: WriteCtx,
  staffId: number,
  presentUserids: readonly string[],
  observedAt: Date,
): Promise<FollowTurn[]> {
  const { rows } = await sql<{ customer_id: number; external_userid: string }>`
    select f.customer_id, f.external_userid from follow f
    left join unnest(${presentUserids}::text[]) as present(external_userid) using (external_userid)
    where f.staff_id = ${staffId} and f.state = 'active' and f.added_at < ${observedAt} and present.external_userid is null
  `.execute(ctx.db);
  return applyFollowChanges(
    ctx,
    rows.map((row) => ({
      customerId: row.customer_id,
      externalUserid: row.external_userid,
      staffId,
      revise: (known) => mergeChanges(known, [{ kind: 'ended', at: observedAt.getTime(), by: 'missing' }]),
    })),
  );
}
