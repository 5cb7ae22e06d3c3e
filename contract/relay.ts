import { z } from 'zod';
import { channelHealth, trial } from './channels.ts';
import { route } from './route.ts';
import { none, text, time, url } from './types.ts';

/** The channel `webhook`: a sender of the brand's own that takes touches as signed messages (自有发送渠道). */

/** What went wrong with handing a touch over; the console has a sentence for each. */
export const relayProblem = z.enum([
  'refused',
  'busy',
  'failed',
  'gone',
  'redirected',
  'timed_out',
  'connection_refused',
  'connection_broken',
  'name_unknown',
  'certificate',
  'address_private',
  'url_refused',
  'secret_unreadable',
]);

export const relayDraft = z.object({
  isEnabled: z.boolean().default(true),
  url,
  /** What it reaches people by: an app, a phone system. */
  description: text(200, 0).default(''),
});

export const relaySettings = relayDraft.extend({ secretMadeAt: time, updatedAt: time });

export const getRelay = route({
  method: 'GET',
  path: '/api/channels/relay',
  permission: 'connection.manage',
  summary: 'Where touches of the channel webhook are handed over, and how the last attempts ended',
  input: none,
  output: z.object({ settings: relaySettings.nullable(), health: channelHealth(relayProblem) }),
});

export const setRelay = route({
  method: 'PUT',
  path: '/api/channels/relay',
  permission: 'connection.manage',
  summary: 'Set the address. The first time a secret is made and shown this once',
  input: relayDraft,
  output: z.object({ secret: z.string().nullable() }),
  errors: ['webhook_url_refused'],
});

export const rotateRelaySecret = route({
  method: 'POST',
  path: '/api/channels/relay/secret',
  permission: 'connection.manage',
  summary: 'Make a new secret, shown this once; the one before stops at once',
  input: none,
  output: z.object({ secret: z.string() }),
  errors: ['channel_not_set_up'],
});

export const sendTestRelay = route({
  method: 'POST',
  path: '/api/channels/relay/test',
  permission: 'connection.manage',
  summary: 'Hand over a test, which reaches nobody',
  input: none,
  output: trial(relayProblem),
  outside: true,
  errors: ['channel_not_set_up'],
});
