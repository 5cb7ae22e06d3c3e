import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taskSettings } from '#contract/tasks';
import { checkPostponing, type Department, ladderOf, nextRung, type Overdue, summaryText, undoUntil } from './rules.ts';

const { escalation } = taskSettings.parse({});

describe('postponing', () => {
  const days = { today: '2026-11-20', lastDay: '2026-11-25' };
  it.each([
    ['2026-11-19', 'not_later'],
    ['2026-11-20', 'not_later'],
    ['2026-11-21', 'fits'],
    ['2026-11-25', 'fits'],
    ['2026-11-26', 'too_late'],
  ])('to %s is %s', (until, verdict) => {
    expect(checkPostponing(until, days)).toBe(verdict);
  });
});

describe('taking back', () => {
  const at = new Date('2026-11-20T02:00:00Z');
  const previous = { at: at.toISOString(), state: 'open', dueOn: '2026-11-20', postponeCount: 0 } as const;
  const later = (ms: number) => new Date(at.getTime() + ms);

  it('is possible for a minute', () => {
    expect(undoUntil(previous, later(59_999))).toEqual(later(60_000));
    expect(undoUntil(previous, later(60_000))).toBeNull();
    expect(undoUntil(null, at)).toBeNull();
  });
});

/** A shop (3) in a region (2) of the company (1). */
const house = (leaders: Record<number, number[]>): Map<number, Department> =>
  new Map(
    [
      { id: 1, parentId: null },
      { id: 2, parentId: 1 },
      { id: 3, parentId: 2 },
    ].map((department) => [department.id, { ...department, leaderIds: leaders[department.id] ?? [] }]),
  );

describe('the ladder', () => {
  it('leads from the own department upwards', () => {
    expect(ladderOf(9, [3], house({ 1: [10], 2: [20], 3: [30] }))).toEqual([3, 2, 1]);
  });
  it('passes over departments that nobody, or only he himself, leads', () => {
    expect(ladderOf(30, [3], house({ 1: [10], 3: [30] }))).toEqual([1]);
    expect(ladderOf(30, [3], house({ 3: [30, 31] }))).toEqual([3]);
  });
  it('is empty for somebody without a department, and ends where departments go in a circle', () => {
    expect(ladderOf(9, [], house({ 1: [10] }))).toEqual([]);
    const circle = new Map([
      [1, { id: 1, parentId: 2, leaderIds: [10] }],
      [2, { id: 2, parentId: 1, leaderIds: [20] }],
    ]);
    expect(ladderOf(9, [1], circle)).toEqual([1, 2]);
  });
});

describe('escalation', () => {
  const overdue = (change: Partial<Overdue> = {}): Overdue => ({
    dueOn: '2026-11-18',
    escalationCount: 0,
    escalatedOn: null,
    isOrphaned: false,
    ...change,
  });
  const ladder = [3, 2];

  it.each([
    ['on its day nobody hears of it', overdue(), '2026-11-18', undefined],
    ['a day later its leaders do', overdue(), '2026-11-19', 3],
    ['of somebody who left they hear at once', overdue({ isOrphaned: true }), '2026-11-18', 3],
    ['not again the day after', overdue({ escalationCount: 1, escalatedOn: '2026-11-19' }), '2026-11-20', undefined],
    ['two days after it goes further up', overdue({ escalationCount: 1, escalatedOn: '2026-11-19' }), '2026-11-21', 2],
    ['then to the operators', overdue({ escalationCount: 2, escalatedOn: '2026-11-21' }), '2026-11-23', null],
    ['and no further', overdue({ escalationCount: 3, escalatedOn: '2026-11-23' }), '2026-12-30', undefined],
  ])('%s', (_, task, today, rung) => {
    expect(nextRung(task, ladder, today, escalation)).toBe(rung);
  });

  it('is silent when it is off', () => {
    expect(nextRung(overdue(), ladder, '2026-12-30', { ...escalation, isOn: false })).toBeUndefined();
  });

  it('ends after one step for each rung and one beyond, whatever the days', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 6 }), (rungs) => {
        let task = overdue();
        const visited: (number | null)[] = [];
        for (let day = 1; day <= 60; day++) {
          const today = new Date(Date.UTC(2026, 10, 18 + day)).toISOString().slice(0, 10);
          const rung = nextRung(task, rungs, today, escalation);
          if (rung === undefined) continue;
          visited.push(rung);
          task = { ...task, escalationCount: task.escalationCount + 1, escalatedOn: today };
        }
        expect(visited).toEqual([...rungs, null]);
      }),
    );
  });
});

it('the morning says what there is to do, and nothing when there is nothing', () => {
  expect(summaryText({ overdue: 0, dueToday: 0, escalated: 0 })).toBeUndefined();
  expect(summaryText({ overdue: 2, dueToday: 5, escalated: 1 })).toBe('今天 5 项，已逾期 2 项，团队逾期待你处理 1 项');
});
