import { attempt, by, view, word } from './session.js';
import { element, replaceKeepingInput } from './views.js';

/** Beside the phone: who holds it, and the codes that hang about. */
let drawn = '';

/** @param scan what a click on a code does */
export function drawBench(scan) {
  const { overview } = view;
  if (!overview) return;
  // An open select would close, and a list jump, if the same were drawn again.
  const print = JSON.stringify([overview.people, overview.codes, overview.corp, view.language, view.personId]);
  if (print === drawn) return;
  drawn = print;
  by('brand-line').textContent = word().brandLine(overview.corp.name);
  drawPeople(overview.people);
  by('code-count').textContent = overview.codes.length > 0 ? String(overview.codes.length) : '';
  const codes = overview.codes.map((code) =>
    element(
      'li',
      {},
      element(
        'button',
        {
          type: 'button',
          class: 'code',
          'data-testid': `code-${code.state || code.configId}`,
          onclick: attempt(() => scan(code.configId)),
        },
        element('img', { src: code.qr, alt: '', width: 56, height: 56, loading: 'lazy' }),
        element(
          'span',
          { class: 'code-text' },
          element('strong', {}, code.remark || word().noRemark),
          element('span', { class: 'quiet' }, code.names.slice(0, 3).join('、') + (code.names.length > 3 ? ' …' : '')),
          element('span', { class: 'quiet' }, [code.state, word().scans(code.scans)].filter(Boolean).join(' · ')),
        ),
      ),
    ),
  );
  replaceKeepingInput(by('codes'), codes.length > 0 ? codes : [element('li', { class: 'empty' }, word().codesEmpty)]);
}

function drawPeople(people) {
  const group = (label, members) =>
    members.length === 0
      ? null
      : element(
          'optgroup',
          { label },
          ...members.map((one) =>
            element(
              'option',
              { value: one.externalUserid },
              one.kind === 'visitor' ? one.name : `${one.name} · ${one.kind}`,
            ),
          ),
        );
  const visitors = people.filter((one) => one.kind === 'visitor');
  const simulated = people.filter((one) => one.kind !== 'visitor');
  const select = by('person-select');
  const options = [
    element('option', { value: '' }, word().noPerson),
    group(word().visitors, visitors),
    group(word().simulated, simulated),
  ];
  select.replaceChildren(...options.filter(Boolean));
  select.value = people.some((one) => one.externalUserid === view.personId) ? view.personId : '';
}
