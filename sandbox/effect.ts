import { expectedByLift, expectedOwn } from './people/purchases.ts';
import type { Order } from './shop.ts';
import { expectedSpend } from './shop.ts';
import type { Impression } from './store.ts';
import type { World } from './world.ts';

/** What messages truly did, computed from the habits and from who read what: no chance is left in it. */
export type EffectQuestion = {
  /** Ids of mass messages and Moments, or of bubbles that a member wrote by hand. */
  messages: readonly string[];
  /** Each person with their window, in simulated milliseconds. */
  people: readonly { externalUserid: string; from: number; until: number }[];
};

type Expectation = {
  purchases: number;
  /** Chance of at least one purchase. */
  probability: number;
  spendFen: number;
  /** After refunds, whenever these come. */
  netFen: number;
};

type PersonEffect = {
  externalUserid: string;
  /** How many of the messages the person has read. */
  read: number;
  with: Expectation;
  without: Expectation;
  /** What chance made of it: orders in the window, and how many of them the messages caused. */
  orders: number;
  spendFen: number;
  caused: number;
};

export type EffectAnswer = {
  people: PersonEffect[];
  sums: { with: Expectation; without: Expectation; orders: number; spendFen: number; caused: number };
};

/**
 * Expected purchases with everything as it happened, and without the messages asked about while all others stay as they
 * happened. Only people who have read a message are changed by it.
 */
export function readEffect(world: World, question: EffectQuestion): EffectAnswer {
  const asked = new Set(question.messages);
  const ordersByPerson = indexOrders(world);
  const people = question.people.map(({ externalUserid, from, until }): PersonEffect => {
    const person = world.state.people.get(externalUserid);
    const orders = (ordersByPerson.get(externalUserid) ?? []).filter((order) => order.at >= from && order.at < until);
    const happened = {
      orders: orders.length,
      spendFen: orders.reduce((sum, order) => sum + order.totalFen, 0),
      caused: orders.filter((order) => order.cause !== null && asked.has(order.cause)).length,
    };
    if (!person || person.kind === 'visitor') {
      return { externalUserid, read: 0, with: nothing, without: nothing, ...happened };
    }
    const rates = world.settings.habits[person.kind];
    const start = Math.max(from, person.createdAt);
    const spend = expectedSpend(rates.purse);
    let others = expectedOwn(rates.purchasesPerDay, start, until);
    let added = 0;
    let read = 0;
    for (const impression of world.state.impressions.get(externalUserid) ?? []) {
      const extra = expectedByLift(rates.purchasesPerDay, liftFrom(impression), start, until);
      if (asked.has(impression.id)) {
        read += 1;
        added += extra;
      } else others += extra;
    }
    return {
      externalUserid,
      read,
      with: expectationOf(others + added, spend),
      without: expectationOf(others, spend),
      ...happened,
    };
  });
  const sum = (pick: (one: PersonEffect) => number) => people.reduce((total, one) => total + pick(one), 0);
  return {
    people,
    sums: {
      with: sumOf(people.map((one) => one.with)),
      without: sumOf(people.map((one) => one.without)),
      orders: sum((one) => one.orders),
      spendFen: sum((one) => one.spendFen),
      caused: sum((one) => one.caused),
    },
  };
}

const nothing: Expectation = { purchases: 0, probability: 0, spendFen: 0, netFen: 0 };

/** Purchases are Poisson, so the chance of none is e to the minus of what is expected. */
function expectationOf(purchases: number, spend: { spendFen: number; netFen: number }): Expectation {
  return {
    purchases,
    probability: -Math.expm1(-purchases),
    spendFen: purchases * spend.spendFen,
    netFen: purchases * spend.netFen,
  };
}

function sumOf(expectations: readonly Expectation[]): Expectation {
  return expectations.reduce(
    (total, one) => ({
      purchases: total.purchases + one.purchases,
      probability: total.probability + one.probability,
      spendFen: total.spendFen + one.spendFen,
      netFen: total.netFen + one.netFen,
    }),
    nothing,
  );
}

function liftFrom({ at, subject, lift }: Impression) {
  return { readAt: at, subject, size: lift };
}

function indexOrders({ state }: World): Map<string, Order[]> {
  const index = new Map<string, Order[]>();
  for (const entry of state.shop) {
    if (entry.kind !== 'order') continue;
    const { externalUserid } = entry.order;
    const own = index.get(externalUserid);
    if (own) own.push(entry.order);
    else index.set(externalUserid, [entry.order]);
  }
  return index;
}
