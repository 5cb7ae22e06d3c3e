import { expect, test } from 'vitest';
import { codeInHtml, codeInUrl, openPage, weChatUserAgent } from './places.ts';

const url = 'http://127.0.0.1:4319';
const id = '0123456789abcdef0123456789abcdef';

test.each([
  ['its picture', `${url}/qr/${id}.png`, id],
  ['its link', `${url}/scan/${id}`, id],
  ['another site’s code', `http://127.0.0.1:9/qr/${id}.png`, undefined],
  ['a page', `${url}/q/abc`, undefined],
  ['nonsense', 'not a url at all', undefined],
])('a code is recognised by %s', (_name, text, found) => {
  expect(codeInUrl(url, text)).toBe(found);
});

test('a code is found in a page as picture, link or JSON', () => {
  expect(codeInHtml(url, `<p>hi</p><img alt="code" src="${url}/qr/${id}.png">`)).toBe(id);
  expect(codeInHtml(url, `<a href='${url}/scan/${id}?a=1&amp;b=2'>add</a>`)).toBe(id);
  expect(codeInHtml(url, `<script>{"qr":"http:\\/\\/127.0.0.1:4319\\/qr\\/${id}.png"}</script>`)).toBe(id);
  expect(codeInHtml(url, '<p>nothing here</p>')).toBeUndefined();
});

test('people stay on this machine unless they are told otherwise', async () => {
  const browser = { userAgent: weChatUserAgent, openAnyHost: false };
  expect(await openPage('https://example.com/', browser)).toEqual({ ok: false, problem: 'outside this machine' });
  expect(await openPage('ftp://127.0.0.1/', browser)).toEqual({ ok: false, problem: 'not a web page' });
});
