import * as contract from '#contract/scores';
import { type Endpoint, endpoint } from '#platform/module';
import { ensureComputation } from './compute.ts';
import { readCustomerScores } from './customer.ts';
import { readPurchaseModel, readRelation, readRfm, readSuperUsers } from './reports.ts';
import { changeSettings, showSettings } from './settings.ts';
import { readSourceQuality } from './sources.ts';

export const scoreEndpoints: Endpoint[] = [
  endpoint(contract.getScoreSettings, showSettings),
  endpoint(contract.setScoreSettings, async (ctx, input) => {
    await changeSettings(ctx, input);
    return { operationId: await ensureComputation(ctx) };
  }),
  endpoint(contract.recomputeScores, async (ctx) => ({ operationId: await ensureComputation(ctx) })),
  endpoint(contract.getRfm, readRfm),
  endpoint(contract.getPurchaseModel, readPurchaseModel),
  endpoint(contract.getSuperUsers, readSuperUsers),
  endpoint(contract.getRelation, readRelation),
  endpoint(contract.getSourceQuality, readSourceQuality),
  endpoint(contract.getCustomerScores, (ctx, input) => readCustomerScores(ctx, input.id)),
];
