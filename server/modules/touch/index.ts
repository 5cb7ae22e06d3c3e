/** The one gate for everything that reaches a customer, the ledger of what was sent or not, and the only way out. */
export { broadcastEndpoints } from './broadcast-routes.ts';
export type { Broadcast, Broadcaster, BroadcastNews, TargetNews } from './broadcaster.ts';
export { createBroadcasting } from './broadcasting.ts';
export { type BroadcastDraft, cancelBroadcasts, countBroadcasts, planBroadcasts } from './broadcasts.ts';
export { cancelTouches } from './cancel.ts';
export { type ConsentWord, grantConsent, withdrawConsent } from './consent.ts';
export { createUrgentDelivery, type Deliverer, type TouchToDeliver } from './deliver.ts';
export { type Foreseen, foreseeVerdicts } from './foresee.ts';
export { createGate } from './gate.ts';
export { type ClaimedTouch, type Outcome, type Said, settleTouches } from './ledger.ts';
export { touchChores } from './months.ts';
export type { Packer, PackFailure, PackResult, TouchPack } from './pack.ts';
export { moveTouches, noteActs } from './person.ts';
export { countTouches, findTouch, findWelcomed, planTouches, planTouchesOf, type TouchDraft } from './plan.ts';
export { bookQuota, giveQuotaBack, type Quota } from './quota.ts';
export { touchEndpoints } from './routes.ts';
export type { ChannelTraits, Receipt, TouchReason, TouchState } from './rules.ts';
