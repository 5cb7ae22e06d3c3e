import * as contract from '#contract/imports';
import { type Endpoint, endpoint } from '#platform/module';
import {
  cancel,
  changeSettings,
  listImportPage,
  readImport,
  readPreview,
  rejectedRows,
  remove,
  start,
  takeFile,
} from './imports.ts';

const ok = { ok: true } as const;

/** @param folder where uploaded files are */
export function importEndpoints(folder: string): Endpoint[] {
  return [
    endpoint(contract.uploadImport, (ctx, input, upload) => takeFile(ctx, folder, input, upload.stream)),
    endpoint(contract.listImports, listImportPage),
    endpoint(contract.getImport, (ctx, input) => readImport(ctx, input.id)),
    endpoint(contract.setImport, (ctx, input) => changeSettings(ctx, folder, input)),
    endpoint(contract.previewImport, (ctx, input) => readPreview(ctx, folder, input.id)),
    endpoint(contract.startImport, async (ctx, input) => {
      await start(ctx, folder, input.id);
      return ok;
    }),
    endpoint(contract.cancelImport, async (ctx, input) => {
      await cancel(ctx, input.id);
      return ok;
    }),
    endpoint(contract.getRejectedRows, (ctx, input) => rejectedRows(ctx, input.id)),
    endpoint(contract.deleteImport, async (ctx, input) => {
      await remove(ctx, folder, input.id);
      return ok;
    }),
  ];
}
