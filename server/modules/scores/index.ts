/** Scores: RFM, expected purchases and value, relation, freebie hunters, super-users, and the quality of sources. */
export { computeScores, ensureComputation, moveScores, noteChanges, planRefresh, refreshScores } from './compute.ts';
export { scoreEndpoints } from './routes.ts';
