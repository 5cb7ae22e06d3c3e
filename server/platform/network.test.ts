import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { wasSurelyNotSent } from './network.ts';

const errorOf = (url: string) =>
  fetch(url, { method: 'POST' }).then(
    () => undefined,
    (error: unknown) => error,
  );

async function listen(act: (socket: import('node:net').Socket) => void) {
  const server = createServer(act);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/` };
}

it('a connection that never came about carried nothing', async () => {
  const { server, url } = await listen(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  expect(wasSurelyNotSent(await errorOf(url))).toBe(true);
  expect(wasSurelyNotSent(await errorOf('http://nobody.invalid/'))).toBe(true);
});

it('of one that broke nobody knows', async () => {
  const { server, url } = await listen((socket) => socket.once('data', () => socket.destroy()));
  expect(wasSurelyNotSent(await errorOf(url))).toBe(false);
  server.close();
});
