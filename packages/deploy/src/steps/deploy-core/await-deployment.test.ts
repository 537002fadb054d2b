import { DescribeServiceDeploymentsCommand, DescribeServicesCommand, DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, type Service, type Task } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { awaitDeployment, type DeploymentQuestion } from './await-deployment.js';

const ecs = mockClient(ECSClient);
const question: DeploymentQuestion = { service: 'redis', revision: 'redis:2', deploymentId: 'ecs-svc/2', previousDeploymentId: 'ecs-svc/1', previousServiceDeploymentArn: 'sd/1', stoppedBefore: [], eventsBefore: [], images: {}, timeoutSeconds: 600 };
const running: Task = { taskArn: 't/1', startedBy: 'ecs-svc/2', lastStatus: 'RUNNING', desiredStatus: 'RUNNING' };
const createdAt = new Date('2026-11-23T10:00:00Z');

function service(changes: Partial<Service> = {}) {
  return { services: [{ serviceName: 'redis', status: 'ACTIVE', desiredCount: 1, currentServiceDeployment: 'sd/2', deployments: [{ id: 'ecs-svc/2', status: 'PRIMARY', taskDefinition: 'redis:2', rolloutState: 'COMPLETED' as const, createdAt }], ...changes }] };
}

function tasks(...found: Task[]) {
  ecs.on(ListTasksCommand, { desiredStatus: 'RUNNING' }).resolves({ taskArns: found.map(({ taskArn }) => taskArn!) });
  ecs.on(DescribeTasksCommand).resolves({ tasks: found });
}

const failed = (count: number): Task[] => Array.from({ length: count }, (_, at) => ({ taskArn: `t/f${at}`, startedBy: 'ecs-svc/2', lastStatus: 'STOPPED', desiredStatus: 'STOPPED', stopCode: 'EssentialContainerExited' }));

const noRoom = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `e${at}`, createdAt, message: '(service redis) was unable to place a task. Reason: Capacity is unavailable at this time.' }));

beforeEach(() => {
  ecs.reset();
  ecs.on(DescribeServicesCommand).resolves(service());
  ecs.on(DescribeServiceDeploymentsCommand).resolves({ serviceDeployments: [{ serviceDeploymentArn: 'sd/2', status: 'SUCCESSFUL' }] });
  ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { containerDefinitions: [] } });
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  tasks(running);
});

const wait = async (changes: Partial<DeploymentQuestion> = {}) => {
  const env = testEnvironment();
  const result = await awaitDeployment(env, { ...question, ...changes });
  return { result, seconds: (env.clock.time - createdAt.getTime()) / 1000, seen: env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : [])) };
};

describe('awaitDeployment', () => {
  it('follows the service deployment that came of the update, not the one from before', async () => {
    ecs.on(DescribeServicesCommand).resolvesOnce(service({ currentServiceDeployment: 'sd/1' })).resolves(service());
    ecs.on(DescribeServiceDeploymentsCommand, { serviceDeploymentArns: ['sd/1'] }).resolves({ serviceDeployments: [{ status: 'STOPPED' }] });
    expect((await wait()).result.isOk()).toBe(true);
    expect(ecs.commandCalls(DescribeServiceDeploymentsCommand, { serviceDeploymentArns: ['sd/1'] })).toEqual([]);
  });

  it('does not believe one stale read, in which the deployment is not there yet', async () => {
    const stale = service({ deployments: [{ id: 'ecs-svc/1', status: 'PRIMARY', taskDefinition: 'redis:1' }] });
    ecs.on(DescribeServicesCommand).resolvesOnce(stale).resolvesOnce(service({ desiredCount: 0 })).resolves(service());
    const { result, seen } = await wait();
    expect(result.isOk()).toBe(true);
    expect(seen).toEqual(['rolled-back? looking again', 'scaled-to-zero? looking again']);
  });

  it.each([
    ['scaled-to-zero', service({ desiredCount: 0 })],
    ['gone', { services: [] }],
    ['superseded', service({ currentServiceDeployment: 'sd/1', deployments: [{ id: 'ecs-svc/3', status: 'PRIMARY' }] })],
    ['rolled-back', service({ currentServiceDeployment: 'sd/1', deployments: [{ id: 'ecs-svc/1', status: 'PRIMARY' }] })],
  ] as const)('tells %s once reads some time apart agree', async (reason, answer) => {
    ecs.on(DescribeServicesCommand).resolves(answer as never);
    const { result, seconds } = await wait();
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'DeploymentFailed', service: 'redis', reason });
    expect(seconds).toBeGreaterThanOrEqual(10);
    expect(seconds).toBeLessThan(25);
  });

  it('ends early when three tasks of the deployment have failed, with a diagnosis', async () => {
    tasks(...failed(3));
    const { result, seconds } = await wait();
    expect(result._unsafeUnwrapErr()).toMatchObject({ reason: 'crash-loop', diagnosis: { stoppedTasks: [{ taskArn: 't/f0' }, { taskArn: 't/f1' }, { taskArn: 't/f2' }] } });
    expect(seconds).toBe(0);
  });

  it('does not count tasks that had stopped before, nor those of other deployments, nor what ECS scaled in', async () => {
    const [one, two, three] = failed(3);
    tasks(running, one!, two!, three!, { ...three!, taskArn: 't/f8', startedBy: 'ecs-svc/1' }, { ...three!, taskArn: 't/f9', stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/2)' });
    expect((await wait({ stoppedBefore: ['t/f0'] })).result.isOk()).toBe(true);
  });

  it('ends when the scheduler keeps finding no room', async () => {
    ecs.on(DescribeServicesCommand).resolves(service({ events: noRoom(5) }));
    tasks();
    expect((await wait()).result._unsafeUnwrapErr()).toMatchObject({ reason: 'no-capacity' });
  });

  it('does not count what the scheduler had told before, nor before it found room', async () => {
    tasks();
    ecs.on(DescribeServicesCommand).resolves(service({ events: noRoom(6) }));
    expect((await wait({ eventsBefore: ['e4', 'e5'], timeoutSeconds: 30 })).result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    const [one, ...earlier] = noRoom(6);
    ecs.on(DescribeServicesCommand).resolves(service({ events: [one!, { id: 'started', message: '(service redis) has started 1 tasks: (task 1).' }, ...earlier] }));
    expect((await wait({ timeoutSeconds: 30 })).result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
  });

  it('takes a deployment that is complete and healthy for done, although tasks failed on the way and there was no room', async () => {
    ecs.on(DescribeServicesCommand).resolves(service({ events: noRoom(5) }));
    tasks({ ...running, healthStatus: 'HEALTHY' }, ...failed(3));
    expect((await wait()).result.isOk()).toBe(true);
    expect((await wait({ previousDeploymentId: 'ecs-svc/2' })).result.isOk()).toBe(true);
  });

  it('counts failures in a row: a task that came up after them makes up for them, also when it ends later', async () => {
    const [one, two, three, four] = failed(4).map((task, at) => ({ ...task, stoppedAt: new Date(createdAt.getTime() + at * 60_000) }));
    ecs.on(DescribeServicesCommand).resolves(service({ desiredCount: 2 }));
    const up: Task = { ...running, healthStatus: 'HEALTHY', createdAt: new Date(two!.stoppedAt.getTime() + 1) };
    ecs.on(DescribeTasksCommand).resolvesOnce({ tasks: [one!, two!, up] }).resolves({ tasks: [one!, two!, three!, four!] });
    expect((await wait({ timeoutSeconds: 30 })).result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    ecs.on(DescribeTasksCommand).resolves({ tasks: [one!, two!, three!, { ...up, createdAt: new Date(one!.stoppedAt.getTime() - 1) }] });
    expect((await wait({ timeoutSeconds: 30 })).result._unsafeUnwrapErr()).toMatchObject({ reason: 'crash-loop' });
  });

  it('looks at what tasks really run, where the revision names a tag', async () => {
    tasks({ ...running, containers: [{ name: 'redis', imageDigest: 'sha256:old' }, { name: 'sidecar', imageDigest: 'sha256:x' }] });
    const image = { repository: 'graasp', tag: 'redis-v2', digest: 'sha256:index', platforms: null, digests: ['sha256:index', 'sha256:arm'] };
    expect((await wait({ images: { redis: image } })).result._unsafeUnwrapErr()).toMatchObject({ reason: 'image' });
    tasks({ ...running, containers: [{ name: 'redis', imageDigest: 'sha256:arm' }] });
    expect((await wait({ images: { redis: image } })).result.isOk()).toBe(true);
  });

  it('looks on for a while when only the count changed and nothing checks the tasks', async () => {
    const { result, seconds, seen } = await wait({ previousDeploymentId: 'ecs-svc/2' });
    expect(result.isOk()).toBe(true);
    expect(seconds).toBeGreaterThanOrEqual(40);
    expect(seen).toEqual(['running, looking whether it stays so']);
    tasks({ ...running, healthStatus: 'HEALTHY' });
    expect((await wait({ previousDeploymentId: 'ecs-svc/2' })).seconds).toBe(0);
  });
});
