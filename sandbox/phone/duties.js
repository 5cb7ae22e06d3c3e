import { attempt, by, call, holdPhone, simNow, toast, view, word } from './session.js';
import { contentBody, element, replaceKeepingInput, timeText } from './views.js';

/** The member's own client: tasks to confirm, messages of the app, and pages opened from them. */
let readAgain = async () => undefined;
let part = 'customer';
let drawn = '';
const seen = { staffId: null, messages: 0 };

const ofStaff = (action) => `/_control/staff/${encodeURIComponent(view.staffId)}/${action}`;

/** @param readStaff reads the member's client anew */
export function wireDuties(readStaff) {
  readAgain = readStaff;
  for (const button of document.querySelectorAll('[data-part]')) {
    button.addEventListener('click', () => showPart(button.dataset.part));
  }
  by('part-link').addEventListener(
    'submit',
    attempt(() => openPage(by('staff-link').value.trim())),
  );
  by('staff-page-close').addEventListener('click', () => showPart('app'));
  by('staff-page-reload').addEventListener('click', () => {
    const frame = by('staff-page-frame');
    attempt(() => openPage(frame.dataset.url))();
  });
  // Both phones are open at once: the one under the pointer is the one in use.
  by('part-page').addEventListener(
    'pointerenter',
    attempt(() => holdPhone('staff', view.staffId)),
  );
}

export function showPart(name) {
  part = name;
  if (name !== 'page') by('staff-page-frame').removeAttribute('src');
  drawDuties();
}

export const isCustomerPart = () => part === 'customer';

const opening = (url) => attempt(() => openPage(url));

async function openPage(url) {
  if (!URL.canParse(url)) {
    toast(word().badLink);
    return;
  }
  await holdPhone('staff', view.staffId);
  by('staff-page-title').textContent = new URL(url).host;
  by('staff-page-frame').dataset.url = url;
  showPart('page');
  by('staff-page-frame').src = url;
}

export function drawDuties() {
  const { staff } = view;
  for (const one of ['tasks', 'app', 'page']) by(`part-${one}`).hidden = part !== one;
  by('part-link').hidden = part !== 'app' || !view.staffId;
  const shown = part === 'page' ? 'app' : part;
  for (const button of document.querySelectorAll('[data-part]')) {
    button.setAttribute('aria-pressed', String(button.dataset.part === shown));
  }
  if (part !== 'customer') {
    by('staff-empty').hidden = true;
    by('staff-body').hidden = true;
  }
  const messages = staff?.messages.length ?? 0;
  if (seen.staffId !== view.staffId || part === 'app') Object.assign(seen, { staffId: view.staffId, messages });
  badge('task-count', staff?.tasks.length ?? 0);
  badge('app-count', messages - seen.messages);
  const print = JSON.stringify([staff, view.language]);
  if (print === drawn) return;
  drawn = print;
  const tasks = (staff?.tasks ?? []).map(taskCard);
  replaceKeepingInput(by('part-tasks'), tasks.length > 0 ? tasks : [nothing(word().tasksEmpty)]);
  const received = (staff?.messages ?? []).map(messageCard);
  replaceKeepingInput(by('part-app'), received.length > 0 ? received : [nothing(word().appEmpty)]);
}

function badge(id, count) {
  by(id).hidden = count <= 0;
  by(id).textContent = count > 99 ? '99+' : String(count);
}

function nothing(text) {
  return element('p', { class: 'quiet' }, text);
}

function when(at) {
  return element('span', { class: 'quiet' }, timeText(at, simNow(), view.language));
}

function taskCard(task) {
  const decide = (action, told) =>
    attempt(async () => {
      await call('POST', ofStaff(action), { id: task.id });
      toast(told);
      await readAgain();
    });
  const facts = [word().taskCount[task.kind](task.count)];
  if (task.reminders > 0) facts.push(word().reminded(task.reminders));
  return element(
    'article',
    { class: 'card duty', 'data-testid': `task-${task.id}`, 'data-kind': task.kind },
    element('header', {}, element('strong', {}, word().taskKinds[task.kind]), when(task.createdAt)),
    element(
      'div',
      { class: 'duty-contents' },
      ...task.contents.map((content) => contentBody(content, word(), () => undefined)),
    ),
    element('p', { class: 'quiet' }, facts.join(' · ')),
    element(
      'div',
      { class: 'row' },
      element(
        'button',
        {
          type: 'button',
          class: 'button primary',
          'data-testid': `confirm-${task.id}`,
          onclick: decide('confirm', word().taskSent),
        },
        task.kind === 'moment' ? word().publishTask : word().confirmTask,
      ),
      element(
        'button',
        {
          type: 'button',
          class: 'button',
          'data-testid': `refuse-${task.id}`,
          onclick: decide('refuse', word().taskRefused),
        },
        word().refuseTask,
      ),
    ),
  );
}

function messageCard(message) {
  return element(
    'article',
    { class: 'card duty', 'data-testid': 'app-message', 'data-kind': message.content.kind },
    element('header', {}, element('strong', {}, view.staff.app), when(message.at)),
    ...(appBodies[message.content.kind] ?? appBodies.file)(message.content, message),
  );
}

const paragraphs = (text) => text.split('\n').map((line) => element('p', {}, ...linked(line)));

function linked(text) {
  return text.split(/(https?:\/\/[^\s，。！？）)"'<>]+)/).map((piece, index) => {
    if (index % 2 === 0) return piece;
    return element('button', { type: 'button', class: 'textlink', onclick: opening(piece) }, piece);
  });
}

/** Texts may carry the few tags WeCom knows; here they are read as words. */
const plain = (text) =>
  text
    .replaceAll(/<br\s*\/?>|<\/div>/g, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .trim();

const opener = (text, url) =>
  element(
    'button',
    { type: 'button', class: 'button primary', 'data-testid': 'app-open', onclick: opening(url) },
    text,
  );

const appBodies = {
  text: ({ text }) => {
    const href = text.match(/<a\s[^>]*href="(https?:\/\/[^"]+)"/)?.[1];
    return [...paragraphs(plain(text)), href ? opener(word().open, href) : null];
  },
  markdown: ({ text }) => {
    const [, label, url] = text.match(/\[([^\]]+)\]\((https?:\/\/[^)]+)\)/) ?? [];
    const words = plain(text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll(/[*`]|^#+ |^> /gm, ''));
    return [...paragraphs(words), url ? opener(label, url) : null];
  },
  textcard: ({ title, description, url, button }) => [
    element('h3', {}, title),
    ...paragraphs(plain(description)),
    opener(button, url),
  ],
  news: ({ articles }) =>
    articles.map((article) =>
      element(
        'button',
        { type: 'button', class: 'article', onclick: opening(article.url) },
        article.picUrl ? element('img', { src: article.picUrl, alt: '' }) : null,
        element('strong', {}, article.title),
        element('span', { class: 'quiet' }, article.description),
      ),
    ),
  image: (content) => [element('img', { class: 'picture', src: content.url, alt: word().picture })],
  file: (content) => [element('a', { href: content.url, target: '_blank', rel: 'noopener' }, content.name)],
  card: (content, message) => [
    content.source ? element('span', { class: 'quiet' }, content.source) : null,
    element('h3', {}, content.title),
    content.description ? element('p', { class: 'quiet' }, content.description) : null,
    content.emphasis
      ? element(
          'p',
          { class: 'emphasis' },
          content.emphasis.title,
          element('span', { class: 'quiet' }, content.emphasis.description),
        )
      : null,
    content.text ? element('p', {}, content.text) : null,
    content.facts.length > 0
      ? element(
          'dl',
          { class: 'facts' },
          ...content.facts.flatMap((fact) => [element('dt', {}, fact.name), element('dd', {}, fact.value)]),
        )
      : null,
    content.url ? opener(word().open, content.url) : null,
    ...content.links
      .filter((link) => link.url)
      .map((link) => element('button', { type: 'button', class: 'textlink', onclick: opening(link.url) }, link.title)),
    content.buttons.length > 0 ? cardButtons(content, message) : null,
  ],
};

function cardButtons(content, message) {
  const isDone = message.pressed !== null || message.replaced !== null;
  if (message.replaced !== null) {
    return element('button', { type: 'button', class: 'button', disabled: true }, message.replaced);
  }
  return element(
    'div',
    { class: 'row wrap' },
    ...content.buttons.map((button) =>
      element(
        'button',
        {
          type: 'button',
          class: `button${button.style === 1 ? ' primary' : ''}${button.style === 3 ? ' danger' : ''}`,
          disabled: isDone && !button.url,
          'aria-pressed': String(message.pressed === button.key),
          'data-testid': `press-${button.key}`,
          onclick: button.url
            ? opening(button.url)
            : attempt(async () => {
                await call('POST', ofStaff('press'), { msgid: message.msgid, key: button.key });
                await readAgain();
              }),
        },
        message.pressed === button.key ? `${button.text} ✓` : button.text,
      ),
    ),
  );
}
