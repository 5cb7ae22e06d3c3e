/** What the benchmark of the gate measures; no module uses it. */
export { decideBatch } from './gate.ts';
