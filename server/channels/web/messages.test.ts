import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { webMessage } from '#contract/web';
import { type Delivery, factOfMessage, momentOf, normalizePhone } from './messages.ts';
import { readWriteKey } from './sources.ts';

const receivedAt = new Date('2026-11-24T08:00:00.000Z');
const delivery: Delivery = { source: 'source.1', receivedAt };
const factOf = (message: unknown, more: Partial<Delivery> = {}) =>
  factOfMessage(webMessage.parse(message), { ...delivery, ...more });

describe('when something happened', () => {
  const at = (message: Parameters<typeof momentOf>[0], more: Partial<Delivery> = {}) =>
    momentOf(message, { ...delivery, ...more }).toISOString();

  it('is corrected by how wrong the client’s clock was when it sent', () => {
    // The sample of Segment's specification: 266 − (169 − 152) = 249 ms.
    const sample = { originalTimestamp: '2015-12-12T19:11:01.152Z', sentAt: '2015-12-12T19:11:01.169Z' };
    expect(at(sample, { receivedAt: new Date('2015-12-12T19:11:01.266Z') })).toBe('2015-12-12T19:11:01.249Z');
    // A clock a year ahead: said two minutes before it sent.
    expect(at({ timestamp: '2027-11-24T07:58:00Z', sentAt: '2027-11-24T08:00:00Z' })).toBe('2026-11-24T07:58:00.000Z');
  });

  it.each([
    ['nothing is said: now', {}, '2026-11-24T08:00:00.000Z'],
    ['no time of sending: as said', { timestamp: '2026-11-20T08:00:00+08:00' }, '2026-11-20T00:00:00.000Z'],
    ['no zone: UTC', { timestamp: '2026-11-20T08:00:00' }, '2026-11-20T08:00:00.000Z'],
    ['the future: now', { timestamp: '2026-12-20T08:00:00Z' }, '2026-11-24T08:00:00.000Z'],
    ['before this century: its beginning', { timestamp: '1970-01-01T00:00:00Z' }, '2000-01-01T00:00:00.000Z'],
  ])('%s', (_, message, expected) => expect(at(message)).toBe(expected));

  it('takes the time of sending of the whole batch', () => {
    expect(at({ timestamp: '2026-11-24T09:00:00Z' }, { sentAt: '2026-11-24T09:00:10Z' })).toBe(
      '2026-11-24T07:59:50.000Z',
    );
  });
});

describe('a call as a fact', () => {
  it('identify: accounts, profile and attributes', () => {
    const fact = factOf({
      type: 'identify',
      messageId: 'm1',
      userId: 97,
      anonymousId: 'browser-1',
      traits: {
        name: '王芳',
        email: 'Fang@Example.com',
        phone: '+86 138-0000-0001',
        gender: '女',
        birthday: '1990-02-03',
        totalBilled: 830,
        address: { city: '上海', postalCode: '200000' },
        tags: ['x'],
        plan: null,
      },
    });
    expect(fact).toEqual({
      name: 'person.identified',
      source: 'source.1',
      messageId: 'm1',
      occurredAt: receivedAt,
      payload: {
        accounts: [
          { kind: 'user', value: '97' },
          { kind: 'anonymous', value: 'browser-1' },
          { kind: 'email', value: 'fang@example.com' },
          { kind: 'phone', value: '13800000001' },
        ],
        profile: { name: '王芳', avatar: null, gender: 'female' },
        attributes: {
          birthday: '1990-02-03',
          total_billed: 830,
          address_city: '上海',
          address_postal_code: '200000',
          plan: null,
        },
      },
    });
  });

  it('track: siyu’s own name for what Segment’s specification names, others as told; page and campaign from the context', () => {
    const context = { page: { url: 'https://a.cn/p' }, campaign: { source: 'wechat' }, ip: '8.8.8.8' };
    const track = (event: string) =>
      factOf({ type: 'track', userId: 'u', event, properties: { sku: 'A' }, context }).payload;
    expect(track('Product Viewed')).toEqual({
      accounts: [{ kind: 'user', value: 'u' }],
      event: 'product.viewed',
      properties: { url: 'https://a.cn/p', utm_source: 'wechat', sku: 'A' },
    });
    expect(track('Song Played')).toMatchObject({ event: 'Song Played' });
  });

  it('page, screen, group and alias', () => {
    expect(factOf({ type: 'page', anonymousId: 'a', name: 'Home', properties: { url: '/' } }).payload).toEqual({
      accounts: [{ kind: 'anonymous', value: 'a' }],
      event: 'page.viewed',
      properties: { name: 'Home', url: '/' },
    });
    expect(factOf({ type: 'screen', userId: 'u', name: 'Cart' }).payload).toMatchObject({ event: 'screen.viewed' });
    expect(
      factOf({ type: 'group', userId: 'u', groupId: 'g1', traits: { name: 'Initech', employees: 3 } }).payload,
    ).toEqual({
      accounts: [{ kind: 'user', value: 'u' }],
      attributes: { group: 'g1', group_name: 'Initech', group_employees: 3 },
    });
    expect(factOf({ type: 'alias', userId: 'u', previousId: 'old' }).payload).toEqual({
      accounts: [
        { kind: 'user', value: 'u' },
        { kind: 'anonymous', value: 'old' },
      ],
      attributes: {},
    });
  });

  it('without a messageId each call is one of its own', () => {
    const message = { type: 'track', userId: 'u', event: 'e' };
    expect(factOf(message).messageId).not.toBe(factOf(message).messageId);
  });
});

it.each([
  ['13800000001', '13800000001'],
  ['+86 138 0000 0001', '13800000001'],
  ['0086-13800000001', '13800000001'],
  ['+1 (415) 555-0100', '+14155550100'],
  ['021-62345678', '02162345678'],
  ['none', undefined],
  ['', undefined],
])('the phone number %s is kept as %s', (text, number) => expect(normalizePhone(text)).toBe(number));

it.each([
  ['Basic a2V5MTIzOg==', undefined, 'key123'],
  ['basic a2V5MTIz', 'other', 'key123'],
  ['Bearer x', 'body', 'body'],
  [undefined, 'body', 'body'],
  [undefined, undefined, undefined],
])('the write key of %s and %s is %s', (header, body, key) => expect(readWriteKey(header, body)).toBe(key));

const samples = new URL('../../../../shared/data/vectors/segment/', import.meta.url);
describe.skipIf(!existsSync(samples))(
  'samples of the specification in ../shared (skipped where that folder is absent)',
  () => {
    const read = (name: string) => JSON.parse(readFileSync(new URL(name, samples), 'utf8'));

    it.each(['identify', 'track', 'page', 'group', 'alias'])('%s.json is a fact', (name) => {
      const sample = read(`${name}.json`);
      const fact = factOf({ ...sample, type: sample.type ?? name });
      expect(fact.messageId).toBe(sample.messageId);
    });

    it('track.json happened when the specification says', () => {
      const sample = read('track.json');
      const fact = factOf(sample, { receivedAt: new Date(sample.receivedAt) });
      expect(fact.occurredAt.toISOString()).toBe(read('SOURCES.json').timestamp_check.expected_timestamp);
    });

    it('every e-commerce event has a name of ours', () => {
      const { events } = read('ecommerce_v2.json') as { events: { event: string; properties: object }[] };
      expect(events.length).toBeGreaterThan(5);
      for (const { event, properties } of events) {
        const fact = factOf({ type: 'track', userId: 'u', event, properties });
        if (/^Order (Completed|Updated|Refunded|Cancelled)$/.test(event)) {
          expect(fact, event).toMatchObject({ name: 'order.told', payload: { order: { shop: 'source.1' } } });
        } else {
          expect(fact.payload, event).toMatchObject({ event: expect.stringMatching(/^[a-z_]+\.[a-z_]+$/) });
        }
      }
    });
  },
);
