// What the brand's shop system does all day: it tells siyu of its orders, by the same API that any shop uses.
import type { z } from 'zod';
import { type orderTelling, tellOrders } from '#contract/commerce';
import type { ShopEntry } from '#sandbox';
import type { SandboxProcess, Session } from './processes.ts';

const atOnce = 200;
const shop = '山间茶事商城';

/** Carries what happened in the sandbox's shop since the last call. Returns how many orders and refunds went over. */
export function createCarrier(session: Session, sandbox: SandboxProcess): () => Promise<number> {
  let after = 0;
  return async () => {
    let carried = 0;
    for (;;) {
      const { entries, last } = await sandbox.ask<{ entries: ShopEntry[]; last: number }>(
        'GET',
        `/orders?after=${after}&limit=${atOnce}`,
      );
      if (entries.length === 0) return carried;
      const { outcomes } = await session.call(tellOrders, { orders: entries.map(telling) });
      const refused = outcomes.find((outcome) => !outcome.isAccepted);
      if (refused) throw new Error(`an order was refused: ${JSON.stringify(refused)}`);
      carried += entries.length;
      after = last;
    }
  };
}

type Telling = z.input<typeof orderTelling>;

function telling(entry: ShopEntry): Telling {
  if (entry.kind === 'refund') {
    const { number, orderNumber, at, amountFen } = entry.refund;
    const refundedAt = new Date(at).toISOString();
    return { shop, number: orderNumber, updatedAt: refundedAt, refunds: [{ key: number, refundedAt, amountFen }] };
  }
  const { number, at, externalUserid, unionid, lines, totalFen } = entry.order;
  const orderedAt = new Date(at).toISOString();
  return {
    shop,
    number,
    updatedAt: orderedAt,
    orderedAt,
    paidAt: orderedAt,
    currency: 'CNY',
    totalFen,
    accounts: [
      { kind: 'wecom', value: externalUserid },
      { kind: 'unionid', value: unionid },
    ],
    lines: lines.map((line, i) => ({
      key: String(i + 1),
      sku: line.sku,
      name: line.name,
      category: line.category,
      quantity: line.quantity,
      amountFen: line.amountFen,
    })),
  };
}
