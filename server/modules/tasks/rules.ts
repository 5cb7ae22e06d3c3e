import type { z } from 'zod';
import { type taskReason, type taskSettings, type taskState, undoMs } from '#contract/tasks';
import { addDays } from '#platform/days';

/** Decisions about tasks: what may be tapped, who hears of what nobody does, and what the ledger of touches is told. */

export type TaskState = z.output<typeof taskState>;
export type TaskReason = z.output<typeof taskReason>;
export type TaskSettings = z.output<typeof taskSettings>;

/** What the last tap changed. */
export interface Previous {
  readonly at: string;
  readonly state: TaskState;
  readonly dueOn: string;
  readonly postponeCount: number;
}

export function isToDo(state: TaskState): boolean {
  return state === 'open' || state === 'postponed';
}

/** Until when the last tap can be taken back, or null. What a manager or time ended has no tap to take back. */
export function undoUntil(previous: Previous | null, now: Date): Date | null {
  if (previous === null) return null;
  const until = new Date(Date.parse(previous.at) + undoMs);
  return until > now ? until : null;
}

/** Whether a task can be put off to a day. The last day itself still serves. */
export function checkPostponing(
  until: string,
  days: { today: string; lastDay: string },
): 'fits' | 'not_later' | 'too_late' {
  if (until <= days.today) return 'not_later';
  return until > days.lastDay ? 'too_late' : 'fits';
}

/** What an ended task means for its touch: `delivered` keeps the customer's attention spent, the others give it back. */
export function outcomeOf(state: TaskState) {
  switch (state) {
    case 'done':
      return { state: 'delivered', reason: null } as const;
    case 'not_suitable':
      return { state: 'failed', reason: 'not_suitable' } as const;
    case 'expired':
      return { state: 'expired', reason: 'not_done' } as const;
    case 'cancelled':
      return { state: 'cancelled', reason: 'cancelled' } as const;
    case 'open':
    case 'postponed':
      throw new Error(`a task that is ${state} has no outcome`);
  }
}

export interface Department {
  readonly id: number;
  readonly parentId: number | null;
  readonly leaderIds: readonly number[];
}

/**
 * The departments whose leaders hear in turn of what a member does not do: his own, the one above, and so on. A department
 * that nobody but himself leads is passed over: nobody escalates to himself.
 *
 * @param ownIds the departments he is in; of several, the one with the lowest id is where he belongs
 */
export function ladderOf(
  staffId: number,
  ownIds: readonly number[],
  departments: ReadonlyMap<number, Department>,
): number[] {
  const rungs: number[] = [];
  const seen = new Set<number>();
  let at = ownIds.length === 0 ? null : Math.min(...ownIds);
  while (at !== null && !seen.has(at)) {
    seen.add(at);
    const department = departments.get(at);
    if (department?.leaderIds.some((leader) => leader !== staffId)) rungs.push(at);
    at = department?.parentId ?? null;
  }
  return rungs;
}

export interface Overdue {
  readonly dueOn: string;
  readonly escalationCount: number;
  readonly escalatedOn: string | null;
  /** The adviser has left or cannot use WeCom: waiting for him is of no use. */
  readonly isOrphaned: boolean;
}

/**
 * Where an overdue task goes today: the next department, `null` when none is left and the operators have it, or `undefined`
 * when it is not time.
 */
export function nextRung(
  task: Overdue,
  ladder: readonly number[],
  today: string,
  settings: TaskSettings['escalation'],
): number | null | undefined {
  // One step beyond the ladder is the operators'; there is nobody above.
  if (!settings.isOn || task.escalationCount > ladder.length) return undefined;
  const since = task.escalatedOn ?? task.dueOn;
  const pause = task.escalationCount === 0 ? (task.isOrphaned ? 0 : settings.afterDays) : settings.againAfterDays;
  if (addDays(since, pause) > today) return undefined;
  return ladder[task.escalationCount] ?? null;
}

export interface Workload {
  readonly overdue: number;
  readonly dueToday: number;
  /** On his list as a leader. */
  readonly escalated: number;
}

/** The morning's message; undefined when there is nothing to say. */
export function summaryText({ overdue, dueToday, escalated }: Workload): string | undefined {
  const parts = [
    ...(dueToday > 0 ? [`今天 ${dueToday} 项`] : []),
    ...(overdue > 0 ? [`已逾期 ${overdue} 项`] : []),
    ...(escalated > 0 ? [`团队逾期待你处理 ${escalated} 项`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join('，');
}
