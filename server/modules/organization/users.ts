import { type Input, type Output, permissions } from '#contract';
import {
  apiKey as contractKey,
  type createApiKey,
  type createUser,
  type listApiKeys,
  type listUsers,
  type resetPassword,
  type setUpOwner,
  type updateUser,
} from '#contract/organization';
import { type Actor, type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { AppError, constraintName, sqlState } from '#platform/errors';
import { randomToken, sha256 } from '#platform/ids';
import { readSetting, saveSetting } from '#platform/settings';
import { recordAudit } from './audit.ts';
import { type Auth, asRole, readKeyPermissions } from './auth.ts';

const setupKey = 'organization.setup';
const nameKey = 'organization.name';

/** A new token for the first-run page while there is no owner; earlier tokens stop working. */
export async function ensureSetupToken(ctx: WriteCtx): Promise<string | undefined> {
  if (!(await needsSetup(ctx))) return undefined;
  const token = randomToken(24);
  await saveSetting(ctx, setupKey, { tokenHash: sha256(token) });
  return token;
}

export async function needsSetup(ctx: Pick<Ctx, 'db'>): Promise<boolean> {
  const owner = await ctx.db.selectFrom('auth_user').select('id').limit(1).executeTakeFirst();
  return owner === undefined;
}

export async function readOrganizationName(ctx: Pick<Ctx, 'db'>): Promise<string> {
  const setting = await readSetting(ctx, nameKey);
  return (setting?.value as { name?: string } | undefined)?.name ?? 'siyu';
}

/** Creates the owner. The row of the token is locked, so that two people with one link make one owner. */
export async function createOwner(ctx: WriteCtx, auth: Auth, input: Input<typeof setUpOwner>): Promise<void> {
  const row = await ctx.db
    .selectFrom('setting')
    .select('value')
    .where('key', '=', setupKey)
    .forUpdate()
    .executeTakeFirst();
  if (!(await needsSetup(ctx))) throw new AppError('setup_done');
  const expected = (row?.value as { tokenHash?: string } | undefined)?.tokenHash;
  if (!expected || expected !== sha256(input.token)) throw new AppError('setup_link_invalid');
  const id = await insertUser(ctx, auth, { ...input, role: 'owner', staffId: null });
  await ctx.db.deleteFrom('setting').where('key', '=', setupKey).execute();
  await saveSetting(ctx, nameKey, { name: input.organizationName });
  const actor: Actor = {
    kind: 'user',
    id,
    name: input.name,
    role: 'owner',
    staffId: null,
    permissions: new Set(permissions),
  };
  await recordAudit(
    { ...ctx, actor },
    {
      action: 'user.created',
      subjectKind: 'user',
      subjectId: id,
      subjectName: input.name,
      after: { email: input.email.toLowerCase(), role: 'owner' },
    },
  );
}

export async function addUser(ctx: WriteCtx, auth: Auth, input: Input<typeof createUser>): Promise<string> {
  const id = await insertUser(ctx, auth, input);
  await recordAudit(ctx, {
    action: 'user.created',
    subjectKind: 'user',
    subjectId: id,
    subjectName: input.name,
    after: { email: input.email.toLowerCase(), role: input.role, staffId: input.staffId },
  });
  return id;
}

async function insertUser(ctx: WriteCtx, auth: Auth, input: Input<typeof createUser>): Promise<string> {
  await assertStaff(ctx, input.staffId);
  const id = randomToken(16);
  const machineNow = new Date();
  try {
    await ctx.db
      .insertInto('auth_user')
      .values({
        id,
        name: input.name,
        email: input.email.toLowerCase(),
        emailVerified: true,
        image: null,
        twoFactorEnabled: false,
        role: input.role,
        staffId: input.staffId,
      })
      .execute();
  } catch (error) {
    if (sqlState(error) === '23505' && constraintName(error) === 'auth_user_email_key') {
      throw new AppError('user_email_taken');
    }
    throw error;
  }
  await ctx.db
    .insertInto('auth_account')
    .values({
      id: randomToken(16),
      accountId: id,
      providerId: 'credential',
      userId: id,
      password: await hashPassword(auth, input.password),
      updatedAt: machineNow,
      accessToken: null,
      refreshToken: null,
      idToken: null,
      accessTokenExpiresAt: null,
      refreshTokenExpiresAt: null,
      scope: null,
    })
    .execute();
  return id;
}

async function hashPassword(auth: Auth, password: string): Promise<string> {
  const context = await auth.$context;
  return context.password.hash(password);
}

async function assertStaff(ctx: Ctx, staffId: number | null | undefined): Promise<void> {
  if (staffId === null || staffId === undefined) return;
  const staff = await ctx.db.selectFrom('staff').select('id').where('id', '=', staffId).executeTakeFirst();
  if (!staff) throw new AppError('staff_unknown', { details: { staffId } });
}

export async function changeUser(ctx: WriteCtx, input: Input<typeof updateUser>): Promise<void> {
  // All owners are locked, so that two of them cannot demote each other at the same moment.
  const owners = await ctx.db
    .selectFrom('auth_user')
    .select('id')
    .where('role', '=', 'owner')
    .where('disabled', '=', false)
    .orderBy('id')
    .forUpdate()
    .execute();
  const before = await ctx.db
    .selectFrom('auth_user')
    .select(['name', 'role', 'staffId', 'disabled'])
    .where('id', '=', input.id)
    .forUpdate()
    .executeTakeFirst();
  if (!before) throw new AppError('not_found');
  const losesOwner = before.role === 'owner' && ((input.role ?? 'owner') !== 'owner' || input.disabled === true);
  if (losesOwner && owners.every((owner) => owner.id === input.id)) throw new AppError('user_last_owner');
  if (input.disabled === true && ctx.actor.id === input.id) throw new AppError('user_is_you');
  await assertStaff(ctx, input.staffId);
  const change = {
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.role === undefined ? {} : { role: input.role }),
    ...(input.staffId === undefined ? {} : { staffId: input.staffId }),
    ...(input.disabled === undefined ? {} : { disabled: input.disabled }),
  };
  if (Object.keys(change).length === 0) return;
  await ctx.db
    .updateTable('auth_user')
    .set({ ...change, updatedAt: new Date() })
    .where('id', '=', input.id)
    .execute();
  if (input.disabled) await ctx.db.deleteFrom('auth_session').where('userId', '=', input.id).execute();
  await recordAudit(ctx, {
    action: 'user.updated',
    subjectKind: 'user',
    subjectId: input.id,
    subjectName: input.name ?? before.name,
    before,
    after: change,
  });
}

export async function setPassword(ctx: WriteCtx, auth: Auth, input: Input<typeof resetPassword>): Promise<void> {
  const password = await hashPassword(auth, input.password);
  const account = await ctx.db
    .updateTable('auth_account')
    .set({ password, updatedAt: new Date() })
    .where('userId', '=', input.id)
    .where('providerId', '=', 'credential')
    .returning('userId')
    .executeTakeFirst();
  if (!account) throw new AppError('not_found');
  await ctx.db.deleteFrom('auth_session').where('userId', '=', input.id).execute();
  await recordAudit(ctx, { action: 'user.password_reset', subjectKind: 'user', subjectId: input.id });
}

export async function listAllUsers(ctx: Ctx): Promise<Output<typeof listUsers>> {
  const rows = await ctx.db
    .selectFrom('auth_user')
    .select((eb) => [
      'id',
      'name',
      'email',
      'role',
      'staffId',
      'disabled',
      'twoFactorEnabled',
      'createdAt',
      eb
        .selectFrom('auth_session')
        .select((eb) => eb.fn.max('auth_session.updatedAt').as('seen'))
        .whereRef('auth_session.userId', '=', 'auth_user.id')
        .as('seen'),
    ])
    .orderBy('createdAt')
    .execute();
  return {
    rows: rows.map((row) => ({
      id: row.id,
      name: row.name,
      email: row.email,
      role: asRole(row.role),
      staffId: row.staffId,
      twoFactorEnabled: row.twoFactorEnabled === true,
      disabled: row.disabled,
      createdAt: row.createdAt.toISOString(),
      lastSeenAt: row.seen ? new Date(row.seen).toISOString() : null,
    })),
  };
}

export async function getSessionUser(ctx: Ctx) {
  if (ctx.actor.kind === 'system') return null;
  const row = await ctx.db
    .selectFrom('auth_user')
    .select(['id', 'name', 'email', 'role', 'staffId', 'twoFactorEnabled'])
    .where('id', '=', ctx.actor.id)
    .executeTakeFirst();
  return row ? { ...row, role: asRole(row.role), twoFactorEnabled: row.twoFactorEnabled === true } : null;
}

export async function makeApiKey(
  ctx: Ctx,
  auth: Auth,
  input: Input<typeof createApiKey>,
): Promise<{ id: string; key: string }> {
  const { actor } = ctx;
  if (actor.kind === 'system') throw new AppError('not_allowed');
  const missing = input.permissions.filter((permission) => !actor.permissions.has(permission));
  if (missing.length > 0) throw new AppError('api_key_permission_exceeds', { details: { permissions: missing } });
  const made = await auth.api.createApiKey({
    body: {
      name: input.name,
      userId: actor.id,
      permissions: { siyu: input.permissions },
      ...(input.expiresInDays === null ? {} : { expiresIn: input.expiresInDays * 86_400 }),
    },
  });
  await inTransaction(ctx, (ctx) =>
    recordAudit(ctx, {
      action: 'api_key.created',
      subjectKind: 'api_key',
      subjectId: made.id,
      subjectName: input.name,
      after: { permissions: input.permissions, expiresInDays: input.expiresInDays },
    }),
  );
  return { id: made.id, key: made.key };
}

export async function listOwnApiKeys(ctx: Ctx): Promise<Output<typeof listApiKeys>> {
  const rows = await ctx.db
    .selectFrom('auth_api_key')
    .selectAll()
    .where('referenceId', '=', ctx.actor.id)
    .orderBy('createdAt', 'desc')
    .execute();
  return {
    rows: rows.map((row) =>
      contractKey.parse({
        id: row.id,
        name: row.name ?? '',
        start: row.start,
        permissions: readKeyPermissions(row.permissions),
        createdAt: row.createdAt.toISOString(),
        expiresAt: row.expiresAt?.toISOString() ?? null,
        lastUsedAt: row.lastRequest?.toISOString() ?? null,
      }),
    ),
  };
}

export async function revokeApiKey(ctx: WriteCtx, id: string): Promise<void> {
  const row = await ctx.db
    .deleteFrom('auth_api_key')
    .where('id', '=', id)
    .where('referenceId', '=', ctx.actor.id)
    .returning('name')
    .executeTakeFirst();
  if (!row) throw new AppError('not_found');
  await recordAudit(ctx, { action: 'api_key.deleted', subjectKind: 'api_key', subjectId: id, subjectName: row.name });
}
