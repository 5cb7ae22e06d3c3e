import { z } from 'zod';
import {
  ask,
  atLeastOne,
  attachment,
  base,
  type Endpoint,
  get,
  id,
  list,
  longId,
  messageText,
  optionalNumber,
  optionalText,
  page,
  post,
  reply,
  seconds,
  someBytes,
  someChars,
  text,
} from './endpoint.ts';

// doc 92135. A task is all that is made: nothing is sent before the member confirms it.
const massMessage = atLeastOne(
  ask({
    chat_type: z.enum(['single', 'group']),
    external_userid: z.array(id).min(1).max(10_000).optional(),
    chat_id_list: z.array(id).min(1).max(2000).optional(),
    sender: id.optional(),
    allow_select: z.boolean().optional(),
    text: messageText.optional(),
    attachments: z.array(attachment).min(1).max(9).optional(),
  }),
  'text',
  'attachments',
)
  .refine((message) => message.chat_type === 'single' || message.sender !== undefined, {
    path: ['sender'],
    message: 'a group message takes a sender',
  })
  .refine((message) => message.chat_type === 'group' || (message.external_userid ?? message.sender) !== undefined, {
    path: ['external_userid'],
    message: 'needs customers or a sender',
  });

/** One attachment of a Moment (doc 95094): up to nine pictures, or one video, or one link. Files are uploaded for Moments. */
const momentAttachment = z.discriminatedUnion('msgtype', [
  ask({ msgtype: z.literal('image'), image: ask({ media_id: longId }) }),
  ask({ msgtype: z.literal('video'), video: ask({ media_id: longId }) }),
  ask({
    msgtype: z.literal('link'),
    link: ask({ title: someBytes(128), url: someBytes(2048), media_id: longId }),
  }),
]);
export type MomentAttachment = z.input<typeof momentAttachment>;

const senderList = ask({
  user_list: z.array(id).min(1).max(100_000).optional(),
  department_list: z.array(z.int()).min(1).optional(),
});

// A message in the platform's own list. What the API made has no creator.
const sentMessage = {
  creator: optionalText,
  create_time: z.number(),
  create_type: optionalNumber,
  text: reply({ content: text }).optional(),
};

const momentOf = { moment_id: id, userid: id };

/** Mass messages, Moments, messages to staff. */
export const reachEndpoints = {
  'externalcontact/add_msg_template': post(massMessage, reply({ msgid: id, fail_list: list(z.string()) }), {
    idempotent: false,
  }),
  // Three in 24 hours for one task (41094): a second execution uses one up.
  'externalcontact/remind_groupmsg_send': post(ask({ msgid: id }), base, { idempotent: false }),
  // Only what is not yet sent is stopped; nothing is recalled.
  'externalcontact/cancel_groupmsg_send': post(ask({ msgid: id }), base),
  // At most a month between the two times.
  'externalcontact/get_groupmsg_list_v2': post(
    ask({
      chat_type: z.enum(['single', 'group']),
      start_time: seconds,
      end_time: seconds,
      creator: id.optional(),
      /** 0 by the corp, 1 by a member, 2 all. */
      filter_type: z.int().min(0).max(2).optional(),
      ...page(100),
    }),
    reply({
      group_msg_list: list(reply({ msgid: id, ...sentMessage, attachments: list(reply({ msgtype: text })) })),
      next_cursor: optionalText,
    }),
    { paged: true },
  ),
  'externalcontact/get_groupmsg_task': post(
    ask({ msgid: id, ...page(1000) }),
    reply({
      /** status 0 not sent, 2 sent. */
      task_list: list(reply({ userid: id, status: z.number(), send_time: optionalNumber })),
      next_cursor: optionalText,
    }),
    { paged: true },
  ),
  // status 0 not sent, 1 sent, 2 not a friend any more, 3 had as many mass messages as he may have. Of groups, only those
  // that were sent to are listed.
  'externalcontact/get_groupmsg_send_result': post(
    ask({ msgid: id, userid: id, ...page(1000) }),
    reply({
      send_list: list(
        reply({
          external_userid: optionalText,
          chat_id: optionalText,
          userid: id,
          status: z.number(),
          send_time: optionalNumber,
        }),
      ),
      next_cursor: optionalText,
    }),
    { paged: true },
  ),

  // doc 95094. Publishing is the members' own act, as sending is.
  'externalcontact/add_moment_task': post(
    atLeastOne(
      ask({
        text: messageText.optional(),
        attachments: z.array(momentAttachment).min(1).max(9).optional(),
        visible_range: ask({
          sender_list: senderList.optional(),
          external_contact_list: ask({ tag_list: z.array(id).min(1) }).optional(),
        }).optional(),
      }),
      'text',
      'attachments',
    ),
    reply({ jobid: id }),
    { idempotent: false },
  ),
  'externalcontact/get_moment_task_result': get(
    ask({ jobid: id }),
    reply({
      /** 1 begun, 2 under way, 3 done; only then there is a result. */
      status: z.number(),
      result: reply({
        errcode: z.number().default(0),
        errmsg: text,
        moment_id: optionalText,
        invalid_sender_list: reply({ user_list: list(z.string()) }).optional(),
        invalid_external_contact_list: reply({ tag_list: list(z.string()) }).optional(),
      }).optional(),
    }),
  ),
  'externalcontact/cancel_moment_task': post(ask({ moment_id: id }), base),
  // doc 93333. At most 30 days; those that were deleted are left out.
  'externalcontact/get_moment_list': post(
    ask({
      start_time: seconds,
      end_time: seconds,
      creator: id.optional(),
      filter_type: z.int().min(0).max(2).optional(),
      ...page(20),
    }),
    reply({
      moment_list: list(reply({ moment_id: id, ...sentMessage, image: list(reply({})) })),
      next_cursor: optionalText,
    }),
    { paged: true },
  ),
  'externalcontact/get_moment_task': post(
    ask({ moment_id: id, ...page(1000) }),
    reply({
      /** publish_status 0 not published, 1 published. */
      task_list: list(reply({ userid: id, publish_status: z.number() })),
      next_cursor: optionalText,
    }),
    { paged: true },
  ),
  // Who was chosen to see it.
  'externalcontact/get_moment_customer_list': post(
    ask({ ...momentOf, ...page(1000) }),
    reply({ customer_list: list(reply({ external_userid: id })), next_cursor: optionalText }),
    { paged: true },
  ),
  // Whom it has reached.
  'externalcontact/get_moment_send_result': post(
    ask({ ...momentOf, ...page(5000) }),
    reply({ customer_list: list(reply({ external_userid: id })), next_cursor: optionalText }),
    { paged: true },
  ),
  'externalcontact/get_moment_comments': post(
    ask(momentOf),
    reply({
      comment_list: list(reply({ external_userid: optionalText, create_time: z.number() })),
      like_list: list(reply({ external_userid: optionalText, create_time: z.number() })),
    }),
  ),

  // doc 90236. More than 30 a minute to one member are dropped, and the answer is 0 all the same.
  'message/send': post(
    atLeastOne(
      ask({
        touser: someBytes(64_000),
        msgtype: z.enum(['text', 'textcard']),
        agentid: z.int(),
        text: ask({ content: someBytes(2048) }).optional(),
        textcard: ask({
          title: someChars(128),
          description: someChars(512),
          url: someBytes(2048),
          btntxt: someChars(4).optional(),
        }).optional(),
        /** The same words to the same member within the interval arrive once. */
        enable_duplicate_check: z.int().min(0).max(1).optional(),
        duplicate_check_interval: z.int().min(1).max(14_400).optional(),
      }),
      'text',
      'textcard',
    ),
    reply({ msgid: optionalText, invaliduser: text }),
    { family: 'core', idempotent: false },
  ),
} as const satisfies Record<string, Endpoint>;
