import type { ResultAsync } from 'neverthrow';
import { getMetricData, type MetricDataQuery, type MetricDataResult } from '../../aws/cloudwatch.js';
import { internals, type Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';
import { minuteMs } from './drain-minutes.js';

export interface Traffic {
  /** Beginning of a minute -> requests, all target groups together. */
  readonly requests: ReadonlyMap<number, number>;
  /** The balancer's connections in the newest minute that has a datum; null when none has. */
  readonly connections: number | null;
}

/** What the balancer reported since a moment: requests of these target groups, and its own connections. */
export function readTraffic(env: Environment, targetGroupArns: readonly string[], since: number): ResultAsync<Traffic, AwsError> {
  const balancer = dimension(env[internals].found.loadBalancerArn, 'loadbalancer/');
  const queries = [
    ...targetGroupArns.map((arn, index) => query(`requests${index}`, 'RequestCount', { LoadBalancer: balancer, TargetGroup: dimension(arn, '') })),
    query('connections', 'ActiveConnectionCount', { LoadBalancer: balancer }),
  ];
  const range = { start: new Date(Math.floor(since / minuteMs) * minuteMs), end: new Date(env.clock.now()) };
  return getMetricData(env, queries, range).map((results) => ({
    requests: sums(results.filter(({ Id }) => Id !== 'connections')),
    connections: [...sums(results.filter(({ Id }) => Id === 'connections'))].sort(([left], [right]) => left - right).at(-1)?.[1] ?? null,
  }));
}

function query(id: string, metric: string, dimensions: Readonly<Record<string, string>>): MetricDataQuery {
  return {
    Id: id,
    MetricStat: {
      Metric: { Namespace: 'AWS/ApplicationELB', MetricName: metric, Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })) },
      Period: minuteMs / 1000,
      Stat: 'Sum',
    },
    ReturnData: true,
  };
}

/** `app/graasp-dev/50dc…`, `targetgroup/graasp/73e2…`: the end of the ARN, without the word that only the ARN has. */
function dimension(arn: string, without: string): string {
  const resource = arn.split(':').slice(5).join(':');
  return resource.startsWith(without) ? resource.slice(without.length) : resource;
}

function sums(results: readonly MetricDataResult[]): ReadonlyMap<number, number> {
  const sum = new Map<number, number>();
  for (const { Timestamps = [], Values = [] } of results) {
    Timestamps.forEach((timestamp, index) => sum.set(timestamp.getTime(), (sum.get(timestamp.getTime()) ?? 0) + (Values[index] ?? 0)));
  }
  return sum;
}
