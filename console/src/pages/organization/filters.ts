import { listAudit, listStaff } from '#contract/organization';

export const staffFilters = listStaff.input.omit({ after: true, limit: true });
export const auditFilters = listAudit.input.omit({ after: true, limit: true });
