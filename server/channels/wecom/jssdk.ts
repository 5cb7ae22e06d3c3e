import { createHash } from 'node:crypto';
import type { Output } from '#contract';
import type { getJsSignature } from '#contract/wecom';
import type { Ctx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { randomKey } from '#platform/ids';
import type { WecomClient } from './client.ts';
import type { Connector } from './connection.ts';
import type { Failure } from './errors.ts';
import { createTokenKeeper, type TokenKeeper } from './token.ts';

/** Tickets live as access tokens do and are kept in the same way: 400 an hour are all the corp has, 100 all the app has. */
export function createTickets(client: WecomClient, corpId: string): { corp: TokenKeeper; app: TokenKeeper } {
  const keep = (ask: () => Promise<{ ok: true; value: { ticket: string; expires_in: number } } | Failure>) =>
    createTokenKeeper({
      credentials: { corpId, secret: '' },
      nowMs: Date.now,
      fetchToken: async () => {
        const receipt = await ask();
        if (!receipt.ok) return receipt;
        return { ok: true, value: { access_token: receipt.value.ticket, expires_in: receipt.value.expires_in } };
      },
    });
  return {
    corp: keep(() => client.call('get_jsapi_ticket', {}, { lane: 'urgent' })),
    app: keep(() => client.call('ticket/get', { type: 'agent_config' }, { lane: 'urgent' })),
  };
}

/** Signs the address of a page as it stands in the browser, without its fragment (doc 90506). */
export function signPage(ticket: string, nonceStr: string, timestamp: number, url: string): string {
  const [page = ''] = url.split('#');
  const text = `jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${page}`;
  return createHash('sha1').update(text).digest('hex');
}

const ticketTimeoutMs = 4000;

/** Only pages of ours are signed: a signature lets a page act in the member's WeCom. */
export async function signOwnPage(
  ctx: Ctx,
  connector: Connector,
  publicUrl: string,
  url: string,
): Promise<Output<typeof getJsSignature>> {
  if (new URL(url).host !== new URL(publicUrl).host) throw new AppError('wecom_page_foreign');
  const connection = await connector.connect(ctx);
  if (!connection) throw new AppError('wecom_not_connected');
  const signal = AbortSignal.timeout(ticketTimeoutMs);
  const [corp, app] = await Promise.all([connection.tickets.corp.get(signal), connection.tickets.app.get(signal)]);
  const failure = [corp, app].find((ticket) => !ticket.ok);
  if (failure && !failure.ok)
    throw new AppError('wecom_unavailable', { details: { remedy: failure.remedy, errcode: failure.errcode ?? null } });
  if (!corp.ok || !app.ok) throw new Error('a ticket is neither there nor refused');
  // The platform compares it with its own clock, which is the machine's.
  const timestamp = Math.floor(Date.now() / 1000);
  const nonceStr = randomKey(16);
  const sign = (ticket: string) => ({ timestamp, nonceStr, signature: signPage(ticket, nonceStr, timestamp, url) });
  return {
    corpId: connection.corpId,
    agentId: connection.agentId,
    config: sign(corp.value),
    agentConfig: sign(app.value),
  };
}
