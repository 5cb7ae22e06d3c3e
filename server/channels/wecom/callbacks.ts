import { createHash } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';

/** XML as received: every text trimmed and still a string, empty elements as '', repeated ones as arrays. */
export type RawXml = { [name: string]: RawValue };
export type RawValue = string | RawXml | RawValue[];

/** `field` is the path of the first element that is missing or of the wrong form. */
export type CallbackProblem = {
  ok: false;
  problem: 'malformed' | 'declaration_refused' | 'field_invalid';
  field?: string;
};

export type Envelope = { ok: true; toUserName: string; agentId?: number; encrypt: string };

// A userid, a state or a version may look like a number; none becomes one by parsing.
const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  processEntities: false,
});

const text = z.string().min(1).max(4096);
const integer = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
/** A comma list; absent is []. */
const commaList = z
  .string()
  .default('')
  .transform((list) => list.split(',').flatMap((item) => item.trim() || []));
const integerList = commaList.pipe(z.array(integer));
/** An XML list: one Item is a string, several are an array. */
const itemList = z
  .object({ Item: z.union([text.transform((item) => [item]), z.array(text)]) })
  .transform((list) => list.Item)
  .default([]);

const envelopeSchema = z.object({
  ToUserName: text,
  AgentID: integer.optional(),
  Encrypt: z
    .string()
    .min(1)
    .regex(/^[A-Za-z0-9+/]+={0,2}$/),
});

/**
 * Reads the outer XML of a callback (doc 90930). The element order is free; AgentID is absent or empty unless the
 * callback belongs to an app. The caller limits the size of the body.
 */
export function parseEnvelope(body: string): Envelope | CallbackProblem {
  const root = parseRoot(body);
  if (!root.ok) return root;
  const parsed = envelopeSchema.safeParse(withoutEmpty(root.raw));
  if (!parsed.success) return fieldProblem(parsed.error);
  const { ToUserName: toUserName, AgentID: agentId, Encrypt: encrypt } = parsed.data;
  return { ok: true, toUserName, encrypt, ...(agentId === undefined ? {} : { agentId }) };
}

// Every event has these; CreateTime is unix seconds.
const common = z.object({ ToUserName: text, CreateTime: integer });

// doc 92130, and 92005 for msg_audit_approved. WelcomeCode dies 20 s after CreateTime.
const externalContact = common.extend({
  ChangeType: z.enum([
    'add_external_contact',
    'add_half_external_contact',
    'edit_external_contact',
    'del_external_contact',
    'del_follow_user',
    'transfer_fail',
    'msg_audit_approved',
  ]),
  UserID: text,
  ExternalUserID: text,
  State: text.optional(),
  WelcomeCode: text.optional(),
  Source: text.optional(),
  FailReason: text.optional(),
});

// doc 92130. The platform's own sample carries JoinScene and QuitScene together: UpdateDetail decides, not presence.
const externalChat = common.extend({
  ChangeType: z.enum(['create', 'update', 'dismiss']),
  ChatId: text,
  UpdateDetail: text.optional(),
  JoinScene: integer.optional(),
  QuitScene: integer.optional(),
  MemChangeCnt: integer.optional(),
  MemChangeList: itemList,
  LastMemVer: text.optional(),
  CurMemVer: text.optional(),
});

// doc 92130. An empty Id on shuffle means that all tag groups were reordered.
const externalTag = common
  .extend({
    ChangeType: z.enum(['create', 'update', 'delete', 'shuffle']),
    Id: text.optional(),
    TagType: z.enum(['tag', 'tag_group']).optional(),
    StrategyId: text.optional(),
  })
  .refine((event) => event.ChangeType === 'shuffle' || event.Id !== undefined, { path: ['Id'] });

// docs 90970–90972. Receivers set up after 2022-08-15 get only UserID, Department and NewUserID of a member.
const contactUser = common.extend({
  ChangeType: z.enum(['create_user', 'update_user', 'delete_user']),
  UserID: text,
  NewUserID: text.optional(),
  Name: text.optional(),
  Alias: text.optional(),
  Status: integer.optional(),
  Department: integerList,
});
const contactParty = common.extend({
  ChangeType: z.enum(['create_party', 'update_party', 'delete_party']),
  Id: integer,
  Name: text.optional(),
  ParentId: integer.optional(),
  Order: integer.optional(),
});
const contactTag = common.extend({
  ChangeType: z.literal('update_tag'),
  TagId: integer,
  AddUserItems: commaList,
  DelUserItems: commaList,
  AddPartyItems: integerList,
  DelPartyItems: integerList,
});

// doc 97299
const acquisition = common.extend({
  ChangeType: z.enum([
    'balance_low',
    'balance_exhausted',
    'balance_increased',
    'quota_expire_soon',
    'link_unavailable',
    'delete_link',
    'open_profile',
    'friend_request',
    'customer_start_chat',
    'message_from_customer',
  ]),
  LinkId: text.optional(),
  State: text.optional(),
  UserID: text.optional(),
  ExternalUserID: text.optional(),
  ChatKey: text.optional(),
  ExpireTime: integer.optional(),
  ExpireQuotaNum: integer.optional(),
});

const eventSchemas = {
  change_external_contact: [externalContact],
  change_external_chat: [externalChat],
  change_external_tag: [externalTag],
  change_contact: [contactUser, contactParty, contactTag],
  customer_acquisition: [acquisition],
} as const;

type EventKind = keyof typeof eventSchemas;
type KnownEvent = {
  [Kind in EventKind]: { kind: Kind; raw: RawXml } & z.output<(typeof eventSchemas)[Kind][number]>;
}[EventKind];

/** Field names are the platform's, so that its documentation reads on. `raw` is the whole XML, unknown fields too. */
export type CallbackEvent = KnownEvent | { kind: 'other'; raw: RawXml };
export type ParsedCallback = { ok: true; event: CallbackEvent } | CallbackProblem;

/**
 * Reads a decrypted callback (docs 90930, 92130, 90970, 97299). An event or change type that is not known here is
 * `other`, never a problem: the platform adds some at will. A known one with a missing field is a problem.
 */
export function parseCallback(xml: string): ParsedCallback {
  const root = parseRoot(xml);
  if (!root.ok) return root;
  const { raw } = root;
  const kind = raw.Event;
  if (raw.MsgType !== 'event' || typeof kind !== 'string' || !isKnownKind(kind)) {
    return { ok: true, event: { kind: 'other', raw } };
  }
  for (const schema of eventSchemas[kind]) {
    if (!schema.shape.ChangeType.safeParse(raw.ChangeType).success) continue;
    const parsed = schema.safeParse(withoutEmpty(raw));
    if (!parsed.success) return fieldProblem(parsed.error);
    // The kind selects the schema, which the type checker cannot follow through an index.
    return { ok: true, event: { kind, raw, ...parsed.data } as KnownEvent };
  }
  return { ok: true, event: { kind: 'other', raw } };
}

// FromUserName is always `sys` here, so the documented FromUserName + CreateTime would drop different events.
const identifyingFields = [
  'Event',
  'ChangeType',
  'UserID',
  'ExternalUserID',
  'ChatId',
  'Id',
  'TagId',
  'LinkId',
  'ChatKey',
  'AddUserItems',
  'DelUserItems',
  'AddPartyItems',
  'DelPartyItems',
  'CreateTime',
  'WelcomeCode',
  'UpdateDetail',
  'LastMemVer',
  'CurMemVer',
];

/**
 * A SHA-256 in hex that is the same for every delivery of one event and differs between events. An event of kind
 * `other` counts with all its fields, because nothing is known about which of them identify it.
 */
export function dedupeKey(event: CallbackEvent): string {
  const names = event.kind === 'other' ? Object.keys(event.raw).sort() : identifyingFields;
  const values = names.map((name) => [name, event.raw[name] ?? '']);
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}

function isKnownKind(kind: string): kind is EventKind {
  return Object.hasOwn(eventSchemas, kind);
}

function parseRoot(xml: string): { ok: true; raw: RawXml } | CallbackProblem {
  if (hasDeclaration(xml)) return { ok: false, problem: 'declaration_refused' };
  let document: unknown;
  try {
    document = parser.parse(xml, true);
  } catch {
    return { ok: false, problem: 'malformed' };
  }
  const root = trimXml(document);
  const raw = typeof root === 'object' && !Array.isArray(root) ? root.xml : undefined;
  if (typeof raw !== 'object' || Array.isArray(raw)) return { ok: false, problem: 'malformed' };
  return { ok: true, raw };
}

/**
 * Whether anything but CDATA opens with `<!`: a DOCTYPE, an ENTITY, a comment, or a CDATA section that never ends. The
 * platform sends none of these. A message may well quote "<!DOCTYPE" inside CDATA.
 */
function hasDeclaration(xml: string): boolean {
  const cdata = '<![CDATA[';
  let open = xml.indexOf('<!');
  while (open >= 0) {
    const close = xml.startsWith(cdata, open) ? xml.indexOf(']]>', open + cdata.length) : -1;
    if (close < 0) return true;
    open = xml.indexOf('<!', close);
  }
  return false;
}

/** An empty element says the same as an absent one. */
function withoutEmpty(raw: RawXml): RawXml {
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== ''));
}

function trimXml(value: unknown): RawValue {
  if (Array.isArray(value)) return value.map(trimXml);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, trimXml(child)]));
  }
  return String(value ?? '').trim();
}

function fieldProblem(error: z.ZodError): CallbackProblem {
  const path = error.issues[0]?.path.join('.');
  return { ok: false, problem: 'field_invalid', ...(path ? { field: path } : {}) };
}
