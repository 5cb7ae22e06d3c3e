/** The ledger of everything that was, or was not, sent to a customer, and the only way out. */
export { createUrgentDelivery, type Deliverer } from './deliver.ts';
export { type ClaimedTouch, findWelcomed, moveTouches, type PlannedTouch, planTouches } from './ledger.ts';
export { touchEndpoints } from './routes.ts';
export type { Receipt, TouchReason } from './rules.ts';
