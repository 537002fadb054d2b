import type { CloudContext } from '../context.js';

export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface Statistics {
  readonly sum: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
}

export interface MinuteDatum extends Statistics {
  /** Start of the minute, milliseconds since the epoch. */
  readonly minute: number;
  readonly unit: string | undefined;
}

export interface MetricStore {
  add(metric: MetricIdentity, at: number, statistics: Statistics, unit: string | undefined): void;
  /** Readable data of a metric, by time. */
  readable(metric: MetricIdentity): readonly MinuteDatum[];
  /** Metrics of which something is readable. */
  readableMetrics(): readonly MetricIdentity[];
}

const minuteMs = 60_000;

interface StoredDatum extends MinuteDatum {
  readonly readableAt: number;
}

export function createMetricStore({ clock, timing }: Pick<CloudContext, 'clock' | 'timing'>): MetricStore {
  const metrics = new Map<string, { readonly identity: MetricIdentity; readonly minutes: Map<number, StoredDatum> }>();
  const isReadable = ({ readableAt }: StoredDatum): boolean => readableAt <= clock.now();
  const readableAt = (minute: number): number => {
    const [shortest, longest] = timing.metricDelay;
    return Math.max(minute + minuteMs, clock.now()) + shortest + clock.random() * (longest - shortest);
  };

  return {
    add(identity, at, statistics, unit) {
      const key = keyOf(identity);
      const metric = metrics.get(key) ?? { identity, minutes: new Map<number, StoredDatum>() };
      metrics.set(key, metric);
      const minute = Math.floor(at / minuteMs) * minuteMs;
      const present = metric.minutes.get(minute);
      metric.minutes.set(minute, { ...merge(present, statistics), minute, unit: unit ?? present?.unit, readableAt: present?.readableAt ?? readableAt(minute) });
    },
    readable: (identity) => [...(metrics.get(keyOf(identity))?.minutes.values() ?? [])].filter(isReadable).sort((a, b) => a.minute - b.minute),
    readableMetrics: () => [...metrics.values()].filter(({ minutes }) => [...minutes.values()].some(isReadable)).map(({ identity }) => identity),
  };
}

export function merge(a: Statistics | undefined, b: Statistics): Statistics {
  if (a === undefined) return { sum: b.sum, count: b.count, min: b.min, max: b.max };
  return { sum: a.sum + b.sum, count: a.count + b.count, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

function keyOf({ namespace, name, dimensions }: MetricIdentity): string {
  return JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
