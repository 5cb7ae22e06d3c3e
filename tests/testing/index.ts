/** What tests stand on: a real database of their own, the whole app, people who are signed in, a clock that obeys. */
export { createTestApp, type Person, password, type TestApp, toRequest } from './app.ts';
export { easeCommerceTables } from './commerce-tables.ts';
export { type Connected, connectSandbox } from './connected.ts';
export { createTestDatabase, type TestDatabase } from './database.ts';
export { deliverTouches, drainPumps, projectFacts, seedWorld, type World } from './world.ts';
