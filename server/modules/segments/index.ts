/** Segments: rules that select customers, and who is in them now. */
export * as bench from './bench.ts';
export { createEngine, type Engine } from './engine.ts';
export { membershipChores, membershipPumps, moveMemberships } from './membership.ts';
export { mirrorTables, wantedProperties, watchedTables } from './mirrored.ts';
export { segmentEndpoints } from './routes.ts';
export { bucketOf, bucketSql } from './rules.ts';
