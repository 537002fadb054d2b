import { okAsync, type ResultAsync } from 'neverthrow';
import { getMetricData } from '../../aws/cloudwatch.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';

export const minuteMs = 60_000;
/** "Data points with a period of 60 seconds are available for 15 days". */
const keptMs = 15 * 24 * 60 * minuteMs;

/** Minute (its beginning, in milliseconds since the epoch) -> most connections that the database had in it. Minutes of which nothing is known are not there. */
export function databaseConnections(env: Environment, range: { readonly from: number; readonly to: number }): ResultAsync<ReadonlyMap<number, number>, AwsError> {
  const dimensions = [{ Name: 'DBInstanceIdentifier', Value: env.definition.database }];
  const query = { Id: 'connections', MetricStat: { Metric: { Namespace: 'AWS/RDS', MetricName: 'DatabaseConnections', Dimensions: dimensions }, Period: 60, Stat: 'Maximum' } };
  return getMetricData(env, [query], { start: new Date(range.from), end: new Date(range.to) }).map(
    (results) => new Map(results.flatMap(({ Timestamps = [], Values = [] }) => Timestamps.map((at, index): [number, number] => [at.getTime(), Values[index] ?? Number.NaN]))),
  );
}

/** Whether every whole minute in a range is known to have been without a connection. */
export function wasUnused(env: Environment, { from, to }: { readonly from: number; readonly to: number }): ResultAsync<boolean, AwsError> {
  if (env.clock.now() - from >= keptMs) return okAsync(false);
  const first = Math.ceil(from / minuteMs) * minuteMs;
  const end = Math.ceil(to / minuteMs) * minuteMs;
  const minutes = Array.from({ length: Math.max(0, (end - first) / minuteMs) }, (_, index) => first + index * minuteMs);
  return databaseConnections(env, { from: first, to: end }).map((connections) => minutes.every((minute) => connections.get(minute) === 0));
}
