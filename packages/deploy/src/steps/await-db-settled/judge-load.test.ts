import { describe, expect, it } from 'vitest';
import { judgeLoad } from './judge-load.js';
import type { MetricName, Series } from './metrics.js';
import type { Bound } from './thresholds.js';

const at = (time: string) => Date.parse(`2026-11-23T${time}Z`);
const bounds = new Map<MetricName, Bound>([['CPUUtilization', { atMost: 30 }], ['WriteIOPS', { atMost: 100 }]]);
const question = { since: at('10:00:30'), settledSeconds: 180, bounds };

function series(cpu: Record<string, number>, iops: Record<string, number>, credits?: Record<string, number>): ReadonlyMap<MetricName, Series> {
  const of = (values: Record<string, number>): Series => new Map(Object.entries(values).map(([time, value]) => [at(time), value]));
  return new Map<MetricName, Series>([['CPUUtilization', of(cpu)], ['WriteIOPS', of(iops)], ...(credits === undefined ? [] : [['CPUCreditBalance', of(credits)] as const])]);
}

const calm = { '10:01:00': 5, '10:02:00': 5, '10:03:00': 5 };

describe('judgeLoad', () => {
  it('is settled after enough whole minutes within every bound', () => {
    expect(judgeLoad(series(calm, calm), question)).toMatchObject({ settled: true, settledMinutes: 3 });
  });

  it('does not count minutes that began before the migration’s end', () => {
    const before = { '09:58:00': 5, '09:59:00': 5, '10:00:00': 5, '10:01:00': 5 };
    expect(judgeLoad(series(before, before), question)).toMatchObject({ settled: false, settledMinutes: 1 });
  });

  it('takes a minute without a datum for unknown, not for calm', () => {
    expect(judgeLoad(series({ '10:01:00': 5, '10:03:00': 5 }, calm), question)).toMatchObject({ settled: false, settledMinutes: 1 });
    expect(judgeLoad(series({}, {}), question)).toMatchObject({ settled: false, settledMinutes: 0 });
  });

  it('looks at the newest minutes that all metrics are known for', () => {
    const later = { '10:01:00': 90, '10:02:00': 5, '10:03:00': 5, '10:04:00': 5 };
    expect(judgeLoad(series(later, calm), question)).toMatchObject({ settled: false });
    expect(judgeLoad(series(later, later), { ...question, bounds: new Map([['CPUUtilization', { atMost: 30 }], ['WriteIOPS', { atMost: 100 }]]) })).toMatchObject({ settled: true });
  });

  it('tells the worst value of each metric in the window', () => {
    const judged = judgeLoad(series({ ...calm, '10:02:00': 66 }, calm), question);
    expect(judged.metrics).toEqual([
      { metric: 'CPUUtilization', bound: { atMost: 30 }, worst: 66, known: true, within: false },
      { metric: 'WriteIOPS', bound: { atMost: 100 }, worst: 5, known: true, within: true },
    ]);
    expect(judged.settled).toBe(false);
  });

  it('goes by the last credit balance since the end, which comes every five minutes only', () => {
    const withCredits = { ...question, bounds: new Map<MetricName, Bound>([...bounds, ['CPUCreditBalance', { atLeast: 5 }]]) };
    expect(judgeLoad(series(calm, calm, { '10:01:00': 12 }), withCredits)).toMatchObject({ settled: true });
    expect(judgeLoad(series(calm, calm, { '10:01:00': 2 }), withCredits)).toMatchObject({ settled: false });
    expect(judgeLoad(series(calm, calm, { '09:56:00': 12 }), withCredits)).toMatchObject({ settled: false });
  });
});
