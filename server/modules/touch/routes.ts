import * as contract from '#contract/touch';
import { requireVisible } from '#customers';
import { recordAudit } from '#organization';
import { type Endpoint, endpoint } from '#platform/module';
import { grantConsent, withdrawConsent } from './consent.ts';
import { readAttention } from './explain.ts';
import { listTouchPage } from './list.ts';
import { changePolicy, showPolicy } from './policy.ts';

export const touchEndpoints: Endpoint[] = [
  endpoint(contract.listTouches, listTouchPage),
  endpoint(contract.getTouchPolicy, showPolicy),
  endpoint(contract.setTouchPolicy, async (ctx, policy) => {
    await changePolicy(ctx, policy);
    return { ok: true } as const;
  }),
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
];
