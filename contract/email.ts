import { z } from 'zod';
import { channelHealth, trial } from './channels.ts';
import { route } from './route.ts';
import { done, line, none, text, time } from './types.ts';

/** The channel e-mail: one mail server, and how readers take themselves off. */

/** What went wrong with a mail; the console has a sentence for each that says how to mend it. */
export const mailProblem = z.enum([
  'name_unknown',
  'connection_refused',
  'timed_out',
  'connection_broken',
  'certificate',
  'tls_refused',
  'login_refused',
  'sender_refused',
  'address_refused',
  'policy_refused',
  'message_refused',
  'message_too_large',
  'server_busy',
  'server_refused',
  'no_answer',
  'secret_unreadable',
]);

/** `tls` from the first byte, usually port 465; `starttls` usually 587; `none` only on this machine or in a trusted network. */
export const mailSecurity = z.enum(['tls', 'starttls', 'none']);

const address = z.email().max(254);

/** A name as DNS knows it, or an IP address. */
const host = line(253).regex(/^[A-Za-z0-9]([A-Za-z0-9._:-]*[A-Za-z0-9])?$/);

export const emailDraft = z.object({
  isEnabled: z.boolean().default(true),
  host,
  port: z.number().int().min(1).max(65_535),
  security: mailSecurity,
  /** Empty: the server asks for no login. */
  user: line(254, 0).default(''),
  /** Left out: stays as it is. */
  password: text(500).optional(),
  /** The brand, as readers see it. */
  senderName: line(80),
  senderAddress: address,
  replyTo: address.nullable().default(null),
  /** Mails on one civil day; null: as many as the gate allows. */
  dailyLimit: z.number().int().min(1).max(10_000_000).nullable().default(null),
  /** Puts （广告） before the subject of promotions, as the law in mainland China asks. */
  marksPromotions: z.boolean().default(true),
});

export const emailSettings = emailDraft.omit({ password: true }).extend({
  hasPassword: z.boolean(),
  updatedAt: time,
});

export const getEmail = route({
  method: 'GET',
  path: '/api/channels/email',
  permission: 'connection.manage',
  summary:
    'How mails are sent, how the last attempts ended, and how many went out today; the password is never shown again',
  input: none,
  output: z.object({
    settings: emailSettings.nullable(),
    health: channelHealth(mailProblem),
    sentToday: z.number().int(),
  }),
});

export const setEmail = route({
  method: 'PUT',
  path: '/api/channels/email',
  permission: 'connection.manage',
  summary: 'Set up the mail server and the sender. A password that is left out stays as it is',
  input: emailDraft,
  output: done,
});

export const sendTestEmail = route({
  method: 'POST',
  path: '/api/channels/email/test',
  permission: 'connection.manage',
  summary: 'Send one mail that says it is a test, and tell what the server answered',
  input: z.object({ to: address }),
  output: trial(mailProblem),
  outside: true,
  errors: ['channel_not_set_up'],
});

export const checkEmail = route({
  method: 'POST',
  path: '/api/channels/email/check',
  permission: 'health.read',
  summary: 'Try the mail server up to the point of sending: name, connection, certificate, login, sender',
  input: none,
  output: trial(mailProblem),
  outside: true,
  errors: ['channel_not_set_up'],
});

/** Of one reader: only this server can make one. */
const pass = z.string().regex(/^[A-Za-z0-9_-]{20,150}$/);

export const openUnsubscribe = route({
  method: 'GET',
  path: '/unsubscribe/:pass',
  permission: 'public',
  summary: 'The page on which a reader takes himself off; nothing happens before he presses the button',
  input: z.object({ pass }),
  output: z.unknown(),
  bytes: 'out',
});

export const unsubscribe = route({
  method: 'POST',
  path: '/unsubscribe/:pass',
  permission: 'public',
  summary:
    'Withdraw the consent to mails at once: the button of the page, and the one click of mail programs (RFC 8058)',
  input: z.object({ pass }),
  output: z.unknown(),
  bytes: 'in',
  page: true,
  isCrossOrigin: true,
});
