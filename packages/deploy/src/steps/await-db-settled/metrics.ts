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

/** Averages by minute of each metric. Minutes that CloudWatch has no datum for are not in it: they are unknown, not zero. */
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
          return [name, new Map(found.flatMap(({ Timestamps = [], Values = [] }) => Timestamps.map((at, index): [number, number] => [at.getTime(), Values[index] ?? Number.NaN])))];
        }),
      ),
  );
}
