import { icons } from './icons.js';
import {
  attempt,
  by,
  call,
  confirmed,
  currentChat,
  currentGroup,
  lastAt,
  simNow,
  toast,
  view,
  word,
} from './session.js';
import { avatar, bubble, element, icon, replaceKeepingInput, timeText } from './views.js';

/** The phone's chats: with members, and in groups. */
let page;
let drawn = '';

/** @param actions what the page around does: show a view, open a link, read the person's state anew, follow the member */
export function wireChats(actions) {
  page = actions;
  by('mute').addEventListener('click', attempt(toggleMute));
  by('compose-form').addEventListener('submit', attempt(say));
  by('delete-contact').addEventListener('click', attempt(deleteContact));
}

/** Next time the open chat is drawn whatever it was before. */
export function forgetDrawnChat() {
  drawn = '';
}

export function openChat(userid) {
  page.show('chat');
  view.chatUserid = userid;
  view.chatId = null;
  view.staffChosen = null;
  drawn = '';
  drawChats();
  page.followStaff().catch(() => undefined);
  by('compose').focus({ preventScroll: true });
}

function openGroup(chatId) {
  page.show('chat');
  view.chatUserid = null;
  view.chatId = chatId;
  drawn = '';
  drawChats();
}

export function drawChats() {
  const { chats = [], groups = [], requests = [], brand } = view.phone ?? {};
  const talks = [
    ...chats.filter((chat) => chat.customerHas || chat.messages.length > 0).map((chat) => ({ chat, at: lastAt(chat) })),
    ...groups.map((group) => ({ group, at: group.messages.at(-1)?.at ?? group.createdAt })),
  ].sort((a, b) => b.at - a.at);
  const rows = talks.map(({ chat, group, at }) => (chat ? chatRow(chat, at, brand) : groupRow(group, at)));
  const waiting = requests.map((request) =>
    element(
      'li',
      { class: 'contact waiting' },
      avatar(request.userid),
      element(
        'span',
        { class: 'contact-text' },
        element('span', { class: 'contact-name' }, request.name),
        element('span', { class: 'quiet' }, word().waiting),
      ),
    ),
  );
  const empty = element(
    'li',
    { class: 'blank' },
    element('strong', {}, word().contactsEmpty),
    element('span', {}, word().contactsHint),
  );
  replaceKeepingInput(by('contacts'), rows.length + waiting.length > 0 ? [...waiting, ...rows] : [empty]);
  drawOpenChat();
}

function chatRow(chat, at, brand) {
  const content = chat.messages.at(-1)?.content;
  const added = chat.half ? word().addedHalf(chat.name) : word().added(chat.name);
  return row(
    {
      class: `contact${chat.customerHas ? '' : ' gone'}`,
      'data-testid': `contact-${chat.userid}`,
      onclick: () => openChat(chat.userid),
    },
    {
      picture: avatar(chat.userid),
      name: [chat.name, element('span', { class: 'corp' }, `@${brand}`)],
      text: content ? textOf(content) : added,
      at,
      isMuted: chat.isMuted,
    },
  );
}

function groupRow(group, at) {
  const last = group.messages.at(-1);
  return row(
    { class: 'contact', 'data-testid': `group-${group.chatId}`, onclick: () => openGroup(group.chatId) },
    {
      picture: element('span', { class: 'avatar group' }, icon('group')),
      name: [word().groupOf(group.name, group.memberCount)],
      text: last ? `${last.name}: ${textOf(last.content)}` : word().groupEmpty,
      at,
      isMuted: group.isMuted,
    },
  );
}

function row(attributes, { picture, name, text, at, isMuted }) {
  return element(
    'li',
    {},
    element(
      'button',
      { type: 'button', ...attributes },
      picture,
      element(
        'span',
        { class: 'contact-text' },
        element('span', { class: 'contact-name' }, ...name),
        element('span', { class: 'quiet' }, text),
      ),
      element('span', { class: 'quiet when' }, timeText(at, simNow(), view.language), isMuted ? icon('bellOff') : null),
    ),
  );
}

function textOf(content) {
  if (content.kind === 'text') return content.text;
  return `[${{ image: word().picture, link: word().linkCard, miniprogram: word().miniProgram, video: word().videoOf, file: word().file }[content.kind]}]`;
}

function drawOpenChat() {
  const open = currentGroup() ?? currentChat();
  if (!open) return;
  // Redrawing the same again would lose the reader's place and restart videos.
  const print = JSON.stringify([open, view.language]);
  if (print === drawn) return;
  drawn = print;
  if (view.chatId) drawGroup(open);
  else drawChat(open);
}

function drawGroup(group) {
  by('chat-title').replaceChildren(word().groupOf(group.name, group.memberCount));
  const messages = group.messages.map((message) => ({ ...message, from: 'staff' }));
  const none = messages.length === 0 ? [element('p', { class: 'system' }, word().groupEmpty)] : [];
  drawMessages(group.createdAt, messages, none, []);
  drawMute(group.isMuted);
  by('mute').hidden = false;
  by('compose-form').hidden = true;
  by('delete-contact').hidden = false;
  by('delete-contact').setAttribute('aria-label', word().quitGroup);
}

function drawChat(chat) {
  by('chat-title').replaceChildren(chat.name, element('span', { class: 'corp' }, `@${view.phone.brand}`));
  const added = chat.half ? word().addedHalf(chat.name) : word().added(chat.name);
  const ended = chat.customerHas ? [] : [element('p', { class: 'system' }, word().endedByYou)];
  drawMessages(chat.startedAt, chat.messages, [element('p', { class: 'system' }, added)], ended);
  drawMute(chat.isMuted);
  by('mute').hidden = !chat.customerHas;
  by('compose-form').hidden = false;
  by('compose').disabled = !chat.customerHas;
  by('delete-contact').hidden = !chat.customerHas;
  by('delete-contact').setAttribute('aria-label', word().deleteContact);
}

function drawMessages(startedAt, messages, head, tail) {
  const parts = [element('p', { class: 'stamp' }, timeText(startedAt, simNow(), view.language)), ...head];
  let before = startedAt;
  for (const message of messages) {
    if (message.at - before > 5 * 60_000)
      parts.push(element('p', { class: 'stamp' }, timeText(message.at, simNow(), view.language)));
    before = message.at;
    parts.push(bubble(message, message, word(), tap));
  }
  const log = by('messages');
  log.replaceChildren(...parts, ...tail);
  log.scrollTop = log.scrollHeight;
}

function drawMute(isMuted) {
  const button = by('mute');
  button.innerHTML = isMuted ? icons.bellOff : icons.bell;
  button.setAttribute('aria-pressed', String(isMuted));
  button.setAttribute('aria-label', isMuted ? word().muteOff : word().muteOn);
  button.title = isMuted ? word().muteOff : word().muteOn;
}

const ofPerson = (action) => `/_control/people/${encodeURIComponent(view.personId)}/${action}`;

const tap = (kind, message) =>
  attempt(async () => {
    const { url } = view.chatId
      ? await call('POST', ofPerson('tap-in-group'), { messageId: message.id, chatId: view.chatId })
      : await call('POST', ofPerson('tap'), {
          messageId: message.id,
          userid: message.userid,
          // The page is opened here, in the phone; the sandbox need not visit it as well.
          open: false,
        });
    if (kind === 'image') {
      by('viewer-image').src = message.content.url;
      by('viewer').showModal();
    } else if (kind === 'miniprogram') toast(word().miniOnly);
    else if (kind === 'file') window.open(message.content.url, '_blank', 'noopener');
    else if (url) await page.openLink(url);
  })();

async function say(event) {
  const input = event.target.elements.compose;
  const text = input.value.trim();
  if (!text) return;
  await call('POST', ofPerson('say'), { text, userid: view.chatUserid });
  input.value = '';
  await page.readPhone();
}

async function toggleMute() {
  const isMuted = !(currentGroup() ?? currentChat()).isMuted;
  if (view.chatId) await call('POST', ofPerson('mute-group'), { chatId: view.chatId, isMuted });
  else await call('POST', ofPerson('mute'), { userid: view.chatUserid, isMuted });
  toast(isMuted ? word().mutedNow : word().unmutedNow);
  await page.readPhone();
}

async function deleteContact() {
  const group = currentGroup();
  const chat = currentChat();
  if (group) {
    const name = word().groupOf(group.name, group.memberCount);
    if (!(await confirmed(word().quitTitle(name), word().quitText, word().quit))) return;
    await call('DELETE', `/_control/groups/${encodeURIComponent(group.chatId)}/members`, { userids: [view.personId] });
  } else if (chat) {
    if (!(await confirmed(word().deleteTitle(chat.name), word().deleteText))) return;
    await call('POST', ofPerson('delete'), { userid: chat.userid });
  } else return;
  page.show('home');
  await page.readPhone();
}
