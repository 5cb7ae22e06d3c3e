import { z } from 'zod';
import { permissions, roles } from './permissions.ts';
import { route } from './route.ts';
import { after, day, done, flag, id, key, limit, line, none, page, time } from './types.ts';

/** Departments, staff, the users of the console, API keys and the audit log. */

const permission = z.enum(permissions);
const role = z.enum(roles);
const password = z.string().min(10).max(128);

export const sessionUser = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role,
  staffId: id.nullable(),
  twoFactorEnabled: z.boolean(),
});

export const getSession = route({
  method: 'GET',
  path: '/api/session',
  permission: 'public',
  summary: 'Who is signed in, and what this person may do',
  input: none,
  output: z.object({
    user: sessionUser.nullable(),
    permissions: z.array(permission),
    /** No owner exists yet: the console shows the first-run page. */
    needsSetup: z.boolean(),
    organizationName: z.string(),
    timeZone: z.string(),
    /** The product's clock; differs from the machine's in a demo. */
    now: time,
  }),
});

export const setUpOwner = route({
  method: 'POST',
  path: '/api/setup',
  permission: 'public',
  summary: 'Create the owner through the one-time link printed at the first start',
  input: z.object({
    token: z.string().min(10).max(200),
    organizationName: line(60),
    name: line(60),
    email: z.email().max(200),
    password,
  }),
  output: done,
  errors: ['setup_link_invalid', 'setup_done'],
});

export const department = z.object({
  id,
  name: z.string(),
  parentId: id.nullable(),
  staffCount: z.number().int(),
});

export const listDepartments = route({
  method: 'GET',
  path: '/api/departments',
  permission: 'staff.read',
  summary: 'All departments, parents before children',
  input: none,
  output: z.object({ rows: z.array(department) }),
});

export const staffState = z.enum(['active', 'disabled', 'not_activated', 'left']);

export const staff = z.object({
  id,
  wecomUserid: z.string(),
  name: z.string(),
  alias: z.string(),
  position: z.string(),
  avatar: z.string().nullable(),
  state: staffState,
  departments: z.array(z.object({ id, name: z.string(), isLeader: z.boolean() })),
  /** Licensed for customer contact and inside the app's visible range. */
  canFollow: z.boolean(),
  /** Customers who are with this person now. */
  customerCount: z.number().int(),
});

export const listStaff = route({
  method: 'GET',
  path: '/api/staff',
  permission: 'staff.read',
  summary: 'Staff, by name',
  input: z.object({
    search: line(60).optional(),
    department: id.optional(),
    state: staffState.optional(),
    canFollow: flag.optional(),
    after,
    limit,
  }),
  output: page(staff),
});

export const staffDay = z.object({
  day,
  added: z.number().int(),
  lost: z.number().int(),
  /** Chats in which the staff member wrote, messages written, share answered the same day, minutes to first answer. */
  chats: z.number().int().nullable(),
  messages: z.number().int().nullable(),
  replyPercentage: z.number().nullable(),
  replyMinutes: z.number().nullable(),
});

export const getStaff = route({
  method: 'GET',
  path: '/api/staff/:id',
  permission: 'staff.read',
  summary: 'One staff member with the last thirty days',
  input: z.object({ id }),
  output: staff.extend({ days: z.array(staffDay) }),
  errors: ['not_found'],
});

export const user = sessionUser.extend({
  disabled: z.boolean(),
  createdAt: time,
  lastSeenAt: time.nullable(),
});

export const listUsers = route({
  method: 'GET',
  path: '/api/users',
  permission: 'user.manage',
  summary: 'Users of the console',
  input: none,
  output: z.object({ rows: z.array(user) }),
});

export const createUser = route({
  method: 'POST',
  path: '/api/users',
  permission: 'user.manage',
  summary: 'Add a user with a first password, which that person changes after signing in',
  input: z.object({ name: line(60), email: z.email().max(200), role, password, staffId: id.nullable().default(null) }),
  output: z.object({ id: z.string() }),
  errors: ['user_email_taken', 'staff_unknown'],
});

export const updateUser = route({
  method: 'PUT',
  path: '/api/users/:id',
  permission: 'user.manage',
  summary: 'Change role, name, staff link or whether the user may sign in; ends the sessions of a disabled user',
  input: z.object({
    id: key,
    name: line(60).optional(),
    role: role.optional(),
    staffId: id.nullable().optional(),
    disabled: z.boolean().optional(),
  }),
  output: done,
  errors: ['not_found', 'user_last_owner', 'user_is_you', 'staff_unknown'],
});

export const resetPassword = route({
  method: 'POST',
  path: '/api/users/:id/password',
  permission: 'user.manage',
  summary: 'Set a new password for a user and end all of that user’s sessions',
  input: z.object({ id: key, password }),
  output: done,
  errors: ['not_found'],
});

export const apiKey = z.object({
  id: z.string(),
  name: z.string(),
  start: z.string().nullable(),
  permissions: z.array(permission),
  createdAt: time,
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable(),
});

export const listApiKeys = route({
  method: 'GET',
  path: '/api/keys',
  permission: 'key.manage',
  summary: 'Your API keys',
  input: none,
  output: z.object({ rows: z.array(apiKey) }),
});

export const createApiKey = route({
  method: 'POST',
  path: '/api/keys',
  permission: 'key.manage',
  summary: 'Make an API key; the key itself is shown this once. It is sent as the header x-api-key',
  input: z.object({
    name: line(32),
    permissions: z.array(permission).min(1).max(permissions.length),
    expiresInDays: z.number().int().min(1).max(3650).nullable().default(null),
  }),
  output: z.object({ id: z.string(), key: z.string() }),
  // better-auth uses a connection of its own.
  outside: true,
  errors: ['api_key_permission_exceeds'],
});

export const deleteApiKey = route({
  method: 'DELETE',
  path: '/api/keys/:id',
  permission: 'key.manage',
  summary: 'Revoke one of your API keys',
  input: z.object({ id: key }),
  output: done,
  errors: ['not_found'],
});

export const auditEntry = z.object({
  id,
  at: time,
  actor: z.object({ kind: z.enum(['user', 'key', 'system']), id: z.string(), name: z.string() }),
  /** What was done: 'channel_code.updated'. */
  action: z.string(),
  subjectKind: z.string(),
  subjectId: z.string(),
  subjectName: z.string().nullable(),
  before: z.unknown().nullable(),
  after: z.unknown().nullable(),
  requestId: z.string().nullable(),
});

export const listAudit = route({
  method: 'GET',
  path: '/api/audit',
  permission: 'audit.read',
  summary: 'Who changed what, newest first',
  input: z.object({
    search: line(60).optional(),
    subjectKind: line(40).optional(),
    actorId: line(60).optional(),
    from: day.optional(),
    to: day.optional(),
    after,
    limit,
  }),
  output: page(auditEntry),
});

/** Long work with progress: a reconciliation, a tagging of a whole list. */
export const operation = z.object({
  id,
  kind: z.enum([
    'wecom.reconcile',
    'wecom.read_groups',
    'customer.tag',
    'webhook.replay',
    'import.run',
    'score.compute',
  ]),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  /** Key of the step being done, for instance 'staff', 'customers', 'tags'. */
  step: z.string().nullable(),
  doneCount: z.number().int(),
  totalCount: z.number().int().nullable(),
  summary: z.record(z.string(), z.number()),
  problem: z.string().nullable(),
  createdAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  createdBy: z.string(),
});

export const listOperations = route({
  method: 'GET',
  path: '/api/operations',
  permission: 'signed_in',
  summary: 'Recent long work, newest first',
  input: z.object({ kind: operation.shape.kind.optional(), limit }),
  output: z.object({ rows: z.array(operation) }),
});

export const cancelOperation = route({
  method: 'POST',
  path: '/api/operations/:id/cancel',
  permission: 'sync.run',
  summary: 'Stop long work after the step it is in; what is done stays done',
  input: z.object({ id }),
  output: done,
  errors: ['not_found'],
});
