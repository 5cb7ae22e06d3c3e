import { expect, it } from 'vitest';
import { runChaos } from '#bench/chaos';

it('sends nothing twice and leaves nobody out when siyu is killed under a troubled platform', {
  timeout: 300_000,
}, async () => {
  const said: string[] = [];
  const options = { people: 80, kills: 2, postgresEvery: 2, seconds: 8, speed: 120 };
  const { result, broken } = await runChaos(options, (text) => said.push(text));
  expect(broken, said.join('\n')).toEqual([]);
  expect(result).toMatchObject({ kills: 2, people: 80, duplicates: 0, over_quota: 0, unexplained: 0 });
});
