/** Segments: rules that select customers, and who is in them now. */
export { findTrue } from './among.ts';
export { filterSql } from './behaviour.ts';
export * as bench from './bench.ts';
export { daysToBirthday, daysToLunarDay, lunarBirths, solarBirthdays } from './birthdays.ts';
export { createEngine, type Engine } from './engine.ts';
export { explainCustomer } from './evaluate.ts';
export type { Person, World } from './kind.ts';
export { selectMatching, selectMembers } from './members.ts';
export { membershipChores, membershipPumps, moveMemberships } from './membership.ts';
export { mirrorTables, postgres as inPostgres, wantedProperties, watchedTables } from './mirrored.ts';
export { askedBy, loadPeople } from './person.ts';
export { segmentEndpoints } from './routes.ts';
export { bucketOf, bucketSql } from './rules.ts';
export { loadWorld } from './world.ts';
