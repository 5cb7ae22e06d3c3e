/** What is said: messages with variables, and the files they carry. */
export { assertMessage, readMaterial } from './materials.ts';
export { contentEndpoints } from './routes.ts';
export { cutToBytes, isEmptyMessage, renderText, usesVariable, type Variables } from './rules.ts';
