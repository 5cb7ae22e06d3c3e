import type { VisitorIdentity } from '#content';
import type { StaffIdentity } from '#organization';
import type { Ctx } from '#platform/ctx';
import type { Connector } from './connection.ts';

/**
 * Who looks at a page in WeCom's or WeChat's own browser, by WeCom's OAuth (docs 91022 and 91023): a customer who opens a
 * link, or a member who comes to his tasks. Whoever sends the browser on the way makes the state, and checks it when the
 * browser is back: it is at most 128 letters and digits.
 */

/** A person waits for the page. */
const timeoutMs = 4000;

interface Identity {
  begin(ctx: Ctx, state: string, returnTo: string): Promise<string | undefined>;
  finish(
    ctx: Ctx,
    code: string,
  ): Promise<{ kind: 'staff'; staffId: number } | { kind: 'customer'; externalUserid: string } | undefined>;
}

export function createIdentity(connector: Connector): Identity {
  return {
    begin: (ctx, state, returnTo) => authorizeAddress(ctx, connector, state, returnTo),
    async finish(ctx, code) {
      const known = await readCode(ctx, connector, code);
      if (known?.external_userid) return { kind: 'customer', externalUserid: known.external_userid };
      if (!known?.userid) return undefined;
      const userid = known.userid.toLowerCase();
      const staff = await ctx.db
        .selectFrom('staff')
        .select('id')
        .where((eb) => eb(eb.fn('lower', ['wecom_userid']), '=', userid))
        .where('state', '<>', 'left')
        .executeTakeFirst();
      return staff && { kind: 'staff', staffId: staff.id };
    },
  };
}

/** Of those who open links only customers are of interest. */
export function createVisitors(identity: Identity): VisitorIdentity {
  return {
    begin: identity.begin,
    async finish(ctx, code) {
      const visitor = await identity.finish(ctx, code);
      return visitor?.kind === 'customer' ? { externalUserid: visitor.externalUserid } : undefined;
    },
  };
}

/** On the pages of staff only members are. */
export function createMembers(identity: Identity): StaffIdentity {
  return {
    begin: identity.begin,
    async finish(ctx, code) {
      const visitor = await identity.finish(ctx, code);
      return visitor?.kind === 'staff' ? { staffId: visitor.staffId } : undefined;
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
