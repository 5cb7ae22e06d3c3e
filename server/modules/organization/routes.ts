import * as contract from '#contract/organization';
import { type Endpoint, endpoint } from '#platform/module';
import { requestCancel } from '#platform/operations';
import { listAuditEntries, recordAudit } from './audit.ts';
import type { Auth } from './auth.ts';
import { listRecentOperations } from './operations.ts';
import { getStaffMember, listAllDepartments, listStaffPage } from './staff.ts';
import {
  addUser,
  changeUser,
  createOwner,
  getSessionUser,
  listAllUsers,
  listOwnApiKeys,
  makeApiKey,
  needsSetup,
  readOrganizationName,
  revokeApiKey,
  setPassword,
} from './users.ts';

const ok = { ok: true } as const;

export function organizationEndpoints(auth: Auth): Endpoint[] {
  return [
    endpoint(contract.getSession, async (ctx) => ({
      user: await getSessionUser(ctx),
      permissions: ctx.actor.kind === 'system' ? [] : [...ctx.actor.permissions],
      needsSetup: await needsSetup(ctx),
      organizationName: await readOrganizationName(ctx),
      timeZone: ctx.zone,
      now: ctx.now.toISOString(),
    })),
    endpoint(contract.setUpOwner, async (ctx, input) => {
      await createOwner(ctx, auth, input);
      return ok;
    }),
    endpoint(contract.listDepartments, listAllDepartments),
    endpoint(contract.listStaff, listStaffPage),
    endpoint(contract.getStaff, (ctx, input) => getStaffMember(ctx, input.id)),
    endpoint(contract.listUsers, listAllUsers),
    endpoint(contract.createUser, async (ctx, input) => ({ id: await addUser(ctx, auth, input) })),
    endpoint(contract.updateUser, async (ctx, input) => {
      await changeUser(ctx, input);
      return ok;
    }),
    endpoint(contract.resetPassword, async (ctx, input) => {
      await setPassword(ctx, auth, input);
      return ok;
    }),
    endpoint(contract.listApiKeys, listOwnApiKeys),
    endpoint(contract.createApiKey, (ctx, input) => makeApiKey(ctx, auth, input)),
    endpoint(contract.deleteApiKey, async (ctx, input) => {
      await revokeApiKey(ctx, input.id);
      return ok;
    }),
    endpoint(contract.listAudit, listAuditEntries),
    endpoint(contract.listOperations, listRecentOperations),
    endpoint(contract.cancelOperation, async (ctx, input) => {
      await requestCancel(ctx, input.id);
      await recordAudit(ctx, { action: 'operation.cancelled', subjectKind: 'operation', subjectId: input.id });
      return ok;
    }),
  ];
}
