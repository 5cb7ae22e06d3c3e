import { by, drawList, drawWords, element, facts, firstLanguage, otherLanguage, timeText } from './parts.js';
import { words } from './words.js';

/** The mailbox: a list that is read again and again, and one mail as its reader sees it. */

const readEveryMs = 1500;
const view = { language: firstLanguage(), as: 'phone', id: null, mail: null };
const word = () => words[view.language] ?? words.zh;

async function call(method, path) {
  const response = await fetch(`/_control/mail${path}`, { method });
  return response.json();
}

let drawn = '';
async function readList() {
  const { server, received, repeated, mails } = await call('GET', '');
  const print = JSON.stringify([received, repeated, view.language, view.id]);
  if (print === drawn) return;
  drawn = print;
  by('counts').textContent = word().counts(received, repeated);
  by('server').replaceChildren(
    ...facts([
      [word().host, server.host],
      [word().port, String(server.port)],
      [word().security, word().noSecurity],
      [word().user, server.user],
      [word().password, server.password],
    ]),
  );
  const entries = mails.map((mail) =>
    element(
      'button',
      {
        type: 'button',
        class: 'entry',
        'data-testid': 'mail',
        'aria-current': String(mail.id === view.id),
        onclick: () => open(mail.id),
      },
      element('strong', {}, mail.subject || word().noSubject),
      element('span', { class: 'quiet' }, timeText(mail.at, view.language)),
      element('span', { class: 'quiet preview' }, mail.to.join(', ')),
    ),
  );
  drawList(entries, word().empty);
}

async function open(id) {
  view.id = id;
  view.mail = await call('GET', `/${id}`);
  by('outcome').hidden = true;
  drawMail();
  await readList();
}

function drawMail() {
  const { mail } = view;
  by('head').hidden = mail === null;
  if (!mail) {
    by('canvas').replaceChildren(element('p', { class: 'choose' }, word().choose));
    return;
  }
  const tab = (as, text) =>
    element(
      'button',
      {
        type: 'button',
        class: 'chip',
        'aria-pressed': String(view.as === as),
        'data-testid': `as-${as}`,
        onclick: () => show(as),
      },
      text,
    );
  const actions = element(
    'div',
    { class: 'actions' },
    tab('phone', word().asPhone),
    tab('desktop', word().asDesktop),
    tab('text', word().asText),
    tab('headers', word().asHeaders),
  );
  if (mail.unsubscribeUrl !== null) {
    const button = { type: 'button', class: 'button', 'data-testid': 'unsubscribe', onclick: unsubscribe };
    actions.append(element('button', button, word().unsubscribe));
  }
  by('head').replaceChildren(
    element(
      'div',
      {},
      element('h2', {}, mail.subject || word().noSubject),
      element('p', { class: 'quiet' }, `${word().from} ${mail.fromText || mail.from}`),
      element('p', { class: 'quiet' }, `${word().to} ${mail.to.join(', ')} · ${timeText(mail.at, view.language)}`),
    ),
    actions,
  );
  by('canvas').replaceChildren(bodyOf(mail));
}

function bodyOf(mail) {
  if (view.as === 'text') return element('pre', {}, mail.text);
  if (view.as === 'headers') {
    const lines = Object.entries(mail.headers).map(([name, value]) => `${name}: ${value}`);
    return element('pre', {}, lines.join('\n'));
  }
  // Scripts of a mail never run; its links open beside this page.
  const frame = element('iframe', {
    title: mail.subject,
    'data-width': view.as,
    sandbox: 'allow-popups allow-popups-to-escape-sandbox',
  });
  const text = element('pre', {}, mail.text);
  frame.srcdoc = `<base target="_blank">${mail.html || text.outerHTML}`;
  return frame;
}

function show(as) {
  view.as = as;
  drawMail();
}

async function unsubscribe() {
  const answer = await call('POST', `/${view.id}/unsubscribe`);
  const problem = answer.problem ?? answer.error?.message;
  by('outcome').textContent = problem ? word().failed(problem) : word().unsubscribed(answer.status);
  by('outcome').hidden = false;
}

function draw() {
  drawWords(word(), view.language);
  drawMail();
}

by('language').addEventListener('click', () => {
  view.language = otherLanguage(view.language);
  draw();
  void readList();
});

draw();
await readList();
setInterval(() => readList().catch(() => undefined), readEveryMs);
