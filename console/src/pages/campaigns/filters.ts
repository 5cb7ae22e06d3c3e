import { z } from 'zod';
import { listCampaigns } from '#contract/campaigns';
import { id } from '#contract/types';

export const campaignFilters = listCampaigns.input.pick({ search: true, state: true });

/** Which run is looked at; the last one otherwise. Which variant the funnel shows. */
export const campaignView = z.object({
  run: z.coerce.number().int().min(1).optional(),
  part: z
    .string()
    .regex(/^[A-F]$/)
    .optional(),
});

/** Whom a new one begins with. */
export const newCampaignFilters = z.object({ segment: id.optional() });
