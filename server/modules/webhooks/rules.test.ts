import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { pingName } from '#contract/webhooks';
import { addressIn, isPublicAddress, problemOfUrl } from './addresses.ts';
import {
  bodyOf,
  longestRetryAfterMs,
  type Receipt,
  readRetryAfter,
  reasonOfStatus,
  retryPausesMs,
  settle,
  signedHeaders,
} from './rules.ts';

const answered = (status: number, retryAfterMs: number | null = null): Receipt => ({
  status,
  reason: reasonOfStatus(status),
  answer: '',
  retryAfterMs,
  tookMs: 1,
});
const silent: Receipt = { status: null, reason: 'timed_out', answer: '', retryAfterMs: null, tookMs: 15_000 };

describe('what becomes of a message', () => {
  it.each([200, 201, 204, 299])('is that it arrived, at status %i', (status) => {
    expect(settle(answered(status), 'order.paid', 1, 0)).toMatchObject({ state: 'delivered', retryInMs: null });
  });

  it.each([199, 300, 301, 302, 307, 400, 401, 404, 409, 429, 500, 502, 503, 504])(
    'is that it is tried again, at status %i',
    (status) => {
      expect(settle(answered(status), 'order.paid', 1, 0)).toMatchObject({ state: 'planned', retryInMs: 5000 });
    },
  );

  it('follows the schedule of the specification, and ends after its last attempt', () => {
    const pauses = Array.from({ length: 11 }, (_, i) => settle(silent, 'order.paid', i + 1, 0).retryInMs);
    const hours = (count: number) => count * 3_600_000;
    expect(pauses).toEqual([5000, 300_000, 1_800_000, ...[2, 5, 10, 14, 20, 24].map(hours), null, null]);
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: 75:35:05 since the start.
    expect(retryPausesMs.reduce((sum, ms) => sum + ms, 0)).toBe(((75 * 60 + 35) * 60 + 5) * 1000);
    expect(settle(silent, 'order.paid', retryPausesMs.length + 1, 0).state).toBe('failed');
  });

  it('comes back up to a fifth later, never sooner', () => {
    for (const random of [0, 0.3, 0.999]) {
      const { retryInMs } = settle(silent, 'order.paid', 2, random);
      expect(retryInMs).toBe(Math.round(300_000 * (1 + 0.2 * random)));
    }
  });

  it('waits as long as the receiver asked, but not for ever and not shorter than the schedule', () => {
    expect(settle(answered(500, 60_000), 'order.paid', 1, 0).retryInMs).toBe(60_000);
    expect(settle(answered(500, 1000), 'order.paid', 2, 0).retryInMs).toBe(300_000);
    expect(settle(answered(500, 10 * longestRetryAfterMs), 'order.paid', 1, 0).retryInMs).toBe(longestRetryAfterMs);
  });

  it('lets the whole receiver rest when it says that it is overloaded', () => {
    expect(settle(answered(429, 60_000), 'order.paid', 1, 0).restMs).toBe(60_000);
    expect(settle(answered(503, 60_000), 'order.paid', 1, 0).restMs).toBe(60_000);
    expect(settle(answered(500, 60_000), 'order.paid', 1, 0).restMs).toBeNull();
    expect(settle(answered(503), 'order.paid', 1, 0).restMs).toBeNull();
  });

  it('ends at once at 410, and for a test message after one attempt', () => {
    expect(settle(answered(410), 'order.paid', 1, 0)).toMatchObject({ state: 'failed', isGone: true });
    expect(settle(answered(500), pingName, 1, 0)).toMatchObject({ state: 'failed', isGone: false });
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T08:00:00Z');
  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sat, 21 Nov 2026 08:01:00 GMT', 60_000],
    ['Sat, 21 Nov 2026 07:00:00 GMT', 0],
    [undefined, null],
    ['', null],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    ['99999999999999', null],
  ])('%j is %j ms', (header, ms) => {
    expect(readRetryAfter(header, now)).toBe(ms);
  });
});

describe('signatures', () => {
  interface Vector {
    secret: string;
    id: string;
    timestamp: number;
    payload: string;
    signature: string;
  }
  const sign = ({ secret, id, timestamp, payload }: Vector) =>
    signedHeaders(id, payload, new Date(timestamp * 1000), [secret])['webhook-signature'];

  it.each<Vector>([
    // standard-webhooks/standard-webhooks, libraries/javascript/src/webhook.test.ts, 'sign function works'
    {
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1614265330,
      payload: '{"test": 2432232314}',
      signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    // docs.svix.com/receiving/verifying-payloads/how-manual
    {
      secret: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
      id: 'msg_loFOjxBNrRLzqYUf',
      timestamp: 1731705121,
      payload: '{"event_type":"ping","data":{"success":true}}',
      signature: 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
    },
  ])('are as others compute them: $id', (vector) => {
    expect(sign(vector)).toBe(vector.signature);
  });

  const path = join(import.meta.dirname, '../../../../shared/data/vectors/standard_webhooks.json');
  it.skipIf(!existsSync(path))('agree with ../shared/data/vectors/standard_webhooks.json (skipped when absent)', () => {
    const { symmetric } = JSON.parse(readFileSync(path, 'utf8')) as { symmetric: Vector[] };
    expect(symmetric.length).toBeGreaterThan(0);
    for (const vector of symmetric) expect(sign(vector)).toBe(vector.signature);
  });

  it('are two while two secrets hold, and either secret verifies', () => {
    const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_plJ3nmyCDGBKInavdOK15jsl'];
    const body = '{"type":"order.paid"}';
    const headers = signedHeaders('msg_1', body, new Date(), secrets);
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    for (const secret of secrets) expect(new Webhook(secret).verify(body, headers)).toEqual({ type: 'order.paid' });
    expect(() => new Webhook('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA').verify(body, headers)).toThrow();
    expect(() => new Webhook(secrets[0] ?? '').verify(`${body} `, headers)).toThrow();
  });
});

describe('the body', () => {
  it('has the shape that docs/webhooks.md promises', () => {
    const body = bodyOf({
      eventName: 'order.paid',
      occurredAt: new Date('2026-11-21T08:00:00Z'),
      customerId: 17,
      accounts: [{ kind: 'phone', value: '13800000001' }],
      source: 'shop',
      staffId: null,
      codeId: 3,
      properties: { amountFen: 1200 },
    });
    expect(body).toBe(
      '{"type":"order.paid","timestamp":"2026-11-21T08:00:00.000Z","data":{"customerId":17,' +
        '"accounts":[{"kind":"phone","value":"13800000001"}],"source":"shop","staffId":null,"codeId":3,' +
        '"properties":{"amountFen":1200}}}',
    );
  });

  it('names no customer where there is none', () => {
    const nobody = { eventName: 'tag.changed', occurredAt: new Date(0), customerId: 0, accounts: [], source: 'wecom' };
    expect(JSON.parse(bodyOf({ ...nobody, staffId: null, codeId: null, properties: {} }))).toMatchObject({
      data: { customerId: null, accounts: [] },
    });
  });
});

describe('addresses', () => {
  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:a00:1',
    '::127.0.0.1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '64:ff9b::7f00:1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:db8::1',
    '2002:7f00:1::',
    'not an address',
    '',
  ])('%s is inside the house, or nowhere', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '223.255.255.255',
    '::ffff:1.1.1.1',
    '2606:4700:4700::1111',
    '2400:3200::1',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['https://hooks.example.com/siyu', undefined],
    ['https://hooks.example.com:8443/', undefined],
    ['https://1.1.1.1/', undefined],
    ['http://hooks.example.com/', 'not_https'],
    ['ftp://hooks.example.com/', 'malformed'],
    ['nonsense', 'malformed'],
    ['https://user:word@hooks.example.com/', 'credentials'],
    ['https://user@hooks.example.com/', 'credentials'],
    ['https://127.0.0.1/', 'address_private'],
    ['https://127.1/', 'address_private'],
    ['https://2130706433/', 'address_private'],
    ['https://0x7f.0.0.1/', 'address_private'],
    ['https://0177.0.0.1/', 'address_private'],
    ['https://１２７.0.0.1/', 'address_private'],
    ['https://[::1]/', 'address_private'],
    ['https://[::ffff:127.0.0.1]/', 'address_private'],
    ['https://[fd00::1]:8080/', 'address_private'],
    ['https://localhost/', 'address_private'],
    ['https://LOCALHOST./', 'address_private'],
    ['https://db.internal/', 'address_private'],
    ['https://printer.local/', 'address_private'],
  ])('%s: %s', (url, problem) => {
    expect(problemOfUrl(url, false)).toBe(problem);
  });

  it('may be private where the server is set so, still without credentials', () => {
    expect(problemOfUrl('http://127.0.0.1:8080/hook', true)).toBeUndefined();
    expect(problemOfUrl('http://receiver.local/hook', true)).toBeUndefined();
    expect(problemOfUrl('http://u:p@127.0.0.1/', true)).toBe('credentials');
    expect(problemOfUrl('file:///etc/passwd', true)).toBe('malformed');
  });

  it('are read out of a URL only where they stand', () => {
    expect(addressIn(new URL('https://[::1]:80/'))).toBe('::1');
    expect(addressIn(new URL('https://a.test/'))).toBeUndefined();
  });
});
