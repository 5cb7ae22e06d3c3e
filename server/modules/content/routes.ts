import * as contract from '#contract/content';
import { AppError } from '#platform/errors';
import { type Endpoint, endpoint } from '#platform/module';
import { addMaterial, describe, readMaterial } from './materials.ts';

export const contentEndpoints: Endpoint[] = [
  endpoint(contract.createMaterial, (ctx, input, upload) => addMaterial(ctx, input.name, upload.bytes)),
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
];
