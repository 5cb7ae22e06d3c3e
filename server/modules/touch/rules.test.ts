import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChannelTraits, type Receipt, settle, type TouchReason } from './rules.ts';

const once: ChannelTraits = { isRepeatable: false };
const repeatable: ChannelTraits = { isRepeatable: true };
const early = { attempts: 1, mayHaveArrived: false, machineNow: 1000, deadlineAt: 21_000 };
const refused = (reason: TouchReason, retryable = false): Receipt => ({
  outcome: 'refused',
  reason,
  retryable,
  message: 'm',
});
const unreachable: Receipt = { outcome: 'unreachable', message: 'm' };
const unknown: Receipt = { outcome: 'unknown', message: 'm' };

describe('an attempt to send', () => {
  it('that was accepted is submitted', () => {
    expect(settle({ outcome: 'accepted' }, early, once)).toEqual({ state: 'submitted', reason: null, message: null });
    expect(settle({ outcome: 'accepted' }, { ...early, machineNow: 99_000 }, once)).toMatchObject({
      state: 'submitted',
    });
  });

  it('that was refused for good has failed, with its reason', () => {
    expect(settle(refused('content_refused'), early, once)).toEqual({
      state: 'failed',
      reason: 'content_refused',
      message: 'm',
    });
    expect(settle(refused('not_permitted'), early, repeatable)).toMatchObject({ state: 'failed' });
  });

  it('whose code had expired was missed', () => {
    expect(settle(refused('code_expired'), early, once)).toMatchObject({ state: 'missed', reason: 'code_expired' });
  });

  it('that is refused because the chat has begun was good news if an earlier one may have arrived', () => {
    const again = { ...early, attempts: 2, mayHaveArrived: true };
    expect(settle(refused('chat_started'), again, repeatable)).toMatchObject({
      state: 'submitted',
      reason: 'confirmed_by_repeat',
    });
    expect(settle(refused('chat_started'), early, repeatable)).toMatchObject({
      state: 'failed',
      reason: 'chat_started',
    });
    expect(settle(refused('content_refused'), again, repeatable)).toMatchObject({ state: 'failed' });
  });

  it('that reached nobody is tried again while there is time, and then missed', () => {
    expect(settle(unreachable, early, once)).toEqual({ state: 'allowed', retryInMs: 200, message: 'm' });
    expect(settle(refused('platform_refused', true), early, once)).toMatchObject({ state: 'allowed' });
    expect(settle(unreachable, { ...early, machineNow: 20_900 }, once)).toMatchObject({
      state: 'missed',
      reason: 'platform_unreachable',
    });
    expect(settle(refused('platform_refused', true), { ...early, machineNow: 20_900 }, once)).toMatchObject({
      state: 'missed',
      reason: 'platform_refused',
    });
  });

  it('pauses longer each time, up to a bound', () => {
    const pauses = Array.from({ length: 12 }, (_, i) => {
      const settlement = settle(unreachable, { ...early, attempts: i + 1, deadlineAt: 1e9 }, once);
      return settlement.state === 'allowed' ? settlement.retryInMs : undefined;
    });
    expect(pauses.slice(0, 6)).toEqual([200, 500, 1000, 2000, 3000, 4000]);
    expect(new Set(pauses.slice(6))).toEqual(new Set([4000]));
  });

  it('without an answer is never sent again by itself, unless repeating is harmless', () => {
    expect(settle(unknown, early, once)).toEqual({ state: 'unknown', reason: 'no_answer', message: 'm' });
    expect(settle(unknown, early, repeatable)).toMatchObject({ state: 'allowed' });
    expect(settle(unknown, { ...early, machineNow: 21_000 }, repeatable)).toMatchObject({
      state: 'unknown',
      reason: 'no_answer',
    });
  });

  it('is never planned past its deadline, and ends with a reason unless it was accepted', () => {
    const receipt = fc.oneof(
      fc.constant<Receipt>({ outcome: 'accepted' }),
      fc.constant(unreachable),
      fc.constant(unknown),
      fc
        .tuple(
          fc.constantFrom<TouchReason>('chat_started', 'code_expired', 'platform_refused', 'content_refused'),
          fc.boolean(),
        )
        .map(([reason, retryable]) => refused(reason, retryable)),
    );
    const touch = fc.record({
      attempts: fc.integer({ min: 1, max: 50 }),
      mayHaveArrived: fc.boolean(),
      machineNow: fc.nat(40_000),
      deadlineAt: fc.constant(20_000),
    });
    fc.assert(
      fc.property(receipt, touch, fc.boolean(), (receipt, touch, isRepeatable) => {
        const settlement = settle(receipt, touch, { isRepeatable });
        if (settlement.state === 'allowed') {
          expect(settlement.retryInMs).toBeGreaterThan(0);
          expect(touch.machineNow + settlement.retryInMs).toBeLessThan(touch.deadlineAt);
          expect(receipt.outcome !== 'unknown' || isRepeatable).toBe(true);
        } else {
          expect(settlement.reason === null).toBe(receipt.outcome === 'accepted');
        }
      }),
    );
  });
});
