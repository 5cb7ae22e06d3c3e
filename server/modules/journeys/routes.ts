import * as contract from '#contract/journeys';
import { type Endpoint, endpoint } from '#platform/module';
import type { Engine } from '#segments';
import { readFigures } from './figures.ts';
import {
  addJourney,
  close,
  listJourneyPage,
  pause,
  publish,
  readJourney,
  readVersion,
  remove,
  resume,
  saveDraft,
} from './journeys.ts';
import { enrolByHand, listIntakePage, listPaths, listPeople, takeOut } from './people.ts';
import { replay } from './replay.ts';
import type { Versions } from './versions.ts';

const ok = { ok: true } as const;

export function journeyEndpoints(engine: Engine, versions: Versions): Endpoint[] {
  return [
    endpoint(contract.listJourneys, listJourneyPage),
    endpoint(contract.getJourney, (ctx, input) => readJourney(ctx, versions, input.id)),
    endpoint(contract.getJourneyVersion, readVersion),
    endpoint(contract.createJourney, async (ctx, input) => ({ id: await addJourney(ctx, input) })),
    endpoint(contract.saveJourney, (ctx, input) => saveDraft(ctx, versions, input)),
    endpoint(contract.publishJourney, (ctx, input) => publish(ctx, versions, input)),
    endpoint(contract.pauseJourney, async (ctx, input) => {
      await pause(ctx, input.id);
      return ok;
    }),
    endpoint(contract.resumeJourney, async (ctx, input) => {
      await resume(ctx, input.id);
      return ok;
    }),
    endpoint(contract.closeJourney, async (ctx, input) => {
      await close(ctx, input);
      return ok;
    }),
    endpoint(contract.deleteJourney, async (ctx, input) => {
      await remove(ctx, input.id);
      return ok;
    }),
    endpoint(contract.getJourneyFigures, readFigures),
    endpoint(contract.listJourneyPeople, listPeople),
    endpoint(contract.listCustomerJourneys, (ctx, input) => listPaths(ctx, versions, input)),
    endpoint(contract.enrolInJourney, (ctx, input) => enrolByHand(ctx, versions, input)),
    endpoint(contract.removeFromJourney, (ctx, input) => takeOut(ctx, versions, input)),
    endpoint(contract.listIntakes, listIntakePage),
    endpoint(contract.replayJourney, (ctx, input) => replay(engine, ctx, input)),
  ];
}
