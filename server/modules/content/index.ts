/** What is said: contents in versions, templates, files, scripts and tracked links. */
export { assertMessage, readMaterial } from './materials.ts';
export type { VisitorIdentity } from './open.ts';
export { countReaders, forgetVisits, moveReaders } from './readers.ts';
export { type LinkMaker, type Rendered, type RenderRequest, renderMessages, renderWords } from './render.ts';
export { contentEndpoints } from './routes.ts';
export { isEmptyMessage } from './rules.ts';
export { type ContentUse, type FindUses, listMaterialsWaiting } from './uses.ts';
export { type ContentVersion, currentVersion, hasWording, isSameForAll, requireVersion } from './versions.ts';
export { asksForName, type ContentChannel, cutToBytes, wordingOf } from './wordings.ts';
