import * as contract from '#contract/events';
import { type Endpoint, endpoint } from '#platform/module';
import { readInbox, retryFailedFacts } from './inbox.ts';

export const eventEndpoints: Endpoint[] = [
  endpoint(contract.getInbox, readInbox),
  endpoint(contract.retryFacts, async (ctx) => ({ retried: await retryFailedFacts(ctx) })),
];
