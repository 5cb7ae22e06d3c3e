import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { APIError } from 'better-auth/api';
import { twoFactor } from 'better-auth/plugins/two-factor';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Permission, permissions, type Role, rolePermissions, roles } from '#contract';
import type { Actor } from '#platform/ctx';
import type { Database } from '#platform/db';
import { sessionPlugin } from './staff-sign-in.ts';

export type Auth = ReturnType<typeof createAuth>;

/** Sign-in, sessions, two-factor and API keys are better-auth's; this is how it is set up here. */
export function createAuth(options: { database: Database; secret: string; publicUrl: string }) {
  return betterAuth({
    appName: 'siyu',
    database: options.database.pool,
    secret: options.secret,
    baseURL: options.publicUrl,
    basePath: '/api/auth',
    // The same host under another name (localhost, 127.0.0.1, a tunnel) is still the same host; other sites are not.
    trustedOrigins: (request) => {
      const host = request?.headers.get('host');
      return host ? [`http://${host}`, `https://${host}`] : [];
    },
    telemetry: { enabled: false },
    // A wrong password or key is no error of ours; what breaks is thrown, and logged by whoever catches it.
    logger: { disabled: true },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 10, maxPasswordLength: 128 },
    session: { modelName: 'auth_session', expiresIn: 14 * 24 * 3600, updateAge: 24 * 3600 },
    account: { modelName: 'auth_account' },
    verification: { modelName: 'auth_verification' },
    rateLimit: { enabled: true, storage: 'database', modelName: 'auth_rate_limit' },
    user: {
      modelName: 'auth_user',
      additionalFields: {
        role: { type: 'string', required: true, input: false },
        staffId: { type: 'number', required: false, input: false, bigint: true },
        disabled: { type: 'boolean', required: true, defaultValue: false, input: false },
      },
    },
    databaseHooks: {
      session: {
        create: {
          before: async (session) => {
            const { rows } = await options.database.pool.query<{ disabled: boolean }>(
              'select disabled from auth_user where id = $1',
              [session.userId],
            );
            if (rows[0]?.disabled !== false) throw new APIError('FORBIDDEN', { code: 'USER_DISABLED' });
          },
        },
      },
    },
    plugins: [
      sessionPlugin,
      twoFactor({ issuer: 'siyu', schema: { twoFactor: { modelName: 'auth_two_factor' } } }),
      apiKey({
        defaultPrefix: 'siyu_',
        rateLimit: { enabled: false },
        schema: { apikey: { modelName: 'auth_api_key' } },
      }),
    ],
    // These would let a user go round the permissions that our own routes check.
    disabledPaths: [
      '/api-key/create',
      '/api-key/update',
      '/api-key/delete',
      '/api-key/list',
      '/api-key/get',
      '/delete-user',
      '/change-email',
      '/sign-up/email',
    ],
    advanced: { useSecureCookies: options.publicUrl.startsWith('https:'), cookiePrefix: 'siyu' },
  });
}

/** Hands /api/auth/* to better-auth. */
export function serveAuth(app: FastifyInstance, auth: Auth, publicUrl: string): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/api/auth/*',
    handler: async (request, reply) => {
      const answer = await auth.handler(
        new Request(new URL(request.url, publicUrl), {
          method: request.method,
          headers: toHeaders(request),
          ...(request.body ? { body: JSON.stringify(request.body) } : {}),
        }),
      );
      reply.status(answer.status);
      for (const [name, value] of answer.headers) if (name !== 'set-cookie') reply.header(name, value);
      const cookies = answer.headers.getSetCookie();
      if (cookies.length > 0) reply.header('set-cookie', cookies);
      return reply.send(await answer.text());
    },
  });
}

/** Who calls: by session cookie, or by API key in the header x-api-key. */
export async function identify(auth: Auth, database: Database, request: FastifyRequest): Promise<Actor | null> {
  const key = request.headers['x-api-key'];
  if (typeof key === 'string') return identifyKey(auth, database, key);
  if (!request.headers.cookie) return null;
  const session = await auth.api.getSession({ headers: toHeaders(request) });
  if (!session || session.user.disabled) return null;
  const role = asRole(session.user.role);
  return {
    kind: 'user',
    id: session.user.id,
    name: session.user.name,
    role,
    staffId: session.user.staffId ?? null,
    permissions: new Set(rolePermissions[role]),
  };
}

async function identifyKey(auth: Auth, database: Database, key: string): Promise<Actor | null> {
  if (key.length > 200) return null;
  const verified = await auth.api.verifyApiKey({ body: { key } });
  if (!verified.valid || !verified.key) return null;
  const user = await database.db
    .selectFrom('auth_user')
    .select(['id', 'name', 'role', 'staffId', 'disabled'])
    .where('id', '=', verified.key.referenceId)
    .executeTakeFirst();
  if (!user || user.disabled) return null;
  const role = asRole(user.role);
  const granted = new Set(readKeyPermissions(verified.key.permissions));
  return {
    kind: 'key',
    id: user.id,
    name: `${user.name} (${verified.key.name ?? 'API'})`,
    role,
    staffId: user.staffId,
    // A key never has more than its maker has today.
    permissions: new Set(rolePermissions[role].filter((permission) => granted.has(permission))),
  };
}

/** A key's permissions are kept in better-auth's form: { siyu: ['customer.read', …] }. */
export function readKeyPermissions(stored: unknown): Permission[] {
  const value = typeof stored === 'string' ? JSON.parse(stored) : stored;
  const list: unknown = value?.siyu;
  return Array.isArray(list) ? permissions.filter((permission) => list.includes(permission)) : [];
}

export function asRole(role: string): Role {
  const known = roles.find((name) => name === role);
  if (!known) throw new Error(`a user has the unknown role ${role}`);
  return known;
}

function toHeaders(request: FastifyRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    // The body was read and is written again: its old length no longer holds.
    if (name === 'content-length' || value === undefined) continue;
    for (const part of Array.isArray(value) ? value : [value]) headers.append(name, part);
  }
  return headers;
}
