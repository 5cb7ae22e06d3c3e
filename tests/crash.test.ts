import { expect, it } from 'vitest';
import { runCrash } from '#bench/crash';
import { runIngestCrash } from '#bench/crash-ingest';

it('loses and doubles nothing when siyu and PostgreSQL are killed while people add', { timeout: 180_000 }, async () => {
  const said: string[] = [];
  const { result, broken } = await runCrash({ adds: 120, kills: 3, rate: 10, postgresEvery: 3 }, (text) =>
    said.push(text),
  );
  // How fast this machine is today is the bench's business: here a welcome may come too late, but never without a reason.
  expect(
    broken.filter((line) => !line.startsWith('not_welcomed')),
    said.join('\n'),
  ).toEqual([]);
  expect(result).toMatchObject({ kills: 3, adds: 120, missing: 0, doubled: 0, welcomed_twice: 0, unexplained: 0 });
});

it('loses and doubles no event when siyu is killed while a shop tells them', { timeout: 180_000 }, async () => {
  const said: string[] = [];
  const options = { events: 8000, people: 500, kills: 3, postgresEvery: 3 };
  const { result, broken } = await runIngestCrash(options, (text) => said.push(text));
  expect(broken, said.join('\n')).toEqual([]);
  expect(result).toMatchObject({ kills: 3, events: 8000, missing: 0, doubled: 0 });
});
