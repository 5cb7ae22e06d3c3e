import { z } from 'zod';
import { route } from './route.ts';
import { done, id, line, none, time } from './types.ts';

/**
 * Facts from websites, apps, mini programs, servers and shops, in the form of Segment's HTTP API, so that its client
 * libraries can be pointed at siyu. Who may tell is a source, known by its write key: as the user name of Basic
 * authentication, or as `writeKey` in the body.
 */

export const sourceKind = z.enum(['website', 'app', 'mini_program', 'server', 'shop']);

export const source = z.object({
  id,
  name: z.string(),
  kind: sourceKind,
  writeKey: z.string(),
  isEnabled: z.boolean(),
  lastToldAt: time.nullable(),
  createdAt: time,
});

export const listSources = route({
  method: 'GET',
  path: '/api/sources',
  permission: 'source.manage',
  summary: 'Systems that tell siyu what happens, with their write keys',
  input: none,
  output: z.object({ rows: z.array(source) }),
});

export const createSource = route({
  method: 'POST',
  path: '/api/sources',
  permission: 'source.manage',
  summary: 'Add a source; its write key is made',
  input: z.object({ name: line(40), kind: sourceKind }),
  output: z.object({ id }),
  errors: ['source_name_taken'],
});

export const updateSource = route({
  method: 'PUT',
  path: '/api/sources/:id',
  permission: 'source.manage',
  summary: 'Rename a source, switch it off or on, or give it a new write key; the old key stops at once',
  input: z.object({ id, name: line(40).optional(), isEnabled: z.boolean().optional(), newKey: z.boolean().optional() }),
  output: done,
  errors: ['not_found', 'source_name_taken'],
});

export const listArrivals = route({
  method: 'GET',
  path: '/api/sources/:id/arrivals',
  permission: 'source.manage',
  summary: 'The latest calls a source made to this process, newest first: to see while setting up that they arrive',
  input: z.object({ id }),
  output: z.object({
    rows: z.array(
      z.object({
        receivedAt: time,
        occurredAt: time,
        /** Name of the event as siyu keeps it, or `person.identified`. */
        name: z.string(),
        account: z.object({ kind: z.string(), value: z.string() }),
        /** Whom that account means; null while the fact is still on its way. */
        customerId: id.nullable(),
        /** Properties or attributes; long texts are cut, what is nested is written as text. */
        details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
      }),
    ),
  }),
  errors: ['not_found'],
});

/** Largest call, and largest batch, in bytes (Segment's own limits). */
export const callLimitBytes = 32 * 1024;
export const batchLimitBytes = 500 * 1024;

const accountId = z.union([z.string().trim().min(1).max(255), z.number().transform(String)]);
const someId = accountId.nullish();
const moment = z.union([z.iso.datetime({ offset: true }), z.iso.datetime({ local: true })]).nullish();
const bag = z.record(z.string(), z.unknown());

const common = {
  writeKey: z.string().max(200).optional(),
  messageId: z.string().min(1).max(200).nullish(),
  userId: someId,
  anonymousId: someId,
  timestamp: moment,
  originalTimestamp: moment,
  sentAt: moment,
  context: bag.nullish(),
};

const identify = z.object({ ...common, traits: bag.nullish() });
const track = z.object({ ...common, event: line(100), properties: bag.nullish() });
const page = z.object({
  ...common,
  name: line(200, 0).nullish(),
  category: line(200, 0).nullish(),
  properties: bag.nullish(),
});
const group = z.object({ ...common, groupId: accountId, traits: bag.nullish() });
const alias = z.object({ ...common, userId: accountId, previousId: accountId });

/** One call of a batch, told apart by its `type`. */
export const webMessage = z.discriminatedUnion('type', [
  identify.extend({ type: z.literal('identify') }),
  track.extend({ type: z.literal('track') }),
  page.extend({ type: z.literal('page') }),
  page.extend({ type: z.literal('screen') }),
  group.extend({ type: z.literal('group') }),
  alias.extend({ type: z.literal('alias') }),
]);

const taken = z.object({ success: z.literal(true) });

function call<T extends z.ZodType>(kind: string, input: T, summary: string, limitBytes = callLimitBytes) {
  return route({
    method: 'POST',
    path: `/v1/${kind}`,
    permission: 'public',
    summary,
    input,
    output: taken,
    limitBytes,
    isCrossOrigin: true,
    errors: ['write_key_invalid'],
  });
}

export const tellIdentify = call('identify', identify, 'Who somebody is: traits of a user');
export const tellTrack = call('track', track, 'What somebody did');
export const tellPage = call('page', page, 'Which page of a website somebody saw');
export const tellScreen = call('screen', page, 'Which screen of an app somebody saw');
export const tellGroup = call('group', group, 'Which company or circle somebody belongs to');
export const tellAlias = call('alias', alias, 'Two ids are the same person');
const batch = z.object({
  writeKey: z.string().max(200).optional(),
  batch: z.array(webMessage).min(1).max(2500),
  sentAt: moment,
  context: bag.nullish(),
});
export const tellBatch = call(
  'batch',
  batch,
  'Several calls at once: up to 500 KB, each up to 32 KB. All are taken or none',
  batchLimitBytes,
);

/** The same calls under the addresses that Segment's analytics.js uses: one letter each. */
export const tellShortIdentify = call('i', identify, 'identify, as analytics.js calls it');
export const tellShortTrack = call('t', track, 'track, as analytics.js calls it');
export const tellShortPage = call('p', page, 'page, as analytics.js calls it');
export const tellShortScreen = call('s', page, 'screen, as analytics.js calls it');
export const tellShortGroup = call('g', group, 'group, as analytics.js calls it');
export const tellShortAlias = call('a', alias, 'alias, as analytics.js calls it');
export const tellShortBatch = call('b', batch, 'batch, as analytics.js calls it', batchLimitBytes);
