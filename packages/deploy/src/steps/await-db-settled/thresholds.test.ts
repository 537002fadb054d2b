import { describe, expect, it } from 'vitest';
import { boundOf, isWithin, thresholdProblems } from './thresholds.js';

const hour = new Map([[0, 300], [1, 500]]);

describe('boundOf', () => {
  it('is an amount, or a multiple of the hour before, whichever is larger', () => {
    expect(boundOf('ReadIOPS', { readIops: { atMost: 50 } }, hour)).toEqual({ atMost: 50 });
    expect(boundOf('ReadIOPS', { readIops: { timesHourBefore: 0.5 } }, hour)).toEqual({ atMost: 200 });
    expect(boundOf('ReadIOPS', { readIops: { atMost: 50, timesHourBefore: 0.5 } }, hour)).toEqual({ atMost: 200 });
    expect(boundOf('ReadIOPS', {}, hour)).toEqual({ atMost: 400 });
  });

  it('falls back to an amount when nothing is known of the hour before', () => {
    expect(boundOf('ReadIOPS', { readIops: { timesHourBefore: 0.5 } }, new Map())).toEqual({ atMost: 100 });
    expect(boundOf('CPUUtilization', {}, undefined)).toEqual({ atMost: 30 });
  });

  it('holds credits to a minimum', () => {
    expect(boundOf('CPUCreditBalance', {}, hour)).toEqual({ atLeast: 5 });
    expect(boundOf('CPUCreditBalance', { cpuCreditsAtLeast: 40 }, hour)).toEqual({ atLeast: 40 });
    expect(isWithin(4, { atLeast: 5 })).toBe(false);
    expect(isWithin(5, { atLeast: 5 })).toBe(true);
  });
});

describe('thresholdProblems', () => {
  it('tells every wrong threshold', () => {
    expect(thresholdProblems({ cpuPercent: { atMost: -1 }, readIops: {}, diskQueueDepth: 3, cpuCreditsAtLeast: Number.NaN, cpu: { atMost: 3 }, writeIops: { atMost: 1, timesHourBefore: Infinity } } as never)).toEqual([
      'thresholds.cpuPercent.atMost: expected a number, 0 or more, got -1 (number)',
      'thresholds.readIops: expected atMost, timesHourBefore or both, got neither',
      'thresholds.diskQueueDepth: expected { atMost } or { timesHourBefore }, got 3 (number)',
      'thresholds.cpuCreditsAtLeast: expected a number, 0 or more, got NaN (number)',
      'thresholds.cpu: unknown key; known are cpuPercent, diskQueueDepth, readIops, writeIops, dbLoad, cpuCreditsAtLeast',
      'thresholds.writeIops.timesHourBefore: expected a number, 0 or more, got Infinity (number)',
    ]);
    expect(thresholdProblems(undefined)).toEqual([]);
    expect(thresholdProblems({ cpuPercent: { atMost: 10 }, dbLoad: undefined, cpuCreditsAtLeast: 0 })).toEqual([]);
    expect(thresholdProblems('low' as never)).toEqual(["thresholds: expected an object, got 'low' (string)"]);
  });
});

describe('what is a quiet database by default', () => {
  it.each([
    ['CPUUtilization', 30],
    ['DiskQueueDepth', 1],
    ['ReadIOPS', 100],
    ['WriteIOPS', 100],
    ['DBLoad', 1],
  ] as const)('has of %s at most %d, or what the hour before had on average', (metric, atMost) => {
    expect(boundOf(metric, {}, undefined)).toEqual({ atMost });
    expect(boundOf(metric, {}, new Map([[0, 1000], [60_000, 3000]]))).toEqual({ atMost: 2000 });
    expect([isWithin(atMost, { atMost }), isWithin(atMost + 0.1, { atMost })]).toEqual([true, false]);
  });
});
