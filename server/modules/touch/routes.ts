import * as contract from '#contract/touch';
import { type Endpoint, endpoint } from '#platform/module';
import { listTouchPage } from './ledger.ts';

export const touchEndpoints: Endpoint[] = [endpoint(contract.listTouches, listTouchPage)];
