import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Mailbox, type MailFault, startMailbox } from '#sandbox/mail/mailbox';
import { judge, type SmtpFailure } from './rules.ts';
import { createSmtp, type SmtpServer, type SmtpTimes } from './smtp.ts';

/** Against a real SMTP server on this machine. */

const undo: (() => unknown)[] = [];
let mailbox: Mailbox;

beforeAll(async () => {
  const account = { user: 'siyu', password: 'right' };
  mailbox = await startMailbox({ host: '127.0.0.1', port: 0, account, clock: { now: () => Date.now() } });
  return () => mailbox.stop();
});
afterEach(async () => {
  mailbox.clear();
  for (const end of undo.splice(0)) await end();
});

const quick = { connectMs: 1000, silenceMs: 700, idleMs: 200 };
function open(change: Partial<SmtpServer> = {}, times: Partial<SmtpTimes> = {}) {
  const login = { user: 'siyu', password: 'right' };
  const server = { host: '127.0.0.1', port: mailbox.port, security: 'none', login, ...change } as const;
  return createSmtp(server, { ...quick, ...times });
}
const mailOf = (name: string) =>
  Buffer.from(`Message-ID: <${name}@tea.test>\r\nSubject: ${name}\r\n\r\n你好 ${name}\r\n`);
const envelope = { from: 'brand@tea.test', to: 'wang@example.test' };
const send = (smtp: ReturnType<typeof open>, name = 'one') => smtp.send(envelope, mailOf(name));
const withFaults = (...faults: MailFault[]) => mailbox.setFaults(faults);

/** A server that says what it is told and nothing else. */
async function startTalker(talk: (socket: Socket) => void): Promise<{ port: number; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

describe('a mail', () => {
  it('arrives as it was written, once', async () => {
    expect(await send(open())).toEqual({ outcome: 'accepted' });
    const [mail] = mailbox.list();
    expect(mail).toMatchObject({ from: 'brand@tea.test', to: ['wang@example.test'], messageId: '<one@tea.test>' });
    expect(mail?.raw.toString()).toContain('你好 one');
  });

  it('of many goes over few connections', async () => {
    const smtp = open();
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => send(smtp, `mail-${i}`)));
    expect(answers.every(({ outcome }) => outcome === 'accepted')).toBe(true);
    expect(mailbox.counts()).toEqual({ received: 60, repeated: 0 });
  });

  it('goes over a connection again after a refusal', async () => {
    const smtp = open();
    withFaults({ at: 'recipient', times: 1 });
    expect(await send(smtp)).toMatchObject({ outcome: 'refused' });
    expect(await send(smtp)).toEqual({ outcome: 'accepted' });
  });

  it('finds a new connection when the server had closed the one that was kept', async () => {
    const smtp = open({}, { idleMs: 5000 });
    expect(await send(smtp, 'one')).toEqual({ outcome: 'accepted' });
    withFaults({ at: 'sender', does: 'drop', times: 1 });
    expect(await send(smtp, 'two')).toEqual({ outcome: 'accepted' });
    expect(mailbox.counts()).toEqual({ received: 2, repeated: 0 });
  });
});

describe('a refusal', () => {
  it.each([
    [
      'for good, of the recipient',
      { at: 'recipient', code: 550, message: '5.1.1 no such user' },
      'address_refused',
      false,
    ],
    [
      'for good, of the recipient by a rule',
      { at: 'recipient', code: 550, message: '5.7.1 not allowed' },
      'policy_refused',
      false,
    ],
    ['that passes, of the recipient', { at: 'recipient', code: 450 }, 'server_busy', true],
    ['for good, of the sender', { at: 'sender', code: 553 }, 'sender_refused', false],
    ['that passes, of the sender', { at: 'sender', code: 421 }, 'server_busy', true],
    ['for good, of the message', { at: 'message', code: 554 }, 'message_refused', false],
    ['for good, of its size', { at: 'message', code: 552 }, 'message_too_large', false],
    ['that passes, of the message', { at: 'message', code: 451 }, 'server_busy', true],
    ['of the connection', { at: 'connect', code: 554 }, 'server_refused', true],
    ['of the login', { at: 'login' }, 'login_refused', true],
    ['that asks for a login', { at: 'sender', code: 530 }, 'login_refused', true],
  ] as const)('%s', async (_, fault, problem, isRetryable) => {
    withFaults(fault);
    expect(await send(open())).toMatchObject({ outcome: 'refused', problem, isRetryable });
    expect(mailbox.counts().received).toBe(0);
  });

  it('of a wrong password says so', async () => {
    const smtp = open({ login: { user: 'siyu', password: 'wrong' } });
    expect(await send(smtp)).toMatchObject({ outcome: 'refused', problem: 'login_refused', isRetryable: true });
  });
});

describe('a trouble before the message was asked for', () => {
  it.each([
    ['a drop', { at: 'recipient', does: 'drop' }, 'connection_broken'],
    ['silence', { at: 'recipient', does: 'hang' }, 'timed_out'],
    ['no greeting', { at: 'connect', does: 'hang' }, 'timed_out'],
  ] as const)('%s: nothing was sent', async (_, fault, problem) => {
    withFaults(fault);
    expect(await send(open())).toMatchObject({ outcome: 'unreachable', problem });
    expect(mailbox.counts().received).toBe(0);
  });

  it('a name that nobody knows, a port where nobody listens, a certificate that nobody vouches for', async () => {
    const { port, server } = await startTalker(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    expect(await send(open({ host: 'mail.invalid' }))).toMatchObject({
      outcome: 'unreachable',
      problem: 'name_unknown',
    });
    expect(await send(open({ port }))).toMatchObject({ outcome: 'unreachable', problem: 'connection_refused' });
    expect(await send(open({ security: 'starttls' }))).toMatchObject({
      outcome: 'unreachable',
      problem: 'certificate',
    });
    expect(await send(open({ security: 'tls' }))).toMatchObject({ outcome: 'unreachable', problem: 'tls_refused' });
  });

  it('a server without STARTTLS is not talked to in the clear', async () => {
    const heard: string[] = [];
    const { port } = await startTalker((socket) => {
      socket.write('220 hello\r\n');
      socket.on('data', (chunk) => {
        heard.push(chunk.toString());
        socket.write(/^EHLO/.test(chunk.toString()) ? '250 plain\r\n' : '502 no\r\n');
      });
    });
    expect(await send(open({ port, security: 'starttls' }))).toMatchObject({ problem: 'tls_refused' });
    expect(heard.join('')).not.toMatch(/AUTH|MAIL/);
  });
});

describe('a connection that is lost after the message went out', () => {
  it.each(['drop', 'hang'] as const)('leaves its fate unknown, and it is not sent again (%s)', async (does) => {
    const smtp = open({}, { idleMs: 5000 });
    expect(await send(smtp, 'before')).toEqual({ outcome: 'accepted' });
    withFaults({ at: 'end', does });
    expect(await send(smtp, 'lost')).toMatchObject({ outcome: 'unknown', problem: 'no_answer' });
    // The server had it: sending again would have been a second mail.
    expect(mailbox.counts()).toEqual({ received: 2, repeated: 0 });
  });
});

describe('a probe', () => {
  it('goes through without sending anything', async () => {
    expect(await open().probe('brand@tea.test')).toEqual({ outcome: 'accepted' });
    withFaults({ at: 'recipient' });
    expect(await open().probe('brand@tea.test')).toEqual({ outcome: 'accepted' });
    expect(mailbox.counts().received).toBe(0);
  });

  it('says which step is refused', async () => {
    withFaults({ at: 'sender', code: 550, times: 1 });
    expect(await open().probe('other@tea.test')).toMatchObject({ outcome: 'refused', problem: 'sender_refused' });
    const smtp = open({ login: { user: 'siyu', password: 'wrong' } });
    expect(await smtp.probe('brand@tea.test')).toMatchObject({ outcome: 'refused', problem: 'login_refused' });
  });
});

it('what no server said is never taken for its word', () => {
  const failure: SmtpFailure = {
    code: 'ECONNECTION',
    systemCode: '',
    reply: undefined,
    step: 'CONN',
    message: '',
    isHandedOver: true,
  };
  expect(judge(failure)).toMatchObject({ outcome: 'unknown' });
  expect(judge({ ...failure, isHandedOver: false })).toMatchObject({ outcome: 'unreachable' });
  expect(judge({ ...failure, reply: 250 })).toMatchObject({ outcome: 'refused' });
});
