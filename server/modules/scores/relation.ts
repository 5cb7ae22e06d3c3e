import type { z } from 'zod';
import type { freebieReason, scoreSettings } from '#contract/scores';

type RelationSettings = z.output<typeof scoreSettings>['relation'];

/**
 * How close somebody is, by what he did and not by what we did: from 0 to 100, 50 at `halfPoints`. Points are those of his acts,
 * at most `dayCap` a day, each day's halved every `halfLifeDays`.
 */
export function relationScore(points: number, settings: Pick<RelationSettings, 'halfPoints'>): number {
  return (100 * points) / (points + settings.halfPoints);
}

/** Of our touches that reached, the share that was answered by an act of his within `replyHours`; null with too few. */
export function responsiveness(
  input: { reached: number; reacted: number },
  settings: Pick<RelationSettings, 'minReached'>,
): number | null {
  return input.reached < settings.minReached ? null : input.reacted / input.reached;
}

/**
 * Facts that are about a person but no act of his: our own, and what our systems say. An add is where he comes from and is
 * counted there; a paid, refunded or cancelled order was an act when it was placed.
 */
export const notActs = {
  kinds: [
    'touch',
    'consent',
    'task',
    'customer',
    'follow',
    'segment',
    'person',
    'tag',
    'staff',
    'group',
    'department',
    'journey',
    'campaign',
  ],
  names: ['order.paid', 'order.refunded', 'order.cancelled', 'order.updated'],
} as const;

/** Whether an event of this name is an act; as SQL on `event e`, `isAct` (inputs.ts) says the same. */
export function isActName(name: string): boolean {
  const [kind = ''] = name.split('.');
  return !(notActs.kinds as readonly string[]).includes(kind) && !(notActs.names as readonly string[]).includes(name);
}

/** Days back at which acts are not looked at any more: their points are below 1/256 of what they were. */
export function actDays(settings: Pick<RelationSettings, 'halfLifeDays'>): number {
  return 8 * settings.halfLifeDays;
}

/** Touches older than this say nothing about how somebody reacts now. */
export const touchDays = 180;

/** What is known of how somebody came and what became of it. */
export interface FreebieInput {
  /** His first stay began through a code that promises a gift or a coupon. */
  readonly cameForGift: boolean;
  /** He ended such a stay himself within seven days. */
  readonly leftSoon: boolean;
  /** Different codes with a gift or coupon he added through. */
  readonly giftCodes: number;
  /** Days since he first came. */
  readonly knownDays: number;
  readonly acts: number;
  /** Orders not cancelled; those of them that cost nothing; those given back whole. */
  readonly orders: number;
  readonly freeOrders: number;
  readonly refundedOrders: number;
}

export type FreebieReason = z.output<typeof freebieReason>;

/** Each rule with its points. A like sum is no probability: nobody has yet counted who of them was one. */
const freebieRules: readonly { reason: FreebieReason; points: number; holds(input: FreebieInput): boolean }[] = [
  { reason: 'came_for_gift', points: 25, holds: (input) => input.cameForGift },
  { reason: 'left_soon', points: 35, holds: (input) => input.leftSoon },
  { reason: 'many_gift_codes', points: 20, holds: (input) => input.giftCodes >= 2 },
  { reason: 'only_free_orders', points: 20, holds: ({ orders, freeOrders }) => orders > 0 && freeOrders === orders },
  {
    reason: 'all_refunded',
    points: 15,
    holds: ({ orders, freeOrders, refundedOrders }) => refundedOrders > 0 && freeOrders + refundedOrders === orders,
  },
  {
    reason: 'never_answered',
    points: 15,
    holds: (input) => input.giftCodes > 0 && input.knownDays >= 14 && input.acts === 0,
  },
  {
    reason: 'pays',
    points: -60,
    holds: ({ orders, freeOrders, refundedOrders }) => orders > freeOrders + refundedOrders,
  },
];

/** Score from which somebody is taken for a freebie hunter in counts. */
export const freebieLine = 50;

/** From 0 to 100: the points of all rules that hold, with the reasons. A rule score, not a probability. */
export function scoreFreebie(input: FreebieInput): {
  score: number;
  reasons: { reason: FreebieReason; points: number }[];
} {
  const reasons = freebieRules.flatMap(({ reason, points, holds }) => (holds(input) ? [{ reason, points }] : []));
  const sum = reasons.reduce((total, { points }) => total + points, 0);
  return { score: Math.min(100, Math.max(0, sum)), reasons };
}

/** 97.5 % of the standard normal distribution. */
const z95 = 1.959963984540054;

/** A share with its 95 % interval by Wilson (1927), which stays within 0 and 1 and holds for few people too. */
export function wilson(hits: number, people: number): { value: number; low: number; high: number } {
  const value = hits / people;
  const z2 = z95 * z95;
  const middle = (value + z2 / (2 * people)) / (1 + z2 / people);
  const half = (z95 / (1 + z2 / people)) * Math.sqrt((value * (1 - value)) / people + z2 / (4 * people * people));
  return { value, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** A mean with its 95 % interval by the normal law; `sum` and `squares` of all values. */
export function meanInterval(
  sum: number,
  squares: number,
  people: number,
): { value: number; low: number; high: number } {
  const value = sum / people;
  const variance = Math.max(0, (squares - people * value * value) / (people - 1));
  const half = z95 * Math.sqrt(variance / people);
  return { value, low: Math.max(0, value - half), high: value + half };
}

/** With fewer people of a source no share is told: its interval would say "anything". */
export const minPeople = 30;
/** Of an amount more are needed, for few large orders carry it. */
export const minSpenders = 100;
