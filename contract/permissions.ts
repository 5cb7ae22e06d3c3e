/**
 * Roles and what they may do. A route names one permission; a role is a set of them. An API key holds a subset of the
 * permissions of the user who made it.
 */
export const permissions = [
  'customer.read',
  'customer.write',
  'customer.merge',
  'tag.write',
  'attribute.write',
  'code.read',
  'code.write',
  'staff.read',
  'segment.read',
  'segment.write',
  'segment.export',
  'content.read',
  'content.write',
  'touch.read',
  'campaign.read',
  'campaign.write',
  'campaign.approve',
  'touch.write',
  'touch.policy',
  'journey.read',
  'journey.write',
  'task.read',
  'task.write',
  'task.manage',
  'order.read',
  'order.write',
  'import.run',
  'insight.read',
  'score.write',
  'health.read',
  'sync.run',
  'connection.manage',
  'source.manage',
  'user.manage',
  'key.manage',
  'webhook.manage',
  'audit.read',
] as const;

export type Permission = (typeof permissions)[number];

export const roles = ['owner', 'operator', 'adviser', 'service', 'viewer'] as const;

export type Role = (typeof roles)[number];

const reading = [
  'customer.read',
  'segment.read',
  'journey.read',
  'order.read',
  'code.read',
  'content.read',
  'staff.read',
  'touch.read',
  'campaign.read',
  'task.read',
  'insight.read',
] as const;

export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: permissions,
  operator: [
    ...reading,
    'customer.write',
    'customer.merge',
    'tag.write',
    'attribute.write',
    'segment.write',
    'segment.export',
    'touch.write',
    'touch.policy',
    'journey.write',
    'code.write',
    'campaign.write',
    // Of what somebody else asked for: nobody approves his own.
    'campaign.approve',
    'content.write',
    'task.write',
    'task.manage',
    'order.write',
    'import.run',
    'score.write',
    'health.read',
    'sync.run',
    'source.manage',
    'key.manage',
    // A webhook carries events of all customers out of the house: only for roles that see them all and may make keys.
    'webhook.manage',
  ],
  // An adviser sees the customers who follow him and nobody else's: see customerScope in server/modules/customers. Tasks: his
  // own, and those of the departments he leads.
  adviser: ['customer.read', 'customer.write', 'order.read', 'code.read', 'content.read', 'task.read', 'task.write'],
  service: [
    'customer.read',
    'customer.write',
    'order.read',
    'content.read',
    'staff.read',
    'touch.read',
    'task.read',
    'task.write',
  ],
  viewer: reading,
};
