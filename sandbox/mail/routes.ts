import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Mail, Mailbox, MailFault } from './mailbox.ts';

const listedMails = 300;

const fileTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

const faultShape = z.array(
  z.object({
    at: z.enum(['connect', 'login', 'sender', 'recipient', 'message', 'end']),
    does: z.enum(['refuse', 'drop', 'hang']).optional(),
    code: z.int().min(400).max(599).optional(),
    message: z.string().optional(),
    address: z.string().optional(),
    times: z.int().positive().optional(),
  }),
);

/** The mailbox in the browser, and what tests need. `visit` posts to an address on behalf of the mail's reader. */
export function addMailRoutes(
  app: FastifyInstance,
  mailbox: Mailbox,
  visit: (url: string, body: string) => Promise<{ status: number; text: string } | { problem: string }>,
): void {
  const sendFile = async (name: string, reply: FastifyReply) => {
    const file = await readFile(new URL(name, import.meta.url));
    return reply
      .type(fileTypes[extname(name)] ?? 'text/plain')
      .header('cache-control', 'no-cache')
      .send(file);
  };
  const files = {
    '': 'page.html',
    '/page.js': 'page.js',
    '/parts.js': 'parts.js',
    '/words.js': 'words.js',
    '/inbox.css': 'inbox.css',
  };
  for (const [path, name] of Object.entries(files)) app.get(`/mail${path}`, (_request, reply) => sendFile(name, reply));

  const found = (request: FastifyRequest): Mail | undefined =>
    mailbox.find(Number((request.params as { id: string }).id));
  const missing = (reply: FastifyReply) =>
    reply.code(404).send({ error: { code: 'mail_unknown', message: 'no such mail' } });

  app.get<{ Querystring: { to?: string } }>('/_control/mail', (request) => ({
    server: { host: mailbox.host, port: mailbox.port, ...mailbox.account },
    ...mailbox.counts(),
    faults: mailbox.faults(),
    mails: mailbox
      .list({ to: request.query.to })
      .slice(0, listedMails)
      .map(({ raw, ...mail }) => ({ ...mail, bytes: raw.length })),
  }));
  app.get('/_control/mail/:id', async (request, reply) => {
    const mail = found(request);
    if (!mail) return missing(reply);
    const parsed = await mailbox.parse(mail);
    const { raw, ...rest } = mail;
    const headers = Object.fromEntries(
      parsed.headerLines.map(({ key, line }) => [key, line.slice(key.length + 1).trim()]),
    );
    return {
      ...rest,
      bytes: raw.length,
      fromText: parsed.from?.text ?? '',
      headers,
      text: parsed.text ?? '',
      html: parsed.html || '',
    };
  });
  app.get('/_control/mail/:id/raw', (request, reply) => {
    const mail = found(request);
    return mail ? reply.type('text/plain; charset=utf-8').send(mail.raw) : missing(reply);
  });
  // What a mail provider does when its user presses its own unsubscribe button.
  app.post('/_control/mail/:id/unsubscribe', async (request, reply) => {
    const mail = found(request);
    if (!mail) return missing(reply);
    if (mail.unsubscribeUrl === null) {
      return reply
        .code(409)
        .send({ error: { code: 'not_one_click', message: 'the mail offers no one-click unsubscribing' } });
    }
    return visit(mail.unsubscribeUrl, 'List-Unsubscribe=One-Click');
  });
  app.post('/_control/mail/faults', (request, reply) => {
    const parsed = faultShape.safeParse(parse(request.body));
    if (!parsed.success) {
      return reply.code(400).send({ error: { code: 'input_invalid', message: z.prettifyError(parsed.error) } });
    }
    mailbox.setFaults(parsed.data as MailFault[]);
    return reply.send({ ok: true });
  });
  app.delete('/_control/mail', (_request, reply) => {
    mailbox.clear();
    return reply.send({ ok: true });
  });
}

function parse(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString() : '');
  } catch {
    return undefined;
  }
}
