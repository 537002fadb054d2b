import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  DeregisterTaskDefinitionCommand,
  ListServiceDeploymentsCommand,
  ListServicesCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type Service,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Blueprint, ServiceBlueprint } from '../../blueprint.js';
import type { LocalCloud, LocalCloudOptions } from '../../local-cloud.js';
import { clientsOf, eventually, network, service as serviceBlueprint, smallBlueprint, startSmallCloud } from '../../test-cloud.js';

let cloud: LocalCloud;
afterEach(() => cloud.stop());

async function start(options: Partial<LocalCloudOptions> = {}) {
  cloud = await startSmallCloud(options);
  return clientsOf(cloud);
}

function withJobs(changes: Partial<ServiceBlueprint>): Blueprint {
  return { ...smallBlueprint, services: smallBlueprint.services.map((each) => (each.name === 'jobs' ? { ...each, ...changes } : each)) };
}

async function describeService(name: string): Promise<Service> {
  const { services } = await clientsOf(cloud).ecs.send(new DescribeServicesCommand({ cluster: 'small', services: [name] }));
  return services?.[0] ?? {};
}

const update = async (input: Omit<UpdateServiceCommandInput, 'cluster'>): Promise<Service> => (await clientsOf(cloud).ecs.send(new UpdateServiceCommand({ cluster: 'small', ...input }))).service ?? {};

const steady = (name: string) =>
  eventually(cloud, async () => {
    const service = await describeService(name);
    return service.deployments?.length === 1 && service.runningCount === service.desiredCount ? service : undefined;
  });

const messages = (service: Service) => (service.events ?? []).map((event) => event.message ?? '').reverse();
const tasksOf = (name: string) => cloud.inspect.tasks().filter((task) => task.group === `service:${name}`);

/** A revision of `jobs` whose image does what the declaration says. */
async function registerJobs(image: string): Promise<string> {
  const { ecs } = clientsOf(cloud);
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'jobs' }));
  const [container] = taskDefinition?.containerDefinitions ?? [];
  const registered = await ecs.send(
    new RegisterTaskDefinitionCommand({ family: 'jobs', networkMode: 'awsvpc', cpu: '256', memory: '512', runtimePlatform: { cpuArchitecture: 'ARM64' }, containerDefinitions: [{ ...container, image }] }),
  );
  return registered.taskDefinition?.taskDefinitionArn ?? '';
}

async function registerCrashing(): Promise<string> {
  cloud.pushImage({ reference: 'crashes', model: { kind: 'server', crashes: { afterSeconds: 1, exitCode: 1 } } });
  return registerJobs('crashes');
}

describe('DescribeServices', () => {
  it('answers for an unknown service with a failure, not with nothing', async () => {
    const { ecs } = await start();
    expect(await ecs.send(new DescribeServicesCommand({ cluster: 'small', services: ['nobody'] }))).toMatchObject({
      services: [],
      failures: [{ arn: 'arn:aws:ecs:eu-central-1:123456789012:service/small/nobody', reason: 'MISSING' }],
    });
  });

  it('takes ten services at most', async () => {
    const { ecs } = await start();
    const services = Array.from({ length: 11 }, (_, index) => `s${String(index)}`);
    await expect(ecs.send(new DescribeServicesCommand({ cluster: 'small', services }))).rejects.toMatchObject({ name: 'InvalidParameterException', message: 'Services cannot have more than 10 elements.' });
  });

  it('does not know another cluster', async () => {
    const { ecs } = await start();
    await expect(ecs.send(new DescribeServicesCommand({ cluster: 'other', services: ['web'] }))).rejects.toMatchObject({ name: 'ClusterNotFoundException', message: 'Cluster not found.' });
  });

  it('shows tags only when asked', async () => {
    const { ecs } = await start();
    await ecs.send(new CreateServiceCommand({ cluster: 'small', serviceName: 'tagged', taskDefinition: 'jobs', desiredCount: 0, networkConfiguration: network, tags: [{ key: 'a', value: 'b' }] }));
    expect(await describeService('tagged')).not.toHaveProperty('tags');
    const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'small', services: ['tagged'], include: ['TAGS'] }));
    expect(services?.[0]?.tags).toEqual([{ key: 'a', value: 'b' }]);
  });
});

describe('ListServices', () => {
  it('gives a page and where the next one begins', async () => {
    const { ecs } = await start();
    const first = await ecs.send(new ListServicesCommand({ cluster: 'small', maxResults: 1 }));
    const second = await ecs.send(new ListServicesCommand({ cluster: 'small', maxResults: 1, nextToken: first.nextToken }));
    expect([...(first.serviceArns ?? []), ...(second.serviceArns ?? [])].map((arn) => arn.split('/').at(-1))).toEqual(['web', 'jobs']);
    expect(second.nextToken).toBeUndefined();
  });
});

describe('scaling to 0', () => {
  it('counts nothing as running while old code still serves behind the balancer for the deregistration delay', async () => {
    const { ecs } = await start();
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: 'small', serviceName: 'web' }));
    await update({ service: 'web', desiredCount: 0 });
    await eventually(cloud, async () => ((await describeService('web')).runningCount === 0 ? true : undefined));
    const statusOf = async () => (await ecs.send(new DescribeTasksCommand({ cluster: 'small', tasks: taskArns }))).tasks?.[0]?.lastStatus;
    expect(await statusOf()).toBe('DEACTIVATING');
    expect(messages(await describeService('web')).at(-3)).toBe('(service web) has reached a steady state.');
    await cloud.clock.sleep(50_000);
    expect(await statusOf()).toBe('DEACTIVATING');
    await cloud.clock.sleep(30_000);
    expect(await statusOf()).toBe('STOPPED');
    expect(tasksOf('web')[0]).toMatchObject({ stopCode: 'ServiceSchedulerInitiated', stoppedReason: expect.stringMatching(/^Scaling activity initiated by \(deployment ecs-svc\/\d+\)$/) as string });
  });

  it('starts no deployment', async () => {
    await start();
    const before = await describeService('jobs');
    const after = await update({ service: 'jobs', desiredCount: 0 });
    expect(after.deployments?.map((deployment) => deployment.id)).toEqual(before.deployments?.map((deployment) => deployment.id));
    expect(after.currentServiceDeployment).toBe(before.currentServiceDeployment);
  });
});

describe('UpdateService', () => {
  it('carries a revision and a desired count in one deployment', async () => {
    const { ecs } = await start();
    await update({ service: 'jobs', desiredCount: 0 });
    await cloud.clock.sleep(60_000);
    cloud.pushImage({ reference: 'next' });
    const taskDefinition = await registerJobs('next');
    const updated = await update({ service: 'jobs', taskDefinition, desiredCount: 2 });
    expect(updated.deployments?.[0]).toMatchObject({ status: 'PRIMARY', rolloutState: 'IN_PROGRESS', desiredCount: 2, taskDefinition });
    const done = await steady('jobs');
    expect(done.deployments?.[0]).toMatchObject({ id: updated.deployments?.[0]?.id, rolloutState: 'COMPLETED', failedTasks: 0 });
    const { serviceDeployments } = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [updated.currentServiceDeployment ?? ''] }));
    expect(serviceDeployments?.[0]).toMatchObject({ status: 'SUCCESSFUL', targetServiceRevision: { runningTaskCount: 2 } });
    const { serviceRevisions } = await ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: [serviceDeployments?.[0]?.targetServiceRevision?.arn ?? ''] }));
    expect(serviceRevisions?.[0]?.taskDefinition).toBe(taskDefinition);
    expect(tasksOf('jobs').filter((task) => task.lastStatus === 'RUNNING').map((task) => task.startedBy)).toEqual([updated.deployments?.[0]?.id, updated.deployments?.[0]?.id]);
  });

  it('starts no deployment for the revision that is in use, and one when forced', async () => {
    await start();
    const before = await describeService('jobs');
    const same = await update({ service: 'jobs', taskDefinition: before.taskDefinition });
    expect(same.deployments).toHaveLength(1);
    expect((await update({ service: 'jobs', forceNewDeployment: true })).deployments).toHaveLength(2);
  });

  it('refuses a revision that was deregistered', async () => {
    const { ecs } = await start();
    const taskDefinition = await registerJobs('next');
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
    await expect(update({ service: 'jobs', taskDefinition })).rejects.toMatchObject({ name: 'ClientException', message: 'TaskDefinition is inactive' });
  });

  it('keeps the old deployment ACTIVE until its container is gone, and tells events in AWS’s order', async () => {
    await start();
    const eventsBefore = (await describeService('web')).events?.length ?? 0;
    await update({ service: 'web', forceNewDeployment: true });
    await eventually(cloud, async () => ((await describeService('web')).deployments?.[1]?.runningCount === 0 ? true : undefined));
    expect((await describeService('web')).deployments?.map((deployment) => deployment.status)).toEqual(['PRIMARY', 'ACTIVE']);
    await steady('web');
    const told = messages(await describeService('web')).slice(eventsBefore).map((message) => message.replaceAll(/[0-9a-f]{32}|\d{19}|arn:\S+?(?=\))/g, '…'));
    expect(told).toEqual([
      '(service web) has started 1 tasks: (task …).',
      '(service web) registered 1 targets in (target-group …)',
      '(service web) has stopped 1 running tasks: (task …).',
      '(service web) deregistered 1 targets in (target-group …)',
      '(service web, taskSet ecs-svc/…) has begun draining connections on 1 tasks.',
      '(service web) (deployment ecs-svc/…) deployment completed.',
      '(service web) has reached a steady state.',
    ]);
  });

  it('waits 40 seconds after RUNNING for a task without balancer', async () => {
    await start({ profile: 'realistic' });
    await update({ service: 'jobs', forceNewDeployment: true });
    const completed = await eventually(cloud, () => (cloud.inspect.services().find((each) => each.name === 'jobs')?.deployments.length === 1 ? cloud.clock.now() : undefined), 100);
    const started = tasksOf('jobs').at(-1)?.startedAt ?? 0;
    expect(completed - started).toBeGreaterThanOrEqual(40_000);
  });

  it('never has two versions at once with 0 and 100 percent', async () => {
    await start({ blueprint: withJobs({ minimumHealthyPercent: 0, maximumPercent: 100 }) });
    await update({ service: 'jobs', forceNewDeployment: true });
    let most = 0;
    await eventually(cloud, () => {
      most = Math.max(most, tasksOf('jobs').filter((task) => task.lastStatus === 'RUNNING').length);
      return tasksOf('jobs').length === 2 && tasksOf('jobs')[1]?.lastStatus === 'RUNNING' ? true : undefined;
    }, 100);
    expect(most).toBe(1);
  });

  it('says that percentages leave no room', async () => {
    await start({ blueprint: withJobs({ desiredCount: 2, minimumHealthyPercent: 75, maximumPercent: 100 }) });
    await update({ service: 'jobs', forceNewDeployment: true });
    await cloud.clock.sleep(600_000);
    const service = await describeService('jobs');
    expect(service.deployments).toHaveLength(2);
    expect(messages(service).at(-1)).toBe(
      '(service jobs) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
    );
  });

  it('stops the service deployment that a newer one supersedes', async () => {
    const { ecs } = await start();
    const first = await update({ service: 'jobs', forceNewDeployment: true });
    await cloud.clock.sleep(5_000);
    const second = await update({ service: 'jobs', forceNewDeployment: true });
    await steady('jobs');
    const { serviceDeployments } = await ecs.send(new ListServiceDeploymentsCommand({ cluster: 'small', service: 'jobs' }));
    const statusOf = (arn: string | undefined) => serviceDeployments?.find((each) => each.serviceDeploymentArn === arn)?.status;
    expect([statusOf(first.currentServiceDeployment), statusOf(second.currentServiceDeployment)]).toEqual(['STOPPED', 'SUCCESSFUL']);
  });
});

describe('a deployment whose tasks crash', () => {
  it('never fails without a circuit breaker', async () => {
    await start();
    await update({ service: 'jobs', taskDefinition: await registerCrashing() });
    await cloud.clock.sleep(1_200_000);
    const [primary, old] = (await describeService('jobs')).deployments ?? [];
    expect(primary).toMatchObject({ rolloutState: 'IN_PROGRESS' });
    expect(primary?.failedTasks).toBeGreaterThan(20);
    expect(old).toMatchObject({ status: 'ACTIVE', runningCount: 1 });
  });

  it('tries less and less often when tasks do not even start', async () => {
    await start({ faults: [{ kind: 'service-image', image: 'nowhere', what: 'no-image' }] });
    await update({ service: 'jobs', taskDefinition: await registerJobs('nowhere') });
    await cloud.clock.sleep(3_600_000);
    const starts = tasksOf('jobs').filter((task) => task.stopCode === 'TaskFailedToStart').map((task) => task.createdAt);
    const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
    expect(gaps.at(-1)).toBeGreaterThan(900_000);
    expect(gaps[0]).toBeLessThan(60_000);
  });

  it('is rolled back by the circuit breaker, and the service is stable on the old version', async () => {
    const { ecs } = await start({ blueprint: withJobs({ circuitBreaker: true }) });
    const before = await describeService('jobs');
    const updated = await update({ service: 'jobs', taskDefinition: await registerCrashing() });
    await eventually(cloud, async () => ((await describeService('jobs')).taskDefinition === before.taskDefinition ? true : undefined));
    const { serviceDeployments } = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [updated.currentServiceDeployment ?? ''] }));
    expect(serviceDeployments?.[0]).toMatchObject({ status: 'ROLLBACK_IN_PROGRESS', deploymentCircuitBreaker: { status: 'TRIGGERED', failureCount: 3, threshold: 3 } });
    const after = await steady('jobs');
    expect(after.deployments?.[0]).toMatchObject({ id: before.deployments?.[0]?.id, rolloutState: 'COMPLETED', taskDefinition: before.taskDefinition });
    const done = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [updated.currentServiceDeployment ?? ''] }));
    expect(done.serviceDeployments?.[0]?.status).toBe('ROLLBACK_SUCCESSFUL');
  });

  it('stalls when there is no completed deployment to go back to', async () => {
    const { ecs } = await start({ faults: [{ kind: 'service-image', image: 'nowhere', what: 'no-image' }] });
    const taskDefinition = await registerJobs('nowhere');
    await ecs.send(
      new CreateServiceCommand({ cluster: 'small', serviceName: 'new', taskDefinition, desiredCount: 1, networkConfiguration: network, deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } }),
    );
    await cloud.clock.sleep(1_200_000);
    expect((await describeService('new')).deployments?.[0]).toMatchObject({ rolloutState: 'FAILED', runningCount: 0, pendingCount: 0, failedTasks: 3 });
    expect(tasksOf('new')).toHaveLength(3);
  });

  it('is rolled back by a fault, whatever the service’s own breaker', async () => {
    const { ecs } = await start({ faults: [{ kind: 'circuit-breaker-rollback', service: 'jobs' }] });
    const before = await describeService('jobs');
    const updated = await update({ service: 'jobs', forceNewDeployment: true });
    await eventually(cloud, async () => {
      const { serviceDeployments } = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [updated.currentServiceDeployment ?? ''] }));
      return serviceDeployments?.[0]?.status === 'ROLLBACK_SUCCESSFUL' ? true : undefined;
    });
    expect((await describeService('jobs')).deployments?.[0]?.id).toBe(before.deployments?.[0]?.id);
  });
});

describe('StopServiceDeployment', () => {
  it('rolls back what is under way, and refuses what is over', async () => {
    const { ecs } = await start();
    const before = await describeService('jobs');
    const updated = await update({ service: 'jobs', taskDefinition: await registerCrashing() });
    const serviceDeploymentArn = updated.currentServiceDeployment;
    await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType: 'ROLLBACK' }));
    expect((await steady('jobs')).taskDefinition).toBe(before.taskDefinition);
    await expect(ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn }))).rejects.toMatchObject({ name: 'ConflictException' });
  });
});

describe('replacing tasks', () => {
  it('replaces a task that Spot took away, with what the tag means then', async () => {
    await start();
    cloud.pushImage({ reference: 'shop:web-latest', model: { kind: 'server', version: 'v2' } });
    const [old] = tasksOf('web');
    cloud.faults.add({ kind: 'spot-interruption', service: 'web', afterMs: 1_000 });
    const replaced = await eventually(cloud, () => tasksOf('web').find((task) => task !== old && task.arn !== old?.arn && task.lastStatus === 'RUNNING'));
    expect(tasksOf('web')[0]).toMatchObject({ stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.', capacityProvider: 'FARGATE_SPOT' });
    expect(replaced.containers[0]?.imageDigest).not.toBe(old?.containers[0]?.imageDigest);
  });

  it('keeps the digest of the deployment where versions are consistent', async () => {
    const [jobs] = smallBlueprint.services.filter((each) => each.name === 'jobs');
    const pinned = serviceBlueprint('jobs', 'shop:jobs-latest', { spot: 'OnlySpot' });
    const containers = (jobs?.taskDefinition.containers ?? []).map((container) => ({ ...container, versionConsistency: 'enabled' as const }));
    await start({ blueprint: withJobs({ ...pinned, taskDefinition: { ...pinned.taskDefinition, containers } }) });
    const [old] = tasksOf('jobs');
    cloud.pushImage({ reference: 'shop:jobs-latest', model: { kind: 'server', version: 'v2' } });
    cloud.faults.add({ kind: 'spot-interruption', service: 'jobs' });
    const replaced = await eventually(cloud, () => tasksOf('jobs').find((task) => task.arn !== old?.arn && task.lastStatus === 'RUNNING'));
    expect(replaced.containers[0]?.imageDigest).toBe(old?.containers[0]?.imageDigest);
  });

  it('stops a task that fails its health checks and says so', async () => {
    await start({ faults: [{ kind: 'service-image', image: 'web-latest', what: 'unhealthy' }] });
    await update({ service: 'web', forceNewDeployment: true });
    const failed = await eventually(cloud, () => tasksOf('web').find((task) => task.stoppedReason?.startsWith('Task failed ELB health checks')));
    expect(failed.stoppedReason).toMatch(/^Task failed ELB health checks in \(target-group arn:aws:elasticloadbalancing:.*targetgroup\/web\/.*\)$/);
    expect((await describeService('web')).deployments?.[1]).toMatchObject({ status: 'ACTIVE', runningCount: 1 });
  });
});

describe('a service whose tasks became unhealthy', () => {
  it('is steady again once a replacement is healthy', async () => {
    await start({ faults: [{ kind: 'service-image', image: 'web-latest', what: 'unhealthy' }] });
    cloud.faults.add({ kind: 'spot-interruption', service: 'web' });
    await eventually(cloud, () => tasksOf('web').find((task) => task.stoppedReason?.startsWith('Task failed ELB health checks')));
    expect((await describeService('web')).deployments).toHaveLength(1);
    cloud.faults.clear();
    await cloud.clock.sleep(600_000);
    expect(await describeService('web')).toMatchObject({ runningCount: 1, pendingCount: 0 });
    expect(messages(await describeService('web')).at(-1)).toBe('(service web) has reached a steady state.');
    expect((await cloud.connection.fetch('https://web.small.test/')).status).toBe(200);
  });

  it('goes to 0 all the same', async () => {
    await start({ faults: [{ kind: 'service-image', image: 'web-latest', what: 'unhealthy' }] });
    cloud.faults.add({ kind: 'spot-interruption', service: 'web' });
    await cloud.clock.sleep(300_000);
    await update({ service: 'web', desiredCount: 0 });
    await cloud.clock.sleep(300_000);
    expect(tasksOf('web').filter((task) => task.lastStatus !== 'STOPPED')).toEqual([]);
  });
});

describe('DeleteService', () => {
  it('refuses a service that still wants tasks, and leaves a deleted one describable as INACTIVE', async () => {
    const { ecs } = await start();
    await expect(ecs.send(new DeleteServiceCommand({ cluster: 'small', service: 'jobs' }))).rejects.toMatchObject({ message: 'The service cannot be stopped while it is scaled above 0.' });
    const { service } = await ecs.send(new DeleteServiceCommand({ cluster: 'small', service: 'jobs', force: true }));
    expect(service?.status).toBe('DRAINING');
    await eventually(cloud, async () => ((await describeService('jobs')).status === 'INACTIVE' ? true : undefined));
    await expect(update({ service: 'jobs', desiredCount: 1 })).rejects.toMatchObject({ name: 'ServiceNotActiveException' });
  });
});

describe('throttling', () => {
  it('refuses the 21st registration of a task definition in the realistic profile', async () => {
    await start({ profile: 'realistic' });
    for (let count = 1; count <= 20; count += 1) await registerOne();
    await expect(registerOne()).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
    await cloud.clock.sleep(1_000);
    await registerOne();
  });

  const registerOne = () => clientsOf(cloud).ecs.send(new RegisterTaskDefinitionCommand({ family: 'many', containerDefinitions: [{ name: 'x', image: 'x' }] }));
});

describe('DescribeTaskDefinition', () => {
  it('shows tags only when asked', async () => {
    const { ecs } = await start();
    await ecs.send(new RegisterTaskDefinitionCommand({ family: 'tagged', containerDefinitions: [{ name: 'x', image: 'x' }], tags: [{ key: 'a', value: 'b' }] }));
    expect((await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'tagged' }))).tags ?? []).toEqual([]);
    expect((await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'tagged', include: ['TAGS'] }))).tags).toEqual([{ key: 'a', value: 'b' }]);
  });

  it('does not know what was never registered', async () => {
    const { ecs } = await start();
    await expect(ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'nothing' }))).rejects.toMatchObject({ name: 'ClientException', message: 'Unable to describe task definition.' });
  });
});
