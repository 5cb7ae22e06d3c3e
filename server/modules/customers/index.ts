/** People: accounts, follows, tags, attributes, and what happened to them. */
export { requireVisible, runTagging } from './customer.ts';
export {
  applyFollowChanges,
  countEvents,
  type Edge,
  type EdgeChanges,
  type FollowTurn,
  requestRemarks,
} from './follows.ts';
export { customerScope, readRows } from './list.ts';
export * as mirror from './mirror.ts';
export { applyTagCatalogue, findTagIds } from './mirror.ts';
export {
  applyAbsentFollows,
  applyObservations,
  type CustomerObservation,
  type ObservedFollow,
} from './observations.ts';
export { type Account, customerOf, ensureCustomers, wecomAccount } from './people.ts';
export { customerEndpoints } from './routes.ts';
export { type EndedBy, gramsOf, mergeChanges, normalizeForSearch } from './rules.ts';
export { mirrorChannel, tagEdges } from './tags.ts';
