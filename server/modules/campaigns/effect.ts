import type { z } from 'zod';
import type { comparison, Effect, finding, groupNumbers, metric, refusal } from '#contract/campaigns';
import {
  checkRatio,
  compareMeans,
  compareShares,
  type Difference,
  historySlope,
  holm,
  momentsOf,
  type PowerSums,
  pooledShare,
  smallestEffect,
  standardErrorOfShares,
} from './statistics.ts';

/**
 * What a run changed, by intention to treat: everybody whom the gate let through is compared with those of the holdout whom it
 * would have let through, from the moment it decided (time zero), whether the message was confirmed, delivered or read. The draw
 * alone decides who is in which group, and so the difference is the effect of the campaign, and of nothing else.
 */

export type GroupNumbers = z.output<typeof groupNumbers>;
type Metric = z.output<typeof metric>;
type Refusal = z.output<typeof refusal>;
type Finding = z.output<typeof finding>;
type Comparison = z.output<typeof comparison>;

export interface Conditions {
  /** The share that was drawn for the holdout, and the weights of the variants. */
  readonly holdoutShare: number;
  readonly weights: ReadonlyMap<string, number>;
  /** Everybody's window has passed. */
  readonly isOver: boolean;
  readonly messages: number;
  readonly costFen: number;
  readonly marginBasisPoints: number;
}

/** Below so many people in a group nothing is concluded. */
const minPeople = 30;
/** Expected counts below which the chi-square law is no guide (Cochran 1954, Biometrics 10:417–451). */
const minExpected = 5;
/** People with an amount to be expected in the smaller group; with fewer, intervals of means do not hold what they promise. */
const minBuyers = 10;
/** Kohavi, Tang & Xu 2020, Trustworthy Online Controlled Experiments, ch. 21. */
const ratioAlarm = 0.001;
const significance = 0.05;

const shares = { ordered: 'ordered', acted: 'acted', blocked: 'blocked', opened: 'opened' } as const;
const means = { orders: 'orders', amount: 'amountFen' } as const;
/** A tracked link stands in the message: the control group has none to open. */
const againstControl: readonly Metric[] = ['ordered', 'orders', 'amount', 'acted', 'blocked'];
const betweenVariants: readonly Metric[] = ['ordered', 'orders', 'amount', 'opened', 'acted', 'blocked'];

export function concludeRun(groups: readonly GroupNumbers[], conditions: Conditions): Effect {
  const parts = [...conditions.weights.keys()].sort();
  const treated = (part: string | null) =>
    addGroups(groups.filter((group) => !group.isHoldout && (part === null || group.part === part)));
  const control = addGroups(groups.filter((group) => group.isHoldout));
  const ratio = checkSizes(groups, conditions, parts);
  const judge = (first: GroupNumbers, second: GroupNumbers, metrics: readonly Metric[]) =>
    metrics.map((of) => compareBy(of, first, second, { ...conditions, isOff: ratio.isOff }));
  const compare = (part: string | null, against: string | null): Comparison => {
    const first = treated(part);
    const second = against === null ? control : treated(against);
    const metrics = against === null ? againstControl : betweenVariants;
    return {
      part,
      against,
      treatedPeople: first.people,
      controlPeople: second.people,
      findings: judge(first, second, metrics),
    };
  };
  const [reference, ...others] = parts;
  const byVariant = parts.length > 1 ? parts.map((part) => compare(part, null)) : [];
  const overall = compare(null, null);
  return {
    ratio,
    comparisons: [overall, ...adjust(byVariant)],
    between: adjust(others.map((part) => compare(part, reference ?? null))),
    money: countMoney(overall, conditions),
  };
}

const noSums: PowerSums = { people: 0, y: 0, yy: 0, yyy: 0, x: 0, xx: 0, xxx: 0, xy: 0, xyy: 0, xxy: 0 };

function addGroups(groups: readonly GroupNumbers[]): GroupNumbers {
  const add = (of: (group: GroupNumbers) => number) => groups.reduce((sum, group) => sum + of(group), 0);
  const powers = Object.keys(noSums) as (keyof PowerSums)[];
  const addSums = (of: (group: GroupNumbers) => PowerSums) =>
    Object.fromEntries(powers.map((power) => [power, add((group) => of(group)[power])])) as unknown as PowerSums;
  return {
    part: '',
    isHoldout: false,
    people: add((group) => group.people),
    ordered: add((group) => group.ordered),
    acted: add((group) => group.acted),
    blocked: add((group) => group.blocked),
    opened: add((group) => group.opened),
    orders: addSums((group) => group.orders),
    amountFen: addSums((group) => group.amountFen),
  };
}

/** Of the treated each variant by its weight, and the holdout as one group. */
function checkSizes(
  groups: readonly GroupNumbers[],
  conditions: Conditions,
  parts: readonly string[],
): Effect['ratio'] {
  const weight = [...conditions.weights.values()].reduce((sum, value) => sum + value, 0);
  const drawn = [
    ...parts.map((part) => ({
      part,
      isHoldout: false,
      share: ((1 - conditions.holdoutShare) * (conditions.weights.get(part) ?? 0)) / weight,
    })),
    { part: '', isHoldout: true, share: conditions.holdoutShare },
  ].filter(({ share }) => share > 0);
  const counts = drawn.map(({ part, isHoldout }) =>
    groups
      .filter((group) => group.isHoldout === isHoldout && (isHoldout || group.part === part))
      .reduce((sum, group) => sum + group.people, 0),
  );
  const people = counts.reduce((sum, count) => sum + count, 0);
  const { pValue } = checkRatio(
    counts,
    drawn.map(({ share }) => share),
  );
  return {
    groups: drawn.map(({ part, isHoldout, share }, i) => ({
      part,
      isHoldout,
      people: counts[i] ?? 0,
      expected: people * share,
    })),
    pValue,
    isOff: pValue < ratioAlarm,
  };
}

function compareBy(
  of: Metric,
  first: GroupNumbers,
  second: GroupNumbers,
  conditions: { isOff: boolean; isOver: boolean },
): Finding {
  const isMean = of === 'orders' || of === 'amount';
  const measured = isMean
    ? measureMeans(first[means[of]], second[means[of]], first.ordered + second.ordered)
    : measureShares(
        { people: first.people, hits: first[shares[of]] },
        { people: second.people, hits: second[shares[of]] },
      );
  const refused = refusalOf(first, second, conditions, measured.isEnough);
  const { estimate } = measured;
  return {
    metric: of,
    treated: measured.treated,
    control: measured.control,
    estimate: estimate && { ...estimate, adjustedPValue: estimate.pValue },
    varianceExplained: measured.varianceExplained,
    conclusion: conclude(estimate, estimate?.pValue ?? 1, refused),
    refusal: refused,
  };
}

function refusalOf(
  first: GroupNumbers,
  second: GroupNumbers,
  { isOff, isOver }: { isOff: boolean; isOver: boolean },
  isEnough: boolean,
): Refusal | null {
  if (second.people === 0) return 'no_control';
  if (isOff) return 'groups_mismatched';
  if (Math.min(first.people, second.people) < minPeople) return 'few_people';
  if (!isEnough) return 'few_cases';
  // Looking again and again until something shows would find something in nothing.
  return isOver ? null : 'window_open';
}

function conclude(estimate: Pick<Difference, 'low' | 'high'> | null, pValue: number, refused: Refusal | null) {
  if (refused || !estimate) return 'refused' as const;
  if (pValue >= significance || (estimate.low <= 0 && estimate.high >= 0)) return 'not_shown' as const;
  return estimate.low > 0 ? ('more' as const) : ('less' as const);
}

interface Measured {
  readonly treated: number | null;
  readonly control: number | null;
  readonly estimate: (Difference & { smallestEffect: number }) | null;
  readonly varianceExplained: number | null;
  readonly isEnough: boolean;
}

function measureShares(first: { people: number; hits: number }, second: { people: number; hits: number }): Measured {
  const treated = first.people > 0 ? first.hits / first.people : null;
  const control = second.people > 0 ? second.hits / second.people : null;
  if (treated === null || control === null)
    return { treated, control, estimate: null, varianceExplained: null, isEnough: false };
  const pooled = pooledShare(first, second);
  const smaller = Math.min(first.people, second.people);
  const { value, low, high, pValue } = compareShares(first, second);
  return {
    treated,
    control,
    estimate: {
      value,
      low,
      high,
      pValue,
      smallestEffect: smallestEffect(standardErrorOfShares(pooled, first.people, second.people)),
    },
    varianceExplained: null,
    isEnough: Math.min(pooled, 1 - pooled) * smaller >= minExpected,
  };
}

function measureMeans(first: PowerSums, second: PowerSums, buyers: number): Measured {
  const treated = first.people > 0 ? first.y / first.people : null;
  const control = second.people > 0 ? second.y / second.people : null;
  if (first.people < 2 || second.people < 2)
    return { treated, control, estimate: null, varianceExplained: null, isEnough: false };
  const theta = historySlope(first, second);
  const plain = compareMeans(momentsOf(first), momentsOf(second));
  const found = compareMeans(momentsOf(first, theta), momentsOf(second, theta));
  const smaller = Math.min(first.people, second.people);
  return {
    treated,
    control,
    estimate: {
      value: found.value,
      low: found.low,
      high: found.high,
      pValue: found.pValue,
      smallestEffect: smallestEffect(found.standardError),
    },
    varianceExplained:
      theta === 0 || plain.standardError === 0 ? null : 1 - (found.standardError / plain.standardError) ** 2,
    isEnough: (buyers / (first.people + second.people)) * smaller >= minBuyers,
  };
}

/** Holm over the variants, each metric for itself. */
function adjust(comparisons: readonly Comparison[]): Comparison[] {
  const metrics = comparisons[0]?.findings.map((of) => of.metric) ?? [];
  const adjusted = new Map(
    metrics.map((of, i) => {
      const known = comparisons.map(({ findings }) => findings[i]?.estimate?.pValue ?? 1);
      return [of, holm(known)];
    }),
  );
  return comparisons.map((one, n) => ({
    ...one,
    findings: one.findings.map((found) => {
      if (!found.estimate) return found;
      const adjustedPValue = adjusted.get(found.metric)?.[n] ?? 1;
      return {
        ...found,
        estimate: { ...found.estimate, adjustedPValue },
        conclusion: conclude(found.estimate, adjustedPValue, found.refusal),
      };
    }),
  }));
}

/** Over everybody who was to have a message: means times people. The cost is certain, the sales are not. */
function countMoney(overall: Comparison, conditions: Conditions): Effect['money'] {
  const { costFen, messages, marginBasisPoints } = conditions;
  const whole = (of: Metric) => {
    const found = overall.findings.find(({ metric }) => metric === of)?.estimate;
    if (!found) return null;
    return scale(found, overall.treatedPeople);
  };
  const salesFen = whole('amount');
  const orders = whole('orders');
  const margin = salesFen && scale(salesFen, marginBasisPoints / 10_000);
  return {
    costFen,
    messages,
    marginBasisPoints,
    refusal: overall.findings.find(({ metric }) => metric === 'amount')?.refusal ?? null,
    salesFen,
    orders,
    profitFen: margin && { value: margin.value - costFen, low: margin.low - costFen, high: margin.high - costFen },
    // The more additional orders there are the less each costs: the ends change places.
    fenPerOrder:
      orders && orders.low > 0
        ? { value: costFen / orders.value, low: costFen / orders.high, high: costFen / orders.low }
        : null,
  };
}

const scale = ({ value, low, high }: { value: number; low: number; high: number }, by: number) => ({
  value: value * by,
  low: low * by,
  high: high * by,
});
