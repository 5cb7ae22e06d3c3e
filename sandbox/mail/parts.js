/** What the pages of the mailbox and of the text messages share. Text is always set as text, never as markup. */

const query = new URLSearchParams(location.search);

export const by = (id) => document.getElementById(id);

/** The language chosen on any page of the sandbox. */
export function firstLanguage() {
  const remembered = localStorage.getItem('phone.language');
  return query.get('lang') ?? remembered ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
}

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function facts(rows) {
  return rows.flatMap(([name, ...values]) => [
    element('dt', {}, name),
    element('dd', {}, element('code', {}, values[0]), ...values.slice(1)),
  ]);
}

/** Draws a list anew and keeps the keyboard on the chosen entry. */
export function drawList(entries, empty) {
  const list = by('list');
  const hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...(entries.length > 0 ? entries : [element('p', { class: 'empty' }, empty)]));
  if (hadFocus) list.querySelector('[aria-current="true"]')?.focus({ preventScroll: true });
}

export function timeText(ms, language) {
  return new Date(ms).toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB', {
    timeZone: 'Asia/Shanghai',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

export function drawWords(word, language) {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = word[node.dataset.word];
  for (const node of document.querySelectorAll('[data-word-label]')) {
    node.setAttribute('aria-label', word[node.dataset.wordLabel]);
  }
  for (const node of document.querySelectorAll('[data-word-placeholder]')) {
    node.placeholder = word[node.dataset.wordPlaceholder];
  }
  by('language').textContent = word.language;
}

export function otherLanguage(language) {
  const other = language === 'zh' ? 'en' : 'zh';
  localStorage.setItem('phone.language', other);
  return other;
}
