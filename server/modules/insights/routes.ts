import * as contract from '#contract/insights';
import { type Endpoint, endpoint } from '#platform/module';
import { readHome } from './home.ts';

export const insightEndpoints: Endpoint[] = [endpoint(contract.getHome, readHome)];
