import { z } from 'zod';
import { listJourneyPeople, listJourneys } from '#contract/journeys';

export const journeyFilters = listJourneys.input.pick({ search: true, state: true });

export const journeyTabs = ['map', 'people', 'intakes', 'versions', 'replay'] as const;

/** What of a journey is looked at: a part of the page, a version, a node. */
export const journeyView = z.object({
  tab: z.enum(journeyTabs).optional(),
  version: z.coerce.number().int().min(1).optional(),
  node: listJourneyPeople.input.shape.node,
});
