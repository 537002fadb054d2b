import { readFileSync } from 'node:fs';
import { CloudWatchClient, GetMetricDataCommand, type Metric } from '@aws-sdk/client-cloudwatch';
import { setMaintenance } from '@graasp/deploy';
import { expect, it } from 'vitest';
import { shop, startShop } from './shop.js';

interface Alarm {
  readonly Resources: { readonly RunFellSilent: { readonly Properties: { readonly Metrics: readonly { readonly MetricStat?: { readonly Metric: Metric; readonly Period: number; readonly Stat: string } }[] } } };
}

it('of a run is found where the example of an alarm looks for it, and ends with 0', async () => {
  const { cloud, env } = await startShop({ definition: { ...shop, heartbeat: true } });
  const begun = cloud.clock.now();
  (await setMaintenance(env, 'on'))._unsafeUnwrap();
  await cloud.clock.sleep(600_000);

  const { Resources } = JSON.parse(readFileSync(new URL('../examples/operations/dead-mans-switch.json', import.meta.url), 'utf8')) as Alarm;
  const { Metric, Period, Stat } = Resources.RunFellSilent.Properties.Metrics[0]!.MetricStat!;
  const ours = { ...Metric, Dimensions: [{ Name: Metric.Dimensions?.[0]?.Name, Value: 'shop' }] };
  const client = new CloudWatchClient({ region: shop.region, ...cloud.connection.aws } as object);
  const { MetricDataResults } = await client.send(
    new GetMetricDataCommand({
      MetricDataQueries: [Stat, 'Maximum'].map((stat, index) => ({ Id: `q${index}`, MetricStat: { Metric: ours, Period, Stat: stat } })),
      StartTime: new Date(begun),
      EndTime: new Date(cloud.clock.now()),
    }),
  );
  expect(MetricDataResults?.map(({ Values }) => Values)).toEqual([[0], [1]]);
});
