/** Journeys: automated paths of customers, as versioned graphs, and the engine that moves people along them. */
export * as bench from './bench.ts';
export { findJourneysSaying } from './journeys.ts';
export { createJourneyListener } from './listen.ts';
export { enrolCustomers } from './people.ts';
export { journeyChores, journeyPumps } from './pumps.ts';
export { journeyEndpoints } from './routes.ts';
export { moveJourneys } from './upkeep.ts';
export { createVersions, type Versions } from './versions.ts';
