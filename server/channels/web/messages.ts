import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { type OrderTelling, orderFromSegment } from '#commerce';
import type { webMessage } from '#contract/web';
import type { Account } from '#customers';
import type { Fact } from '#events';

/** Segment's calls as facts. Pure. Spec: https://segment.com/docs/connections/spec/ */

export type WebMessage = z.output<typeof webMessage>;

/** What is known of a call besides its body. */
export interface Delivery {
  readonly source: string;
  readonly receivedAt: Date;
  readonly sentAt?: string | null | undefined;
  /** Of the whole batch. */
  readonly context?: Readonly<Record<string, unknown>> | null | undefined;
}

export function factOfMessage(message: WebMessage, delivery: Delivery): Fact {
  const envelope = {
    source: delivery.source,
    messageId: message.messageId ?? randomUUID(),
    occurredAt: momentOf(message, delivery),
  };
  const accounts = accountsOf(message);
  switch (message.type) {
    case 'identify':
      return identified(envelope, accounts, message.traits ?? {});
    case 'group':
      return identified(envelope, accounts, {
        group: message.groupId,
        ...prefixed('group', message.traits ?? {}),
      });
    case 'alias':
      return identified(envelope, accounts, {});
    case 'track': {
      const { source, messageId, occurredAt: at } = envelope;
      const told = { shop: source, messageId, at, accounts: accounts as OrderTelling['accounts'] };
      const order = orderFromSegment(message.event, message.properties ?? {}, told);
      // What tells of an order goes to commerce, which says on the timeline what became of it.
      if (order) return { ...envelope, name: 'order.told', payload: { accounts, order } };
      return tracked(
        envelope,
        accounts,
        nameOfEvent(message.event),
        message.properties ?? {},
        contextOf(message, delivery),
      );
    }
    case 'page':
    case 'screen': {
      const named = definedOf({ name: message.name, category: message.category });
      const properties = { ...named, ...message.properties };
      const event = message.type === 'page' ? 'page.viewed' : 'screen.viewed';
      return tracked(envelope, accounts, event, properties, contextOf(message, delivery));
    }
  }
}

type Envelope = Pick<Fact, 'source' | 'messageId' | 'occurredAt'>;

const tracked = (
  envelope: Envelope,
  accounts: Account[],
  event: string,
  properties: Readonly<Record<string, unknown>>,
  context: Readonly<Record<string, unknown>>,
): Fact => ({
  ...envelope,
  name: 'event.tracked',
  payload: { accounts, event, properties: context === nowhere ? properties : { ...context, ...properties } },
});

function identified(envelope: Envelope, accounts: Account[], traits: Readonly<Record<string, unknown>>): Fact {
  const flat = flatten(traits);
  const profile = {
    name: textOf(flat.name) ?? fullName(flat),
    avatar: textOf(flat.avatar),
    gender: genderOf(flat.gender),
  };
  const isNamed = profile.name !== null || profile.avatar !== null || profile.gender !== 'unknown';
  for (const key of Object.keys(flat)) if (aboutAccounts.has(key) || aboutProfile.has(key)) delete flat[key];
  return {
    ...envelope,
    name: 'person.identified',
    payload: {
      accounts: [...accounts, ...accountsInTraits(traits)],
      attributes: flat,
      ...(isNamed ? { profile } : {}),
    },
  };
}

/**
 * When it happened, by our clock: a client's clock may be wrong, but it is equally wrong when it sends
 * (timestamp = receivedAt − (sentAt − originalTimestamp)). Never later than now, and not before this century.
 */
export function momentOf(
  message: Pick<WebMessage, 'timestamp' | 'originalTimestamp' | 'sentAt'>,
  delivery: Delivery,
): Date {
  const received = delivery.receivedAt.getTime();
  const said = parseMoment(message.originalTimestamp ?? message.timestamp);
  const sent = parseMoment(message.sentAt ?? delivery.sentAt);
  const at = said === undefined ? received : sent === undefined ? said : received - (sent - said);
  return new Date(Math.min(received, Math.max(at, Date.UTC(2000, 0))));
}

function parseMoment(text: string | null | undefined): number | undefined {
  if (text == null) return undefined;
  // A time without a zone is UTC, as Segment's libraries write it.
  const at = Date.parse(/(z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** The user first: what a signed-in person does is the user's, also when the browser is used by somebody else later. */
function accountsOf(message: WebMessage): Account[] {
  const { userId, anonymousId } = message;
  return [
    ...(userId ? [{ kind: 'user', value: userId }] : []),
    ...(anonymousId ? [{ kind: 'anonymous', value: anonymousId }] : []),
    // What a person was called before signing up.
    ...(message.type === 'alias' ? [{ kind: 'anonymous', value: message.previousId }] : []),
  ];
}

const aboutAccounts = new Set(['email', 'phone', 'unionid', 'union_id', 'external_userid', 'openid', 'id', 'user_id']);
const aboutProfile = new Set(['name', 'first_name', 'last_name', 'avatar', 'gender']);

function accountsInTraits(traits: Readonly<Record<string, unknown>>): Account[] {
  const text = (...names: string[]) => names.map((name) => textOf(traits[name])).find((value) => value !== null);
  const email = text('email')?.toLowerCase();
  const phone = normalizePhone(text('phone') ?? '');
  const unionid = text('unionid', 'unionId', 'union_id');
  const wecom = text('external_userid', 'externalUserid', 'externalUserId');
  return [
    ...(email && /^[^\s@]+@[^\s@]+$/.test(email) ? [{ kind: 'email', value: email }] : []),
    ...(phone ? [{ kind: 'phone', value: phone }] : []),
    ...(unionid ? [{ kind: 'unionid', value: unionid }] : []),
    ...(wecom ? [{ kind: 'wecom', value: wecom }] : []),
  ].filter((account) => account.value.length <= 255);
}

/** Digits; mainland mobile numbers without their country code, as WeCom keeps them. Undefined for what is no number. */
export function normalizePhone(text: string): string | undefined {
  const digits = text.replace(/[\s()\-.]/g, '').replace(/^(\+|00)/, '+');
  const mainland = /^(?:\+?86)?(1[3-9]\d{9})$/.exec(digits)?.[1];
  if (mainland) return mainland;
  return /^\+?\d{5,15}$/.test(digits) ? digits : undefined;
}

function fullName(flat: Readonly<Record<string, unknown>>): string | null {
  const parts = [textOf(flat.first_name), textOf(flat.last_name)].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(' ') : null;
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 200) : null;
}

function genderOf(value: unknown): 'unknown' | 'male' | 'female' {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (['male', 'm', 'man', '男', '1'].includes(text)) return 'male';
  return ['female', 'f', 'woman', '女', '2'].includes(text) ? 'female' : 'unknown';
}

/** So many attributes of one call are taken. */
const maxAttributes = 100;

/** Traits as attributes: snake_case, what is nested joined by _, lists left out. */
function flatten(
  traits: Readonly<Record<string, unknown>>,
  prefix = '',
): Record<string, string | number | boolean | null> {
  const flat: Record<string, string | number | boolean | null> = {};
  for (const [name, value] of Object.entries(traits)) {
    if (Object.keys(flat).length >= maxAttributes) break;
    const key = attributeKey(prefix + name);
    if (key === undefined) continue;
    if (value === null || typeof value === 'boolean') flat[key] = value;
    else if (typeof value === 'number' && Number.isFinite(value)) flat[key] = value;
    else if (typeof value === 'string') {
      if (value.trim() !== '') flat[key] = value.trim();
    } else if (typeof value === 'object' && !Array.isArray(value) && prefix === '') {
      Object.assign(flat, flatten(value as Record<string, unknown>, `${name}_`));
    }
  }
  return flat;
}

function prefixed(prefix: string, traits: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(traits).map(([name, value]) => [`${prefix}_${name}`, value]));
}

/** Keys of attributes are a letter, then up to 39 letters, digits and _. */
function attributeKey(name: string): string | undefined {
  const key = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '_')
    .replace(/^[_\d]+|_+$/g, '')
    .slice(0, 40);
  return key === '' ? undefined : key;
}

/** Where it happened, as far as conditions may ask for it: the page and the campaign that led there. */
function contextOf(message: WebMessage, delivery: Delivery): Record<string, unknown> {
  if (!message.context && !delivery.context) return nowhere;
  const context = { ...delivery.context, ...message.context };
  const page = (context.page ?? {}) as Record<string, unknown>;
  const campaign = (context.campaign ?? {}) as Record<string, unknown>;
  return definedOf({
    url: textOf(page.url),
    path: textOf(page.path),
    referrer: textOf(page.referrer),
    title: textOf(page.title),
    utm_campaign: textOf(campaign.name),
    utm_source: textOf(campaign.source),
    utm_medium: textOf(campaign.medium),
    utm_term: textOf(campaign.term),
    utm_content: textOf(campaign.content),
  });
}

const nowhere: Record<string, unknown> = Object.freeze({});

const definedOf = (values: Record<string, string | null | undefined>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value != null && value !== ''));

/** Segment's names of e-commerce events as siyu's own; other names stay as they are told. */
export const eventNames: Readonly<Record<string, string>> = {
  'products searched': 'product.searched',
  'product list viewed': 'product_list.viewed',
  'product list filtered': 'product_list.filtered',
  'promotion viewed': 'promotion.viewed',
  'promotion clicked': 'promotion.clicked',
  'product clicked': 'product.clicked',
  'product viewed': 'product.viewed',
  'product added': 'cart.added',
  'product removed': 'cart.removed',
  'cart viewed': 'cart.viewed',
  'checkout started': 'checkout.started',
  'checkout step viewed': 'checkout.step_viewed',
  'checkout step completed': 'checkout.step_completed',
  'payment info entered': 'payment.info_entered',
  'order updated': 'order.updated',
  'order completed': 'order.placed',
  'order refunded': 'order.refunded',
  'order cancelled': 'order.cancelled',
  'coupon entered': 'coupon.entered',
  'coupon applied': 'coupon.applied',
  'coupon denied': 'coupon.denied',
  'coupon removed': 'coupon.removed',
  'product added to wishlist': 'wishlist.added',
  'product removed from wishlist': 'wishlist.removed',
  'wishlist product added to cart': 'wishlist.moved_to_cart',
  'product shared': 'product.shared',
  'cart shared': 'cart.shared',
  'product reviewed': 'product.reviewed',
};

function nameOfEvent(name: string): string {
  return eventNames[name.toLowerCase()] ?? name;
}
