import { expect, test } from 'vitest';
import { createAgenda } from './agenda.ts';
import { createRandom } from './random.ts';
import type { Action } from './store.ts';

const arrive: Action = { kind: 'arrive' };

test('actions are taken by time, and at the same time in the order they were planned', () => {
  const random = createRandom('agenda');
  const agenda = createAgenda();
  for (let i = 0; i < 500; i++) agenda.plan(random.int(50), arrive);
  const taken = [];
  for (let due = agenda.take(49); due; due = agenda.take(49)) taken.push(due);
  expect(taken).toHaveLength(500);
  expect(taken).toEqual(taken.toSorted((a, b) => a.at - b.at || a.seq - b.seq));
});

test('nothing is taken before its time', () => {
  const agenda = createAgenda();
  agenda.plan(100, arrive);
  expect(agenda.take(99)).toBeUndefined();
  expect(agenda.nextAt()).toBe(100);
  expect(agenda.take(100)?.action).toEqual(arrive);
});
