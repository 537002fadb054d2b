import { describe, expect, it } from 'vitest';
import { hasJumpedSince, lockTime, momentOf } from './lock-time.js';
import { testEnvironment } from './testing/environment.js';

/** An environment whose clock can be set, and which counts steady time besides. */
function settable() {
  const { clock, store } = testEnvironment();
  const times = { now: 1_000_000, steady: 500, store: 2_000_000 };
  const { env } = testEnvironment({ clock: { ...clock, now: () => times.now, steady: () => times.steady }, store: { ...store, now: () => times.store } });
  return { env, times };
}

describe('lockTime', () => {
  it('is the store’s own, where it has one', () => {
    const { env, times } = settable();
    expect([lockTime(env), lockTime(testEnvironment().env)]).toEqual([times.store, Date.parse('2026-11-23T23:00:00Z')]);
    expect(momentOf(env)).toEqual({ now: 1_000_000, steady: 500, lockTime: 2_000_000 });
  });
});

describe('hasJumpedSince', () => {
  it.each([
    [0, 0, false],
    [60_000, 60_000, false],
    [65_000, 60_000, false],
    [55_000, 60_000, false],
    [65_001, 60_000, true],
    [54_999, 60_000, true],
    [-3_600_000, 0, true],
  ])('by a clock that has gone %i ms in %i ms of steady time: %s', (now, steady, jumped) => {
    const { env, times } = settable();
    const before = momentOf(env);
    times.now += now;
    times.steady += steady;
    // what the store's clock does says nothing of this one
    times.store += 3_600_000;
    expect(hasJumpedSince(env, before)).toBe(jumped);
  });
});
