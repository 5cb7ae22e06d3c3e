import { z } from 'zod';
import { getHome } from '#contract/insights';

export const presetDays = [7, 30, 90] as const;
export const defaultDays = 30;

/** Either the last so many days, or a chosen period. */
export const homeFilters = getHome.input.extend({
  days: z.coerce
    .number()
    .pipe(z.union(presetDays.map((days) => z.literal(days))))
    .optional(),
});
