import type { VisitorIdentity } from '#content';
import type { Ctx } from '#platform/ctx';
import type { Connector } from './connection.ts';

/**
 * Who looks at a page in WeCom's or WeChat's own browser, by WeCom's OAuth (docs 91022 and 91023): a customer who opens a
 * link, or a member who comes to his tasks. Whoever sends the browser on the way makes the state, and checks it when the
 * browser is back: it is at most 128 letters and digits.
 */

export interface MemberIdentity {
  /** Where to send the browser; it comes back to `returnTo` with `code` and `state`. Undefined while no corp is connected. */
  begin(ctx: Ctx, state: string, returnTo: string): Promise<string | undefined>;
  /** The member; undefined for everybody else, and for codes that are used or dead. Never throws for the outside world. */
  finish(ctx: Ctx, code: string): Promise<{ readonly staffId: number } | undefined>;
}

/** A person waits for the page. */
const timeoutMs = 4000;

export function createVisitors(connector: Connector): VisitorIdentity {
  return {
    begin: (ctx, state, returnTo) => authorizeAddress(ctx, connector, state, returnTo),
    async finish(ctx, code) {
      const known = await readCode(ctx, connector, code);
      return known?.external_userid ? { externalUserid: known.external_userid } : undefined;
    },
  };
}

export function createMembers(connector: Connector): MemberIdentity {
  return {
    begin: (ctx, state, returnTo) => authorizeAddress(ctx, connector, state, returnTo),
    async finish(ctx, code) {
      const known = await readCode(ctx, connector, code);
      if (!known?.userid) return undefined;
      const userid = known.userid.toLowerCase();
      const staff = await ctx.db
        .selectFrom('staff')
        .select('id')
        .where((eb) => eb(eb.fn('lower', ['wecom_userid']), '=', userid))
        .where('state', '<>', 'left')
        .executeTakeFirst();
      return staff && { staffId: staff.id };
    },
  };
}

async function authorizeAddress(
  ctx: Ctx,
  connector: Connector,
  state: string,
  returnTo: string,
): Promise<string | undefined> {
  const connection = await connector.connect(ctx);
  if (!connection) return undefined;
  const query = new URLSearchParams({
    appid: connection.corpId,
    redirect_uri: returnTo,
    response_type: 'code',
    scope: 'snsapi_base',
    state,
    agentid: connection.agentId,
  });
  return `${connection.oauthBaseUrl}/connect/oauth2/authorize?${query}#wechat_redirect`;
}

/** Longest code (doc 91022). */
const maxCodeLength = 512;

async function readCode(ctx: Ctx, connector: Connector, code: string) {
  const connection = await connector.connect(ctx);
  if (!connection || code === '' || code.length > maxCodeLength) return undefined;
  const receipt = await connection.client.call(
    'auth/getuserinfo',
    { code },
    { lane: 'urgent', signal: AbortSignal.timeout(timeoutMs) },
  );
  return receipt.ok ? receipt.value : undefined;
}
