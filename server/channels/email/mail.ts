import MailComposer from 'nodemailer/lib/mail-composer';
import { escapeHtml } from '#platform/page';
import { toHtml, toText } from './markdown.ts';

/** A mail as one reader gets it: plain text and HTML, and what mail programs need for unsubscribing. */

export interface MailDraft {
  readonly from: { readonly name: string; readonly address: string };
  readonly replyTo: string | undefined;
  readonly to: string;
  readonly subject: string;
  /** Shown beside the subject in a list of mails; empty: the text's beginning. */
  readonly preheader: string;
  /** Markdown, already filled. */
  readonly text: string;
  readonly messageId: string;
  /** Of this reader alone; undefined for a test, which nobody subscribed to. */
  readonly unsubscribeUrl: string | undefined;
  readonly sentAt: Date;
}

const preheaderLength = 90;
/** Fills what room the list has left, so that no words of the page follow. */
const filler = '&#847;&zwnj;&nbsp;'.repeat(60);

export function composeMail(draft: MailDraft): Promise<Buffer> {
  const { unsubscribeUrl } = draft;
  const text = toText(draft.text);
  const mail = new MailComposer({
    from: draft.from,
    to: draft.to,
    ...(draft.replyTo === undefined ? {} : { replyTo: draft.replyTo }),
    subject: draft.subject,
    messageId: draft.messageId,
    date: draft.sentAt,
    text: `${text}\n\n--\n${footerText(draft)}`,
    html: layOut(draft, text),
    headers: {
      // Nobody's absence is to be answered to this (RFC 3834).
      'Auto-Submitted': 'auto-generated',
      ...(unsubscribeUrl === undefined
        ? {}
        : {
            // One line each, not to be folded: RFC 8058.
            'List-Unsubscribe': { prepared: true, value: `<${unsubscribeUrl}>` },
            'List-Unsubscribe-Post': { prepared: true, value: 'List-Unsubscribe=One-Click' },
          }),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return mail.compile().build();
}

function footerText(draft: MailDraft): string {
  const { name, address } = draft.from;
  if (draft.unsubscribeUrl === undefined) return `这是「${name}」发出的测试邮件。`;
  return [
    `你收到这封邮件，是因为你把邮箱 ${draft.to} 留给了「${name}」。`,
    `不想再收到？退订：${draft.unsubscribeUrl}`,
    `联系我们：${draft.replyTo ?? address}`,
  ].join('\n');
}

function footerHtml(draft: MailDraft): string {
  const name = escapeHtml(draft.from.name);
  if (draft.unsubscribeUrl === undefined) return `这是「${name}」发出的测试邮件。`;
  const contact = escapeHtml(draft.replyTo ?? draft.from.address);
  const link = (href: string, words: string) => `<a href="${escapeHtml(href)}" style="color:#5f6f68;">${words}</a>`;
  return [
    `你收到这封邮件，是因为你把邮箱 ${escapeHtml(draft.to)} 留给了「${name}」。`,
    `<br>${link(draft.unsubscribeUrl, '退订')} · 联系我们 ${link(`mailto:${contact}`, contact)}`,
  ].join('');
}

const font = "-apple-system,BlinkMacSystemFont,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif";

/** A table, because Outlook knows no other layout; one column of at most 600 pixels, which a phone narrows. */
function layOut(draft: MailDraft, text: string): string {
  const preheader = draft.preheader || Array.from(text.replace(/\s+/g, ' ')).slice(0, preheaderLength).join('');
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(draft.subject)}</title>
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
blockquote > :last-child { margin-bottom: 0 !important; }
.words > :first-child { margin-top: 0 !important; }
@media (max-width: 480px) {
  .pad { padding-left: 20px !important; padding-right: 20px !important; }
  .frame { padding: 0 !important; }
  .sheet { border-radius: 0 !important; }
  .action { display: block !important; text-align: center !important; }
}
@media (prefers-color-scheme: dark) {
  .page { background: #141b18 !important; }
  .sheet { background: #1d2622 !important; }
  .words, .brand { color: #e6ece9 !important; }
  .words a:not(.action) { color: #6fc3b4 !important; }
  .words blockquote, .words hr, .words th, .words td { border-color: #3a4842 !important; }
  .foot, .foot a { color: #95a39c !important; }
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f1f4f2;-webkit-text-size-adjust:100%;">
<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all;">${escapeHtml(preheader)}${filler}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f1f4f2;">
<tr><td class="frame" align="center" style="padding:28px 12px;">
<table role="presentation" class="sheet" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;background:#ffffff;border-radius:14px;">
<tr><td class="pad brand" style="padding:28px 36px 0;font:600 17px/1.4 ${font};color:#1f2b27;">${escapeHtml(draft.from.name)}</td></tr>
<tr><td class="pad words" style="padding:16px 36px 24px;font:16px/1.7 ${font};color:#1f2b27;word-break:break-word;">
${toHtml(draft.text)}
</td></tr>
</table>
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;">
<tr><td class="pad foot" align="center" style="padding:18px 36px 28px;font:13px/1.7 ${font};color:#5f6f68;">${footerHtml(draft)}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>`;
}
