import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTemplate, readTemplate, type Values } from './template.ts';

const plainLinks = { linkOf: (url: string) => url };

function fill(text: string, values: Values = {}, trackedUrls: string[] = []) {
  const filled = readTemplate(text, 'plain', trackedUrls).fill(values, { linkOf: () => 'https://s.test/l/x' });
  return filled ?? { text: undefined, missing: [] };
}

const fang = {
  customer: { name: '芳', gender: 'female', tags: ['VIP', '爱猫'], attributes: { city: '上海', size: 38 } },
};

describe('a template', () => {
  it.each([
    ['你好{{ customer.name }}！', '你好芳！'],
    ['你好{{customer_name}}！', '你好芳！'],
    ['{{ customer.attributes.city }} {{ customer.attributes["size"] }}', '上海 38'],
    ['{{ customer.tags }}', 'VIP、爱猫'],
    ['{{ customer.tags | first }}', 'VIP'],
    ['{{ customer.nickname | default: "你" }}好', '你好'],
    ['{% if customer.gender == "female" %}女士{% else %}您{% endif %}', '女士'],
    ['{% if customer.nickname %}有{% else %}无{% endif %}', '无'],
    ['{{ customer.attributes.size | plus: 2 }}', '40'],
    ['{{ customer.attributes.day | date: "%-m月%-d日" | default: "改天" }}', '改天'],
    ['一\n\n{{- customer.name }}', '一芳'],
    ['只有字，{一个括号}', '只有字，{一个括号}'],
  ])('%s says %s', (text, said) => {
    expect(fill(text, fang).text).toBe(said);
  });

  it('writes a day as it is asked to, in no zone', () => {
    expect(
      fill('{{ customer.added_on | date: "%Y年%-m月%-d日" }}', { customer: { added_on: '2026-05-01' } }).text,
    ).toBe('2026年5月1日');
  });

  it.each([
    ['{{ customer.name }}，你好', '你好'],
    ['你好 {{ customer.name }} 欢迎', '你好 欢迎'],
    ['你好 {{ customer.name }}，欢迎', '你好，欢迎'],
    ['你好{{ customer.name }}。', '你好。'],
    ['你好 {{ customer.name }}。', '你好。'],
    ['甲\n{{ customer.name }}\n乙', '甲\n\n乙'],
    ['甲 {{ customer.name }} {{ staff.name }} 乙', '甲 乙'],
    ['你好 {{ customer.name }}', '你好'],
    ['{{ customer.name }}', ''],
  ])('%s without a value says %s, and tells what is missing', (text, said) => {
    const filled = fill(text);
    expect(filled.text).toBe(said);
    expect(filled.missing).toContain('customer.name');
  });

  it('does not miss what has a default, or what it only asks about', () => {
    expect(fill('{{ customer.name | default: "你" }}{% if customer.nickname %}!{% endif %}').missing).toEqual([]);
  });

  it('names what is missing where it is missing, when it is marked', () => {
    const marked = readTemplate('你好 {{customer_name}}！', 'plain', []).fill({}, { ...plainLinks, isMarked: true });
    expect(marked?.text).toBe('你好 {{ customer.name }}！');
  });

  it('never reads what a customer is called as a template', () => {
    for (const name of ['{{ staff.name }}', '{% if true %}x{% endif %}', '$& $1', 'https://a.test/x']) {
      expect(
        fill('{{ customer.name }}', { customer: { name }, staff: { name: '李' } }, ['https://a.test/x']).text,
      ).toBe(name);
    }
  });

  it('reaches no prototype, whatever it asks for', () => {
    for (const path of ['customer.constructor', 'customer.__proto__', 'customer.name.constructor', 'constructor']) {
      expect(fill(`{{ ${path} }}`, fang).text).toBe('');
    }
  });

  it('in Markdown keeps a name a name', () => {
    const template = readTemplate('**{{ customer.name }}**', 'markdown', []);
    const name = '[x](https://evil.test) <b>*_`\n# y';
    expect(template.fill({ customer: { name } }, plainLinks)?.text).toBe(
      '**\\[x\\]\\(https\\:\\/\\/evil\\.test\\) \\<b\\>\\*\\_\\` \\# y**',
    );
  });

  it('that cannot be read stays as it is typed', () => {
    expect(fill('{{}} {{Capital', fang).text).toBe('{{}} {{Capital');
  });
});

describe('a tracked address', () => {
  const url = 'https://shop.test/new?a=1';

  it.each([
    [`看这里 ${url} 。`, '看这里 https://s.test/l/x 。'],
    [`看这里${url}，谢谢`, '看这里https://s.test/l/x，谢谢'],
    [`[新品](${url}).`, '[新品](https://s.test/l/x).'],
    [`${url}&b=2`, `${url}&b=2`],
    [`${url}{{ customer.name }}`, `${url}芳`],
    [`${url} ${url}`, 'https://s.test/l/x https://s.test/l/x'],
    ['https://shop.test/new', 'https://shop.test/new'],
  ])('%s', (text, said) => {
    expect(fill(text, fang, [url]).text).toBe(said);
  });
});

describe('what is wrong with a template', () => {
  const keys = new Set(['city']);

  it.each([
    ['{{ customer.name | default: "x" }}', []],
    ['{{ customer.attributes.city }}{{ customer.attributes["city"] }}{{ hook }}', []],
    ['a\n{{ customer.nam }}', [{ problem: 'template_unknown_variable', row: 2, column: 4, detail: 'customer.nam' }]],
    ['{{ customer.attributes.town }}', [{ problem: 'template_unknown_variable', row: 1, column: 4 }]],
    ['{{ customer.attributes[staff.name] }}', [{ problem: 'template_unknown_variable' }]],
    ['{% if nobody %}{% endif %}', [{ problem: 'template_unknown_variable', detail: 'nobody' }]],
    ['x {{ customer.name | upper }}', [{ problem: 'template_unknown_filter', row: 1, column: 3, detail: 'upper' }]],
    ['{% for a in customer.tags %}{% endfor %}', [{ problem: 'template_unknown_tag', detail: 'for' }]],
    ['{% assign a = 1 %}', [{ problem: 'template_unknown_tag' }]],
    ['{% include "/etc/passwd" %}', [{ problem: 'template_unknown_tag' }]],
    ['{% render "x" %}', [{ problem: 'template_unknown_tag' }]],
    ['{{ customer.name | sha256 }}', [{ problem: 'template_unknown_filter', detail: 'sha256' }]],
    ['{{ customer.name', [{ problem: 'template_syntax', row: 1, column: 1 }]],
    ['{% if customer.name %}', [{ problem: 'template_syntax' }]],
  ])('%s', (text, problems) => {
    const found = checkTemplate(text, keys);
    expect(found).toHaveLength(problems.length);
    expect(found).toMatchObject(problems);
  });
});

describe('whatever customers are called', () => {
  const texts = fc.constantFrom(
    '{{ customer.name }}，你好',
    'a {{ customer.name | truncate: 10 }} {{ customer.attributes.x | upcase | default: customer.name }} b',
    '{% case customer.gender %}{% when "male" %}{{ customer.tags | join: "," }}{% else %}{{ customer.nickname }}{% endcase %}',
    '{{ customer.attributes.x | date: "%Y" }} {{ customer.attributes.x | plus: 1 | times: 1000000 | round: 2 }}',
    '{{ customer.tags.size }} {{ customer.last_order.amount | divided_by: 0 }} {{ customer.tags | first }}',
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('{{', '}}', '{% raw %}', '\u0001', '\u00010\u0003', '{{ staff.name }}', '__proto__', '\\'),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string()),
  );
  const people = fc.record({
    customer: fc.record(
      { name: value, nickname: value, gender: value, tags: value, attributes: fc.record({ x: value }) },
      { requiredKeys: [] },
    ),
  });

  it('a template is filled, and its length is bounded by its own and the values', () => {
    fc.assert(
      fc.property(texts, people, fc.constantFrom('plain' as const, 'markdown' as const), (text, values, form) => {
        const filled = readTemplate(text, form, []).fill(values, plainLinks);
        expect(filled).toBeDefined();
        const bound = text.length + 4 * JSON.stringify(values).length + 100;
        expect(filled?.text.length).toBeLessThanOrEqual(bound);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that no mark is left is the point
        expect(filled?.text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
      }),
    );
  });

  it('what a name says in a template is the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const said = readTemplate('<{{ customer.name }}>', 'plain', []).fill({ customer: { name } }, plainLinks)?.text;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are taken out of values
        expect(said).toBe(`<${name.trim().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')}>`);
      }),
    );
  });
});
