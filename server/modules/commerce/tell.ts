import type { z } from 'zod';
import type { Input, Output } from '#contract';
import { orderTelling, type tellOrders } from '#contract/commerce';
import { recordEvents } from '#events';
import type { WriteCtx } from '#platform/ctx';
import { sha256 } from '#platform/ids';
import type { OrderTelling } from './rules.ts';

type Answer = Output<typeof tellOrders>;

/** Takes each by itself: what is not of the form is refused with its problems, the others stay. */
export function judge<T extends z.ZodType>(
  told: readonly unknown[],
  schema: T,
): { accepted: z.output<T>[]; answer: Answer } {
  const accepted: z.output<T>[] = [];
  const outcomes = told.map((value, index) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) accepted.push(parsed.data);
    const problems = (parsed.error?.issues ?? []).slice(0, 20).map((issue) => ({
      path: issue.path.map(String).join('.').slice(0, 200),
      problem: issue.code === 'custom' ? issue.message : issue.code,
      message: issue.message.slice(0, 300),
    }));
    return { index, isAccepted: parsed.success, problems };
  });
  return { accepted, answer: { accepted: accepted.length, refused: told.length - accepted.length, outcomes } };
}

/** Stores what was told of orders as facts; `keepOrders` folds them in when they are projected. */
export async function recordOrders(ctx: WriteCtx, input: Input<typeof tellOrders>): Promise<Answer> {
  const { accepted, answer } = judge(input.orders, orderTelling);
  await recordEvents(ctx, accepted.map(orderFact));
  return answer;
}

/** The same telling has the same message id, so that a caller may repeat a call whose answer it did not get. */
function orderFact(order: OrderTelling) {
  return {
    name: 'order.told',
    source: 'api',
    messageId: `order ${sha256(JSON.stringify(order))}`,
    occurredAt: new Date(order.updatedAt),
    payload: { accounts: order.accounts, order },
  } as const;
}
