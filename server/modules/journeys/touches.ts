import { type ContentVersion, currentVersion } from '#content';
import type { GraphNode } from '#contract/journey-graph';
import type { Channel } from '#contract/touch';
import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { ensureMonths } from '#platform/partitions';
import { withdrawTasks } from '#tasks';
import { cancelTouches, planTouchesOf } from '#touch';
import { flagsOf, momentsOf, numbersOf } from './lookback.ts';
import type { Traveller } from './travellers.ts';

type Saying = Extract<GraphNode, { kind: 'touch' | 'task' }>;

const channelOf = (node: Saying): Channel => (node.kind === 'task' ? 'staff_task' : node.data.channel);

/** By which a touch is known in the ledger: a node that somebody passes twice touches him twice. */
export const purposeOf = (enrolmentId: number, node: string, visit: number) =>
  `journey:${enrolmentId}:${node}:${visit}`;

/**
 * Plans what a node says; whether and when it goes out the gate decides. Who is left alone has his row too: the gate decides
 * about him as about the others.
 */
export async function planTouch(ctx: WriteCtx, node: Saying, travellers: readonly Traveller[]): Promise<string | null> {
  const version = await readContent(ctx, node.data.contentId);
  if (!version) return 'content_gone';
  const expiresAt = new Date(ctx.now.getTime() + node.data.expiresHours * 3_600_000);
  await ensureMonths(ctx, 'touch', monthsOf(travellers));
  // People of several versions of one journey come to different groups; one group is of one journey.
  for (const [journeyId, people] of Map.groupBy(travellers, (traveller) => traveller.version.journeyId)) {
    const rows = sql`
      select customer_id, ${'journey:'} || enrolment_id || ${`:${node.id}:`} || visit as purpose, ${node.id}::text as part,
        ${version.id}::bigint as version_id, null::bigint as staff_id, is_holdout, at as due_at, at as occasion_at
      from unnest(${numbersOf(people.map((t) => t.customerId))}::bigint[], ${numbersOf(people.map((t) => t.id))}::bigint[],
        ${numbersOf(people.map((t) => t.stepCount))}::integer[], ${flagsOf(people.map((t) => t.isHoldout))}::boolean[],
        ${momentsOf(people.map((t) => t.at))}::timestamptz[]) as u(customer_id, enrolment_id, visit, is_holdout, at)`;
    const { category } = version;
    const plan = {
      kind: 'journey',
      sourceId: journeyId,
      channel: channelOf(node),
      category,
      expiresAt,
      priority: 1,
    } as const;
    await planTouchesOf(ctx, rows, plan);
  }
  return null;
}

/** Words that were archived are not said any more. */
async function readContent(ctx: WriteCtx, contentId: number): Promise<ContentVersion | undefined> {
  try {
    return await currentVersion(ctx, contentId);
  } catch (error) {
    if (error instanceof AppError && (error.code === 'content_unknown' || error.code === 'content_archived')) {
      return undefined;
    }
    throw error;
  }
}

function monthsOf(travellers: readonly Traveller[]): Date[] {
  const months = new Map(travellers.map(({ at }) => [new Date(at).toISOString().slice(0, 7), new Date(at)]));
  return [...months.values()];
}

/** What a journey had planned for people who left it before the end: it is not said any more. */
export async function takeBack(
  ctx: WriteCtx,
  people: readonly { customerId: number; journeyId: number }[],
): Promise<void> {
  for (const [sourceId, group] of Map.groupBy(people, (person) => person.journeyId)) {
    const customerIds = [...new Set(group.map((person) => person.customerId))];
    await cancelTouches(ctx, { kind: 'journey', sourceId, customerIds });
    await withdrawTasks(ctx, { kind: 'journey', sourceId, customerIds });
  }
}
