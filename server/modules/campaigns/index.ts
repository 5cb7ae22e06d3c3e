/** Campaigns: one planned touch to many people, with variants and a holdout, and what it truly changed. */
export { findCampaignsSaying } from './queries.ts';
export { createMeasuring } from './results.ts';
export { campaignEndpoints } from './routes.ts';
export { runPump } from './runs.ts';
