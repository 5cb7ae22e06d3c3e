import { z } from 'zod';
import { ask, type Endpoint, longId, looseNumber, nothing, post, reply } from './endpoint.ts';
import { contactEndpoints } from './endpoints-contacts.ts';
import { customerEndpoints } from './endpoints-customers.ts';
import { reachEndpoints } from './endpoints-reach.ts';

/** Every call that is used, under its path without `/cgi-bin/`. */
export const endpoints = {
  ...contactEndpoints,
  ...customerEndpoints,
  ...reachEndpoints,

  // doc 90253. A second upload only leaves one more file that expires after 3 days.
  'media/upload': post(
    ask({ type: z.enum(['image', 'voice', 'video', 'file']) }),
    reply({ type: z.string(), media_id: longId, created_at: looseNumber }),
    { family: 'media', multipart: true },
  ),
  // Moments take only files that were uploaded for them.
  'media/upload_attachment': post(
    ask({ media_type: z.enum(['image', 'video']), attachment_type: z.literal(1) }),
    reply({ type: z.string(), media_id: longId, created_at: looseNumber }),
    { family: 'media', multipart: true },
  ),
  // doc 90256. The url stays; 1000 a day and 3000 a month are all the corp has.
  'media/uploadimg': post(nothing, reply({ url: z.string().min(1) }), {
    family: 'media',
    multipart: true,
    idempotent: false,
  }),
} as const satisfies Record<string, Endpoint>;

export type EndpointName = keyof typeof endpoints;
export type EndpointInput<Name extends EndpointName> = z.input<(typeof endpoints)[Name]['request']>;
export type EndpointValue<Name extends EndpointName> = z.output<(typeof endpoints)[Name]['response']>;
/** The endpoints of one trait, such as `{ paged: true }`. */
export type EndpointWith<Trait> = {
  [Name in EndpointName]: (typeof endpoints)[Name] extends Trait ? Name : never;
}[EndpointName];
