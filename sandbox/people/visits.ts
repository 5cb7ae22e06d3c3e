import type { Holder } from '#sandbox/oauth';
import { authorize, authorizePath } from '#sandbox/oauth';
import type { World } from '#sandbox/world';
import { runErrand } from '#sandbox/world';
import type { Browser, Visit } from './places.ts';
import { isThisMachine, openPage, robotUserAgents, weChatUserAgent, weComUserAgent } from './places.ts';

/** People and robots that open pages on the web. Not too many at once: a month in a minute must not become one burst. */

/** A page opened in the client of a known person: asked who that is, the client answers. */
export function openAs(world: World, url: string, holder: Holder): Promise<Visit> {
  const browser: Browser = {
    userAgent: holder.kind === 'staff' ? weComUserAgent : weChatUserAgent,
    openAnyHost: world.settings.policy.openAnyHost,
    answer: (asked) => {
      const isOurs = asked.port === new URL(world.url).port && isThisMachine(asked.hostname);
      if (!isOurs || asked.pathname !== authorizePath) return undefined;
      const verdict = authorize(world, asked.searchParams, holder);
      return verdict.ok ? { url: verdict.url } : { problem: `${verdict.errcode} ${verdict.problem}` };
    },
  };
  return world.gate.pass(() => openPage(url, browser));
}

export function visit(world: World, url: string, holder: Holder): void {
  runErrand(world, openAs(world, url, holder));
}

/** In the client of somebody who is not known yet: to look for a code. */
export function openAsStranger(world: World, url: string): Promise<Visit> {
  const { openAnyHost } = world.settings.policy;
  return world.gate.pass(() => openPage(url, { userAgent: weChatUserAgent, openAnyHost }));
}

/** A preview is fetched by a machine: nobody has read anything. */
export function previewByRobot(world: World, url: string): void {
  const userAgent = world.random.fork(`robot/${url}`).pick(robotUserAgents);
  const { openAnyHost } = world.settings.policy;
  runErrand(
    world,
    world.gate.pass(() => openPage(url, { userAgent, openAnyHost })),
  );
}
