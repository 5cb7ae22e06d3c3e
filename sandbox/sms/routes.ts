import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { SmsCentre } from './centre.ts';
import { createGateway } from './gateway.ts';

/** Where the API is below the sandbox's own address. */
const apiPath = '/dysms';

const listedMessages = 500;

const phone = z.string().regex(/^1[3-9]\d{9}$/);
const shapes = {
  template: z.object({
    code: z.string().regex(/^SMS_\d{1,12}$/),
    kind: z.enum(['code', 'notice', 'promotion']),
    content: z.string().min(1).max(500),
  }),
  signName: z.object({ name: z.string().min(1).max(20) }),
  number: z.object({ phone, state: z.enum(['well', 'out_of_service', 'in_black_list']) }),
  reply: z.object({ phone, text: z.string().min(1).max(200) }),
  faults: z.array(
    z.object({
      code: z.string().optional(),
      message: z.string().optional(),
      status: z.int().min(400).max(599).optional(),
      answer: z.enum(['dropped', 'never']).optional(),
      times: z.int().positive().optional(),
    }),
  ),
};

export type SmsAccount = { keyId: string; keySecret: string };

/** The API as callers know it, an inbox page for each number, and what tests need. */
export function addSmsRoutes(app: FastifyInstance, centre: SmsCentre, account: SmsAccount, url: () => string): void {
  const gateway = createGateway({ id: account.keyId, secret: account.keySecret });
  const answerCall = (request: FastifyRequest, reply: FastifyReply) => {
    const [path = '', search = ''] = request.url.split('?', 2);
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const admitted = gateway.admit(
      { method: request.method, path, search, headers: request.headers, body },
      Date.now(),
    );
    const requestId = randomUUID().toUpperCase();
    if ('status' in admitted) {
      const { status, code, message } = admitted;
      return reply.code(status).send({ RequestId: requestId, HostId: request.host, Code: code, Message: message });
    }
    const { answer, fault } = centre.call(admitted.action, new URLSearchParams(search));
    if (fault?.answer === 'dropped') request.raw.socket.destroy();
    if (fault?.answer !== undefined) return reply.hijack();
    return reply.code(fault?.status ?? 200).send({ RequestId: requestId, ...answer });
  };
  app.post(apiPath, answerCall);
  app.post(`${apiPath}/`, answerCall);

  const sendFile = async (name: string, type: string, reply: FastifyReply) => {
    const file = await readFile(new URL(name, import.meta.url));
    return reply.type(`${type}; charset=utf-8`).header('cache-control', 'no-cache').send(file);
  };
  app.get('/sms', (_request, reply) => sendFile('page.html', 'text/html', reply));
  app.get('/sms/page.js', (_request, reply) => sendFile('page.js', 'text/javascript', reply));
  app.get('/sms/words.js', (_request, reply) => sendFile('words.js', 'text/javascript', reply));

  app.get<{ Querystring: { phone?: string } }>('/_control/sms', (request) => {
    const wanted = request.query.phone;
    const messages = centre.messages().filter((message) => wanted === undefined || message.phone === wanted);
    return {
      account: { ...account, endpoint: `${url()}${apiPath}` },
      signNames: centre.signNames(),
      templates: centre.templates(),
      numbers: centre.numbers(),
      nowMs: centre.now(),
      faults: centre.faults(),
      count: messages.length,
      /** Newest first. */
      messages: messages.slice(-listedMessages).reverse(),
    };
  });
  const on = <S extends z.ZodType>(path: string, schema: S, run: (input: z.infer<S>) => unknown) =>
    app.post(`/_control/sms${path}`, (request, reply) => {
      const text = Buffer.isBuffer(request.body) ? request.body.toString() : '';
      const parsed = schema.safeParse(parse(text));
      if (parsed.success) return reply.send(run(parsed.data) ?? { ok: true });
      return reply.code(400).send({ error: { code: 'input_invalid', message: z.prettifyError(parsed.error) } });
    });
  on('/templates', shapes.template, (input) => centre.addTemplate(input));
  on('/sign-names', shapes.signName, (input) => centre.addSignName(input.name));
  on('/numbers', shapes.number, (input) => centre.setNumber(input.phone, input.state));
  on('/replies', shapes.reply, (input) => centre.reply(input.phone, input.text));
  on('/faults', shapes.faults, (input) => centre.setFaults(input as Parameters<SmsCentre['setFaults']>[0]));
  app.delete('/_control/sms', (_request, reply) => {
    centre.clear();
    return reply.send({ ok: true });
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
