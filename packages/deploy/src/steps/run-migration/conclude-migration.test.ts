import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTasksCommand, ECSClient, ListTasksCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { DescribeDBLogFilesCommand, DownloadDBLogFilePortionCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition } from '../../environment/environment.fixture.js';
import { readSchema } from '../../runs/schema-record.js';
import { environmentInRun, recordingRun, type RecordingRunOptions } from '../recording-run.fixture.js';
import { concludeMigration, type Conclusion } from './conclude-migration.js';
import type { EndedMigration } from './follow-migration.js';
import { forgotten, type TaskVerdict } from './task-verdict.js';

const ecs = mockClient(ECSClient);
const rds = mockClient(RDSClient);
const logs = mockClient(CloudWatchLogsClient);
const cloudwatch = mockClient(CloudWatchClient);

const version = 'v2.0.0';
const taskArn = 'arn:task/graasp-dev/abc';
const migration = definition.migration!;
const withStatus = { ...migration, statusCommand: ['status'] };
const target = { revision: 'migrate:8', container: 'migrate', network: {}, log: { group: '/ecs/migrate', prefix: 'ecs', container: 'migrate' } };
const failed: TaskVerdict = { succeeded: false, reason: 'exit-code', exitCode: 1, detail: 'exited', ran: true, startedAt: '2026-11-23T10:00:10.000Z', endedAt: '2026-11-23T10:01:00.400Z' };
const succeeded: TaskVerdict = { ...failed, succeeded: true, reason: null, exitCode: 0 };

/** What the status command tells from now on. */
function status(told: string): void {
  ecs.on(RunTaskCommand).resolves({ tasks: [{ taskArn: 'arn:task/graasp-dev/s' }] });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn: 'arn:task/graasp-dev/s', lastStatus: 'STOPPED', startedAt: new Date(0), containers: [{ name: 'migrate', exitCode: 0 }] }] });
  logs.on(GetLogEventsCommand).callsFake(({ nextToken }: { nextToken?: string }) => ({ events: nextToken === undefined ? [{ message: told }] : [], nextForwardToken: 'end' }));
}

/** Whether the database was without a connection in every minute that is asked for. */
function connections(count: number): void {
  cloudwatch.on(GetMetricDataCommand).callsFake(({ StartTime, EndTime }: { StartTime: Date; EndTime: Date }) => {
    const first = Math.ceil(StartTime.getTime() / 60_000) * 60_000;
    const minutes = Array.from({ length: Math.max(0, Math.floor((EndTime.getTime() - first) / 60_000)) }, (_, index) => new Date(first + index * 60_000));
    return { MetricDataResults: [{ Id: 'connections', Timestamps: minutes, Values: minutes.map(() => count) }] };
  });
}

interface Setting extends Partial<Omit<Conclusion, 'ended'>> {
  readonly verdict: TaskVerdict;
  readonly ended?: Partial<EndedMigration>;
  readonly run?: RecordingRunOptions;
}

async function conclude({ verdict, ended = {}, run: options = {}, ...conclusion }: Setting) {
  const run = recordingRun({ step: 'run-migration', recipe: 'deployWithMigration', ...options });
  const env = environmentInRun(run);
  const result = await concludeMigration(env, { version, migration, target, before: null, ended: { attempt: 1, restorePoint: 'snap', taskArn, verdict, lastLines: ['last'], ...ended }, mayRun: [], readAgain: false, ...conclusion });
  return { env, run, result };
}

const failure = async (setting: Setting) => {
  const error = (await conclude(setting)).result._unsafeUnwrapErr();
  if (error.kind !== 'MigrationFailed') throw new Error(error.message);
  return error;
};

beforeEach(() => {
  for (const client of [ecs, rds, logs, cloudwatch]) client.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  rds.on(DescribeDBLogFilesCommand).resolves({ DescribeDBLogFiles: [] });
  connections(0);
});

describe('concludeMigration', () => {
  it('reports what a migration that succeeded has made of the schema, and records it', async () => {
    status('0042');
    const { env, run, result } = await conclude({ verdict: succeeded, migration: withStatus, before: '0041' });
    expect(result._unsafeUnwrap()).toEqual({
      version,
      schema: 'migrated',
      decidedBy: 'exit-code',
      exitCode: 0,
      taskArn,
      attempt: 1,
      before: '0041',
      after: '0042',
      alreadyApplied: false,
      restorePoint: 'snap',
      startedAt: succeeded.startedAt,
      endedAt: succeeded.endedAt,
      seconds: 50,
    });
    expect((await readSchema(env))._unsafeUnwrap()).toMatchObject({ version, outcome: 'migrated' });
    expect(run.recall('schema')).toEqual({ version, after: '0042' });
  });

  it('says that all was applied already where the schema is as before, and asks no status where there is no command', async () => {
    status('0042');
    expect((await conclude({ verdict: succeeded, migration: withStatus, before: '0042' })).result._unsafeUnwrap()).toMatchObject({ alreadyApplied: true });
    expect((await conclude({ verdict: { ...succeeded, endedAt: null }, before: '0041' })).result._unsafeUnwrap()).toMatchObject({ after: null, alreadyApplied: null, seconds: 0 });
    expect((await conclude({ verdict: { ...succeeded, startedAt: null } })).result._unsafeUnwrap()).toMatchObject({ seconds: 0 });
  });

  it.each<[string, Partial<TaskVerdict>, string]>([
    ['an exit code', {}, 'failed with exit code 1 (task abc: exited)'],
    ['memory', { reason: 'out-of-memory' }, 'was killed because it ran out of memory (task abc: exited)'],
    ['its image', { reason: 'image' }, 'did not start, because its image cannot be pulled (task abc: exited)'],
    ['capacity', { reason: 'capacity' }, 'did not start, because there is no capacity: exited'],
    ['its start', { reason: 'start' }, 'did not start: exited'],
    ['Spot', { reason: 'spot-interruption' }, 'was interrupted by AWS (task abc: exited)'],
    ['somebody', { reason: 'stopped-by-somebody' }, 'was stopped by somebody (task abc: exited)'],
    ['an end that nobody saw', { reason: 'outcome-unknown' }, 'ended unseen: exited'],
    ['no exit code', { reason: 'no-exit-code' }, 'ended without an exit code, which is not success (task abc: exited)'],
    ['what nobody knows', { reason: null }, 'ended without an exit code, which is not success (task abc: exited)'],
  ])('tells how one ended that failed for %s', async (_, changes, how) => {
    const error = await failure({ verdict: { ...failed, ...changes } });
    expect(error.message).toBe(`the migration to v2.0.0 ${how}; whether the schema was changed is unknown`);
    expect(error).toMatchObject({ reason: changes.reason ?? (changes.reason === null ? 'no-exit-code' : 'exit-code'), exitCode: 1, taskArn, schema: 'unknown', lastLines: ['last'], databaseErrors: [] });
  });

  it('names no task where none was started', async () => {
    expect((await failure({ verdict: failed, ended: { taskArn: null } })).message).toContain('failed with exit code 1; whether');
  });

  it('says of an end that is read again that nothing was run', async () => {
    expect((await failure({ verdict: failed, readAgain: true })).message).toBe(
      'the migration to v2.0.0 failed with exit code 1 (task abc: exited), and was not run again: without retryMigration its end is only read once more; whether the schema was changed is unknown',
    );
  });

  it.each<[string, Setting, string]>([
    ['nothing was run for want of capacity', { verdict: { ...failed, ran: false, reason: 'capacity' } }, 'Nothing was run. Resume in a few minutes: capacity comes back.'],
    ['nothing was run', { verdict: { ...failed, ran: false, reason: 'image' } }, 'Nothing was run. Mend what keeps the task from starting, then resume.'],
    [
      'an earlier attempt was run',
      { verdict: { ...failed, ran: false, reason: 'image' }, ended: { attempt: 2 }, run: { records: { schemaLeft: { attempt: 1, schema: 'unknown' } } } },
      'Nothing was run this time, but an earlier attempt was. Look at the schema. Mend it and resume with retryMigration: true (retry run-1), or restore the database to the restore point; do not start the old version on it.',
    ],
    ['the schema is in doubt', { verdict: failed }, 'Read the lines. Look at the schema. Mend it and resume with retryMigration: true (retry run-1), or restore the database to the restore point; do not start the old version on it.'],
    [
      'it wrote nothing',
      { verdict: failed, ended: { lastLines: [] }, run: { recipe: 'runMigration' } },
      'The task wrote no line that can be read. Look at the schema. Mend it and call runMigration again with retryMigration: true, or restore the database to the restore point; do not start the old version on it.',
    ],
  ])('says what to do when %s', async (_, setting, remedy) => {
    expect((await failure(setting)).remedy).toBe(remedy);
  });

  it('proves by the status that a failed one has left the schema untouched, once no session is left', async () => {
    status('0041');
    const { result, run } = await conclude({ verdict: failed, migration: withStatus, before: '0041' });
    expect(result._unsafeUnwrapErr()).toMatchObject({
      schema: 'untouched',
      message: 'the migration to v2.0.0 failed with exit code 1 (task abc: exited); the schema is untouched',
      remedy: 'Read the lines, mend the migration, then resume with retryMigration: true (retry run-1); or reopen the old version, which still fits the schema.',
    });
    expect(run.recall('schemaLeft')).toEqual({ attempt: 1, schema: 'untouched' });
    expect((await failure({ verdict: failed, migration: withStatus, before: '0041', ended: { lastLines: [] } })).remedy).toMatch(/^The task wrote no line that can be read: find out why it failed, mend the migration, then resume/);
  });

  it('proves by it that one has changed the schema', async () => {
    status('0042');
    expect(await failure({ verdict: failed, migration: withStatus, before: '0041' })).toMatchObject({ schema: 'migrated', message: 'the migration to v2.0.0 failed with exit code 1 (task abc: exited); the schema was changed, to 0042' });
  });

  it('takes one whose end nobody saw for done where the status proves it', async () => {
    status('0042');
    expect((await conclude({ verdict: forgotten, migration: withStatus, before: '0041' })).result._unsafeUnwrap()).toMatchObject({ decidedBy: 'status-command', after: '0042', exitCode: null, seconds: 0 });
    expect((await failure({ verdict: forgotten, migration: withStatus, before: '0042' })).message).toBe(
      'the migration to v2.0.0 ended unseen: AWS no longer knows the task: its end was not seen within the hour for which a stopped task is described; the schema is untouched',
    );
  });

  it.each<[string, () => void, Partial<Conclusion>]>([
    ['a session may be left', () => connections(1), {}],
    ['others may have sessions all the while', () => undefined, { mayRun: ['admin'] }],
    ['nobody knows what it was before', () => undefined, { before: null }],
  ])('proves nothing while %s', async (_, arrange, changes) => {
    status('0041');
    arrange();
    expect(await failure({ verdict: failed, migration: withStatus, before: '0041', ...changes })).toMatchObject({ schema: 'unknown' });
  });

  it('does not ask for the status of what was not run', async () => {
    expect(await failure({ verdict: { ...failed, ran: false, reason: 'image' }, migration: withStatus, before: '0041' })).toMatchObject({ schema: 'untouched' });
    expect(ecs.commandCalls(RunTaskCommand)).toEqual([]);
  });

  it('adds what the database’s log has of the time in which it ran', async () => {
    rds.on(DescribeDBLogFilesCommand).resolves({ DescribeDBLogFiles: [{ LogFileName: 'postgresql.log', LastWritten: 1 }] });
    rds.on(DownloadDBLogFilePortionCommand).resolves({ LogFileData: '2026-11-23 10:00:30 UTC::@:[1]:ERROR:  no table\n2026-11-23 10:00:02 UTC::@:[1]:ERROR:  before\n2026-11-23 10:05:00 UTC::@:[1]:ERROR:  after\n', AdditionalDataPending: false });
    expect((await failure({ verdict: failed })).databaseErrors).toEqual(['2026-11-23 10:00:30 UTC::@:[1]:ERROR:  no table']);
    expect((await failure({ verdict: { ...failed, startedAt: null } })).databaseErrors).toEqual([]);
    expect((await failure({ verdict: { ...failed, ran: false } })).databaseErrors).toEqual([]);
  });
});
