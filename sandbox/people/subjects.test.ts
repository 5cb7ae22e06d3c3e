import { expect, test } from 'vitest';
import { subjectOf } from './subjects.ts';

test.each([
  ['新茶上市，今日8折', 'offer'],
  ['生日快乐！送您一张20元券', 'offer'],
  ['Spring sale: 20% off everything', 'offer'],
  ['生日快乐，愿您新的一岁平安喜乐', 'care'],
  ['上次的大红袍喝得还习惯吗？', 'care'],
  ['Your parcel has arrived? How is the tea?', 'care'],
  ['三步教您冲泡龙井', 'content'],
  ['本季茶单 https://example.com/t/abc', 'content'],
  ['How to brew oolong', 'content'],
  ['在的', 'plain'],
  ['', 'plain'],
])('%s: %s', (words, subject) => {
  expect(subjectOf(words)).toBe(subject);
});
