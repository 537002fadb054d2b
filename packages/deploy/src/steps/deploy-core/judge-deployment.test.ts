import { describe, expect, it } from 'vitest';
import type { Deployment, Service, ServiceDeployment, Task } from '../../aws/ecs.js';
import { judgeDeployment, type SeenDeployment } from './judge-deployment.js';

const followed = { service: 'graasp', revision: 'graasp:2', deploymentId: 'ecs-svc/2', previousDeploymentId: 'ecs-svc/1', stoppedBefore: ['task/0'] };
const ours: Deployment = { id: 'ecs-svc/2', status: 'PRIMARY', taskDefinition: 'graasp:2', rolloutState: 'COMPLETED' };
const before: Deployment = { id: 'ecs-svc/1', status: 'ACTIVE', taskDefinition: 'graasp:1', rolloutState: 'COMPLETED' };
const running: Task = { startedBy: 'ecs-svc/2', lastStatus: 'RUNNING', desiredStatus: 'RUNNING' };

function exited(taskArn: string): Task {
  return { taskArn, startedBy: 'ecs-svc/2', lastStatus: 'STOPPED', desiredStatus: 'STOPPED' };
}

function service(changes: Partial<Service> = {}): Service {
  return { serviceName: 'graasp', status: 'ACTIVE', desiredCount: 2, deployments: [ours], ...changes };
}

function judge(changes: Partial<SeenDeployment> & { readonly is?: ServiceDeployment['status'] } = {}) {
  const { is = 'SUCCESSFUL', ...seen } = changes;
  return judgeDeployment(followed, { service: service(), serviceDeployment: { status: is }, tasks: [running, running], healthyTargets: 2, ...seen });
}

describe('judgeDeployment', () => {
  it('is done when AWS says so, every task runs and is healthy, and no old one is left', () => {
    expect(judge()).toEqual({ status: 'done' });
    expect(judge({ serviceDeployment: null, healthyTargets: null })).toEqual({ status: 'done' });
  });

  it.each<[string, Parameters<typeof judge>[0]]>([
    ['1 of 2 running, 2 healthy', { tasks: [running, { ...running, lastStatus: 'PENDING' }] }],
    ['2 of 2 running, 1 healthy', { healthyTargets: 1 }],
    ['2 of 2 running, 2 healthy, 1 old still stopping', { tasks: [running, running, { startedBy: 'ecs-svc/1', lastStatus: 'DEACTIVATING', desiredStatus: 'STOPPED' }] }],
    ['2 of 2 running, 2 healthy, 1 old still stopping', { tasks: [running, running, { ...running, startedBy: 'ecs-svc/1' }] }],
    ['1 of 2 running, 2 healthy', { tasks: [running, { ...running, healthStatus: 'UNHEALTHY' }] }],
    ['1 of 2 running, 2 healthy, 1 new stopping', { tasks: [running, { ...running, lastStatus: 'DEPROVISIONING', desiredStatus: 'STOPPED' }] }],
    ['1 of 2 running, 2 healthy, 2 new exited', { tasks: [running, exited('task/0'), exited('task/1'), exited('task/2')] }],
    ['2 of 2 running, 2 healthy', { service: service({ deployments: [{ ...ours, rolloutState: 'IN_PROGRESS' }] }) }],
    ['2 of 2 running, 2 healthy', { is: 'IN_PROGRESS' }],
    ['2 of 2 running, 2 healthy', { service: service({ deployments: [{ ...ours, taskDefinition: 'graasp:1' }] }) }],
  ])('is not done: %s', (seen, changes) => {
    expect(judge(changes)).toMatchObject({ status: 'pending', seen });
  });

  it('forgets tasks that have stopped', () => {
    expect(judge({ tasks: [running, running, { startedBy: 'ecs-svc/1', lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }, { startedBy: 'ecs-svc/1', lastStatus: 'DELETED', desiredStatus: 'STOPPED' }] })).toEqual({ status: 'done' });
  });

  it.each<[string, boolean, Parameters<typeof judge>[0]]>([
    ['gone', false, { service: null }],
    ['gone', false, { service: service({ status: 'DRAINING' }) }],
    ['scaled-to-zero', false, { service: service({ desiredCount: 0 }), tasks: [], healthyTargets: 0 }],
    ['superseded', false, { service: service({ deployments: [{ ...ours, id: 'ecs-svc/3' }, { ...ours, status: 'ACTIVE' }] }), serviceDeployment: null }],
    ['superseded', true, { service: service({ deployments: [{ ...ours, id: 'ecs-svc/3' }] }), is: 'STOPPED' }],
    ['rolled-back', false, { service: service({ deployments: [{ ...before, status: 'PRIMARY' }] }), serviceDeployment: null }],
    ['rolled-back', true, { service: service({ deployments: [{ ...before, status: 'PRIMARY' }, { ...ours, status: 'ACTIVE', rolloutState: 'FAILED' }] }), serviceDeployment: null }],
    ['rolled-back', true, { service: service({ deployments: [{ ...before, status: 'PRIMARY' }] }), is: 'ROLLBACK_SUCCESSFUL' }],
    ['rolled-back', true, { is: 'ROLLBACK_IN_PROGRESS' }],
    ['rolled-back', true, { is: 'ROLLBACK_FAILED' }],
    ['failed', true, { service: service({ deployments: [{ ...ours, rolloutState: 'FAILED' }] }), is: 'STOPPED' }],
    ['failed', true, { is: 'STOPPED' }],
  ])('tells that it is %s (certain: %s)', (reason, certain, changes) => {
    expect(judge(changes)).toEqual({ status: 'failed', reason, certain });
  });

  it('waits while a rollback is only requested, or a stop: either may come to nothing', () => {
    expect(judge({ is: 'ROLLBACK_REQUESTED' })).toMatchObject({ status: 'pending' });
    expect(judge({ is: 'STOP_REQUESTED' })).toMatchObject({ status: 'pending' });
  });
});
