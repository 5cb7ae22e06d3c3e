import type { z } from 'zod';
import type { CampaignDraft, campaignSchedule, campaignState } from '#contract/campaigns';
import { addDays, civilMoment, dayOf, momentOf } from '#platform/days';

export type CampaignState = z.output<typeof campaignState>;
type Schedule = z.output<typeof campaignSchedule>;

/** What may be done to a campaign, and in which states. */
export const allowedIn = {
  edit: ['draft'],
  launch: ['draft'],
  decide: ['waiting'],
  withdraw: ['waiting', 'scheduled', 'paused'],
  pause: ['scheduled', 'running'],
  resume: ['paused'],
  cancel: ['waiting', 'scheduled', 'running', 'paused'],
} as const satisfies Readonly<Record<string, readonly CampaignState[]>>;

export function mayBe(action: keyof typeof allowedIn, state: CampaignState): boolean {
  return (allowedIn[action] as readonly CampaignState[]).includes(state);
}

/** When the first run of a campaign begins that is let go now; null when that time has passed already. */
export function firstRunAt(schedule: Schedule, now: Date, zone: string): Date | null {
  switch (schedule.kind) {
    case 'now':
      return now;
    case 'at': {
      const at = new Date(schedule.at);
      return at >= now ? at : null;
    }
    case 'weekly':
    case 'monthly':
      return nextRunAt(schedule, now, zone);
  }
}

/** The first time of a recurring campaign after a moment; null when there is none any more, or it does not recur. */
export function nextRunAt(schedule: Schedule, after: Date, zone: string): Date | null {
  if (schedule.kind === 'now' || schedule.kind === 'at') return null;
  const today = dayOf(after, zone);
  // Any day of the month comes within two months, any weekday within eight days.
  for (let n = 0; n <= 62; n++) {
    const day = addDays(today, n);
    if (schedule.until !== null && day > schedule.until) return null;
    if (!fallsOn(schedule, day, zone)) continue;
    const at = momentOf(day, schedule.minute, zone);
    if (at > after) return at;
  }
  return null;
}

function fallsOn(schedule: Extract<Schedule, { kind: 'weekly' | 'monthly' }>, day: string, zone: string): boolean {
  if (schedule.kind === 'weekly')
    return schedule.weekdays.includes(civilMoment(momentOf(day, 720, zone), zone).weekday);
  const number = Number(day.slice(8));
  const isLast = addDays(day, 1).slice(0, 7) !== day.slice(0, 7);
  return number === schedule.day || (isLast && schedule.day > number);
}

const whole = 10_000;

/** Buckets of each variant, from (included) to (excluded). */
export function bucketsOf(variants: CampaignDraft['variants']): { part: string; from: number; to: number }[] {
  const weight = variants.reduce((sum, variant) => sum + variant.weight, 0);
  let before = 0;
  return variants.map(({ part, weight: own }) => {
    const from = Math.round((before * whole) / weight);
    before += own;
    return { part, from, to: Math.round((before * whole) / weight) };
  });
}

type Draws = Pick<CampaignDraft, 'holdoutBasisPoints' | 'variants' | 'throttleHours'>;

/** Hourly steps: spread more finely, a mass message would become many small tasks for the same member. */
export const stepsOf = ({ throttleHours }: Pick<CampaignDraft, 'throttleHours'>) => Math.max(1, throttleHours);

/**
 * Who is left alone, who gets which variant, and in which hour, as SQL over a column that holds a customer's id: three draws, independent of
 * each other, of those of other runs and campaigns, and of the global control group. A recurring campaign draws anew for each run, so that
 * what an earlier run did weighs on both groups alike.
 *
 * The hash is the one by which PostgreSQL deals rows to partitions.
 */
export function drawSql(column: string, draft: Draws, campaignId: number, run: number) {
  const bucket = (purpose: number) => {
    const seed = (BigInt(campaignId) * 1_000_000n + BigInt(run)) * 8n + BigInt(purpose);
    return `((hashint8extended(${column}, ${seed}) & 9223372036854775807) % ${whole})`;
  };
  const cases = bucketsOf(draft.variants).map(({ part, to }) => `when ${bucket(2)} < ${to} then '${part}'`);
  return {
    isHoldout: `${bucket(1)} < ${draft.holdoutBasisPoints}`,
    part: `case ${cases.join(' ')} end`,
    delayHours: `((${bucket(3)} * ${stepsOf(draft)}) / ${whole})`,
  };
}

/**
 * Whether a second person has to approve before so many people are written to. An approval holds until the people have become
 * twice as many: a segment may grow after somebody looked at it.
 */
export function needsApproval(size: number, approvalSize: number, approvedSize: number | null): boolean {
  if (size < approvalSize) return false;
  return approvedSize === null || size > 2 * approvedSize;
}

/** Whole fen, for so many messages. */
export function costOf(draft: Pick<CampaignDraft, 'perMessageFen' | 'fixedFen'>, messages: number): number {
  return Math.round(draft.perMessageFen * messages) + draft.fixedFen;
}

/** Channels that address an audience and not one customer. */
export function isBroadcast(channel: CampaignDraft['channel']): channel is 'wecom_group' | 'wecom_moment' {
  return channel === 'wecom_group' || channel === 'wecom_moment';
}

/** Groups for messages to groups, members for Moments, people for everything else. */
export function isFitAudience({
  channel,
  who,
  variants,
}: Pick<CampaignDraft, 'channel' | 'who' | 'variants'>): boolean {
  if (channel === 'wecom_group') return who.kind === 'groups' && variants.length === 1;
  if (channel === 'wecom_moment') return who.kind === 'moment' && variants.length === 1;
  return who.kind === 'segment' || who.kind === 'rule';
}

/** What a run's touches are for: nobody is touched twice for one purpose. */
export const purposeOf = (campaignId: number, run: number) => `campaign:${campaignId}:${run}`;
