/** What the benchmark measures, without the module around it. */
export { enrol } from './enrol.ts';
export { createMover } from './tick.ts';
export { placesOf } from './walk.ts';
