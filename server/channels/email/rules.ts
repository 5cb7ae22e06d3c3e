import type { z } from 'zod';
import type { mailProblem } from '#contract/email';

/** What a mail server's words mean: for the mail, and for who set the server up. */

export type MailProblem = z.output<typeof mailProblem>;

/** A dialogue that did not end well, as nodemailer tells of it. */
export interface SmtpFailure {
  /** nodemailer's code: EAUTH, EENVELOPE, ETIMEDOUT, … */
  readonly code: string;
  /** Of the system or of TLS, when there is one: ECONNREFUSED, DEPTH_ZERO_SELF_SIGNED_CERT, … */
  readonly systemCode: string;
  /** The server's reply: 450, 550, …; undefined when it said nothing. */
  readonly reply: number | undefined;
  /** The step that was answered: 'MAIL FROM', 'RCPT TO', 'DATA', 'CONN', … */
  readonly step: string;
  readonly message: string;
  /** The server had asked for the message, and some of it had gone out. */
  readonly isHandedOver: boolean;
}

/** `unreachable`: surely not sent; `unknown`: perhaps sent, and so never again by itself. */
export type MailReceipt =
  | { readonly outcome: 'accepted' }
  | {
      readonly outcome: 'refused';
      readonly problem: MailProblem;
      readonly isRetryable: boolean;
      readonly message: string;
    }
  | { readonly outcome: 'unreachable'; readonly problem: MailProblem; readonly message: string }
  | { readonly outcome: 'unknown'; readonly problem: MailProblem; readonly message: string };

const untrusted = /^(CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|HOSTNAME_MISMATCH|ERR_TLS_CERT_\w+)$/;

/** Words of the server that are kept; it may repeat the recipient's address, which is in the touch anyway. */
const messageLength = 300;

export function judge(failure: SmtpFailure): MailReceipt {
  const message = failure.message.slice(0, messageLength);
  const problem = problemOf(failure);
  if (failure.reply === undefined) {
    if (failure.isHandedOver) return { outcome: 'unknown', problem: 'no_answer', message };
    const isOurs = problem === 'address_refused' || problem === 'message_too_large';
    if (isOurs) return { outcome: 'refused', problem, isRetryable: false, message };
    return { outcome: 'unreachable', problem, message };
  }
  return { outcome: 'refused', problem, isRetryable: isOfChannel.has(problem) || isPassing(failure.reply), message };
}

/** No word on this mail: when it is mended, the mail can go. */
const isOfChannel: ReadonlySet<MailProblem> = new Set(['login_refused', 'server_refused', 'tls_refused']);

/** RFC 5321: 4yz may pass, 5yz stays. 503 says that the session was out of step, not that the mail is refused. */
function isPassing(reply: number): boolean {
  return reply < 500 || reply === 503;
}

function problemOf(failure: SmtpFailure): MailProblem {
  const { code, reply, step } = failure;
  if (untrusted.test(failure.systemCode)) return 'certificate';
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return reply !== undefined && isPassing(reply) ? 'server_busy' : 'login_refused';
  if (reply === undefined) return problemOfNetwork(failure);
  if (isPassing(reply)) return 'server_busy';
  // "Authentication required" comes as the answer to the first command that needs it.
  if (reply === 530) return 'login_refused';
  if (step === 'STARTTLS') return 'tls_refused';
  if (step === 'MAIL FROM') return 'sender_refused';
  // The second figure of an enhanced code (RFC 3463) tells a bad address from a rule of the server's.
  const subject = /\b5\.(\d)\.\d{1,3}\b/.exec(failure.message)?.[1];
  if (step === 'RCPT TO') return subject === '7' ? 'policy_refused' : 'address_refused';
  if (step === 'DATA') {
    if (reply === 552 || /\b5\.3\.4\b/.test(failure.message)) return 'message_too_large';
    return subject === '7' ? 'policy_refused' : 'message_refused';
  }
  return 'server_refused';
}

function problemOfNetwork({ code, systemCode }: SmtpFailure): MailProblem {
  if (code === 'EENVELOPE') return 'address_refused';
  if (code === 'EMESSAGE') return 'message_too_large';
  if (code === 'EDNS' || systemCode === 'ENOTFOUND' || systemCode.startsWith('EAI_')) return 'name_unknown';
  if (systemCode === 'ECONNREFUSED') return 'connection_refused';
  if (code === 'ETIMEDOUT' || systemCode === 'ETIMEDOUT') return 'timed_out';
  if (code === 'ETLS' || code === 'EPROTOCOL' || /SSL|EPROTO/.test(systemCode)) return 'tls_refused';
  return 'connection_broken';
}
