import { listTouches, listTouchPacks } from '#contract/touch';

export const touchFilters = listTouches.input.omit({ after: true, limit: true });
export const packFilters = listTouchPacks.input.omit({ after: true, limit: true });
