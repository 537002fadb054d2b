import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { attachLocalCloud } from './attach-local-cloud.js';
import type { CloudDescription } from './cloud-description.js';
import { smallBlueprint, smallImages, startSmallCloud } from './test-cloud.js';
import { startLocalCloud } from './start-local-cloud.js';

describe('attachLocalCloud', () => {
  it('reaches services, visitors and time of the described cloud', async () => {
    await using cloud = await startLocalCloud({ blueprint: smallBlueprint, images: smallImages, hosts: 'real', scale: 60 });

    const { aws, fetch, clock } = attachLocalCloud(JSON.parse(JSON.stringify(cloud.describe())) as CloudDescription);

    const ecs = new ECSClient({ region: smallBlueprint.region, endpoint: aws.endpoint ?? '', credentials: aws.credentials });
    const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'small', services: ['web'] }));
    expect(services?.[0]?.runningCount).toBe(1);
    expect((await fetch('https://web.small.test/')).status).toBe(200);
    expect((await fetch('https://unknown.small.test/', { redirect: 'manual' }).catch((error: Error) => (error.cause as Error).message))).toBe(
      'getaddrinfo ENOTFOUND unknown.small.test: no listener of the local cloud serves it',
    );
    const challenges = await Promise.all([fetch, cloud.connection.fetch].map(async (ask) => (await ask('https://public.ecr.aws/v2/')).headers.get('www-authenticate')));
    expect(challenges).toEqual(Array(2).fill('Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"'));
    expect((await fetch(`https://123456789012.dkr.ecr.${smallBlueprint.region}.amazonaws.com/v2/`, { headers: { authorization: `Basic ${btoa('AWS:rehearsal')}` } })).status).toBe(200);
    expect(cloud.inspect.visits.map(({ url }) => url)).not.toContain('https://public.ecr.aws/v2/');
    // 60 times as fast: half a second is 8 ms of the machine's time
    expect(Math.abs(clock.now() - cloud.clock.now())).toBeLessThan(500);
  }, 60_000);

  it('draws other chances than another process does', () => {
    const description: CloudDescription = { endpoint: 'http://127.0.0.1:1', pageUrl: 'http://127.0.0.1:1/', listeners: [], registryHosts: [], clock: { machineTime: 0, cloudTime: 0, scale: 60 } };

    expect(attachLocalCloud(description).clock.random()).not.toBe(attachLocalCloud(description).clock.random());
  });
});

describe('describe of a local cloud', () => {
  it('throws for a cloud that no other process can reach', async () => {
    await using cloud = await startSmallCloud();

    expect(() => cloud.describe()).toThrow('Another process can only reach a local cloud with real hosts, http, and a real or scaled clock.');
  });
});
