import { z } from 'zod';

/**
 * Facts that siyu understands: what is stored in the inbox under `name`. Staff are named by WeCom's userid and customers
 * by external_userid, because whoever learns a fact may know no more than that.
 */

const userid = z.string().min(1).max(64);
const externalUserid = z.string().min(1).max(64);
const moment = z.coerce.date();
/** The accounts a fact knows the person by; the first is whose fact it is. */
const accounts = z.array(z.object({ kind: z.string().min(1).max(20), value: z.string().min(1).max(255) })).max(20);

const membership = z.object({ customerId: z.number().int(), segmentId: z.number().int(), segmentName: z.string() });

const consentWord = z.object({
  customerId: z.number().int(),
  channel: z.string(),
  category: z.string(),
  evidence: z.record(z.string(), z.unknown()),
  by: z.string(),
});

interface Tracked {
  readonly accounts: z.output<typeof accounts>;
  readonly event: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

const isText = (value: unknown, longest: number) =>
  typeof value === 'string' && value.length >= 1 && value.length <= longest;

/** By hand: of these there are thousands a second, and most are of one account. */
function isTracked(value: unknown): boolean {
  const { accounts: named, event, properties } = value as Partial<Record<keyof Tracked, unknown>>;
  return (
    Array.isArray(named) &&
    named.length <= 20 &&
    named.every(({ kind, value }) => isText(kind, 20) && isText(value, 255)) &&
    isText(event, 100) &&
    typeof properties === 'object' &&
    properties !== null
  );
}

export const factSchemas = {
  /** A customer and a staff member became contacts. `isHalf`: the staff member has not confirmed yet. */
  'follow.added': z.object({
    externalUserid,
    staffUserid: userid,
    codeId: z.number().int().nullable(),
    /** Single use, lives 20 seconds; absent when somebody else greets or the chat has begun. */
    welcomeCode: z.string().nullable(),
    isHalf: z.boolean(),
  }),
  'follow.ended': z.object({ externalUserid, staffUserid: userid, by: z.enum(['customer', 'staff', 'transfer']) }),
  /** A staff member changed remark or tags in WeCom. */
  'follow.edited': z.object({ externalUserid, staffUserid: userid }),
  'follow.transfer_failed': z.object({ externalUserid, staffUserid: userid, reason: z.string() }),
  /** WeCom's record of a customer was read. Not an event of the customer's. */
  'customer.observed': z.object({
    externalUserid,
    observedAt: moment,
    /** The machine's time at which the reading began. */
    readAt: moment,
    isWhole: z.boolean(),
    profile: z.object({
      name: z.string(),
      avatar: z.string().nullable(),
      kind: z.enum(['wechat', 'wecom']),
      gender: z.enum(['unknown', 'male', 'female']),
      unionid: z.string().nullable(),
      corpName: z.string().nullable(),
      position: z.string().nullable(),
    }),
    follows: z.array(
      z.object({
        staffUserid: userid,
        createdAt: moment,
        codeId: z.number().int().nullable(),
        addWay: z.number().int().nullable(),
        remark: z.string(),
        description: z.string(),
        mobiles: z.array(z.string()),
        /** WeCom's ids of corp tags; undefined when the reading does not tell. */
        tagWecomIds: z.array(z.string()),
      }),
    ),
  }),
  /** A staff member's whole list of customers was read. */
  'staff.customers_listed': z.object({ staffUserid: userid, observedAt: moment, externalUserids: z.array(z.string()) }),
  /** Something a person did, told by the brand's own systems: `event` is its name, `properties` what is known of it. */
  'event.tracked': z.custom<Tracked>(isTracked),
  /** What the brand's own systems know of a person; null takes an attribute away. */
  'person.identified': z.object({
    accounts: accounts.min(1),
    profile: z
      .object({
        name: z.string().nullable(),
        avatar: z.string().nullable(),
        gender: z.enum(['unknown', 'male', 'female']),
      })
      .optional(),
    attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
  /** A shop told the state of an order; commerce reads it. */
  'order.told': z.object({ accounts, order: z.record(z.string(), z.unknown()) }),
  /** Two customers turned out to be one. */
  'customer.merged': z.object({
    customerId: z.number().int(),
    goneId: z.number().int(),
    goneName: z.string().nullable(),
    by: z.string(),
  }),
  /** What was one customer turned out to be two. */
  'customer.parted': z.object({ customerId: z.number().int(), fromId: z.number().int(), by: z.string() }),
  'customer.tagged': z.object({
    customerId: z.number().int(),
    added: z.array(z.string().nullish()),
    removed: z.array(z.string().nullish()),
    by: z.string(),
  }),
  /** A change about a customer, or time, moved him into a segment or out of it. */
  'segment.entered': membership,
  'segment.left': membership,
  /** A customer opened a tracked link; by the account where the channel says which. What sent it: see content/link-codes.ts. */
  'link.opened': z.object({
    customerId: z.number().int(),
    externalUserid: externalUserid.nullable(),
    linkId: z.number().int(),
    title: z.string(),
    url: z.string(),
    kind: z.string(),
    sourceId: z.number().int().nullable(),
    touchId: z.number().int().nullable(),
    staffId: z.number().int().nullable(),
  }),
  /** A touch reached its end, or the platform took it. */
  'touch.settled': z.object({
    customerId: z.number().int(),
    touchId: z.number().int(),
    kind: z.string(),
    channel: z.string(),
    state: z.string(),
    reason: z.string().nullable(),
    text: z.string().nullable(),
    attachmentCount: z.number().int(),
    staffId: z.number().int().nullable(),
    codeId: z.number().int().nullable(),
    category: z.string().default('service'),
    sourceId: z.number().int().nullable().default(null),
    part: z.string().nullable().default(null),
  }),
  /** What somebody agreed to hear, or no longer wants to hear; 'any' is every channel or category. */
  'consent.granted': consentWord,
  'consent.withdrawn': consentWord,
  /** A journey came to a node that tells other systems of it. */
  'journey.told': z.object({
    customerId: z.number().int(),
    journeyId: z.number().int(),
    journeyName: z.string(),
    node: z.string(),
    topic: z.string(),
    note: z.string(),
  }),
  'tag.changed': z.object({ change: z.string(), wecomId: z.string(), tagKind: z.string().nullable() }),
  'staff.changed': z.object({ change: z.string(), staffUserid: userid, newUserid: z.string().nullable() }),
  'department.changed': z.object({ change: z.string(), wecomId: z.number().int() }),
  'group.changed': z.object({ change: z.string(), chatId: z.string(), detail: z.record(z.string(), z.unknown()) }),
} as const satisfies Record<string, z.ZodType>;

export type FactName = keyof typeof factSchemas;

export type FactPayload<N extends FactName> = z.input<(typeof factSchemas)[N]>;

/** A fact as one learns it; `messageId` is the same whenever it is told again. */
export type Fact = {
  [N in FactName]: {
    readonly name: N;
    readonly source: string;
    readonly messageId: string;
    readonly occurredAt: Date;
    readonly payload: FactPayload<N>;
  };
}[FactName];

/** What keeps its order. */
export function subjectOf(fact: Fact): string {
  switch (fact.name) {
    case 'follow.added':
    case 'follow.ended':
    case 'follow.edited':
    case 'follow.transfer_failed':
    case 'customer.observed':
      return `account:${fact.payload.externalUserid}`;
    case 'event.tracked':
    case 'person.identified':
    case 'order.told': {
      const [account] = fact.payload.accounts;
      return account ? `account:${account.kind === 'wecom' ? '' : `${account.kind} `}${account.value}` : 'nobody';
    }
    case 'customer.merged':
    case 'customer.parted':
    case 'customer.tagged':
    case 'segment.entered':
    case 'segment.left':
    case 'link.opened':
    case 'touch.settled':
    case 'consent.granted':
    case 'consent.withdrawn':
    case 'journey.told':
      return `customer:${fact.payload.customerId}`;
    case 'staff.customers_listed':
    case 'staff.changed':
      return `staff:${fact.payload.staffUserid.toLowerCase()}`;
    case 'tag.changed':
      return 'tag';
    case 'department.changed':
      return 'department';
    case 'group.changed':
      return `group:${fact.payload.chatId}`;
  }
}

/** Somebody waits: a newcomer for the welcome, an adviser for the news that somebody has gone. */
export function isPressing(fact: Fact): boolean {
  return fact.name === 'follow.added' || fact.name === 'follow.ended';
}
