/** What is said: contents in versions, templates, files, scripts and tracked links. */
export { assertMessage, readMaterial } from './materials.ts';
export { type LinkMaker, type Rendered, type RenderRequest, renderMessages, renderWords } from './render.ts';
export { contentEndpoints } from './routes.ts';
export { isEmptyMessage, renderText, usesVariable, type Variables } from './rules.ts';
export { type ContentVersion, currentVersion, isSameForAll, requireVersion } from './versions.ts';
export { type ContentChannel, cutToBytes } from './wordings.ts';
