import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { CreateDBSnapshotCommand, DescribeDBInstancesCommand, DescribeDBSnapshotsCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { planOptions } from '../environment/environment.fixture.js';
import { environmentInRun, recordingRun, type RecordingRunOptions } from './recording-run.fixture.js';
import { takeWarmSnapshot } from './take-warm-snapshot.js';

const rds = mockClient(RDSClient);
const ecs = mockClient(ECSClient);
const snapshotId = 'graasp-dev-v2-0-0-run-1-warm';
const created = () => rds.commandCalls(CreateDBSnapshotCommand).map(({ args }) => args[0].input);
const inRun = (options: RecordingRunOptions = {}) => environmentInRun(recordingRun({ step: 'warm-snapshot', ...options }));

function instance(MultiAZ?: boolean): void {
  rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-1', DBInstanceStatus: 'available', ...(MultiAZ === undefined ? {} : { MultiAZ }) }] });
}

beforeEach(() => {
  rds.reset();
  ecs.reset();
  ecs.on(DescribeServicesCommand).resolves({ services: [] });
  instance();
  rds.on(CreateDBSnapshotCommand).resolves({ DBSnapshot: {} });
  rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [{ DBSnapshotIdentifier: snapshotId, Status: 'available' }] });
});

describe('takeWarmSnapshot', () => {
  const change = (planned: boolean, cost: string) => ({
    type: 'change',
    planned,
    resource: `snapshot ${snapshotId}`,
    from: 'absent',
    to: 'available',
    operation: 'rds:CreateDBSnapshot',
    why: `the snapshot while visitors are kept out then copies only what changed since; no restore point; ${cost}`,
  });
  const report = { summary: `${snapshotId} is no restore point; the next snapshot copies only what changed since`, snapshotId, database: 'graasp-dev', pausedIo: true, adopted: false, seconds: 0 };

  it('takes one that is no restore point, journalled as such, and says what it costs visitors', async () => {
    const run = recordingRun({ step: 'warm-snapshot' });
    const env = environmentInRun(run);
    expect((await takeWarmSnapshot(env, { version: 'v2.0.0' }))._unsafeUnwrap()).toEqual(report);
    expect(created()).toMatchObject([{ DBInstanceIdentifier: 'graasp-dev', DBSnapshotIdentifier: snapshotId, Tags: expect.arrayContaining([{ Key: 'graasp-deploy:purpose', Value: 'warm' }]) as unknown }]);
    expect(run.entries).toEqual([{ key: 'warmSnapshotIntent', value: { snapshotId, attempt: 1, at: '2026-11-23T10:00:00.000Z' } }]);
    expect(env.events).toContainEqual({ type: 'warning', message: 'graasp-dev is Single-AZ: its I/O pauses for seconds to minutes when the warm snapshot begins, with visitors on it.' });
    expect(env.events).toContainEqual(change(false, 'Single-AZ: I/O pauses meanwhile, for seconds to minutes, with visitors on it'));
  });

  it('pauses nothing on Multi-AZ', async () => {
    instance(true);
    const env = inRun();
    expect((await takeWarmSnapshot(env, { version: 'v2.0.0' }))._unsafeUnwrap().pausedIo).toBe(false);
    expect(env.events.filter(({ type }) => type === 'warning')).toEqual([]);
    expect(env.events).toContainEqual(change(false, 'Multi-AZ: no pause of I/O'));
  });

  it('takes one for a run, also when it is resumed', async () => {
    const intent = { snapshotId, attempt: 1, at: '2026-11-23T09:59:00.000Z' };
    expect((await takeWarmSnapshot(inRun({ records: { warmSnapshotIntent: intent } }), { version: 'v2.0.0' }))._unsafeUnwrap()).toMatchObject({ snapshotId, adopted: true });
    expect(created()).toEqual([]);
  });

  it('does not take the restore point of its run for its own', async () => {
    expect((await takeWarmSnapshot(inRun({ records: { snapshotIntent: { snapshotId: 'other', attempt: 1, at: '' } } }), { version: 'v2.0.0' }))._unsafeUnwrap()).toMatchObject({ snapshotId, adopted: false });
  });

  it('tells what it would take in a plan, and takes none', async () => {
    const env = environmentInRun(recordingRun({ step: 'warm-snapshot' }), planOptions());
    expect((await takeWarmSnapshot(env, { version: 'v2.0.0' }))._unsafeUnwrap()).toEqual(report);
    expect(env.events).toContainEqual(change(true, 'Single-AZ: I/O pauses meanwhile, for seconds to minutes, with visitors on it'));
    expect(created()).toEqual([]);
  });

  it('has two hours unless it is told otherwise, and wants a version that is one', async () => {
    rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [{ DBSnapshotIdentifier: snapshotId, Status: 'creating' }] });
    expect((await takeWarmSnapshot(inRun()))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', timeoutSeconds: 7200 });
    expect((await takeWarmSnapshot(inRun(), { version: 'latest', timeoutSeconds: 0 }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: ['timeoutSeconds: expected a positive number, got 0 (number)', "version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got 'latest' (string)"],
    });
  });
});
