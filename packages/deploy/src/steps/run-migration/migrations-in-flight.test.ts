import { DescribeTasksCommand, ECSClient, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition } from '../../environment/environment.fixture.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { findAttemptsTask, refuseMigrationInFlight } from './migrations-in-flight.js';

const ecs = mockClient(ECSClient);
const env = () => environmentInRun(recordingRun({ step: 'run-migration' }));
const refuse = (at = env()) => refuseMigrationInFlight(at, definition.migration!);
const task = (id: string, startedBy: string | undefined, lastStatus = 'RUNNING'): Task => ({ taskArn: `arn:task/graasp-dev/${id}`, lastStatus, ...(startedBy === undefined ? {} : { startedBy }) });

/** Tasks of the family, of which the first half is wanted running and the second stopped. */
function family(...tasks: readonly Task[]): void {
  const arns = tasks.map(({ taskArn }) => taskArn!);
  const half = Math.ceil(arns.length / 2);
  ecs.on(ListTasksCommand, { family: 'migrate', desiredStatus: 'RUNNING' }).resolves({ taskArns: arns.slice(0, half) });
  ecs.on(ListTasksCommand, { family: 'migrate', desiredStatus: 'STOPPED' }).resolves({ taskArns: arns.slice(half) });
  ecs.on(DescribeTasksCommand).callsFake(({ tasks: asked = [] }: { tasks?: string[] }) => ({ tasks: tasks.filter(({ taskArn }) => asked.includes(taskArn!)) }));
}

beforeEach(() => void ecs.reset());

describe('refuseMigrationInFlight', () => {
  it('lets be what is over', async () => {
    family(task('1', 'ben', 'STOPPED'), task('2', 'ben', 'DELETED'));
    expect((await refuse()).isOk()).toBe(true);
  });

  it('refuses beside the tasks of others, told to stop or not, and names them', async () => {
    family(task('1', undefined), task('2', 'ben', 'DEACTIVATING'));
    expect((await refuse())._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'migration-in-flight',
      message: 'a migration is running already: task 1 (RUNNING), 2 (DEACTIVATING, started by ben); no migration was started',
      remedy:
        'Wait until it is STOPPED; if a run of this library started it, resume that run. One that hangs is stopped by `aws ecs stop-task --region eu-central-1 --cluster graasp-dev --task 1 && aws ecs stop-task --region eu-central-1 --cluster graasp-dev --task 2`; what it has begun in the database may still be carried out.',
    });
  });

  it('waits for a status command that this run has left behind, for ten minutes', async () => {
    family(task('1', 'status/run-1-1'));
    const at = env();
    expect((await refuse(at))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'no migration to be in flight', timeoutSeconds: 600, lastSeen: 'a status command of this run: 1 (RUNNING, started by status/run-1-1)' });
    family(task('1', 'status/run-2-1'));
    expect((await refuse())._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict' });
  });
});

describe('findAttemptsTask', () => {
  it('finds the task of an attempt of this run, also one that has stopped, and no other', async () => {
    family(task('1', 'migration/run-1-1', 'STOPPED'), task('2', 'migration/run-2-2'), task('3', 'migration/run-1-2', 'STOPPED'));
    expect((await findAttemptsTask(env(), 'migrate', 2))._unsafeUnwrap()).toBe('arn:task/graasp-dev/3');
    expect((await findAttemptsTask(env(), 'migrate', 3))._unsafeUnwrap()).toBeNull();
  });
});
