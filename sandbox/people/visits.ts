import type { World } from '#sandbox/world';
import { runErrand } from '#sandbox/world';
import { openPage, robotUserAgents, weChatUserAgent } from './places.ts';

/** People and robots that open pages on the web. Not too many at once: a month in a minute must not become one burst. */

export function visit(world: World, url: string): void {
  runErrand(
    world,
    world.gate.pass(() => openPage(url, world.settings.policy.openAnyHost, weChatUserAgent)),
  );
}

/** A preview is fetched by a machine: nobody has read anything. */
export function previewByRobot(world: World, url: string): void {
  const agent = world.random.fork(`robot/${url}`).pick(robotUserAgents);
  runErrand(
    world,
    world.gate.pass(() => openPage(url, world.settings.policy.openAnyHost, agent)),
  );
}
