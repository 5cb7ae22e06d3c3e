import type { HoldoutGroup, PurchaseSummary } from './calibration.ts';
import type { BuyerRow } from './inputs.ts';
import type { PurchaseGroup } from './purchases.ts';
import { curveOfValue, quantileLimits, type RfmLimits, type ValueCurve } from './rfm.ts';
import type { SpendGroup } from './spend.ts';

/** Grows by doubling: a value for each buyer, of which there may be millions. */
class Numbers {
  private values = new Float64Array(1024);
  private count = 0;

  add(value: number): void {
    if (this.count === this.values.length) {
      const longer = new Float64Array(this.count * 2);
      longer.set(this.values);
      this.values = longer;
    }
    this.values[this.count++] = value;
  }

  sorted(): Float64Array {
    return this.values.slice(0, this.count).sort();
  }
}

export interface Summary {
  readonly buyers: number;
  readonly buyersInWindow: number;
  /** Null while nobody has bought in the window. */
  readonly limits: RfmLimits | null;
  readonly value: ValueCurve;
  readonly purchases: Pick<PurchaseSummary, 'groups' | 'holdout' | 'spend'>;
}

/** Customers of one history stand together; amounts a hundredth apart in their logarithm do too, with their own mean. */
export function createSummary(superShare: number) {
  const recency = new Numbers();
  const orders = new Numbers();
  const amounts = new Numbers();
  const groups = new Map<number, { -readonly [K in keyof PurchaseGroup]: PurchaseGroup[K] }>();
  const holdout = new Map<number, { -readonly [K in keyof HoldoutGroup]: HoldoutGroup[K] }>();
  const spend = new Map<number, { n: number; logs: number; customers: number }>();
  let buyers = 0;
  // Days fit in 2^15 for ninety years, and the three of them in a number.
  const keyOf = (x: number, tx: number, T: number) => (x * 32_768 + tx) * 32_768 + T;

  function add(row: BuyerRow): void {
    buyers++;
    if (row.orders > 0) {
      recency.add(row.recency);
      orders.add(row.orders);
      amounts.add(row.amount);
    }
    const x = row.days - 1;
    const group = groups.get(keyOf(x, row.tx, row.T));
    if (group) group.customers++;
    else groups.set(keyOf(x, row.tx, row.T), { x, tx: row.tx, T: row.T, customers: 1 });

    const log = Math.log(row.spend / row.days);
    const bucket = row.days * 100_000 + Math.round(log * 100);
    const same = spend.get(bucket);
    if (same) {
      same.customers++;
      same.logs += log;
    } else spend.set(bucket, { n: row.days, logs: log, customers: 1 });

    if (row.holdX === null || row.holdTx === null || row.holdT === null) return;
    const key = keyOf(row.holdX, row.holdTx, row.holdT);
    const held = holdout.get(key);
    const returned = row.holdBought > 0 ? 1 : 0;
    if (held) {
      held.customers++;
      held.bought += row.holdBought;
      held.returned += returned;
    } else {
      holdout.set(key, {
        x: row.holdX,
        tx: row.holdTx,
        T: row.holdT,
        customers: 1,
        bought: row.holdBought,
        returned,
      });
    }
  }

  function finish(): Summary {
    const ascending = amounts.sorted();
    return {
      buyers,
      buyersInWindow: ascending.length,
      limits:
        ascending.length === 0
          ? null
          : {
              recencyDays: quantileLimits(recency.sorted()),
              orders: quantileLimits(orders.sorted()),
              amountFen: quantileLimits(ascending),
            },
      value: curveOfValue(ascending, superShare),
      purchases: {
        groups: [...groups.values()],
        holdout: [...holdout.values()],
        spend: [...spend.values()].map(
          ({ n, logs, customers }): SpendGroup => ({ n, mean: Math.exp(logs / customers), customers }),
        ),
      },
    };
  }

  return { add, finish };
}
