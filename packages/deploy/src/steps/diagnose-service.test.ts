import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, type Task as AnyTask } from '@aws-sdk/client-ecs';
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '../aws/ecs.js';
import { testEnvironment } from '../environment/environment.fixture.js';
import { diagnoseService, failedTasks, failureOf, lastLines } from './diagnose-service.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const logs = mockClient(CloudWatchLogsClient);
const task = (changes: Partial<Task> = {}): Task => ({ taskArn: 'arn:task/graasp-dev/t1', taskDefinitionArn: 'graasp:8', lastStatus: 'STOPPED', containers: [], ...changes });
const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
const awslogs = (group: string) => ({ logDriver: 'awslogs' as const, options: { 'awslogs-group': group, 'awslogs-stream-prefix': 'ecs' } });

beforeEach(() => {
  for (const client of [ecs, elbv2, logs]) client.reset();
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'graasp', events: Array.from({ length: 12 }, (_, at) => ({ message: `event ${at}` })) }] });
  ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { containerDefinitions: [{ name: 'core', logConfiguration: awslogs('/ecs/core') }, { name: 'proxy', logConfiguration: { logDriver: 'splunk' } }, { name: 'nudenet' }] } });
  elbv2.on(DescribeTargetHealthCommand).resolves({
    TargetHealthDescriptions: [
      { Target: { Id: '10.0.0.7', Port: 3111 }, TargetHealth: { State: 'unhealthy', Reason: 'Target.FailedHealthChecks', Description: 'Health checks failed' } },
      { Target: { Id: '10.0.0.8', Port: 3111 }, TargetHealth: { State: 'initial', Reason: 'Elb.InitialHealthChecking' } },
      { Target: { Id: '10.0.0.9', Port: 3111 }, TargetHealth: { State: 'healthy' } },
    ],
  });
  logs.on(GetLogEventsCommand).resolves({ events: Array.from({ length: 25 }, (_, at) => ({ message: `line ${at}` })) });
});

describe('failureOf', () => {
  it.each<[string, Partial<Task>, string | null]>([
    ['an image that is not there', { stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: manifest unknown' }, 'image'],
    ['an image that is not there, told by the container alone', { stopCode: 'TaskFailedToStart', containers: [{ name: 'core', reason: 'CannotPullContainerError' }] }, 'image'],
    ['a failed health check', { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Task failed container health checks' }, 'unhealthy'],
    ['no capacity', { stopCode: 'TaskFailedToStart', stoppedReason: 'Capacity is unavailable at this time' }, 'no-capacity'],
    ['another failed start', { stopCode: 'TaskFailedToStart', stoppedReason: 'ResourceInitializationError' }, 'crash-loop'],
    ['an exit', { stopCode: 'EssentialContainerExited' }, 'crash-loop'],
    ['scaling in', { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling activity initiated by deployment' }, null],
    ['no reason at all', {}, null],
  ])('tells %s', (_, changes, expected) => {
    expect(failureOf(task(changes))).toBe(expected);
  });
});

describe('failedTasks', () => {
  it('counts what has failed since, and neither what was before nor what ECS scaled in', async () => {
    const since = Date.parse('2026-11-23T10:00:00Z');
    const at = (seconds: number): AnyTask => ({ createdAt: new Date(since + seconds * 1000), stopCode: 'EssentialContainerExited' });
    const tasks: AnyTask[] = [{ taskArn: 'old', ...at(-1) }, { taskArn: 'failed', ...at(1) }, { taskArn: 'scaled in', ...at(1), stopCode: 'ServiceSchedulerInitiated' }, { taskArn: 'ageless', stopCode: 'EssentialContainerExited' }];
    ecs.on(ListTasksCommand, { serviceName: 'graasp', desiredStatus: 'STOPPED' }).resolves({ taskArns: tasks.map(({ taskArn }) => taskArn!) });
    ecs.on(DescribeTasksCommand).resolves({ tasks });
    expect((await failedTasks(testEnvironment(), 'graasp', since))._unsafeUnwrap().map(({ taskArn }) => taskArn)).toEqual(['failed']);
  });
});

describe('diagnoseService', () => {
  it('is what a person would look up: stopped tasks, targets, events and the last lines of what logs to CloudWatch', async () => {
    const failed = task({ stoppedReason: 'Essential container in task exited', containers: [{ name: 'core', exitCode: 1, reason: 'OutOfMemoryError' }, { name: 'nudenet' }] });
    const diagnosis = (await diagnoseService(testEnvironment(), 'graasp', [failed]))._unsafeUnwrap();
    expect(diagnosis).toEqual({
      stoppedTasks: [{ taskArn: failed.taskArn, stoppedReason: 'OutOfMemoryError', exitCodes: { core: 1, nudenet: null } }],
      targetHealth: [
        { target: '10.0.0.7:3111', state: 'unhealthy', reason: 'Health checks failed' },
        { target: '10.0.0.8:3111', state: 'initial', reason: 'Elb.InitialHealthChecking' },
        { target: '10.0.0.9:3111', state: 'healthy', reason: '' },
      ],
      events: Array.from({ length: 10 }, (_, at) => `event ${at}`),
      lastLines: Array.from({ length: 20 }, (_, at) => `line ${at + 5}`),
    });
    expect(logs.commandCalls(GetLogEventsCommand).map(({ args }) => args[0].input.logStreamName)).toEqual(['ecs/core/t1']);
  });

  it('leaves out what cannot be read, and fails for none of it', async () => {
    ecs.on(DescribeServicesCommand).rejects(denied);
    elbv2.on(DescribeTargetHealthCommand).rejects(denied);
    ecs.on(DescribeTaskDefinitionCommand).rejects(denied);
    expect((await diagnoseService(testEnvironment(), 'graasp', [task({ stoppedReason: 'gone' })]))._unsafeUnwrap()).toEqual({ stoppedTasks: [{ taskArn: 'arn:task/graasp-dev/t1', stoppedReason: 'gone', exitCodes: {} }], targetHealth: [], events: [], lastLines: [] });
  });

  it('reads no lines where no task has failed, where it cannot tell its revision, and where the stream is not there', async () => {
    expect((await lastLines(testEnvironment(), undefined))._unsafeUnwrap()).toEqual([]);
    expect((await lastLines(testEnvironment(), task({ taskDefinitionArn: undefined })))._unsafeUnwrap()).toEqual([]);
    logs.on(GetLogEventsCommand).rejects(Object.assign(new Error('no stream'), { name: 'ResourceNotFoundException' }));
    expect((await lastLines(testEnvironment(), task()))._unsafeUnwrap()).toEqual([]);
    expect((await diagnoseService(testEnvironment(), 'redis', [task()]))._unsafeUnwrap()).toMatchObject({ targetHealth: [], stoppedTasks: [{ stoppedReason: '' }] });
  });
});
