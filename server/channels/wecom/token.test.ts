import { expect, test } from 'vitest';
import type { Failure, Receipt } from './errors.ts';
import { createTokenKeeper, type IssuedToken } from './token.ts';

const wrongSecret: Failure = {
  ok: false,
  outcome: 'refused',
  errcode: 40001,
  errmsg: 'invalid credential',
  retryable: false,
  remedy: 'check_secret',
};
const lost: Failure = { ok: false, outcome: 'unknown', errmsg: 'lost', retryable: true, remedy: 'check_network' };

/** A keeper whose platform gives the answers in turn, the last one for ever; `asked` lists the secrets it saw. */
function setUp(...answers: (Receipt<IssuedToken> | number)[]) {
  const asked: string[] = [];
  const clock = { nowMs: 1_000_000 };
  const keeper = createTokenKeeper({
    credentials: { corpId: 'ww1', secret: 'first' },
    nowMs: () => clock.nowMs,
    fetchToken: async ({ secret }) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? 7200;
      asked.push(secret);
      const number = asked.length;
      await Promise.resolve();
      return typeof answer === 'number'
        ? { ok: true, value: { access_token: `token-${number}`, expires_in: answer } }
        : answer;
    },
  });
  return { keeper, asked, clock };
}

test('many callers share one fetch and then the token', async () => {
  const { keeper, asked } = setUp(7200);
  const receipts = await Promise.all(Array.from({ length: 20 }, () => keeper.get()));
  expect(new Set(receipts.map((receipt) => receipt.ok && receipt.value))).toEqual(new Set(['token-1']));
  expect(await keeper.get()).toEqual({ ok: true, value: 'token-1' });
  expect(asked).toHaveLength(1);
});

test.each([
  ['300 s before it expires', 7200, 6900],
  ['after a tenth of its life when little is left of it', 300, 30],
])('a token is replaced %s', async (_when, expiresInSeconds, usableSeconds) => {
  const { keeper, clock } = setUp(expiresInSeconds);
  await keeper.get();
  clock.nowMs += usableSeconds * 1000 - 1;
  expect(await keeper.get()).toEqual({ ok: true, value: 'token-1' });
  clock.nowMs += 1;
  expect(await keeper.get()).toEqual({ ok: true, value: 'token-2' });
});

test('a refused token is dropped once, however many calls it failed', async () => {
  const { keeper, asked } = setUp(7200);
  await keeper.get();
  keeper.drop('token-1');
  expect(await keeper.get()).toEqual({ ok: true, value: 'token-2' });
  keeper.drop('token-1');
  expect(await keeper.get()).toEqual({ ok: true, value: 'token-2' });
  expect(asked).toHaveLength(2);
});

test('three refusals in a row pause the asking for ten minutes', async () => {
  const { keeper, asked, clock } = setUp(wrongSecret);
  for (let i = 0; i < 10; i++) expect(await keeper.get()).toMatchObject({ errcode: 40001, remedy: 'check_secret' });
  expect(asked).toHaveLength(3);
  clock.nowMs += 10 * 60_000 - 1;
  await keeper.get();
  expect(asked).toHaveLength(3);
  clock.nowMs += 1;
  await keeper.get();
  expect(asked).toHaveLength(4);
});

test('a success or a failing network between refusals does not add up to a pause', async () => {
  const { keeper, asked, clock } = setUp(wrongSecret, wrongSecret, 7200, wrongSecret, lost, lost, wrongSecret, 7200);
  for (let i = 0; i < 8; i++) {
    await keeper.get();
    clock.nowMs += 7200_000;
  }
  expect(asked).toHaveLength(8);
});

test('changed credentials end the pause at once, unchanged ones do not', async () => {
  const { keeper, asked } = setUp(wrongSecret, wrongSecret, wrongSecret, 7200);
  for (let i = 0; i < 4; i++) await keeper.get();
  keeper.useCredentials({ corpId: 'ww1', secret: 'first' });
  expect(await keeper.get()).toMatchObject({ ok: false });
  keeper.useCredentials({ corpId: 'ww1', secret: 'second' });
  expect(await keeper.get()).toEqual({ ok: true, value: 'token-4' });
  expect(asked).toEqual(['first', 'first', 'first', 'second']);
});

test('a token of credentials that changed during the fetch is not used', async () => {
  const { keeper, asked } = setUp(7200);
  const receipt = keeper.get();
  keeper.useCredentials({ corpId: 'ww1', secret: 'second' });
  expect(await receipt).toEqual({ ok: true, value: 'token-2' });
  expect(asked).toEqual(['first', 'second']);
});

test('a caller that gives up leaves the fetch to the others', async () => {
  const { keeper, asked } = setUp(7200);
  const controller = new AbortController();
  const [impatient, patient] = [keeper.get(controller.signal), keeper.get()];
  controller.abort();
  expect(await impatient).toMatchObject({ ok: false, outcome: 'unreachable', retryable: true });
  expect(await patient).toEqual({ ok: true, value: 'token-1' });
  expect(await keeper.get(AbortSignal.abort())).toMatchObject({ ok: false, outcome: 'unreachable' });
  expect(asked).toHaveLength(1);
});
