import { expect, test } from 'vitest';
import { createFrequency, minuteMs } from './quota.ts';

test('the call over the limit is refused, and so are all others for as long as the window', () => {
  let now = 0;
  const frequency = createFrequency(() => now);
  const limits = [{ windowMs: minuteMs, calls: 3 }];
  const call = () => frequency.count('api', limits);
  expect([call(), call(), call(), call()]).toEqual([true, true, true, false]);
  now = minuteMs - 1;
  expect(call()).toBe(false);
  now = minuteMs;
  expect(call()).toBe(true);
});

test('a new window starts from zero, and each key counts for itself', () => {
  let now = 0;
  const frequency = createFrequency(() => now);
  const limits = [{ windowMs: minuteMs, calls: 2 }];
  frequency.count('a', limits);
  frequency.count('a', limits);
  now = minuteMs + 1;
  expect(frequency.count('a', limits)).toBe(true);
  expect(frequency.count('b', limits)).toBe(true);
});
