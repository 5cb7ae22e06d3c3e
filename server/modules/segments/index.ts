/** Segments: rules that select customers, and who is in them now. */
export * as bench from './bench.ts';
