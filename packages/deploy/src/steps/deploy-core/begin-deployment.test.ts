import { DescribeServicesCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Service } from '../../aws/ecs.js';
import type { JsonValue } from '../../environment/environment.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { beginDeployment, type DeploymentRequest } from './begin-deployment.js';

const ecs = mockClient(ECSClient);
const old = 'arn:task-definition/graasp:7';
const revision = 'arn:task-definition/graasp:8';
const service = (id: string | null, taskDefinition: string, desiredCount: number): Service => ({
  serviceName: 'graasp',
  taskDefinition,
  desiredCount,
  runningCount: desiredCount,
  pendingCount: 0,
  deployments: id === null ? [] : [{ id, status: 'PRIMARY', taskDefinition }],
  events: [],
  loadBalancers: [],
});
const before = service('ecs-svc/1', old, 0);
const after = service('ecs-svc/2', revision, 2);
const journalled = (changes: object = {}): JsonValue => ({ revision, desiredCount: 2, previousDeploymentId: 'ecs-svc/1', previousServiceDeploymentArn: null, deploymentId: null, outcome: 'open', ...changes });

beforeEach(() => {
  ecs.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [] });
  ecs.on(DescribeServicesCommand).resolves({ services: [after] });
  ecs.on(UpdateServiceCommand).resolves({ service: after });
});

function begin(request: Partial<DeploymentRequest> = {}, known?: JsonValue) {
  const run = recordingRun({ records: known === undefined ? {} : { 'deployment:graasp': known } });
  const env = environmentInRun(run);
  return { run, env, result: beginDeployment(env, { service: before, revision, desiredCount: 2, force: false, images: {}, ...request }) };
}

const updates = () => ecs.commandCalls(UpdateServiceCommand).map(({ args }) => args[0].input);

describe('beginDeployment', () => {
  it('journals what was there before it asks, and the deployment that came of it after', async () => {
    const { run, env, result } = begin();
    expect((await result)._unsafeUnwrap()).toMatchObject({ adopted: false, begun: { deploymentId: 'ecs-svc/2', previousDeploymentId: 'ecs-svc/1' } });
    expect(run.entries.map(({ value }) => (value as { deploymentId: string | null }).deploymentId)).toEqual([null, 'ecs-svc/2']);
    expect(env.events).toEqual([expect.objectContaining({ type: 'change', resource: 'service graasp', from: '0 tasks of graasp:7', to: '2 tasks of graasp:8' })]);
    expect(updates()).toEqual([{ cluster: 'graasp-dev', service: 'graasp', taskDefinition: revision, desiredCount: 2 }]);
  });

  it('waits until AWS shows the deployment, and takes the one from before for none of its own', async () => {
    ecs.on(UpdateServiceCommand).resolves({ service: before });
    ecs.on(DescribeServicesCommand).resolvesOnce({ services: [before] }).resolvesOnce({ services: [service(null, old, 0)] }).resolves({ services: [after] });
    const { env, result } = begin();
    expect((await result)._unsafeUnwrap()).toMatchObject({ begun: { deploymentId: 'ecs-svc/2' } });
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', seen: 'graasp still shows its deployment before' }));
  });

  it('does not wait for ever for a deployment that AWS never shows, and leaves its intent', async () => {
    ecs.on(UpdateServiceCommand).resolves({ service: before });
    ecs.on(DescribeServicesCommand).resolves({ services: [before] });
    const { run, result } = begin();
    expect((await result)._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'the deployment of graasp to be described', lastSeen: 'graasp still shows its deployment before' });
    expect(run.recall('deployment:graasp')).toMatchObject({ revision, deploymentId: null, outcome: 'open' });
  });

  it('begins where the service never had a deployment', async () => {
    const { run, env, result } = begin({ service: { ...service(null, old, 1), taskDefinition: undefined } });
    expect((await result).isOk()).toBe(true);
    expect(run.entries[0]!.value).toMatchObject({ previousDeploymentId: null, previousServiceDeploymentArn: null });
    expect(env.events[0]).toMatchObject({ from: '1 task of nothing' });
  });

  it('asks for nothing where revision and count are there already, and follows what is', async () => {
    expect((await begin({ service: after }).result)._unsafeUnwrap()).toMatchObject({ adopted: false, begun: { deploymentId: 'ecs-svc/2' } });
    expect(updates()).toEqual([]);
  });

  it('says that ECS is not to roll back where it is told so, and asks also where nothing else changes', async () => {
    const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: false } };
    const { env, result } = begin({ service: after, deploymentConfiguration });
    expect((await result).isOk()).toBe(true);
    expect(updates()).toEqual([{ cluster: 'graasp-dev', service: 'graasp', taskDefinition: revision, desiredCount: 2, deploymentConfiguration }]);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'service graasp', from: '2 tasks of graasp:8', to: '2 tasks of graasp:8', operation: 'ecs:UpdateService', why: 'the release: revision and desired count in one call, and no rollback by ECS onto the new schema' });
  });

  it('forces a deployment under retag of the revision that it has', async () => {
    ecs.on(UpdateServiceCommand).resolves({ service: service('ecs-svc/3', revision, 2) });
    expect((await begin({ service: after, force: true }).result)._unsafeUnwrap()).toMatchObject({ begun: { deploymentId: 'ecs-svc/3', previousDeploymentId: 'ecs-svc/2' } });
    expect(updates()).toMatchObject([{ forceNewDeployment: true }]);
  });

  describe('resumed', () => {
    it('takes the deployment for its own whose request was not answered', async () => {
      expect((await begin({ service: after }, journalled()).result)._unsafeUnwrap()).toMatchObject({ adopted: true, begun: { deploymentId: 'ecs-svc/2' } });
      expect(updates()).toEqual([]);
    });

    it('asks again when the request never arrived', async () => {
      expect((await begin({ service: { ...before, taskDefinition: revision, deployments: [{ id: 'ecs-svc/1', status: 'PRIMARY', taskDefinition: revision }] } }, journalled()).result)._unsafeUnwrap()).toMatchObject({ adopted: false });
      expect(updates()).toHaveLength(1);
    });

    it.each([
      ['by what is journalled', {}, { outcome: 'failed' }],
      ['by what ECS says of it', { rolloutState: 'FAILED' as const }, {}],
    ])('forces a new deployment of the same revision after one that failed, %s', async (_, seen, known) => {
      ecs.on(UpdateServiceCommand).resolves({ service: service('ecs-svc/3', revision, 2) });
      const failed = { ...after, deployments: [{ id: 'ecs-svc/2', status: 'PRIMARY', taskDefinition: revision, ...seen }] };
      expect((await begin({ service: failed }, journalled({ deploymentId: 'ecs-svc/2', ...known })).result)._unsafeUnwrap()).toMatchObject({ adopted: false, begun: { deploymentId: 'ecs-svc/3' } });
      expect(updates()).toEqual([{ cluster: 'graasp-dev', service: 'graasp', taskDefinition: revision, desiredCount: 2, forceNewDeployment: true }]);
    });
  });
});
