import { expect, test } from 'vitest';
import { type EndpointName, endpoints } from './endpoints.ts';

const follow = { userid: 'zhangsan', remark: '小王', description: '', createtime: 1717000000, add_way: 16 };

test.each<[EndpointName, object]>([
  ['gettoken', { access_token: 'T0k3n_512max', expires_in: 7200 }],
  ['user/get', { userid: 'zhangsan', gender: '1', status: 1, department: [1, 2] }],
  ['user/list_id', { dept_user: [{ userid: 'zhangsan', department: 1 }] }],
  ['department/list', { department: [{ id: 1, name: '总部', parentid: 0, order: 100000000 }] }],
  ['externalcontact/list', { external_userid: ['wmAAAAAAAAAAAAAAAAAAAAAAAAAAAA01'] }],
  [
    'externalcontact/get',
    {
      external_contact: { external_userid: 'wm01', name: '小王', type: 1, gender: 1, unionid: 'oUnion01' },
      follow_user: [
        { ...follow, tags: [{ group_name: '我的', tag_name: '朋友', type: 2 }], wechat_channels: { source: 1 } },
      ],
    },
  ],
  [
    'externalcontact/batch/get_by_user',
    {
      external_contact_list: [
        {
          external_contact: { external_userid: 'wm01', name: '小王', type: 1 },
          follow_info: { ...follow, add_way: 999, tag_id: ['et01'] },
        },
      ],
      next_cursor: '',
    },
  ],
  [
    'externalcontact/add_corp_tag',
    { tag_group: { group_id: 'etG1', group_name: '等级', order: 1, tag: [{ id: 'etT1', name: 'VIP', order: 2 }] } },
  ],
  [
    'externalcontact/add_contact_way',
    { config_id: '42b34949e138eb6e027c123cba77f001', qr_code: 'https://a.example/0' },
  ],
  [
    'externalcontact/groupchat/get',
    {
      group_chat: {
        chat_id: 'wr01',
        name: '',
        owner: 'zhangsan',
        create_time: 1717000000,
        member_list: [{ userid: 'wm01', type: 2, join_time: 1717000100, join_scene: 3, state: 'g_1' }],
        admin_list: [],
        member_version: '9c3f97c2ada667dfb5f6d03308d963e1',
      },
    },
  ],
  ['externalcontact/add_msg_template', { fail_list: ['wm02'], msgid: 'msg01' }],
  [
    'externalcontact/get_groupmsg_task',
    {
      task_list: [
        { userid: 'zhangsan', status: 2, send_time: 1717000300 },
        { userid: 'lisi', status: 0 },
      ],
    },
  ],
  [
    'externalcontact/get_groupmsg_send_result',
    { send_list: [{ external_userid: 'wm01', userid: 'zhangsan', status: 1, send_time: 1717000300 }], next_cursor: '' },
  ],
  [
    'externalcontact/get_moment_task_result',
    {
      status: 3,
      type: 'add_moment_task',
      result: { errcode: 0, errmsg: 'ok', moment_id: 'mom01', invalid_sender_list: { user_list: [] } },
    },
  ],
  ['message/send', { invaliduser: 'lisi', msgid: 'm1' }],
  ['auth/getuserinfo', { openid: 'o1', external_userid: 'wm01' }],
  ['media/upload', { type: 'image', media_id: '2media', created_at: 1717000000 }],
])('an answer of %s passes, with fields of tomorrow and without an errcode', (name, answer) => {
  const parsed = endpoints[name].response.parse({ ...answer, field_of_tomorrow: { a: 1 } });
  expect(parsed).toMatchObject({ ...answer, field_of_tomorrow: { a: 1 } });
});

test('the time of an upload is a number although the platform sends text', () => {
  const answer = { type: 'image', media_id: '2media', created_at: '1717000000' };
  expect(endpoints['media/upload'].response.parse(answer).created_at).toBe(1717000000);
});

const pair = { userid: 'zhangsan', external_userid: 'wm01' };
const welcome = { welcome_code: 'w1' };
const mass = { text: { content: '你好' } };

test.each<[string, EndpointName, object]>([
  ['an empty id', 'externalcontact/get', { external_userid: '' }],
  ['a mistyped field', 'user/get', { userid: 'a', user_id: 'b' }],
  ['nothing to remark', 'externalcontact/remark', pair],
  ['a remark of 21 characters', 'externalcontact/remark', { ...pair, remark: '🎁'.repeat(21) }],
  ['nothing to tag', 'externalcontact/mark_tag', pair],
  ['101 members at once', 'externalcontact/batch/get_by_user', { userid_list: Array(101).fill('a') }],
  ['a tag without a group', 'externalcontact/add_corp_tag', { tag: [{ name: 'VIP' }] }],
  ['a single contact way for two', 'externalcontact/add_contact_way', { type: 1, scene: 2, user: ['a', 'b'] }],
  ['a welcome without content', 'externalcontact/send_welcome_msg', welcome],
  ['a text of 4001 bytes', 'externalcontact/send_welcome_msg', { ...welcome, text: { content: '好'.repeat(1334) } }],
  [
    'a wrapper that is not the type',
    'externalcontact/send_welcome_msg',
    { ...welcome, attachments: [{ msgtype: 'image', video: { media_id: 'm' } }] },
  ],
  [
    'an image without a source',
    'externalcontact/send_welcome_msg',
    { ...welcome, attachments: [{ msgtype: 'image', image: {} }] },
  ],
  [
    'ten attachments',
    'externalcontact/send_welcome_msg',
    { ...welcome, attachments: Array(10).fill({ msgtype: 'file', file: { media_id: 'm' } }) },
  ],
  ['a group message without a sender', 'externalcontact/add_msg_template', { ...mass, chat_type: 'group' }],
  ['a mass message to nobody', 'externalcontact/add_msg_template', { ...mass, chat_type: 'single' }],
  [
    'a mass message to 10,001 customers',
    'externalcontact/add_msg_template',
    { ...mass, chat_type: 'single', external_userid: Array(10_001).fill('wm01') },
  ],
  ['an empty mass message', 'externalcontact/add_msg_template', { chat_type: 'single', sender: 'a' }],
  [
    'a mini program in a Moment',
    'externalcontact/add_moment_task',
    { attachments: [{ msgtype: 'miniprogram', miniprogram: { title: 'a' } }] },
  ],
  ['a notice without words', 'message/send', { touser: 'a', msgtype: 'text', agentid: 1 }],
])('%s is refused before sending', (_what, name, request) => {
  expect(endpoints[name].request.safeParse(request).success).toBe(false);
});

test('a welcome at the limits passes', () => {
  const attachments = [
    { msgtype: 'link', link: { title: '券', url: 'https://a.example' } },
    { msgtype: 'miniprogram', miniprogram: { title: '商城', pic_media_id: 'm', appid: 'wx1', page: 'index.html' } },
    ...Array(7).fill({ msgtype: 'image', image: { media_id: 'm'.repeat(200) } }),
  ];
  const request = { ...welcome, text: { content: '好'.repeat(1333) }, attachments };
  expect(endpoints['externalcontact/send_welcome_msg'].request.parse(request)).toEqual(request);
});

test('a remark of 20 characters passes, counted as people count', () => {
  const request = { ...pair, remark: '🎁'.repeat(20), remark_mobiles: [''] };
  expect(endpoints['externalcontact/remark'].request.safeParse(request).success).toBe(true);
});

test('what creates or sends something is never repeated by itself', () => {
  const once = Object.entries(endpoints).filter(([, endpoint]) => !endpoint.idempotent);
  expect(once.map(([name]) => name).sort()).toEqual([
    'auth/getuserinfo',
    'externalcontact/add_contact_way',
    'externalcontact/add_corp_tag',
    'externalcontact/add_moment_task',
    'externalcontact/add_msg_template',
    'externalcontact/remind_groupmsg_send',
    'externalcontact/send_welcome_msg',
    'media/uploadimg',
    'message/send',
  ]);
});
