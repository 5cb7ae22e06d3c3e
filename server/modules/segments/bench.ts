/** What the benchmark measures, without the module around it. */
export { compile, countSql, needsOf } from './compile.ts';
export { drawLines } from './lines.ts';
export { duckdb, mirrorTables, postgres } from './mirrored.ts';
export { bucketSql } from './rules.ts';
export { readSizes } from './sizes.ts';
