import { z } from 'zod';
import { route } from './route.ts';
import { category } from './touch.ts';
import { after, done, flag, id, limit, line, page, text, time, url } from './types.ts';

/** What is said: messages, and the files they carry. */

/** Short names of some variables, written {{like_this}}. */
export const messageVariables = ['customer_name', 'staff_name', 'staff_alias', 'code_name', 'hook'] as const;

const image = z.object({ kind: z.literal('image'), materialId: id });
const video = z.object({ kind: z.literal('video'), materialId: id });
const link = z.object({
  kind: z.literal('link'),
  title: line(60),
  description: line(150, 0).default(''),
  url,
  imageUrl: url.optional(),
});

export const attachment = z.discriminatedUnion('kind', [
  image,
  link,
  z.object({
    kind: z.literal('mini_program'),
    title: line(20),
    appid: z.string().regex(/^wx[0-9a-f]{16}$/),
    page: line(1024),
    /** Cover picture, 520×416. */
    materialId: id,
  }),
  z.object({ kind: z.literal('file'), materialId: id }),
  video,
]);

/** What a Moment may show: up to nine pictures, or one video, or one link. */
const visual = z.discriminatedUnion('kind', [image, link, video]);

/** A message as WeCom sends it: one text bubble, then each attachment as its own bubble. */
export const message = z.object({
  text: text(4000, 0).default(''),
  attachments: z.array(attachment).max(9).default([]),
  /** Addresses in it whose opens are counted. */
  trackedUrls: z.array(url).max(20).optional(),
});

export type Message = z.output<typeof message>;
export type Attachment = z.output<typeof attachment>;

/**
 * Variables of templates (Liquid), written {{ customer.name }}; besides these the brand's own attributes, as
 * {{ customer.attributes.city }}. `messageVariables` are shorter names for some of them.
 */
export const variables = [
  'customer.name',
  /** What the adviser calls the customer: his remark without the code's prefix. */
  'customer.nickname',
  /** 先生, 女士; nothing where the gender is not known. */
  'customer.title',
  'customer.gender',
  'customer.tags',
  'customer.added_on',
  'customer.days_since_added',
  'customer.last_order.number',
  'customer.last_order.product',
  'customer.last_order.amount',
  'customer.last_order.currency',
  'customer.last_order.on',
  'customer.last_order.days_since',
  'staff.name',
  'staff.alias',
  'organization.name',
  'code.name',
  'code.hook',
] as const;

/** Web addresses in a text, as people write them: a punctuation mark at the end is not theirs. */
export function addressesIn(text: string): { url: string; at: number }[] {
  return [
    ...text.matchAll(/https?:\/\/[^\s<>"'`()[\]{}，。；：、！？（）《》【】“”‘’\p{Script=Han}\p{C}]+/giu),
  ].flatMap((match) => {
    const found = match[0].replace(/[.,;:!?*_]+$/, '');
    return URL.canParse(found) ? [{ url: found, at: match.index }] : [];
  });
}

/** What may be done with a value: {{ customer.name | default: '你' }}. */
export const templateFilters = [
  'default',
  'date',
  'truncate',
  'upcase',
  'downcase',
  'capitalize',
  'strip',
  'join',
  'first',
  'last',
  'size',
  'plus',
  'minus',
  'times',
  'divided_by',
  'round',
  'floor',
  'ceil',
  'abs',
  'at_least',
  'at_most',
] as const;

/** How each channel says it. All texts are templates. */
export const wordings = z.object({
  /** Welcomes, mass messages to customers and groups. */
  wecom: message.omit({ trackedUrls: true }).optional(),
  /** One text for everybody: it may name the brand, but no customer and no staff member. */
  moment: z.object({ text: text(2000, 0).default(''), attachments: z.array(visual).max(9).default([]) }).optional(),
  email: z
    .object({
      subject: line(150),
      /** What mailboxes show beside the subject. */
      preheader: line(200, 0).default(''),
      markdown: text(50_000),
    })
    .optional(),
  sms: z
    .object({
      /** The provider's code of a template that was approved there. */
      templateCode: line(40),
      /** The approved words, with their ${parameters}: for previews, and to check the parameters against. */
      templateText: text(500),
      params: z
        .array(
          z.object({
            name: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,29}$/),
            text: line(200, 0),
            /** The text is a tracked address, of which only the code at the end is filled in: providers want the rest in the approved words. */
            isLinkCode: z.boolean().default(false),
          }),
        )
        .max(20)
        .default([]),
    })
    .optional(),
  webhook: z
    .object({
      fields: z
        .array(z.object({ name: line(60), text: text(2000, 0) }))
        .min(1)
        .max(50),
    })
    .optional(),
  /** Suggested words for a staff member who has a task. */
  task: z.object({ words: text(1300) }).optional(),
});

export type Wordings = z.output<typeof wordings>;
export type WordingKind = keyof Wordings;

export const wordingKinds = ['wecom', 'moment', 'email', 'sms', 'webhook', 'task'] as const satisfies WordingKind[];

/** Addresses that stand somewhere in the words: others are not tracked by them. */
export function addressesOf(wordings: Wordings): Set<string> {
  const texts = [
    wordings.wecom?.text,
    wordings.moment?.text,
    wordings.email?.markdown,
    ...(wordings.sms?.params ?? []).map((param) => param.text),
    ...(wordings.webhook?.fields ?? []).map((field) => field.text),
    wordings.task?.words,
  ];
  const links = [...(wordings.wecom?.attachments ?? []), ...(wordings.moment?.attachments ?? [])].flatMap((one) =>
    one.kind === 'link' ? [one.url] : [],
  );
  return new Set([...texts.flatMap((text) => addressesIn(text ?? '').map(({ url }) => url)), ...links]);
}

/** A message with everything filled in, as its channel takes it. */
export const channelMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('wecom'), text: z.string(), attachments: z.array(attachment) }),
  z.object({ kind: z.literal('moment'), text: z.string(), attachments: z.array(visual) }),
  z.object({ kind: z.literal('email'), subject: z.string(), preheader: z.string(), markdown: z.string() }),
  z.object({
    kind: z.literal('sms'),
    templateCode: z.string(),
    params: z.record(z.string(), z.string()),
    preview: z.string(),
  }),
  z.object({ kind: z.literal('webhook'), fields: z.record(z.string(), z.string()) }),
  z.object({ kind: z.literal('task'), words: z.string() }),
]);

export type ChannelMessage = z.output<typeof channelMessage>;

export const wordingKind = z.enum(wordingKinds);

const folderKind = z.enum(['content', 'material', 'script']);

export const folder = z.object({
  id,
  name: z.string(),
  /** Without what is archived. */
  count: z.number().int(),
});

export const listContentFolders = route({
  method: 'GET',
  path: '/api/content-folders',
  permission: 'content.read',
  summary: 'Folders of contents, of materials or of scripts',
  input: z.object({ kind: folderKind }),
  output: z.object({ rows: z.array(folder) }),
});

export const createContentFolder = route({
  method: 'POST',
  path: '/api/content-folders',
  permission: 'content.write',
  summary: 'Make a folder',
  input: z.object({ kind: folderKind, name: line(40) }),
  output: z.object({ id }),
  errors: ['folder_name_taken'],
});

export const updateContentFolder = route({
  method: 'PUT',
  path: '/api/content-folders/:id',
  permission: 'content.write',
  summary: 'Rename a folder',
  input: z.object({ id, name: line(40) }),
  output: done,
  errors: ['not_found', 'folder_name_taken'],
});

export const deleteContentFolder = route({
  method: 'DELETE',
  path: '/api/content-folders/:id',
  permission: 'content.write',
  summary: 'Delete a folder; what is in it stays, in no folder',
  input: z.object({ id }),
  output: done,
  errors: ['not_found'],
});

/** Something that is named where it is meant. */
export const named = z.object({ id, name: z.string() });

const trackedUrls = z.array(url).max(20).default([]);

export const contentRow = z.object({
  id,
  name: z.string(),
  folder: named.nullable(),
  category,
  /** Where it has words. */
  wordingKinds: z.array(wordingKind),
  /** The beginning of what it says. */
  excerpt: z.string(),
  /** A picture it shows. */
  imageId: id.nullable(),
  trackedCount: z.number().int(),
  versionId: id,
  versionNumber: z.number().int(),
  isArchived: z.boolean(),
  updatedAt: time,
  updatedBy: z.string(),
});

export const listContents = route({
  method: 'GET',
  path: '/api/contents',
  permission: 'content.read',
  summary: 'Contents, newest first',
  input: z.object({
    search: line(60).optional(),
    category: category.optional(),
    /** Those with words for this channel. */
    wording: wordingKind.optional(),
    folder: id.optional(),
    archived: flag.default(false),
    after,
    limit,
  }),
  output: page(contentRow),
});

export const getContent = route({
  method: 'GET',
  path: '/api/contents/:id',
  permission: 'content.read',
  summary: 'One content as it is said now, and which versions it had',
  input: z.object({ id }),
  output: contentRow.extend({
    wordings,
    trackedUrls,
    versions: z.array(z.object({ id, number: z.number().int(), createdAt: time, createdBy: z.string() })),
  }),
  errors: ['not_found'],
});

export const contentDraft = z.object({
  name: line(60),
  folderId: id.nullable().default(null),
  category,
  wordings,
  trackedUrls,
});

export const createContent = route({
  method: 'POST',
  path: '/api/contents',
  permission: 'content.write',
  summary: 'Make a content; its texts are Liquid templates',
  input: contentDraft,
  output: z.object({ id, versionId: id }),
  errors: ['content_name_taken', 'folder_unknown', 'material_unknown'],
});

export const updateContent = route({
  method: 'PUT',
  path: '/api/contents/:id',
  permission: 'content.write',
  summary:
    'Change a content. Other words make a new version; what was planned or sent with an earlier one stays with that. `versionId` is the version that was edited: refused when somebody else has changed it since',
  input: contentDraft.extend({ id, versionId: id }),
  output: z.object({ versionId: id }),
  errors: [
    'not_found',
    'content_name_taken',
    'content_changed',
    'content_archived',
    'folder_unknown',
    'material_unknown',
  ],
});

export const archiveContent = route({
  method: 'PUT',
  path: '/api/contents/:id/archived',
  permission: 'content.write',
  summary: 'Archive a content, or take it out again. What is planned with it still goes out',
  input: z.object({ id, isArchived: z.boolean() }),
  output: done,
  errors: ['not_found', 'content_name_taken'],
});

export const getContentVersion = route({
  method: 'GET',
  path: '/api/contents/:id/versions/:number',
  permission: 'content.read',
  summary: 'What a content said in one of its versions',
  input: z.object({ id, number: z.coerce.number().int().min(1).max(1_000_000) }),
  output: z.object({ wordings, trackedUrls, createdAt: time, createdBy: z.string() }),
  errors: ['not_found'],
});

/** Something that uses a content or a file, and its name where it has one. */
export const use = z.object({
  kind: z.enum(['campaign', 'journey', 'task', 'code', 'default_welcome', 'content']),
  id: id.nullable(),
  name: z.string(),
});

export const listContentUses = route({
  method: 'GET',
  path: '/api/contents/:id/uses',
  permission: 'content.read',
  summary: 'What a content is used by',
  input: z.object({ id }),
  output: z.object({ uses: z.array(use) }),
  errors: ['not_found'],
});

/** A customer for whom something is filled, and what is missing there. */
export const previewContent = route({
  method: 'POST',
  path: '/api/content-preview',
  permission: 'content.read',
  summary:
    'What somebody would get: a draft filled for one customer, with the names of variables where values are missing, and what is wrong with it. Nothing is saved',
  input: z.object({ kind: wordingKind, wordings, trackedUrls, customerId: id.optional(), staffId: id.optional() }),
  output: z.object({
    message: channelMessage.nullable(),
    missing: z.array(z.string()),
    /** Bytes of the text as WeCom counts them. */
    byteCount: z.number().int(),
    problems: z.array(
      z.object({
        path: z.string(),
        problem: z.string(),
        message: z.string(),
        values: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      }),
    ),
  }),
  errors: ['not_found'],
});

export const findGaps = route({
  method: 'GET',
  path: '/api/contents/:id/gaps',
  permission: 'content.write',
  summary: 'Which customers would miss a value: the content is filled for up to 2,000 of them, as it would be sent',
  input: z.object({ id, wording: wordingKind, segment: id.optional() }),
  output: z.object({
    /** For how many it was filled, and how many would hear nothing at all. */
    looked: z.number().int(),
    silent: z.number().int(),
    isAll: z.boolean(),
    gaps: z.array(
      z.object({
        variable: z.string(),
        count: z.number().int(),
        customers: z.array(z.object({ id, name: z.string().nullable() })),
      }),
    ),
  }),
  errors: ['not_found', 'segment_unknown'],
});

export const material = z.object({
  id,
  name: z.string(),
  kind: z.enum(['image', 'video', 'file']),
  contentType: z.string(),
  byteCount: z.number().int(),
});

export const materialRow = material.extend({
  folder: named.nullable(),
  createdAt: time,
  createdBy: z.string(),
  isArchived: z.boolean(),
});

export const listMaterials = route({
  method: 'GET',
  path: '/api/materials',
  permission: 'content.read',
  summary: 'Files for messages, newest first',
  input: z.object({
    search: line(60).optional(),
    kind: z.enum(['image', 'video', 'file']).optional(),
    folder: id.optional(),
    archived: flag.default(false),
    after,
    limit,
  }),
  output: page(materialRow),
});

export const createMaterial = route({
  method: 'POST',
  path: '/api/materials',
  permission: 'content.write',
  summary:
    'Upload a file for messages. Image: PNG or JPEG up to 10 MB; video: MP4 up to 10 MB; any other file up to 20 MB. The kind is read from the content',
  input: z.object({ name: line(100), folder: id.optional() }),
  output: material,
  bytes: 'in',
  errors: ['material_type_unsupported', 'body_too_large', 'folder_unknown'],
});

export const replaceMaterial = route({
  method: 'POST',
  path: '/api/materials/:id/replacement',
  permission: 'content.write',
  summary: 'Upload a file of the same kind that takes the place of another everywhere, also in what is planned already',
  input: z.object({ id, name: line(100) }),
  output: material,
  bytes: 'in',
  errors: ['not_found', 'material_type_unsupported', 'body_too_large', 'material_replaced'],
});

export const updateMaterial = route({
  method: 'PUT',
  path: '/api/materials/:id',
  permission: 'content.write',
  summary: 'Rename a file, put it into a folder, archive it',
  input: z.object({
    id,
    name: line(100),
    folderId: id.nullable().default(null),
    isArchived: z.boolean().default(false),
  }),
  output: done,
  errors: ['not_found', 'folder_unknown'],
});

export const listMaterialUses = route({
  method: 'GET',
  path: '/api/materials/:id/uses',
  permission: 'content.read',
  summary: 'Contents and welcomes that carry a file',
  input: z.object({ id }),
  output: z.object({ uses: z.array(use) }),
  errors: ['not_found'],
});

export const getMaterial = route({
  method: 'GET',
  path: '/api/materials/:id',
  permission: 'content.read',
  summary: 'The file itself',
  input: z.object({ id }),
  output: z.unknown(),
  bytes: 'out',
  errors: ['not_found'],
});

export const describeMaterial = route({
  method: 'GET',
  path: '/api/materials/:id/description',
  permission: 'content.read',
  summary: 'Name, kind and size of a file',
  input: z.object({ id }),
  output: material,
  errors: ['not_found'],
});
