import { z } from 'zod';
import { listCodes } from '#contract/acquisition';
import { idList } from '#contract/types';

export const codeFilters = listCodes.input.omit({ after: true, limit: true });

export const printFilters = z.object({
  ids: idList.optional(),
  columns: z.coerce.number().int().min(1).max(4).optional(),
});
