import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHtml, toText } from './markdown.ts';

const bare = (html: string) => html.replace(/ style="[^"]*"/g, '').trim();

describe('Markdown as HTML', () => {
  it.each([
    ['你好 **王芳**', '<p>你好 <strong>王芳</strong></p>'],
    ['一行\n二行', '<p>一行<br>二行</p>'],
    ['# 春茶\n上新', '<h1>春茶</h1><p>上新</p>'],
    ['- 一\n- 二', '<ul><li>一</li><li>二</li></ul>'],
    ['2. 一\n3. 二', '<ol start="2"><li>一</li><li>二</li></ol>'],
    ['看 [这里](https://a.test/?x=1&y=2)', '<p>看 <a href="https://a.test/?x=1&amp;y=2">这里</a></p>'],
    ['[立即预约](https://a.test/)', '<p><a class="action" href="https://a.test/">立即预约</a></p>'],
    ['https://a.test/', '<p><a href="https://a.test/">https://a.test/</a></p>'],
    ['![茶园](https://a.test/t.png)', '<p><img src="https://a.test/t.png" alt="茶园"></p>'],
    [
      '| 茶 | 价 |\n| - | - |\n| 龙井 | 168 |',
      '<table><tr><th>茶</th><th>价</th></tr><tr><td>龙井</td><td>168</td></tr></table>',
    ],
  ])('%j', (markdown, html) => {
    expect(bare(toHtml(markdown)).replaceAll('\n', '')).toBe(html);
  });

  it.each([
    ['<script>alert(1)</script>', '&lt;script&gt;'],
    ['你好 <img src=x onerror=alert(1)>', '&lt;img'],
    ['[点我](javascript:alert(1))', '点我'],
    ['![x](data:text/html;base64,AA)', 'x'],
    ['<a href="https://evil.test">x</a>', '&lt;a href='],
  ])('shows what could do harm as text: %j', (markdown, shown) => {
    const html = toHtml(markdown);
    expect(html).toContain(shown);
    expect(html).not.toMatch(/<script|<img[^>]*onerror|href="(javascript|data):|src="data:/i);
  });

  it('never lets through an element that it does not make itself', () => {
    const made = /<\/?(p|h[1-6]|a|strong|em|del|code|pre|ul|ol|li|input|blockquote|hr|br|img|table|tr|th|td)\b[^>]*>/g;
    const piece = fc.constantFrom(
      '<b>',
      '</p>',
      '<script>',
      '](',
      'javascript:',
      '[x]',
      '![',
      '**',
      '`',
      '"',
      "'",
      '>',
      '\n',
      '- ',
      '# ',
      '&lt;',
      'https://a.test',
      '|',
    );
    const markdown = fc
      .array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 20 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(markdown, (markdown) => {
        const html = toHtml(markdown);
        expect(html.replace(made, '')).not.toMatch(/<[a-z!/]/i);
        expect(html).not.toMatch(/(href|src)="(?!https?:|mailto:|tel:)/i);
      }),
      { numRuns: 500 },
    );
  });
});

describe('Markdown as text', () => {
  it.each([
    ['# 春茶\n\n你好 **王芳**', '春茶\n\n你好 王芳'],
    ['看 [这里](https://a.test/)', '看 这里 https://a.test/'],
    ['https://a.test/', 'https://a.test/'],
    ['- 一\n- 二\n\n再见', '- 一\n- 二\n\n再见'],
    ['3. 一\n4. 二', '3. 一\n4. 二'],
    ['> 引用', '> 引用'],
    ['| 茶 | 价 |\n| - | - |\n| 龙井 | 168 |', '茶 | 价\n龙井 | 168'],
    ['![茶园](https://a.test/t.png)', '茶园'],
    ['a < b & c', 'a < b & c'],
  ])('%j', (markdown, text) => {
    expect(toText(markdown)).toBe(text);
  });
});
