import { describe, expect, it } from 'vitest';
import { awayText, isSuspended } from './baseline.js';

describe('awayText', () => {
  it('names what is away for people: target groups by their names', () => {
    expect(awayText([])).toBe('');
    expect(awayText(['gate', 'service:web', 'target-group:arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web-blue/73e2d6bc24d8a067', 'database'])).toBe('gate, service:web, target-group:web-blue, database');
  });

  it('leaves other keys as they are', () => {
    expect(awayText(['target-group:web', 'service:targetgroup/a/b'])).toBe('target-group:web, service:targetgroup/a/b');
  });
});

describe('isSuspended', () => {
  const all = { dynamicScalingIn: true, dynamicScalingOut: true, scheduledScaling: true };
  const scaling = (suspended: typeof all) => isSuspended({ resourceId: 'service/a/b', minCapacity: 1, maxCapacity: 2, suspended });

  it('is so only where nothing of it changes counts any more', () => {
    expect(scaling(all)).toBe(true);
    expect(Object.keys(all).map((one) => scaling({ ...all, [one]: false }))).toEqual([false, false, false]);
  });
});
