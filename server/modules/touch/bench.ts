/** What the benchmark of the gate and the tests of other parts measure and drive; no module uses it. */
export { readAttention } from './explain.ts';
export { decideBatch } from './gate.ts';
export { listTouchPage } from './list.ts';
