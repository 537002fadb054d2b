import { deployCore, type DeploymentFailed, type DeployCoreOptions, defineRecipe, readState, resume, stopServices } from '@graasp/deploy';
import type { Fault, ImageDeclaration, LocalCloud } from '@graasp/local-cloud';
import { DescribeServicesCommand, ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { shop as definition } from '../shop.js';
import { connectTo, migrate, type MigratingShopOptions, startMigratingShop, stopClouds } from './migrating-shop.js';

// a whole cloud in virtual time is seconds of a busy machine's
vi.setConfig({ testTimeout: 30_000 });
afterEach(stopClouds);

/** From `db-only`, and nothing else. */
const deploy = defineRecipe('deploy', async function* (run, options: Omit<DeployCoreOptions, 'signal'>) {
  yield* run.step('stop-services', (env) => stopServices(env));
  return run.step('deploy-core', (env) => deployCore(env, options));
});

const version = 'v2.0.0';
const updates = ({ requests }: LocalCloud, service: string) =>
  requests.filter(({ operation, input }) => operation === 'ecs:UpdateService' && (input as { service?: string }).service === service).map(({ input }) => input as Record<string, unknown>);

async function deployed(options: MigratingShopOptions = {}, recipeOptions: Partial<DeployCoreOptions> = {}) {
  const shop = await startMigratingShop(options);
  return { ...shop, result: await deploy(shop.env, { version, ...recipeOptions }) };
}

function failureOf(result: { _unsafeUnwrapErr(): unknown }) {
  const error = result._unsafeUnwrapErr() as DeploymentFailed & { runId: string };
  expect(error.kind).toBe('DeploymentFailed');
  return error;
}

function clientOf(cloud: LocalCloud): ECSClient {
  const { requestHandler, credentials } = cloud.connection.aws;
  return new ECSClient({ region: 'eu-central-1', requestHandler: requestHandler as never, credentials });
}

async function configurations(cloud: LocalCloud) {
  const { services } = await clientOf(cloud).send(new DescribeServicesCommand({ cluster: 'shop', services: ['web', 'jobs', 'office'] }));
  return services?.map(({ serviceName, desiredCount, deploymentConfiguration }) => ({ serviceName, desiredCount, deploymentConfiguration }));
}

describe('deployCore', () => {
  it('starts what is needed first, each released service by one update of revision and count, administration last', async () => {
    const { cloud, events, result } = await deployed();
    const report = result._unsafeUnwrap();
    expect(report).toMatchObject({ version, started: { office: 1 }, services: { web: { desiredCount: 2, adopted: false }, jobs: { desiredCount: 1, adopted: false } } });
    const order = events.flatMap((event) => (event.type === 'change' && event.operation === 'ecs:UpdateService' && !event.to.startsWith('0') ? [event.resource] : []));
    expect(order).toEqual(['service jobs', 'service web', 'service office']);
    const [, update, ...more] = updates(cloud, 'web');
    expect(update).toMatchObject({ desiredCount: 2, taskDefinition: report.services['web']!.taskDefinition });
    expect(more).toEqual([]);
    const web = cloud.inspect.services().find(({ name }) => name === 'web')!;
    expect(web).toMatchObject({ desiredCount: 2, runningCount: 2, taskDefinition: report.services['web']!.taskDefinition });
    const images = cloud.inspect.tasks().flatMap(({ group, lastStatus, containers }) => (group === 'service:web' && lastStatus === 'RUNNING' ? containers.map(({ image }) => image) : []));
    expect(images).toEqual(Array(2).fill(`123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop@${report.services['web']!.images['web']}`));
  });

  it('ends early with a diagnosis when the new version keeps crashing', async () => {
    const { cloud, result } = await deployed({ faults: [{ kind: 'service-image', image: 'jobs-v2', what: 'crash-loop' }] }, { timeoutSeconds: 3_600 });
    const error = failureOf(result);
    expect(error).toMatchObject({ service: 'jobs', reason: 'crash-loop' });
    expect(error.diagnosis.stoppedTasks).toHaveLength(3);
    expect(error.diagnosis.stoppedTasks[0]).toMatchObject({ stoppedReason: 'Essential container in task exited', exitCodes: { jobs: 1 } });
    expect(updates(cloud, 'web')).toHaveLength(1);
  });

  it('ends early when the image cannot be pulled', async () => {
    expect(failureOf((await deployed({ faults: [{ kind: 'service-image', image: 'jobs-v2', what: 'no-image' }] })).result)).toMatchObject({ service: 'jobs', reason: 'image' });
  });

  it('ends early when the new version fails its health check', async () => {
    const error = failureOf((await deployed({ faults: [{ kind: 'service-image', image: 'web-v2', what: 'unhealthy' }] })).result);
    expect(error).toMatchObject({ service: 'web', reason: 'unhealthy' });
    expect(error.message).toContain('Task failed ELB health checks');
  });

  it('does not take the old version, rolled back to, for a success', async () => {
    expect(failureOf((await deployed({ faults: [{ kind: 'circuit-breaker-rollback', service: 'jobs' }] })).result)).toMatchObject({ service: 'jobs', reason: 'rolled-back' });
  });

  it('keeps old code off the new schema when a deployment is rolled back after the migration', async () => {
    const shop = await startMigratingShop();
    const whole = defineRecipe('whole', async function* (run, options: { version: string }) {
      yield* run.step('stop-services', (env) => stopServices(env));
      const { snapshotDb, runMigration } = await import('@graasp/deploy');
      yield* run.step('snapshot-db', (env) => snapshotDb(env, options));
      yield* run.step('run-migration', (env) => runMigration(env, options));
      return run.step('deploy-core', (env) => deployCore(env, options));
    });
    shop.cloud.faults.add({ kind: 'circuit-breaker-rollback', service: 'jobs' });
    const error = failureOf(await whole(shop.env, { version }));
    expect(error.message).toContain('It was scaled to 0: old code must not meet the new schema.');
    expect(shop.cloud.inspect.services().find(({ name }) => name === 'jobs')).toMatchObject({ desiredCount: 0 });
    await shop.cloud.clock.sleep(300_000);
    expect(shop.cloud.inspect.violations).toEqual([]);
  });

  it('keeps each service of a wave off that is rolled back after the migration, also when another has failed before', async () => {
    const shop = await startMigratingShop();
    const env = await connectTo(shop, { services: { ...definition.services, web: { ...definition.services.web, dependsOn: [] } } });
    (await migrate(env, {}))._unsafeUnwrap();
    for (const service of ['web', 'jobs']) shop.cloud.faults.add({ kind: 'circuit-breaker-rollback', service });
    expect(failureOf(await deploy(env, { version }))).toMatchObject({ reason: 'rolled-back' });
    expect(shop.cloud.inspect.services().map(({ name, desiredCount }) => [name, desiredCount])).toEqual([['web', 0], ['jobs', 0], ['office', 0]]);
    await shop.cloud.clock.sleep(300_000);
    expect(shop.cloud.inspect.violations).toEqual([]);
  });

  it('lets ECS roll nothing back after a migration, also once it has stopped looking, until the service is deployed', async () => {
    const shop = await startMigratingShop();
    const deploymentConfiguration = {
      deploymentCircuitBreaker: { enable: true, rollback: true, thresholdConfiguration: { type: 'COUNT' as const, value: 5 } },
      alarms: { alarmNames: ['slow'], enable: true, rollback: true },
    };
    await clientOf(shop.cloud).send(new UpdateServiceCommand({ cluster: 'shop', service: 'jobs', deploymentConfiguration }));
    const before = await configurations(shop.cloud);
    (await migrate(shop.env, {}))._unsafeUnwrap();

    shop.cloud.faults.add({ kind: 'service-image', image: 'jobs-v2', what: 'no-image' });
    const { kind, runId } = (await deploy(shop.env, { version, timeoutSeconds: 8 }))._unsafeUnwrapErr() as { kind: string; runId: string };
    expect(kind).toBe('TimedOut');
    await shop.cloud.clock.sleep(1_800_000);
    expect(shop.cloud.inspect.services().find(({ name }) => name === 'jobs')).toMatchObject({ desiredCount: 1, taskDefinition: expect.stringMatching(/jobs:2$/) as string });
    expect((await readState((await shop.another()).env))._unsafeUnwrap().putAside).toContain('rollback:jobs');

    const resumed = async () => resume((await shop.another()).env, deploy, runId, { timeoutSeconds: 3_600 });
    expect(failureOf(await resumed()).message).toMatch(/^Service jobs did not come up: its image cannot be pulled .* It was scaled to 0: old code must not meet the new schema\.$/);
    shop.cloud.faults.clear();
    (await resumed())._unsafeUnwrap();
    expect(await configurations(shop.cloud)).toEqual(before);
    expect((await readState((await shop.another()).env))._unsafeUnwrap().putAside).toEqual([]);
    expect(shop.cloud.inspect.violations).toEqual([]);
  });

  it('keeps old code off the schema also when it deploys a later version than the one that it was migrated for', async () => {
    const later = (name: string): ImageDeclaration => ({ reference: `shop:${name}-v2.0.1`, model: { kind: 'server', version: 'v2.0.1', fitsSchemas: ['two'] } });
    const shop = await startMigratingShop({ images: [later('web'), later('jobs')] });
    await clientOf(shop.cloud).send(new UpdateServiceCommand({ cluster: 'shop', service: 'jobs', deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } }));
    (await migrate(shop.env, {}))._unsafeUnwrap();
    shop.cloud.faults.add({ kind: 'service-image', image: 'jobs-v2.0.1', what: 'no-image' });
    const failed = failureOf(await deployCore(shop.env, { version: 'v2.0.1' }));
    expect(failed.message).toContain('It was scaled to 0: old code must not meet the new schema.');
    await shop.cloud.clock.sleep(1_200_000);
    expect(shop.cloud.inspect.violations).toEqual([]);
    const operations = shop.cloud.requests.map(({ operation, input }) => `${operation} ${(input as { desiredCount?: number }).desiredCount ?? ''}`);
    expect(operations.filter((each) => each.startsWith('ecr:PutImage'))).toHaveLength(2);
    expect(operations.lastIndexOf('ecr:PutImage ')).toBeLessThan(operations.findIndex((each) => /UpdateService [1-9]/.test(each)));
    shop.cloud.faults.clear();
    expect((await deployCore(shop.env, { version: 'v2.0.1' }))._unsafeUnwrap().services).toMatchObject({ web: { desiredCount: 2 }, jobs: { desiredCount: 1 } });
  });

  it('tells a deployment that another took the place of', async () => {
    const { result } = await deployed({ onEvent: meanwhile((client) => client.send(new UpdateServiceCommand({ cluster: 'shop', service: 'jobs', forceNewDeployment: true }))) });
    expect(failureOf(result)).toMatchObject({ service: 'jobs', reason: 'superseded' });
  });

  it('never calls 0 tasks a success', async () => {
    const { result } = await deployed({ onEvent: meanwhile((client) => client.send(new UpdateServiceCommand({ cluster: 'shop', service: 'jobs', desiredCount: 0 }))) });
    // told by whoever looks first: the wait for the deployment, or for foreign changes
    expect(result._unsafeUnwrapErr()).toMatchObject({ reason: expect.stringMatching(/^(scaled-to-zero|foreign-change)$/) as string, message: expect.stringContaining('jobs') as string });
  });

  it('is not fooled by stale reads after its updates', async () => {
    const faults: Fault[] = [{ kind: 'stale-read', operation: 'ecs:DescribeServices', probability: 0.5, ms: 4_000, times: 1_000 }];
    const { result } = await deployed({ faults });
    expect(result._unsafeUnwrap().services['web']).toMatchObject({ desiredCount: 2 });
  });

  it('does not deploy a second time when the answer to the update is lost', async () => {
    const { cloud, result } = await deployed({ faults: [{ kind: 'lost-response', operation: 'ecs:UpdateService', occurrence: 4 }] });
    expect(result.isOk()).toBe(true);
    expect(cloud.inspect.services().find(({ name }) => name === 'jobs')!.deployments).toHaveLength(1);
    const registered = cloud.requests.filter(({ operation }) => operation === 'ecs:RegisterTaskDefinition');
    expect(registered).toHaveLength(2);
  });

  it('follows the deployment that it had made, when it is resumed', async () => {
    const shop = await deployed({}, { timeoutSeconds: 8 });
    const { runId, kind } = shop.result._unsafeUnwrapErr() as { runId: string; kind: string };
    expect(kind).toBe('TimedOut');
    const before = shop.cloud.inspect.services().find(({ name }) => name === 'jobs')!;
    const later = await shop.another();
    const report = (await resume(later.env, deploy, runId, { timeoutSeconds: 3_600 }))._unsafeUnwrap();
    expect(report.services['jobs']).toMatchObject({ adopted: true, deploymentId: before.deployments[0]!.id });
    expect(updates(shop.cloud, 'jobs')).toHaveLength(2);
  });

  it('deploys anew on resume what has failed, and goes on', async () => {
    const shop = await deployed({ faults: [{ kind: 'service-image', image: 'jobs-v2', what: 'crash-loop' }] });
    const { runId } = failureOf(shop.result);
    shop.cloud.faults.clear();
    const later = await shop.another();
    expect((await resume(later.env, deploy, runId))._unsafeUnwrap().services['jobs']).toMatchObject({ adopted: false });
  });

  it('puts scaling back once the service runs', async () => {
    const { cloud, result } = await deployed();
    expect(result.isOk()).toBe(true);
    const registrations = cloud.requests.filter(({ operation }) => operation === 'application-autoscaling:RegisterScalableTarget').map(({ input }) => input);
    expect(registrations.at(-1)).toMatchObject({ MinCapacity: 2, MaxCapacity: 4, SuspendedState: { DynamicScalingInSuspended: false, DynamicScalingOutSuspended: false, ScheduledScalingSuspended: false } });
  });

  it('leaves the mutable tags alone without a migration', async () => {
    const { cloud, result } = await deployed();
    expect(result._unsafeUnwrap().movedTags).toEqual([]);
    expect(cloud.requests.some(({ operation }) => operation === 'ecr:PutImage')).toBe(false);
  });

  it('moves the mutable tags before any service starts, once the schema is migrated', async () => {
    const shop = await startMigratingShop();
    (await migrate(shop.env, {}))._unsafeUnwrap();
    const report = (await deploy(shop.env, { version }))._unsafeUnwrap();
    expect(report.movedTags.map(({ tag }) => tag)).toEqual(['web-latest', 'jobs-latest']);
    const operations = shop.cloud.requests.map(({ operation, input }) => `${operation} ${(input as { desiredCount?: number }).desiredCount ?? ''}`);
    expect(operations.lastIndexOf('ecr:PutImage ')).toBeLessThan(operations.findIndex((each) => /UpdateService [1-9]/.test(each)));
  });

  it('refuses a version that is older than the schema', async () => {
    const shop = await startMigratingShop();
    (await migrate(shop.env, {}))._unsafeUnwrap();
    const refused = (await deploy(shop.env, { version: 'v1.0.0' }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema', lift: 'oldCodeFits' });
  });

  it('under retag keeps the revision, moves the tag, forces a deployment and looks at what really runs', async () => {
    const shop = await startMigratingShop();
    const env = await connectTo(shop, { images: { repository: 'shop', strategy: 'retag', mutableTags: { web: 'web-latest', jobs: 'jobs-latest' } } });
    const report = (await deploy(env, { version }))._unsafeUnwrap();
    expect(report.services['web']!.taskDefinition).toMatch(/task-definition\/web:1$/);
    expect(updates(shop.cloud, 'web').at(-1)).toMatchObject({ forceNewDeployment: true, desiredCount: 2 });
    const running = shop.cloud.inspect.tasks().filter(({ group, lastStatus }) => group === 'service:web' && lastStatus === 'RUNNING');
    expect(running.map(({ containers }) => containers[0]!.imageDigest)).toEqual(Array(2).fill(report.services['web']!.images['web']));
  });

  it('replaces running tasks without an interruption, and keeps the count they have', async () => {
    const shop = await startMigratingShop();
    await clientOf(shop.cloud).send(new UpdateServiceCommand({ cluster: 'shop', service: 'web', desiredCount: 3 }));
    await shop.cloud.clock.sleep(120_000);
    const report = (await deployCore(shop.env, { version, services: ['web'] }))._unsafeUnwrap();
    expect(report.services).toMatchObject({ web: { desiredCount: 3 } });
    expect(report.started).toEqual({});
    const old = shop.cloud.inspect.tasks().filter(({ group, taskDefinition }) => group === 'service:web' && taskDefinition.endsWith('web:1'));
    expect(old.every(({ lastStatus }) => lastStatus === 'STOPPED')).toBe(true);
  });

  it('refuses an image that is not built for the tasks’ processor, before it changes a service', async () => {
    const { cloud, result } = await deployed({ images: [{ reference: 'shop:jobs-v2.0.0', platforms: ['linux/amd64', 'linux/386'], model: { kind: 'server' } }] });
    const error = failureOf(result);
    expect(error).toMatchObject({ service: 'jobs', reason: 'image', message: 'service jobs was not deployed: image shop:jobs-v2.0.0 is built for linux/amd64, linux/386, and its tasks run on linux/arm64' });
    expect(updates(cloud, 'jobs')).toHaveLength(1);
  });

  it('plans without changing anything', async () => {
    const shop = await startMigratingShop();
    const { plan } = await import('@graasp/deploy');
    const planned = await plan(shop.env, deploy, { version });
    expect(planned.isOk()).toBe(true);
    expect(shop.cloud.requests.some(({ operation }) => /Update|Register|Put|Run|Create|Modify/.test(operation))).toBe(false);
  });
});

/** Does something to the service jobs once, while its deployment is waited for. */
function meanwhile(act: (client: ECSClient) => Promise<unknown>): NonNullable<MigratingShopOptions['onEvent']> {
  let done = false;
  return (event, { cloud }) => {
    if (done || event.type !== 'waiting' || event.waitingFor !== 'service jobs to be deployed') return;
    done = true;
    void act(clientOf(cloud));
  };
}
