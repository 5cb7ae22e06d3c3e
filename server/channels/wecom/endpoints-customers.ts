import { z } from 'zod';
import {
  ask,
  atLeastOne,
  attachment,
  base,
  chars,
  cursor,
  type Endpoint,
  get,
  id,
  image,
  link,
  list,
  longId,
  messageText,
  miniprogram,
  nothing,
  optionalNumber,
  optionalText,
  order,
  page,
  post,
  reply,
  seconds,
  someChars,
  text,
} from './endpoint.ts';

// docs 92114 and 92994
const externalContact = reply({
  external_userid: id,
  name: text,
  /** 1 WeChat, 2 WeCom. */
  type: z.number(),
  gender: z.number().default(0),
  avatar: optionalText,
  unionid: optionalText,
  position: optionalText,
  corp_name: optionalText,
  corp_full_name: optionalText,
});
const follow = {
  userid: id,
  remark: text,
  description: text,
  createtime: z.number(),
  remark_corp_name: optionalText,
  remark_mobiles: list(z.string()),
  add_way: z.number().default(0),
  oper_userid: optionalText,
  state: optionalText,
};
const followUser = reply({
  ...follow,
  /** type 1 corp tag, 2 personal (without tag_id), 3 strategy tag. */
  tags: list(reply({ group_name: text, tag_name: text, tag_id: optionalText, type: z.number() })),
});
/** Personal tags are left out by the platform. */
const followInfo = reply({ ...follow, tag_id: list(z.string()) });

// doc 92117
const tag = reply({
  id,
  name: z.string(),
  create_time: z.number().default(0),
  order: z.number().default(0),
  deleted: z.boolean().optional(),
});
const tagGroup = reply({
  group_id: id,
  group_name: z.string(),
  create_time: z.number().default(0),
  order: z.number().default(0),
  deleted: z.boolean().optional(),
  tag: list(tag),
});
const tagIds = { tag_id: z.array(id).optional(), group_id: z.array(id).optional() };

// doc 92228
const contactWay = {
  style: z.int().min(1).max(3).optional(),
  remark: chars(30).optional(),
  skip_verify: z.boolean().optional(),
  state: someChars(30).optional(),
  user: z.array(id).max(100).optional(),
  party: z.array(z.int()).optional(),
  expires_in: seconds.max(14 * 86_400).optional(),
  chat_expires_in: seconds.max(14 * 86_400).optional(),
  unionid: id.optional(),
  mark_source: z.boolean().optional(),
  conclusions: z
    .strictObject({
      text: messageText.optional(),
      image: image.optional(),
      link: link.optional(),
      miniprogram: miniprogram.optional(),
    })
    .optional(),
};
const newContactWay = z
  .strictObject({
    ...contactWay,
    type: z.int().min(1).max(2),
    scene: z.int().min(1).max(2),
    is_temp: z.boolean().optional(),
    is_exclusive: z.boolean().optional(),
  })
  .refine((way) => way.type !== 1 || way.user?.length === 1, { path: ['user'], message: 'type 1 takes one user' });

// doc 92122
const groupChat = reply({
  chat_id: id,
  /** Empty for a group that nobody named. */
  name: text,
  owner: id,
  create_time: z.number(),
  notice: optionalText,
  member_version: optionalText,
  admin_list: list(reply({ userid: id })),
  member_list: list(
    reply({
      userid: id,
      /** 1 staff, 2 external. */
      type: z.number(),
      unionid: optionalText,
      join_time: z.number(),
      join_scene: optionalNumber,
      invitor: reply({ userid: id }).optional(),
      group_nickname: optionalText,
      name: optionalText,
      state: optionalText,
    }),
  ),
});

/** Customers, their tags, contact ways, welcomes, groups. */
export const customerEndpoints = {
  // docs 92571, 92113, 92114, 92994, 92115
  'externalcontact/get_follow_user_list': get(nothing, reply({ follow_user: list(z.string()) }), {
    readsCustomers: true,
  }),
  // 84061 here means that the member has no customers.
  'externalcontact/list': get(ask({ userid: id }), reply({ external_userid: list(z.string()) }), {
    readsCustomers: true,
  }),
  'externalcontact/get': get(
    ask({ external_userid: id, cursor }),
    reply({
      external_contact: externalContact,
      follow_user: list(followUser),
      next_cursor: optionalText,
    }),
    { paged: true, readsCustomers: true },
  ),
  'externalcontact/batch/get_by_user': post(
    ask({ userid_list: z.array(id).min(1).max(100), ...page(100) }),
    reply({
      external_contact_list: list(reply({ external_contact: externalContact, follow_info: followInfo })),
      next_cursor: optionalText,
      fail_info: reply({ unlicensed_userid_list: list(z.string()) }).optional(),
    }),
    { paged: true, readsCustomers: true },
  ),
  'externalcontact/remark': post(
    atLeastOne(
      ask({
        userid: id,
        external_userid: id,
        remark: chars(20).optional(),
        description: chars(150).optional(),
        remark_company: chars(20).optional(),
        // The whole list is replaced; one empty string clears it.
        remark_mobiles: z.array(z.string()).min(1).optional(),
        remark_pic_mediaid: id.optional(),
      }),
      ...(['remark', 'description', 'remark_company', 'remark_mobiles', 'remark_pic_mediaid'] as const),
    ),
    base,
  ),

  // docs 92117 and 92118
  'externalcontact/get_corp_tag_list': post(ask(tagIds), reply({ tag_group: list(tagGroup) })),
  // The answer has only the tags just created, not the whole group.
  'externalcontact/add_corp_tag': post(
    atLeastOne(
      ask({
        group_id: id.optional(),
        group_name: someChars(30).optional(),
        order: order.optional(),
        tag: z.array(ask({ name: someChars(30), order: order.optional() })).min(1),
      }),
      'group_id',
      'group_name',
    ),
    reply({ tag_group: tagGroup }),
    { idempotent: false },
  ),
  'externalcontact/edit_corp_tag': post(ask({ id, name: someChars(30).optional(), order: order.optional() }), base),
  'externalcontact/del_corp_tag': post(atLeastOne(ask(tagIds), 'tag_id', 'group_id'), base),
  // Tags belong to the member-customer edge. Calls for one pair must follow each other (45035).
  'externalcontact/mark_tag': post(
    atLeastOne(
      ask({
        userid: id,
        external_userid: id,
        add_tag: z.array(id).min(1).optional(),
        remove_tag: z.array(id).min(1).optional(),
      }),
      'add_tag',
      'remove_tag',
    ),
    base,
  ),

  'externalcontact/add_contact_way': post(newContactWay, reply({ config_id: id, qr_code: optionalText }), {
    idempotent: false,
  }),
  'externalcontact/get_contact_way': post(
    ask({ config_id: id }),
    reply({
      contact_way: reply({
        config_id: id,
        type: z.number(),
        scene: z.number(),
        remark: text,
        skip_verify: z.boolean().optional(),
        state: text,
        qr_code: optionalText,
        user: list(z.string()),
        party: list(z.number()),
        is_temp: z.boolean().optional(),
      }),
    }),
  ),
  'externalcontact/list_contact_way': post(
    ask({ start_time: seconds.optional(), end_time: seconds.optional(), ...page(1000) }),
    reply({ contact_way: list(reply({ config_id: id })), next_cursor: optionalText }),
    { paged: true },
  ),
  // user and party replace what was there; type and scene cannot change.
  'externalcontact/update_contact_way': post(ask({ config_id: id, ...contactWay }), base),
  'externalcontact/del_contact_way': post(ask({ config_id: id }), base),

  // doc 92137. A code lives 20 s and works once.
  'externalcontact/send_welcome_msg': post(
    atLeastOne(
      ask({
        welcome_code: longId,
        text: messageText.optional(),
        attachments: z.array(attachment).min(1).max(9).optional(),
      }),
      'text',
      'attachments',
    ),
    base,
    { idempotent: false },
  ),

  // doc 92132. One row a day, summed over all staff asked for; yesterday at the latest, 30 days at most.
  'externalcontact/get_user_behavior_data': post(
    atLeastOne(
      ask({
        userid: z.array(id).min(1).max(100).optional(),
        partyid: z.array(z.int()).min(1).max(100).optional(),
        start_time: seconds,
        end_time: seconds,
      }),
      'userid',
      'partyid',
    ),
    reply({
      behavior_data: list(
        reply({
          stat_time: z.number(),
          chat_cnt: z.number(),
          message_cnt: z.number(),
          // Both are absent on a day without chats.
          reply_percentage: optionalNumber,
          avg_reply_time: optionalNumber,
          negative_feedback_cnt: z.number(),
          new_apply_cnt: z.number(),
          new_contact_cnt: z.number(),
        }),
      ),
    }),
  ),

  // docs 92120 and 92122
  'externalcontact/groupchat/list': post(
    ask({
      status_filter: z.int().min(0).max(3).optional(),
      owner_filter: ask({ userid_list: z.array(id).min(1).max(100) }).optional(),
      cursor,
      limit: z.int().min(1).max(1000),
    }),
    reply({
      group_chat_list: list(reply({ chat_id: id, status: z.number() })),
      next_cursor: optionalText,
    }),
    { paged: true },
  ),
  'externalcontact/groupchat/get': post(
    ask({ chat_id: id, need_name: z.int().min(0).max(1).optional() }),
    reply({ group_chat: groupChat }),
  ),
} as const satisfies Record<string, Endpoint>;
