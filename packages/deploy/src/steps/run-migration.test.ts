import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { BatchGetImageCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, RegisterTaskDefinitionCommand, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { DescribeDBLogFilesCommand, DescribeDBSnapshotsCommand, type DBSnapshot, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, planOptions } from '../environment/environment.fixture.js';
import { recordSchema } from '../runs/schema-record.js';
import { environmentInRun, recordingRun, type RecordingRunOptions } from './recording-run.fixture.js';
import { runMigration } from './run-migration.js';

const ecs = mockClient(ECSClient);
const rds = mockClient(RDSClient);
const ecr = mockClient(ECRClient);
const logs = mockClient(CloudWatchLogsClient);
const cloudwatch = mockClient(CloudWatchClient);

const version = 'v1.54.8';
const arn = (revision: number) => `arn:aws:ecs:eu-central-1:123456789012:task-definition/migrate:${revision}`;
const taskArn = 'arn:aws:ecs:eu-central-1:123456789012:task/graasp-dev/abc';
const container = { name: 'migrate', image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/graasp:migrate-latest', logConfiguration: { logDriver: 'awslogs' as const, options: { 'awslogs-group': '/ecs/migrate', 'awslogs-stream-prefix': 'ecs' } } };
const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-1'] } };
const done: Task = { taskArn, lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited', startedAt: new Date('2026-11-23T10:00:10Z'), stoppedAt: new Date('2026-11-23T10:01:00Z'), containers: [{ name: 'migrate', exitCode: 0 }] };
const intent = { attempt: 1, clientToken: 'run-1/1/migration/run-migration', revision: arn(8), restorePoint: 'snap', at: '2026-11-23T09:50:00.000Z' };

const inRun = (options: RecordingRunOptions = {}) => environmentInRun(recordingRun({ step: 'run-migration', ...options }));
const snapshots = (...found: Partial<DBSnapshot>[]) => rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: found.map((one) => ({ DBSnapshotIdentifier: 'snap', Status: 'available', DbiResourceId: 'db-1', SnapshotCreateTime: new Date('2026-11-23T09:55:00Z'), ...one })) });
const ofThisRun = [{ Key: 'graasp-deploy:run', Value: 'run-1' }];
const runs = () => ecs.commandCalls(RunTaskCommand).map(({ args }) => args[0].input);

beforeEach(() => {
  for (const client of [ecs, rds, ecr, logs, cloudwatch]) client.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { taskDefinitionArn: arn(7), family: 'migrate', revision: 7, containerDefinitions: [container] } });
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'graasp', networkConfiguration }] });
  ecs.on(RegisterTaskDefinitionCommand).resolves({ taskDefinition: { taskDefinitionArn: arn(8) } });
  ecs.on(RunTaskCommand).resolves({ tasks: [{ taskArn }], failures: [] });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [done] });
  ecr.on(DescribeImagesCommand).resolves({ imageDetails: [{ imageDigest: 'sha256:new' }] });
  ecr.on(BatchGetImageCommand).resolves({ images: [{ imageManifest: '{}' }] });
  logs.on(GetLogEventsCommand).resolves({ events: [], nextForwardToken: 'end' });
  cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [] });
  rds.on(DescribeDBLogFilesCommand).resolves({ DescribeDBLogFiles: [] });
  snapshots({ TagList: ofThisRun });
});

describe('runMigration', () => {
  it('journals its intent before RunTask, the task after, and the end as soon as it is seen', async () => {
    const run = recordingRun({ step: 'run-migration' });
    let known: unknown;
    ecs.on(RunTaskCommand).callsFake(() => {
      known = run.entries.map(({ key }) => key);
      return { tasks: [{ taskArn }] };
    });
    expect((await runMigration(environmentInRun(run), { version }))._unsafeUnwrap()).toMatchObject({ taskArn, attempt: 1, seconds: 50, restorePoint: 'snap', before: null, after: null, alreadyApplied: null });
    expect(known).toEqual(['schemaBefore', 'migrationIntent']);
    expect(run.recall('migrationIntent')).toEqual({ ...intent, at: '2026-11-23T10:00:00.000Z' });
    expect(run.recall('task')).toEqual({ attempt: 1, taskArn });
    expect(run.recall('migrationEndedAt')).toBe('2026-11-23T10:01:00.000Z');
    expect(run.recall('schema')).toEqual({ version, after: null });
  });

  it('asks for a task on demand, with a token of the run, of the declared service’s network', async () => {
    const env = inRun();
    expect((await runMigration(env, { version })).isOk()).toBe(true);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'migration migrate', from: 'not run', to: 'run on migrate:8', operation: 'ecs:RunTask', why: 'brings the schema of graasp-dev to v1.54.8' });
    expect(runs()).toEqual([{ cluster: 'graasp-dev', taskDefinition: arn(8), launchType: 'FARGATE', count: 1, networkConfiguration, startedBy: 'migration/run-1-1', clientToken: 'run-1/1/migration/run-migration' }]);
    expect(ecs.commandCalls(RegisterTaskDefinitionCommand)[0]!.args[0].input).toMatchObject({ containerDefinitions: [{ name: 'migrate', image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/graasp@sha256:new' }], tags: [{ key: 'graasp-deploy:version', value: version }] });
  });

  it('reads the output once more after the end: the last lines come late', async () => {
    const events = [{ message: '[✓] migrations applied successfully!' }];
    logs.on(GetLogEventsCommand).resolvesOnce({ events: [], nextForwardToken: 'a' }).resolvesOnce({ events: [], nextForwardToken: 'a' }).resolvesOnce({ events: [], nextForwardToken: 'a' }).resolvesOnce({ events, nextForwardToken: 'b' }).resolves({ events: [], nextForwardToken: 'b' });
    const env = inRun();
    expect((await runMigration(env, { version })).isOk()).toBe(true);
    expect(env.events.filter(({ type }) => type === 'log')).toEqual([{ type: 'log', source: 'migrate', line: '[✓] migrations applied successfully!' }]);
    expect(env.clock.time - Date.parse('2026-11-23T10:00:00Z')).toBeLessThan(30_000);
  });

  it('does not read for ever from a task that prints nothing', async () => {
    const env = inRun();
    expect((await runMigration(env, { version })).isOk()).toBe(true);
    expect(env.clock.time - Date.parse('2026-11-23T10:00:00Z')).toBeLessThan(30_000);
  });

  it('keeps token and starter within AWS’s limits for the longest names', async () => {
    expect((await runMigration(inRun({ id: 'r'.repeat(90), step: 'migrate – à la main' }), { version, restorePoint: 'none-i-accept' })).isOk()).toBe(true);
    expect(runs()[0]!.clientToken).toMatch(/^[\x21-\x7e]{64}$/);
    expect(runs()[0]!.startedBy).toMatch(/^[\w/-]{36}$/);
  });

  describe('restore point', () => {
    it('refuses without one', async () => {
      snapshots({ TagList: [{ Key: 'graasp-deploy:run', Value: 'run-0' }] });
      expect((await runMigration(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({
        kind: 'Refused',
        rule: 'restore-point',
        lift: "restorePoint: 'none-i-accept'",
        message: 'this run took no snapshot of graasp-dev: the migration was not started, because nothing could be restored after it',
        remedy: "Call snapshotDb in the run before, or name an available snapshot: restorePoint: { snapshotId }. To go on without: restorePoint: 'none-i-accept'.",
      });
      expect(runs()).toEqual([]);
    });

    it('takes the newest snapshot of this run, whatever the step was called that took it', async () => {
      snapshots({ DBSnapshotIdentifier: 'old', TagList: ofThisRun, SnapshotCreateTime: new Date('2026-11-23T09:56:00Z') }, { DBSnapshotIdentifier: 'new', TagList: ofThisRun, SnapshotCreateTime: new Date('2026-11-23T09:57:00Z') }, { DBSnapshotIdentifier: 'other' });
      expect((await runMigration(inRun(), { version }))._unsafeUnwrap().restorePoint).toBe('new');
    });

    it('does without when that is accepted, and says so', async () => {
      const env = inRun();
      expect((await runMigration(env, { version, restorePoint: 'none-i-accept' }))._unsafeUnwrap().restorePoint).toBeNull();
      expect(env.events).toContainEqual({ type: 'warning', message: 'The migration of graasp-dev runs without a restore point, as was asked for.' });
      expect(rds.commandCalls(DescribeDBSnapshotsCommand)).toEqual([]);
    });

    it('refuses a snapshot that is not available, or of another instance', async () => {
      snapshots({ Status: 'creating' });
      expect((await runMigration(inRun(), { version, restorePoint: { snapshotId: 'snap' } }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', message: 'snapshot snap is creating, not available: the migration was not started', remedy: 'Wait until it is available, or take another with snapshotDb.' });
      snapshots({ DbiResourceId: 'db-2', DBInstanceIdentifier: 'elsewhere' });
      expect((await runMigration(inRun(), { version, restorePoint: { snapshotId: 'snap' } }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', message: 'snapshot snap is of another instance (elsewhere) than graasp-dev: the migration was not started', remedy: 'Name a snapshot of graasp-dev, or take one with snapshotDb.' });
    });
  });

  it.each([
    ['running', { lastStatus: 'RUNNING', desiredStatus: 'RUNNING' }],
    ['starting', { lastStatus: 'PENDING', desiredStatus: 'RUNNING' }],
    ['told to stop', { lastStatus: 'DEACTIVATING', desiredStatus: 'STOPPED' }],
  ])('refuses while a migration is %s', async (_, status) => {
    ecs.on(ListTasksCommand, { family: 'migrate', desiredStatus: status.desiredStatus as 'RUNNING' }).resolves({ taskArns: [taskArn] });
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn, group: 'family:migrate', startedBy: 'ben', ...status }] });
    expect((await runMigration(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Conflict',
      reason: 'migration-in-flight',
      message: `a migration is running already: task abc (${status.lastStatus}, started by ben); no migration was started`,
    });
    expect(runs()).toEqual([]);
  });

  describe('resumed', () => {
    it('sends RunTask again with the same token when its answer was not seen', async () => {
      expect((await runMigration(inRun({ records: { migrationIntent: intent } }), { version }))._unsafeUnwrap()).toMatchObject({ attempt: 1, restorePoint: 'snap' });
      expect(runs()).toMatchObject([{ clientToken: intent.clientToken, taskDefinition: arn(8), startedBy: 'migration/run-1-1' }]);
      expect(ecs.commandCalls(RegisterTaskDefinitionCommand)).toEqual([]);
    });

    it('looks for the task when AWS has the token for another request', async () => {
      ecs.on(RunTaskCommand).rejects(Object.assign(new Error('used'), { name: 'ConflictException' }));
      ecs.on(ListTasksCommand, { family: 'migrate', desiredStatus: 'STOPPED' }).resolves({ taskArns: [taskArn] });
      ecs.on(DescribeTasksCommand).resolves({ tasks: [{ ...done, startedBy: 'migration/run-1-1' }] });
      expect((await runMigration(inRun({ records: { migrationIntent: intent } }), { version }))._unsafeUnwrap()).toMatchObject({ taskArn, exitCode: 0 });
    });

    it('does not send it again once the token may have expired, but looks for the task', async () => {
      const old = { migrationIntent: { ...intent, at: '2026-11-23T08:00:00.000Z' } };
      expect((await runMigration(inRun({ records: old }), { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'MigrationFailed', reason: 'outcome-unknown', schema: 'unknown', exitCode: null, taskArn: null });
      expect(runs()).toEqual([]);
      ecs.on(ListTasksCommand, { family: 'migrate', desiredStatus: 'STOPPED' }).resolves({ taskArns: [taskArn] });
      ecs.on(DescribeTasksCommand).resolves({ tasks: [{ ...done, startedBy: 'migration/run-1-1' }] });
      expect((await runMigration(inRun({ records: old }), { version }))._unsafeUnwrap()).toMatchObject({ taskArn, exitCode: 0 });
    });

    it('knows the end it had seen also when AWS has forgotten the task', async () => {
      ecs.on(DescribeTasksCommand).resolves({ tasks: [], failures: [{ arn: taskArn, reason: 'MISSING' }] });
      const ended = { attempt: 1, verdict: { succeeded: true, reason: null, exitCode: 0, detail: '', ran: true, startedAt: '2026-11-23T09:51:00.000Z', endedAt: '2026-11-23T09:52:00.000Z' } };
      expect((await runMigration(inRun({ records: { migrationIntent: intent, task: { attempt: 1, taskArn }, ended } }), { version }))._unsafeUnwrap()).toMatchObject({ exitCode: 0, seconds: 60 });
      expect(runs()).toEqual([]);
    });

    it('says of a migration that has failed that it was not run again', async () => {
      const verdict = { succeeded: false, reason: 'exit-code', exitCode: 1, detail: 'Essential container in task exited', ran: true, startedAt: '2026-11-23T09:51:00.000Z', endedAt: '2026-11-23T09:52:00.000Z' };
      const records = { migrationIntent: intent, task: { attempt: 1, taskArn }, ended: { attempt: 1, verdict } };
      const { message } = (await runMigration(inRun({ records }), { version }))._unsafeUnwrapErr();
      expect(message).toMatch(/failed with exit code 1 \(task .*: Essential container in task exited\), and was not run again: without retryMigration its end is only read once more; whether the schema was changed is unknown$/);
      expect(runs()).toEqual([]);
    });

    it('is patient with a task that is too young to be known', async () => {
      ecs.on(DescribeTasksCommand).resolvesOnce({ tasks: [] }).resolvesOnce({ tasks: [] }).resolvesOnce({ tasks: [] }).resolvesOnce({ tasks: [] }).resolves({ tasks: [done] });
      expect((await runMigration(inRun(), { version }))._unsafeUnwrap()).toMatchObject({ exitCode: 0 });
    });
  });

  it.each(['runMigration', 'deployWithMigration'])('refuses, in a run of %s, after a migration of another run that ended without proof', async (recipe) => {
    const env = inRun({ recipe });
    (await recordSchema({ ...env, runId: 'run-0' }, version, 'unknown'))._unsafeUnwrap();
    expect((await runMigration(env, { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'schema-unknown', lift: 'retryMigration' });
    expect(runs()).toEqual([]);
    expect((await runMigration(env, { version, retryMigration: true })).isOk()).toBe(true);
  });

  it('reports every problem of its input and of the definition before it calls anything', async () => {
    const { migration: _, images: __, ...bare } = definition;
    const env = environmentInRun(recordingRun(), { definition: bare });
    expect((await runMigration(env, { version: '1.2', restorePoint: 'yes' as never, timeoutSeconds: 0, otherTasks: 'Refuse' as never, retryMigration: 'yes' as never, stopOnAbort: 1 as never, mayRun: ['web'] }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: [
        "version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got '1.2' (string)",
        'timeoutSeconds: expected a positive number, got 0 (number)',
        "otherTasks: expected 'refuse' or 'wait' or 'allow', got 'Refuse' (string)",
        "retryMigration: expected a boolean, got 'yes' (string)",
        'stopOnAbort: expected a boolean, got 1 (number)',
        "restorePoint: expected { snapshotId } or 'none-i-accept', got 'yes' (string)",
        "mayRun: expected one of graasp, redis, admin, got 'web' (string)",
        'migration: expected the task definition family of the migration in the definition, got nothing',
        'images: expected the private repository of the release images in the definition, got nothing',
      ],
    });
    expect([...ecs.calls(), ...rds.calls(), ...ecr.calls()]).toEqual([]);
  });

  it('names the containers when it cannot tell which one migrates', async () => {
    ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { taskDefinitionArn: arn(7), family: 'migrate', containerDefinitions: [container, { name: 'proxy' }] } });
    expect((await runMigration(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ['migration.container: expected a container of migrate (migrate, proxy), got 2 containers to choose from'] });
    const named = environmentInRun(recordingRun(), { definition: { ...definition, migration: { ...definition.migration!, container: 'app' } } });
    expect((await runMigration(named, { version }))._unsafeUnwrapErr()).toMatchObject({ problems: ["migration.container: expected a container of migrate (migrate, proxy), got 'app'"] });
  });

  it('needs a service with a network', async () => {
    ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'graasp' }] });
    expect((await runMigration(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({ problems: ["migration.networkOf: expected a service with subnets and security groups, got 'graasp'"] });
  });

  it('goes on without a status that the command does not tell, but proves nothing then', async () => {
    const env = environmentInRun(recordingRun({ step: 'run-migration' }), { definition: { ...definition, migration: { ...definition.migration!, statusCommand: ['node', 'status.mjs'] } } });
    ecs.on(RunTaskCommand).callsFake(({ startedBy }: { startedBy: string }) => ({ tasks: [{ taskArn: startedBy.startsWith('status') ? `${taskArn}-status` : taskArn }] }));
    ecs.on(DescribeTasksCommand).callsFake(({ tasks }: { tasks: string[] }) => ({ tasks: [{ ...done, taskArn: tasks[0], containers: [{ name: 'migrate', exitCode: 1 }] }] }));
    const error = (await runMigration(env, { version }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'MigrationFailed', reason: 'exit-code', schema: 'unknown' });
    expect(env.events).toContainEqual({ type: 'warning', message: "The status command did not tell the schema's version: exit code 1 (AWS gives no reason)" });
    expect(runs()[0]).toMatchObject({ startedBy: 'status/run-1-1', overrides: { containerOverrides: [{ name: 'migrate', command: ['node', 'status.mjs'] }] } });
  });

  const statusTask = `${taskArn}-status`;
  const withStatus = () => environmentInRun(recordingRun({ step: 'run-migration' }), { definition: { ...definition, migration: { ...definition.migration!, statusCommand: ['node', 'status.mjs'] } } });
  const warnings = (env: ReturnType<typeof withStatus>) => env.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

  it.each<[string, () => void, string]>([
    ['is not started', () => ecs.on(RunTaskCommand).callsFake(({ startedBy }: { startedBy: string }) => (startedBy.startsWith('status') ? { failures: [{ reason: 'RESOURCE:CPU' }] } : { tasks: [{ taskArn }] })), 'RESOURCE:CPU'],
    ['prints nothing', () => undefined, 'it printed nothing'],
    ['ends without an exit code', () => ecs.on(DescribeTasksCommand, { tasks: [statusTask] }).resolves({ tasks: [{ ...done, taskArn: statusTask, containers: [{ name: 'migrate' }] }] }), 'exit code none (AWS gives no reason)'],
    ['does not log where it can be read', () => ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { taskDefinitionArn: arn(7), family: 'migrate', containerDefinitions: [{ ...container, logConfiguration: undefined }] } }), 'its container does not log to CloudWatch with the awslogs driver'],
  ])('does not know the schema when the status command %s, and migrates nevertheless', async (_, arrange, why) => {
    ecs.on(RunTaskCommand).callsFake(({ startedBy }: { startedBy: string }) => ({ tasks: [{ taskArn: startedBy.startsWith('status') ? statusTask : taskArn }] }));
    ecs.on(DescribeTasksCommand).callsFake(({ tasks }: { tasks: string[] }) => ({ tasks: [{ ...done, taskArn: tasks[0] }] }));
    arrange();
    const env = withStatus();
    expect((await runMigration(env, { version }))._unsafeUnwrap()).toMatchObject({ exitCode: 0, before: null, after: null, alreadyApplied: null });
    expect(warnings(env)).toContain(`The status command did not tell the schema's version: ${why}`);
  });

  it.each<[string, Task, string, string]>([
    ['no exit code', { stopCode: 'EssentialContainerExited', containers: [{ name: 'migrate' }] }, 'no-exit-code', 'the migration to v1.54.8 ended without an exit code, which is not success (task abc: AWS gives no reason); whether the schema was changed is unknown'],
    ['an interruption', { stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.' }, 'spot-interruption', 'the migration to v1.54.8 was interrupted by AWS (task abc: Your Spot Task was interrupted.); whether the schema was changed is unknown'],
    ['an end without a time', { stopCode: 'EssentialContainerExited', stoppedAt: undefined, containers: [{ name: 'migrate', exitCode: 2 }] }, 'exit-code', 'the migration to v1.54.8 failed with exit code 2 (task abc: AWS gives no reason); whether the schema was changed is unknown'],
    ['a start that failed', { stopCode: 'TaskFailedToStart', stoppedReason: 'ResourceInitializationError: no secret', startedAt: undefined, createdAt: undefined, stoppedAt: undefined, containers: [] }, 'start', 'the migration to v1.54.8 did not start: ResourceInitializationError: no secret; the schema is untouched'],
  ])('tells %s in words, and claims of the schema what is proven alone', async (_, changes, reason, message) => {
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ ...done, ...changes }] });
    expect((await runMigration(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'MigrationFailed', reason, message });
  });

  it('says of a RunTask that started nothing why, and that nothing was run', async () => {
    ecs.on(RunTaskCommand).resolves({ failures: [{ reason: 'MISSING', detail: 'no such platform' }] });
    expect((await runMigration(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'MigrationFailed',
      reason: 'start',
      taskArn: null,
      schema: 'untouched',
      message: 'the migration to v1.54.8 did not start: MISSING no such platform; the schema is untouched',
      remedy: 'Nothing was run. Mend what keeps the task from starting, then resume.',
    });
  });

  it('looks for the task of a first request whose token AWS has for another one', async () => {
    ecs.on(RunTaskCommand).rejects(Object.assign(new Error('used'), { name: 'ConflictException' }));
    expect((await runMigration(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'MigrationFailed', reason: 'outcome-unknown', schema: 'unknown' });
  });

  it('tells that it may not run the task, with the intent journalled for a resume', async () => {
    const run = recordingRun({ step: 'run-migration' });
    ecs.on(RunTaskCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    expect((await runMigration(environmentInRun(run), { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'ecs:RunTask' });
    expect(run.recall('migrationIntent')).toMatchObject({ attempt: 1 });
    expect(run.recall('task')).toBeUndefined();
  });

  it('is aborted while it waits for the sessions of a failed migration, without a word about the schema', async () => {
    const abort = new AbortController();
    ecs.on(RunTaskCommand).callsFake(({ startedBy }: { startedBy: string }) => ({ tasks: [{ taskArn: startedBy.startsWith('status') ? statusTask : taskArn }] }));
    ecs.on(DescribeTasksCommand).callsFake(({ tasks }: { tasks: string[] }) => ({ tasks: [{ ...done, taskArn: tasks[0], containers: [{ name: 'migrate', exitCode: tasks[0] === taskArn ? 1 : 0 }] }] }));
    cloudwatch.on(GetMetricDataCommand).callsFake(() => (abort.abort(), { MetricDataResults: [] }));
    const env = environmentInRun(recordingRun({ step: 'run-migration' }), { signal: abort.signal, definition: withStatus().definition });
    expect((await runMigration(env, { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', waitingFor: "the migration's sessions to end" });
  });

  it('refuses a definition, and nothing at all, where an environment belongs', async () => {
    expect((await runMigration(undefined as never, undefined as never))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: ['env: expected an environment from connect(), got undefined'],
    });
  });

  it('names a migration in flight that nobody says to have started', async () => {
    ecs.on(ListTasksCommand, { family: 'migrate', desiredStatus: 'RUNNING' }).resolves({ taskArns: [taskArn] });
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn, group: 'family:migrate', lastStatus: 'RUNNING' }] });
    expect((await runMigration(inRun(), { version }))._unsafeUnwrapErr().message).toBe('a migration is running already: task abc (RUNNING); no migration was started');
  });

  it('plans the revision and the task, asking for nothing that earlier steps make', async () => {
    const env = environmentInRun(recordingRun(), planOptions());
    expect((await runMigration(env, { version }))._unsafeUnwrap()).toMatchObject({ version, taskArn: null });
    expect(env.events.map((event) => (event.type === 'change' ? [event.planned, event.operation, event.resource] : event.type))).toEqual([
      [true, 'ecs:RegisterTaskDefinition', 'task definition migrate'],
      [true, 'ecs:RunTask', 'migration migrate'],
    ]);
    expect([...runs(), ...rds.calls(), ...ecs.commandCalls(RegisterTaskDefinitionCommand)]).toEqual([]);
  });
});
