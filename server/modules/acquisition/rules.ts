import type { z } from 'zod';
import type { codeDraft, rotationSlot } from '#contract/acquisition';
import { addDays, civilMoment, dayOf, dayStart, momentOf } from '#platform/days';

/** Decisions about channel codes: who answers now, when that may change, what state a code is in. */

export type CodeDraft = z.output<typeof codeDraft>;
export type RotationSlot = z.output<typeof rotationSlot>;

export interface Rota {
  readonly rotation: readonly RotationSlot[];
  readonly backupStaffIds: readonly number[];
  readonly dailyLimit: number | null;
}

export interface Turn {
  /** Never empty: WeCom needs somebody to answer a scan. */
  readonly staffIds: number[];
  readonly usesBackup: boolean;
}

/** WeCom's limit of members behind one code. */
const maxStaff = 100;

/**
 * Who answers a scan at `now`: the staff of the slots that hold, without those who reached the daily limit and those who
 * cannot take customers; else the backup; else, so that nobody scans in vain, everybody in the rota who can.
 */
export function staffNow(
  rota: Rota,
  facts: { now: Date; zone: string; addsToday: ReadonlyMap<number, number>; available: ReadonlySet<number> },
): Turn {
  const { weekday, minute } = civilMoment(facts.now, facts.zone);
  const available = (ids: readonly number[]) =>
    [...new Set(ids)].filter((id) => facts.available.has(id)).slice(0, maxStaff);
  const onDuty = available(
    rota.rotation
      .filter((slot) => slot.weekdays.includes(weekday) && slot.fromMinute <= minute && minute < slot.toMinute)
      .flatMap((slot) => slot.staffIds),
  );
  const limit = rota.dailyLimit;
  const withRoom = limit === null ? onDuty : onDuty.filter((id) => (facts.addsToday.get(id) ?? 0) < limit);
  if (withRoom.length > 0) return { staffIds: withRoom, usesBackup: false };
  const backup = available(rota.backupStaffIds);
  if (backup.length > 0) return { staffIds: backup, usesBackup: true };
  if (onDuty.length > 0) return { staffIds: onDuty, usesBackup: false };
  return { staffIds: available(rota.rotation.flatMap((slot) => slot.staffIds)), usesBackup: false };
}

/** The next moment at which the answer of `staffNow` can differ by itself: a slot begins or ends, or a day begins. */
export function nextTurnAt(rota: Rota, now: Date, zone: string): Date {
  const today = dayOf(now, zone);
  const tomorrow = dayStart(addDays(today, 1), zone);
  const edges = rota.rotation
    .flatMap((slot) => [slot.fromMinute, slot.toMinute])
    .map((minute) => momentOf(today, minute, zone).getTime())
    .filter((at) => at > now.getTime());
  return new Date(Math.min(tomorrow.getTime(), ...edges));
}

export type CodeState = 'waiting' | 'active' | 'paused' | 'ended';

export function stateOfCode(
  code: { isPaused: boolean; endedAt: Date | null; startsAt: Date | null; endsAt: Date | null; hasQr: boolean },
  now: Date,
): CodeState {
  if (code.endedAt !== null || (code.endsAt !== null && code.endsAt <= now)) return 'ended';
  if (!code.hasQr || (code.startsAt !== null && code.startsAt > now)) return 'waiting';
  return code.isPaused ? 'paused' : 'active';
}

/** Days after which a code's adds are looked at again. */
export const stillThereDays = [1, 7, 30] as const;
