import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, ECSClient, ListTasksCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { followMigration } from './follow-migration.js';
import type { StartedMigration } from './start-migration.js';
import { forgotten, type TaskVerdict } from './task-verdict.js';

const ecs = mockClient(ECSClient);
const logs = mockClient(CloudWatchLogsClient);
const taskArn = 'arn:task/graasp-dev/abc';
const target = { revision: 'migrate:8', container: 'migrate', network: {}, log: { group: '/ecs/migrate', prefix: 'ecs', container: 'migrate' } };
const started: StartedMigration = { attempt: 2, restorePoint: 'snap', requestedAt: Date.parse('2026-11-23T10:00:00Z'), taskArn, verdict: null };
const ended: TaskVerdict = { succeeded: true, reason: null, exitCode: 0, detail: 'done', ran: true, startedAt: '2026-11-23T10:00:10.000Z', endedAt: '2026-11-23T10:01:00.000Z' };

function prints(...lines: readonly string[]): void {
  logs.on(GetLogEventsCommand).callsFake(({ nextToken }: { nextToken?: string }) => ({ events: nextToken === undefined ? lines.map((message) => ({ message })) : [], nextForwardToken: 'end' }));
}

async function follow(changes: Partial<StartedMigration> = {}, options: { readonly stopOnAbort?: boolean; readonly signal?: AbortSignal } = {}) {
  const run = recordingRun({ step: 'run-migration' });
  const env = environmentInRun(run, options.signal === undefined ? {} : { signal: options.signal });
  const result = await followMigration(env, target, { ...started, ...changes }, { timeoutSeconds: 60, stopOnAbort: options.stopOnAbort });
  return { env, run, result };
}

beforeEach(() => {
  ecs.reset();
  logs.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn, lastStatus: 'RUNNING' }] });
  prints('one');
});

describe('followMigration', () => {
  it('has nothing to wait for where no task was started', async () => {
    const { result } = await follow({ taskArn: null, verdict: ended });
    expect(result._unsafeUnwrap()).toEqual({ attempt: 2, restorePoint: 'snap', taskArn: null, verdict: ended, lastLines: [] });
    expect(ecs.calls()).toEqual([]);
  });

  it('reads the output of one whose end is journalled, and keeps its last fifty lines', async () => {
    prints(...Array.from({ length: 60 }, (_, index) => `line ${index}`));
    const { result, env } = await follow({ verdict: ended });
    const { lastLines, verdict } = result._unsafeUnwrap();
    expect(verdict).toEqual(ended);
    expect([lastLines.length, lastLines[0], lastLines.at(-1)]).toEqual([50, 'line 10', 'line 59']);
    expect(env.events.filter(({ type }) => type === 'log')).toHaveLength(60);
    expect(env.events).toContainEqual({ type: 'log', source: 'migrate', line: 'line 0' });
    expect(ecs.calls()).toEqual([]);
  });

  it('journals each status that it sees, and the end', async () => {
    ecs.on(DescribeTasksCommand)
      .resolvesOnce({ tasks: [{ taskArn }] })
      .resolvesOnce({ tasks: [{ taskArn, lastStatus: 'RUNNING' }] })
      .resolves({ tasks: [{ taskArn, lastStatus: 'STOPPED', startedAt: new Date('2026-11-23T10:00:10Z'), stoppedAt: new Date('2026-11-23T10:01:00Z'), stoppedReason: 'done', containers: [{ name: 'migrate', exitCode: 0 }] }] });
    const { result, run } = await follow();
    expect(result._unsafeUnwrap()).toEqual({ attempt: 2, restorePoint: 'snap', taskArn, verdict: ended, lastLines: ['one'] });
    expect(run.entries).toEqual([
      { key: 'observed', value: { attempt: 2, lastStatus: 'UNKNOWN' } },
      { key: 'observed', value: { attempt: 2, lastStatus: 'RUNNING' } },
      { key: 'ended', value: { attempt: 2, verdict: ended } },
      { key: 'migrationEndedAt', value: '2026-11-23T10:01:00.000Z' },
    ]);
  });

  it('journals also an end that nobody saw', async () => {
    ecs.on(DescribeTasksCommand).resolvesOnce({ tasks: [{ taskArn, lastStatus: 'RUNNING' }] }).resolves({ tasks: [] });
    const { result, run } = await follow();
    expect(result._unsafeUnwrap().verdict).toEqual(forgotten);
    expect(run.entries.at(-1)).toEqual({ key: 'ended', value: { attempt: 2, verdict: { ...forgotten } } });
  });

  it('leaves the task when the time is over, and says how it is waited for again', async () => {
    const { result } = await follow();
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'the migration', timeoutSeconds: 60, remedy: "The migration's task abc goes on. Resume the run to wait for it; it is not started a second time." });
    expect(ecs.commandCalls(StopTaskCommand)).toEqual([]);
  });

  it('tells the task to stop where that was asked for, also when it is the environment that is aborted', async () => {
    ecs.on(StopTaskCommand).resolves({});
    const { result } = await follow({}, { stopOnAbort: true, signal: AbortSignal.abort() });
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', remedy: "The migration's task abc was told to stop: what it did of the schema is unknown until it has. Resume the run to wait for it; it is not started a second time." });
    expect(ecs.commandCalls(StopTaskCommand).map(({ args }) => args[0].input)).toEqual([{ cluster: 'graasp-dev', task: taskArn, reason: 'stopOnAbort: the wait for the migration ended' }]);
  });

  it('says that a task could not be told to stop', async () => {
    ecs.on(StopTaskCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    const { result } = await follow({}, { stopOnAbort: true });
    const { kind, remedy } = result._unsafeUnwrapErr();
    expect(kind).toBe('TimedOut');
    expect(remedy).toMatch(/^The migration's task abc was to be stopped, and that failed: the credentials may not ecs:StopTask on .*\. Resume the run to wait for it; it is not started a second time\.$/);
  });

  it('leaves any other error as it is', async () => {
    ecs.on(DescribeTasksCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    expect((await follow({}, { stopOnAbort: true })).result._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied' });
    expect(ecs.commandCalls(StopTaskCommand)).toEqual([]);
  });
});
