import { expectedGot } from '../../environment/validate.js';
import type { MetricName, Series } from './metrics.js';

/** What a metric must not be above: an amount, or a multiple of its average in the hour before the run; of both, the larger. */
export interface LoadThreshold {
  readonly atMost?: number | undefined;
  readonly timesHourBefore?: number | undefined;
}

export interface SettledThresholds {
  /** CPUUtilization, percent */
  readonly cpuPercent?: LoadThreshold | undefined;
  /** DiskQueueDepth, requests waiting */
  readonly diskQueueDepth?: LoadThreshold | undefined;
  /** ReadIOPS, a second */
  readonly readIops?: LoadThreshold | undefined;
  /** WriteIOPS, a second */
  readonly writeIops?: LoadThreshold | undefined;
  /** DBLoad, average active sessions; where Performance Insights is on */
  readonly dbLoad?: LoadThreshold | undefined;
  /** CPUCreditBalance must be at least this; on burstable classes (`db.t…`) */
  readonly cpuCreditsAtLeast?: number | undefined;
}

type LoadKey = Exclude<keyof SettledThresholds, 'cpuCreditsAtLeast'>;

/**
 * While services are stopped the database should be nearly idle: what is left is vacuum, analyze, a checkpoint. The multiples keep a busy
 * production instance from being held to a small one's numbers. Credits: enough that the first visitors do not meet a throttled processor.
 */
export const defaultThresholds = {
  cpuPercent: { atMost: 30, timesHourBefore: 1 },
  diskQueueDepth: { atMost: 1, timesHourBefore: 1 },
  readIops: { atMost: 100, timesHourBefore: 1 },
  writeIops: { atMost: 100, timesHourBefore: 1 },
  dbLoad: { atMost: 1, timesHourBefore: 1 },
  cpuCreditsAtLeast: 5,
} satisfies Required<SettledThresholds>;

const keyOf: Readonly<Record<Exclude<MetricName, 'CPUCreditBalance'>, LoadKey>> = {
  CPUUtilization: 'cpuPercent',
  DiskQueueDepth: 'diskQueueDepth',
  ReadIOPS: 'readIops',
  WriteIOPS: 'writeIops',
  DBLoad: 'dbLoad',
};

/** The bound that a metric is held to. */
export interface Bound {
  readonly atMost?: number | undefined;
  readonly atLeast?: number | undefined;
}

export function boundOf(metric: MetricName, thresholds: SettledThresholds, hourBefore: Series | undefined): Bound {
  if (metric === 'CPUCreditBalance') return { atLeast: thresholds.cpuCreditsAtLeast ?? defaultThresholds.cpuCreditsAtLeast };
  const threshold: LoadThreshold = thresholds[keyOf[metric]] ?? defaultThresholds[keyOf[metric]];
  const before = [...(hourBefore?.values() ?? [])];
  const average = before.length === 0 ? undefined : before.reduce((sum, value) => sum + value, 0) / before.length;
  const relative = threshold.timesHourBefore === undefined || average === undefined ? undefined : threshold.timesHourBefore * average;
  const bounds = [threshold.atMost, relative].filter((bound) => bound !== undefined);
  // relative alone, and nothing known of the hour before: the default's amount
  return { atMost: bounds.length === 0 ? defaultThresholds[keyOf[metric]].atMost : Math.max(...bounds) };
}

export function isWithin(value: number, bound: Bound): boolean {
  return (bound.atMost === undefined || value <= bound.atMost) && (bound.atLeast === undefined || value >= bound.atLeast);
}

const isAmount = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0;

export function thresholdProblems(thresholds: SettledThresholds | undefined): readonly string[] {
  if (thresholds === undefined) return [];
  if (typeof thresholds !== 'object' || thresholds === null) return [`thresholds: ${expectedGot('an object', thresholds)}`];
  return Object.entries(thresholds).flatMap(([key, value]: [string, unknown]) => {
    if (!(key in defaultThresholds)) return [`thresholds.${key}: unknown key; known are ${Object.keys(defaultThresholds).join(', ')}`];
    if (value === undefined) return [];
    if (key === 'cpuCreditsAtLeast') return isAmount(value) ? [] : [`thresholds.${key}: ${expectedGot('a number, 0 or more', value)}`];
    return loadProblems(key, value);
  });
}

function loadProblems(key: string, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`thresholds.${key}: ${expectedGot('{ atMost } or { timesHourBefore }', value)}`];
  const { atMost, timesHourBefore } = value as { atMost?: unknown; timesHourBefore?: unknown };
  if (atMost === undefined && timesHourBefore === undefined) return [`thresholds.${key}: expected atMost, timesHourBefore or both, got neither`];
  const wrong = Object.entries({ atMost, timesHourBefore }).filter(([, amount]) => amount !== undefined && !isAmount(amount));
  return wrong.map(([name, amount]) => `thresholds.${key}.${name}: ${expectedGot('a number, 0 or more', amount)}`);
}
