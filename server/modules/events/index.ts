/** Facts: the inbox they come in by, and their projection into what siyu knows. */
export type { Fact, FactName, FactPayload } from './facts.ts';
export { readInbox, recordEvents } from './inbox.ts';
export { findTold } from './letters.ts';
export { createProjectors, type Listener, type ProjectedEvent } from './project.ts';
export { eventEndpoints } from './routes.ts';
