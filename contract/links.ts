import { z } from 'zod';
import { named } from './content.ts';
import { route } from './route.ts';
import { touchKind } from './touch.ts';
import { after, day, done, flag, id, limit, line, page, time, url } from './types.ts';

/** Tracked links: addresses whose opens are counted, and who opened them. */

/** An open counts once for each visit: what is loaded again within half an hour is the same visit. */
export const linkRow = z.object({
  id,
  title: z.string(),
  url: z.string(),
  opens: z.number().int(),
  /** Known customers who opened it. */
  people: z.number().int(),
  isArchived: z.boolean(),
  createdAt: time,
});

export const listLinks = route({
  method: 'GET',
  path: '/api/links',
  permission: 'content.read',
  summary: 'Addresses whose opens are counted, newest first',
  input: z.object({ search: line(60).optional(), archived: flag.default(false), after, limit }),
  output: page(linkRow),
});

export const createLink = route({
  method: 'POST',
  path: '/api/links',
  permission: 'content.write',
  summary: 'Have the opens of an address counted; an address that is tracked already keeps its figures',
  input: z.object({ url, title: line(60) }),
  output: z.object({ id }),
});

export const updateLink = route({
  method: 'PUT',
  path: '/api/links/:id',
  permission: 'content.write',
  summary: 'Name a tracked link, or archive it; links that were sent go on working',
  input: z.object({ id, title: line(60), isArchived: z.boolean().default(false) }),
  output: done,
  errors: ['not_found'],
});

export const getLink = route({
  method: 'GET',
  path: '/api/links/:id',
  permission: 'content.read',
  summary: 'A tracked link and its opens: by day, by what they came from and by who sent it',
  input: z.object({ id, from: day.optional(), to: day.optional() }),
  output: linkRow.extend({
    period: z.object({ opens: z.number().int(), knownOpens: z.number().int(), people: z.number().int() }),
    days: z.array(z.object({ day, opens: z.number().int(), knownOpens: z.number().int() })),
    sources: z.array(
      z.object({ kind: touchKind, id: id.nullable(), name: z.string().nullable(), opens: z.number().int() }),
    ),
    staff: z.array(named.extend({ opens: z.number().int() })),
    contents: z.array(named),
  }),
  errors: ['not_found'],
});

export const listLinkReaders = route({
  method: 'GET',
  path: '/api/links/:id/readers',
  permission: 'customer.read',
  summary: 'Customers who opened a link, the latest first',
  input: z.object({ id, after, limit }),
  output: page(
    z.object({
      customer: z.object({ id, name: z.string().nullable(), avatar: z.string().nullable() }),
      opens: z.number().int(),
      firstAt: time,
      lastAt: time,
    }),
  ),
  errors: ['not_found'],
});

export const shareLink = route({
  method: 'POST',
  path: '/api/links/:id/address',
  permission: 'content.read',
  summary: 'The short address of a tracked link for whoever asks, to be sent by hand',
  input: z.object({ id }),
  output: z.object({ address: z.string() }),
  errors: ['not_found'],
});

export const openLink = route({
  method: 'GET',
  path: '/l/:linkCode',
  permission: 'public',
  summary:
    'The short address of a tracked link: counts the open and leads on. `code` and `state` come back from WeCom when it was asked who the visitor is',
  input: z.object({
    linkCode: z.string().max(200),
    code: z.string().max(600).optional(),
    state: z.string().max(200).optional(),
  }),
  output: z.unknown(),
  bytes: 'out',
  outside: true,
});
