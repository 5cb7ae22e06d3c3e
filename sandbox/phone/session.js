import { words } from './words.js';

/** What the page remembers, and how it asks and tells. Everything else is read from the sandbox. */
const query = new URLSearchParams(location.search);
const remembered = (key) => localStorage.getItem(`phone.${key}`);
export const remember = (key, value) => localStorage.setItem(`phone.${key}`, value);
export const by = (id) => document.getElementById(id);
export const view = {
  language: query.get('lang') ?? remembered('language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en'),
  personId: remembered('person'),
  name: 'home',
  chatUserid: null,
  codeId: query.get('scan'),
  pageUrl: null,
  chatId: null,
  staffId: null,
  staff: null,
  /** Chosen by hand; null: whoever the person talks to. */
  staffChosen: null,
  /** The view behind a chat or a page. */
  docked: 'home',
  overview: null,
  phone: null,
};
export const word = () => words[view.language] ?? words.zh;

export async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error?.message ?? 'failed'), { code: answer.error?.code });
  return answer;
}

let clockBase = { nowMs: Date.now(), speed: 1, readAt: Date.now() };
export const setClock = ({ nowMs, speed }) => {
  clockBase = { nowMs, speed, readAt: Date.now() };
};
export const simNow = () => clockBase.nowMs + (Date.now() - clockBase.readAt) * clockBase.speed;

export const lastAt = (chat) => chat.messages.at(-1)?.at ?? chat.startedAt;
export const currentGroup = () => view.phone?.groups.find((group) => group.chatId === view.chatId);
export const currentChat = () => view.phone?.chats.find((chat) => chat.userid === view.chatUserid);

/** Runs what a tap started; a failure is told on the phone's screen. */
export function attempt(action) {
  return async (event) => {
    event?.preventDefault?.();
    try {
      await action(event);
    } catch (error) {
      toast(messageOf(error.code));
    }
  };
}

function messageOf(code) {
  const known = { code_unknown: word().codeGone, not_friends: word().endedByStaff };
  return known[code] ?? word().failed;
}

let toastTimer;
export function toast(text) {
  const box = by('toast');
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    box.hidden = true;
  }, 2600);
}

export function confirmed(title, text, yes = word().confirmDelete) {
  const dialog = by('confirm');
  by('confirm-title').textContent = title;
  by('confirm-text').textContent = text;
  by('confirm-yes').textContent = yes;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

let holder = '';

/** Whose client a page opens in: the authorize address of the sandbox knows the browser by a cookie. */
export async function holdPhone(kind, id) {
  const next = `${kind}.${id}`;
  if (!id || next === holder) return;
  holder = next;
  await call('POST', '/_phone/holder', { kind, id });
}
