import type { MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { ResultAsync } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import { once, read } from './call.js';
import { allPages } from './paging.js';

export type { MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';

/** Results of every page, one per query and page: a query's data may be spread over several. Timestamps are the periods' beginnings. */
export function getMetricData(env: Environment, queries: readonly MetricDataQuery[], range: { readonly start: Date; readonly end: Date }): ResultAsync<readonly MetricDataResult[], AwsError> {
  return allPages((NextToken) =>
    read(env, { action: 'cloudwatch:GetMetricData' }, async () => {
      const { sdk, client } = await env[internals].clients.cloudwatch();
      const page = await client.send(
        new sdk.GetMetricDataCommand({
          MetricDataQueries: [...queries],
          StartTime: range.start,
          EndTime: range.end,
          ScanBy: 'TimestampAscending',
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      );
      return { items: page.MetricDataResults ?? [], next: page.NextToken };
    }),
  );
}

export interface PutMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Puts one value, in one attempt: the next comes by itself. Goes out also when the environment was aborted, and needs no lock: it changes nothing that a run is about. */
export function putMetric(env: Environment, { namespace, name, dimensions, value }: PutMetric): ResultAsync<void, AwsError> {
  return once(env, { action: 'cloudwatch:PutMetricData' }, async () => {
    const { sdk, client } = await env[internals].clients.cloudwatch();
    const MetricData = [{ MetricName: name, Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })), Value: value, Unit: sdk.StandardUnit.None }];
    await client.send(new sdk.PutMetricDataCommand({ Namespace: namespace, MetricData }));
  });
}
