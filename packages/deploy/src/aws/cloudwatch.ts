import type { MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { ResultAsync } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import { read } from './call.js';
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
