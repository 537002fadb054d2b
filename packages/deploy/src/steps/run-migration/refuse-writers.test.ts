import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeServicesCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, type ServiceEvent, type Task } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition } from '../../environment/environment.fixture.js';
import { environmentInRun, recordingRun, type RecordingRunOptions } from '../recording-run.fixture.js';
import { refuseWriters, type WritersQuestion } from './refuse-writers.js';

const ecs = mockClient(ECSClient);
const cloudwatch = mockClient(CloudWatchClient);
const at = (time: string) => new Date(`2026-11-23T${time}Z`);
/** It is 10 o'clock. */
const snapshot = { DBSnapshotIdentifier: 'snap', SnapshotDatabaseTime: at('09:50:00'), SnapshotCreateTime: at('09:49:00') };
const task = (group: string, changes: Partial<Task> = {}): Task => ({ taskArn: `tasks/${group}`, group, lastStatus: 'RUNNING', ...changes });
const stopped = (group: string, time: string) => task(group, { lastStatus: 'STOPPED', stoppedAt: at(time) });

function cluster(...tasks: readonly Task[]): void {
  ecs.on(ListTasksCommand).resolves({ taskArns: tasks.map(({ taskArn }) => taskArn!) });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [...tasks] });
}

const events = (service: string, ...found: readonly ServiceEvent[]) => ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: service, status: 'ACTIVE', events: [...found] }] });
const facts = { snapshotIntent: { snapshotId: 'snap', attempt: 1, at: '2026-11-23T09:48:00.000Z' } };

async function refuse(question: Partial<WritersQuestion> = {}, options: RecordingRunOptions = { facts }) {
  const env = environmentInRun(recordingRun({ step: 'run-migration', ...options }), { definition });
  return refuseWriters(env, { mayRun: [], otherTasks: 'refuse', snapshot, schema: 'untouched', ...question });
}

const message = async (...asked: Parameters<typeof refuse>) => (await refuse(...asked))._unsafeUnwrapErr().message;

beforeEach(() => {
  ecs.reset();
  cloudwatch.reset();
  cluster();
  ecs.on(DescribeServicesCommand).resolves({ services: [] });
});

describe('refuseWriters', () => {
  it('lets a migration begin where nothing is at work and nothing has written since', async () => {
    cluster(stopped('service:graasp', '09:45:00'), stopped('service:admin', '09:49:30'), task('service:redis'));
    expect((await refuse()).isOk()).toBe(true);
  });

  it.each(['service:graasp', 'service:admin', 'somebody'])('refuses beside a task of %s that is not stopped, draining ones included', async (group) => {
    cluster(task(group, { lastStatus: 'DEACTIVATING' }));
    expect((await refuse())._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'task-in-flight', message: expect.stringMatching(/^tasks that may write to the database graasp-dev are left: .*; no migration was started$/) as string, remedy: 'Stop them and wait until they are STOPPED: services with stopServices, or by setting their desired count back to 0. Then resume. A service that may write all the while is named in mayRun.' });
  });

  it('lets be who may run, and other tasks where that is allowed', async () => {
    cluster(task('service:admin'));
    expect((await refuse({ mayRun: ['admin'] })).isOk()).toBe(true);
    cluster(task('somebody'));
    expect((await refuse({ otherTasks: 'allow' })).isOk()).toBe(true);
    expect((await refuse({ otherTasks: 'wait' })).isErr()).toBe(true);
  });

  it('asks for no more where the caller answers for the restore point', async () => {
    cluster(stopped('service:graasp', '09:59:00'));
    expect((await refuse({ snapshot: null })).isOk()).toBe(true);
  });

  it.each([
    ['09:50:00', true],
    ['09:50:00.001', false],
  ])('goes by whether the snapshot holds what a task wrote that stopped at %s', async (time, held) => {
    cluster(stopped('service:graasp', time));
    const result = await refuse();
    expect(result.isOk()).toBe(held);
    if (held) return;
    expect(result._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'restore-point',
      message: expect.stringMatching(/^snapshot snap holds what was written to graasp-dev until 2026-11-23T09:50:00\.000Z, and something may have written since: .* until 2026-11-23T09:50:00\.001Z\. The migration was not started, because a restore would lose that$/) as string,
      remedy: 'See that nothing writes any more, let go of the environment with releaseHold, and begin a new run: it takes another snapshot.',
    });
  });

  it('goes by the latest of the snapshot’s times and of when writers are known to have stopped', async () => {
    cluster(stopped('service:graasp', '09:55:00'));
    expect((await refuse({ snapshot: { ...snapshot, SnapshotCreateTime: at('09:55:00') } })).isOk()).toBe(true);
    expect((await refuse({}, { facts: { ...facts, lastWriterStoppedAt: '2026-11-23T09:55:00.000Z' } })).isOk()).toBe(true);
    expect((await refuse({}, { facts: { ...facts, lastWriterStoppedAt: '2026-11-23T09:54:59.000Z' } })).isOk()).toBe(false);
  });

  it('says what to do about a schema that an earlier attempt may have changed', async () => {
    cluster(stopped('service:graasp', '09:55:00'));
    expect((await refuse({ schema: 'unknown' }))._unsafeUnwrapErr().remedy).toBe(
      'An earlier attempt may have changed the schema: look at it, and mend it or restore the database, before anything else. See that nothing writes any more, let go of the environment with releaseHold, and begin a new run with retryMigration: true: it takes another snapshot.',
    );
  });

  it('knows from a service’s events of tasks that AWS has forgotten, and from those alone that tell of a start since', async () => {
    events('graasp', { createdAt: at('09:55:00'), message: '(service graasp) has started 1 tasks: (task 1).' });
    expect(await message()).toContain('since: (service graasp) has started 1 tasks: (task 1). at 2026-11-23T09:55:00.000Z.');
    events('graasp', { createdAt: at('09:50:00'), message: '(service graasp) has started 1 tasks: (task 1).' }, { createdAt: at('09:55:00'), message: '(service graasp) has reached a steady state.' }, { message: '(service graasp) has started 1 tasks' });
    expect((await refuse()).isOk()).toBe(true);
  });

  it('remembers other tasks that it waited for, that it has seen, and that are stopped by now', async () => {
    expect(await message({}, { facts: { ...facts, otherTasksEndedAt: '2026-11-23T09:51:00.000Z' } })).toContain('since: other tasks until 2026-11-23T09:51:00.000Z.');
    expect((await refuse({}, { facts: { ...facts, otherTasksEndedAt: '2026-11-23T09:49:00.000Z' } })).isOk()).toBe(true);
    const seen = (stoppedAt: string | null) => ({ until: '2026-11-23T09:58:00.000Z', tasks: { one: { name: 'one by ben', stoppedAt } } });
    expect(await message({}, { facts: { ...facts, otherTasksSeen: seen('2026-11-23T09:57:00.000Z') } })).toContain('since: one by ben until 2026-11-23T09:57:00.000Z.');
    expect(await message({}, { facts: { ...facts, otherTasksSeen: seen(null) } })).toContain('since: one by ben.');
    expect((await refuse({}, { facts: { ...facts, otherTasksSeen: seen('2026-11-23T09:50:00.000Z') } })).isOk()).toBe(true);
    cluster(stopped('somebody', '09:53:00'));
    expect(await message()).toContain(' until 2026-11-23T09:53:00.000Z.');
    expect((await refuse({ otherTasks: 'allow' }, { facts: { ...facts, otherTasksEndedAt: '2026-11-23T09:51:00.000Z' } })).isOk()).toBe(true);
  });

  it('wants the database to have been without connections while nobody looked for longer than AWS remembers', async () => {
    const hours = { facts: { snapshotIntent: { ...facts.snapshotIntent, at: '2026-11-23T08:00:00.000Z' } } };
    const old = { snapshot: { DBSnapshotIdentifier: 'snap', SnapshotDatabaseTime: at('08:01:00') } };
    const minutes = Array.from({ length: 70 }, (_, index) => new Date(at('08:00:00').getTime() + index * 60_000));
    cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [{ Id: 'connections', Timestamps: minutes, Values: minutes.map(() => 0) }] });
    expect((await refuse(old, hours)).isOk()).toBe(true);
    cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [{ Id: 'connections', Timestamps: minutes, Values: minutes.map((_, index) => (index === 40 ? 1 : 0)) }] });
    expect(await message(old, hours)).toContain('since: tasks of no declared service, which ECS has forgotten by now, from 2026-11-23T08:00:00.000Z to 2026-11-23T09:10:00.000Z: the database is not known to have been without connections.');
  });
});
