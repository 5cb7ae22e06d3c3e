import { listTouches } from '#contract/touch';

export const touchFilters = listTouches.input.omit({ after: true, limit: true });
