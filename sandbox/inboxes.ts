import type { FastifyInstance } from 'fastify';
import { startMailbox } from './mail/mailbox.ts';
import { addMailRoutes } from './mail/routes.ts';
import { isThisMachine } from './people/places.ts';
import { createRandom } from './random.ts';
import { createSmsCentre } from './sms/centre.ts';
import { addSmsRoutes } from './sms/routes.ts';
import type { World } from './world.ts';

const visitTimeoutMs = 8000;

/** The worlds beside WeCom: a mail server with its mailbox, and a sender of text messages. They keep nothing on disk. */
export async function addInboxes(app: FastifyInstance, world: World, options: { host: string; smtpPort: number }) {
  // The same seed gives the same keys, so that a brand that was set up once goes on working.
  const random = createRandom(`inboxes/${world.settings.seed}`);
  const mail = await startMailbox({
    host: options.host,
    port: options.smtpPort,
    account: { user: 'sandbox', password: random.letters(16) },
    clock: world.clock,
  });
  const sms = createSmsCentre(world.clock);
  const account = { keyId: `LTAI${random.letters(20)}`, keySecret: random.letters(30) };
  addMailRoutes(app, mail, (url, body) => postForm(url, body, world.settings.policy.openAnyHost));
  addSmsRoutes(app, sms, account, () => world.url);
  return { mail, sms, stop: () => mail.stop() };
}

async function postForm(url: string, body: string, openAnyHost: boolean) {
  if (!openAnyHost && !isThisMachine(new URL(url).hostname)) return { problem: 'outside this machine' };
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      redirect: 'manual',
      signal: AbortSignal.timeout(visitTimeoutMs),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
