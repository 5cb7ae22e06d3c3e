import { z } from 'zod';
import { checkCode, openidOf } from '#sandbox/oauth';
import type { World } from '#sandbox/world';
import { isVisible } from '#sandbox/world';
import { listedEdges } from './checks.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse } from './errors.ts';

/** Who came with a code of the authorize address (doc 91023, reference §2.2). */
export const oauthEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/cgi-bin/auth/getuserinfo',
    family: 'base',
    request: z.object({ code: z.string() }),
    missing: { code: 42003 },
    handle: ({ world }, { code }) => {
      if (code === '') refuse(42003);
      const verdict = checkCode(world.state, code);
      if (!verdict.ok) refuse(verdict.errcode);
      const { holder } = verdict;
      return () => {
        const known = world.state.oauthCodes.get(code);
        if (known) known.isUsed = true;
        return holder.kind === 'staff' ? { userid: holder.id } : customerOf(world, holder.id);
      };
    },
  }),
];

/** The external_userid is told only of customers of members whom the app can see. */
function customerOf(world: World, externalUserid: string) {
  const isKnown = listedEdges(world, externalUserid).some((edge) => isVisible(world.state, edge.userid));
  return { openid: openidOf(world, externalUserid), ...(isKnown && { external_userid: externalUserid }) };
}
