import { DescribeServiceDeploymentsCommand, DescribeServicesCommand, DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, RegisterTaskDefinitionCommand, type Service, type Task, UpdateServiceCommand, type UpdateServiceCommandInput } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { okAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentDefinition } from '../../environment/definition.js';
import { definition } from '../../environment/environment.fixture.js';
import type { Expectations } from '../../environment/environment.js';
import type { Baseline } from '../../runs/baseline.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { deployWave } from './deploy-wave.js';

const ecs = mockClient(ECSClient);
const digest = `sha256:${'0'.repeat(64)}`;
const image = { repository: 'graasp', tag: 'cache-v2.0.0', digest, digests: [digest], platforms: ['linux/amd64'] };
const createdAt = new Date('2026-11-23T10:00:00Z');
const released = { ...definition, services: { ...definition.services, redis: { ...definition.services['redis']!, desiredCount: 3, release: { cache: { tag: 'cache-{version}' } } } } } satisfies EnvironmentDefinition;

let service: Service;
let failing: readonly Task[] = [];
const running = (): readonly Task[] => Array.from({ length: service.desiredCount ?? 0 }, (_, at) => ({ taskArn: `t/${at}`, startedBy: 'ecs-svc/2', lastStatus: 'RUNNING', desiredStatus: 'RUNNING' }));
const tasks = () => (failing.length > 0 ? failing : running());
const updates = () => ecs.commandCalls(UpdateServiceCommand).map(({ args }) => args[0].input);

function found(desiredCount: number): void {
  service = { serviceName: 'redis', status: 'ACTIVE', taskDefinition: 'redis:1', desiredCount, runningCount: desiredCount, pendingCount: 0, currentServiceDeployment: 'sd/1', deployments: [{ id: 'ecs-svc/1', status: 'PRIMARY', taskDefinition: 'redis:1', rolloutState: 'COMPLETED', createdAt }] };
}

beforeEach(() => {
  ecs.reset();
  found(0);
  failing = [];
  ecs.on(DescribeServicesCommand).callsFake(() => ({ services: [service] }));
  ecs.on(UpdateServiceCommand).callsFake(({ taskDefinition, desiredCount = 0 }: UpdateServiceCommandInput) => {
    service = { ...service, desiredCount, runningCount: desiredCount };
    if (taskDefinition !== undefined) service = { ...service, taskDefinition, currentServiceDeployment: 'sd/2', deployments: [{ id: 'ecs-svc/2', status: 'PRIMARY', taskDefinition, rolloutState: 'COMPLETED', createdAt }] };
    return { service };
  });
  ecs.on(RegisterTaskDefinitionCommand).resolves({ taskDefinition: { taskDefinitionArn: 'redis:2' } });
  ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { containerDefinitions: [] } });
  ecs.on(DescribeServiceDeploymentsCommand).resolves({ serviceDeployments: [{ serviceDeploymentArn: 'sd/2', status: 'SUCCESSFUL' }] });
  ecs.on(ListTasksCommand).callsFake(() => ({ taskArns: service.taskDefinition === 'redis:1' ? [] : tasks().map(({ taskArn }) => taskArn) }));
  ecs.on(DescribeTasksCommand).callsFake(() => ({ tasks: tasks() }));
});

interface Setting {
  readonly migrated?: boolean;
  readonly isReleased?: boolean;
  readonly found?: number;
  readonly putAside?: readonly string[];
  readonly defined?: number;
}

async function deploy({ migrated = false, isReleased = true, found: before = 2, putAside = ['service:redis'], defined = 3 }: Setting = {}) {
  let baseline: Baseline = { takenAt: '', byRun: 'run-1', gate: {}, services: { redis: { desiredCount: before, taskDefinition: 'redis:1', scaling: null } }, targetGroups: {}, putAside };
  const expected: Partial<Expectations>[] = [];
  const run = { ...recordingRun(), baseline: () => baseline, saveBaseline: (next: Baseline) => okAsync(void (baseline = next)), expect: (change: Partial<Expectations>) => okAsync(void expected.push(change)) };
  const env = environmentInRun(run, { definition: { ...released, services: { ...released.services, redis: { ...released.services.redis, desiredCount: defined } } } });
  const current = { taskDefinitionArn: 'redis:1', family: 'redis', revision: 1, containerDefinitions: [{ name: 'cache', image: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/graasp@sha256:${'1'.repeat(64)}` }], tags: [] };
  const releases = new Map(isReleased ? [['redis', { service, current, images: { cache: image } }]] : []);
  const result = await deployWave(env, ['redis'], { version: 'v2.0.0', releases, migrated, secondsLeft: () => 600 });
  return { env, run, result, expected, putAside: () => baseline.putAside };
}

const failed = (count: number): readonly Task[] => Array.from({ length: count }, (_, at) => ({ taskArn: `t/f${at}`, startedBy: 'ecs-svc/2', lastStatus: 'STOPPED', desiredStatus: 'STOPPED', stopCode: 'EssentialContainerExited' }));

describe('deployWave', () => {
  it('brings up the release with as many tasks as were found, reports it, and gives the service back', async () => {
    const { result, run, putAside, env } = await deploy();
    expect(result._unsafeUnwrap()).toEqual({ redis: { taskDefinition: 'redis:2', deploymentId: 'ecs-svc/2', desiredCount: 2, images: { cache: digest }, adopted: false } });
    expect(updates()).toEqual([{ cluster: 'graasp-dev', service: 'redis', taskDefinition: 'redis:2', desiredCount: 2 }]);
    expect(run.recall('deployment:redis')).toMatchObject({ outcome: 'deployed', deploymentId: 'ecs-svc/2' });
    expect(putAside()).toEqual([]);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'service redis', from: '0 tasks of redis:1', to: '2 tasks of redis:2', operation: 'ecs:UpdateService', why: 'the release: revision and desired count in one call' });
  });

  it.each<[string, number, Setting, number]>([
    ['what the run found, if it has stopped it', 0, { found: 5 }, 5],
    ['what the service has, if it has not', 4, { found: 5, putAside: [] }, 4],
    ['what the definition says, where none was found', 0, { found: 0 }, 3],
    ['what the definition says, where it has none and was not stopped', 0, { found: 5, putAside: [] }, 3],
  ])('starts a service without a release with %s', async (_, has, setting, count) => {
    found(has);
    const { result, expected } = await deploy({ ...setting, isReleased: false });
    expect(result._unsafeUnwrap()).toEqual({});
    expect(service).toMatchObject({ desiredCount: count, taskDefinition: 'redis:1' });
    expect(expected).toContainEqual({ desiredCounts: { redis: count } });
  });

  it('waits for nothing of a service that is to run no task, and says so', async () => {
    const { result, env } = await deploy({ found: 0, defined: 0, isReleased: false });
    expect(result.isOk()).toBe(true);
    expect(env.events).toContainEqual({ type: 'warning', message: 'Service redis is to run 0 tasks, by what was found and by the definition: whether it works is not known.' });
  });

  it('leaves one that fails as it is where old code fits the schema', async () => {
    failing = failed(3);
    const { result, run } = await deploy();
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'DeploymentFailed', reason: 'crash-loop', message: 'Service redis did not come up: its tasks keep exiting.' });
    expect(service.desiredCount).toBe(2);
    expect(run.recall('deployment:redis')).toMatchObject({ outcome: 'failed' });
  });

  it('scales one to 0 that fails after a migration: old code must not meet the new schema', async () => {
    failing = failed(3);
    const { result, env, putAside, expected } = await deploy({ migrated: true, putAside: [], found: 1 });
    expect(result._unsafeUnwrapErr().message).toBe('Service redis did not come up: its tasks keep exiting. It was scaled to 0: old code must not meet the new schema.');
    expect(service.desiredCount).toBe(0);
    expect(putAside()).toEqual(['service:redis']);
    expect(expected.at(-1)).toEqual({ desiredCounts: { redis: 0 }, taskDefinitions: {} });
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'service redis', from: '3 tasks', to: '0 tasks', operation: 'ecs:UpdateService', why: 'its deployment failed, and old code must not meet the new schema' });
  });

  it('says loudly that it could not be scaled to 0', async () => {
    failing = failed(3);
    ecs.on(UpdateServiceCommand, { service: 'redis', desiredCount: 0 }).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    const { result } = await deploy({ migrated: true });
    expect(result._unsafeUnwrapErr().message).toBe('Service redis did not come up: its tasks keep exiting. OLD CODE MAY BE RUNNING ON THE NEW SCHEMA: scaling it to 0 failed (the credentials may not ecs:UpdateService on redis in eu-central-1).');
  });
});
