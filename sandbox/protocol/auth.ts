import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse } from './errors.ts';
import { hourMs } from './quota.ts';
import { grantToken } from './tokens.ts';

/** Doc 91039 and the IP lists. */
export const authEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/cgi-bin/gettoken',
    family: 'open',
    request: z.object({ corpid: z.string().optional(), corpsecret: z.string().optional() }),
    handle: ({ world, ip }, { corpid, corpsecret }) => {
      const { corp } = world.state;
      const { policy } = world.settings;
      const wrongSecrets = [{ windowMs: hourMs, calls: policy.wrongSecretsPerHour }];
      if (!corpid) refuse(41002);
      if (!corpsecret) refuse(41004);
      if (world.frequency.isBlocked(`secret ${ip}`, wrongSecrets)) refuse(45009);
      if (corpid !== corp.corpId) refuse(40013);
      if (corpsecret !== corp.secret && corpsecret !== corp.contactSecret) {
        world.frequency.count(`secret ${ip}`, wrongSecrets);
        refuse(40001);
      }
      const kind = corpsecret === corp.secret ? 'app' : 'contactSync';
      return () => {
        const token = grantToken(world.state, kind, {
          random: world.random,
          ttlMs: policy.tokenTtlMs,
          sameWhileValid: policy.sameTokenWhileValid,
        });
        return { access_token: token.value, expires_in: token.expiresInSeconds };
      };
    },
  }),
  ipList('/cgi-bin/getcallbackip'),
  ipList('/cgi-bin/get_api_domain_ip'),
];

function ipList(path: string): Endpoint {
  return {
    method: 'GET',
    path,
    family: 'base',
    empty: () => ({ ip_list: [] }),
    handle: () => () => ({ ip_list: ['127.0.0.1'] }),
  };
}
