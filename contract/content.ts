import { z } from 'zod';
import { route } from './route.ts';
import { id, line, text, url } from './types.ts';

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
  text: text(1300, 0).default(''),
  attachments: z.array(attachment).max(9).default([]),
  /** Addresses in it whose opens are counted. */
  trackedUrls: z.array(url).max(20).optional(),
});

export type Message = z.output<typeof message>;
export type Attachment = z.output<typeof attachment>;

/** What a touch does to a person's attention: service, care and content give, promotion asks. */
export const category = z.enum(['service', 'care', 'content', 'promotion']);

export type Category = z.output<typeof category>;

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
