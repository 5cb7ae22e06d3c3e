import { describe, expect, it } from 'vitest';
import { addressesOf, type Wordings } from '#contract/content';
import { checkWordings } from './checks.ts';

const checking = { attributeKeys: new Set(['city']), trackedUrls: ['https://shop.test/a'] };
const image = { kind: 'image', materialId: 1 } as const;
const video = { kind: 'video', materialId: 2 } as const;
const link = { kind: 'link', title: '新品', description: '', url: 'https://shop.test/a' } as const;
// biome-ignore lint/suspicious/noTemplateCurlyInString: this is how providers write parameters
const smsText = '亲爱的${name}，见 https://s.test/l/${code}';
const sms = (params: NonNullable<Wordings['sms']>['params']) => ({
  sms: { templateCode: 'SMS_1', templateText: smsText, params },
});
const param = (name: string, text: string, isLinkCode = false) => ({ name, text, isLinkCode });

describe('what is wrong with words', () => {
  it.each<[string, Wordings, [string, string][]]>([
    ['none', {}, [['wordings', 'content_without_words']]],
    ['a message', { wecom: { text: '你好{{ customer.name }}', attachments: [image] } }, []],
    ['nothing said', { wecom: { text: '  ', attachments: [] } }, [['wordings.wecom.text', 'message_empty']]],
    ['a picture alone', { wecom: { text: '', attachments: [image] } }, []],
    [
      'more bytes than WeCom takes',
      { wecom: { text: '字'.repeat(1334), attachments: [] } },
      [['wordings.wecom.text', 'too_many_bytes']],
    ],
    ['as many bytes as WeCom takes', { wecom: { text: '字'.repeat(1333), attachments: [] } }, []],
    [
      'conditions do not count as text',
      {
        wecom: { text: `${'字'.repeat(1333)}{% if customer.name == "某某某某某某某某" %}{% endif %}`, attachments: [] },
      },
      [],
    ],
    [
      'a variable that nobody knows, in the title of a link',
      { wecom: { text: 'x', attachments: [{ ...link, title: '{{ customer.town }}' }] } },
      [['wordings.wecom.attachments.0.title', 'template_unknown_variable']],
    ],
    ['nine pictures in a Moment', { moment: { text: '', attachments: Array(9).fill(image) } }, []],
    ['a video in a Moment', { moment: { text: '', attachments: [video] } }, []],
    [
      'pictures and a video in a Moment',
      { moment: { text: '', attachments: [image, video] } },
      [['wordings.moment.attachments', 'moment_attachments']],
    ],
    [
      'two links in a Moment',
      { moment: { text: '', attachments: [link, link] } },
      [['wordings.moment.attachments', 'moment_attachments']],
    ],
    [
      'a customer in a Moment',
      { moment: { text: '{{ organization.name }} {{ customer_name }}', attachments: [] } },
      [['wordings.moment.text', 'moment_personal']],
    ],
    ['an e-mail', { email: { subject: '{{ customer.name }}', preheader: '', markdown: '# 你好' } }, []],
    [
      'a filter that nobody knows in a subject',
      { email: { subject: '{{ customer.name | upper }}', preheader: '', markdown: 'x' } },
      [['wordings.email.subject', 'template_unknown_filter']],
    ],
    ['an SMS', sms([param('name', '{{ customer.name }}'), param('code', 'https://shop.test/a', true)]), []],
    ['an SMS without a parameter', sms([param('name', 'x')]), [['wordings.sms.params', 'sms_param_missing']]],
    [
      'an SMS with a parameter too many and one twice',
      sms([param('name', 'x'), param('code', 'x'), param('town', 'x'), param('code', 'x')]),
      [
        ['wordings.sms.params.2.name', 'sms_param_unknown'],
        ['wordings.sms.params.3.name', 'field_twice'],
      ],
    ],
    [
      'an SMS with the code of an address that is not tracked',
      sms([param('name', 'x'), param('code', 'https://shop.test/b', true)]),
      [['wordings.sms.params.1.text', 'sms_link_untracked']],
    ],
    [
      'fields of one name',
      {
        webhook: {
          fields: [
            { name: 'a', text: '' },
            { name: 'a', text: '{{' },
          ],
        },
      },
      [
        ['wordings.webhook.fields.1.name', 'field_twice'],
        ['wordings.webhook.fields.1.text', 'template_syntax'],
      ],
    ],
    ['words for a task', { task: { words: '{{ x }}' } }, [['wordings.task.words', 'template_unknown_variable']]],
  ])('%s', (_, wordings, problems) => {
    expect(checkWordings(wordings, checking).map(({ path, problem }) => [path, problem])).toEqual(problems);
  });

  it('says where in the text it is', () => {
    const [problem] = checkWordings({ task: { words: '一\n二 {{ customer.nam }}' } }, checking);
    expect(problem?.values).toEqual({ row: 2, column: 6, detail: 'customer.nam' });
  });
});

describe('addresses in words', () => {
  it('are found wherever they can be tracked', () => {
    const found = addressesOf({
      wecom: { text: '看 https://a.test/1。', attachments: [link] },
      email: { subject: 'https://a.test/subject', preheader: '', markdown: '[x](https://a.test/2)' },
      task: { words: 'http://a.test/3' },
    });
    expect([...found].sort()).toEqual([
      'http://a.test/3',
      'https://a.test/1',
      'https://a.test/2',
      'https://shop.test/a',
    ]);
  });
});
