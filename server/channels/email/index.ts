import type { Output } from '#contract';
import * as contract from '#contract/email';
import { readOrganizationName } from '#organization';
import { createHealth } from '#platform/channel-health';
import type { Ctx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { endpoint, type Module, type Runtime } from '#platform/module';
import type { Deliverer } from '#touch';
import { createMailDeliverer, noteReceipt, quotaOf } from './deliver.ts';
import type { MailProblem, MailReceipt } from './rules.ts';
import { createEmailKeeper, type MailServer } from './settings.ts';
import { sendTest, unreadable } from './trial.ts';
import { showUnsubscribe, takeOff } from './unsubscribe.ts';

export { passFor } from './unsubscribe.ts';

/** E-mail by SMTP, and how readers take themselves off. */
export function createEmailChannel(runtime: Runtime): Module & { deliverers: Deliverer[] } {
  const { sealer } = runtime;
  const keeper = createEmailKeeper(sealer);
  const health = createHealth<MailProblem>('email');

  async function requireServer(ctx: Ctx): Promise<MailServer> {
    const server = await keeper.connect(ctx);
    if (!server) throw new AppError('channel_not_set_up');
    return server;
  }
  const brandOf = async (ctx: Ctx) => (await keeper.connect(ctx))?.senderName ?? (await readOrganizationName(ctx));

  return {
    name: 'email',
    tables: [],
    deliverers: [createMailDeliverer(keeper, health)],
    endpoints: [
      endpoint(contract.getEmail, async (ctx) => ({
        settings: await keeper.describe(ctx),
        health: await health.read(ctx),
        sentToday: await countToday(ctx),
      })),
      endpoint(contract.setEmail, async (ctx, input) => {
        await keeper.change(ctx, input);
        return { ok: true } as const;
      }),
      endpoint(contract.sendTestEmail, async (ctx, input) => {
        const receipt = await sendTest(ctx, await requireServer(ctx), input.to);
        await noteReceipt(ctx, health, receipt);
        return tell(receipt);
      }),
      endpoint(contract.checkEmail, async (ctx) => {
        const { smtp, senderAddress } = await requireServer(ctx);
        return tell(smtp ? await smtp.probe(senderAddress) : unreadable);
      }),
      endpoint(contract.openUnsubscribe, async (ctx, input) => showUnsubscribe(sealer, input.pass, await brandOf(ctx))),
      endpoint(contract.unsubscribe, async (ctx, input) => takeOff(ctx, sealer, input.pass, await brandOf(ctx))),
    ],
  };
}

function tell(receipt: MailReceipt): Output<typeof contract.checkEmail> {
  if (receipt.outcome === 'accepted') return { outcome: 'accepted', problem: null, message: null };
  return { outcome: receipt.outcome, problem: receipt.problem, message: receipt.message };
}

async function countToday(ctx: Ctx): Promise<number> {
  const { name, periodStart } = quotaOf(ctx);
  const row = await ctx.db
    .selectFrom('touch_quota')
    .select('used')
    .where('name', '=', name)
    .where('period_start', '=', periodStart)
    .executeTakeFirst();
  return row?.used ?? 0;
}
