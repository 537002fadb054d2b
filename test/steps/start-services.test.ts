import { DescribeTaskDefinitionCommand, ECSClient, RegisterTaskDefinitionCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { connect, deployCore, type Environment, moveTags, type Refused, startServices, stopServices } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, shop, type ShopProcess, startShop } from '../shop.js';
import { migrate } from './migrating-shop.js';

// a whole cloud in virtual time is seconds of a busy machine's
vi.setConfig({ testTimeout: 30_000 });

const clouds = new Set<LocalCloud>();
afterEach(async () => {
  for (const cloud of clouds) await cloud.stop();
  clouds.clear();
});

async function start(): Promise<ShopProcess> {
  const process = await startShop();
  clouds.add(process.cloud);
  process.cloud.pushImage({ reference: 'shop:web-v3.0.0', model: { kind: 'server', version: 'v3.0.0', fitsSchemas: ['two'] } });
  process.cloud.pushImage({ reference: 'shop:jobs-v3.0.0', model: { kind: 'server', version: 'v3.0.0', fitsSchemas: ['two'] } });
  return process;
}

/** The same shop and run store, its images under another strategy. */
async function underRetag({ cloud, store }: ShopProcess): Promise<Environment> {
  return (await connect({ ...shop, images: { ...shop.images!, strategy: 'retag' } }, { ...cloud.connection, runStore: store }))._unsafeUnwrap();
}

async function migrated(env: Environment): Promise<void> {
  (await stopServices(env))._unsafeUnwrap();
  (await migrate(env, {}))._unsafeUnwrap();
}

async function stopAndStart(env: Environment) {
  (await stopServices(env))._unsafeUnwrap();
  return startServices(env);
}

/** What an apply of the infrastructure's code makes: a revision of its own, which names the mutable tag and knows no version. */
async function applyInfrastructure({ cloud }: ShopProcess, service: string): Promise<void> {
  const { requestHandler, credentials } = cloud.connection.aws;
  const client = new ECSClient({ region: 'eu-central-1', requestHandler: requestHandler as never, credentials });
  const { taskDefinition } = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: `${service}:1` }));
  const { containerDefinitions, family, networkMode, cpu, memory, requiresCompatibilities, runtimePlatform } = taskDefinition!;
  const registered = await client.send(new RegisterTaskDefinitionCommand({ containerDefinitions, family, networkMode, cpu, memory, requiresCompatibilities, runtimePlatform }));
  await client.send(new UpdateServiceCommand({ cluster: 'shop', service, taskDefinition: registered.taskDefinition!.taskDefinitionArn! }));
  await cloud.clock.sleep(300_000);
}

const started = { started: { web: 2, jobs: 1, office: 1 } };

describe('startServices after a migration', () => {
  it('starts the version that the schema was migrated to', async () => {
    const { env } = await start();
    await migrated(env);
    (await deployCore(env, { version: nextVersion }))._unsafeUnwrap();
    expect((await stopAndStart(env))._unsafeUnwrap()).toEqual(started);
  });

  it('starts a later version, which needed no migration', async () => {
    const { env } = await start();
    await migrated(env);
    (await deployCore(env, { version: nextVersion }))._unsafeUnwrap();
    (await deployCore(env, { version: 'v3.0.0' }))._unsafeUnwrap();
    expect((await stopAndStart(env))._unsafeUnwrap()).toEqual(started);
  });

  it('refuses the code from before, and starts nothing', async () => {
    const { env, cloud } = await start();
    await migrated(env);
    const refused = (await startServices(env))._unsafeUnwrapErr() as Refused;
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema', lift: 'oldCodeFits' });
    expect(refused.message).toMatch(/^v1\.0\.0 of service web is older than the schema, which was migrated to v2\.0\.0 \(.*\): nothing was started$/);
    expect(cloud.inspect.services().find(({ name }) => name === 'web')).toMatchObject({ desiredCount: 0 });
    expect(cloud.inspect.violations).toEqual([]);
  });

  it('starts a revision that the infrastructure’s code has made since, whose tag is on the released image', async () => {
    const process = await start();
    await migrated(process.env);
    (await deployCore(process.env, { version: nextVersion }))._unsafeUnwrap();
    await applyInfrastructure(process, 'web');
    await applyInfrastructure(process, 'jobs');
    expect((await stopAndStart(process.env))._unsafeUnwrap()).toEqual(started);
    expect(process.cloud.inspect.violations).toEqual([]);
  });

  it('starts what was deployed under retag', async () => {
    const process = await start();
    const env = await underRetag(process);
    await migrated(env);
    (await deployCore(env, { version: nextVersion }))._unsafeUnwrap();
    expect((await stopAndStart(env))._unsafeUnwrap()).toEqual(started);
    expect(process.cloud.inspect.violations).toEqual([]);
  });

  it('refuses a deployment that has resolved the tag before it was moved: it goes on with the old image', async () => {
    const process = await start();
    const env = await underRetag(process);
    await migrated(env);
    (await moveTags(env, nextVersion))._unsafeUnwrap();
    expect((await startServices(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema', message: expect.stringContaining('v1.0.0 of service web is older than the schema') });
    expect(process.cloud.inspect.violations).toEqual([]);
  });

  it('refuses code of which nothing tells the version', async () => {
    const process = await start();
    await migrated(process.env);
    const env = (await connect({ ...shop, services: { ...shop.services, web: { ...shop.services.web, release: { web: { tag: 'front-{version}' } } } } }, { ...process.cloud.connection, runStore: process.store }))._unsafeUnwrap();
    expect((await startServices(env, { services: ['web'] }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      message: expect.stringMatching(/^nothing tells which version service web is on, and the schema was migrated to v2\.0\.0 \(.*\): nothing was started$/),
    });
  });
});

describe('startServices by itself', () => {
  it('starts every declared service that is off, and leaves one that Auto Scaling has made larger as it is', async () => {
    const { env, cloud } = await start();
    const { requestHandler, credentials } = cloud.connection.aws;
    const client = new ECSClient({ region: 'eu-central-1', requestHandler: requestHandler as never, credentials });
    await client.send(new UpdateServiceCommand({ cluster: 'shop', service: 'web', desiredCount: 4 }));
    await client.send(new UpdateServiceCommand({ cluster: 'shop', service: 'jobs', desiredCount: 0 }));
    await cloud.clock.sleep(180_000);
    expect((await startServices(env))._unsafeUnwrap()).toEqual({ started: { web: 4, jobs: 1, office: 1 } });
    expect(cloud.inspect.services().map(({ name, desiredCount }) => [name, desiredCount])).toEqual([['web', 4], ['jobs', 1], ['office', 1]]);
  });

  it('tells the number of tasks that it has put back', async () => {
    const { env, cloud } = await start();
    const { requestHandler, credentials } = cloud.connection.aws;
    await new ECSClient({ region: 'eu-central-1', requestHandler: requestHandler as never, credentials }).send(new UpdateServiceCommand({ cluster: 'shop', service: 'web', desiredCount: 3 }));
    await cloud.clock.sleep(180_000);
    expect((await stopAndStart(env))._unsafeUnwrap()).toEqual({ started: { web: 3, jobs: 1, office: 1 } });
  });
});

describe('timeoutSeconds', () => {
  it('is for all ranks of services together', async () => {
    const { env, cloud } = await start();
    const startedAt = cloud.clock.now();
    // a rank takes a minute and some seconds: the deregistration delay
    expect((await stopServices(env, { timeoutSeconds: 100, tuneTargetGroups: 'never' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    expect((cloud.clock.now() - startedAt) / 1000).toBeLessThan(110);
    (await stopServices(env))._unsafeUnwrap();
    const stoppedAt = cloud.clock.now();
    expect((await startServices(env, { timeoutSeconds: 40 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    expect((cloud.clock.now() - stoppedAt) / 1000).toBeLessThan(45);
  });
});

describe('a rank of services', () => {
  it('ends as soon as one of them keeps failing, with its failure, although another is not yet at its end', async () => {
    const { env, cloud } = await start();
    (await stopServices(env))._unsafeUnwrap();
    cloud.faults.add({ kind: 'service-image', image: 'jobs', what: 'crash-loop' });
    cloud.faults.add({ kind: 'service-image', image: 'office', what: 'unhealthy' });
    expect((await startServices(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'DeploymentFailed', service: 'jobs', reason: 'crash-loop' });
  });
});
