import { DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client, ModifyTargetGroupCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { deployWithMigration } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

let cloud: LocalCloud | undefined;
afterEach(() => cloud?.stop());

describe('a version that takes a minute to answer its health check', () => {
  it('comes up where its target group gives it three, also while that is tuned', async () => {
    const process = await startShop();
    ({ cloud } = process);
    const { requestHandler, credentials } = cloud.connection.aws;
    const client = new ElasticLoadBalancingV2Client({ region: 'eu-central-1', requestHandler: requestHandler as never, credentials });
    const targetGroup = async () => (await client.send(new DescribeTargetGroupsCommand({ Names: ['web'] }))).TargetGroups![0]!;
    const settings = { HealthCheckIntervalSeconds: 60, HealthCheckTimeoutSeconds: 15, UnhealthyThresholdCount: 3 };
    await client.send(new ModifyTargetGroupCommand({ TargetGroupArn: (await targetGroup()).TargetGroupArn, ...settings }));
    cloud.pushImage({ reference: `shop:web-${nextVersion}`, model: { kind: 'server', version: nextVersion, fitsSchemas: ['two'], startsForSeconds: 60 } });

    (await deployWithMigration(process.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap();
    const stopped = cloud.inspect.tasks().filter(({ group, lastStatus, containers }) => group === 'service:web' && lastStatus === 'STOPPED' && containers.some(({ image }) => image.includes('@')));
    expect(stopped).toEqual([]);
    expect(await targetGroup()).toMatchObject(settings);
  });
});
