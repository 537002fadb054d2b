import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand, RegisterScalableTargetCommand } from '@aws-sdk/client-application-auto-scaling';
import { ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { connect, deployWithMigration } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, shop, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start(): Promise<ShopProcess> {
  const process = await startShop();
  clouds.push(process.cloud);
  return process;
}

const config = (cloud: LocalCloud) => ({ region: 'eu-central-1', credentials: cloud.connection.aws.credentials, requestHandler: cloud.connection.aws.requestHandler as never });

/** What Auto Scaling does, as far as ECS is concerned. */
async function scaleTo(cloud: LocalCloud, desiredCount: number): Promise<void> {
  await new ECSClient(config(cloud)).send(new UpdateServiceCommand({ cluster: 'shop', service: 'web', desiredCount }));
}

/** A release whose requests take their time, so that its waits look for foreign changes; `act` happens as a step begins. */
async function release({ cloud, store }: ShopProcess, step?: string, act?: () => Promise<void>) {
  let acting: Promise<void> | undefined;
  const fetch: typeof globalThis.fetch = async (...request) => {
    await cloud.clock.sleep(5_000);
    return cloud.connection.fetch(...request);
  };
  const report = (event: { readonly type: string; readonly step?: string | undefined }) => {
    if (event.type === 'step-started' && event.step === step) acting ??= act?.();
  };
  const env = (await connect(shop, { ...cloud.connection, fetch, runStore: store, reporters: [{ report }] }))._unsafeUnwrap();
  const result = await deployWithMigration(env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 });
  await acting;
  return result;
}

const countOf = (cloud: LocalCloud) => cloud.inspect.services().find(({ name }) => name === 'web')?.desiredCount;
const suspension = { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true, ScheduledScalingSuspended: true };
const identity = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', ResourceId: 'service/shop/web' } as const;

describe('a release of a service that scales', () => {
  it.each(['verify-deployment', 'gate-off'])('goes on when Auto Scaling starts a task in %s', async (step) => {
    const process = await start();
    const report = (await release(process, step, () => scaleTo(process.cloud, 3)))._unsafeUnwrap();
    expect(report.maintenance).toBe('off');
    expect(countOf(process.cloud)).toBe(3);
  });

  it('goes on when Auto Scaling takes back what was put back', async () => {
    const process = await start();
    await scaleTo(process.cloud, 3);
    await process.cloud.clock.sleep(120_000);
    expect((await release(process, 'verify-deployment', () => scaleTo(process.cloud, 2)))._unsafeUnwrap().maintenance).toBe('off');
  });

  it('ends when somebody leaves the limits of its scaling', async () => {
    const process = await start();
    expect((await release(process, 'verify-deployment', () => scaleTo(process.cloud, 5)))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Conflict',
      reason: 'foreign-change',
      changes: ['service web: desired count 2 to 4 -> 5'],
    });
  });

  it('leaves scaling suspended that was found suspended', async () => {
    const process = await start();
    const client = new ApplicationAutoScalingClient(config(process.cloud));
    await client.send(new RegisterScalableTargetCommand({ ...identity, SuspendedState: suspension }));
    expect((await release(process))._unsafeUnwrap().maintenance).toBe('off');
    const { ScalableTargets } = await client.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }));
    expect(ScalableTargets).toMatchObject([{ MinCapacity: 2, MaxCapacity: 4, SuspendedState: suspension }]);
    expect(countOf(process.cloud)).toBe(2);
  });
});
