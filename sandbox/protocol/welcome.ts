import { z } from 'zod';
import { deliverWelcome } from '#sandbox/chats';
import type { State, Welcome } from '#sandbox/store';
import { findEdge } from '#sandbox/store';
import { messageBody, readContents } from './attachments.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { Refusal, refuse } from './errors.ts';

/** The welcome message (doc 92137, reference §6.3): 20 real seconds, one successful use. */
export const welcomeEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/send_welcome_msg',
    family: 'welcome',
    request: z.object({ welcome_code: z.string(), ...messageBody }),
    missing: { welcome_code: 41049 },
    lock: { errcode: 41096, key: (input) => input.welcome_code },
    handle: ({ world, at }, input) => {
      if (input.welcome_code === '') refuse(41049);
      const contents = readContents(world, at, input);
      const welcome = world.state.welcomes.get(input.welcome_code) ?? refuse(41050);
      const refusal = refusalOf(world.state, welcome);
      if (refusal !== undefined) {
        welcome.attempts += 1;
        welcome.refusals.push({ errcode: refusal, realMs: Date.now() });
        throw new Refusal(refusal);
      }
      return () => {
        welcome.attempts += 1;
        deliverWelcome(world, at, welcome, contents);
        return {};
      };
    },
  }),
];

function refusalOf(state: State, welcome: Welcome): 41050 | 41051 | undefined {
  const edge = findEdge(state, welcome.userid, welcome.externalUserid);
  const spell = edge?.spells[welcome.spell];
  // One welcome for each time two people become contacts, whether by the code of the half add or of the full one.
  if (welcome.deliveredCount > 0 || spell?.welcomed || spell?.chatStarted) return 41051;
  if (Date.now() > welcome.expiresRealMs) return 41050;
  // Deleted again in the meantime: there is nobody to welcome.
  if (!edge || !spell || spell.endedAt !== null) return 41050;
  return undefined;
}
