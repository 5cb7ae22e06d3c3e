import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { startBench } from '#sandbox/testing';

async function startSender() {
  const bench = await startBench();
  const control = async (method: string, path = '', body?: unknown) =>
    (
      await fetch(`${bench.sandbox.url}/_control/mail${path}`, {
        method,
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
    ).json();
  const { server } = (await control('GET')) as {
    server: { host: string; port: number; user: string; password: string };
  };
  const send = (change: Record<string, unknown> = {}, pass = server.password) =>
    createTransport({
      host: server.host,
      port: server.port,
      ignoreTLS: true,
      socketTimeout: 1500,
      auth: { user: server.user, pass },
    }).sendMail({ from: 'brand@tea.test', to: 'wang@example.test', subject: '春茶上新', text: '你好', ...change });
  return { bench, control, send, [Symbol.asyncDispose]: () => bench.stop() };
}

describe('the mailbox', () => {
  it('takes mail and shows it', async () => {
    await using sender = await startSender();
    await sender.send({ html: '<p>你好</p>', messageId: '<touch-1@tea.test>' });
    const { mails } = (await sender.control('GET')) as { mails: { id: number }[] };
    expect(mails).toMatchObject([
      { from: 'brand@tea.test', to: ['wang@example.test'], subject: '春茶上新', messageId: '<touch-1@tea.test>' },
    ]);
    expect(await sender.control('GET', `/${mails[0]?.id}`)).toMatchObject({
      html: '<p>你好</p>',
      text: expect.stringContaining('你好'),
      headers: { subject: expect.any(String) },
    });
    expect(await sender.control('GET', '?to=nobody@example.test')).toMatchObject({ mails: [] });
  });

  it('counts what came to somebody twice', async () => {
    await using sender = await startSender();
    for (const to of ['a@x.test', 'b@x.test', 'a@x.test']) await sender.send({ to, messageId: '<one@tea.test>' });
    expect(await sender.control('GET')).toMatchObject({ received: 3, repeated: 1 });
    await sender.control('DELETE');
    expect(await sender.control('GET')).toMatchObject({ received: 0, repeated: 0, mails: [] });
  });

  it('asks for the password when one signs in', async () => {
    await using sender = await startSender();
    await expect(sender.send({}, 'wrong')).rejects.toMatchObject({ code: 'EAUTH', responseCode: 535 });
  });
});

describe('faults', () => {
  it.each([
    [{ at: 'connect', code: 554 }, { responseCode: 554 }],
    [{ at: 'login' }, { code: 'EAUTH' }],
    [{ at: 'sender' }, { responseCode: 550, command: 'MAIL FROM' }],
    [
      { at: 'recipient', code: 450, address: 'wang' },
      { responseCode: 450, command: 'RCPT TO' },
    ],
    [
      { at: 'message', code: 552 },
      { responseCode: 552, command: 'DATA' },
    ],
    [{ at: 'recipient', does: 'drop' }, { code: 'ECONNECTION' }],
    [{ at: 'recipient', does: 'hang' }, { code: 'ETIMEDOUT' }],
  ])('%j', async (fault, error) => {
    await using sender = await startSender();
    await sender.control('POST', '/faults', [{ ...fault, times: 1 }]);
    await expect(sender.send()).rejects.toMatchObject(error);
    expect(await sender.control('GET')).toMatchObject({ received: 0 });
    await sender.send();
    expect(await sender.control('GET')).toMatchObject({ received: 1 });
  });

  it('after the message was taken leave it there', async () => {
    await using sender = await startSender();
    await sender.control('POST', '/faults', [{ at: 'end', does: 'drop', times: 1 }]);
    await expect(sender.send()).rejects.toMatchObject({ code: 'ECONNECTION' });
    expect(await sender.control('GET')).toMatchObject({ received: 1 });
  });
});

describe('unsubscribing', () => {
  it('posts to the mail’s own address, as RFC 8058 says', async () => {
    await using sender = await startSender();
    const heard: string[] = [];
    const brand = createServer((request, response) => {
      request.on('data', (chunk) => heard.push(`${request.method} ${request.url} ${chunk}`));
      request.on('end', () => response.end('done'));
    });
    await new Promise<void>((resolve) => brand.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(brand.address() as AddressInfo).port}/u/${'t'.repeat(150)}`;
    await sender.send({
      headers: {
        'List-Unsubscribe': `<mailto:brand@tea.test>, <${url}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      },
    });
    await sender.send();
    const { mails } = (await sender.control('GET')) as { mails: { id: number; unsubscribeUrl: string | null }[] };
    expect(mails.map(({ unsubscribeUrl }) => unsubscribeUrl)).toEqual([null, url]);
    expect(await sender.control('POST', `/${mails[1]?.id}/unsubscribe`)).toEqual({ status: 200, text: 'done' });
    expect(heard).toEqual([`POST ${new URL(url).pathname} List-Unsubscribe=One-Click`]);
    expect(await sender.control('POST', `/${mails[0]?.id}/unsubscribe`)).toMatchObject({
      error: { code: 'not_one_click' },
    });
    brand.closeAllConnections();
    await new Promise((resolve) => brand.close(resolve));
  });
});
