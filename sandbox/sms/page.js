import { by, drawList, drawWords, element, facts, firstLanguage, otherLanguage, timeText } from '../mail/parts.js';
import { words } from './words.js';

/** Text messages, an inbox for each number; read again and again. */

const readEveryMs = 1500;
const view = { language: firstLanguage(), phone: new URLSearchParams(location.search).get('phone') };
const word = () => words[view.language] ?? words.zh;

let drawn = '';
async function read() {
  const known = await (await fetch('/_control/sms')).json();
  const waiting = known.messages.filter((message) => message.reportAt > known.nowMs).length;
  const print = JSON.stringify([known.count, waiting, known.numbers, known.templates, view]);
  if (print === drawn) return;
  drawn = print;
  by('counts').textContent = word().counts(known.count);
  by('account').replaceChildren(
    ...facts([
      [word().endpoint, known.account.endpoint],
      ['AccessKey ID', known.account.keyId],
      ['AccessKey Secret', known.account.keySecret],
      [word().signName, known.signNames.join('、')],
    ]),
  );
  by('templates').replaceChildren(
    ...facts(known.templates.map(({ code, kind, content }) => [word().kind[kind], code, element('p', {}, content)])),
  );
  drawNumbers(known);
  drawTexts(known);
}

function choose(phone) {
  view.phone = phone;
  void read();
}

function drawNumbers({ messages }) {
  const byPhone = Map.groupBy(messages, (message) => message.phone);
  const entries = [...byPhone].map(([phone, received]) =>
    element(
      'button',
      {
        type: 'button',
        class: 'entry',
        'data-testid': `number-${phone}`,
        'aria-current': String(phone === view.phone),
        onclick: () => choose(phone),
      },
      element('strong', {}, phone),
      element('span', { class: 'quiet' }, word().count(received.length)),
      element('span', { class: 'quiet preview' }, received[0].content),
    ),
  );
  drawList(entries, word().empty);
}

function drawTexts({ messages, numbers, nowMs }) {
  by('head').hidden = view.phone === null;
  by('reply-form').hidden = view.phone === null;
  if (view.phone === null) {
    by('texts').replaceChildren(element('p', { class: 'choose' }, word().choose));
    return;
  }
  const refuses = numbers.some((one) => one.phone === view.phone && one.refuses);
  by('head').replaceChildren(
    element('h2', {}, view.phone),
    element('span', { class: 'quiet' }, refuses ? word().refuses : ''),
  );
  const own = messages.filter((message) => message.phone === view.phone).reverse();
  by('texts').replaceChildren(...own.map((message) => textOf(message, nowMs)));
}

function textOf(message, nowMs) {
  const isWaiting = message.reportAt > nowMs;
  const isWell = isWaiting || message.reportCode === 'DELIVERED';
  const reported = isWell ? word().delivered : word().undelivered(message.reportCode);
  return element(
    'div',
    { class: 'text-message', 'data-testid': 'text' },
    element('p', {}, message.content),
    element(
      'div',
      { class: 'quiet' },
      `${timeText(message.at, view.language)} · `,
      element('span', { class: isWell ? '' : 'failed' }, isWaiting ? word().waiting : reported),
    ),
  );
}

by('reply-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = by('reply').value.trim();
  if (text === '') return;
  await fetch('/_control/sms/replies', { method: 'POST', body: JSON.stringify({ phone: view.phone, text }) });
  by('reply').value = '';
  await read();
});

by('language').addEventListener('click', () => {
  view.language = otherLanguage(view.language);
  drawWords(word(), view.language);
  void read();
});

drawWords(word(), view.language);
await read();
setInterval(() => read().catch(() => undefined), readEveryMs);
