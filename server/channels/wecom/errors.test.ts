import { expect, test } from 'vitest';
import { explainErrcode, explainedErrcodes } from './errors.ts';

test.each([
  ['a busy system', -1, { retryable: true, remedy: 'wait' }],
  ['a spent frequency', 45009, { retryable: true, remedy: 'wait' }],
  ['too many calls at once', 45033, { retryable: true, remedy: 'reduce_parallelism' }],
  ['a wrong secret', 40001, { retryable: false, remedy: 'check_secret' }],
  ['a wrong corp id', 40013, { retryable: false, remedy: 'check_corp_id' }],
  ['a foreign IP', 60020, { retryable: false, remedy: 'add_trusted_ip' }],
  ['a missing permission', 48002, { retryable: false, remedy: 'grant_api_permission' }],
  ['staff out of range', 60011, { retryable: false, remedy: 'widen_visible_range' }],
  ['staff without customer contact', 84074, { retryable: false, remedy: 'enable_customer_contact' }],
  ['staff that never signed in', 41054, { retryable: false, remedy: 'staff_not_activated' }],
  ['a dead welcome code', 41050, { retryable: false, remedy: 'expired' }],
  ['a welcome that was delivered', 41051, { retryable: false, remedy: 'none' }],
  ['a mass message on its way', 41063, { retryable: true, remedy: 'wait' }],
  ['nobody to send to', 41048, { retryable: false, remedy: 'limit_reached' }],
  ['a third reminder too many', 41094, { retryable: false, remedy: 'limit_reached' }],
  ['a corp without Moments', 41211, { retryable: false, remedy: 'grant_api_permission' }],
  ['a refused word', 40201, { retryable: false, remedy: 'content_refused' }],
  ['too many tags', 40126, { retryable: false, remedy: 'limit_reached' }],
  ['a code nobody has documented', 999999, { retryable: false, remedy: 'report_bug' }],
])('%s is explained', (_what, code, explanation) => {
  expect(explainErrcode(code)).toEqual(explanation);
});

test('no code has two explanations', () => {
  expect(new Set(explainedErrcodes).size).toBe(explainedErrcodes.length);
});
