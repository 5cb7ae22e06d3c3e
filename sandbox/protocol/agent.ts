import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse } from './errors.ts';
import { queryInt } from './fields.ts';

/** The self-built app itself: which members and departments it may see. */
export const agentEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/cgi-bin/agent/get',
    family: 'agent',
    request: z.object({ agentid: queryInt() }),
    missing: { agentid: 41011 },
    handle: ({ world }, { agentid }) => {
      const { corp } = world.state;
      if (agentid !== corp.agentId) refuse(301002);
      return () => ({
        agentid,
        name: corp.appName,
        square_logo_url: `${world.url}/logo.svg`,
        description: '',
        allow_userinfos: { user: (corp.visibleUserids ?? []).map((userid) => ({ userid })) },
        allow_partys: { partyid: corp.visibleUserids === null ? [1] : [] },
        allow_tags: { tagid: [] },
        close: 0,
        redirect_domain: '',
        report_location_flag: 0,
        isreportenter: 0,
        home_url: '',
        customized_publish_status: 1,
      });
    },
  }),
  {
    method: 'GET',
    path: '/cgi-bin/agent/list',
    family: 'agent',
    empty: () => ({ agentlist: [] }),
    handle:
      ({ world }) =>
      () => {
        const { agentId, appName } = world.state.corp;
        return { agentlist: [{ agentid: agentId, name: appName, square_logo_url: `${world.url}/logo.svg` }] };
      },
  },
];
