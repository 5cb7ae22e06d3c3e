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
export { customerScope } from './list.ts';
export {
  applyTagCatalogue,
  findTagIds,
  type MirrorOutcome,
  type ObservedTagGroup,
  type PendingEdgeTags,
  type PendingRemark,
  type PendingTag,
  reportGroupRenamed,
  reportRemark,
  reportTagMirrored,
  reportTagRefused,
  reportTags,
  takePendingCatalogue,
  takePendingRemarks,
  takePendingTags,
} from './mirror.ts';
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
