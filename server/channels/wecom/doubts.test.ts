import { expect, test } from 'vitest';
import { createDoubts } from './doubts.ts';

function setUp() {
  let now = 1_000_000;
  const doubts = createDoubts(() => now);
  return { doubts, isSure: (key: string) => doubts.unsure(key) === undefined, advance: (ms: number) => (now += ms) };
}

test('what an answered call did not make is surely not there a moment later', () => {
  const { doubts, isSure, advance } = setUp();
  doubts.note('a', true);
  expect(isSure('a')).toBe(false);
  advance(500);
  expect(isSure('a')).toBe(true);
});

test('what a call without an answer may have made is waited for', () => {
  const { doubts, isSure, advance } = setUp();
  doubts.note('a', false);
  advance(59_999);
  expect(isSure('a')).toBe(false);
  advance(1);
  expect(isSure('a')).toBe(true);
});

test('a call of another process is waited for as if it had been made when it is first asked about', () => {
  const { isSure, advance } = setUp();
  expect(isSure('a')).toBe(false);
  advance(59_000);
  expect(isSure('a')).toBe(false);
  advance(1000);
  expect(isSure('a')).toBe(true);
  expect(isSure('b')).toBe(false);
});

test('what turned out not to be there is doubted anew: another process may have made it since', () => {
  const { doubts, isSure, advance } = setUp();
  doubts.note('a', false);
  advance(60_000);
  expect(isSure('a')).toBe(true);
  advance(15_000);
  expect(isSure('a')).toBe(false);
});
