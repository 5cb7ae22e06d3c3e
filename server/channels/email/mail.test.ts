import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { composeMail, type MailDraft } from './mail.ts';

const draft: MailDraft = {
  from: { name: '山间茶事', address: 'tea@brand.test' },
  replyTo: 'hello@brand.test',
  to: 'wang@example.test',
  subject: '春茶上新 <老朋友>',
  preheader: '',
  text: '你好 **王芳**，\n\n[立即预约](https://brand.test/go?a=1&b=2)',
  messageId: '<touch-1@brand.test>',
  unsubscribeUrl: `https://siyu.test/u/${'t'.repeat(160)}`,
  sentAt: new Date('2026-03-10T12:00:00Z'),
};
const read = async (change: Partial<MailDraft> = {}) => {
  const raw = await composeMail({ ...draft, ...change });
  return { raw: raw.toString(), parsed: await simpleParser(raw) };
};

describe('a mail', () => {
  it('has text and HTML, a brand, and a footer that says why', async () => {
    const { parsed } = await read();
    expect(parsed.subject).toBe('春茶上新 <老朋友>');
    expect(parsed.from?.text).toContain('tea@brand.test');
    expect(parsed.replyTo?.text).toBe('hello@brand.test');
    expect(parsed.messageId).toBe('<touch-1@brand.test>');
    expect(parsed.date).toEqual(draft.sentAt);
    expect(parsed.text).toContain('你好 王芳，\n\n立即预约 https://brand.test/go?a=1&b=2');
    expect(parsed.text).toContain(`退订：${draft.unsubscribeUrl}`);
    expect(parsed.html).toContain('<strong>王芳</strong>');
    expect(parsed.html).toContain('你收到这封邮件，是因为你把邮箱 wang@example.test 留给了「山间茶事」。');
    expect(parsed.html).toContain('<title>春茶上新 &lt;老朋友&gt;</title>');
    expect(parsed.html).toContain(`href="${draft.unsubscribeUrl}"`);
  });

  it('can be unsubscribed from with one click: two headers, each on one line', async () => {
    const { raw } = await read();
    expect(raw).toMatch(new RegExp(`^List-Unsubscribe: <${draft.unsubscribeUrl}>\\r$`, 'm'));
    expect(raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
  });

  it('for a test has neither, and says that it is one', async () => {
    const { raw, parsed } = await read({ unsubscribeUrl: undefined });
    expect(raw).not.toMatch(/^List-Unsubscribe/m);
    expect(parsed.html).toContain('这是「山间茶事」发出的测试邮件。');
    expect(parsed.html).not.toContain('退订');
  });

  it('shows a name from outside as a name', async () => {
    const { parsed } = await read({
      from: { name: '"><script>alert(1)</script>', address: 'tea@brand.test' },
      text: '你好 <script>alert(2)</script>',
    });
    expect(parsed.html).not.toContain('<script');
  });

  it('shows its preheader, or else its beginning, beside the subject', async () => {
    const hidden = (html: string | false | undefined) => /mso-hide:all;">([^&]*)/.exec(html || '')?.[1];
    expect(hidden((await read({ preheader: '明前龙井到了' })).parsed.html)).toBe('明前龙井到了');
    expect(hidden((await read()).parsed.html)).toMatch(/^你好 王芳， 立即预约/);
  });

  it('lets nobody write headers', async () => {
    const { parsed } = await read({ subject: 'a\r\nBcc: victim@example.test', to: 'wang@example.test' });
    expect(parsed.bcc).toBeUndefined();
    expect(parsed.headers.has('bcc')).toBe(false);
  });

  it('is the same for the same touch', async () => {
    const body = (raw: string) => raw.replace(/--[-_=\w.]*|boundary="[^"]*"/g, '');
    expect(body((await read()).raw)).toBe(body((await read()).raw));
  });
});
