import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastify from 'fastify';
import qrcode from 'qrcode';
import type { Control } from './control.ts';
import { ControlError } from './control.ts';
import { addControlRoutes } from './control-routes.ts';
import type { Holder } from './oauth.ts';
import { authorize, authorizePath, holderCookie } from './oauth.ts';
import { addPhoneRoutes } from './phone-routes.ts';
import { endpoints } from './protocol/endpoints.ts';
import { answerCall } from './protocol/envelope.ts';
import type { World } from './world.ts';

const bodyLimitBytes = 25 * 1024 * 1024;

export function createHttp(world: World, control: Control): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  });

  // Bodies are read by whoever answers: the platform has its own words for broken JSON.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof ControlError) {
      return reply.code(error.status).send({ error: { code: error.problem, message: error.message } });
    }
    const { statusCode = 500, message } = error as Error & { statusCode?: number };
    return reply.code(statusCode).send({ error: { code: 'sandbox_broken', message } });
  });

  app.all('/cgi-bin/*', (request, reply) => answerProtocol(world, request, reply));
  app.register(async (scope) => {
    scope.addHook('preValidation', async (request) => {
      if (!Buffer.isBuffer(request.body)) return;
      request.body = readControlJson(request.body);
    });
    addControlRoutes(scope, control, world);
    addPhoneRoutes(scope, world);
  });
  addPictures(app, world);
  addAuthorize(app, world);
  return app;
}

async function answerProtocol(world: World, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const path = request.url.split('?', 1)[0] ?? '';
  const endpoint = endpoints.get(path);
  if (!endpoint)
    return reply.code(404).type('text/html').send('<html><head><title>404 Not Found</title></head></html>');
  const answer = await answerCall(world, endpoint, {
    ip: request.ip,
    query: request.query as Record<string, string>,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    contentType: request.headers['content-type'] ?? '',
    headers: request.headers,
  });
  if (answer.kind === 'dropped') {
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  if (answer.kind === 'raw') {
    const { status, headers, body } = answer.reply.raw;
    return reply.code(status).headers(headers).send(body);
  }
  reply.header('server', 'nginx').type('application/json; charset=UTF-8');
  if (answer.errcode !== 0) reply.headers({ 'error-code': String(answer.errcode), 'error-msg': answer.errmsg });
  return reply.send(JSON.stringify({ errcode: answer.errcode, errmsg: answer.errmsg, ...answer.payload }));
}

function readControlJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new ControlError('input_invalid', 'the body is not JSON');
  }
}

/** Codes, avatars, media and the uploaded pictures that messages show. */
function addPictures(app: FastifyInstance, world: World): void {
  app.get<{ Params: { name: string } }>('/qr/:name', async (request, reply) => {
    const configId = request.params.name.replace(/\.png$/, '');
    if (!world.state.ways.has(configId)) return reply.code(404).send({ error: { code: 'code_unknown' } });
    const png = await qrcode.toBuffer(`${world.url}/scan/${configId}`, {
      width: 430,
      margin: 2,
      errorCorrectionLevel: 'M',
    });
    return reply.type('image/png').header('access-control-allow-origin', '*').send(png);
  });
  // Whoever follows a code with a browser is handed a phone that is about to scan it.
  app.get<{ Params: { configId: string } }>('/scan/:configId', (request, reply) =>
    reply.redirect(`/?scan=${encodeURIComponent(request.params.configId)}`),
  );
  app.get<{ Params: { name: string } }>('/avatar/:name', (request, reply) =>
    reply.type('image/svg+xml').send(avatar(world, request.params.name.replace(/\.svg$/, ''))),
  );
  app.get('/logo.svg', async (_request, reply) =>
    reply.type('image/svg+xml').send(await readFile(new URL('phone/logo.svg', import.meta.url))),
  );
  const sendMedia = (id: string, reply: FastifyReply) => {
    const media = world.state.media.get(id);
    if (!media) return reply.code(404).send({ error: { code: 'media_unknown' } });
    return reply.type(media.contentType).send(Buffer.from(media.base64, 'base64'));
  };
  app.get<{ Params: { id: string } }>('/media/:id', (request, reply) => sendMedia(request.params.id, reply));
  app.get<{ Params: { id: string } }>('/pic_wework/:id/0', (request, reply) => sendMedia(request.params.id, reply));
}

/** A real browser has the cookie that the phone page sets: who holds the phone, or which member's client it is. */
function addAuthorize(app: FastifyInstance, world: World): void {
  app.get(authorizePath, (request, reply) => {
    const holder = readHolder(world, request.headers.cookie ?? '');
    if (!holder) return reply.type('text/html; charset=utf-8').send(notice('请在微信客户端打开链接', world.url));
    const verdict = authorize(world, new URL(request.url, world.url).searchParams, holder);
    if (verdict.ok) return reply.redirect(verdict.url);
    return reply.type('text/html; charset=utf-8').send(notice(`${verdict.problem}（${verdict.errcode}）`, world.url));
  });
}

function readHolder({ state }: World, cookies: string): Holder | undefined {
  const [, kind, rawId = ''] = cookies.match(new RegExp(`(?:^|;\\s*)${holderCookie}=(person|staff)\\.([^;]+)`)) ?? [];
  const id = decodeURIComponent(rawId);
  if (kind === 'person' && state.people.has(id)) return { kind, id };
  return kind === 'staff' && state.staff.has(id) ? { kind, id } : undefined;
}

/** What the client shows instead of a page. */
function notice(text: string, home: string): string {
  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${text}</title><style>body{font:16px/1.6 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif;display:grid;place-items:center;min-height:90vh;margin:0;padding:0 32px;text-align:center}a{color:#3f7d5c}</style></head><body><div><p>${text}</p><p><a href="${home}/" target="_top">打开手机 · Open the phone</a></p></div></body></html>`;
}

/** First character of the name on a colour of its own. */
function avatar(world: World, id: string): string {
  const name = world.state.people.get(id)?.name ?? world.state.staff.get(id)?.name ?? '?';
  let hash = 0;
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360;
  const letter = [...name].at(world.state.staff.has(id) ? -1 : 0) ?? '?';
  const safe = letter.replace(/[<>&"']/g, '?');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><defs><linearGradient id="g" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="hsl(${hash} 45% 62%)"/><stop offset="1" stop-color="hsl(${(hash + 24) % 360} 48% 48%)"/></linearGradient></defs><rect width="96" height="96" fill="url(#g)"/><text x="48" y="50" text-anchor="middle" dominant-baseline="central" font-family="system-ui, 'Noto Sans CJK SC', 'PingFang SC', sans-serif" font-size="44" fill="#fff">${safe}</text></svg>`;
}
