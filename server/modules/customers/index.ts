/** People: accounts, follows, tags, attributes, and what happened to them. */

export { findAddress } from './addresses.ts';
export { claimAttributes } from './claims.ts';
export { requireVisible, runTagging, tagAndTell } from './customer.ts';
export {
  applyFollowChanges,
  type Edge,
  type EdgeChanges,
  type FollowTurn,
  requestRemarks,
} from './follows.ts';
export { learnAttributes } from './learn.ts';
export { customerScope, readRows } from './list.ts';
export { createPeopleMemory, type PeopleMemory } from './memory.ts';
export * as mirror from './mirror.ts';
export { applyTagCatalogue, findTagIds } from './mirror.ts';
export { moveCustomerRows } from './movers.ts';
export {
  applyAbsentFollows,
  applyObservations,
  type CustomerObservation,
  type ObservedFollow,
} from './observations.ts';
export { type Account, type Mention, nobody, type Person, resolvePeople, wecomAccount } from './people.ts';
export { type Mover, moveRows } from './regroup.ts';
export { customerEndpoints } from './routes.ts';
export { type EndedBy, fitsAttribute, gramsOf, gramsToFind, mergeChanges, normalizeForSearch } from './rules.ts';
export { addTag, addTagGroup, mirrorChannel, tagEdges } from './tags.ts';
