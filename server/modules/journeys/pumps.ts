import { type Ctx, inTransaction } from '#platform/ctx';
import type { Pump } from '#platform/pump';
import { type Chore, dailyAt, everyMs } from '#platform/schedule';
import type { Engine } from '#segments';
import { lookAtArrivals } from './arrivals.ts';
import { journeyChannel } from './enrol.ts';
import { intakeChannel, ringClocks, takeIn } from './intake.ts';
import { createMover } from './tick.ts';
import { forgetPaths, tidyJourneys } from './upkeep.ts';
import type { Versions } from './versions.ts';

export function journeyPumps(engine: Engine, versions: Versions): Pump[] {
  const { tick } = createMover(engine, versions);
  const begin = async (ctx: Ctx) =>
    (await inTransaction(ctx, (ctx) => ringClocks(ctx, versions))) + (await takeIn(ctx, versions));
  return [
    { name: 'journeys.tick', channel: journeyChannel, pollMs: 500, lanes: 2, drain: tick },
    { name: 'journeys.begin', channel: intakeChannel, pollMs: 500, lanes: 1, drain: begin },
    {
      name: 'journeys.arrivals',
      channel: journeyChannel,
      pollMs: 250,
      lanes: 1,
      drain: (ctx) => lookAtArrivals(ctx, versions),
    },
  ];
}

export const journeyChores: Chore[] = [
  { name: 'journeys.tidy', next: everyMs(3_600_000), run: tidyJourneys },
  { name: 'journeys.forget', next: dailyAt(4 * 60 + 50), run: forgetPaths },
];
