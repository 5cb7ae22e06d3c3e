import { expect, it } from 'vitest';
import { runChaos } from '#bench/chaos';

it('sends nothing twice and leaves nobody out when siyu is killed under a troubled platform', {
  timeout: 300_000,
}, async () => {
  const said: string[] = [];
  const options = { people: 120, kills: 2, postgresEvery: 2, seconds: 12, speed: 600 };
  const { result, broken } = await runChaos(options, (text) => said.push(text));
  expect(broken, said.join('\n')).toEqual([]);
  expect(result).toMatchObject({ kills: 2, people: 120, duplicates: 0, over_quota: 0, unexplained: 0 });
});
