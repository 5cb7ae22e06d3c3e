import { drawBench } from './bench.js';
import { drawChats, forgetDrawnChat, openChat, wireChats } from './chats.js';
import { drawDuties, wireDuties } from './duties.js';
import { icons } from './icons.js';
import { drawOuting } from './outing.js';
import { attempt, by, call, holdPhone, remember, setClock, simNow, toast, view, word } from './session.js';
import { drawStaff, latestChat, wireStaff } from './staff.js';
import { element } from './views.js';

/**
 * The phone of one simulated person. Server state is read whole after every change that concerns it; the page
 * itself only remembers who is holding the phone, which view is open, and the language.
 */
// ── reading ────────────────────────────────────────────────────────────────

async function readOverview() {
  view.overview = await call('GET', '/_phone/overview');
  setClock(view.overview);
  drawBench(scan);
  drawStaffChoice();
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
  await followStaff();
}

/** Without a choice the member is the one who was asked, or whom the person talks to. */
async function followStaff() {
  // A request is answered before anything else, unless the person is in a chat.
  const asked = view.name === 'chat' ? undefined : view.phone?.requests[0]?.userid;
  const next = view.staffChosen ?? asked ?? latestChat()?.userid ?? null;
  if (next !== view.staffId) {
    view.staffId = next;
    view.staff = null;
    by('staff-select').value = next ?? '';
    await readStaff();
  }
  drawStaff();
  drawDuties();
}

async function readStaff() {
  const userid = view.staffId;
  const staff = userid ? await call('GET', `/_phone/staff/${encodeURIComponent(userid)}`) : null;
  if (userid !== view.staffId) return;
  view.staff = staff;
  drawDuties();
}

let staffChoice = '';

function drawStaffChoice() {
  const print = JSON.stringify([view.overview.staff, view.language]);
  if (print === staffChoice) return;
  staffChoice = print;
  by('staff-select').replaceChildren(
    element('option', { value: '' }, word().noStaff),
    ...view.overview.staff.map((one) => element('option', { value: one.userid }, `${one.name} · ${one.shop}`)),
  );
  by('staff-select').value = view.staffId ?? '';
}

const reads = {
  phone: { run: readPhone, waitMs: 30 },
  staff: { run: readStaff, waitMs: 60 },
  overview: { run: readOverview, waitMs: 400 },
};
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
    if (change.userids?.includes(view.staffId)) readSoon('staff');
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
  view.chatId = null;
  view.staffChosen = null;
  if (id) remember('person', id);
  else localStorage.removeItem('phone.person');
  by('person-select').value = id ?? '';
  if (view.name === 'chat' || view.name === 'page') show('home');
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
  await holdPhone('person', view.personId);
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
  for (const one of ['home', 'moments', 'shop', 'chat', 'code', 'page']) by(`view-${one}`).hidden = one !== name;
  const isDocked = ['home', 'moments', 'shop'].includes(name);
  by('dock').hidden = !isDocked;
  if (isDocked) view.docked = name;
  for (const button of document.querySelectorAll('[data-view]')) {
    button.setAttribute('aria-current', String(button.dataset.view === name));
  }
  // Only one button at a time recognises a code, whichever view shows it.
  by('scan-code').toggleAttribute('data-testid', false);
  by('recognise-page').toggleAttribute('data-testid', false);
  if (name === 'code') by('scan-code').setAttribute('data-testid', 'recognise-qr');
  if (name === 'page') by('recognise-page').setAttribute('data-testid', 'recognise-qr');
  if (name !== 'page') by('page-frame').removeAttribute('src');
  if (isDocked) {
    view.chatUserid = null;
    view.chatId = null;
    followStaff().catch(() => undefined);
  }
}

function showCode(configId) {
  view.codeId = configId;
  by('code-picture').src = `/qr/${configId}.png`;
  by('code-remark').textContent = view.overview?.codes.find((code) => code.configId === configId)?.remark ?? '';
  show('code');
}

function drawPhone() {
  drawOuting(openLink, readPhone);
  drawChats();
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
  drawStaffChoice();
  forgetDrawnChat();
  drawPhone();
  drawStaff();
  drawDuties();
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
by('chat-back').addEventListener('click', () => show('home'));
for (const button of document.querySelectorAll('[data-view]')) {
  button.addEventListener('click', () => {
    show(button.dataset.view);
    drawPhone();
  });
}
by('staff-select').addEventListener('change', (event) => {
  view.staffChosen = event.target.value || null;
  followStaff().catch(() => undefined);
});
by('panel-phone').addEventListener(
  'pointerenter',
  attempt(() => holdPhone('person', view.personId)),
);
by('code-back').addEventListener('click', () => show('home'));
by('code-picture').addEventListener('error', () => {
  if (view.name === 'code') toast(word().codeGone);
});
by('scan-code').addEventListener(
  'click',
  attempt(() => scan(view.codeId)),
);
by('page-close').addEventListener('click', () => show(view.chatUserid || view.chatId ? 'chat' : view.docked));
by('page-reload').addEventListener('click', () => {
  by('page-frame').src = view.pageUrl;
});
by('recognise-page').addEventListener('click', attempt(recognisePage));
by('viewer').addEventListener('click', () => by('viewer').close());
wireChats({ show, openLink, readPhone, followStaff });
wireStaff(readPhone);
wireDuties(readStaff);

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
