import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { staleStatus } from './stale-status.js';

/** It is 10 o'clock; an earlier request was made so many seconds ago. */
function stale(secondsAgo: number, meantTo: 'run' | 'be-stopped' = 'be-stopped') {
  const env = testEnvironment();
  return { env, isStale: staleStatus(env, { meantTo, at: new Date(env.clock.time - secondsAgo * 1000).toISOString(), run: 'run-0' }, 'be-stopped') };
}

describe('staleStatus', () => {
  it('doubts what is as before for a minute after the opposite was asked for, and no longer', () => {
    const { env, isStale } = stale(20);
    expect(isStale(true)).toBe(true);
    env.clock.time += 39_999;
    expect(isStale(true)).toBe(true);
    env.clock.time += 1;
    expect(isStale(true)).toBe(false);
  });

  it('doubts nothing any more once a read has shown the effect', () => {
    const { isStale } = stale(20);
    expect(isStale(false)).toBe(false);
    expect(isStale(true)).toBe(false);
  });

  it('doubts nothing after a request that was long ago, for the same, or never', () => {
    expect(stale(60).isStale(true)).toBe(false);
    expect(stale(20, 'run').isStale(true)).toBe(false);
    expect(staleStatus(testEnvironment(), null, 'be-stopped')(true)).toBe(false);
  });

  it('doubts for a minute at most, also where the machine that asked was ahead', () => {
    const { env, isStale } = stale(-3600);
    env.clock.time += 59_999;
    expect(isStale(true)).toBe(true);
    env.clock.time += 1;
    expect(isStale(true)).toBe(false);
  });
});
