import type { ResultAsync } from 'neverthrow';
import { getMetricData } from '../../aws/cloudwatch.js';
import type { DBInstance } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';

/** A metric of `AWS/RDS` and how it is told ("Amazon CloudWatch metrics for Amazon RDS"). */
export type MetricName = 'CPUUtilization' | 'DiskQueueDepth' | 'ReadIOPS' | 'WriteIOPS' | 'DBLoad' | 'CPUCreditBalance';

/** Beginning of a minute, in milliseconds since the epoch -> the metric's average in it. */
export type Series = ReadonlyMap<number, number>;

export const minuteMs = 60_000;

/** Beginning of the first whole minute at or after a time. */
export function firstMinuteFrom(at: number): number {
  return Math.ceil(at / minuteMs) * minuteMs;
}

/** What is measured of an instance: load from Performance Insights where it is on, credits on burstable classes. */
export function metricsOf(instance: DBInstance): readonly MetricName[] {
  return [
    'CPUUtilization',
    'DiskQueueDepth',
    'ReadIOPS',
    'WriteIOPS',
    ...(instance.PerformanceInsightsEnabled === true ? (['DBLoad'] as const) : []),
    ...(instance.DBInstanceClass?.startsWith('db.t') === true ? (['CPUCreditBalance'] as const) : []),
  ];
}

/** DBLoad is published "only if there is load on the DB instance": a minute without a datum is a zero once it has been over for so long. */
const lateMs = 3 * minuteMs;

/** Averages by minute of each metric. Minutes that CloudWatch has no datum for are not in it: they are unknown, not zero, except of DBLoad. */
export function readMetrics(env: Environment, names: readonly MetricName[], range: { readonly from: number; readonly to: number }): ResultAsync<ReadonlyMap<MetricName, Series>, AwsError> {
  const queries = names.map((name) => ({
    Id: name.toLowerCase(),
    MetricStat: {
      Metric: { Namespace: 'AWS/RDS', MetricName: name, Dimensions: [{ Name: 'DBInstanceIdentifier', Value: env.definition.database }] },
      Period: 60,
      Stat: 'Average',
    },
  }));
  return getMetricData(env, queries, { start: new Date(range.from), end: new Date(range.to) }).map(
    (results) =>
      new Map(
        names.map((name) => {
          // one query's data may be spread over several results
          const found = results.filter(({ Id }) => Id === name.toLowerCase());
          const data = found.flatMap(({ Timestamps = [], Values = [] }) => Timestamps.map((at, index): [number, number] => [at.getTime(), Values[index] ?? Number.NaN]));
          return [name, new Map(name === 'DBLoad' ? [...idleMinutes({ from: range.from, to: Math.min(range.to, env.clock.now() - lateMs) }), ...data] : data)];
        }),
      ),
  );
}

/** A zero for every whole minute of the range. */
function idleMinutes({ from, to }: { readonly from: number; readonly to: number }): readonly [number, number][] {
  const first = firstMinuteFrom(from);
  const minutes = Math.max(0, Math.floor((to - first) / minuteMs));
  return Array.from({ length: minutes }, (_, minute): [number, number] => [first + minute * minuteMs, 0]);
}
