import { listGroups } from '#contract/wecom';

export const groupFilters = listGroups.input.omit({ after: true, limit: true });
