import type { z } from 'zod';
import { type Cap, type Category, type Channel, memoryDays, type Policy, type touchDetail } from '#contract/touch';
import { addDays, civilMoment, dayOf, dayStart } from '#platform/days';
import { bucketOf } from '#segments';
import type { TouchReason } from './rules.ts';

/**
 * What the gate says of one touch, in this order:
 *
 * 1. Not at all: its time is over; nobody of ours is with the customer, or there is no address; the customer does not want it,
 *    or must have said that he does and has not.
 * 2. Not yet: the latest of all moments to which something holds it back counts. Would it be too late then, it is not at all.
 * 3. Not at all, though it could go now: he has been given too little since we last asked; the control group; the holdout. These
 *    come last, so that everybody who is left alone for measuring would have been touched otherwise.
 *
 * Touches under way may arrive at any moment: for caps and quotas they count as if they did now. They have given nothing yet and
 * left nothing unanswered; pauses run from when they were allowed. Windows are half-open: a touch leaves a window of n hours
 * exactly n hours later. The gate decides the same in SQL for whole sets (gate.ts); a test
 * compares both.
 */
export type Verdict =
  | { readonly kind: 'allow'; readonly until: Date | null }
  | { readonly kind: 'defer'; readonly reason: TouchReason; readonly until: Date; readonly detail: Detail }
  | { readonly kind: 'suppress'; readonly reason: TouchReason; readonly detail: Detail | null };

export type Detail = z.output<typeof touchDetail>;

export interface GateTouch {
  readonly channel: Channel;
  readonly category: Category;
  /** The member it comes from. */
  readonly staffId: number | null;
  /** Why the channel cannot reach the person; null when it can. */
  readonly obstacle: Extract<TouchReason, 'not_a_contact' | 'no_address'> | null;
  /** The newest word that fits. */
  readonly word: 'granted' | 'withdrawn' | null;
  readonly isHoldout: boolean;
  readonly plannedAt: Date;
  readonly expiresAt: Date | null;
}

export interface PastTouch {
  readonly touchId: number;
  readonly at: Date;
  readonly isOpen: boolean;
  readonly channel: string;
  readonly category: string;
  readonly staffId: number | null;
}

export interface GatePerson {
  readonly customerId: number;
  /** His own, or the organisation's. */
  readonly zone: string;
  readonly lastActAt: Date | null;
  readonly mutedAt: Date | null;
  /** What was allowed within `memoryDays`. */
  readonly past: readonly PastTouch[];
}

export function decide(policy: Policy, touch: GateTouch, person: GatePerson, now: Date): Verdict {
  if (touch.expiresAt !== null && touch.expiresAt <= now) return suppress('too_late');
  if (touch.obstacle !== null) return suppress(touch.obstacle);
  if (touch.word === 'withdrawn') return suppress('consent_withdrawn');
  if (touch.word === null && needsConsent(policy, touch)) return suppress('no_consent');

  const waits = waitsOf(policy, touch, person, now).filter(({ until }) => until > now);
  const [longest, ...others] = waits;
  if (longest) {
    // Of two as long, the one that stands first.
    const wait = others.reduce((held, next) => (next.until > held.until ? next : held), longest);
    const end = touch.expiresAt ?? new Date(touch.plannedAt.getTime() + policy.patienceHours * hourMs);
    const detail = { ...wait.detail, until: wait.until.toISOString() };
    if (wait.until >= end) return suppress(wait.reason, detail);
    return { kind: 'defer', reason: wait.reason, until: wait.until, detail };
  }

  const isExempt = policy.exemptCategories.includes(touch.category);
  if (!isExempt && touch.category === 'promotion' && policy.giveBeforeAsk > 0) {
    const given = givenSinceAsk(person, now);
    if (given !== null && given < policy.giveBeforeAsk) {
      return suppress('give_first', { count: given, max: policy.giveBeforeAsk });
    }
  }
  if (policy.controlGroup.categories.includes(touch.category) && isInControlGroup(policy, person.customerId)) {
    return suppress('control_group');
  }
  if (touch.isHoldout) return suppress('holdout');
  return { kind: 'allow', until: quietOf(policy, person.zone, now)?.beginsAt ?? null };
}

const hourMs = 3_600_000;

function suppress(reason: TouchReason, detail: Detail | null = null): Verdict {
  return { kind: 'suppress', reason, detail };
}

export function needsConsent(policy: Policy, { channel, category }: Pick<GateTouch, 'channel' | 'category'>): boolean {
  return policy.optIn.some((pair) => pair.channel === channel && pair.category === category);
}

interface Wait {
  readonly reason: TouchReason;
  readonly until: Date;
  readonly detail?: Omit<Detail, 'until'>;
}

/** What holds a touch back, and to when; moments that are over hold nothing back. */
function waitsOf(policy: Policy, touch: GateTouch, person: GatePerson, now: Date): Wait[] {
  const waits: Wait[] = [];
  const quiet = quietOf(policy, person.zone, now);
  if (quiet?.endsAt) waits.push({ reason: 'quiet_hours', until: quiet.endsAt });
  if (touch.channel === 'wecom_mass') {
    const quota = quotaOf(policy.wecomQuota, now);
    const used = arrivalsOf(person, now).filter((at) => at.channel === 'wecom_mass' && at.at >= quota.from).length;
    if (used >= quota.max) {
      waits.push({ reason: 'platform_quota', until: quota.until, detail: { count: used, max: quota.max } });
    }
  }
  if (policy.exemptCategories.includes(touch.category)) return waits;
  for (const cap of policy.caps) {
    const until = fits(cap, touch) ? capUntil(cap, touch.staffId, person, now) : null;
    if (until) waits.push({ reason: 'cap', until, detail: { cap } });
  }
  const pause = pauseOf(policy, person, now);
  if (pause.gapUntil) waits.push({ reason: 'minimum_gap', until: pause.gapUntil });
  if (pause.fatigueUntil) {
    waits.push({ reason: 'fatigue', until: pause.fatigueUntil, detail: { count: pause.unanswered } });
  }
  if (pause.muteUntil) waits.push({ reason: 'muted', until: pause.muteUntil });
  return waits;
}

/** Whether a cap speaks of such touches. */
function fits(cap: Cap, touch: { channel: string; category: string }): boolean {
  return (
    (cap.channels.length === 0 || (cap.channels as readonly string[]).includes(touch.channel)) &&
    (cap.categories.length === 0 || (cap.categories as readonly string[]).includes(touch.category))
  );
}

/** Touches by the moment they count from, newest first. */
function arrivalsOf(person: GatePerson, now: Date): PastTouch[] {
  const from = now.getTime() - memoryDays * 24 * hourMs;
  return person.past
    .filter((touch) => touch.at.getTime() > from)
    .map((touch) => (touch.isOpen ? { ...touch, at: now } : touch))
    .sort((a, b) => b.at.getTime() - a.at.getTime() || b.touchId - a.touchId);
}

function countedBy(cap: Cap, staffId: number | null, person: GatePerson, now: Date): PastTouch[] {
  const from = now.getTime() - cap.windowHours * hourMs;
  return arrivalsOf(person, now).filter(
    (past) => past.at.getTime() > from && fits(cap, past) && (!cap.isByStaff || past.staffId === staffId),
  );
}

/** When so many have left the window that one more may come; null when it may now. */
function capUntil(cap: Cap, staffId: number | null, person: GatePerson, now: Date): Date | null {
  if (cap.isByStaff && staffId === null) return null;
  const last = countedBy(cap, staffId, person, now)[cap.max - 1];
  return last ? new Date(last.at.getTime() + cap.windowHours * hourMs) : null;
}

/** How much of a cap is used, for showing. */
export function usageOf(cap: Cap, staffId: number | null, person: GatePerson, now: Date) {
  return { used: countedBy(cap, staffId, person, now).length, until: capUntil(cap, staffId, person, now) };
}

/** Touches that gave and have arrived since the last promotion; null when there was none. */
export function givenSinceAsk(person: GatePerson, now: Date): number | null {
  const told = arrivalsOf(person, now).filter((touch) => touch.category === 'promotion' || !touch.isOpen);
  const asked = told.findIndex((touch) => touch.category === 'promotion');
  return asked < 0 ? null : asked;
}

/** Pauses that do not depend on what is to be said. */
export function pauseOf(policy: Policy, person: GatePerson, now: Date) {
  const { lastActAt, mutedAt } = person;
  const past = person.past.filter((touch) => touch.at.getTime() > now.getTime() - memoryDays * 24 * hourMs);
  const lastAt = past.length === 0 ? null : new Date(Math.max(...past.map((touch) => touch.at.getTime())));
  const unanswered = past.filter((touch) => !touch.isOpen && (lastActAt === null || touch.at > lastActAt)).length;
  const pauseHours = Math.max(
    0,
    ...policy.fatigue.filter((step) => step.touches <= unanswered).map((step) => step.pauseHours),
  );
  const after = (from: Date | null, ms: number) =>
    from !== null && ms > 0 && from.getTime() + ms > now.getTime() ? new Date(from.getTime() + ms) : null;
  const hasActedSince = lastActAt !== null && mutedAt !== null && lastActAt > mutedAt;
  return {
    lastAt,
    unanswered,
    gapUntil: after(lastAt, policy.minGapMinutes * 60_000),
    fatigueUntil: after(lastAt, pauseHours * hourMs),
    muteUntil: hasActedSince ? null : after(mutedAt, policy.muteDays * 24 * hourMs),
  };
}

const minuteMs = 60_000;
const dayMinutes = 1440;

/**
 * When quiet hours end, when it is quiet; otherwise when they begin. By the clock as it goes now: in the two nights a year when
 * it is changed they end or begin by the old time, and the gate looks again then.
 */
export function quietOf(policy: Policy, zone: string, now: Date): { endsAt?: Date; beginsAt?: Date } | null {
  const hours = policy.quietHours;
  if (!hours || hours.fromMinute === hours.untilMinute) return null;
  const { minute } = civilMoment(now, zone);
  const thisMinute = Math.floor(now.getTime() / minuteMs) * minuteMs;
  const at = (wanted: number) =>
    new Date(thisMinute + (((wanted - minute - 1 + 2 * dayMinutes) % dayMinutes) + 1) * minuteMs);
  const isQuiet =
    hours.fromMinute < hours.untilMinute
      ? minute >= hours.fromMinute && minute < hours.untilMinute
      : minute >= hours.fromMinute || minute < hours.untilMinute;
  return isQuiet ? { endsAt: at(hours.untilMinute) } : { beginsAt: at(hours.fromMinute) };
}

/** WeCom counts in China's time, whatever the organisation's zone. */
const platformZone = 'Asia/Shanghai';

/** How many mass messages a customer may get in which period: 41048 and status 3 of the send results say so when it is over. */
export function quotaOf(rule: Policy['wecomQuota'], now: Date): { max: number; from: Date; until: Date } {
  const today = dayOf(now, platformZone);
  const between = (from: string, until: string) => ({
    from: dayStart(from, platformZone),
    until: dayStart(until, platformZone),
  });
  switch (rule) {
    case 'one_a_day':
      return { max: 1, ...between(today, addDays(today, 1)) };
    case 'seven_a_week': {
      const monday = addDays(today, 1 - civilMoment(now, platformZone).weekday);
      return { max: 7, ...between(monday, addDays(monday, 7)) };
    }
    case 'month_days': {
      const first = `${today.slice(0, 7)}-01`;
      const next = `${addDays(first, 31).slice(0, 7)}-01`;
      return { max: Math.round((Date.parse(next) - Date.parse(first)) / 86_400_000), ...between(first, next) };
    }
  }
}

export function isInControlGroup({ controlGroup }: Policy, customerId: number): boolean {
  return bucketOf(customerId, controlGroup.seed) < Math.round(controlGroup.share * 10_000);
}
