import { z } from 'zod';
import { graphProblem, journeyDraft } from './journey-graph.ts';
import { route } from './route.ts';
import { after, done, id, limit, line, page, text, time } from './types.ts';

/** Journeys: automated paths of customers, their versions, and who stands where. The graph itself: journey-graph.ts. */

/**
 * `draft`: never published; `running`: people come in and move; `paused`: nobody comes in or moves; `closed`: nobody comes
 * in, who is inside goes on.
 */
export const journeyState = z.enum(['draft', 'running', 'paused', 'closed']);

/** Why somebody is no longer inside. */
export const endReason = z.enum(['end', 'exit', 'goal', 'moved', 'removed', 'stopped', 'merged']);

/** Why somebody did not come in. */
export const refusal = z.enum(['reentry', 'full', 'unknown_customer']);

const name = line(60);
const description = text(300, 0).default('');

export const journeyRow = z.object({
  id,
  name: z.string(),
  description: z.string(),
  state: journeyState,
  /** Kinds of triggers of the version that runs; of the draft before there is one. */
  triggers: z.array(z.string()),
  versionNumber: z.number().int().nullable(),
  /** People inside now. */
  inside: z.number().int(),
  /** Who came in, and who reached the goal of them, over the last 30 civil days. */
  entered: z.number().int(),
  reached: z.number().int(),
  /** The draft differs from the version that runs. */
  hasChanges: z.boolean(),
  /** Something the running version speaks of is gone, or a step fails. */
  isTroubled: z.boolean(),
  updatedAt: time,
  updatedBy: z.string(),
});

export const listJourneys = route({
  method: 'GET',
  path: '/api/journeys',
  permission: 'journey.read',
  summary: 'Journeys, the last made first',
  input: z.object({ search: line(60).optional(), state: journeyState.optional(), after, limit }),
  output: page(journeyRow),
});

export const journeyVersion = z.object({
  id,
  number: z.number().int(),
  publishedAt: time,
  publishedBy: z.string(),
  /** People inside who came in with it, and so go on with it. */
  inside: z.number().int(),
  isCurrent: z.boolean(),
});

export const getJourney = route({
  method: 'GET',
  path: '/api/journeys/:id',
  permission: 'journey.read',
  summary: 'One journey with its draft, what is wrong with it, and its versions, the newest first',
  input: z.object({ id }),
  output: journeyRow.extend({
    draft: journeyDraft,
    /** Changes with each save: who saves says which one he began from. */
    revision: z.number().int(),
    problems: z.array(graphProblem),
    /** What is wrong with the version that runs: something it speaks of is gone, or a step fails. */
    runningProblems: z.array(graphProblem),
    versions: z.array(journeyVersion),
  }),
  errors: ['not_found'],
});

export const getJourneyVersion = route({
  method: 'GET',
  path: '/api/journeys/:id/versions/:number',
  permission: 'journey.read',
  summary: 'The graph of one version',
  input: z.object({ id, number: z.coerce.number().int().min(1).max(1_000_000) }),
  output: journeyVersion.extend({ graph: journeyDraft }),
  errors: ['not_found'],
});

export const createJourney = route({
  method: 'POST',
  path: '/api/journeys',
  permission: 'journey.write',
  summary: 'Make a journey: a draft that nobody comes into yet',
  input: z.object({ name, description, draft: journeyDraft }),
  output: z.object({ id }),
  errors: ['journey_name_taken'],
});

export const saveJourney = route({
  method: 'PUT',
  path: '/api/journeys/:id',
  permission: 'journey.write',
  summary: 'Save the draft, with or without gaps; what runs stays as it is. Answers what is wrong with it',
  input: z.object({
    id,
    name,
    description,
    draft: journeyDraft,
    revision: z.number().int().min(1).max(2_000_000_000),
  }),
  output: z.object({ revision: z.number().int(), problems: z.array(graphProblem) }),
  errors: ['not_found', 'journey_name_taken', 'journey_changed'],
});

export const publishJourney = route({
  method: 'POST',
  path: '/api/journeys/:id/publish',
  permission: 'journey.write',
  summary: 'Make a version of the draft: who comes in from now on goes by it, who is inside by the one he came in with',
  input: z.object({ id, revision: z.number().int().min(1).max(2_000_000_000) }),
  output: z.object({ number: z.number().int() }),
  errors: ['not_found', 'journey_changed', 'journey_has_problems', 'journey_unchanged'],
});

const count = z.number().int();
const account = z.object({ kind: line(20), value: line(255) });

export const enrolInJourney = route({
  method: 'POST',
  path: '/api/journeys/:id/people',
  permission: 'journey.write',
  summary:
    'Bring people into a running journey: chosen ones, by customer number or account, or all members of a segment in the background',
  input: z
    .object({
      id,
      customerIds: z.array(id).max(1000).default([]),
      accounts: z.array(account).max(1000).default([]),
      segmentId: id.optional(),
    })
    .refine(
      ({ customerIds, accounts, segmentId }) => customerIds.length + accounts.length > 0 || segmentId !== undefined,
      { path: ['customerIds'], message: 'nobody_named' },
    ),
  output: z.object({ entered: count, refused: z.array(z.object({ reason: refusal, count })), intakeId: id.nullable() }),
  errors: ['not_found', 'journey_not_running', 'journey_not_by_hand', 'segment_unknown'],
});

export const pauseJourney = route({
  method: 'POST',
  path: '/api/journeys/:id/pause',
  permission: 'journey.write',
  summary: 'Nobody comes in or moves until it goes on; what people do meanwhile is still noticed',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'journey_not_running'],
});

export const resumeJourney = route({
  method: 'POST',
  path: '/api/journeys/:id/resume',
  permission: 'journey.write',
  summary:
    'Goes on after a pause, or lets people come in again after it was closed; steps that came due meanwhile are due now',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'journey_not_paused'],
});

export const closeJourney = route({
  method: 'POST',
  path: '/api/journeys/:id/close',
  permission: 'journey.write',
  summary: 'Nobody comes in any more. Who is inside goes on to the end, or leaves now, with what was planned for him',
  input: z.object({ id, people: z.enum(['stay', 'leave']) }),
  output: done,
  errors: ['not_found', 'journey_not_published'],
});

export const deleteJourney = route({
  method: 'DELETE',
  path: '/api/journeys/:id',
  permission: 'journey.write',
  summary: 'Delete a journey that nobody is inside',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'journey_has_people'],
});

export const getJourneyFigures = route({
  method: 'GET',
  path: '/api/journeys/:id/figures',
  permission: 'journey.read',
  summary:
    'How many stand at each node, went out of it by each way, came in, ended and reached the goal; of one version or all',
  input: z.object({ id, number: z.coerce.number().int().min(1).max(1_000_000).optional() }),
  output: z.object({
    nodes: z.array(z.object({ node: z.string(), inside: count, ways: z.array(z.object({ way: z.string(), count })) })),
    entered: count,
    inside: count,
    ended: z.array(z.object({ reason: endReason, count })),
    /** Touched as planned, and left alone to compare with; `reached` is the goal. */
    arms: z.object({
      touched: z.object({ entered: count, reached: count }),
      holdout: z.object({ entered: count, reached: count }),
    }),
    /** Difference of the shares that reached the goal, with its 95 % interval; null while there is nobody to compare. */
    effect: z.object({ difference: z.number(), low: z.number(), high: z.number() }).nullable(),
    days: z.array(z.object({ day: z.string(), entered: count, reached: count })),
  }),
  errors: ['not_found'],
});

/** One path of one customer; `id` is the path's. */
export const journeyPerson = z.object({
  id,
  customerId: id,
  customerName: z.string().nullable(),
  customerAvatar: z.string().nullable(),
  versionNumber: z.number().int(),
  node: z.string(),
  isActive: z.boolean(),
  isHoldout: z.boolean(),
  enteredAt: time,
  /** When he came to the node where he waits; null on the way. */
  arrivedAt: time.nullable(),
  /** When he goes on at the latest. */
  dueAt: time,
  endedAt: time.nullable(),
  endReason: endReason.nullable(),
  reachedAt: time.nullable(),
});

export const listJourneyPeople = route({
  method: 'GET',
  path: '/api/journeys/:id/people',
  permission: 'journey.read',
  summary: 'Who is inside, at one node or anywhere, the next to go on first',
  input: z.object({
    id,
    node: z
      .string()
      .regex(/^[a-z][a-z0-9]{0,11}$/)
      .optional(),
    after,
    limit,
  }),
  output: page(journeyPerson),
  errors: ['not_found'],
});

/** One step of a path: which node, out by which way, and what is worth saying of it. */
export const pathStep = z.object({
  at: time,
  node: z.string(),
  kind: z.string().nullable(),
  name: z.string(),
  way: z.string(),
  wayName: z.string().nullable(),
  note: z.string().nullable(),
  /** What became of the message or task that the node planned. */
  touch: z.object({ id, channel: z.string(), state: z.string(), reason: z.string().nullable() }).nullable(),
});

export const journeyPath = journeyPerson.extend({
  journeyId: id,
  journeyName: z.string(),
  /** What he waits for now, in the words of the graph. */
  waitsAt: z.object({ node: z.string(), kind: z.string(), name: z.string() }).nullable(),
  steps: z.array(pathStep),
});

export const listCustomerJourneys = route({
  method: 'GET',
  path: '/api/customers/:id/journeys',
  permission: 'journey.read',
  summary: 'The journeys a customer is or was in, with each step, the newest first',
  input: z.object({ id, journey: id.optional() }),
  output: z.object({ rows: z.array(journeyPath) }),
  errors: ['not_found'],
});

export const removeFromJourney = route({
  method: 'POST',
  path: '/api/journeys/:id/remove',
  permission: 'journey.write',
  summary: 'Take people out of a journey, with what was planned for them',
  input: z.object({ id, customerIds: z.array(id).min(1).max(1000) }),
  output: z.object({ removed: count }),
  errors: ['not_found'],
});

/** People brought in together: at a time that came round, on a day of theirs, or by hand. */
export const intake = z.object({
  id,
  kind: z.enum(['date', 'schedule', 'hand']),
  at: time,
  by: z.string(),
  entered: count,
  refused: count,
  isDone: z.boolean(),
});

export const listIntakes = route({
  method: 'GET',
  path: '/api/journeys/:id/intakes',
  permission: 'journey.read',
  summary: 'When people were brought in together, and how many, the newest first; and when it is next',
  input: z.object({ id, after, limit }),
  output: page(intake).extend({ nextAt: time.nullable() }),
  errors: ['not_found'],
});

export const replayJourney = route({
  method: 'POST',
  path: '/api/journeys/replay',
  permission: 'journey.read',
  outside: true,
  summary:
    'What would have happened to one customer: the path from a past moment on, by what he did since. Attributes, tags and lists count as they are today. Nothing is written and nobody is reached',
  input: z.object({
    draft: journeyDraft,
    customerId: id,
    from: time,
    /** Comes in at that moment, whatever the triggers say. */
    isForced: z.boolean().default(false),
  }),
  output: z.object({
    /** Null when nothing would have brought him in. */
    enteredAt: time.nullable(),
    /** The trigger that would have; null when forced. */
    trigger: z.number().int().nullable(),
    steps: z.array(
      z.object({
        at: time,
        node: z.string(),
        way: z.string(),
        /** For branches: each way's verdict, in order, as far as they were asked. */
        verdicts: z.array(z.object({ way: z.string(), verdict: z.enum(['yes', 'no', 'unknown']) })).optional(),
      }),
    ),
    end: z.object({ at: time, reason: endReason }).nullable(),
    /** Where he would stand now, and until when at the latest. */
    waits: z.object({ node: z.string(), until: time }).nullable(),
    reachedAt: time.nullable(),
  }),
  errors: ['not_found', 'journey_has_problems', 'segment_unknown', 'segment_list_unknown', 'segment_too_slow'],
});
