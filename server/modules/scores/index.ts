/** Scores: RFM, expected purchases and value, relation, freebie hunters, super-users, and the quality of sources. */
export { moveScores, noteChanges, refreshScores, scoreChores } from './changes.ts';
export { computeScores, runComputation } from './compute.ts';
export { isAct } from './inputs.ts';
export { isActName } from './relation.ts';
export { scoreEndpoints } from './routes.ts';
export { readCurrency } from './settings.ts';
