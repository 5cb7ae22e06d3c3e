import { expect, test } from 'vitest';
import { createGate } from './gate.ts';

test('so many are inside at once, the others follow in order, and none waits for ever after closing', async () => {
  const gate = createGate(2);
  const leave: (() => void)[] = [];
  const entered: number[] = [];
  const enter = (name: number) =>
    gate.pass(() => {
      entered.push(name);
      return new Promise<void>((resolve) => leave.push(resolve));
    });
  const visits = [1, 2, 3, 4].map(enter);
  await Promise.resolve();
  expect(entered).toEqual([1, 2]);
  leave.shift()?.();
  await visits[0];
  await expect.poll(() => entered).toEqual([1, 2, 3]);
  gate.close();
  for (const go of leave) go();
  const ends = await Promise.allSettled(visits);
  expect(ends.map((end) => end.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
});
