import type { Ctx } from '#platform/ctx';
import { randomToken } from '#platform/ids';
import { composeMail } from './mail.ts';
import type { MailReceipt } from './rules.ts';
import type { MailServer } from './settings.ts';

/** siyu's own secret has changed since the password was sealed. */
export const unreadable: MailReceipt = {
  outcome: 'refused',
  problem: 'secret_unreadable',
  isRetryable: true,
  message: '',
};

const testText = `# 邮件渠道可以使用

收到这封邮件，说明 **发信服务器**、登录和发件人都没有问题。

- 标题、正文和页脚会按这个样子发给客户
- 正式的邮件页脚里有退订链接，邮箱也会显示一键退订

This is a test of the channel e-mail: the server, the login and the sender work.`;

/** A mail to whoever sets the channel up. It is no touch: nobody's attention is counted. */
export async function sendTest(ctx: Ctx, server: MailServer, to: string): Promise<MailReceipt> {
  if (!server.smtp) return unreadable;
  const domain = server.senderAddress.split('@')[1] ?? 'siyu';
  const mail = await composeMail({
    from: { name: server.senderName, address: server.senderAddress },
    replyTo: server.replyTo ?? undefined,
    to,
    subject: `${server.senderName} · 测试邮件`,
    preheader: '',
    text: testText,
    messageId: `<test-${randomToken(12)}@${domain}>`,
    unsubscribeUrl: undefined,
    sentAt: ctx.now,
  });
  return server.smtp.send({ from: server.senderAddress, to }, mail);
}
