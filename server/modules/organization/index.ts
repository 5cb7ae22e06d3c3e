/** Departments, staff, the users of the console and what they changed. */
export { type AuditedChange, recordAudit } from './audit.ts';
export { type Auth, createAuth, identify, serveAuth } from './auth.ts';
export {
  type ClaimedNotice,
  claimNotices,
  type NoticeLimits,
  type NoticeOutcome,
  noticeChannel,
  notifyStaff,
  type StaffNotice,
  settleNotice,
} from './notices.ts';
export { organizationEndpoints } from './routes.ts';
export {
  applyAbsentStaff,
  applyDepartments,
  applyStaff,
  ensureStaff,
  type ObservedDepartment,
  type ObservedStaff,
  recordStaffDays,
  type StaffDay,
} from './staff.ts';
export { type StaffIdentity, serveStaffSignIn } from './staff-sign-in.ts';
export { ensureSetupToken, needsSetup, readOrganizationName } from './users.ts';
