import type { Ctx } from '#platform/ctx';
import type { Connector } from './connection.ts';

/** Whoever looks at a page in WeCom's or WeChat's own browser. */
export type Visitor =
  | { readonly kind: 'staff'; readonly staffId: number }
  | { readonly kind: 'customer'; readonly externalUserid: string };

/** Finds out who looks at a page, by WeCom's OAuth (docs 91022 and 91023). */
export interface Identity {
  /**
   * Where to send the browser; it comes back to `returnTo` with `code` and `state` in the query. Undefined while no corp
   * is connected. `state` is at most 128 letters and digits.
   */
  begin(ctx: Ctx, state: string, returnTo: string): Promise<string | undefined>;
  /** Who came back with this code; undefined for strangers and for codes that are used or dead. */
  finish(ctx: Ctx, code: string): Promise<Visitor | undefined>;
}

const timeoutMs = 4000;

export function createIdentity(connector: Connector): Identity {
  return {
    async begin(ctx, state, returnTo) {
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
    },

    async finish(ctx, code) {
      const connection = await connector.connect(ctx);
      if (!connection || code === '') return undefined;
      const receipt = await connection.client.call(
        'auth/getuserinfo',
        { code: code.slice(0, 512) },
        { lane: 'urgent', signal: AbortSignal.timeout(timeoutMs) },
      );
      // A person waits for the page: whoever cannot be recognised sees it as a stranger.
      if (!receipt.ok) return undefined;
      const { userid, external_userid } = receipt.value;
      if (external_userid) return { kind: 'customer', externalUserid: external_userid };
      if (!userid) return undefined;
      const staff = await ctx.db
        .selectFrom('staff')
        .select('id')
        .where((eb) => eb(eb.fn('lower', ['wecom_userid']), '=', userid.toLowerCase()))
        .where('state', '<>', 'left')
        .executeTakeFirst();
      return staff && { kind: 'staff', staffId: staff.id };
    },
  };
}
