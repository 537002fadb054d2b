import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, ECSClient, ListTasksCommand, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { readSchemaStatus, readSettledStatus } from './schema-status.js';

const ecs = mockClient(ECSClient);
const logs = mockClient(CloudWatchLogsClient);
const target = { revision: 'migrate:8', container: 'migrate', network: { awsvpcConfiguration: { subnets: ['subnet-a'] } }, log: { group: '/ecs/migrate', prefix: 'ecs', container: 'migrate' } };
const command = ['node', 'status.js'];
const asked = () => ecs.commandCalls(RunTaskCommand).map(({ args }) => args[0].input);

/** What the status command prints, reading by reading; null: it ends with exit code 1. The last goes on. */
function readings(...told: readonly (string | null)[]): void {
  const reading = (id: string | undefined) => told[Math.min(Number(id?.split('-').at(-1)), told.length) - 1];
  let started = 0;
  ecs.on(RunTaskCommand).callsFake(() => ({ tasks: [{ taskArn: `arn:task/graasp-dev/s-${(started += 1)}` }] }));
  ecs.on(DescribeTasksCommand).callsFake(({ tasks: [taskArn] }: { tasks: string[] }) => ({ tasks: [{ ...ended, taskArn, containers: [{ name: 'migrate', exitCode: reading(taskArn) === null ? 1 : 0 }] }] }));
  logs.on(GetLogEventsCommand).callsFake(({ logStreamName, nextToken }: { logStreamName: string; nextToken?: string }) => ({
    events: nextToken === undefined ? (reading(logStreamName) ?? '').split('\n').map((message) => ({ message })) : [],
    nextForwardToken: 'end',
  }));
}

const ended: Task = { lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', startedAt: new Date('2026-11-23T10:00:10Z'), stoppedAt: new Date('2026-11-23T10:00:20Z') };
const inRun = () => environmentInRun(recordingRun({ step: 'run-migration' }));
const warnings = (env: ReturnType<typeof inRun>) => env.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

beforeEach(() => {
  ecs.reset();
  logs.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
});

describe('readSchemaStatus', () => {
  it('is the last line that is not empty of what the command prints, in a task of its own', async () => {
    readings('connecting\n  0042_add_index \n\n');
    const env = inRun();
    expect((await readSchemaStatus(env, target, command))._unsafeUnwrap()).toBe('0042_add_index');
    expect(asked()).toEqual([
      {
        cluster: 'graasp-dev',
        taskDefinition: 'migrate:8',
        launchType: 'FARGATE',
        count: 1,
        networkConfiguration: target.network,
        startedBy: 'status/run-1-1',
        clientToken: `run-1/${(5e8).toString(36)}/status/run-migration`,
        overrides: { containerOverrides: [{ name: 'migrate', command }] },
      },
    ]);
    expect(env.events).toContainEqual({ type: 'log', source: 'migration status', line: 'connecting' });
    expect(warnings(env)).toEqual([]);
  });

  it.each<[string, () => void, string]>([
    ['the command fails', () => readings(null), 'exit code 1 (Essential container in task exited)'],
    ['it prints nothing', () => readings('\n '), 'it printed nothing'],
    ['its task is not started', () => ecs.on(RunTaskCommand).resolves({ tasks: [], failures: [{ reason: 'no room' }] }), 'no room'],
  ])('is unknown, and says so, when %s', async (_, arrange, why) => {
    arrange();
    const env = inRun();
    expect((await readSchemaStatus(env, target, command))._unsafeUnwrap()).toBeNull();
    expect(warnings(env)).toEqual([`The status command did not tell the schema's version: ${why}`]);
  });

  it('says how a command that hangs is stopped', async () => {
    readings('1');
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn: 'arn:task/graasp-dev/s-1', lastStatus: 'RUNNING' }] });
    expect((await readSchemaStatus(inRun(), target, command))._unsafeUnwrapErr()).toMatchObject({
      kind: 'TimedOut',
      waitingFor: "the migration's status command",
      timeoutSeconds: 900,
      remedy: "The command's task goes on, and keeps away whatever waits for the migration's tasks to end. It only reads: stop it by `aws ecs stop-task --region eu-central-1 --cluster graasp-dev --task s-1`, then resume.",
    });
  });
});

describe('readSettledStatus', () => {
  it.each<[string, readonly (string | null)[], string | null, number]>([
    ['the same is told twice', ['1', '1'], '1', 2],
    ['a statement of the killed migration has been committed in between', ['1', '2', '2'], '2', 3],
    ['the command has failed while it saw a session of the migration', [null, null, '1', '1'], '1', 4],
    ['what was told twice was not told in a row', ['1', '2', '1', '1'], '1', 4],
    ['it never agrees', ['1', '2', '1', '2', '1', '2', '1', '2', '2'], null, 8],
    ['it is never told', [null], null, 8],
  ])('reads until two readings in a row agree: %s', async (_, told, status, count) => {
    readings(...told);
    expect((await readSettledStatus(inRun(), target, command))._unsafeUnwrap()).toBe(status);
    expect(asked()).toHaveLength(count);
  });

  it('lets time pass before each reading, and ends when it is aborted', async () => {
    readings('1');
    const env = inRun();
    const at: number[] = [];
    ecs.on(RunTaskCommand).callsFake(() => {
      at.push(env.clock.time - Date.parse('2026-11-23T10:00:00Z'));
      return { tasks: [{ taskArn: `arn:task/graasp-dev/s-${at.length}` }] };
    });
    expect((await readSettledStatus(env, target, command)).isOk()).toBe(true);
    expect(at[0]).toBe(20_000);
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(20_000);
    const aborted = environmentInRun(recordingRun(), { signal: AbortSignal.abort() });
    expect((await readSettledStatus(aborted, target, command))._unsafeUnwrapErr()).toEqual({
      kind: 'Aborted',
      waitingFor: "the migration's sessions to end",
      message: "aborted while waiting for the migration's sessions to end",
      remedy: 'Nothing is undone by an abort: resume the run, or release its hold.',
    });
  });
});
