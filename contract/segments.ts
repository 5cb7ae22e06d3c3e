import { z } from 'zod';
import { customerRow, customerSource, followState } from './customers.ts';
import { route } from './route.ts';
import { after, day, done, id, limit, line, none, page, text, time } from './types.ts';

/**
 * Segments: a tree of conditions that selects customers, and who is in it now. What a condition means, and what "unknown"
 * does, is written down in server/modules/segments/rules.ts.
 */

/** Bounds of a tree: how deep conditions may stand inside conditions, and how many there may be. */
export const maxDepth = 10;
export const maxConditions = 200;

const key = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/);
const eventName = line(100);
const propertyKey = line(100);
const ids = z.array(id).min(1).max(200);
const words = z.array(line(200)).min(1).max(200);
/** Numbers are exact to four decimals. */
const number = z.number().min(-1e11).max(1e11);
const days = z.number().int().min(1).max(3660);

export const timeUnit = z.enum(['hours', 'days']);
const span = { amount: z.number().int().min(1).max(87_840), unit: timeUnit };

/** A time to look at. `last` is counted back from now; `between` are civil days, both included. */
export const timeWindow = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ever') }),
  z.object({ kind: z.literal('last'), ...span }),
  z.object({ kind: z.literal('between'), from: day.nullable(), to: day.nullable() }),
]);

/** Where one moment must lie: inside a window, or further back than a span. */
export const momentTest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('last'), ...span }),
  z.object({ kind: z.literal('before'), ...span }),
  z.object({ kind: z.literal('between'), from: day.nullable(), to: day.nullable() }),
]);

/** `between` has both ends included. */
export const comparison = z.discriminatedUnion('op', [
  z.object({ op: z.enum(['eq', 'ne', 'gt', 'gte', 'lt', 'lte']), value: number }),
  z.object({ op: z.literal('between'), value: number, to: number }),
]);

export const attributeTest = z.discriminatedUnion('op', [
  z.object({ op: z.enum(['set', 'not_set']) }),
  /** Text and choice. */
  z.object({ op: z.enum(['is_any', 'is_none']), values: words }),
  z.object({ op: z.enum(['contains', 'not_contains', 'starts_with']), text: line(200) }),
  z.object({ op: z.literal('number'), compare: comparison }),
  z.object({ op: z.enum(['yes', 'no']) }),
  z.object({ op: z.literal('day_between'), from: day.nullable(), to: day.nullable() }),
  /** The last n civil days, today included; the next n, today included. */
  z.object({ op: z.enum(['day_last', 'day_next']), days }),
  /** The birthday comes within the next n civil days, today included. */
  z.object({ op: z.literal('birthday'), days: z.number().int().min(1).max(90), calendar: z.enum(['solar', 'lunar']) }),
  z.object({ op: z.literal('month'), months: z.array(z.number().int().min(1).max(12)).min(1).max(12) }),
]);

export const propertyFilter = z.object({
  property: propertyKey,
  test: z.discriminatedUnion('op', [
    z.object({ op: z.enum(['set', 'not_set']) }),
    z.object({ op: z.enum(['is_any', 'is_none']), values: words }),
    z.object({ op: z.literal('contains'), text: line(200) }),
    z.object({ op: z.literal('number'), compare: comparison }),
  ]),
});

const filters = z.array(propertyFilter).max(10).default([]);
const eventStep = z.object({ name: eventName, filters });

export const eventMeasure = z.discriminatedUnion('of', [
  z.object({ of: z.literal('count') }),
  z.object({ of: z.enum(['sum', 'avg', 'min', 'max', 'distinct']), property: propertyKey }),
]);

const orderFilter = {
  shops: words.optional(),
  skus: words.optional(),
  categories: words.optional(),
  /** ISO code; amounts of one currency only are added up. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('CNY'),
};

export const scoreField = z.enum([
  'recency_days',
  'frequency',
  'monetary_fen',
  'r',
  'f',
  'm',
  'expected_orders',
  'p_alive',
  'expected_value_fen',
  'relation',
  'responsiveness',
  'attention',
  'freebie',
]);

const leaves = [
  z.object({ kind: z.literal('attribute'), key, test: attributeTest }),
  z.object({ kind: z.literal('tag'), mode: z.enum(['any', 'all', 'none']), tagIds: ids }),
  /** Some follow (or none) that fits everything said; what is not said fits anything. */
  z.object({
    kind: z.literal('follow'),
    mode: z.enum(['some', 'none']).default('some'),
    states: z.array(followState).min(1).max(5).optional(),
    staffIds: ids.optional(),
    /** Departments with all below them. */
    departmentIds: ids.optional(),
    codeIds: ids.optional(),
    added: momentTest.optional(),
    ended: momentTest.optional(),
  }),
  z.object({
    kind: z.literal('event'),
    name: eventName,
    filters,
    window: timeWindow,
    measure: eventMeasure,
    compare: comparison,
  }),
  z.object({
    kind: z.literal('event_time'),
    name: eventName,
    filters,
    which: z.enum(['first', 'last']),
    test: momentTest,
  }),
  /** `first`, and after it within the span `next`; or `first` without `next` within the span, which has passed. */
  z.object({
    kind: z.literal('sequence'),
    first: eventStep,
    followed: z.boolean(),
    next: eventStep,
    within: z.object(span),
    window: timeWindow,
  }),
  z.object({
    kind: z.literal('order'),
    measure: z.enum(['count', 'total', 'largest', 'average']),
    ...orderFilter,
    window: timeWindow,
    compare: comparison,
  }),
  z.object({ kind: z.literal('order_time'), which: z.enum(['first', 'last']), ...orderFilter, test: momentTest }),
  /** Days between orders: on average, or between the last two. */
  z.object({ kind: z.literal('order_gap'), which: z.enum(['average', 'latest']), compare: comparison }),
  z.object({ kind: z.literal('score'), field: scoreField, compare: comparison }),
  z.object({ kind: z.literal('rfm'), groups: words }),
  z.object({ kind: z.literal('super_user'), is: z.boolean() }),
  z.object({ kind: z.literal('source'), values: z.array(customerSource).min(1).max(20) }),
  z.object({
    kind: z.literal('gender'),
    values: z
      .array(z.enum(['male', 'female']))
      .min(1)
      .max(2),
  }),
  z.object({
    kind: z.literal('account_kind'),
    values: z
      .array(z.enum(['wechat', 'wecom']))
      .min(1)
      .max(2),
  }),
  /** The channel code that brought the customer first. */
  z.object({ kind: z.literal('code'), codeIds: ids }),
  z.object({ kind: z.literal('added'), test: momentTest }),
  z.object({ kind: z.literal('identity'), mode: z.enum(['any', 'all', 'none']), kinds: z.array(key).min(1).max(20) }),
  /** Basis points of all customers, from (included) to (excluded), dealt by a seed: the same everywhere, for ever. */
  z.object({
    kind: z.literal('bucket'),
    seed: z.number().int().min(0).max(1_000_000),
    from: z.number().int().min(0).max(9999),
    to: z.number().int().min(1).max(10_000),
  }),
  /** The first n, or the first share in basis points, of those who have a value. Equal values: the smaller id first. */
  z.object({
    kind: z.literal('top'),
    by: z.discriminatedUnion('of', [
      z.object({ of: z.literal('score'), field: scoreField }),
      z.object({ of: z.literal('event_sum'), name: eventName, property: propertyKey, window: timeWindow }),
      z.object({ of: z.literal('order_total'), currency: orderFilter.currency, window: timeWindow }),
    ]),
    take: z.discriminatedUnion('of', [
      z.object({ of: z.literal('count'), count: z.number().int().min(1).max(100_000_000) }),
      z.object({ of: z.literal('share'), basisPoints: z.number().int().min(1).max(10_000) }),
    ]),
  }),
  z.object({ kind: z.literal('segment'), segmentId: id }),
  z.object({ kind: z.literal('list'), listId: id }),
] as const;

const leaf = z.discriminatedUnion('kind', leaves);
export type Leaf = z.output<typeof leaf>;
/** The leaf of one kind. */
export type LeafOf<K extends Leaf['kind']> = Extract<Leaf, { kind: K }>;
export const leafKinds = leaves.map((option) => option.shape.kind.value);

/** `all` and `any` of nothing are refused: an empty condition selects nobody by accident and everybody by mistake. */
export type Condition = { kind: 'all' | 'any'; of: Condition[] } | { kind: 'not'; of: Condition } | Leaf;

const anyCondition: z.ZodType<Condition, unknown> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('all'), of: z.array(anyCondition).min(1).max(maxConditions) }),
    z.object({ kind: z.literal('any'), of: z.array(anyCondition).min(1).max(maxConditions) }),
    z.object({ kind: z.literal('not'), of: anyCondition }),
    ...leaves,
  ] as never),
) as never;

function sizeOf(root: Condition): { depth: number; count: number } {
  let [depth, count] = [0, 0];
  // Without recursion: a tree too deep is told so, and does not overflow the stack.
  const open: { node: Condition; level: number }[] = [{ node: root, level: 1 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, level } = next;
    depth = Math.max(depth, level);
    count++;
    if (node.kind === 'all' || node.kind === 'any')
      for (const child of node.of) open.push({ node: child, level: level + 1 });
    if (node.kind === 'not') open.push({ node: node.of, level: level + 1 });
  }
  return { depth, count };
}

/** Looks at the raw value first: one that is nested thousands of times is refused before anything walks it. */
function isShallow(value: unknown): boolean {
  const open: { value: unknown; level: number }[] = [{ value, level: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.level > maxDepth * 2 + 12) return false;
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const child of Object.values(next.value)) open.push({ value: child, level: next.level + 1 });
  }
  return true;
}

export const condition = z
  .unknown()
  .superRefine((value, context) => {
    if (!isShallow(value)) context.addIssue({ code: 'custom', message: 'tree_too_deep' });
  })
  .pipe(anyCondition)
  .superRefine((tree, context) => {
    const { depth, count } = sizeOf(tree);
    if (depth > maxDepth) context.addIssue({ code: 'custom', message: 'tree_too_deep' });
    if (count > maxConditions) context.addIssue({ code: 'custom', message: 'tree_too_large' });
  });

const name = line(60);

export const segmentRow = z.object({
  id,
  name: z.string(),
  description: z.string(),
  memberCount: z.number().int(),
  /** False while the members of a new or changed rule are being found. */
  isFilled: z.boolean(),
  filledAt: time.nullable(),
  /** People enter and leave as time goes by; or a ranking is drawn anew now and then. */
  isTimed: z.boolean(),
  isRanked: z.boolean(),
  problem: z.string().nullable(),
  enteredToday: z.number().int(),
  leftToday: z.number().int(),
  createdBy: z.string(),
  updatedAt: time,
});

const segmentDraft = { name, description: text(200, 0).default(''), tree: condition };

export const listSegments = route({
  method: 'GET',
  path: '/api/segments',
  permission: 'segment.read',
  summary: 'Segments, the last made first',
  input: z.object({ search: line(60).optional(), after, limit }),
  output: page(segmentRow),
});

export const getSegment = route({
  method: 'GET',
  path: '/api/segments/:id',
  permission: 'segment.read',
  summary: 'One segment with its rule, and where it is used',
  input: z.object({ id }),
  output: segmentRow.extend({
    tree: z.unknown(),
    usedBy: z.array(z.object({ kind: z.enum(['segment', 'campaign']), id, name: z.string() })),
  }),
  errors: ['not_found'],
});

export const createSegment = route({
  method: 'POST',
  path: '/api/segments',
  permission: 'segment.write',
  summary: 'Make a segment; its members are found in the background',
  input: z.object(segmentDraft),
  output: z.object({ id }),
  errors: ['segment_name_taken', 'segment_unknown', 'segment_list_unknown'],
});

export const updateSegment = route({
  method: 'PUT',
  path: '/api/segments/:id',
  permission: 'segment.write',
  summary: 'Change name or rule; with another rule its members are found anew',
  input: z.object({ id, ...segmentDraft }),
  output: done,
  errors: ['not_found', 'segment_name_taken', 'segment_unknown', 'segment_list_unknown', 'segment_circle'],
});

export const deleteSegment = route({
  method: 'DELETE',
  path: '/api/segments/:id',
  permission: 'segment.write',
  summary: 'Delete a segment that nothing uses',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'segment_in_use'],
});

/** Which engine answered, and how long it took. */
const answered = { engine: z.enum(['mirror', 'postgres']), tookMs: z.number().int() };
const counting = ['segment_unknown', 'segment_list_unknown', 'segment_superseded', 'segment_too_slow'] as const;

export const countSegment = route({
  method: 'POST',
  path: '/api/segments/count',
  permission: 'segment.read',
  outside: true,
  summary:
    'How many customers a rule selects, of how many. A newer count of the same session stops the older one, and so does a caller who hangs up',
  input: z.object({ tree: condition, session: z.string().max(60).optional() }),
  output: z.object({ count: z.number().int(), total: z.number().int(), ...answered }),
  errors: counting,
});

export const sampleSegment = route({
  method: 'POST',
  path: '/api/segments/sample',
  permission: 'segment.read',
  outside: true,
  summary: 'Some of the customers a rule selects, the newest first',
  input: z.object({ tree: condition, limit: z.number().int().min(1).max(100).default(20) }),
  output: z.object({ rows: z.array(customerRow) }),
  errors: counting,
});

export const breakdownBy = z.discriminatedUnion('by', [
  z.object({ by: z.enum(['source', 'gender', 'account_kind', 'rfm', 'tag', 'code']) }),
  z.object({ by: z.literal('attribute'), key }),
]);

export const breakdownSegment = route({
  method: 'POST',
  path: '/api/segments/breakdown',
  permission: 'segment.read',
  outside: true,
  summary:
    'How those whom a rule selects divide; the largest parts first, and the share of the part among all customers',
  input: z.object({ tree: condition, into: breakdownBy }),
  output: z.object({
    count: z.number().int(),
    /** `value` is null for those without one; ids stand as text, with the name they have. */
    rows: z.array(
      z.object({
        value: z.string().nullable(),
        label: z.string().nullable(),
        count: z.number().int(),
        ofAll: z.number().int(),
      }),
    ),
    ...answered,
  }),
  errors: counting,
});

export const overlapSegments = route({
  method: 'POST',
  path: '/api/segments/overlap',
  permission: 'segment.read',
  outside: true,
  summary: 'How many are in one, in the other, and in both',
  input: z.object({ first: condition, second: condition }),
  output: z.object({ first: z.number().int(), second: z.number().int(), both: z.number().int(), ...answered }),
  errors: counting,
});

export const getSegmentHistory = route({
  method: 'GET',
  path: '/api/segments/:id/history',
  permission: 'segment.read',
  summary: 'Size by day, with who entered and left; days without a change repeat the day before',
  input: z.object({ id, from: day.optional(), to: day.optional() }),
  output: z.object({
    days: z.array(
      z.object({
        day: z.string(),
        members: z.number().int().nullable(),
        entered: z.number().int(),
        left: z.number().int(),
      }),
    ),
  }),
  errors: ['not_found'],
});

const verdict = z.enum(['yes', 'no', 'unknown']);

/** One line for each condition, in the order of reading; `path` leads to it: [] is the whole, [0, 2] the third part of the first. */
const explainedLine = z.object({ path: z.array(z.number().int()), kind: z.string(), verdict, seen: z.unknown() });

export const explainCustomer = route({
  method: 'POST',
  path: '/api/segments/explain',
  permission: 'segment.read',
  outside: true,
  summary: 'Why one customer is in or out: each condition true, false or unknown, with the values seen',
  input: z.object({ tree: condition, customerId: id }),
  output: z.object({ verdict, changesAt: time.nullable(), lines: z.array(explainedLine) }),
  errors: ['not_found', 'segment_unknown', 'segment_list_unknown', 'segment_too_slow'],
});

export const explainSegment = route({
  method: 'POST',
  path: '/api/segments/explain-parts',
  permission: 'segment.read',
  outside: true,
  summary:
    'What each part of a rule does: whom it is true, false and unknown for, and how many more there would be without it',
  input: z.object({ tree: condition }),
  output: z.object({
    count: z.number().int(),
    total: z.number().int(),
    parts: z.array(
      z.object({
        path: z.array(z.number().int()),
        kind: z.string(),
        yes: z.number().int(),
        no: z.number().int(),
        unknown: z.number().int(),
        removed: z.number().int(),
      }),
    ),
    ...answered,
  }),
  errors: counting,
});

export const exportSegment = route({
  method: 'POST',
  path: '/api/segments/:id/export',
  permission: 'segment.export',
  outside: true,
  bytes: 'out',
  summary: 'The members as CSV (UTF-8), streamed; written into the audit log',
  input: z.object({ id }),
  output: z.unknown(),
  errors: ['not_found', 'segment_not_filled'],
});

export const segmentListRow = z.object({
  id,
  name: z.string(),
  memberCount: z.number().int(),
  rowCount: z.number().int(),
  /** Rows that named nobody we know. */
  unknownCount: z.number().int(),
  createdAt: time,
  createdBy: z.string(),
});

export const listSegmentLists = route({
  method: 'GET',
  path: '/api/segment-lists',
  permission: 'segment.read',
  summary: 'Uploaded lists',
  input: none,
  output: z.object({ rows: z.array(segmentListRow) }),
});

export const uploadSegmentList = route({
  method: 'POST',
  path: '/api/segment-lists',
  permission: 'segment.write',
  bytes: 'in',
  summary:
    'A list of people: text with one account a line (the first column of a CSV): external_userid, phone, unionid, e-mail, any account, or #number for a customer number',
  input: z.object({ name }),
  output: z.object({ id, rowCount: z.number().int(), memberCount: z.number().int(), unknownCount: z.number().int() }),
  errors: ['segment_list_name_taken', 'segment_list_empty'],
});

export const deleteSegmentList = route({
  method: 'DELETE',
  path: '/api/segment-lists/:id',
  permission: 'segment.write',
  summary: 'Delete a list that no segment speaks of',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'segment_list_in_use'],
});

export const getMirror = route({
  method: 'GET',
  path: '/api/mirror',
  permission: 'health.read',
  summary: 'The columnar copy that counts segments: how far behind it is, how large',
  input: none,
  output: z.object({
    /** `off`: this process has none, PostgreSQL answers, slower and equal. */
    state: z.enum(['off', 'building', 'following', 'failed']),
    lagMs: z.number().int().nullable(),
    builtAt: time.nullable(),
    buildMs: z.number().int().nullable(),
    diskBytes: z.number().int(),
    memoryBytes: z.number().int(),
    problem: z.string().nullable(),
    /** Changes that memberships have not taken in yet. */
    waitingTouches: z.number().int(),
  }),
});
