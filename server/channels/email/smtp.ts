import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { judge, type MailReceipt, type SmtpFailure } from './rules.ts';

/**
 * Connections to a mail server. nodemailer's own pool queues a mail anew when its connection closes under it; here every
 * dialogue is watched, so that a mail of which the server may have all is never handed over twice.
 */

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte (465); `starttls` must be offered and is insisted on (587); `none` is for this machine. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

export interface Envelope {
  readonly from: string;
  readonly to: string;
}

export interface Smtp {
  send(envelope: Envelope, mail: Buffer): Promise<MailReceipt>;
  /** Goes as far as one can without sending: connection, certificate, login, sender. */
  probe(from: string): Promise<MailReceipt>;
}

export interface SmtpTimes {
  readonly connectMs: number;
  /** Of silence in the middle of a dialogue. */
  readonly silenceMs: number;
  /** How long a connection is kept for the next mail. */
  readonly idleMs: number;
}

const usualTimes: SmtpTimes = { connectMs: 10_000, silenceMs: 30_000, idleMs: 2000 };
/** Dialogues at once in one process; providers refuse more. */
export const maxConnections = 5;
const maxMailsOfConnection = 100;

/** One connection, signed in. */
interface Line {
  readonly connection: SMTPConnection;
  mails: number;
  isBroken: boolean;
  idleTimer?: NodeJS.Timeout;
}

export function createSmtp(server: SmtpServer, times: Partial<SmtpTimes> = {}): Smtp {
  const { connectMs, silenceMs, idleMs } = { ...usualTimes, ...times };
  const idle: Line[] = [];
  const waiting: (() => void)[] = [];
  let busy = 0;

  /** At most so many dialogues at once; the others wait for their turn. */
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (busy >= maxConnections) await new Promise<void>((resolve) => waiting.push(resolve));
    else busy++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy--;
    }
  }

  function open(): Promise<Line> {
    return new Promise((resolve, reject) => {
      const connection = new SMTPConnection({
        host: server.host,
        port: server.port,
        secure: server.security === 'tls',
        requireTLS: server.security === 'starttls',
        ignoreTLS: server.security === 'none',
        connectionTimeout: connectMs,
        greetingTimeout: connectMs,
        dnsTimeout: connectMs,
        socketTimeout: silenceMs,
        logger: false,
      });
      const line: Line = { connection, mails: 0, isBroken: false };
      const fail = (error: unknown) => {
        line.isBroken = true;
        reject(error);
      };
      connection.on('error', fail);
      connection.once('end', () => fail(new Error('the connection was closed')));
      connection.connect((error) => {
        if (error) return fail(error);
        if (!server.login) return resolve(line);
        const { user, password } = server.login;
        connection.login({ user, credentials: { user, pass: password } }, (error) => {
          if (!error) return resolve(line);
          fail(error);
          connection.close();
        });
      });
    });
  }

  function takeIdle(): Line | undefined {
    for (let line = idle.pop(); line; line = idle.pop()) {
      clearTimeout(line.idleTimer);
      if (!line.isBroken) return line;
    }
    return undefined;
  }

  /** Keeps a connection for the next mail; after a refusal the server has to forget the one before. */
  async function giveBack(line: Line, isClean: boolean): Promise<void> {
    line.mails++;
    if (!isClean && !line.isBroken) await reset(line);
    if (line.isBroken) return;
    if (line.mails >= maxMailsOfConnection) {
      line.connection.quit();
      return;
    }
    line.idleTimer = setTimeout(() => {
      idle.splice(idle.indexOf(line), 1);
      line.connection.quit();
    }, idleMs);
    idle.push(line);
  }

  async function exchange(line: Line, envelope: Envelope, mail: Buffer): Promise<SmtpFailure | undefined> {
    const failure = await handOver(line.connection, envelope, mail);
    if (failure && failure.reply === undefined) line.isBroken = true;
    await giveBack(line, failure === undefined);
    return failure;
  }

  return {
    send: (envelope, mail) =>
      inTurn(async () => {
        const kept = takeIdle();
        const first = kept && (await exchange(kept, envelope, mail));
        if (kept && !first) return { outcome: 'accepted' };
        // A server may close what it does not need. Nothing of the mail had gone out, so a new connection may try.
        const mayTryAgain = !first || (first.reply === undefined && !first.isHandedOver);
        if (!mayTryAgain) return judge(first);
        try {
          const failure = await exchange(await open(), envelope, mail);
          return failure ? judge(failure) : { outcome: 'accepted' };
        } catch (error) {
          return judge(toFailure(error, false));
        }
      }),

    async probe(from) {
      try {
        const { connection } = await open();
        const failure = await pretend(connection, from);
        connection.close();
        // Whether the sender's own mailbox exists is not asked.
        const isOfSender = failure !== undefined && failure.step !== 'RCPT TO' && failure.step !== 'DATA';
        return isOfSender ? judge(failure) : { outcome: 'accepted' };
      } catch (error) {
        return judge(toFailure(error, false));
      }
    },
  };
}

function reset(line: Line): Promise<void> {
  return new Promise((resolve) => {
    line.connection.once('end', resolve);
    line.connection.reset((error) => {
      if (error) line.isBroken = true;
      resolve();
    });
  });
}

/** Sends one mail over a connection. The mail is read only once the server has asked for it (354). */
function handOver(connection: SMTPConnection, envelope: Envelope, mail: Buffer): Promise<SmtpFailure | undefined> {
  let isHandedOver = false;
  const body = Readable.from(
    (function* () {
      isHandedOver = true;
      yield mail;
    })(),
  );
  return new Promise((resolve) => {
    connection.send({ from: envelope.from, to: [envelope.to], size: mail.length }, body, (error) => {
      resolve(error ? toFailure(error, isHandedOver) : undefined);
    });
  });
}

/** Like sending, but hangs up when the server asks for the mail: a message without its end is none (RFC 5321 4.1.1.4). */
function pretend(connection: SMTPConnection, from: string): Promise<SmtpFailure | undefined> {
  return new Promise((resolve) => {
    const body = new Readable({ read: () => resolve(undefined) });
    connection.send({ from, to: [from] }, body, (error) => resolve(error ? toFailure(error, false) : undefined));
  });
}

function toFailure(error: unknown, isHandedOver: boolean): SmtpFailure {
  const { code, originalCode, responseCode, command, message, response } = error as {
    code?: string;
    originalCode?: string;
    responseCode?: number;
    command?: string;
    message?: string;
    response?: string;
  };
  return {
    code: code ?? '',
    systemCode: originalCode ?? code ?? '',
    reply: responseCode,
    step: command ?? '',
    message: response ?? message ?? '',
    isHandedOver,
  };
}
