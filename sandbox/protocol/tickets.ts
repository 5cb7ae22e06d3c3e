import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Ticket } from '#sandbox/store';
import type { World } from '#sandbox/world';
import type { Act, Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse } from './errors.ts';
import { hourMs } from './quota.ts';

/** Tickets with which pages sign their use of the JS-SDK (doc 90506, reference §2.3). */
export const ticketEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/cgi-bin/get_jsapi_ticket',
    family: 'base',
    handle: ({ world }) => giveTicket(world, 'corp'),
  },
  endpoint({
    method: 'GET',
    path: '/cgi-bin/ticket/get',
    family: 'base',
    request: z.object({ type: z.string() }),
    missing: { type: 91040 },
    handle: ({ world }, { type }) => (type === 'agent_config' ? giveTicket(world, 'app') : refuse(91040)),
  }),
];

/** An app may ask 100 times an hour, all apps of a corp together 400 times; here there is one app. */
function giveTicket(world: World, kind: Ticket['kind']): Act {
  const { ticketsPerHour, tokenTtlMs } = world.settings.policy;
  if (!world.frequency.count(`ticket ${kind}`, [{ windowMs: hourMs, calls: ticketsPerHour }])) refuse(45009);
  return () => {
    const now = Date.now();
    const { tickets } = world.state;
    let ticket = tickets.get(kind);
    if (!ticket || ticket.expiresRealMs <= now) {
      ticket = { kind, value: world.random.id(86), expiresRealMs: now + tokenTtlMs };
      tickets.set(kind, ticket);
    }
    return { ticket: ticket.value, expires_in: Math.ceil((ticket.expiresRealMs - now) / 1000) };
  };
}

export type SignedPage = { kind: Ticket['kind']; noncestr: string; timestamp: string; url: string; signature: string };

/** What the client checks when a page registers with the JS-SDK. */
export function checkSignature(
  world: World,
  page: SignedPage,
): { ok: true } | { ok: false; problem: 'no_ticket' | 'invalid signature' | 'invalid url domain' } {
  const ticket = world.state.tickets.get(page.kind);
  if (!ticket || ticket.expiresRealMs <= Date.now()) return { ok: false, problem: 'no_ticket' };
  const { trustedDomain } = world.state.corp;
  const url = page.url.split('#', 1)[0] ?? '';
  if (trustedDomain !== null && (!URL.canParse(url) || new URL(url).host !== trustedDomain)) {
    return { ok: false, problem: 'invalid url domain' };
  }
  const expected = signPage(ticket.value, page.noncestr, page.timestamp, url);
  return expected === page.signature ? { ok: true } : { ok: false, problem: 'invalid signature' };
}

export function signPage(ticket: string, noncestr: string, timestamp: string, url: string): string {
  const text = `jsapi_ticket=${ticket}&noncestr=${noncestr}&timestamp=${timestamp}&url=${url}`;
  return createHash('sha1').update(text).digest('hex');
}
