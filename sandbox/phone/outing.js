import { attempt, by, call, simNow, toast, view, word } from './session.js';
import { avatar, contentBody, element, icon, moneyText, replaceKeepingInput, timeText } from './views.js';

/** What the person looks at besides chats: Moments of the staff they know, and the brand's shop. */
const drawn = { feed: '', shop: '' };
const ofPerson = (action) => `/_control/people/${encodeURIComponent(view.personId)}/${action}`;

/** @param openLink opens a page in the phone */
export function drawOuting(openLink, readAgain) {
  drawFeed(openLink, readAgain);
  drawShop(readAgain);
}

function changed(part, value) {
  const print = JSON.stringify([value, view.language, view.personId]);
  if (drawn[part] === print) return false;
  drawn[part] = print;
  return true;
}

function blank(title, hint) {
  return element('li', { class: 'blank' }, element('strong', {}, title), element('span', {}, hint));
}

function drawFeed(openLink, readAgain) {
  const moments = view.phone?.moments ?? [];
  if (!changed('feed', moments)) return;
  const rows = moments.map((moment) => postOf(moment, openLink, readAgain));
  replaceKeepingInput(by('feed'), rows.length > 0 ? rows : [blank(word().momentsEmpty, word().momentsHint)]);
}

function postOf(moment, openLink, readAgain) {
  const { momentId, userid } = moment;
  const act = (action, body) =>
    attempt(async (event) => {
      await call('POST', ofPerson(action), { momentId, userid, ...body?.(event) });
      await readAgain();
    });
  const tap = (kind, content) =>
    attempt(async () => {
      if (kind === 'image') {
        by('viewer-image').src = content.url;
        by('viewer').showModal();
        return;
      }
      await call('POST', ofPerson('tap-moment'), { momentId, userid });
      await openLink(content.url ?? content.text.match(/https?:\/\/[^\s，。！？）)"'<>]+/)?.[0]);
    })();
  const text = moment.contents.find((content) => content.kind === 'text');
  const pictures = moment.contents.filter((content) => content.kind === 'image');
  const others = moment.contents.filter((content) => content.kind !== 'text' && content.kind !== 'image');
  const isLiked = moment.likes.length > 0;
  return element(
    'li',
    { class: 'post', 'data-testid': 'moment' },
    avatar(userid, 42),
    element(
      'div',
      { class: 'post-body' },
      element('span', { class: 'post-name' }, moment.name),
      text ? contentBody(text, word(), (kind) => tap(kind, text)) : null,
      pictures.length > 0
        ? element(
            'div',
            { class: `pictures${pictures.length === 1 ? ' single' : ''}` },
            ...pictures.map((content) => contentBody(content, word(), (kind) => tap(kind, content))),
          )
        : null,
      ...others.map((content) => contentBody(content, word(), (kind) => tap(kind, content))),
      element(
        'div',
        { class: 'post-foot' },
        element('span', { class: 'quiet' }, timeText(moment.publishedAt, simNow(), view.language)),
        element(
          'button',
          {
            type: 'button',
            class: 'like',
            'aria-pressed': String(isLiked),
            disabled: isLiked,
            'data-testid': `like-${momentId}`,
            onclick: act('like'),
          },
          icon('heart'),
          isLiked ? word().liked : word().like,
        ),
      ),
      ...moment.comments.map((comment) =>
        element('p', { class: 'comment' }, element('strong', {}, word().you), ` ${comment.text}`),
      ),
      element(
        'form',
        {
          class: 'comment-form',
          onsubmit: (event) => {
            event.preventDefault();
            const text = event.target.elements.text.value.trim();
            if (!text) return;
            event.target.reset();
            act('comment', () => ({ text }))(event);
          },
        },
        element('input', {
          name: 'text',
          type: 'text',
          autocomplete: 'off',
          placeholder: word().commentHint,
          'aria-label': word().comment,
          'data-testid': `comment-${momentId}`,
        }),
      ),
    ),
  );
}

function drawShop(readAgain) {
  const products = view.overview?.products ?? [];
  const orders = view.phone?.orders ?? [];
  if (!changed('shop', [products, orders])) return;
  if (!view.personId) {
    const isNarrow = matchMedia('(max-width: 760px)').matches;
    by('shop').replaceChildren(
      element('p', { class: 'blank' }, isNarrow ? word().choosePersonPhone : word().choosePerson),
    );
    return;
  }
  const goods = products.map((product) =>
    element(
      'li',
      { class: 'product' },
      element('span', { class: 'leaf', 'aria-hidden': 'true' }, [...product.category][0]),
      element(
        'span',
        { class: 'product-text' },
        element('span', {}, product.name),
        element('span', { class: 'quiet' }, product.category),
      ),
      element('span', { class: 'price' }, moneyText(product.priceFen)),
      element(
        'button',
        {
          type: 'button',
          class: 'button primary',
          'data-testid': `buy-${product.sku}`,
          'aria-label': `${word().buy} ${product.name}`,
          onclick: attempt(async () => {
            await call('POST', ofPerson('buy'), { lines: [{ sku: product.sku }] });
            toast(word().bought(product.name));
            await readAgain();
          }),
        },
        word().buy,
      ),
    ),
  );
  const past = orders.map((order) =>
    element(
      'li',
      { class: 'order', 'data-testid': 'order' },
      element(
        'span',
        { class: 'product-text' },
        element('span', {}, order.lines.map((line) => `${line.name} × ${line.quantity}`).join('、')),
        element('span', { class: 'quiet' }, [timeText(order.at, simNow(), view.language), order.number].join(' · ')),
        order.refundedFen > 0
          ? element('span', { class: 'quiet' }, word().refunded(moneyText(order.refundedFen)))
          : null,
      ),
      element('span', { class: 'price' }, moneyText(order.totalFen)),
    ),
  );
  by('shop').replaceChildren(
    element('ul', { class: 'products' }, ...goods),
    element('h3', {}, word().myOrders),
    element(
      'ul',
      { class: 'products' },
      ...(past.length > 0 ? past : [element('li', { class: 'quiet nothing' }, word().ordersEmpty)]),
    ),
  );
}
