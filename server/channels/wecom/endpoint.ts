import { z } from 'zod';

/** The words in which the calls of WeCom's API are written down, and the shapes that many of them share. */

/** What an app must have been given before it may call (doc 90313 and each page's permission table). */
export type EndpointFamily = 'core' | 'contacts' | 'customer_contact' | 'media';

export type Endpoint = {
  method: 'GET' | 'POST';
  family: EndpointFamily;
  /** The query of a GET or of a multipart POST, the JSON body of any other POST. */
  request: z.ZodObject;
  response: z.ZodObject;
  /** Whether a second execution changes nothing more. Only then does the client repeat a call by itself. */
  idempotent: boolean;
  /** Counts against the smaller limit of parallel customer reads (45033). */
  readsCustomers?: true;
  /** Follows cursor → next_cursor. */
  paged?: true;
  /** Carries one file instead of JSON. */
  multipart?: true;
};

// Requests are strict, so that a mistyped field is found here and not by its missing effect. Empty strings are not
// "absent" for the platform (40058): only a cursor may be empty. Lengths are in characters or UTF-8 bytes, as documented.
export const ask = z.strictObject;
export const id = z.string().min(1).max(128);
export const longId = z.string().min(1).max(512);
export const cursor = z.string().optional();
export const chars = (max: number) => z.string().refine((text) => [...text].length <= max, `over ${max} characters`);
const bytes = (max: number) => z.string().refine((text) => Buffer.byteLength(text) <= max, `over ${max} bytes`);
export const someChars = (max: number) => chars(max).min(1);
export const someBytes = (max: number) => bytes(max).min(1);
export const page = (max: number) => ({ cursor, limit: z.int().min(1).max(max).optional() });
export const seconds = z.int().min(0);
export const order = z.int().min(0).lt(4_294_967_296);
export const nothing = ask({});

// Responses are loose and ask only for what is used: new fields, and new values of a code, must pass.
export const reply = z.looseObject;
export const base = reply({});
export const optionalText = z.string().optional();
export const optionalNumber = z.number().optional();
export const list = <Item extends z.ZodType>(item: Item) => z.array(item).default([]);
export const text = z.string().default('');
// gender is a string from user/get and an integer from externalcontact/get; created_at differs between uploads.
export const looseText = z.union([z.string(), z.number().transform(String)]);
export const looseNumber = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);

const define =
  <const Method extends Endpoint['method']>(method: Method) =>
  <Request extends z.ZodObject, Response extends z.ZodObject, const Traits extends Partial<Endpoint> = object>(
    request: Request,
    response: Response,
    traits = {} as Traits,
  ) => ({
    method,
    request,
    response,
    // Wide types, so that a trait narrows them.
    family: 'customer_contact' as EndpointFamily,
    idempotent: true as boolean,
    ...traits,
  });
export const get = define('GET');
export const post = define('POST');

export const atLeastOne = <Shape extends z.ZodRawShape>(
  request: z.ZodObject<Shape>,
  ...names: (keyof Shape & string)[]
) =>
  request.refine(
    (value) => names.some((name) => (value as Record<string, unknown>)[name] !== undefined),
    `needs one of ${names.join(', ')}`,
  );

export const image = z
  .strictObject({ media_id: longId.optional(), pic_url: someBytes(2048).optional() })
  .refine((value) => value.media_id ?? value.pic_url, 'needs a media_id or a pic_url');
export const link = ask({
  title: someBytes(128),
  picurl: someBytes(2048).optional(),
  desc: bytes(512).optional(),
  url: someBytes(2048),
});
export const miniprogram = ask({
  title: someBytes(64),
  pic_media_id: longId,
  appid: id,
  page: someBytes(1024),
});
const mediaFile = ask({ media_id: longId });
export const messageText = ask({ content: someBytes(4000) });

/** One attachment of a message to a customer (doc 92137). It arrives as a bubble of its own. */
export const attachment = z.discriminatedUnion('msgtype', [
  ask({ msgtype: z.literal('image'), image }),
  ask({ msgtype: z.literal('link'), link }),
  ask({ msgtype: z.literal('miniprogram'), miniprogram }),
  ask({ msgtype: z.literal('video'), video: mediaFile }),
  ask({ msgtype: z.literal('file'), file: mediaFile }),
]);
export type Attachment = z.input<typeof attachment>;
