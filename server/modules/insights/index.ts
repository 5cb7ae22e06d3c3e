/** Figures: what the private domain is, how it moves, and what that is worth. */
export { insightEndpoints } from './routes.ts';
