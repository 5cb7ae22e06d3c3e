/**
 * Roles and what they may do. A route names one permission; a role is a set of them. An API key holds a subset of the
 * permissions of the user who made it.
 */
export const permissions = [
  'customer.read',
  'customer.write',
  'tag.write',
  'attribute.write',
  'code.read',
  'code.write',
  'staff.read',
  'segment.read',
  'segment.write',
  'segment.export',
  'touch.read',
  'insight.read',
  'health.read',
  'sync.run',
  'connection.manage',
  'user.manage',
  'key.manage',
  'audit.read',
] as const;

export type Permission = (typeof permissions)[number];

export const roles = ['owner', 'operator', 'adviser', 'service', 'viewer'] as const;

export type Role = (typeof roles)[number];

const reading = ['customer.read', 'segment.read', 'code.read', 'staff.read', 'touch.read', 'insight.read'] as const;

export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: permissions,
  operator: [
    ...reading,
    'customer.write',
    'tag.write',
    'attribute.write',
    'segment.write',
    'segment.export',
    'code.write',
    'health.read',
    'sync.run',
    'key.manage',
  ],
  // An adviser sees the customers who follow him and nobody else's: see customerScope in server/modules/customers.
  adviser: ['customer.read', 'customer.write', 'code.read'],
  service: ['customer.read', 'customer.write', 'staff.read', 'touch.read'],
  viewer: reading,
};
