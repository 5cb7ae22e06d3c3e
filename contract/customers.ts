import { z } from 'zod';
import { route } from './route.ts';
import { after, day, done, flag, id, idList, limit, line, none, page, text, time } from './types.ts';

/** Customers, their follows, tags, attributes and timeline. */

export const sourceKinds = ['shop', 'event', 'article', 'ad', 'partner', 'staff', 'packaging'] as const;
/** Where a customer came from: the kind of the first channel code, or `direct` when there was none. */
export const customerSource = z.enum([...sourceKinds, 'direct']);

export const tagKind = z.enum(['wecom', 'internal']);

export const tag = z.object({
  id,
  groupId: id,
  name: z.string(),
  /** Customers who carry it now. */
  customerCount: z.number().int(),
  /** Whether WeCom knows it; internal tags are always `synced`. */
  sync: z.enum(['synced', 'pending', 'failed']),
  syncProblem: z.string().nullable(),
});

export const tagGroup = z.object({
  id,
  name: z.string(),
  kind: tagKind,
  tags: z.array(tag),
});

export const customerTag = z.object({
  id,
  name: z.string(),
  groupName: z.string(),
  kind: tagKind,
  /** `pending`: on its way to WeCom; `failed`: WeCom refused it, see `problem`. */
  sync: z.enum(['synced', 'pending', 'failed']),
  problem: z.string().nullable(),
});

export const followState = z.enum(['active', 'left_by_customer', 'removed_by_staff', 'transferred', 'missing']);

export const follow = z.object({
  staffId: id,
  staffName: z.string(),
  staffAvatar: z.string().nullable(),
  externalUserid: z.string(),
  state: followState,
  addedAt: time,
  endedAt: time.nullable(),
  code: z.object({ id, name: z.string() }).nullable(),
  /** WeCom's add_way number: 1 scanned a code, 3 card shared, 202 assigned, … */
  addWay: z.number().int().nullable(),
  remark: z.string(),
  description: z.string(),
  remarkMobiles: z.array(z.string()),
});

/**
 * Who told: `wecom`, a `user` of the console, an API `key`, an `import`, `siyu` itself, or `source.<id>`, one of the
 * brand's own systems, whose name is then given too.
 */
const toldBy = { source: z.string(), sourceName: z.string().nullable() };

export const customerRow = z.object({
  id,
  name: z.string().nullable(),
  avatar: z.string().nullable(),
  kind: z.enum(['wechat', 'wecom']),
  corpName: z.string().nullable(),
  gender: z.enum(['unknown', 'male', 'female']),
  remark: z.string().nullable(),
  source: customerSource,
  code: z.object({ id, name: z.string() }).nullable(),
  staff: z.array(z.object({ id, name: z.string() })),
  tags: z.array(z.object({ id, name: z.string(), kind: tagKind })),
  addedAt: time,
  /** At least one staff member still has this person. */
  isActive: z.boolean(),
  /** A staff member has, or once had, this person; otherwise known only from shop, website or app. */
  isMet: z.boolean(),
});

/** The filters of the list; they stand in the URL of the page under the same names. */
export const customerFilter = z.object({
  /** Part of a name or remark, start or last digits of a phone number, or a whole external_userid. */
  search: line(60).optional(),
  tags: idList.optional(),
  tagMode: z.enum(['any', 'all', 'none']).default('any'),
  staff: id.optional(),
  code: id.optional(),
  source: customerSource.optional(),
  active: flag.optional(),
  from: day.optional(),
  to: day.optional(),
});

export const listCustomers = route({
  method: 'GET',
  path: '/api/customers',
  permission: 'customer.read',
  summary: 'Customers, the last that siyu came to know first',
  input: customerFilter.extend({ after, limit }),
  output: page(customerRow),
});

export const countCustomers = route({
  method: 'GET',
  path: '/api/customers/count',
  permission: 'customer.read',
  summary: 'How many customers a filter selects; counting stops at 100,000 and says so',
  input: customerFilter,
  output: z.object({ count: z.number().int(), isExact: z.boolean() }),
});

export const attributeKind = z.enum(['text', 'number', 'date', 'boolean', 'choice']);
const attributeKey = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/);
const choices = z.array(line(60)).min(1).max(200);

export const attributeDefinition = z.object({
  key: attributeKey,
  name: z.string(),
  kind: attributeKind,
  choices: z.array(z.string()),
  customerCount: z.number().int(),
});

export const attributeValue = z.union([z.string(), z.number(), z.boolean()]);

export const customer = customerRow.extend({
  position: z.string().nullable(),
  identities: z.array(z.object({ kind: z.string(), value: z.string(), since: time, ...toldBy })),
  follows: z.array(follow),
  allTags: z.array(customerTag),
  attributes: z.array(
    z.object({
      key: attributeKey,
      value: attributeValue,
      ...toldBy,
      setAt: time,
      setBy: z.string().nullable(),
    }),
  ),
  /** Customers who turned out to be this person; each can be parted again. */
  merges: z.array(z.object({ id, goneId: id, goneName: z.string().nullable(), at: time, by: z.string() })),
  firstSeenAt: time,
  /** Last time WeCom's own record of this person was read. */
  observedAt: time.nullable(),
  eventCount: z.number().int(),
});

export const getCustomer = route({
  method: 'GET',
  path: '/api/customers/:id',
  permission: 'customer.read',
  summary: 'One customer: identities, follows, tags, attributes',
  input: z.object({ id }),
  output: customer,
  errors: ['not_found'],
});

export const mergeCustomers = route({
  method: 'POST',
  path: '/api/customers/merge',
  permission: 'customer.merge',
  summary: 'Two customers are one person: the older goes on with everything of both. Can be undone',
  input: z.object({ ids: z.array(id).length(2) }),
  output: z.object({ id }),
  errors: ['not_found', 'merge_needs_two', 'customers_kept_apart'],
});

export const undoMerge = route({
  method: 'POST',
  path: '/api/merges/:id/undo',
  permission: 'customer.merge',
  summary: 'Part a merged customer again, with all that came through its accounts before and since',
  input: z.object({ id }),
  output: z.object({ id }),
  errors: ['not_found'],
});

const conflictSide = z.object({
  id,
  kind: z.string(),
  value: z.string(),
  customerId: id,
  customerName: z.string().nullable(),
  /** All accounts of that customer. */
  accounts: z.array(z.object({ kind: z.string(), value: z.string() })),
  /** At least one staff member has, or once had, that customer. */
  isMet: z.boolean(),
  /** When anything was last heard of that customer. */
  lastSeenAt: time.nullable(),
});

export const listConflicts = route({
  method: 'GET',
  path: '/api/identity-conflicts',
  permission: 'customer.merge',
  summary:
    'Accounts that were named together although a person has only one of their kind, for somebody to decide; newest first',
  input: z.object({ after, limit }),
  output: page(
    z.object({
      a: conflictSide,
      b: conflictSide,
      /** Accounts of a kind of which a person has one, where each side has its own. */
      clashes: z.array(z.object({ kind: z.string(), a: z.string(), b: z.string() })),
      firstAt: time,
      ...toldBy,
    }),
  ),
});

export const countConflicts = route({
  method: 'GET',
  path: '/api/identity-conflicts/count',
  permission: 'customer.merge',
  summary: 'How many of the newest conflicts wait for somebody to decide; counting stops at 99 and says so',
  input: none,
  output: z.object({ count: z.number().int(), isExact: z.boolean() }),
});

export const decideConflict = route({
  method: 'POST',
  path: '/api/identity-conflicts/decide',
  permission: 'customer.merge',
  summary:
    'Decide a conflict: the same person (the two customers are merged, whatever was decided of them before), or different people',
  input: z.object({ a: id, b: id, decision: z.enum(['same', 'different']) }),
  output: done,
  errors: ['not_found', 'merge_needs_two', 'customers_kept_apart'],
});

export const timelineEntry = z.object({
  id,
  at: time,
  /** Event name: 'follow.added', 'touch.submitted', 'customer.tagged', … */
  name: z.string(),
  staff: z.object({ id, name: z.string() }).nullable(),
  code: z.object({ id, name: z.string() }).nullable(),
  ...toldBy,
  details: z.record(z.string(), z.unknown()),
});

export const listTimeline = route({
  method: 'GET',
  path: '/api/customers/:id/timeline',
  permission: 'customer.read',
  summary: 'Everything known to have happened with one customer, newest first',
  input: z.object({ id, after, limit }),
  output: page(timelineEntry),
  errors: ['not_found'],
});

export const setAttributes = route({
  method: 'PUT',
  path: '/api/customers/:id/attributes',
  permission: 'customer.write',
  summary: 'Set custom attributes; null removes one',
  input: z.object({ id, values: z.record(attributeKey, z.union([line(500), z.number(), z.boolean(), z.null()])) }),
  output: done,
  errors: ['not_found', 'attribute_unknown', 'attribute_value_invalid'],
});

export const tagCustomers = route({
  method: 'POST',
  path: '/api/customers/tags',
  permission: 'customer.write',
  summary:
    'Add and remove tags on chosen customers, or on all that a filter selects (then as long work). WeCom tags are set on every active follow',
  input: z
    .object({
      customerIds: z.array(id).min(1).max(1000).optional(),
      filter: customerFilter.optional(),
      add: z.array(id).max(20).default([]),
      remove: z.array(id).max(20).default([]),
    })
    .refine((value) => (value.customerIds === undefined) !== (value.filter === undefined), 'ids_or_filter')
    .refine((value) => value.add.length + value.remove.length > 0, 'nothing_to_do'),
  output: z.object({ changed: z.number().int(), operationId: id.nullable() }),
  errors: ['tag_unknown', 'not_allowed'],
});

export const listTags = route({
  method: 'GET',
  path: '/api/tags',
  permission: 'customer.read',
  summary: 'Tag groups with their tags',
  input: none,
  output: z.object({ groups: z.array(tagGroup) }),
});

const tagName = line(30);

export const createTagGroup = route({
  method: 'POST',
  path: '/api/tag-groups',
  permission: 'tag.write',
  summary: 'A group with its first tags; WeCom knows no empty groups',
  input: z.object({ name: tagName, kind: tagKind, tags: z.array(tagName).min(1).max(100) }),
  output: z.object({ id }),
  errors: ['tag_name_taken', 'tag_limit', 'wecom_not_connected'],
});

export const updateTagGroup = route({
  method: 'PUT',
  path: '/api/tag-groups/:id',
  permission: 'tag.write',
  summary: 'Rename a group',
  input: z.object({ id, name: tagName }),
  output: done,
  errors: ['not_found', 'tag_name_taken'],
});

export const deleteTagGroup = route({
  method: 'DELETE',
  path: '/api/tag-groups/:id',
  permission: 'tag.write',
  summary: 'Delete a group, its tags, and the tags on customers',
  input: z.object({ id }),
  output: done,
  errors: ['not_found'],
});

export const createTag = route({
  method: 'POST',
  path: '/api/tags',
  permission: 'tag.write',
  summary: 'Add a tag to a group',
  input: z.object({ groupId: id, name: tagName }),
  output: z.object({ id }),
  errors: ['not_found', 'tag_name_taken', 'tag_limit'],
});

export const updateTag = route({
  method: 'PUT',
  path: '/api/tags/:id',
  permission: 'tag.write',
  summary: 'Rename a tag',
  input: z.object({ id, name: tagName }),
  output: done,
  errors: ['not_found', 'tag_name_taken'],
});

export const deleteTag = route({
  method: 'DELETE',
  path: '/api/tags/:id',
  permission: 'tag.write',
  summary: 'Delete a tag, also from customers',
  input: z.object({ id }),
  output: done,
  errors: ['not_found'],
});

export const listAttributes = route({
  method: 'GET',
  path: '/api/attributes',
  permission: 'customer.read',
  summary: 'Custom attributes of customers',
  input: none,
  output: z.object({ rows: z.array(attributeDefinition) }),
});

export const createAttribute = route({
  method: 'POST',
  path: '/api/attributes',
  permission: 'attribute.write',
  summary: 'Define a custom attribute; its kind cannot change later',
  input: z
    .object({ key: attributeKey, name: line(40), kind: attributeKind, choices: choices.optional() })
    .refine((value) => (value.kind === 'choice') === (value.choices !== undefined), 'choices_for_choice_only'),
  output: done,
  errors: ['attribute_key_taken'],
});

export const updateAttribute = route({
  method: 'PUT',
  path: '/api/attributes/:key',
  permission: 'attribute.write',
  summary: 'Rename an attribute or change its choices; values already set stay',
  input: z.object({ key: attributeKey, name: line(40).optional(), choices: choices.optional() }),
  output: done,
  errors: ['not_found'],
});

export const deleteAttribute = route({
  method: 'DELETE',
  path: '/api/attributes/:key',
  permission: 'attribute.write',
  summary: 'Delete an attribute and all its values',
  input: z.object({ key: attributeKey }),
  output: done,
  errors: ['not_found'],
});

export const setRemark = route({
  method: 'PUT',
  path: '/api/customers/:id/remark',
  permission: 'customer.write',
  summary: 'Change the remark one staff member keeps for a customer; WeCom is told',
  input: z.object({ id, staffId: id, remark: line(20, 0), description: text(150, 0).optional() }),
  output: done,
  errors: ['not_found'],
});
