import { hourOf } from '#sandbox/clock';
import type { Random } from '#sandbox/random';
import type { Subject } from './subjects.ts';

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
  /** Messages in seven days that nobody of this kind minds, from all members and groups together. */
  tolerancePerWeek: number;
  /** Chance to delete the member after each message beyond the tolerance. */
  leavePerExtraMessage: number;
  /** Chance to mute the sender instead: whoever has muted sees nothing more of them. */
  mutePerExtraMessage: number;
  /** Chance to add again after leaving. */
  comeBack: number;
  /** Chance to read a mass message. What a member writes to one person alone is always read. */
  readMass: number;
  /** Chance to read what is said in a group. */
  readGroup: number;
  /** Chance to come across a Moment. */
  readMoment: number;
  /** Chance to answer a message that was read. */
  answerMessage: number;
  /** Chance to like a Moment that was seen; a third of those comment on it too. */
  likeMoment: number;
  /** Purchases on a day when nobody has written anything. */
  purchasesPerDay: number;
  /** By how much the purchase rate grows on the first day after reading: 1 doubles it. `liftCurves` says how it fades. */
  liftByOffer: number;
  liftByContent: number;
  liftByCare: number;
  /** What is bought, as weights of the price levels of the catalogue. */
  purse: Readonly<Record<PriceLevel, number>>;
};

export type PriceLevel = 'low' | 'middle' | 'high';

/**
 * How a lift fades: it is halved with every half-life, in steps of 24 hours from the moment of reading, and over after
 * so many days.
 */
export const liftCurves: Record<Exclude<Subject, 'plain'>, { halfLifeDays: number; lastsDays: number }> = {
  offer: { halfLifeDays: 1.5, lastsDays: 5 },
  content: { halfLifeDays: 3, lastsDays: 10 },
  care: { halfLifeDays: 5, lastsDays: 14 },
};

/** A message to one person moves more than one in a group, and that more than a Moment in passing. */
export const reachWeights = { mass: 1, client: 1, group: 0.6, moment: 0.4 } as const;
export type ReachKind = keyof typeof reachWeights;

export const habits: Record<KindName, HabitRates> = {
  loyal: {
    replyToWelcome: 0.5,
    writeLater: 0.4,
    tapLink: 0.6,
    leavePerDay: 0.001,
    leaveAfterGift: 0,
    tolerancePerWeek: 4,
    leavePerExtraMessage: 0,
    mutePerExtraMessage: 0.02,
    comeBack: 0.5,
    readMass: 0.92,
    readGroup: 0.5,
    readMoment: 0.5,
    answerMessage: 0.12,
    likeMoment: 0.2,
    purchasesPerDay: 0.03,
    liftByOffer: 0.8,
    liftByContent: 0.9,
    liftByCare: 1.3,
    purse: { low: 2, middle: 4, high: 2 },
  },
  curious: {
    replyToWelcome: 0.35,
    writeLater: 0.3,
    tapLink: 0.45,
    leavePerDay: 0.006,
    leaveAfterGift: 0.02,
    tolerancePerWeek: 3,
    leavePerExtraMessage: 0.03,
    mutePerExtraMessage: 0.08,
    comeBack: 0.2,
    readMass: 0.8,
    readGroup: 0.4,
    readMoment: 0.4,
    answerMessage: 0.08,
    likeMoment: 0.1,
    purchasesPerDay: 0.012,
    liftByOffer: 2,
    liftByContent: 1,
    liftByCare: 0.7,
    purse: { low: 3, middle: 3, high: 1 },
  },
  bargain_only: {
    replyToWelcome: 0.2,
    writeLater: 0.05,
    tapLink: 0.8,
    leavePerDay: 0.03,
    leaveAfterGift: 0.65,
    tolerancePerWeek: 4,
    leavePerExtraMessage: 0.05,
    mutePerExtraMessage: 0.1,
    comeBack: 0.08,
    readMass: 0.85,
    readGroup: 0.5,
    readMoment: 0.2,
    answerMessage: 0.05,
    likeMoment: 0.02,
    purchasesPerDay: 0.006,
    liftByOffer: 6,
    liftByContent: 0.1,
    liftByCare: 0.2,
    purse: { low: 6, middle: 1, high: 0 },
  },
  silent: {
    replyToWelcome: 0.02,
    writeLater: 0.01,
    tapLink: 0.1,
    leavePerDay: 0.004,
    leaveAfterGift: 0.01,
    tolerancePerWeek: 2,
    leavePerExtraMessage: 0.01,
    mutePerExtraMessage: 0.1,
    comeBack: 0.02,
    readMass: 0.6,
    readGroup: 0.3,
    readMoment: 0.3,
    answerMessage: 0.01,
    likeMoment: 0.01,
    purchasesPerDay: 0.01,
    liftByOffer: 1,
    liftByContent: 0.5,
    liftByCare: 0.6,
    purse: { low: 3, middle: 3, high: 1 },
  },
  easily_annoyed: {
    replyToWelcome: 0.12,
    writeLater: 0.05,
    tapLink: 0.2,
    leavePerDay: 0.01,
    leaveAfterGift: 0.05,
    tolerancePerWeek: 1,
    leavePerExtraMessage: 0.35,
    mutePerExtraMessage: 0.3,
    comeBack: 0.03,
    readMass: 0.75,
    readGroup: 0.2,
    readMoment: 0.2,
    answerMessage: 0.03,
    likeMoment: 0.02,
    purchasesPerDay: 0.014,
    liftByOffer: 0.5,
    liftByContent: 0.3,
    liftByCare: 0.5,
    purse: { low: 3, middle: 3, high: 2 },
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
  /** Hours of the day (Shanghai) in which members look at their tasks, every day of the week. */
  workingHours: readonly [number, number];
  /** Working hours until a member confirms a mass message or a Moment. */
  confirmHours: readonly [number, number];
  /** Chance to decide against a task: it stays unsent whatever comes. */
  refuseTask: number;
  /** Chance to overlook a task: it stays unsent unless somebody reminds. */
  overlookTask: number;
  /** Chance that a reminder makes a member confirm who has not; each one counts anew. */
  confirmWhenReminded: number;
  /** Chance to open the link of a message from an app. */
  openAppLink: number;
};

export const staffHabits: StaffHabits = {
  acceptMinutes: [1, 40],
  answerMinutes: [1, 30],
  answer: 0.85,
  noteRemark: 0.15,
  noteTag: 0.1,
  drop: 0.004,
  workingHours: [9, 20],
  confirmHours: [0.05, 6],
  refuseTask: 0.02,
  overlookTask: 0.08,
  confirmWhenReminded: 0.5,
  openAppLink: 0.6,
};

/** Arrivals and purchases by hour in Shanghai, relative: quiet nights, a lunch peak and an evening peak. */
export const hourWeights: readonly number[] = [
  0.25, 0.12, 0.06, 0.04, 0.05, 0.12, 0.35, 0.7, 0.95, 1.1, 1.3, 1.45, 1.7, 1.5, 1.25, 1.2, 1.25, 1.4, 1.55, 1.8, 1.9,
  1.65, 1.15, 0.6,
];

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export type Plan = { afterMs: number; kind: 'say' | 'leave' | 'mute' | 'tap' | 'comeBack'; text?: string };

const later = ['请问门店几点关门？', '上次那款还有吗？', '有适合送长辈的吗？', '可以寄到家里吗？', '今天有活动吗？'];
const answersToWelcome = ['你好呀', '好的，谢谢', '怎么领取？', '收到～', '请问有优惠吗？', '好的'];
const answersToMessage = ['谢谢', '收到', '好的，我看看', '这个怎么买？', '还有货吗？', '不错呀', '下次去店里看看'];
export const momentComments = ['好看！', '想喝', '这款怎么卖？', '学到了', '下次去店里试试'];
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

/**
 * What somebody does who has just read a message.
 * @param messagesThisWeek messages pushed to them in the last seven days, this one included; 0 for a message that
 *   answers them or welcomes them, which nobody minds
 */
export function planAfterMessage(
  rates: HabitRates,
  message: { hasLink: boolean; messagesThisWeek: number },
  random: Random,
): Plan[] {
  const plans: Plan[] = [];
  if (message.hasLink && random.chance(rates.tapLink)) {
    plans.push({ kind: 'tap', afterMs: random.between(5_000, 30 * minuteMs) });
  }
  if (message.messagesThisWeek > rates.tolerancePerWeek) {
    const afterMs = random.between(minuteMs, 6 * hourMs);
    if (random.chance(rates.leavePerExtraMessage)) plans.push({ kind: 'leave', afterMs });
    else if (random.chance(rates.mutePerExtraMessage)) plans.push({ kind: 'mute', afterMs });
  }
  if (message.messagesThisWeek > 0 && random.chance(rates.answerMessage)) {
    plans.push({ kind: 'say', afterMs: random.between(minuteMs, 2 * hourMs), text: random.pick(answersToMessage) });
  }
  return plans;
}

/** @returns milliseconds until the message is read, or null when it never is */
export function planReading(rates: HabitRates, kind: ReachKind, at: number, random: Random): number | null {
  const chance = { mass: rates.readMass, client: 1, group: rates.readGroup, moment: rates.readMoment }[kind];
  if (!random.chance(chance)) return null;
  const afterMs = random.between(minuteMs, kind === 'moment' ? 10 * hourMs : 3 * hourMs);
  // Nobody reads at night: what comes then is read in the morning.
  const sleepMs = Math.max(0, 7 - hourOf(at + afterMs)) * hourMs;
  return afterMs + sleepMs;
}

/** @returns plans for a Moment that was seen */
export function planAfterMoment(
  rates: HabitRates,
  hasLink: boolean,
  random: Random,
): { afterMs: number; kind: 'tap' | 'like' | 'comment' }[] {
  const plans: { afterMs: number; kind: 'tap' | 'like' | 'comment' }[] = [];
  if (hasLink && random.chance(rates.tapLink / 3))
    plans.push({ kind: 'tap', afterMs: random.between(2_000, minuteMs) });
  if (random.chance(rates.likeMoment)) {
    plans.push({ kind: 'like', afterMs: random.between(2_000, minuteMs) });
    if (random.chance(1 / 3)) plans.push({ kind: 'comment', afterMs: random.between(minuteMs, 5 * minuteMs) });
  }
  return plans;
}

/** By how much reading a message of this subject raises the purchase rate on the first day. */
export function liftOf(rates: HabitRates, subject: Subject, kind: ReachKind): number {
  const size = { offer: rates.liftByOffer, content: rates.liftByContent, care: rates.liftByCare, plain: 0 }[subject];
  return size * reachWeights[kind];
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

/** What a member makes of a task: when it is confirmed or refused, or null when it is overlooked. */
export function planTask(
  staff: StaffHabits,
  at: number,
  random: Random,
): { at: number; kind: 'confirm' | 'refuse' } | null {
  const dueAt = afterWorkingTime(at, random.between(...staff.confirmHours) * hourMs, staff.workingHours);
  if (random.chance(staff.refuseTask)) return { at: dueAt, kind: 'refuse' };
  return random.chance(staff.overlookTask) ? null : { at: dueAt, kind: 'confirm' };
}

/** @returns when a reminded member confirms after all, or null */
export function planWhenReminded(staff: StaffHabits, at: number, random: Random): number | null {
  if (!random.chance(staff.confirmWhenReminded)) return null;
  return afterWorkingTime(at, random.between(...staff.confirmHours) * hourMs, staff.workingHours);
}

/** The time when so much of the working day has passed since `at`; nights do not count. */
export function afterWorkingTime(at: number, workMs: number, [opens, closes]: readonly [number, number]): number {
  let time = at;
  let left = workMs;
  for (;;) {
    const hourEnd = (Math.floor(time / hourMs) + 1) * hourMs;
    const hour = hourOf(time);
    if (hour >= opens && hour < closes) {
      if (left <= hourEnd - time - 1) return time + left;
      left -= hourEnd - time;
    }
    time = hourEnd;
  }
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
