import { drawBench } from './bench.js';
import { icons } from './icons.js';
import {
  attempt,
  by,
  call,
  confirmed,
  currentChat,
  lastAt,
  remember,
  setClock,
  simNow,
  toast,
  view,
  word,
} from './session.js';
import { drawStaff, wireStaff } from './staff.js';
import { avatar, bubble, element, replaceKeepingFocus, timeText } from './views.js';

/**
 * The phone of one simulated person. Server state is read whole after every change that concerns it; the page
 * itself only remembers who is holding the phone, which view is open, and the language.
 */
// ── reading ────────────────────────────────────────────────────────────────

async function readOverview() {
  view.overview = await call('GET', '/_phone/overview');
  setClock(view.overview);
  drawBench(scan);
}

let readings = 0;

async function readPhone() {
  readings += 1;
  const reading = readings;
  let phone = null;
  if (view.personId) {
    try {
      phone = await call('GET', `/_phone/people/${encodeURIComponent(view.personId)}`);
    } catch (error) {
      // The sandbox was reset: this person is no more.
      if (error.code === 'person_unknown') choosePerson(null);
      return;
    }
  }
  // An older reading that comes in late must not hide what a newer one has shown.
  if (reading !== readings) return;
  view.phone = phone;
  drawPhone();
  drawStaff();
}

const reads = { phone: { run: readPhone, waitMs: 30 }, overview: { run: readOverview, waitMs: 400 } };
const waiting = new Set();

/** Several changes at once are one reading. */
function readSoon(what) {
  if (waiting.has(what)) return;
  waiting.add(what);
  setTimeout(() => {
    waiting.delete(what);
    reads[what].run().catch(() => undefined);
  }, reads[what].waitMs);
}

function listen() {
  const stream = new EventSource('/_phone/stream');
  stream.onopen = () => readSoon('phone');
  stream.onmessage = ({ data }) => {
    const change = JSON.parse(data);
    if (change.externalUserid === view.personId) readSoon('phone');
    if (change.kind === 'codes' || change.kind === 'added' || change.kind === 'requested') readSoon('overview');
  };
}

// ── clock ──────────────────────────────────────────────────────────────────

function drawClock() {
  by('clock').textContent = new Date(simNow()).toLocaleTimeString('en-GB', {
    timeZone: 'Asia/Shanghai',
    hour: '2-digit',
    minute: '2-digit',
  });
}

// ── who I am, codes, links ─────────────────────────────────────────────────

function choosePerson(id) {
  view.personId = id;
  view.chatUserid = null;
  if (id) remember('person', id);
  else localStorage.removeItem('phone.person');
  by('person-select').value = id ?? '';
  if (view.name === 'chat') show('home');
  readSoon('phone');
}

async function makePerson() {
  const person = await call('POST', '/_control/people', {});
  view.personId = person.id;
  view.chatUserid = null;
  remember('person', person.id);
  await readOverview();
  await readPhone();
  return person.id;
}

async function scan(configId) {
  // Whoever scans before choosing a person becomes a new one.
  const id = view.personId ?? (await makePerson());
  const result = await call('POST', `/_control/people/${encodeURIComponent(id)}/scan`, { configId });
  if (result.kind === 'refused') {
    toast(result.problem === 'nobody_there' ? word().nobody : word().codeGone);
    return;
  }
  showTab('phone');
  if (result.kind === 'requested') {
    toast(word().requested(result.staffName));
    show('home');
  } else {
    if (result.kind === 'already') toast(word().already(result.staffName));
    openChat(result.userid);
  }
  await readPhone();
}

async function openLink(text) {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    toast(word().badLink);
    return;
  }
  showTab('phone');
  const code = url.origin === location.origin ? url.pathname.match(/^\/(?:qr|scan)\/([0-9a-f]{32})/)?.[1] : undefined;
  if (code) {
    showCode(code);
    return;
  }
  view.pageUrl = url.href;
  by('page-title').textContent = url.host;
  by('page-frame').src = url.href;
  show('page');
}

async function recognisePage() {
  const { configId } = await call('POST', '/_control/recognise', { url: view.pageUrl });
  if (configId) await scan(configId);
  else toast(word().noCode);
}

// ── the phone's views ──────────────────────────────────────────────────────

function show(name) {
  view.name = name;
  for (const one of ['home', 'chat', 'code', 'page']) by(`view-${one}`).hidden = one !== name;
  // Only one button at a time recognises a code, whichever view shows it.
  by('scan-code').toggleAttribute('data-testid', false);
  by('recognise-page').toggleAttribute('data-testid', false);
  if (name === 'code') by('scan-code').setAttribute('data-testid', 'recognise-qr');
  if (name === 'page') by('recognise-page').setAttribute('data-testid', 'recognise-qr');
  if (name !== 'page') by('page-frame').removeAttribute('src');
  if (name !== 'chat') drawStaff();
}

function showCode(configId) {
  view.codeId = configId;
  by('code-picture').src = `/qr/${configId}.png`;
  by('code-remark').textContent = view.overview?.codes.find((code) => code.configId === configId)?.remark ?? '';
  show('code');
}

function openChat(userid) {
  view.chatUserid = userid;
  drawn.chat = '';
  show('chat');
  drawPhone();
  drawStaff();
  by('compose').focus({ preventScroll: true });
}

function drawPhone() {
  const chats = view.phone?.chats ?? [];
  const requests = view.phone?.requests ?? [];
  const rows = chats
    .filter((chat) => chat.customerHas || chat.messages.length > 0)
    .sort((a, b) => lastAt(b) - lastAt(a))
    .map((chat) =>
      element(
        'li',
        {},
        element(
          'button',
          {
            type: 'button',
            class: `contact${chat.customerHas ? '' : ' gone'}`,
            'data-testid': `contact-${chat.userid}`,
            onclick: () => openChat(chat.userid),
          },
          avatar(chat.userid),
          element(
            'span',
            { class: 'contact-text' },
            element(
              'span',
              { class: 'contact-name' },
              chat.name,
              element('span', { class: 'corp' }, `@${view.phone.brand}`),
            ),
            element('span', { class: 'quiet' }, preview(chat)),
          ),
          element('span', { class: 'quiet when' }, timeText(lastAt(chat), simNow(), view.language)),
        ),
      ),
    );
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
  replaceKeepingFocus(by('contacts'), rows.length + waiting.length > 0 ? [...waiting, ...rows] : [empty]);
  drawChat();
}

function preview(chat) {
  const content = chat.messages.at(-1)?.content;
  if (!content) return chat.half ? word().addedHalf(chat.name) : word().added(chat.name);
  if (content.kind === 'text') return content.text;
  return `[${{ image: word().picture, link: word().linkCard, miniprogram: word().miniProgram, video: word().videoOf, file: word().file }[content.kind]}]`;
}

const drawn = { chat: '' };

function drawChat() {
  const chat = currentChat();
  if (!chat) return;
  // Redrawing the same again would lose the reader's place and restart videos.
  const print = JSON.stringify([chat, view.language]);
  if (print === drawn.chat) return;
  drawn.chat = print;
  by('chat-title').replaceChildren(chat.name, element('span', { class: 'corp' }, `@${view.phone.brand}`));
  const parts = [
    element('p', { class: 'stamp' }, timeText(chat.startedAt, simNow(), view.language)),
    element('p', { class: 'system' }, chat.half ? word().addedHalf(chat.name) : word().added(chat.name)),
  ];
  let before = chat.startedAt;
  for (const message of chat.messages) {
    if (message.at - before > 5 * 60_000)
      parts.push(element('p', { class: 'stamp' }, timeText(message.at, simNow(), view.language)));
    before = message.at;
    parts.push(bubble(message, chat, word(), tap));
  }
  if (!chat.customerHas) parts.push(element('p', { class: 'system' }, word().endedByYou));
  const log = by('messages');
  log.replaceChildren(...parts);
  log.scrollTop = log.scrollHeight;
  by('compose').disabled = !chat.customerHas;
  by('delete-contact').hidden = !chat.customerHas;
}

const tap = (kind, message) =>
  attempt(async () => {
    const { url } = await call('POST', `/_control/people/${encodeURIComponent(view.personId)}/tap`, {
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
    else if (url) await openLink(url);
  })();

async function say(event) {
  const input = event.target.elements.compose;
  const text = input.value.trim();
  if (!text) return;
  await call('POST', `/_control/people/${encodeURIComponent(view.personId)}/say`, { text, userid: view.chatUserid });
  input.value = '';
  await readPhone();
}

async function deleteContact() {
  const chat = currentChat();
  if (!chat || !(await confirmed(word().deleteTitle(chat.name), word().deleteText))) return;
  await call('POST', `/_control/people/${encodeURIComponent(view.personId)}/delete`, { userid: chat.userid });
  show('home');
  await readPhone();
}

// ── wiring ─────────────────────────────────────────────────────────────────

function drawWords() {
  document.documentElement.lang = view.language === 'zh' ? 'zh-CN' : 'en';
  document.title = word().title;
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = word()[node.dataset.word];
  for (const node of document.querySelectorAll('[data-word-label]'))
    node.setAttribute('aria-label', word()[node.dataset.wordLabel]);
  for (const node of document.querySelectorAll('[data-word-placeholder]'))
    node.placeholder = word()[node.dataset.wordPlaceholder];
  for (const node of document.querySelectorAll('[data-word-title]')) node.title = word()[node.dataset.wordTitle];
  by('language').textContent = word().language;
}

function showTab(name) {
  document.body.dataset.tab = name;
  for (const button of document.querySelectorAll('[data-tab-target]')) {
    button.setAttribute('aria-current', String(button.dataset.tabTarget === name));
  }
}

for (const node of document.querySelectorAll('[data-icon]')) node.innerHTML = icons[node.dataset.icon];
by('statusicons').innerHTML = icons.status;
for (const button of document.querySelectorAll('[data-tab-target]')) {
  button.addEventListener('click', () => showTab(button.dataset.tabTarget));
}
by('language').addEventListener('click', () => {
  view.language = view.language === 'zh' ? 'en' : 'zh';
  remember('language', view.language);
  drawWords();
  drawBench(scan);
  drawPhone();
  drawStaff();
});
by('person-select').addEventListener('change', (event) => choosePerson(event.target.value || null));
by('new-person').addEventListener(
  'click',
  attempt(async () => {
    await makePerson();
    show('home');
  }),
);
by('link-form').addEventListener(
  'submit',
  attempt(() => openLink(by('link-input').value.trim())),
);
by('chat-back').addEventListener('click', () => {
  view.chatUserid = null;
  show('home');
});
by('code-back').addEventListener('click', () => show('home'));
by('code-picture').addEventListener('error', () => {
  if (view.name === 'code') toast(word().codeGone);
});
by('scan-code').addEventListener(
  'click',
  attempt(() => scan(view.codeId)),
);
by('page-close').addEventListener('click', () => show(view.chatUserid ? 'chat' : 'home'));
by('page-reload').addEventListener('click', () => {
  by('page-frame').src = view.pageUrl;
});
by('recognise-page').addEventListener('click', attempt(recognisePage));
by('compose-form').addEventListener('submit', attempt(say));
by('delete-contact').addEventListener('click', attempt(deleteContact));
by('viewer').addEventListener('click', () => by('viewer').close());
wireStaff(readPhone);

drawWords();
showTab('phone');
show('home');
await readOverview();
await readPhone();
if (view.codeId) showCode(view.codeId);
listen();
drawClock();
setInterval(drawClock, 1000);
// Figures that no event announces, such as the number of scans, and a clock that was set from outside.
setInterval(() => readSoon('overview'), 5000);
document.body.dataset.ready = 'true';
