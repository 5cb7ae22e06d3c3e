import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerAddress, type SMTPServerSession } from 'smtp-server';

/** A mail server of this machine that takes everybody's mail and keeps it where it can be seen. */

/** A trouble at one step of the dialogue; `end` is after the whole message has come in and was kept. */
export type MailFault = {
  at: 'connect' | 'login' | 'sender' | 'recipient' | 'message' | 'end';
  /** Default: refuse, with `code`. */
  does?: 'refuse' | 'drop' | 'hang';
  code?: number;
  message?: string;
  /** Only for recipients that contain this. */
  address?: string;
  times?: number;
};

export type Mail = {
  id: number;
  /** Simulated time. */
  at: number;
  from: string;
  to: string[];
  messageId: string;
  subject: string;
  /** Of List-Unsubscribe, when one click is enough (RFC 8058). */
  unsubscribeUrl: string | null;
  raw: Buffer;
};

export type Mailbox = Awaited<ReturnType<typeof startMailbox>>;

export type MailAccount = { user: string; password: string };

/** Of older mails only the count is kept. */
const keptMails = 5000;
const answerTo: Record<MailFault['at'], number> = {
  connect: 421,
  login: 535,
  sender: 550,
  recipient: 550,
  message: 451,
  end: 451,
};

export async function startMailbox(options: {
  host: string;
  /** Taken when it is free; 0 is any. */
  port: number;
  account: MailAccount;
  clock: { now(): number };
}) {
  const { account } = options;
  let mails: Mail[] = [];
  let received = 0;
  /** What came more than once: the same Message-ID to the same person. */
  let seen = new Map<string, number>();
  let faults: MailFault[] = [];
  const sockets = new Map<number, Socket>();

  function takeFault(at: MailFault['at'], addresses: readonly string[] = []): MailFault | undefined {
    const fault = faults.find(
      (one) =>
        one.at === at &&
        (one.times === undefined || one.times > 0) &&
        (one.address === undefined || addresses.some((address) => address.includes(one.address ?? ''))),
    );
    if (fault?.times !== undefined) fault.times -= 1;
    return fault;
  }

  /** Does what the fault of this step says, or lets the step go on. */
  function step(
    at: MailFault['at'],
    session: SMTPServerSession,
    done: (error?: Error) => void,
    addresses: readonly string[] = [],
  ): void {
    const fault = takeFault(at, addresses);
    if (fault?.does === 'drop') sockets.get(session.remotePort)?.destroy();
    if (fault?.does === 'drop' || fault?.does === 'hang') return;
    const refusal = fault && new Error(fault.message ?? `refused by the sandbox at ${at}`);
    done(refusal && Object.assign(refusal, { responseCode: fault.code ?? answerTo[at] }));
  }

  async function keep(raw: Buffer, session: SMTPServerSession): Promise<void> {
    const parsed = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true });
    const to = session.envelope.rcptTo.map(({ address }) => address);
    const messageId = parsed.messageId ?? '';
    received += 1;
    for (const address of to) {
      const key = `${messageId} ${address}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    mails.push({
      id: received,
      at: options.clock.now(),
      from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
      to,
      messageId,
      subject: parsed.subject ?? '',
      unsubscribeUrl: readUnsubscribeUrl(raw),
      raw,
    });
    if (mails.length > keptMails) mails = mails.slice(-keptMails);
  }

  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    logger: false,
    disableReverseLookup: true,
    closeTimeout: 100,
    size: 10 * 1024 * 1024,
    onConnect: (session, done) => step('connect', session, done),
    onAuth: (auth, session, done) =>
      step('login', session, (error) => {
        if (error) return done(error);
        const isHolder = auth.username === account.user && auth.password === account.password;
        if (isHolder) return done(null, { user: account.user });
        return done(Object.assign(new Error('authentication failed'), { responseCode: 535 }));
      }),
    onMailFrom: (address: SMTPServerAddress, session, done) => step('sender', session, done, [address.address]),
    onRcptTo: (address: SMTPServerAddress, session, done) => step('recipient', session, done, [address.address]),
    onData: (stream, session, done) => {
      const addresses = session.envelope.rcptTo.map(({ address }) => address);
      const chunks: Buffer[] = [];
      const refusal: { error?: Error } = {};
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        step(
          'message',
          session,
          (error) => {
            if (error) refusal.error = error;
            if (refusal.error) return done(refusal.error);
            keep(Buffer.concat(chunks), session).then(
              () => step('end', session, done, addresses),
              (problem: Error) => done(problem),
            );
          },
          addresses,
        );
      });
    },
  });
  // A client that breaks off is no trouble of the sandbox's.
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    if (remotePort === undefined) return;
    sockets.set(remotePort, socket);
    socket.on('close', () => sockets.delete(remotePort));
  });
  const port = await listen(server, options.host, options.port);

  return {
    host: options.host,
    port,
    account,
    /** Newest first. */
    list: (filter: { to?: string | undefined } = {}): Mail[] =>
      mails.filter((mail) => filter.to === undefined || mail.to.includes(filter.to)).reverse(),
    find: (id: number): Mail | undefined => mails.find((mail) => mail.id === id),
    parse: (mail: Mail): Promise<ParsedMail> => simpleParser(mail.raw, { skipTextToHtml: true }),
    /** `repeated`: how many came to a person who had got the same message already. */
    counts: () => ({ received, repeated: [...seen.values()].reduce((sum, count) => sum + count - 1, 0) }),
    faults: (): readonly MailFault[] => faults,
    setFaults: (next: MailFault[]): void => {
      faults = next;
    },
    clear: (): void => {
      mails = [];
      received = 0;
      seen = new Map();
      faults = [];
    },
    stop: async (): Promise<void> => {
      for (const socket of sockets.values()) socket.destroy();
      await Promise.race([new Promise<void>((resolve) => server.close(() => resolve())), sleep(1000)]);
    },
  };
}

async function listen(server: SMTPServer, host: string, wanted: number): Promise<number> {
  const attempt = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.server.once('error', reject);
      server.listen(port, host, () => {
        server.server.removeListener('error', reject);
        const address = server.server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  try {
    return await attempt(wanted);
  } catch {
    return attempt(0);
  }
}

/** The https or http address of List-Unsubscribe, when the mail also says that a POST is enough. */
function readUnsubscribeUrl(raw: Buffer): string | null {
  const [head = ''] = raw.toString('latin1').split(/\r?\n\r?\n/, 1);
  const unfolded = head.replace(/\r?\n[ \t]+/g, ' ');
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(unfolded)?.[1] ?? '';
  if (!/^List-Unsubscribe=One-Click$/i.test(field('List-Unsubscribe-Post').trim())) return null;
  return /<(https?:\/\/[^>]+)>/i.exec(field('List-Unsubscribe'))?.[1]?.replaceAll(' ', '') ?? null;
}
