import { DescribeServicesCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, type Service } from '@aws-sdk/client-ecs';
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client, type TargetHealthStateEnum } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { awaitServiceSteady, deploymentFailed } from './await-service-steady.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const steady: Service = { serviceName: 'graasp', desiredCount: 2, runningCount: 2, pendingCount: 0, deployments: [{ status: 'PRIMARY' }] };
const healths = (...states: readonly TargetHealthStateEnum[]) => elbv2.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: states.map((State) => ({ TargetHealth: { State } })) });

async function wait(service: Partial<Service> = {}, desiredCount = 2, name = 'graasp') {
  ecs.on(DescribeServicesCommand).resolves({ services: [{ ...steady, ...service }] });
  const env = testEnvironment();
  const result = await awaitServiceSteady(env, { service: name, desiredCount, timeoutSeconds: 30 });
  return { result, env, seen: env.events.flatMap((event) => (event.type === 'waiting' ? [[event.seen, event.progress]] : [])) };
}

beforeEach(() => {
  ecs.reset();
  elbv2.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [] });
  healths('healthy', 'healthy');
});

describe('awaitServiceSteady', () => {
  it('is over once the service runs what is wanted, and every target is healthy', async () => {
    expect((await wait()).result.isOk()).toBe(true);
  });

  it.each<readonly [string, Partial<Service>, string]>([
    ['wants another number', { desiredCount: 3 }, '2 of 2 running, 2 healthy'],
    ['runs fewer', { runningCount: 1 }, '1 of 2 running, 2 healthy'],
    ['runs more', { runningCount: 3 }, '3 of 2 running, 2 healthy'],
    ['starts another', { pendingCount: 1 }, '2 of 2 running, 2 healthy'],
    ['has a deployment that is not over', { deployments: [{ status: 'PRIMARY' }, { status: 'ACTIVE' }] }, '2 of 2 running, 2 healthy'],
  ])('goes on while the service %s', async (_, service, lastSeen) => {
    expect((await wait(service)).result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen });
  });

  it.each<readonly [readonly TargetHealthStateEnum[], number]>([
    [['healthy', 'initial'], 1],
    [['healthy', 'unhealthy', 'draining'], 1],
    [[], 0],
  ])('goes on while of its targets, %j, fewer are healthy than are wanted', async (states, healthy) => {
    healths(...states);
    const { result, seen } = await wait();
    expect(result._unsafeUnwrapErr()).toMatchObject({ lastSeen: `2 of 2 running, ${healthy} healthy` });
    expect(seen[0]?.[1]).toBeCloseTo((1 + healthy / 2) / 2);
  });

  it('goes by the target group that has fewest', async () => {
    const found = { ...testEnvironment()[internals].found, targetGroupsOf: { graasp: ['a', 'b'].map((targetGroupArn) => ({ targetGroupArn, containerName: 'core', containerPort: 1 })) } };
    ecs.on(DescribeServicesCommand).resolves({ services: [steady] });
    elbv2.on(DescribeTargetHealthCommand, { TargetGroupArn: 'b' }).resolves({ TargetHealthDescriptions: [{ TargetHealth: { State: 'healthy' } }] });
    const env = testEnvironment({ internals: { found } });
    expect((await awaitServiceSteady(env, { service: 'graasp', desiredCount: 2, timeoutSeconds: 30 }))._unsafeUnwrapErr()).toMatchObject({ lastSeen: '2 of 2 running, 1 healthy' });
  });

  it('asks for no health of a service that has no targets', async () => {
    expect((await wait({ serviceName: 'redis' }, 2, 'redis')).result.isOk()).toBe(true);
    expect((await wait({ serviceName: 'redis', runningCount: 1 }, 2, 'redis')).seen).toEqual([['1 of 2 running', 0.5]]);
    expect(elbv2.calls()).toEqual([]);
  });

  it('ends once three tasks have failed since it began, and not with two, or with those of before', async () => {
    const failing = (count: number, at: string) => {
      ecs.on(ListTasksCommand).resolves({ taskArns: Array.from({ length: count }, (_, index) => `tasks/${index}`) });
      ecs.on(DescribeTasksCommand).resolves({ tasks: Array.from({ length: count }, (_, index) => ({ taskArn: `tasks/${index}`, group: 'service:graasp', lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', createdAt: new Date(at), stoppedAt: new Date(at), containers: [{ name: 'core', exitCode: 1 }] })) });
    };
    failing(3, '2026-11-23T10:00:01Z');
    expect((await wait({ runningCount: 0 })).result._unsafeUnwrapErr()).toMatchObject({ kind: 'DeploymentFailed', service: 'graasp', reason: 'crash-loop', message: 'Service graasp did not come up: its tasks keep exiting (Essential container in task exited).' });
    failing(2, '2026-11-23T10:00:01Z');
    expect((await wait({ runningCount: 0 })).result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    failing(3, '2026-11-23T09:00:00Z');
    expect((await wait({ runningCount: 0 })).result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
  });
});

describe('deploymentFailed', () => {
  const nothing = { stoppedTasks: [], targetHealth: [], events: [], lastLines: [] };
  const stopped = (stoppedReason: string) => ({ ...nothing, stoppedTasks: [{ taskArn: 't1', stoppedReason: 'before', exitCodes: {} }, { taskArn: 't2', stoppedReason, exitCodes: {} }] });

  it.each([
    ['gone', 'the deployment is gone'],
    ['failed', 'the deployment failed'],
    ['rolled-back', 'the deployment was rolled back'],
    ['superseded', 'another deployment took its place'],
    ['scaled-to-zero', 'somebody scaled it to 0'],
    ['crash-loop', 'its tasks keep exiting'],
    ['image', 'its image cannot be pulled'],
    ['unhealthy', 'its tasks fail their health check'],
    ['no-capacity', 'there is no capacity for its tasks'],
  ] as const)('says in words that a service did not come up for %s', (reason, text) => {
    expect(deploymentFailed('graasp', reason, nothing)).toEqual({
      kind: 'DeploymentFailed',
      service: 'graasp',
      reason,
      diagnosis: nothing,
      message: `Service graasp did not come up: ${text}.`,
      remedy: 'Read why its tasks stopped, and their last lines; mend the cause, then resume.',
    });
  });

  it('adds why the last task stopped, where ECS says it', () => {
    expect(deploymentFailed('graasp', 'failed', stopped('out of memory')).message).toBe('Service graasp did not come up: the deployment failed (out of memory).');
    expect(deploymentFailed('graasp', 'failed', stopped('')).message).toBe('Service graasp did not come up: the deployment failed.');
  });
});
