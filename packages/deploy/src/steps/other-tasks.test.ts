import { DescribeTasksCommand, ECSClient, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../environment/environment.fixture.js';
import { checkOtherTasks, type OtherTasksPolicy } from './other-tasks.js';

const ecs = mockClient(ECSClient);
const report: Task = { taskArn: 'arn:task/graasp-dev/r1', group: 'family:report', lastStatus: 'RUNNING' };

function running(...tasks: Task[]) {
  ecs.on(ListTasksCommand, { desiredStatus: 'RUNNING' }).resolves({ taskArns: tasks.map(({ taskArn }) => taskArn!) });
  ecs.on(DescribeTasksCommand).resolves({ tasks });
}

beforeEach(() => {
  ecs.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  running();
});

const check = (policy: OtherTasksPolicy, env = testEnvironment()) => checkOtherTasks(env, policy, 60);

describe('checkOtherTasks', () => {
  it.each<OtherTasksPolicy>(['refuse', 'wait', 'allow'])('passes when nothing but declared services runs, with %s', async (policy) => {
    running({ taskArn: 'a', group: 'service:graasp', lastStatus: 'RUNNING' }, { taskArn: 'b', group: 'family:report', lastStatus: 'STOPPED' }, { taskArn: 'c', group: 'family:report', lastStatus: 'DELETED' });
    expect((await check(policy)).isOk()).toBe(true);
  });

  it('refuses tasks that no declared service owns, naming them and what lifts it', async () => {
    running(report, { taskArn: 'arn:task/graasp-dev/s1', group: 'service:stranger', lastStatus: 'PENDING' }, { taskArn: 'arn:task/graasp-dev/s2', group: 'service:stranger', lastStatus: 'RUNNING' }, { taskArn: 'arn:task/graasp-dev/x', lastStatus: 'DEACTIVATING' });
    expect((await check('refuse'))._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'task-in-flight',
      message: 'Tasks that no declared service owns are running in the cluster and may write to the database: family:report r1 (RUNNING), service:stranger s1 (PENDING), service:stranger s2 (RUNNING), task x (DEACTIVATING).',
      remedy: "Wait for them, or stop them: `aws ecs stop-task --region eu-central-1 --cluster graasp-dev --task r1 && aws ecs update-service --region eu-central-1 --cluster graasp-dev --service stranger --desired-count 0 && aws ecs stop-task --region eu-central-1 --cluster graasp-dev --task x`. Those of a service do not end by themselves: declare it, and it is stopped and started with the others. otherTasks: 'wait' waits, otherTasks: 'allow' goes on regardless.",
    });
  });

  it.each<OtherTasksPolicy>(['refuse', 'wait'])('takes what asks the database for none of them, unless somebody else has started it, with %s', async (policy) => {
    const env = testEnvironment({ definition: { ...definition, sqlTask: { taskDefinitionFamily: 'report', networkOf: 'graasp' } } });
    running({ ...report, startedBy: 'status/20261123T100000Z-1' });
    expect((await check(policy, env)).isOk()).toBe(true);
    running({ ...report, startedBy: 'anna' });
    expect((await check(policy, env)).isErr()).toBe(true);
  });

  it('lets them be when that is allowed', async () => {
    running(report);
    expect((await check('allow')).isOk()).toBe(true);
  });

  it('waits until the last of them has ended', async () => {
    const env = testEnvironment();
    running(report);
    ecs.on(DescribeTasksCommand).resolvesOnce({ tasks: [report] }).resolvesOnce({ tasks: [report] }).resolves({ tasks: [{ ...report, lastStatus: 'STOPPED' }] });
    expect((await check('wait', env)).isOk()).toBe(true);
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', waitingFor: 'other tasks in the cluster to end', seen: 'family:report r1 (RUNNING)' }));
  });

  it('gives up waiting in time, and says for what', async () => {
    running(report);
    expect((await check('wait'))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'other tasks in the cluster to end', lastSeen: 'family:report r1 (RUNNING)' });
  });

  it.each<OtherTasksPolicy>(['refuse', 'wait', 'allow'])('never goes on beside a migration, with %s', async (policy) => {
    running(report, { taskArn: 'arn:task/graasp-dev/m1', group: 'family:migrate', lastStatus: 'DEACTIVATING' });
    expect((await check(policy))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'migration-in-flight', message: 'A migration is running already: family:migrate m1 (DEACTIVATING).', remedy: expect.stringContaining('`aws ecs stop-task --region eu-central-1 --cluster graasp-dev --task m1`') as string });
  });

  it('wants writers that ECS does not run acknowledged, before it asks anything', async () => {
    const env = (...acknowledged: boolean[]) => testEnvironment({ definition: { ...definition, otherWriters: acknowledged.map((yes, at) => ({ name: `lambda-${at}`, acknowledged: yes })) } });
    expect((await check('allow', env(false, true)))._unsafeUnwrapErr()).toEqual({ kind: 'Refused', rule: 'other-writers', lift: 'otherWriters[].acknowledged', message: 'lambda-0 may write to the database graasp-dev and ECS does not run it.', remedy: 'Stop them, then set acknowledged: true on each in the environment definition.' });
    expect((await check('allow', env(false, false)))._unsafeUnwrapErr().message).toBe('lambda-0, lambda-1 may write to the database graasp-dev and ECS does not run them.');
    expect(ecs.calls()).toEqual([]);
    expect((await check('allow', env(true))).isOk()).toBe(true);
  });
});
