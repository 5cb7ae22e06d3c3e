/** Files of other systems: taken in, understood column by column, and told as facts. */
export type { ImportKind, ImportSettings } from './columns.ts';
export { readImport, readPreview, rejectedRows, removeOldFiles, start as startImport, takeFile } from './imports.ts';
export { importEndpoints } from './routes.ts';
export { runImport } from './run.ts';
