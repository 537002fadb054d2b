import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { secondsSince, startDeadline } from './deadline.js';

describe('startDeadline', () => {
  it('tells what is left in whole seconds, and never less than one: a wait looks once at least', () => {
    const env = testEnvironment();
    const secondsLeft = startDeadline(env, 10);
    expect(secondsLeft()).toBe(10);
    env.clock.time += 1;
    expect(secondsLeft()).toBe(10);
    env.clock.time += 8_999;
    expect(secondsLeft()).toBe(1);
    env.clock.time += 60_000;
    expect(secondsLeft()).toBe(1);
  });
});

describe('secondsSince', () => {
  it('tells whole seconds', () => {
    const env = testEnvironment();
    const startedAt = env.clock.time;
    env.clock.time += 1_499;
    expect(secondsSince(env, startedAt)).toBe(1);
    env.clock.time += 1;
    expect(secondsSince(env, startedAt)).toBe(2);
  });
});
