import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AppContent } from '#sandbox/app-messages';
import { appAllowance, recallAppMessage, replaceButton, sendAppMessage } from '#sandbox/app-messages';
import { dayMs } from '#sandbox/clock';
import { membersOfParty } from '#sandbox/relations';
import type { World } from '#sandbox/world';
import { isVisible } from '#sandbox/world';
import type { Call, Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse, refuseField } from './errors.ts';
import { bytes, chars, list } from './fields.ts';
import { liveMedia } from './media.ts';

const maxUsers = 1000;
const maxParties = 100;
const textBytes = 2048;

const media = z.object({ media_id: z.string() });
const titled = z.object({ title: chars(36).default(''), desc: chars(44).default('') });

const card = z.object({
  card_type: z.string(),
  task_id: z.string().optional(),
  source: z.object({ desc: z.string().default('') }).optional(),
  main_title: titled.optional(),
  emphasis_content: z.object({ title: z.string().default(''), desc: z.string().default('') }).optional(),
  sub_title_text: z.string().default(''),
  horizontal_content_list: list(
    z.object({ keyname: z.string(), value: z.string().default(''), url: z.string().default('') }),
    6,
  ).default([]),
  jump_list: list(z.object({ title: z.string(), url: z.string().default('') }), 3).default([]),
  card_action: z.object({ type: z.int(), url: z.string().default('') }).optional(),
  button_list: list(
    z.object({
      text: z.string(),
      type: z.int().default(0),
      style: z.int().default(1),
      key: z.string().default(''),
      url: z.string().default(''),
    }),
    6,
  ).default([]),
});

const request = z.object({
  touser: z.string().default(''),
  toparty: z.string().default(''),
  totag: z.string().default(''),
  msgtype: z.string(),
  agentid: z.int(),
  enable_duplicate_check: z.int().default(0),
  duplicate_check_interval: z.int().default(1800),
  text: z.object({ content: z.string() }).optional(),
  markdown: z.object({ content: bytes(4096) }).optional(),
  textcard: z
    .object({ title: chars(128), description: chars(512), url: bytes(2048), btntxt: chars(4).default('详情') })
    .optional(),
  news: z
    .object({
      articles: z.array(
        z.object({
          title: bytes(128),
          description: bytes(512).default(''),
          url: bytes(2048).default(''),
          picurl: z.string().default(''),
        }),
      ),
    })
    .optional(),
  image: media.optional(),
  voice: media.optional(),
  video: media.optional(),
  file: media.optional(),
  template_card: card.optional(),
});

type AppRequest = z.infer<typeof request>;

/** Messages of the app to members (docs 90236, 94867 and 94888, reference §6.5). */
export const appMessageEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/cgi-bin/message/send',
    family: 'agent',
    request,
    missing: { agentid: 41011, msgtype: 40008 },
    handle: (call, input) => {
      const { world, at } = call;
      if (input.touser === '' && input.toparty === '' && input.totag === '') refuse(82001);
      const content = contentOf(call, input);
      if (input.agentid !== world.state.corp.agentId) refuse(301002);
      const { userids, invalid } = receiversOf(world, input);
      if (userids.length === 0) refuse(81013);
      if (appAllowance(world, at) < userids.length) refuse(45009);
      return () => {
        const repeated = isRepeated(world, input);
        const message = sendAppMessage(world, at, content, repeated ? [] : userids);
        const [code] = message.codes;
        return { ...invalid, msgid: message.msgid, ...(code !== undefined && { response_code: code }) };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/message/recall',
    family: 'agent',
    request: z.object({ msgid: z.string() }),
    handle: ({ world, at }, { msgid }) => {
      const message = world.state.appMessages.get(msgid) ?? refuseField('msgid invalid');
      if (message.at + dayMs < at) refuse(42052);
      return () => {
        recallAppMessage(world, at, message);
        return {};
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/message/update_template_card',
    family: 'agent',
    request: z.object({
      userids: list(z.string(), maxUsers).default([]),
      atall: z.int().default(0),
      agentid: z.int(),
      response_code: z.string(),
      button: z.object({ replace_name: z.string() }),
    }),
    missing: { agentid: 41011 },
    handle: ({ world, at }, { userids, atall, agentid, response_code, button }) => {
      if (agentid !== world.state.corp.agentId) refuse(301002);
      const message = [...world.state.appMessages.values()].find((one) => one.codes.includes(response_code));
      if (!message || message.at + 3 * dayMs < at) refuse(60140);
      const receivers =
        atall === 1 ? message.receivers : userids.filter((userid) => message.receivers.includes(userid));
      const invaliduser = userids.filter((userid) => !message.receivers.includes(userid));
      return () => {
        replaceButton(world, at, message, { code: response_code, userids: receivers, text: button.replace_name });
        return { ...(invaliduser.length > 0 && { invaliduser }) };
      };
    },
  }),
];

/** Unknown, disabled and invisible members are told, not refused; nobody left is. */
function receiversOf(world: World, { touser, toparty, totag }: AppRequest) {
  const { staff, departments } = world.state;
  const canGet = (userid: string) => staff.get(userid)?.status === 1 && isVisible(world.state, userid);
  const split = (ids: string) => ids.split('|').filter((one) => one !== '');
  const [users, parties, tags] = [split(touser), split(toparty), split(totag)];
  if (users.length > maxUsers) refuse(40032);
  if (parties.length > maxParties) refuse(82002);
  if (tags.length > maxParties) refuse(82003);
  if (touser === '@all') return { userids: [...staff.keys()].filter(canGet), invalid: {} };
  const invalidParties = parties.filter((party) => !departments.has(Number(party)));
  const members = parties.flatMap((party) => membersOfParty(world.state, Number(party)));
  const wanted = new Set([...users, ...members]);
  return {
    userids: [...wanted].filter(canGet),
    invalid: {
      invaliduser: users
        .filter((userid) => !canGet(userid))
        .map((userid) => userid.toLowerCase())
        .join('|'),
      invalidparty: invalidParties.join('|'),
      // The sandbox has no tags of members.
      invalidtag: tags.join('|'),
    },
  };
}

/** The same message to the same members again within the interval goes nowhere, if the caller asked for that. */
function isRepeated(world: World, input: AppRequest): boolean {
  if (input.enable_duplicate_check !== 1) return false;
  const key = createHash('sha1').update(JSON.stringify(input)).digest('hex');
  const { appRepeats } = world.state;
  const before = appRepeats.get(key);
  const now = Date.now();
  if (before !== undefined && now - before < Math.min(input.duplicate_check_interval, 14_400) * 1000) return true;
  appRepeats.set(key, now);
  return false;
}

function contentOf(call: Call, input: AppRequest): AppContent {
  const { msgtype } = input;
  switch (msgtype) {
    case 'text': {
      const text = input.text?.content ?? '';
      if (text === '') refuse(44004);
      // Longer texts are cut, not refused.
      return { kind: 'text', text: cut(text, textBytes) };
    }
    case 'markdown':
      return { kind: 'markdown', text: input.markdown?.content || refuse(44004) };
    case 'textcard': {
      const { title, description, url, btntxt } = input.textcard ?? refuse(40063);
      return { kind: 'textcard', title, description, url: webUrl(url), button: btntxt };
    }
    case 'news': {
      const { articles } = input.news ?? refuse(40063);
      if (articles.length === 0) refuse(40063);
      if (articles.length > 8) refuse(45008);
      return {
        kind: 'news',
        articles: articles.map(({ title, description, url, picurl }) => ({ title, description, url, picUrl: picurl })),
      };
    }
    case 'image':
    case 'voice':
    case 'video':
    case 'file': {
      const { media_id } = input[msgtype] ?? refuse(40063);
      const found = liveMedia(call.world.state, call.at, media_id);
      if (found.type !== msgtype) refuse(40007);
      return { kind: msgtype, url: `${call.world.url}/media/${found.id}`, name: found.filename };
    }
    case 'template_card':
      return cardOf(call.world, input.template_card ?? refuse(40063));
    default:
      refuse(40008);
  }
}

function cardOf(world: World, input: z.infer<typeof card>): AppContent {
  const { card_type, main_title, task_id = '', card_action, button_list } = input;
  if (card_type !== 'text_notice' && card_type !== 'button_interaction') {
    refuseField('template_card.card_type invalid');
  }
  const title = main_title?.title ?? '';
  if (title === '' && (card_type === 'button_interaction' || input.sub_title_text === '')) {
    refuseField('missing field `template_card.main_title.title`');
  }
  if (card_type === 'text_notice' && !card_action) refuseField('missing field `template_card.card_action`');
  if (card_type === 'button_interaction') {
    if (button_list.length === 0) refuseField('missing field `template_card.button_list`');
    if (!/^[0-9A-Za-z_\-@]{1,128}$/.test(task_id)) refuse(42014, 'invalid task_id');
    if (isTaskIdTaken(world, task_id)) refuse(42014, 'task_id duplicate');
    // Nobody could hear of a pressed button.
    if (world.state.corp.callback === null) refuse(43012);
  }
  return {
    kind: 'card',
    cardType: card_type,
    taskId: task_id,
    source: input.source?.desc ?? '',
    title,
    description: main_title?.desc ?? '',
    emphasis: input.emphasis_content
      ? { title: input.emphasis_content.title, description: input.emphasis_content.desc }
      : null,
    text: input.sub_title_text,
    facts: input.horizontal_content_list.map(({ keyname, value, url }) => ({ name: keyname, value, url })),
    links: input.jump_list.map(({ title: text, url }) => ({ title: text, url })),
    url: card_action?.url ?? '',
    buttons: button_list.map(({ text, key, style, url }) => ({ text, key, style, url })),
  };
}

function isTaskIdTaken({ state }: World, taskId: string): boolean {
  for (const { content } of state.appMessages.values()) {
    if (content.kind === 'card' && content.taskId === taskId) return true;
  }
  return false;
}

function webUrl(url: string): string {
  return /^https?:\/\//.test(url) ? url : refuse(40094);
}

function cut(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  // A character cut in half at the end would read as a replacement sign.
  return Buffer.from(text)
    .subarray(0, maxBytes)
    .toString()
    .replace(/\uFFFD$/, '');
}
