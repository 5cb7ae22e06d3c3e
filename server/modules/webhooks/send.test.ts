import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSender, type SenderOptions } from './send.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const end of undo.splice(0)) end();
});

async function startReceiver() {
  const heard: { host: string | undefined; socket: number | undefined }[] = [];
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      heard.push({ host: request.headers.host, socket: request.socket.remotePort });
      response.end('heard');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { heard, server, port: (server.address() as AddressInfo).port };
}

function startSender(options: Partial<SenderOptions> = {}) {
  const sender = createSender({ allowPrivate: false, timeoutMs: 2000, ...options });
  undo.push(() => sender.close());
  return (url: string) => sender.send({ url, headers: { 'content-type': 'application/json' }, body: '{}' });
}

const of = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

describe('a name', () => {
  it.each([
    [of('127.0.0.1')],
    [of('10.1.2.3')],
    [of('::1')],
    [of('::ffff:169.254.169.254')],
    [of('1.1.1.1', '127.0.0.1')],
    [of('2606:4700:4700::1111', 'fd00::1')],
  ])('that leads inside the house is not followed: %j', async (addresses) => {
    const { heard, port } = await startReceiver();
    const send = startSender({ findAddresses: async () => addresses });
    expect(await send(`https://hooks.example.com:${port}/`)).toMatchObject({ status: null, reason: 'address_private' });
    expect(heard).toEqual([]);
  });

  it('is judged at each connection, and the judged address is the one connected to', async () => {
    const { heard, port } = await startReceiver();
    const names: string[] = [];
    const findAddresses = async (name: string) => {
      names.push(name);
      return of('127.0.0.1');
    };
    const send = startSender({ allowPrivate: true, findAddresses });
    // This name exists nowhere: only the answer above can have led there.
    expect(await send(`http://hooks.invalid:${port}/`)).toMatchObject({ status: 200, reason: null, answer: 'heard' });
    expect(names).toEqual(['hooks.invalid']);
    expect(heard).toMatchObject([{ host: `hooks.invalid:${port}` }]);
  });

  it('that many messages wait for is looked up once', async () => {
    const { heard, port } = await startReceiver();
    let asked = 0;
    const findAddresses = async () => {
      asked++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return of('127.0.0.1');
    };
    const send = startSender({ allowPrivate: true, findAddresses });
    await Promise.all(Array.from({ length: 8 }, () => send(`http://hooks.invalid:${port}/`)));
    expect(heard).toHaveLength(8);
    expect(asked).toBe(1);
  });
});

describe('a connection', () => {
  it('is used again', async () => {
    const { heard, port } = await startReceiver();
    const send = startSender({ allowPrivate: true });
    for (let i = 0; i < 3; i++) await send(`http://127.0.0.1:${port}/`);
    expect(new Set(heard.map(({ socket }) => socket)).size).toBe(1);
  });

  it('that the receiver closed meanwhile is made anew', async () => {
    const { heard, server, port } = await startReceiver();
    const send = startSender({ allowPrivate: true });
    await send(`http://127.0.0.1:${port}/`);
    server.closeAllConnections();
    expect(await send(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 200 });
    expect(heard).toHaveLength(2);
  });
});
