import * as contract from '#contract/touch';
import { requireVisible } from '#customers';
import { recordAudit } from '#organization';
import { type Endpoint, endpoint } from '#platform/module';
import { grantConsent, withdrawConsent } from './consent.ts';
import { listTouchPage } from './list.ts';

export const touchEndpoints: Endpoint[] = [
  endpoint(contract.listTouches, listTouchPage),
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
