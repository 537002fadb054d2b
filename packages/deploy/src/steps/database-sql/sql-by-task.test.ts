import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, RunTaskCommand, StopTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition } from '../../environment/environment.fixture.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { sqlByTask } from './sql-by-task.js';

const ecs = mockClient(ECSClient);
const logs = mockClient(CloudWatchLogsClient);
const taskArn = 'arn:task/graasp-dev/abc';
const task = { taskDefinitionFamily: 'sql', networkOf: 'graasp', command: ['psql'] };
const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-a'] } };
const logConfiguration = { logDriver: 'awslogs' as const, options: { 'awslogs-group': '/ecs/sql', 'awslogs-stream-prefix': 'ecs' } };
const ended: Task = { taskArn, lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited', stoppedReason: 'done', startedAt: new Date('2026-11-23T10:00:10Z'), stoppedAt: new Date('2026-11-23T10:00:20Z'), containers: [{ name: 'psql', exitCode: 0 }] };
const question = { operation: 'sql:SELECT', text: 'SELECT 1', timeoutSeconds: 30 } as const;
const remedy = 'Mend the task: it is to run DEPLOY_SQL in each of DEPLOY_DATABASES, print a line for each, and exit with 0. Without sqlTask in the definition the metrics alone decide.';

function prints(...lines: readonly string[]): void {
  logs.on(GetLogEventsCommand).callsFake(({ nextToken }: { nextToken?: string }) => ({ events: nextToken === undefined ? lines.map((message) => ({ message })) : [], nextForwardToken: 'end' }));
}

const runs = () => ecs.commandCalls(RunTaskCommand).map(({ args }) => args[0].input);

/** Of services that use these databases. */
function by(databases: readonly string[], signal?: AbortSignal) {
  const services = { graasp: { ...definition.services['graasp']!, databases }, redis: definition.services['redis']! };
  const env = environmentInRun(recordingRun({ step: 'db-settled' }), { definition: { ...definition, services }, ...(signal === undefined ? {} : { signal }) });
  return { env, way: sqlByTask(env, task, 'awaitDbSettled') };
}

beforeEach(() => {
  ecs.reset();
  logs.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { taskDefinitionArn: 'sql:3', containerDefinitions: [{ name: 'psql', logConfiguration }] } });
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'graasp', networkConfiguration }] });
  ecs.on(RunTaskCommand).resolves({ tasks: [{ taskArn }] });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [ended] });
  ecs.on(StopTaskCommand).resolves({});
  prints('psql (16)', ' {"database":"shop"} ', '', '{"database":"umami"}', '{ broken');
});

describe('sqlByTask', () => {
  it('asks every declared database by one task, and answers with the lines that are JSON', async () => {
    const { way, env } = by(['umami', 'shop']);
    expect([way.kind, way.told, way.secondsBetweenLooks]).toEqual(['task', 'by a task of sql', 60]);
    expect((await way.ask(question))._unsafeUnwrap()).toEqual(['{"database":"shop"}', '{"database":"umami"}']);
    const environment = [{ name: 'DEPLOY_SQL', value: 'SELECT 1' }, { name: 'DEPLOY_DATABASES', value: 'shop umami' }];
    expect(runs()).toMatchObject([{ taskDefinition: 'sql:3', launchType: 'FARGATE', networkConfiguration, startedBy: 'status/run-1-1', overrides: { containerOverrides: [{ name: 'psql', command: ['psql'], environment }] } }]);
    expect(env.events).toEqual([]);
  });

  it('looks for what it asks with once', async () => {
    const { way } = by(['shop']);
    expect((await way.prepare()).isOk()).toBe(true);
    expect(runs()).toEqual([]);
    expect((await way.ask(question)).isOk()).toBe(true);
    expect((await way.ask(question)).isOk()).toBe(true);
    expect(ecs.commandCalls(DescribeTaskDefinitionCommand)).toHaveLength(1);
    expect(new Set(runs().map(({ taskDefinition }) => taskDefinition))).toEqual(new Set(['sql:3']));
  });

  it('wants a container whose output can be read', async () => {
    ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { containerDefinitions: [{ name: 'psql' }] } });
    expect((await by([]).way.prepare())._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: ["sqlTask.container: expected one that logs with the awslogs driver, because what it prints is the answer, got 'psql' of sql"],
    });
  });

  it.each<[string, () => void, readonly string[], string]>([
    ['it is not started', () => ecs.on(RunTaskCommand).resolves({ tasks: [], failures: [{ reason: 'RESOURCE:CPU' }] }), ['shop'], 'was not started: RESOURCE:CPU'],
    ['it fails', () => ecs.on(DescribeTasksCommand).resolves({ tasks: [{ ...ended, containers: [{ name: 'psql', exitCode: 3 }] }] }), ['shop'], 'abc ended with exit code 3 (done); its last line: { broken'],
    ['it is killed', () => ecs.on(DescribeTasksCommand).resolves({ tasks: [{ ...ended, containers: [] }] }), ['shop'], 'abc ended with exit code none (done); its last line: { broken'],
    ['it answers less than was asked', () => prints('{"database":"shop"}'), ['shop', 'umami'], 'abc printed 1 answers of 2 (shop, umami); its last line: {"database":"shop"}'],
    ['it answers nothing', () => prints(' '), [], 'abc printed 0 answers of 1 (its own database); its last line: none'],
    [
      'what it printed cannot be read',
      () => logs.on(GetLogEventsCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' })),
      ['shop'],
      'abc has answered, and that cannot be read: the credentials may not logs:GetLogEvents',
    ],
  ])('says what is wrong with the task when %s', async (_, arrange, databases, what) => {
    arrange();
    const error = (await by(databases).way.ask(question))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Unexpected', operation: 'sql:SELECT', message: expect.stringContaining(`the SQL task of sql ${what}`) as string, remedy });
  });

  it('gives each database its own time, and stops a task for which nobody waits any more', async () => {
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn, lastStatus: 'RUNNING' }] });
    expect((await by(['shop', 'umami']).way.ask(question))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'sql:SELECT by a task', timeoutSeconds: 660 });
    expect((await by([]).way.ask(question))._unsafeUnwrapErr()).toMatchObject({ timeoutSeconds: 630 });
    expect(ecs.commandCalls(StopTaskCommand).map(({ args }) => args[0].input)[0]).toEqual({ cluster: 'graasp-dev', task: taskArn, reason: 'nobody waits for its answer any more' });
  });

  it('tells the timeout also where the task cannot be stopped', async () => {
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn, lastStatus: 'RUNNING' }] });
    ecs.on(StopTaskCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    expect((await by(['shop']).way.ask(question))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
  });
});
