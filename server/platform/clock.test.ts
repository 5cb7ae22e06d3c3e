import { describe, expect, it } from 'vitest';
import { createScaledClock, systemClock } from './clock.ts';

const near = (at: Date, ms: number) => expect(Math.abs(at.getTime() - ms)).toBeLessThan(500);

describe('a clock', () => {
  it('is the time of the machine at first', () => {
    near(systemClock.now(), Date.now());
    near(createScaledClock().now(), Date.now());
  });

  it('runs as fast as it is told, from where it is told', () => {
    const simMs = Date.parse('2026-11-01T00:00:00Z');
    const clock = createScaledClock({ realMs: Date.now() - 10_000, simMs, speed: 1000 });
    expect(clock.now().getTime() - simMs).toBeGreaterThanOrEqual(10_000_000);
    expect(clock.now().getTime() - simMs).toBeLessThan(10_500_000);
  });

  it('stands still at speed 0', () => {
    const clock = createScaledClock({ realMs: 0, simMs: 5000, speed: 0 });
    expect(clock.now()).toEqual(new Date(5000));
  });

  it('follows each new setting, and two with one setting agree', () => {
    const [a, b] = [createScaledClock(), createScaledClock()];
    const setting = { realMs: Date.now(), simMs: Date.parse('2030-01-01T00:00:00Z'), speed: 0 };
    a.set(setting);
    b.set(setting);
    expect(a.now()).toEqual(b.now());
    expect(a.now()).toEqual(new Date('2030-01-01T00:00:00Z'));
    a.set({ ...setting, simMs: 1 });
    expect(a.now()).toEqual(new Date(1));
  });
});
