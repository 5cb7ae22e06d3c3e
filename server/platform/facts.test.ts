import { expect, it } from 'vitest';
import { findUnstorable } from './facts.ts';

it.each([
  [{ a: { b: 'x\u0000' } }, { path: 'a.b', problem: 'control_characters' }],
  [{ 'a\u0000': 1 }, { path: '', problem: 'control_characters' }],
  [{ a: '\ud800' }, { path: 'a', problem: 'control_characters' }],
  [JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`), { problem: 'too_deep' }],
  [{ a: ['𠮷', 1, null, { b: true }] }, undefined],
])('finds what cannot be kept', (value, expected) => {
  const found = findUnstorable(value);
  if (expected) expect(found).toMatchObject(expected);
  else expect(found).toBeUndefined();
});
