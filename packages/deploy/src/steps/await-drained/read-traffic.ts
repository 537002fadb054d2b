import type { ResultAsync } from 'neverthrow';
import { getMetricData, type MetricDataQuery, type MetricDataResult } from '../../aws/cloudwatch.js';
import { internals, type Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';
import { minuteMs } from './drain-minutes.js';

export interface Traffic {
  /** Beginning of a minute -> requests, by the name of the target group. */
  readonly requests: ReadonlyMap<number, Readonly<Record<string, number>>>;
  /** The balancer's connections in the newest minute that has a datum; null when none has. */
  readonly connections: number | null;
}

/** What the balancer reported between two moments: requests of these target groups, and its own connections. */
export function readTraffic(env: Environment, targetGroupArns: readonly string[], { from, to }: { readonly from: number; readonly to: number }): ResultAsync<Traffic, AwsError> {
  const balancer = dimension(env[internals].found.loadBalancerArn, 'loadbalancer/');
  const queries = [
    ...targetGroupArns.map((arn, index) => query(`requests${index}`, 'RequestCount', { LoadBalancer: balancer, TargetGroup: dimension(arn, '') })),
    query('connections', 'ActiveConnectionCount', { LoadBalancer: balancer }),
  ];
  const range = { start: new Date(Math.floor(from / minuteMs) * minuteMs), end: new Date(to) };
  return getMetricData(env, queries, range).map((results) => ({
    requests: byMinute(results.flatMap((result) => pointsOf(result, targetGroupArns))),
    connections: results.filter(({ Id }) => Id === 'connections').flatMap((result) => pointsOf(result, [])).sort((left, right) => left.at - right.at).at(-1)?.value ?? null,
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

/** `graasp` of `…:targetgroup/graasp/73e2…`. */
function nameOf(targetGroupArn: string): string {
  return targetGroupArn.split('/')[1] ?? targetGroupArn;
}

interface Point {
  readonly at: number;
  readonly value: number;
  /** null: the balancer as a whole. */
  readonly targetGroup: string | null;
}

function pointsOf({ Id = '', Timestamps = [], Values = [] }: MetricDataResult, targetGroupArns: readonly string[]): readonly Point[] {
  const arn = targetGroupArns[Number(Id.replace('requests', ''))];
  return Timestamps.map((timestamp, index) => ({ at: timestamp.getTime(), value: Values[index] ?? 0, targetGroup: arn === undefined ? null : nameOf(arn) }));
}

function byMinute(points: readonly Point[]): ReadonlyMap<number, Readonly<Record<string, number>>> {
  const minutes = new Map<number, Record<string, number>>();
  for (const { at, value, targetGroup } of points) {
    if (targetGroup === null) continue;
    const counted = minutes.get(at) ?? {};
    counted[targetGroup] = (counted[targetGroup] ?? 0) + value;
    minutes.set(at, counted);
  }
  return minutes;
}
