import type { ScoreInput } from './inputs.ts';
import { expectedPurchases, type PurchaseModel, type PurchaseParameters, probabilityAlive } from './purchases.ts';
import { relationScore, responsiveness, scoreFreebie } from './relation.ts';
import { type RfmLimits, scoreRfm } from './rfm.ts';
import type { ScoreSettings } from './settings.ts';
import { expectedSpend, type SpendParameters } from './spend.ts';

/** What all customers are measured by until the next full computation. */
export interface ScoreBasis {
  readonly currency: string | null;
  /** Null while nobody has bought in the window. */
  readonly limits: RfmLimits | null;
  /** Null: no expectations, with the reason in the report. */
  readonly purchases: { readonly model: PurchaseModel; readonly parameters: PurchaseParameters } | null;
  /** MBG/NBD's, for P(alive). */
  readonly alive: PurchaseParameters | null;
  readonly spend: SpendParameters | null;
  readonly superThresholdFen: number | null;
}

export interface CustomerScore {
  readonly customerId: number;
  readonly recencyDays: number | null;
  readonly frequency: number | null;
  readonly monetaryFen: number | null;
  readonly r: number | null;
  readonly f: number | null;
  readonly m: number | null;
  readonly group: string | null;
  readonly expectedOrders: number | null;
  readonly pAlive: number | null;
  readonly expectedValueFen: number | null;
  readonly relation: number;
  readonly responsiveness: number | null;
  readonly attention: number;
  readonly freebie: number;
  readonly isSuper: boolean;
}

/** All scores of customers who are measured by one basis. What few histories lead to is worked out once. */
export function createScorer(basis: ScoreBasis, settings: ScoreSettings): (input: ScoreInput) => CustomerScore {
  const expectations = new Map<string, { orders: number; alive: number | null }>();
  const expectation = (input: ScoreInput) => {
    const { purchases, alive } = basis;
    if (!purchases || input.purchaseDays === 0) return null;
    const history = { x: input.purchaseDays - 1, tx: input.tx, T: input.T };
    const key = `${history.x} ${history.tx} ${history.T}`;
    const known = expectations.get(key);
    if (known) return known;
    const { model, parameters } = purchases;
    const made = {
      orders: expectedPurchases(model, parameters, history, settings.purchases.horizonDays),
      alive: alive && probabilityAlive('mbg', alive, history),
    };
    if (expectations.size < 500_000) expectations.set(key, made);
    return made;
  };
  return (input) => {
    const hasBought = input.recencyDays !== null;
    const rfm =
      input.recencyDays === null || !basis.limits
        ? null
        : scoreRfm(
            { recencyDays: input.recencyDays, orders: input.orders, amountFen: input.amountFen },
            basis.limits,
            settings.rfm,
          );
    const expected = expectation(input);
    const value = expected && basis.spend ? expected.orders * spendOf(basis.spend, input) : null;
    return {
      customerId: input.customerId,
      recencyDays: input.recencyDays,
      frequency: hasBought ? input.orders : null,
      monetaryFen: hasBought ? input.amountFen : null,
      r: rfm?.r ?? null,
      f: rfm?.f ?? null,
      m: rfm?.m ?? null,
      group: rfm?.group ?? null,
      expectedOrders: expected?.orders ?? null,
      pAlive: expected?.alive ?? null,
      expectedValueFen: value === null ? null : Math.round(value),
      relation: relationScore(input.points, settings.relation),
      responsiveness: responsiveness(input, settings.relation),
      attention: input.attention,
      freebie: freebieOf(input).score,
      isSuper: basis.superThresholdFen !== null && input.amountFen >= basis.superThresholdFen && input.orders > 0,
    };
  };
}

/** Amount to expect of his next day of purchase. */
export function spendOf(parameters: SpendParameters, input: Pick<ScoreInput, 'purchaseDays' | 'spendFen'>): number {
  return expectedSpend(parameters, { n: input.purchaseDays, mean: input.spendFen / input.purchaseDays });
}

export function freebieOf(input: ScoreInput) {
  return scoreFreebie({ ...input, orders: input.allOrders });
}
