import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { applyFollowChanges, applyRemarks, type EdgeChanges, type FollowTurn, resolveRemarks } from './follows.ts';
import { wecomAccount } from './people.ts';
import { applyProfiles } from './profiles.ts';
import { changesFromRecord, mergeChanges, withoutDisprovedEnds } from './rules.ts';
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
  let rest = [...observations].sort((a, b) => a.readAt.getTime() - b.readAt.getTime());
  while (rest.length > 0) {
    // Sets need each customer once: a second reading of one waits for the next round.
    const round = new Map<number, CustomerObservation>();
    const later: CustomerObservation[] = [];
    for (const observation of rest) {
      if (round.has(observation.customerId)) later.push(observation);
      else round.set(observation.customerId, observation);
    }
    turns.push(...(await applyRound(ctx, [...round.values()])));
    rest = later;
  }
  return turns;
}

async function applyRound(ctx: WriteCtx, observations: readonly CustomerObservation[]): Promise<FollowTurn[]> {
  const edges: EdgeChanges[] = observations.flatMap(({ customerId, externalUserid, observedAt, follows }) =>
    follows.map((follow) => ({
      customerId,
      externalUserid,
      staffId: follow.staffId,
      revise: (known) => {
        const kept = withoutDisprovedEnds(known, follow.createdAt.getTime(), observedAt.getTime());
        const record = { createdAt: follow.createdAt.getTime(), codeId: follow.codeId, way: follow.addWay };
        return mergeChanges(kept, changesFromRecord(kept, record));
      },
    })),
  );
  edges.push(
    ...(await findMissingEdges(
      ctx,
      observations.filter((observation) => observation.isWhole),
    )),
  );
  const turns = await applyFollowChanges(ctx, edges);
  await applyProfiles(
    ctx,
    observations.map(({ customerId, externalUserid, observedAt, readAt, profile }) => ({
      ...profile,
      customerId,
      account: wecomAccount(externalUserid),
      observedAt,
      readAt,
    })),
  );
  const readEdges = observations.flatMap(({ customerId, externalUserid, observedAt, readAt, follows }) =>
    follows.map((follow) => ({ customerId, externalUserid, observedAt, readAt, ...follow })),
  );
  await applyRemarks(ctx, readEdges);
  await applyObservedTags(ctx, readEdges);
  const ids = observations.map((observation) => observation.customerId);
  await resolveRemarks(ctx, ids);
  return turns;
}

/** Active edges that a whole reading does not hold, and that were there before it was made. */
async function findMissingEdges(ctx: WriteCtx, observations: readonly CustomerObservation[]): Promise<EdgeChanges[]> {
  if (observations.length === 0) return [];
  const whole = new Map(observations.map((observation) => [observation.customerId, observation]));
  const rows = await ctx.db
    .selectFrom('follow')
    .select(['customer_id', 'external_userid', 'staff_id', 'added_at'])
    .where('customer_id', 'in', [...whole.keys()])
    .where('state', '=', 'active')
    .execute();
  return rows.flatMap((row) => {
    const reading = whole.get(row.customer_id);
    const isPresent = reading?.follows.some((follow) => follow.staffId === row.staff_id);
    if (!reading || isPresent || row.external_userid !== reading.externalUserid || row.added_at >= reading.observedAt)
      return [];
    const at = reading.observedAt.getTime();
    return [
      {
        customerId: row.customer_id,
        externalUserid: row.external_userid,
        staffId: row.staff_id,
        revise: (known) => mergeChanges(known, [{ kind: 'ended', at, by: 'missing' }]),
      } satisfies EdgeChanges,
    ];
  });
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
