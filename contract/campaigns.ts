import { z } from 'zod';
import { channelMessage } from './content.ts';
import { customerRow } from './customers.ts';
import { route } from './route.ts';
import { condition } from './segments.ts';
import { after, day, done, id, limit, line, none, page, text, time } from './types.ts';

/** Campaigns: one planned touch to many people, with variants and a holdout, and what it truly changed. */

/** Groups and Moments go to an audience and not to one customer: nobody is left alone, and results are counts. */
export const campaignChannel = z.enum([
  'wecom_mass',
  'wecom_group',
  'wecom_moment',
  'staff_task',
  'email',
  'sms',
  'webhook',
]);

/** Most variants of one campaign: A to F. */
export const maxVariants = 6;

export const campaignWho = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('segment'), segmentId: id }),
  /** A rule of its own: whoever it is true for when a run begins. */
  z.object({ kind: z.literal('rule'), tree: condition }),
  /** Groups, for a message to groups. */
  z.object({ kind: z.literal('groups'), chatIds: z.array(line(64)).min(1).max(2000) }),
  /** Members who publish a Moment (none named: all who may), for their customers with one of some tags (none named: all). */
  z.object({
    kind: z.literal('moment'),
    staffIds: z.array(id).max(500).default([]),
    tagIds: z.array(id).max(100).default([]),
  }),
]);

export const campaignVariant = z.object({
  /** What its touches and results are told apart by. */
  part: z.string().regex(/^[A-F]$/),
  name: line(30, 0).default(''),
  contentId: id,
  /** Shares of the people go by weight. */
  weight: z.number().int().min(1).max(1000).default(1),
});

const minute = z.number().int().min(0).max(1439);

/** When runs begin, in the organisation's civil time. A month without the day has its run on its last day. */
export const campaignSchedule = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('now') }),
  z.object({ kind: z.literal('at'), at: time }),
  z.object({
    kind: z.literal('weekly'),
    /** 1 Monday … 7 Sunday. */
    weekdays: z.array(z.number().int().min(1).max(7)).min(1).max(7),
    minute,
    /** The last day on which a run may begin. */
    until: day.nullable().default(null),
  }),
  z.object({
    kind: z.literal('monthly'),
    day: z.number().int().min(1).max(31),
    minute,
    until: day.nullable().default(null),
  }),
]);

/** Who says it: the adviser whom the customer added last; or one of some staff, who must have the customer. */
export const campaignSender = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('adviser') }),
  z.object({ kind: z.literal('staff'), staffIds: z.array(id).min(1).max(200) }),
]);

export const maxHoldoutBasisPoints = 5000;

export const campaignDraft = z.object({
  name: line(60),
  channel: campaignChannel.default('wecom_mass'),
  who: campaignWho,
  variants: z
    .array(campaignVariant)
    .min(1)
    .max(maxVariants)
    .refine((variants) => new Set(variants.map(({ part }) => part)).size === variants.length, 'variant_part_taken'),
  /** Share of the people who are left alone, so that the effect can be seen. */
  holdoutBasisPoints: z.number().int().min(0).max(maxHoldoutBasisPoints).default(1000),
  schedule: campaignSchedule.default({ kind: 'now' }),
  /** Hours over which the messages are spread, in steps of an hour; 0 is all at once. */
  throttleHours: z.number().int().min(0).max(168).default(0),
  /** What has not gone so many hours after its time is not sent any more. */
  expireHours: z.number().int().min(1).max(720).default(48),
  sender: campaignSender.default({ kind: 'adviser' }),
  /** How long after a message (or after it would have been) what people do is counted. */
  windowHours: z.number().int().min(1).max(2160).default(168),
  /** What a message costs, in fen: parts of a fen are usual for SMS. */
  perMessageFen: z.number().min(0).max(100_000).default(0),
  fixedFen: z.number().int().min(0).max(1_000_000_000).default(0),
  /** What remains of a sale after the goods are paid, in basis points: what an additional sale is worth. */
  marginBasisPoints: z.number().int().min(0).max(10_000).default(5000),
});

export type CampaignDraft = z.output<typeof campaignDraft>;

/**
 * `waiting`: for a second person's approval. `scheduled`: nothing is under way, the next run has its time. `running`: messages of a
 * run are being planned or are on their way. `done`: no run is left; results may still come in.
 */
export const campaignState = z.enum(['draft', 'waiting', 'scheduled', 'running', 'paused', 'done', 'cancelled']);

/** `planning`: people are being taken in; `sending`: messages wait or are on their way; `measuring`: all have gone, what people do is counted; `final`: nothing changes any more. */
export const runState = z.enum(['planning', 'sending', 'measuring', 'final']);

// Results ————————————————————————————————————————————————————————————————————————————————————————————————

const count = z.number().int();

/** Sums of powers of an amount y, and of the same people's x in as long a time before: see statistics.ts. */
const powerSums = z.object({
  people: count,
  y: z.number(),
  yy: z.number(),
  yyy: z.number(),
  x: z.number(),
  xx: z.number(),
  xxx: z.number(),
  xy: z.number(),
  xyy: z.number(),
  xxy: z.number(),
});

/** What the people of one variant did, or those who would have had it and were left alone. */
export const groupNumbers = z.object({
  part: z.string(),
  isHoldout: z.boolean(),
  people: count,
  /** People with an order, with an act of theirs other than an opened link, who ended the contact, who opened a tracked link. */
  ordered: count,
  acted: count,
  blocked: count,
  opened: count,
  orders: powerSums,
  amountFen: powerSums,
});

export const metric = z.enum(['ordered', 'orders', 'amount', 'acted', 'blocked', 'opened']);

/** Why nothing is concluded. */
export const refusal = z.enum(['no_control', 'groups_mismatched', 'few_people', 'few_cases', 'window_open']);

export const finding = z.object({
  metric,
  /** Shares for people, means for orders and amounts (in fen). Null for nobody. */
  treated: z.number().nullable(),
  control: z.number().nullable(),
  estimate: z
    .object({
      /** Treated less control. */
      value: z.number(),
      low: z.number(),
      high: z.number(),
      pValue: z.number(),
      /** After Holm, when several variants are asked about. */
      adjustedPValue: z.number(),
      /** The smallest effect that would have been found four times in five. */
      smallestEffect: z.number(),
    })
    .nullable(),
  /** Of the variance, the share that what people did before has explained; null where it was not used. */
  varianceExplained: z.number().nullable(),
  conclusion: z.enum(['more', 'less', 'not_shown', 'refused']),
  refusal: refusal.nullable(),
});

export const comparison = z.object({
  /** Null is all variants together. */
  part: z.string().nullable(),
  /** Null is the control group, otherwise another variant. */
  against: z.string().nullable(),
  treatedPeople: count,
  controlPeople: count,
  findings: z.array(finding),
});

const range = z.object({ value: z.number(), low: z.number(), high: z.number() });

export const effect = z.object({
  /** Whether groups are as large as they were drawn. */
  ratio: z.object({
    groups: z.array(z.object({ part: z.string(), isHoldout: z.boolean(), people: count, expected: z.number() })),
    pValue: z.number(),
    isOff: z.boolean(),
  }),
  comparisons: z.array(comparison),
  /** Variants against the first one. */
  between: z.array(comparison),
  money: z.object({
    costFen: count,
    messages: count,
    marginBasisPoints: count,
    refusal: refusal.nullable(),
    /** What was sold that would not have been, and how many orders: over all people who had a message. */
    salesFen: range.nullable(),
    orders: range.nullable(),
    /** Margin of those sales, less the cost. */
    profitFen: range.nullable(),
    /** Cost of each additional order; null while there may be none. */
    fenPerOrder: range.nullable(),
  }),
});

export type Effect = z.output<typeof effect>;

/** How many touches are in which state and why, of whom. */
const touchCount = z.object({
  part: z.string(),
  isHoldout: z.boolean(),
  state: z.string(),
  reason: z.string().nullable(),
  count,
});

/** Tasks for groups or Moments in one state, their groups or members, and the people behind those who have sent it. */
const broadcastCount = z.object({
  state: z.string(),
  count,
  targetCount: count,
  sentCount: count,
  customerCount: count,
  likeCount: count,
  commentCount: count,
});

export const runResult = z.object({
  measuredAt: time,
  isFinal: z.boolean(),
  numbers: z.array(groupNumbers),
  effect,
  /** Steps of those who were to be reached, each a part of the one before except the last three. */
  funnel: z.array(
    z.object({
      part: z.string(),
      planned: count,
      allowed: count,
      submitted: count,
      confirmed: count,
      delivered: count,
      opened: count,
      acted: count,
      ordered: count,
      blocked: count,
      amountFen: count,
    }),
  ),
  staff: z.array(
    z.object({
      id: id.nullable(),
      name: z.string().nullable(),
      allowed: count,
      submitted: count,
      confirmed: count,
      delivered: count,
      acted: count,
      ordered: count,
      blocked: count,
      amountFen: count,
    }),
  ),
  /** By civil day: what went out, and what came. */
  days: z.array(
    z.object({ day: z.string(), allowed: count, delivered: count, opened: count, ordered: count, blocked: count }),
  ),
  /** Of a campaign to groups, or of Moments: instead of all of the above. */
  broadcasts: z.array(broadcastCount),
  /** Customers who opened a link of it, and opens of which nobody knows whose they are. */
  opens: z.object({ people: count, unknown: count }),
  /** Share of each group with an order, so many days after time zero. */
  curve: z.array(z.object({ days: count, treated: z.number(), control: z.number().nullable() })),
});

export const runRow = z.object({
  number: count,
  state: runState,
  startedAt: time,
  plannedCount: count,
  /** People of the segment to whom nothing could be planned, by reason. */
  skipped: z.record(z.string(), count),
  reached: count,
  /** When the last window ends, as far as is known. */
  measuredUntil: time.nullable(),
  ordered: finding.nullable(),
});

const campaignRow = z.object({
  id,
  name: z.string(),
  state: campaignState,
  channel: campaignChannel,
  /** Name of the segment; null for a rule of its own. */
  segment: z.object({ id, name: z.string() }).nullable(),
  size: count.nullable(),
  nextRunAt: time.nullable(),
  runCount: count,
  lastRun: runRow.nullable(),
  /** What stopped it by itself. */
  problem: z.enum(['grown', 'segment_gone', 'content_gone']).nullable(),
  createdBy: z.string(),
  updatedAt: time,
});

export const campaignDetail = campaignRow.extend({
  draft: campaignDraft,
  variants: z.array(
    z.object({
      part: z.string(),
      contentId: id,
      contentName: z.string().nullable(),
      /** The version that is sent; null while nothing has been launched. */
      versionId: id.nullable(),
    }),
  ),
  staff: z.array(z.object({ id, name: z.string() })),
  category: z.string(),
  approval: z
    .object({
      size: count,
      requestedBy: z.string(),
      requestedAt: time,
      approvedBy: z.string().nullable(),
      approvedAt: time.nullable(),
      /** The caller may decide: it is not his own request. */
      isYours: z.boolean(),
    })
    .nullable(),
  runs: z.array(runRow),
  history: z.array(z.object({ at: time, actor: z.string(), action: z.string(), note: z.string().nullable() })),
});

export const campaignSettings = z.object({
  /** From so many people on a second person approves. */
  approvalSize: z.number().int().min(0).max(1_000_000_000).default(5000),
  /** What a new campaign begins with. */
  holdoutBasisPoints: z.number().int().min(0).max(maxHoldoutBasisPoints).default(1000),
  windowHours: z.number().int().min(1).max(2160).default(168),
  marginBasisPoints: z.number().int().min(0).max(10_000).default(5000),
});

const drafting = [
  'segment_unknown',
  'segment_list_unknown',
  'staff_unknown',
  'content_unknown',
  'content_archived',
  'campaign_content_unfit',
  'campaign_audience_unfit',
  'tag_unknown',
  'campaign_categories_differ',
] as const;

export const listCampaigns = route({
  method: 'GET',
  path: '/api/campaigns',
  permission: 'campaign.read',
  summary: 'Campaigns, the last made first, each with its last run',
  input: z.object({ search: line(60).optional(), state: campaignState.optional(), after, limit }),
  output: page(campaignRow),
});

export const getCampaign = route({
  method: 'GET',
  path: '/api/campaigns/:id',
  permission: 'campaign.read',
  summary: 'One campaign: what it says, its approval, its runs, what was done to it',
  input: z.object({ id }),
  output: campaignDetail,
  errors: ['not_found'],
});

export const createCampaign = route({
  method: 'POST',
  path: '/api/campaigns',
  permission: 'campaign.write',
  summary: 'Make a campaign as a draft; nothing is sent',
  input: campaignDraft,
  output: z.object({ id }),
  errors: drafting,
});

export const updateCampaign = route({
  method: 'PUT',
  path: '/api/campaigns/:id',
  permission: 'campaign.write',
  summary: 'Change a draft',
  input: campaignDraft.extend({ id }),
  output: done,
  errors: ['not_found', 'campaign_not_draft', ...drafting],
});

export const copyCampaign = route({
  method: 'POST',
  path: '/api/campaigns/:id/copies',
  permission: 'campaign.write',
  summary: 'A draft like this one',
  input: z.object({ id }),
  output: z.object({ id }),
  errors: ['not_found'],
});

export const deleteCampaign = route({
  method: 'DELETE',
  path: '/api/campaigns/:id',
  permission: 'campaign.write',
  summary: 'Delete a draft that never ran',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'campaign_not_draft', 'campaign_has_run'],
});

export const foreseeCampaign = route({
  method: 'POST',
  path: '/api/campaigns/foresight',
  permission: 'campaign.read',
  outside: true,
  summary: 'Dry run: how many would be reached now, why not the others, and what it asks of staff. Nothing is written',
  input: campaignDraft.omit({ name: true }),
  output: z.object({
    /** How many the segment or rule selects. */
    size: count,
    /** Large ones are judged by a sample of so many, and figures are scaled up; null is everybody. */
    sampled: count.nullable(),
    /** Would be allowed now, before the holdout is taken out, and the holdout among them. */
    allowed: count,
    holdout: count,
    /** Would wait, or not get it, by reason. `no_sender`: none of the chosen staff has them. */
    deferred: z.array(z.object({ reason: z.string(), count })),
    suppressed: z.array(z.object({ reason: z.string(), count })),
    /** Members who have people among them, and the tasks they would have to confirm. */
    senders: count,
    tasks: count,
    variants: z.array(z.object({ part: z.string(), people: count, isPersonal: z.boolean() })),
    needsApproval: z.boolean(),
    costFen: count,
    /** With these sizes, the smallest change of the share of buyers that could be seen; null without holdout. */
    smallestEffect: z.number().nullable(),
    buyerShare: z.number().nullable(),
    tookMs: count,
  }),
  errors: drafting,
});

export const sampleCampaign = route({
  method: 'POST',
  path: '/api/campaigns/samples',
  permission: 'campaign.read',
  outside: true,
  summary: 'Some people of a draft, with what they would get',
  input: campaignDraft.omit({ name: true }),
  output: z.object({
    rows: z.array(
      z.object({
        /** Null: everybody in the audience gets the same. */
        customer: customerRow.nullable(),
        staff: z.object({ id, name: z.string() }).nullable(),
        part: z.string(),
        /** As the channel would say it to this person; null with a problem. */
        message: channelMessage.nullable(),
        missing: z.array(z.string()),
        problem: z.string().nullable(),
      }),
    ),
  }),
  errors: drafting,
});

const deciding = z.object({ id, note: text(200, 0).default('') });

export const launchCampaign = route({
  method: 'POST',
  path: '/api/campaigns/:id/launch',
  permission: 'campaign.write',
  summary: 'Let a draft go at its time; a large one asks for approval first',
  input: z.object({ id }),
  output: z.object({ state: campaignState, size: count }),
  errors: [
    'not_found',
    'campaign_not_draft',
    'campaign_empty',
    'campaign_time_past',
    'segment_not_filled',
    ...drafting,
  ],
});

export const approveCampaign = route({
  method: 'POST',
  path: '/api/campaigns/:id/approval',
  permission: 'campaign.approve',
  summary: 'Approve what somebody else asked for',
  input: deciding,
  output: done,
  errors: ['not_found', 'campaign_not_waiting', 'campaign_own_approval', 'campaign_time_past'],
});

export const rejectCampaign = route({
  method: 'POST',
  path: '/api/campaigns/:id/rejection',
  permission: 'campaign.approve',
  summary: 'Send it back to its draft, with a note',
  input: deciding,
  output: done,
  errors: ['not_found', 'campaign_not_waiting', 'campaign_under_way'],
});

export const withdrawCampaign = route({
  method: 'POST',
  path: '/api/campaigns/:id/withdrawal',
  permission: 'campaign.write',
  summary: 'Back to a draft, to change it: as long as no run is under way',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'campaign_under_way'],
});

export const pauseCampaign = route({
  method: 'POST',
  path: '/api/campaigns/:id/pause',
  permission: 'campaign.write',
  summary: 'Nothing more is planned, and what has not gone waits',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'campaign_not_running'],
});

export const resumeCampaign = route({
  method: 'POST',
  path: '/api/campaigns/:id/resumption',
  permission: 'campaign.write',
  summary: 'Go on where it was paused; runs whose time passed meanwhile are left out',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'campaign_not_paused'],
});

export const cancelCampaign = route({
  method: 'POST',
  path: '/api/campaigns/:id/cancellation',
  permission: 'campaign.write',
  summary: 'Stop for good: what has not gone is not sent',
  input: z.object({ id }),
  output: z.object({ cancelled: count }),
  errors: ['not_found', 'campaign_over'],
});

export const getCampaignRun = route({
  method: 'GET',
  path: '/api/campaigns/:id/runs/:number',
  permission: 'campaign.read',
  summary: 'One run: where its touches are now, and its results as last measured',
  input: z.object({ id, number: z.coerce.number().int().min(1).max(1_000_000) }),
  output: runRow.extend({ touches: z.array(touchCount), result: runResult.nullable() }),
  errors: ['not_found'],
});

export const measureCampaignRun = route({
  method: 'POST',
  path: '/api/campaigns/:id/runs/:number/measurement',
  permission: 'campaign.read',
  outside: true,
  summary: 'Measure a run again now, unless it is final',
  input: z.object({ id, number: z.coerce.number().int().min(1).max(1_000_000) }),
  output: done,
  errors: ['not_found'],
});

export const getCampaignSettings = route({
  method: 'GET',
  path: '/api/campaign-settings',
  permission: 'campaign.read',
  summary: 'When a second person approves, and what new campaigns begin with',
  input: none,
  output: campaignSettings,
});

export const setCampaignSettings = route({
  method: 'PUT',
  path: '/api/campaign-settings',
  permission: 'campaign.approve',
  summary: 'Change them',
  input: campaignSettings,
  output: done,
});
