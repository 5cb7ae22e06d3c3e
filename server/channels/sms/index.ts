import type { Output } from '#contract';
import * as contract from '#contract/sms';
import { createHealth } from '#platform/channel-health';
import type { Ctx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { randomToken } from '#platform/ids';
import { endpoint, type Module, type Runtime } from '#platform/module';
import type { Deliverer } from '#touch';
import { createSmsDeliverer, noteAnswer } from './deliver.ts';
import type { SmsFailure } from './provider.ts';
import { countUnreported, createReportPump } from './reports.ts';
import type { SmsProblem } from './rules.ts';
import { createSmsKeeper, type SmsAccount } from './settings.ts';

/** Text messages by a provider, and its reports of what became of them. */
export function createSmsChannel(runtime: Runtime): Module & { deliverers: Deliverer[] } {
  const keeper = createSmsKeeper(runtime.sealer);
  const health = createHealth<SmsProblem>('sms');

  async function requireAccount(ctx: Ctx): Promise<SmsAccount> {
    const account = await keeper.connect(ctx);
    if (!account) throw new AppError('channel_not_set_up');
    return account;
  }

  return {
    name: 'sms',
    tables: ['sms_report'],
    deliverers: [createSmsDeliverer(keeper, health)],
    pumps: [createReportPump(keeper)],
    endpoints: [
      endpoint(contract.getSms, async (ctx) => ({
        settings: await keeper.describe(ctx),
        health: await health.read(ctx),
        unreported: await countUnreported(ctx),
      })),
      endpoint(contract.setSms, async (ctx, input) => {
        await keeper.change(ctx, input);
        return { ok: true } as const;
      }),
      endpoint(contract.sendTestSms, async (ctx, { phone, templateCode, params }) => {
        const { provider } = await requireAccount(ctx);
        const id = `test-${randomToken(9)}`;
        const [answer] = provider ? await provider.send([{ id, phone, templateCode, params }]) : [];
        await noteAnswer(ctx, health, answer ?? unreadable);
        return tell(answer?.outcome === 'accepted' ? undefined : (answer ?? unreadable));
      }),
      endpoint(contract.checkSms, async (ctx) => {
        const { provider } = await requireAccount(ctx);
        return tell(provider ? await provider.check() : unreadable);
      }),
    ],
  };
}

const unreadable: SmsFailure = { outcome: 'refused', problem: 'secret_unreadable', message: '' };

function tell(failure: SmsFailure | undefined): Output<typeof contract.checkSms> {
  return failure ?? { outcome: 'accepted', problem: null, message: null };
}
