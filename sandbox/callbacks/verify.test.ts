import { expect, test } from 'vitest';
import { startBench, startReceiver } from '#sandbox/testing';

test('the console saves a callback only after the url has proved that it can decrypt', async () => {
  await using bench = await startBench();
  const { sandbox } = bench;
  await using good = await startReceiver(sandbox.corp);
  expect(await sandbox.setCallback({ url: good.url })).toEqual({ ok: true });
  expect(sandbox.corp.callback?.url).toBe(good.url);
  expect(good.signaturesWrong).toBe(0);
});

test('the verdict says what is wrong and the old callback stays', async () => {
  await using bench = await startBench({ policy: { verifyTimeoutMs: 100 } });
  const { sandbox } = bench;
  await using quoted = await startReceiver(sandbox.corp, (plain) => JSON.stringify(plain));
  const problemOf = async (target: Parameters<typeof sandbox.setCallback>[0]) => {
    const verdict = await sandbox.setCallback(target);
    return verdict.ok ? 'ok' : verdict.problem;
  };
  expect(await problemOf({ url: 'nonsense' })).toBe('url_invalid');
  expect(await problemOf({ url: quoted.url, token: '!' })).toBe('token_invalid');
  expect(await problemOf({ url: quoted.url, encodingAesKey: 'short' })).toBe('key_invalid');
  expect(await problemOf({ url: quoted.url })).toBe('wrong_answer');
  expect(await problemOf({ url: 'http://127.0.0.1:1/callback' })).toBe('unreachable');
  expect(await problemOf({ url: `${sandbox.url}/nowhere` })).toBe('status_not_200');
  expect(sandbox.corp.callback).toBeNull();
});
