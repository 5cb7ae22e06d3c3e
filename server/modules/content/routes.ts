import * as contract from '#contract/content';
import * as linkContract from '#contract/links';
import * as scriptContract from '#contract/scripts';
import { AppError } from '#platform/errors';
import { type Endpoint, endpoint } from '#platform/module';
import {
  addContent,
  changeContent,
  listContentPage,
  readContent,
  readContentVersion,
  setArchived,
} from './contents.ts';
import { addFolder, listAllFolders, removeFolder, renameFolder } from './folders.ts';
import { addLink, changeLink, listLinkPage, listReaderPage, makeAddress, readLink } from './links.ts';
import { addMaterial, changeMaterial, describe, listMaterialPage, readMaterial, replace } from './materials.ts';
import { type OpenParts, openTracked } from './open.ts';
import { preview, readGaps } from './preview.ts';
import { addScript, changeScript, listScriptPage, removeScript, takeScript } from './scripts.ts';
import { type FindUses, readContentUses, readMaterialUses } from './uses.ts';

const ok = { ok: true } as const;

export function contentEndpoints(parts: OpenParts & { uses: readonly FindUses[] }): Endpoint[] {
  return [
    endpoint(contract.listContentFolders, listAllFolders),
    endpoint(contract.createContentFolder, async (ctx, input) => ({ id: await addFolder(ctx, input) })),
    endpoint(contract.updateContentFolder, async (ctx, input) => {
      await renameFolder(ctx, input.id, input.name);
      return ok;
    }),
    endpoint(contract.deleteContentFolder, async (ctx, input) => {
      await removeFolder(ctx, input.id);
      return ok;
    }),
    endpoint(contract.listContents, listContentPage),
    endpoint(contract.getContent, (ctx, input) => readContent(ctx, input.id)),
    endpoint(contract.createContent, addContent),
    endpoint(contract.updateContent, changeContent),
    endpoint(contract.archiveContent, async (ctx, input) => {
      await setArchived(ctx, input);
      return ok;
    }),
    endpoint(contract.getContentVersion, readContentVersion),
    endpoint(contract.listContentUses, (ctx, input) => readContentUses(ctx, input.id, parts.uses)),
    endpoint(contract.previewContent, (ctx, input) => preview(ctx, input, parts.publicUrl)),
    endpoint(contract.findGaps, readGaps),
    endpoint(contract.listMaterials, listMaterialPage),
    endpoint(contract.createMaterial, (ctx, input, upload) => addMaterial(ctx, input, upload.bytes)),
    endpoint(contract.replaceMaterial, (ctx, input, upload) => replace(ctx, input, upload.bytes)),
    endpoint(contract.updateMaterial, async (ctx, input) => {
      await changeMaterial(ctx, input);
      return ok;
    }),
    endpoint(contract.listMaterialUses, (ctx, input) => readMaterialUses(ctx, input.id)),
    endpoint(contract.describeMaterial, (ctx, input) => describe(ctx, input.id)),
    endpoint(contract.getMaterial, async (ctx, input) => {
      const material = await readMaterial(ctx, input.id);
      if (!material) throw new AppError('not_found');
      const name = encodeURIComponent(material.name);
      return {
        contentType: material.contentType,
        body: material.bytes,
        headers: {
          // Files come from operators: shown as what they are, never run as a page of ours.
          'content-disposition': `${material.kind === 'file' ? 'attachment' : 'inline'}; filename*=UTF-8''${name}`,
          'content-security-policy': "default-src 'none'; sandbox",
          'cache-control': 'private, max-age=86400',
        },
      };
    }),
    endpoint(linkContract.listLinks, listLinkPage),
    endpoint(linkContract.createLink, async (ctx, input) => ({ id: await addLink(ctx, input) })),
    endpoint(linkContract.updateLink, async (ctx, input) => {
      await changeLink(ctx, input);
      return ok;
    }),
    endpoint(linkContract.getLink, readLink),
    endpoint(linkContract.listLinkReaders, listReaderPage),
    endpoint(linkContract.shareLink, (ctx, input) => makeAddress(ctx, input.id, parts)),
    endpoint(linkContract.openLink, (ctx, input, request) => openTracked(ctx, input, request, parts)),
    endpoint(scriptContract.listScripts, listScriptPage),
    endpoint(scriptContract.createScript, async (ctx, input) => ({ id: await addScript(ctx, input) })),
    endpoint(scriptContract.updateScript, async (ctx, input) => {
      await changeScript(ctx, input);
      return ok;
    }),
    endpoint(scriptContract.deleteScript, async (ctx, input) => {
      await removeScript(ctx, input.id);
      return ok;
    }),
    endpoint(scriptContract.copyScript, takeScript),
  ];
}
