import type { Random } from '#sandbox/random';

/**
 * How simulated people behave: known rates, so that what siyu measures can be checked against the truth.
 * Everything here is pure: a kind and a random stream in, plans out.
 */
export type KindName = 'loyal' | 'curious' | 'bargain_only' | 'silent' | 'easily_annoyed';

export type HabitRates = {
  /** Chance to answer the welcome message. */
  replyToWelcome: number;
  /** Chance to write of their own accord once in the first week. */
  writeLater: number;
  /** Chance to tap a link they are sent. */
  tapLink: number;
  /** Chance on each day to delete the member, from the first day on. */
  leavePerDay: number;
  /** Chance to delete the member within two days after the welcome brought the gift. */
  leaveAfterGift: number;
  /** Chance to delete the member after each message beyond the first in a week. */
  leavePerExtraMessage: number;
  /** Chance to add again after leaving. */
  comeBack: number;
};

export const habits: Record<KindName, HabitRates> = {
  loyal: {
    replyToWelcome: 0.5,
    writeLater: 0.4,
    tapLink: 0.6,
    leavePerDay: 0.001,
    leaveAfterGift: 0,
    leavePerExtraMessage: 0,
    comeBack: 0.5,
  },
  curious: {
    replyToWelcome: 0.35,
    writeLater: 0.3,
    tapLink: 0.45,
    leavePerDay: 0.006,
    leaveAfterGift: 0.02,
    leavePerExtraMessage: 0.03,
    comeBack: 0.2,
  },
  bargain_only: {
    replyToWelcome: 0.2,
    writeLater: 0.05,
    tapLink: 0.8,
    leavePerDay: 0.03,
    leaveAfterGift: 0.65,
    leavePerExtraMessage: 0.05,
    comeBack: 0.08,
  },
  silent: {
    replyToWelcome: 0.02,
    writeLater: 0.01,
    tapLink: 0.1,
    leavePerDay: 0.004,
    leaveAfterGift: 0.01,
    leavePerExtraMessage: 0.01,
    comeBack: 0.02,
  },
  easily_annoyed: {
    replyToWelcome: 0.12,
    writeLater: 0.05,
    tapLink: 0.2,
    leavePerDay: 0.01,
    leaveAfterGift: 0.05,
    leavePerExtraMessage: 0.35,
    comeBack: 0.03,
  },
};

export const kindNames = Object.keys(habits) as KindName[];

/** Who comes when nothing else is said. */
export const usualWeights: Record<KindName, number> = {
  loyal: 20,
  curious: 30,
  bargain_only: 20,
  silent: 20,
  easily_annoyed: 10,
};

export type StaffHabits = {
  acceptMinutes: readonly [number, number];
  answerMinutes: readonly [number, number];
  /** Chance that a member answers a customer's message by hand. */
  answer: number;
  /** Chance that a member notes a remark, or a tag, on a new customer. */
  noteRemark: number;
  noteTag: number;
  /** Chance that a member deletes a customer within the first month. */
  drop: number;
};

export const staffHabits: StaffHabits = {
  acceptMinutes: [1, 40],
  answerMinutes: [1, 30],
  answer: 0.85,
  noteRemark: 0.15,
  noteTag: 0.1,
  drop: 0.004,
};

/** Arrivals by hour in Shanghai, relative: quiet nights, a lunch peak and an evening peak. */
const hourWeights: readonly number[] = [
  0.25, 0.12, 0.06, 0.04, 0.05, 0.12, 0.35, 0.7, 0.95, 1.1, 1.3, 1.45, 1.7, 1.5, 1.25, 1.2, 1.25, 1.4, 1.55, 1.8, 1.9,
  1.65, 1.15, 0.6,
];

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export type Plan = { afterMs: number; kind: 'say' | 'leave' | 'tap' | 'comeBack'; text?: string };

const later = ['请问门店几点关门？', '上次那款还有吗？', '有适合送长辈的吗？', '可以寄到家里吗？', '今天有活动吗？'];
const answersToWelcome = ['你好呀', '好的，谢谢', '怎么领取？', '收到～', '请问有优惠吗？', '好的'];
const staffAnswers = [
  '您好，马上帮您看一下～',
  '有的，我给您留一份',
  '好的，稍等哦',
  '欢迎到店里坐坐',
  '可以的，今天就能发出',
];

/** What a new customer will do of their own accord, whatever we do. */
export function planAfterAdd(rates: HabitRates, random: Random): Plan[] {
  const plans: Plan[] = [];
  // Days until leaving are geometric: the same small chance every day, and never without a chance.
  const days = Math.floor(Math.log(1 - random.float()) / Math.log1p(-rates.leavePerDay));
  const withinDayMs = random.between(10 * minuteMs, dayMs);
  if (rates.leavePerDay > 0 && days < 365) plans.push({ kind: 'leave', afterMs: days * dayMs + withinDayMs });
  if (random.chance(rates.writeLater)) {
    plans.push({ kind: 'say', afterMs: random.between(hourMs, 7 * dayMs), text: random.pick(later) });
  }
  return plans;
}

/** The welcome brings the gift: that is what people who come only for it wait for. */
export function planAfterWelcome(rates: HabitRates, random: Random): Plan[] {
  const plans: Plan[] = [];
  if (random.chance(rates.replyToWelcome)) {
    plans.push({ kind: 'say', afterMs: random.between(10_000, 20 * minuteMs), text: random.pick(answersToWelcome) });
  }
  if (random.chance(rates.leaveAfterGift)) {
    plans.push({ kind: 'leave', afterMs: random.between(20 * minuteMs, 2 * dayMs) });
  }
  return plans;
}

/** @param messagesThisWeek messages from the member in the last seven days, this one included */
export function planAfterMessage(
  rates: HabitRates,
  message: { hasLink: boolean; messagesThisWeek: number },
  random: Random,
): Plan[] {
  const plans: Plan[] = [];
  if (message.hasLink && random.chance(rates.tapLink)) {
    plans.push({ kind: 'tap', afterMs: random.between(5_000, 30 * minuteMs) });
  }
  if (message.messagesThisWeek > 1 && random.chance(rates.leavePerExtraMessage)) {
    plans.push({ kind: 'leave', afterMs: random.between(minuteMs, 6 * hourMs) });
  }
  return plans;
}

export function planAfterLeaving(rates: HabitRates, random: Random): Plan[] {
  if (!random.chance(rates.comeBack)) return [];
  return [{ kind: 'comeBack', afterMs: random.between(2 * dayMs, 40 * dayMs) }];
}

export type StaffPlan = { afterMs: number; kind: 'noteRemark' | 'noteTag' | 'drop' };

export function planNotes(staff: StaffHabits, random: Random): StaffPlan[] {
  const plans: StaffPlan[] = [];
  if (random.chance(staff.noteRemark))
    plans.push({ kind: 'noteRemark', afterMs: random.between(minuteMs, 3 * hourMs) });
  if (random.chance(staff.noteTag)) plans.push({ kind: 'noteTag', afterMs: random.between(minuteMs, dayMs) });
  if (random.chance(staff.drop)) plans.push({ kind: 'drop', afterMs: random.between(dayMs, 30 * dayMs) });
  return plans;
}

/** @returns milliseconds until the member answers, or null when they never do */
export function planAnswer(staff: StaffHabits, random: Random): { afterMs: number; text: string } | null {
  if (!random.chance(staff.answer)) return null;
  return { afterMs: minutesBetween(staff.answerMinutes, random), text: random.pick(staffAnswers) };
}

export function minutesBetween(range: readonly [number, number], random: Random): number {
  return random.between(range[0], range[1]) * minuteMs;
}

/** Share of a kind expected to be still there after k days when nobody writes to them but the welcome. */
export function expectedRetention(rates: HabitRates, days: number, welcomed: boolean): number {
  const stayed = (1 - rates.leavePerDay) ** days;
  if (!welcomed || days <= 0) return stayed;
  // Leaving for the gift is spread evenly over two days.
  return stayed * (1 - rates.leaveAfterGift * Math.min(1, days / 2));
}

/**
 * The next arrival after `at` of a Poisson stream of `perDay` people whose rate follows the hour of the day.
 * @param hourAt hour of day in Shanghai at a time
 */
export function nextArrival(at: number, perDay: number, random: Random, hourAt: (ms: number) => number): number {
  const total = hourWeights.reduce((sum, weight) => sum + weight, 0);
  let left = random.exponential(1);
  let time = at;
  for (;;) {
    const ratePerMs = (perDay * (hourWeights[hourAt(time)] ?? 1)) / total / hourMs;
    const hourEnd = (Math.floor(time / hourMs) + 1) * hourMs;
    const inThisHour = (hourEnd - time) * ratePerMs;
    if (left <= inThisHour) return time + left / ratePerMs;
    left -= inThisHour;
    time = hourEnd;
  }
}
