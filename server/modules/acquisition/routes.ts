import * as contract from '#contract/acquisition';
import type { Ctx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { type BytesReply, type Endpoint, endpoint } from '#platform/module';
import { addCode, changeCode, changeCodeState, listCodePage, readCode, retryPush } from './codes.ts';
import { addFolder, listAllFolders, removeFolder, renameFolder } from './folders.ts';
import { type CodeImage, drawCode, toPng } from './image.ts';
import { importFromCsv } from './import.ts';
import { showLanding } from './landing.ts';
import { readCodeStats } from './stats.ts';
import { changeDefaultWelcome, readDefaultWelcome } from './welcome.ts';

const ok = { ok: true } as const;

export function acquisitionEndpoints(publicUrl: string): Endpoint[] {
  return [
    endpoint(contract.listCodes, listCodePage),
    endpoint(contract.getCode, (ctx, input) => readCode(ctx, input.id, publicUrl)),
    endpoint(contract.createCode, async (ctx, input) => ({ id: await addCode(ctx, input) })),
    endpoint(contract.updateCode, async (ctx, input) => {
      await changeCode(ctx, input);
      return ok;
    }),
    endpoint(contract.setCodeState, async (ctx, input) => {
      await changeCodeState(ctx, input);
      return ok;
    }),
    endpoint(contract.retryCode, async (ctx, input) => {
      await retryPush(ctx, input.id);
      return ok;
    }),
    endpoint(contract.importCodes, importFromCsv),
    endpoint(contract.getCodeStats, readCodeStats),
    endpoint(contract.getCodeImage, (ctx, input) => codeImage(ctx, input, publicUrl)),
    endpoint(contract.listFolders, listAllFolders),
    endpoint(contract.createFolder, async (ctx, input) => ({ id: await addFolder(ctx, input.name) })),
    endpoint(contract.updateFolder, async (ctx, input) => {
      await renameFolder(ctx, input.id, input.name);
      return ok;
    }),
    endpoint(contract.deleteFolder, async (ctx, input) => {
      await removeFolder(ctx, input.id);
      return ok;
    }),
    endpoint(contract.getDefaultWelcome, readDefaultWelcome),
    endpoint(contract.setDefaultWelcome, async (ctx, input) => {
      await changeDefaultWelcome(ctx, input);
      return ok;
    }),
    endpoint(contract.openLanding, (ctx, input) => showLanding(ctx, input.slug)),
  ];
}

async function codeImage(
  ctx: Ctx,
  input: { id: number; format: 'png' | 'svg'; width: number },
  publicUrl: string,
): Promise<BytesReply> {
  const code = await ctx.db
    .selectFrom('channel_code')
    .select(['name', 'entry', 'slug', 'qr_image'])
    .where('id', '=', input.id)
    .executeTakeFirst();
  if (!code) throw new AppError('not_found');
  const qr: CodeImage['qr'] | undefined =
    code.entry === 'landing'
      ? { text: `${publicUrl}/q/${code.slug}` }
      : code.qr_image
        ? { picture: code.qr_image }
        : undefined;
  if (!qr) throw new AppError('code_not_ready');
  const svg = await drawCode({ name: code.name, qr, width: input.width });
  const headers = { 'cache-control': 'private, no-cache' };
  if (input.format === 'svg') return { contentType: 'image/svg+xml', body: svg, headers };
  return { contentType: 'image/png', body: toPng(svg, input.width), headers };
}
