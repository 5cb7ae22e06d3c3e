import * as contract from '#contract/relay';
import { createHealth } from '#platform/channel-health';
import { AppError } from '#platform/errors';
import { endpoint, type Module, type Runtime } from '#platform/module';
import type { Deliverer } from '#touch';
import { createSender } from '#webhooks';
import { createRelayDeliverer, postTest } from './deliver.ts';
import type { RelayProblem } from './rules.ts';
import { createRelayKeeper } from './settings.ts';

/** A sender that sends something itself needs a moment; who needs more answers first and sends then. */
const timeoutMs = 15_000;

/** Touches for a sender of the brand's own: an app, a phone system, anything that takes a signed message. */
export function createRelayChannel(
  runtime: Runtime,
  options: { allowPrivate: boolean },
): Module & { deliverers: Deliverer[] } {
  const keeper = createRelayKeeper(runtime.sealer, options);
  const health = createHealth<RelayProblem>('relay');
  const sender = createSender({ ...options, timeoutMs, reusesConnections: false });

  return {
    name: 'relay',
    tables: [],
    deliverers: [createRelayDeliverer(keeper, sender, health)],
    endpoints: [
      endpoint(contract.getRelay, async (ctx) => ({
        settings: await keeper.describe(ctx),
        health: await health.read(ctx),
      })),
      endpoint(contract.setRelay, async (ctx, input) => ({ secret: await keeper.change(ctx, input) })),
      endpoint(contract.rotateRelaySecret, async (ctx) => ({ secret: await keeper.rotate(ctx) })),
      endpoint(contract.sendTestRelay, async (ctx) => {
        const relay = await keeper.connect(ctx);
        if (!relay) throw new AppError('channel_not_set_up');
        const verdict = await postTest(ctx, sender, relay);
        const { receipt } = verdict;
        const message = 'message' in receipt ? receipt.message : null;
        // Of a test a refusal is no word on one person.
        const problem = receipt.outcome === 'accepted' ? null : (verdict.problem ?? 'refused');
        await health.note(ctx, problem === null ? null : { problem, message: message ?? '' });
        return { outcome: receipt.outcome, problem, message };
      }),
    ],
  };
}
