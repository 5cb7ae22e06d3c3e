import { z } from 'zod';
import { customerSource } from './customers.ts';
import { route } from './route.ts';
import { day, flag, id, line, none, time } from './types.ts';

/** Scores of customers: RFM, expected purchases, relation, freebie hunters, super-users, and the quality of sources. */

const score = z.number().int().min(1).max(5);
const range = z
  .tuple([score, score])
  .default([1, 5])
  .refine(([from, to]) => from <= to, 'range_empty');

/** A named part of the 5 × 5 × 5 scores. A customer belongs to the first group that has his three scores. */
export const rfmGroup = z.object({
  key: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/),
  /** Null for a customary group: the console names it in the reader's language. */
  name: line(20).nullable().default(null),
  r: range,
  f: range,
  m: range,
});

/**
 * The ten customary groups: each of the 25 pairs of recency and frequency is in exactly one of them. They look at two scores;
 * amounts come in by the setting `axis` or by groups of one's own.
 */
export const customaryGroups = [
  { key: 'champions', name: null, r: [5, 5], f: [4, 5], m: [1, 5] },
  { key: 'loyal', name: null, r: [3, 4], f: [4, 5], m: [1, 5] },
  { key: 'potential_loyalists', name: null, r: [4, 5], f: [2, 3], m: [1, 5] },
  { key: 'new', name: null, r: [5, 5], f: [1, 1], m: [1, 5] },
  { key: 'promising', name: null, r: [4, 4], f: [1, 1], m: [1, 5] },
  { key: 'need_attention', name: null, r: [3, 3], f: [3, 3], m: [1, 5] },
  { key: 'about_to_sleep', name: null, r: [3, 3], f: [1, 2], m: [1, 5] },
  { key: 'cannot_lose', name: null, r: [1, 2], f: [5, 5], m: [1, 5] },
  { key: 'at_risk', name: null, r: [1, 2], f: [3, 4], m: [1, 5] },
  { key: 'hibernating', name: null, r: [1, 2], f: [1, 2], m: [1, 5] },
] as const satisfies readonly z.input<typeof rfmGroup>[];

/** Four limits that part five scores: a value equal to a limit belongs with the smaller values. */
const limits = (most: number) =>
  z
    .array(z.number().int().min(0).max(most))
    .length(4)
    .refine((list) => list.every((value, i) => i === 0 || value > (list[i - 1] ?? 0)), 'limits_not_ascending');

const fixedScoring = z.object({
  kind: z.literal('fixed'),
  /** Days since the last order; few is good. */
  recencyDays: limits(36_500).default([30, 60, 120, 240]),
  orders: limits(1_000_000).default([1, 2, 4, 8]),
  amountFen: limits(1_000_000_000_000).default([10_000, 30_000, 80_000, 200_000]),
});

export const scoreSettings = z.object({
  /** ISO 4217. One currency at a time; null is the one with most orders. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .nullable()
    .default(null),
  /** Whether an order that nobody said was paid counts. Shops that tell of payments cancel what was not paid. */
  countUnpaid: flag.default(true),
  rfm: z
    .object({
      windowDays: z.number().int().min(30).max(3650).default(365),
      /** What stands on the second axis: orders alone, or the mean of the scores of orders and amount, rounded up. */
      axis: z.enum(['frequency', 'frequency_and_money']).default('frequency'),
      scoring: z.discriminatedUnion('kind', [z.object({ kind: z.literal('quantiles') }), fixedScoring]).default({
        kind: 'quantiles',
      }),
      groups: z
        .array(rfmGroup)
        .min(1)
        .max(30)
        .refine((groups) => new Set(groups.map(({ key }) => key)).size === groups.length, 'group_key_taken')
        .default(customaryGroups as never),
    })
    .prefault({}),
  purchases: z
    .object({
      model: z.enum(['mbg', 'bg']).default('mbg'),
      /** How far ahead purchases and value are expected. */
      horizonDays: z.number().int().min(7).max(730).default(90),
    })
    .prefault({}),
  relation: z
    .object({
      /** After so many days an act or a touch counts half. */
      halfLifeDays: z.number().int().min(1).max(365).default(30),
      /** Points of a person's acts by the name of the event; the rest of his acts have `otherPoints`. */
      actPoints: z
        .record(z.string().regex(/^[^\p{C}]{1,120}$/u), z.number().min(0).max(100))
        .refine((points) => Object.keys(points).length <= 100, 'too_many')
        .default({ 'order.placed': 5, 'cart.added': 2, 'product.viewed': 1, 'page.viewed': 0.5 }),
      otherPoints: z.number().min(0).max(100).default(1),
      /** Most points of one day: an afternoon of clicking is not a friendship. */
      dayCap: z.number().min(0.1).max(1000).default(10),
      /** Decayed points at which the score is 50 of 100. */
      halfPoints: z.number().min(0.1).max(10_000).default(10),
      /** An act so soon after a touch is a reaction to it. */
      replyHours: z.number().int().min(1).max(720).default(72),
      /** With fewer touches that reached, responsiveness is not told. */
      minReached: z.number().int().min(1).max(100).default(3),
    })
    .prefault({}),
  /** Super-users are the fewest best buyers who together make this share of the value. */
  superShare: z.number().min(0.05).max(0.95).default(0.5),
});

export const getScoreSettings = route({
  method: 'GET',
  path: '/api/scores/settings',
  permission: 'insight.read',
  summary: 'How customers are scored',
  input: none,
  output: scoreSettings.extend({
    /** Currencies of the orders, most orders first: what can be chosen. */
    currencies: z.array(z.string()),
  }),
});

export const setScoreSettings = route({
  method: 'PUT',
  path: '/api/scores/settings',
  permission: 'score.write',
  summary: 'Change how customers are scored; all of them are scored again at once',
  input: scoreSettings,
  output: z.object({ operationId: id }),
});

export const recomputeScores = route({
  method: 'POST',
  path: '/api/scores/recompute',
  permission: 'score.write',
  summary: 'Score all customers again, as happens each night; followed as an operation',
  input: none,
  output: z.object({ operationId: id }),
});

/** What the last full computation looked at. Null figures: there was none yet. */
const scoreRun = z.object({
  computedAt: time,
  currency: z.string().nullable(),
  customers: z.number().int(),
  /** Customers with at least one order that counts. */
  buyers: z.number().int(),
  /** Orders in other currencies, which no score of money looks at. */
  otherCurrencyOrders: z.number().int(),
  tookMs: z.number().int(),
});

const fourLimits = z.array(z.number()).length(4);

export const getRfm = route({
  method: 'GET',
  path: '/api/scores/rfm',
  permission: 'insight.read',
  summary: 'RFM: groups with their counts, the matrix of scores, and the limits between scores',
  input: none,
  output: z.object({
    run: scoreRun.nullable(),
    windowDays: z.number().int(),
    axis: z.enum(['frequency', 'frequency_and_money']),
    scoring: z.enum(['quantiles', 'fixed']),
    /** A value equal to a limit belongs with the smaller values. */
    limits: z.object({ recencyDays: fourLimits, orders: fourLimits, amountFen: fourLimits }).nullable(),
    groups: z.array(
      z.object({
        /** Null: scores that no group has. */
        key: z.string().nullable(),
        name: z.string().nullable(),
        customers: z.number().int(),
        amountFen: z.number().int(),
        orders: z.number().int(),
        /** Mean days since the last order. */
        recencyDays: z.number(),
      }),
    ),
    /** Customers by recency score and the score on the second axis. */
    matrix: z.array(
      z.object({
        r: score,
        f: score,
        customers: z.number().int(),
        amountFen: z.number().int(),
        group: z.string().nullable(),
      }),
    ),
    /** Buyers by each of the three scores. */
    distribution: z.array(
      z.object({ score, recency: z.number().int(), frequency: z.number().int(), amount: z.number().int() }),
    ),
  }),
});

/** Why there is no expectation. */
export const purchaseRefusal = z.enum([
  'too_few_buyers',
  'too_few_repeat_buyers',
  'history_too_short',
  'horizon_too_long',
  'fit_unsound',
  'holdout_off',
]);

const purchaseFit = z.object({
  model: z.enum(['mbg', 'bg']),
  parameters: z.object({ r: z.number(), alpha: z.number(), a: z.number(), b: z.number() }),
  logLikelihood: z.number(),
  customers: z.number().int(),
  isSound: z.boolean(),
});

/** A share between 0 and 1 that a score ranks a buyer above a non-buyer; ties count half. */
const ranking = z.object({
  name: z.enum(['mbg_alive', 'mbg_expected', 'bg_alive', 'bg_expected', 'recency', 'recency_to_interval', 'frequency']),
  /** Among all customers. */
  auc: z.number().nullable(),
  /** Among those who bought once. */
  aucOnce: z.number().nullable(),
  /** Among those who came back before. */
  aucRepeat: z.number().nullable(),
});

export const purchaseReport = z.object({
  refusal: purchaseRefusal.nullable(),
  /** Of P(alive) alone: where hardly anybody is seen to stop, all are alive, and that tells nothing. */
  aliveRefusal: z.enum(['no_stops', 'fit_unsound']).nullable(),
  /** Of the spend model alone; expected orders may stand without it. */
  spendRefusal: z.enum(['too_few_repeat_buyers', 'fit_unsound']).nullable(),
  model: z.enum(['mbg', 'bg']),
  horizonDays: z.number().int(),
  needs: z.object({
    buyers: z.number().int(),
    repeatBuyers: z.number().int(),
    historyDays: z.number().int(),
    /** The history must be this many times the usual interval between purchases. */
    intervals: z.number(),
    /** Expected divided by actual purchases of the hold-out must be between this and its inverse. */
    holdoutRatio: z.number(),
    /** Mean probability to stop after a purchase, a / (a + b) of MBG/NBD. */
    minStop: z.number(),
  }),
  buyers: z.number().int(),
  repeatBuyers: z.number().int(),
  historyDays: z.number().int(),
  /** Median over repeat buyers of the mean days between their purchases. */
  intervalDays: z.number().nullable(),
  fits: z.array(purchaseFit),
  spend: z
    .object({
      parameters: z.object({ p: z.number(), q: z.number(), gamma: z.number() }),
      logLikelihood: z.number(),
      customers: z.number().int(),
      isSound: z.boolean(),
      /** Mean expected amount of a day of purchase, over the customers of the fit, and the actual mean. */
      expectedFen: z.number().nullable(),
      actualFen: z.number(),
      /** Between days of purchase and their mean amount, over repeat buyers: the model takes it to be 0. */
      correlation: z.number().nullable(),
    })
    .nullable(),
  holdout: z
    .object({
      /** The fit saw what happened until this day, and foretold the days after it. */
      splitDay: day,
      untilDay: day,
      days: z.number().int(),
      customers: z.number().int(),
      actual: z.number().int(),
      /** Without an expectation when the fit is not sound. */
      fits: z.array(purchaseFit.extend({ expected: z.number().nullable() })),
      /** By days of purchase after the first until the split; the last bucket holds all above. */
      buckets: z.array(
        z.object({
          x: z.number().int(),
          isLast: z.boolean(),
          customers: z.number().int(),
          actual: z.number(),
          mbg: z.number().nullable(),
          bg: z.number().nullable(),
          /** Share who bought in the hold-out, and the mean P(alive) of MBG/NBD at the split. */
          returned: z.number(),
        }),
      ),
      rankings: z.array(ranking),
    })
    .nullable(),
});

export const getPurchaseModel = route({
  method: 'GET',
  path: '/api/scores/purchases',
  permission: 'insight.read',
  summary: 'The fit of the purchase models, their hold-out calibration, and whether scores are given or refused',
  input: none,
  output: z.object({
    run: scoreRun.nullable(),
    report: purchaseReport.nullable(),
    /** Customers by expected orders within the horizon and by P(alive), in ten parts. */
    expectedOrders: z.array(z.object({ from: z.number(), to: z.number().nullable(), customers: z.number().int() })),
    alive: z.array(z.object({ from: z.number(), to: z.number(), customers: z.number().int() })),
  }),
});

export const getSuperUsers = route({
  method: 'GET',
  path: '/api/scores/super-users',
  permission: 'insight.read',
  summary: 'Which share of buyers makes which share of the value, and who the super-users are',
  input: none,
  output: z.object({
    run: scoreRun.nullable(),
    superShare: z.number(),
    /** From the best buyer on: share of buyers, share of value. */
    curve: z.array(z.object({ buyers: z.number(), value: z.number() })),
    superUsers: z.number().int(),
    superUserShare: z.number().nullable(),
    /** Least amount in the window of a super-user. */
    thresholdFen: z.number().int().nullable(),
    /** Share of the value that the best fifth makes. */
    topFifthValue: z.number().nullable(),
    totalFen: z.number().int(),
    /** Super-users, best first, at most 50. */
    best: z.array(
      z.object({
        id,
        name: z.string().nullable(),
        amountFen: z.number().int(),
        orders: z.number().int(),
        group: z.string().nullable(),
      }),
    ),
  }),
});

export const getRelation = route({
  method: 'GET',
  path: '/api/scores/relation',
  permission: 'insight.read',
  summary: 'How relation, responsiveness and freebie-hunter scores are distributed',
  input: none,
  output: z.object({
    run: scoreRun.nullable(),
    /** Ten parts of 0 to 100; a customer without any act has exactly 0 and is counted apart. */
    relation: z.object({ zero: z.number().int(), parts: z.array(z.number().int()).length(10) }),
    freebie: z.object({ zero: z.number().int(), parts: z.array(z.number().int()).length(10) }),
    /** Ten parts of 0 to 1. */
    responsiveness: z.object({ unknown: z.number().int(), parts: z.array(z.number().int()).length(10) }),
  }),
});

/** A share with its 95 % Wilson interval; null when there are too few to say. */
export const share = z.object({ value: z.number(), low: z.number(), high: z.number() }).nullable();

export const getSourceQuality = route({
  method: 'GET',
  path: '/api/scores/sources',
  permission: 'insight.read',
  summary: 'What the people of each source did in the 30 days after they came: stayed, answered, bought, spent',
  input: z.object({ by: z.enum(['source', 'code']).default('source'), from: day.optional(), to: day.optional() }),
  output: z.object({
    from: day,
    to: day,
    currency: z.string().nullable(),
    /** With fewer people than this no share is told. */
    minPeople: z.number().int(),
    rows: z.array(
      z.object({
        source: customerSource,
        code: z.object({ id, name: z.string() }).nullable(),
        /** People who came in the period and at least 30 days ago. */
        people: z.number().int(),
        /** Came in the period, too lately to be looked at. */
        tooNew: z.number().int(),
        kept: share,
        answered: share,
        bought: share,
        /** Mean net amount of a person's first 30 days, with its 95 % interval. */
        spendFen: share,
        /** Freebie score of 50 and more. */
        freebie: share,
      }),
    ),
  }),
});

export const freebieReason = z.enum([
  'came_for_gift',
  'left_soon',
  'many_gift_codes',
  'only_free_orders',
  'all_refunded',
  'never_answered',
  'pays',
]);

export const getCustomerScores = route({
  method: 'GET',
  path: '/api/customers/:id/scores',
  permission: 'customer.read',
  summary: 'The scores of one customer with what each was made from',
  input: z.object({ id }),
  output: z.object({
    computedAt: time.nullable(),
    currency: z.string().nullable(),
    rfm: z
      .object({
        group: z.string().nullable(),
        groupName: z.string().nullable(),
        r: score,
        f: score,
        m: score,
        recencyDays: z.number().int(),
        orders: z.number().int(),
        amountFen: z.number().int(),
        windowDays: z.number().int(),
        lastOrderAt: time,
      })
      .nullable(),
    purchases: z.object({
      refusal: purchaseRefusal.or(z.enum(['no_orders', 'not_computed'])).nullable(),
      horizonDays: z.number().int(),
      expectedOrders: z.number().nullable(),
      /** MBG/NBD's, whichever model expects the orders. */
      pAlive: z.number().nullable(),
      expectedValueFen: z.number().int().nullable(),
      /** Of a day of purchase. */
      expectedSpendFen: z.number().int().nullable(),
      /** Days of purchase after the first, days from the first to the last, days from the first to today. */
      x: z.number().int().nullable(),
      tx: z.number().int().nullable(),
      T: z.number().int().nullable(),
      spendFen: z.number().int().nullable(),
    }),
    relation: z.object({
      score: z.number().nullable(),
      /** Decayed points of the person's acts. */
      points: z.number(),
      acts: z.number().int(),
      actDays: z.number().int(),
      halfLifeDays: z.number().int(),
      halfPoints: z.number(),
      lastActAt: time.nullable(),
      topActs: z.array(z.object({ name: z.string(), count: z.number().int() })),
      attention: z.number().nullable(),
      responsiveness: z.number().nullable(),
      reached: z.number().int(),
      reacted: z.number().int(),
      minReached: z.number().int(),
      replyHours: z.number().int(),
      medianReplyMs: z.number().nullable(),
    }),
    freebie: z.object({
      score: z.number().nullable(),
      reasons: z.array(z.object({ reason: freebieReason, points: z.number() })),
    }),
    superUser: z.object({
      isSuper: z.boolean(),
      thresholdFen: z.number().int().nullable(),
      amountFen: z.number().int(),
    }),
  }),
  errors: ['not_found'],
});
