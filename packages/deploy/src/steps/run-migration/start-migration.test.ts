import { DescribeTasksCommand, ECSClient, ListTasksCommand, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { readSchema } from '../../runs/schema-record.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import type { Attempt, MigrationIntent } from './migration-journal.js';
import { beginAttempt, startsTask } from './start-migration.js';
import { forgotten, type TaskVerdict } from './task-verdict.js';

const ecs = mockClient(ECSClient);
const taskArn = 'arn:task/graasp-dev/abc';
const target = { revision: 'migrate:8', container: 'migrate', network: { awsvpcConfiguration: { subnets: ['subnet-a'] } }, log: null };
const now = Date.parse('2026-11-23T10:00:00Z');
const fresh: Attempt = { number: 1, begun: false, intent: null, revision: null, taskArn: null, verdict: null };
const verdict: TaskVerdict = { succeeded: false, reason: 'exit-code', exitCode: 1, detail: '', ran: true, startedAt: null, endedAt: null };
const refused = (name: string) => Object.assign(new Error('no'), { name });

/** Journalled so many minutes ago. */
function journalled(minutes: number, changes: Partial<Omit<Attempt, 'intent'>> = {}): Attempt & { readonly intent: MigrationIntent } {
  return { ...fresh, begun: true, intent: { attempt: 1, clientToken: 'token', revision: 'migrate:8', restorePoint: 'snap', at: new Date(now - minutes * 60_000).toISOString() }, revision: 'migrate:8', ...changes };
}

/** What of the family ECS knows. */
function family(...tasks: readonly Task[]): void {
  ecs.on(ListTasksCommand).resolves({ taskArns: tasks.map(({ taskArn }) => taskArn!) });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [...tasks] });
}

async function begin(attempt: Attempt) {
  const run = recordingRun({ step: 'run-migration' });
  const env = environmentInRun(run);
  return { run, env, result: await beginAttempt(env, target, attempt, 'v2.0.0', 'snap') };
}

const runs = () => ecs.commandCalls(RunTaskCommand).map(({ args }) => args[0].input);
const ours: Task = { taskArn, startedBy: 'migration/run-1-1' };

beforeEach(() => {
  ecs.reset();
  family();
  ecs.on(RunTaskCommand).resolves({ tasks: [{ taskArn }] });
});

describe('startsTask', () => {
  it.each<[string, Attempt, readonly Task[], boolean]>([
    ['a fresh one', fresh, [], true],
    ['one that was journalled and never sent', journalled(1), [], true],
    ['one whose task ECS knows', journalled(1), [ours], false],
    ['one whose token is good just yet', journalled(49.99), [], true],
    ['one whose token may have expired', journalled(50), [], false],
    ['one whose task is journalled', journalled(1, { taskArn }), [], false],
    ['one that is over', journalled(1, { verdict }), [], false],
  ])('tells of %s', async (_, attempt, tasks, expected) => {
    family(...tasks);
    expect((await startsTask(environmentInRun(recordingRun()), attempt))._unsafeUnwrap()).toBe(expected);
  });
});

describe('beginAttempt', () => {
  it('holds the schema for unknown before it sends a fresh one', async () => {
    const { run, env, result } = await begin(fresh);
    expect(result._unsafeUnwrap()).toEqual({ attempt: 1, restorePoint: 'snap', requestedAt: now, taskArn, verdict: null });
    expect((await readSchema(env))._unsafeUnwrap()).toMatchObject({ version: 'v2.0.0', outcome: 'unknown' });
    expect(run.entries).toEqual([
      { key: 'migrationIntent', value: { attempt: 1, clientToken: 'run-1/1/migration/run-migration', revision: 'migrate:8', restorePoint: 'snap', at: '2026-11-23T10:00:00.000Z' } },
      { key: 'task', value: { attempt: 1, taskArn } },
    ]);
    expect(runs()).toMatchObject([{ taskDefinition: 'migrate:8', startedBy: 'migration/run-1-1', clientToken: 'run-1/1/migration/run-migration' }]);
  });

  it('goes by what is journalled of one whose task or end is known, and sends nothing', async () => {
    expect((await begin(journalled(5, { taskArn, verdict }))).result._unsafeUnwrap()).toEqual({ attempt: 1, restorePoint: 'snap', requestedAt: now - 300_000, taskArn, verdict });
    expect((await begin(journalled(5, { verdict }))).result._unsafeUnwrap()).toMatchObject({ taskArn: null, verdict });
    expect(runs()).toEqual([]);
  });

  it('sends one again with its token while that is good, and looks for its task after', async () => {
    expect((await begin(journalled(5))).result._unsafeUnwrap()).toMatchObject({ requestedAt: now - 300_000, taskArn });
    expect(runs()).toMatchObject([{ clientToken: 'token' }]);
    ecs.resetHistory();
    expect((await begin(journalled(50))).result._unsafeUnwrap()).toMatchObject({ taskArn: null, verdict: forgotten });
    family(ours);
    expect((await begin(journalled(50))).result._unsafeUnwrap()).toMatchObject({ taskArn, verdict: null });
    expect(runs()).toEqual([]);
  });

  it('journals of one that was not started why', async () => {
    ecs.on(RunTaskCommand).resolves({ tasks: [], failures: [{ reason: 'RESOURCE:CPU' }] });
    const { run, result } = await begin(fresh);
    expect(result._unsafeUnwrap()).toMatchObject({ taskArn: null, verdict: { reason: 'capacity', detail: 'RESOURCE:CPU', ran: false } });
    expect(run.recall('ended')).toMatchObject({ attempt: 1, verdict: { reason: 'capacity' } });
  });

  it.each(['AccessDeniedException', 'ClusterNotFoundException'])('holds the schema for as before when AWS has refused the request (%s), unless its task is there', async (code) => {
    ecs.on(RunTaskCommand).rejects(refused(code));
    const { run, env, result } = await begin(fresh);
    const error = result._unsafeUnwrapErr();
    expect(['AccessDenied', 'NotFound']).toContain(error.kind);
    expect(run.recall('ended')).toMatchObject({ attempt: 1, verdict: { reason: 'start', ran: false, detail: error.message } });
    expect(run.recall('schemaLeft')).toEqual({ attempt: 1, schema: 'untouched' });
    expect((await readSchema(env))._unsafeUnwrap()).toBeNull();
    family(ours);
    expect((await begin(fresh)).result._unsafeUnwrap()).toMatchObject({ taskArn, verdict: null });
  });

  it('tells the refusal where it cannot look for the task either, and concludes nothing', async () => {
    ecs.on(RunTaskCommand).rejects(refused('AccessDeniedException'));
    ecs.on(ListTasksCommand).rejects(refused('ClusterNotFoundException'));
    const { run, result } = await begin(fresh);
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'ecs:RunTask' });
    expect(run.recall('ended')).toBeUndefined();
  });

  it('tells any other error, with the intent journalled for a resume', async () => {
    ecs.on(RunTaskCommand).rejects(refused('InvalidParameterException'));
    const { run, result } = await begin(fresh);
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'InvalidParameterException' });
    expect(run.entries.map(({ key }) => key)).toEqual(['migrationIntent']);
  });
});
