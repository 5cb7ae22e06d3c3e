import { describe, expect, it } from 'vitest';
import { type Conditions, concludeRun, type GroupNumbers } from './effect.ts';

/** Of some people, those who ordered did so once, all for the same amount, and had nothing before. */
function group(part: string, isHoldout: boolean, people: number, ordered: number, amountFen = 10_000): GroupNumbers {
  const powers = (value: number) => ({
    people,
    y: ordered * value,
    yy: ordered * value ** 2,
    yyy: ordered * value ** 3,
    x: 0,
    xx: 0,
    xxx: 0,
    xy: 0,
    xyy: 0,
    xxy: 0,
  });
  return {
    part,
    isHoldout,
    people,
    ordered,
    acted: ordered,
    blocked: 0,
    opened: 0,
    orders: powers(1),
    amountFen: powers(amountFen),
  };
}

const conditions: Conditions = {
  holdoutShare: 0.1,
  weights: new Map([['A', 1]]),
  isOver: true,
  messages: 9000,
  costFen: 100_000,
  marginBasisPoints: 5000,
};

const findingOf = (groups: GroupNumbers[], given: Partial<Conditions> = {}, metric = 'ordered', comparison = 0) => {
  const found = concludeRun(groups, { ...conditions, ...given }).comparisons[comparison];
  return found?.findings.find((finding) => finding.metric === metric);
};

describe('a conclusion', () => {
  it.each([
    { ordered: 1080, control: 60, conclusion: 'more' },
    { ordered: 540, control: 60, conclusion: 'not_shown' },
    { ordered: 270, control: 60, conclusion: 'less' },
  ])('$ordered of 9,000 against $control of 1,000 is $conclusion', ({ ordered, control, conclusion }) => {
    const groups = [group('A', false, 9000, ordered), group('A', true, 1000, control)];
    expect(findingOf(groups)).toMatchObject({
      conclusion,
      refusal: null,
      treated: ordered / 9000,
      control: control / 1000,
    });
  });

  it.each([
    { why: 'no_control', groups: [group('A', false, 9000, 900)], given: { holdoutShare: 0 } },
    { why: 'few_people', groups: [group('A', false, 261, 90), group('A', true, 29, 6)], given: {} },
    { why: 'few_cases', groups: [group('A', false, 900, 40), group('A', true, 100, 1)], given: {} },
    {
      why: 'groups_mismatched',
      groups: [group('A', false, 9000, 900), group('A', true, 700, 60)],
      given: {},
    },
    {
      why: 'window_open',
      groups: [group('A', false, 9000, 900), group('A', true, 1000, 60)],
      given: { isOver: false },
    },
  ])('is refused: $why', ({ why, groups, given }) => {
    expect(findingOf(groups, given)).toMatchObject({ conclusion: 'refused', refusal: why });
  });

  it('of money needs more buyers than one of shares', () => {
    const groups = [group('A', false, 900, 70), group('A', true, 100, 7)];
    expect(findingOf(groups)).toMatchObject({ refusal: null });
    expect(findingOf(groups, {}, 'amount')).toMatchObject({ refusal: 'few_cases' });
  });

  it('is still told with its numbers while the window is open, and never of nobody', () => {
    const groups = [group('A', false, 9000, 900), group('A', true, 1000, 60)];
    expect(findingOf(groups, { isOver: false })?.estimate?.value).toBeCloseTo(0.04, 12);
    expect(findingOf([])).toMatchObject({ treated: null, control: null, estimate: null, conclusion: 'refused' });
  });

  it('of opened links is told between variants only: those left alone had none to open', () => {
    const found = concludeRun(
      [
        group('A', false, 4500, 400),
        group('B', false, 4500, 420),
        group('A', true, 500, 40),
        group('B', true, 500, 41),
      ],
      {
        ...conditions,
        weights: new Map([
          ['A', 1],
          ['B', 1],
        ]),
      },
    );
    const metricsOf = (comparison: (typeof found.comparisons)[number] | undefined) =>
      comparison?.findings.map(({ metric }) => metric);
    expect(found.comparisons.flatMap(metricsOf)).not.toContain('opened');
    expect(metricsOf(found.between[0])).toContain('opened');
  });
});

describe('variants', () => {
  const weights = new Map([
    ['A', 1],
    ['B', 1],
    ['C', 1],
  ]);
  const groups = [
    group('A', false, 3000, 225),
    group('B', false, 3000, 180),
    group('C', false, 3000, 300),
    group('A', true, 1000, 60),
  ];

  it('are each compared with everybody who was left alone, and adjusted by Holm', () => {
    const { comparisons } = concludeRun(groups, { ...conditions, weights });
    expect(comparisons.map(({ part, controlPeople }) => [part, controlPeople])).toEqual([
      [null, 1000],
      ['A', 1000],
      ['B', 1000],
      ['C', 1000],
    ]);
    const [overall, a, b, c] = comparisons.map(({ findings }) => findings[0]);
    expect(overall?.estimate?.adjustedPValue).toBe(overall?.estimate?.pValue);
    expect(c?.estimate?.adjustedPValue).toBeCloseTo(3 * (c?.estimate?.pValue ?? 0), 12);
    expect(a?.estimate?.adjustedPValue).toBeCloseTo(2 * (a?.estimate?.pValue ?? 0), 12);
    expect([a?.conclusion, b?.conclusion, c?.conclusion]).toEqual(['not_shown', 'not_shown', 'more']);
  });

  it('are compared with the first one', () => {
    const { between } = concludeRun(groups, { ...conditions, weights });
    expect(between.map(({ part, against }) => [part, against])).toEqual([
      ['B', 'A'],
      ['C', 'A'],
    ]);
    expect(between[1]?.findings[0]?.estimate?.value).toBeCloseTo(0.025, 12);
  });

  it('that got more people than were drawn for them raise the alarm', () => {
    const off = [group('A', false, 3300, 225), group('B', false, 2700, 180), group('A', true, 667, 40)];
    const two = new Map([
      ['A', 1],
      ['B', 1],
    ]);
    const { ratio } = concludeRun(off, { ...conditions, weights: two });
    expect(ratio.isOff).toBe(true);
    expect(ratio.groups.map(({ expected }) => Math.round(expected))).toEqual([3000, 3000, 667]);
  });
});

describe('money', () => {
  it('is the margin of additional sales over all who had a message, less the cost', () => {
    const groups = [group('A', false, 9000, 1080), group('A', true, 1000, 60)];
    const { money } = concludeRun(groups, conditions);
    // 0.06 orders more for each of 9,000 people, of 100 yuan each, half of it margin, less 1,000 yuan.
    expect(money.orders?.value).toBeCloseTo(540, 6);
    expect(money.salesFen?.value).toBeCloseTo(5_400_000, 3);
    expect(money.profitFen?.value).toBeCloseTo(2_600_000, 3);
    expect(money.profitFen?.low).toBeLessThan(money.profitFen?.value ?? 0);
    expect(money.fenPerOrder?.value).toBeCloseTo(100_000 / 540, 6);
    expect(money.fenPerOrder?.low).toBeLessThan(money.fenPerOrder?.high ?? 0);
  });

  it('has no cost of an order when there may be no additional one', () => {
    const groups = [group('A', false, 9000, 560), group('A', true, 1000, 60)];
    expect(concludeRun(groups, conditions).money.fenPerOrder).toBeNull();
  });
});
