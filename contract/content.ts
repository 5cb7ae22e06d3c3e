import { z } from 'zod';
import { route } from './route.ts';
import { id, line, text, url } from './types.ts';

/** What is said: messages, and the files they carry. */

/** Variables a message may use, written {{like_this}}. */
export const messageVariables = ['customer_name', 'staff_name', 'staff_alias', 'code_name', 'hook'] as const;

export const attachment = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('image'), materialId: id }),
  z.object({
    kind: z.literal('link'),
    title: line(60),
    description: line(150, 0).default(''),
    url,
    imageUrl: url.optional(),
  }),
  z.object({
    kind: z.literal('mini_program'),
    title: line(20),
    appid: z.string().regex(/^wx[0-9a-f]{16}$/),
    page: line(1024),
    /** Cover picture, 520×416. */
    materialId: id,
  }),
  z.object({ kind: z.literal('file'), materialId: id }),
  z.object({ kind: z.literal('video'), materialId: id }),
]);

/** A message as WeCom sends it: one text bubble, then each attachment as its own bubble. */
export const message = z.object({
  text: text(1300, 0).default(''),
  attachments: z.array(attachment).max(9).default([]),
});

export type Message = z.output<typeof message>;
export type Attachment = z.output<typeof attachment>;

export const material = z.object({
  id,
  name: z.string(),
  kind: z.enum(['image', 'video', 'file']),
  contentType: z.string(),
  byteCount: z.number().int(),
});

export const createMaterial = route({
  method: 'POST',
  path: '/api/materials',
  permission: 'code.write',
  summary:
    'Upload a file for messages. Image: PNG or JPEG up to 10 MB; video: MP4 up to 10 MB; any other file up to 20 MB. The kind is read from the content',
  input: z.object({ name: line(100) }),
  output: material,
  bytes: 'in',
  errors: ['material_type_unsupported', 'body_too_large'],
});

export const getMaterial = route({
  method: 'GET',
  path: '/api/materials/:id',
  permission: 'code.read',
  summary: 'The file itself',
  input: z.object({ id }),
  output: z.unknown(),
  bytes: 'out',
  errors: ['not_found'],
});

export const describeMaterial = route({
  method: 'GET',
  path: '/api/materials/:id/description',
  permission: 'code.read',
  summary: 'Name, kind and size of a file',
  input: z.object({ id }),
  output: material,
  errors: ['not_found'],
});
