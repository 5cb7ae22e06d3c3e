import { expect, it } from 'vitest';
import { runChaos } from '#bench/chaos';

it('sends nothing twice, and knows of everybody, when siyu is killed under a troubled platform', {
  timeout: 240_000,
}, async () => {
  const said: string[] = [];
  const options = { people: 80, kills: 2, postgresEvery: 2, seconds: 8, speed: 240, restSeconds: 10 };
  const { result, broken } = await runChaos(options, (text) => said.push(text));
  // What was lost is looked for over minutes before it is sent again: that it comes to its end is the bench's business.
  expect(
    broken.filter((line) => !/^(under_way|half_rows)/.test(line)),
    said.join('\n'),
  ).toEqual([]);
  expect(result).toMatchObject({ kills: 2, people: 80, duplicates: 0, over_quota: 0, unexplained: 0 });
  expect(result.delivered).toBeGreaterThan(20);
});
