import { z } from 'zod';
import { listSegments } from '#contract/segments';
import { id } from '#contract/types';
import { type Example, exampleNames } from './kinds';

export const segmentFilters = listSegments.input.pick({ search: true });

/** What a new segment begins with. */
export const newSegmentFilters = z.object({
  example: z.enum(exampleNames as [Example, ...Example[]]).optional(),
  list: id.optional(),
  rule: z.string().max(20_000).optional(),
});
