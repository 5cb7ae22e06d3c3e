import { icons } from './icons.js';

/** Pieces of the page made from data. Text is always set as text, never as markup. */

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'class') node.className = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A list drawn anew keeps the keyboard where it was, and what was being typed. */
export function replaceKeepingInput(list, children) {
  const at = (testid) => list.querySelector(`[data-testid="${CSS.escape(testid)}"]`);
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.testid : undefined;
  const typed = [...list.querySelectorAll('input[data-testid]')]
    .filter((input) => input.value !== input.defaultValue)
    .map((input) => ({ testid: input.dataset.testid, value: input.value }));
  list.replaceChildren(...children);
  for (const { testid, value } of typed) {
    const input = at(testid);
    if (input) input.value = value;
  }
  if (focused) at(focused)?.focus({ preventScroll: true });
}

export function icon(name) {
  const holder = document.createElement('span');
  holder.className = 'glyph';
  holder.innerHTML = icons[name];
  return holder;
}

export function avatar(id, size = 44) {
  return element('img', {
    class: 'avatar',
    src: `/avatar/${encodeURIComponent(id)}.svg`,
    alt: '',
    width: size,
    height: size,
  });
}

/** Clock time today, otherwise with the date; in the brand's time zone. */
export function timeText(ms, nowMs, language) {
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB';
  const zone = { timeZone: 'Asia/Shanghai' };
  const day = (value) => new Date(value).toLocaleDateString('en-CA', zone);
  const time = new Date(ms).toLocaleTimeString(locale, { ...zone, hour: '2-digit', minute: '2-digit', hour12: false });
  if (day(ms) === day(nowMs)) return time;
  return `${new Date(ms).toLocaleDateString(locale, { ...zone, month: 'short', day: 'numeric' })} ${time}`;
}

const urlPattern = /(https?:\/\/[^\s，。！？）)"'<>]+)/g;

/** One message as a bubble. `act` gets what the person tapped. */
export function bubble(message, chat, word, act) {
  const { content } = message;
  const mine = message.from === 'customer';
  const body = contentBody(content, word, (kind) => act(kind, message));
  return element(
    'div',
    {
      class: `message ${mine ? 'mine' : 'theirs'}`,
      'data-testid': 'message',
      'data-kind': content.kind,
      'data-from': message.from,
    },
    mine ? null : avatar(chat.userid, 38),
    body,
    mine ? avatar(message.externalUserid, 38) : null,
  );
}

/** What a message or a Moment consists of. `tap` gets what was tapped. */
export function contentBody(content, word, tap) {
  return bodies[content.kind](content, word, tap);
}

/** Fen as yuan. */
export function moneyText(fen) {
  return `¥${(fen / 100).toFixed(2)}`;
}

const bodies = {
  text: (content, _word, tap) => {
    const parts = content.text.split(urlPattern).map((part, index) => {
      if (index % 2 === 0) return part;
      return element('button', { type: 'button', class: 'textlink', onclick: () => tap('link') }, part);
    });
    return element('div', { class: 'bubble' }, ...parts);
  },
  image: (content, word, tap) =>
    element(
      'button',
      { type: 'button', class: 'picture', 'aria-label': word.picture, onclick: () => tap('image') },
      element('img', { src: content.url, alt: word.picture, loading: 'lazy' }),
    ),
  link: (content, word, tap) =>
    element(
      'button',
      { type: 'button', class: 'cardlike', onclick: () => tap('link') },
      element('span', { class: 'card-title' }, content.title),
      element(
        'span',
        { class: 'card-body' },
        element('span', { class: 'card-desc' }, content.desc || hostOf(content.url)),
        content.picUrl ? element('img', { src: content.picUrl, alt: '' }) : icon('link'),
      ),
      element('span', { class: 'card-foot' }, word.linkCard),
    ),
  miniprogram: (content, word, tap) =>
    element(
      'button',
      { type: 'button', class: 'cardlike mini', onclick: () => tap('miniprogram') },
      element('span', { class: 'card-title' }, content.title),
      element('img', { class: 'cover', src: content.picUrl, alt: '' }),
      element('span', { class: 'card-foot' }, icon('mini'), word.miniProgram),
    ),
  video: (content, word) =>
    element('video', {
      class: 'picture',
      controls: true,
      preload: 'metadata',
      src: content.url,
      'aria-label': word.videoOf,
    }),
  file: (content, _word, tap) =>
    element(
      'button',
      { type: 'button', class: 'cardlike file', onclick: () => tap('file') },
      element(
        'span',
        { class: 'card-body' },
        element(
          'span',
          { class: 'card-desc' },
          element('strong', {}, content.name),
          element('span', { class: 'quiet' }, sizeText(content.bytes)),
        ),
        icon('file'),
      ),
    ),
};

function hostOf(url) {
  return URL.canParse(url) ? new URL(url).host : url;
}

function sizeText(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
