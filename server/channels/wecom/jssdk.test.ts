import { expect, test } from 'vitest';
import { signPage } from './jssdk.ts';

const ticket = 'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg';

test('a page is signed as in WeCom’s own example (doc 90506)', () => {
  const url = 'http://mp.weixin.qq.com?params=value';
  expect(signPage(ticket, 'Wm3WZYTPz0wzccnW', 1414587457, url)).toBe('0f9de62fce790f9a083d5c99e95740ceb90c27ed');
});

test('the fragment of the address is not signed, everything else is', () => {
  const sign = (url: string) => signPage('t', 'n', 1, url);
  expect(sign('https://a.example/m/?x=1#/today')).toBe(sign('https://a.example/m/?x=1'));
  expect(sign('https://a.example/m/?x=1')).not.toBe(sign('https://a.example/m/?x=2'));
});
