import * as contract from '#contract/touch';
import { requireVisible } from '#customers';
import { recordAudit } from '#organization';
import type { WriteCtx } from '#platform/ctx';
import { type Endpoint, endpoint } from '#platform/module';
import { askToRemind, cancelPack, decideAboutPack, decideAboutTouch } from './by-hand.ts';
import { grantConsent, withdrawConsent } from './consent.ts';
import { readAttention } from './explain.ts';
import { listPackPage, listTouchPage } from './list.ts';
import { changePolicy, showPolicy } from './policy.ts';

/** A write that has nothing to say. */
const done =
  <I>(write: (ctx: WriteCtx, input: I) => Promise<void>) =>
  async (ctx: WriteCtx, input: I) => {
    await write(ctx, input);
    return { ok: true } as const;
  };

export const touchEndpoints: Endpoint[] = [
  endpoint(contract.listTouches, listTouchPage),
  endpoint(contract.getTouchPolicy, showPolicy),
  endpoint(contract.setTouchPolicy, done(changePolicy)),
  endpoint(contract.getAttention, (ctx, { id }) => readAttention(ctx, id)),
  endpoint(contract.setConsent, async (ctx, { id, state, ...word }) => {
    await requireVisible(ctx, id);
    await (state === 'granted' ? grantConsent : withdrawConsent)(ctx, { customerId: id, ...word });
    await recordAudit(ctx, {
      action: `consent.${state}`,
      subjectKind: 'customer',
      subjectId: id,
      after: { state, ...word },
    });
    return { ok: true } as const;
  }),
  endpoint(contract.decideTouch, done(decideAboutTouch)),
  endpoint(contract.listTouchPacks, listPackPage),
  endpoint(contract.remindTouchPack, done(askToRemind)),
  endpoint(contract.cancelTouchPack, done(cancelPack)),
  endpoint(contract.decideTouchPack, done(decideAboutPack)),
];
