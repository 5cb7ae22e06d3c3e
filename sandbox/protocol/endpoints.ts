import { agentEndpoints } from './agent.ts';
import { appMessageEndpoints } from './app-messages.ts';
import { authEndpoints } from './auth.ts';
import { contactWayEndpoints } from './contact-ways.ts';
import { customerEndpoints } from './customers.ts';
import { directoryEndpoints } from './directory.ts';
import type { Endpoint } from './endpoint.ts';
import { groupEndpoints } from './groups.ts';
import { massMessageEndpoints } from './mass-messages.ts';
import { mediaEndpoints } from './media.ts';
import { momentEndpoints } from './moments.ts';
import { oauthEndpoints } from './oauth.ts';
import { statisticEndpoints } from './statistics.ts';
import { tagEndpoints } from './tags.ts';
import { ticketEndpoints } from './tickets.ts';
import { welcomeEndpoints } from './welcome.ts';

/** Every call the sandbox answers. Another family is one more file and one more line. */
const all: readonly Endpoint[] = [
  ...authEndpoints,
  ...oauthEndpoints,
  ...ticketEndpoints,
  ...directoryEndpoints,
  ...agentEndpoints,
  ...appMessageEndpoints,
  ...mediaEndpoints,
  ...customerEndpoints,
  ...tagEndpoints,
  ...contactWayEndpoints,
  ...welcomeEndpoints,
  ...statisticEndpoints,
  ...groupEndpoints,
  ...massMessageEndpoints,
  ...momentEndpoints,
];

export const endpoints: ReadonlyMap<string, Endpoint> = new Map(all.map((one) => [one.path, one]));
