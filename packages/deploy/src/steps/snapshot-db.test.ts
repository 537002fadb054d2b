import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { CreateDBSnapshotCommand, type DBInstance, type DBSnapshot, DescribeDBInstancesCommand, DescribeDBSnapshotsCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { snapshotDb } from './snapshot-db.js';

const rds = mockClient(RDSClient);
const ecs = mockClient(ECSClient);
const snapshotId = 'graasp-dev-v1-54-8-run-1';
const version = 'v1.54.8';

function instance(changes: Partial<DBInstance> = {}) {
  return { DBInstances: [{ DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-1', DBInstanceStatus: 'available', AllocatedStorage: 20, ...changes }] };
}

function snapshot(changes: Partial<DBSnapshot> = {}) {
  return { DBSnapshots: [{ DBSnapshotIdentifier: snapshotId, Status: 'available', SnapshotDatabaseTime: new Date('2026-11-23T10:00:01Z'), ...changes }] };
}

function refused(name: string) {
  return Object.assign(new Error(`${name}: no`), { name });
}

const created = () => rds.commandCalls(CreateDBSnapshotCommand).map(({ args }) => args[0].input.DBSnapshotIdentifier);
const inRun = (options: Parameters<typeof recordingRun>[0] = {}) => environmentInRun(recordingRun({ step: 'snapshot-db', ...options }));

beforeEach(() => {
  rds.reset();
  ecs.reset();
  ecs.on(DescribeServicesCommand).resolves({ services: [] });
  rds.on(DescribeDBInstancesCommand).resolves(instance());
  rds.on(CreateDBSnapshotCommand).resolves({ DBSnapshot: { DBSnapshotIdentifier: snapshotId } });
  rds.on(DescribeDBSnapshotsCommand).resolves(snapshot());
});

const journalled = { records: { snapshotIntent: { snapshotId, attempt: 1, at: '2026-11-23T09:59:00.000Z' } } };

describe('snapshotDb', () => {
  it('journals the identifier before it asks for the snapshot, and the restore point after', async () => {
    const run = recordingRun({ step: 'snapshot-db' });
    let journalled: unknown;
    rds.on(CreateDBSnapshotCommand).callsFake(() => {
      journalled = run.recall('snapshotIntent');
      return { DBSnapshot: {} };
    });
    expect((await snapshotDb(environmentInRun(run), { version }))._unsafeUnwrap()).toEqual({
      restorePoint: { snapshotId, databaseTime: '2026-11-23T10:00:01.000Z' },
      database: 'graasp-dev',
      instanceResourceId: 'db-1',
      allocatedStorageGiB: 20,
      adopted: false,
      seconds: 0,
    });
    expect(journalled).toEqual({ snapshotId, attempt: 1, at: '2026-11-23T10:00:00.000Z' });
    expect(run.recall('restorePoint')).toEqual({ snapshotId, databaseTime: '2026-11-23T10:00:01.000Z' });
  });

  it('reports every problem of its input before it calls anything', async () => {
    const error = (await snapshotDb(inRun(), { version: 'latest', timeoutSeconds: -1 }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'InvalidInput', problems: ['timeoutSeconds: expected a positive number, got -1 (number)', "version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got 'latest' (string)"] });
    expect(rds.calls()).toEqual([]);
  });

  it('refuses a snapshot of that name that another run has taken', async () => {
    rds.on(CreateDBSnapshotCommand).rejects(refused('DBSnapshotAlreadyExistsFault'));
    rds.on(DescribeDBSnapshotsCommand).resolves(snapshot({ TagList: [{ Key: 'graasp-deploy:run', Value: 'run-0' }] }));
    const error = (await snapshotDb(inRun(), { version }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'resource-busy', holder: 'run-0', message: `snapshot ${snapshotId} exists already and belongs to run run-0; it was left alone and no snapshot was taken`, remedy: 'Start another run: a snapshot of another run is never taken for this one.' });
  });

  it('leaves a snapshot of that name alone that somebody took by hand', async () => {
    rds.on(CreateDBSnapshotCommand).rejects(refused('DBSnapshotAlreadyExistsFault'));
    const error = (await snapshotDb(inRun(), { version }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Conflict', message: `snapshot ${snapshotId} exists already and was not taken by this tool; it was left alone and no snapshot was taken` });
    expect(error).not.toHaveProperty('holder');
  });

  const ours = [{ Key: 'graasp-deploy:run', Value: 'run-1' }, { Key: 'graasp-deploy:step', Value: 'snapshot-db' }];

  it('knows its own snapshot again when the answer to the request was lost, also when it cannot be described at once', async () => {
    rds.on(CreateDBSnapshotCommand).rejects(refused('DBSnapshotAlreadyExistsFault'));
    rds.on(DescribeDBSnapshotsCommand).rejectsOnce(refused('DBSnapshotNotFoundFault')).rejectsOnce(refused('DBSnapshotNotFoundFault')).resolves(snapshot({ TagList: ours }));
    const env = inRun();
    expect((await snapshotDb(env, { version }))._unsafeUnwrap()).toMatchObject({ adopted: true, restorePoint: { snapshotId } });
    expect(created()).toEqual([snapshotId]);
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', waitingFor: 'the snapshot to be described', seen: `${snapshotId} exists but cannot be described yet`, timeoutSeconds: 60 }));
  });

  it('gives up on a snapshot that exists and is never described', async () => {
    rds.on(CreateDBSnapshotCommand).rejects(refused('DBSnapshotAlreadyExistsFault'));
    rds.on(DescribeDBSnapshotsCommand).rejects(refused('DBSnapshotNotFoundFault'));
    expect((await snapshotDb(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'snapshot', name: snapshotId });
  });

  it('tells that it may not take one, or not look for one', async () => {
    rds.on(CreateDBSnapshotCommand).rejects(refused('AccessDenied'));
    expect((await snapshotDb(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'rds:CreateDBSnapshot' });
    rds.on(CreateDBSnapshotCommand).rejects(refused('KMSKeyNotAccessibleFault'));
    expect((await snapshotDb(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'KMSKeyNotAccessibleFault' });
    rds.on(DescribeDBSnapshotsCommand).rejects(refused('AccessDenied'));
    expect((await snapshotDb(inRun(journalled), { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'rds:DescribeDBSnapshots' });
  });

  it('goes by the time of its creation where AWS does not tell that of its transactions, and does without either', async () => {
    rds.on(DescribeDBSnapshotsCommand).resolves(snapshot({ SnapshotDatabaseTime: undefined, SnapshotCreateTime: new Date('2026-11-23T10:00:05Z') }));
    expect((await snapshotDb(inRun(), { version }))._unsafeUnwrap().restorePoint).toEqual({ snapshotId, databaseTime: '2026-11-23T10:00:05.000Z' });
    rds.on(DescribeDBSnapshotsCommand).resolves(snapshot({ SnapshotDatabaseTime: undefined }));
    expect((await snapshotDb(inRun(), { version }))._unsafeUnwrap().restorePoint).toEqual({ snapshotId, databaseTime: null });
  });

  it('tells how far it is while it waits, as far as AWS says', async () => {
    rds.on(DescribeDBSnapshotsCommand).resolvesOnce(snapshot({ Status: 'creating' })).resolvesOnce(snapshot({ Status: 'creating', PercentProgress: 40 })).resolves(snapshot());
    const env = inRun();
    expect((await snapshotDb(env, { version })).isOk()).toBe(true);
    expect(env.events.flatMap((event) => (event.type === 'waiting' ? [[event.seen, event.progress]] : []))).toEqual([[`${snapshotId} is creating`, undefined], [`${snapshotId} is creating, 40 %`, 0.4]]);
  });

  it('is named without a version where there is none', async () => {
    rds.on(DescribeDBSnapshotsCommand).resolves(snapshot({ DBSnapshotIdentifier: 'graasp-dev-run-1' }));
    expect((await snapshotDb(inRun()))._unsafeUnwrap()).toMatchObject({ restorePoint: { snapshotId: 'graasp-dev-run-1' } });
    expect(rds.commandCalls(CreateDBSnapshotCommand)[0]!.args[0].input.Tags!.map(({ Key }) => Key)).not.toContain('graasp-deploy:version');
  });

  it('says what a restore will miss when the instance’s own tags leave no room for its configuration', async () => {
    const own = Array.from({ length: 45 }, (_, at) => ({ Key: `team-${at}`, Value: 'x' }));
    rds.on(DescribeDBInstancesCommand).resolves(instance({ CopyTagsToSnapshot: true, TagList: own }));
    const env = inRun();
    expect((await snapshotDb(env, { version })).isOk()).toBe(true);
    expect(rds.commandCalls(CreateDBSnapshotCommand)[0]!.args[0].input.Tags).toHaveLength(5);
    expect(env.events).toContainEqual({ type: 'warning', message: "The configuration of graasp-dev does not fit into the snapshot's tags: a restore will need it from the infrastructure's code." });
  });

  it('takes another for the same run when an earlier step of it took that one', async () => {
    rds.on(CreateDBSnapshotCommand).rejectsOnce(refused('DBSnapshotAlreadyExistsFault')).resolves({ DBSnapshot: {} });
    const early = [{ Key: 'graasp-deploy:run', Value: 'run-1' }, { Key: 'graasp-deploy:step', Value: 'warm' }];
    rds.on(DescribeDBSnapshotsCommand).resolvesOnce(snapshot({ TagList: early })).resolves(snapshot({ DBSnapshotIdentifier: `${snapshotId}-2` }));
    expect((await snapshotDb(inRun(), { version }))._unsafeUnwrap()).toMatchObject({ adopted: false, restorePoint: { snapshotId: `${snapshotId}-2` } });
    expect(created()).toEqual([snapshotId, `${snapshotId}-2`]);
  });

  it('does not take a snapshot that is not described yet for one that is gone', async () => {
    rds.on(DescribeDBSnapshotsCommand).rejectsOnce(refused('DBSnapshotNotFoundFault')).rejectsOnce(refused('DBSnapshotNotFoundFault')).resolves(snapshot());
    expect((await snapshotDb(inRun(), { version })).isOk()).toBe(true);
  });

  it('fails when the snapshot is deleted while it is waited for', async () => {
    rds.on(DescribeDBSnapshotsCommand).rejects(refused('DBSnapshotNotFoundFault'));
    expect((await snapshotDb(inRun(), { version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'SnapshotFailed', snapshotStatus: 'deleted' });
  });

  it.each(['failed', 'incompatible-restore', 'deleting'])('ends early when the snapshot is %s', async (Status) => {
    rds.on(DescribeDBSnapshotsCommand).resolves(snapshot({ Status }));
    const env = inRun();
    const error = (await snapshotDb(env, { version }))._unsafeUnwrapErr();
    expect(error).toEqual({ kind: 'SnapshotFailed', snapshotId, snapshotStatus: Status, message: `snapshot ${snapshotId} is ${Status} and will not become available: there is no restore point`, remedy: "Look at the instance's events in RDS for the reason. Then try again: another snapshot is taken." });
    expect(env.clock.time).toBe(Date.parse('2026-11-23T10:00:00Z'));
  });

  it('waits while the instance is busy, and asks again when it is refused as busy after all', async () => {
    rds.on(DescribeDBInstancesCommand).resolvesOnce(instance()).resolvesOnce(instance({ DBInstanceStatus: 'modifying' })).resolves(instance());
    rds.on(CreateDBSnapshotCommand).rejectsOnce(refused('InvalidDBInstanceStateFault')).resolves({ DBSnapshot: {} });
    rds.on(DescribeDBSnapshotsCommand).rejectsOnce(refused('DBSnapshotNotFoundFault')).rejectsOnce(refused('DBSnapshotNotFoundFault')).resolves(snapshot());
    const env = inRun();
    expect((await snapshotDb(env, { version, timeoutSeconds: 500 })).isOk()).toBe(true);
    expect(created()).toEqual([snapshotId, snapshotId]);
    expect(env.events.filter(({ type }) => type === 'waiting')).toMatchObject([
      { waitingFor: 'the database to accept a snapshot', seen: 'graasp-dev is modifying', timeoutSeconds: 500 },
      { waitingFor: 'the database to accept a snapshot', seen: 'graasp-dev is busy' },
    ]);
  });

  it.each(['stopped', 'storage-full', 'incompatible-parameters'])('does not wait for an instance that is %s', async (DBInstanceStatus) => {
    rds.on(DescribeDBInstancesCommand).resolves(instance({ DBInstanceStatus }));
    const error = (await snapshotDb(inRun(), { version }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'resource-busy', message: `database instance graasp-dev is ${DBInstanceStatus}: no snapshot can be taken of it`, remedy: DBInstanceStatus === 'stopped' ? 'Start the instance, then call again.' : `Bring the instance back to available ("Viewing Amazon RDS DB instance status" says what ${DBInstanceStatus} means), then call again.` });
    expect(created()).toEqual([]);
  });

  it('takes an instance in storage-optimization as it is', async () => {
    rds.on(DescribeDBInstancesCommand).resolves(instance({ DBInstanceStatus: 'storage-optimization' }));
    expect((await snapshotDb(inRun(), { version })).isOk()).toBe(true);
  });

  it('says which quota is reached', async () => {
    rds.on(CreateDBSnapshotCommand).rejects(refused('SnapshotQuotaExceededFault'));
    const run = recordingRun({ step: 'snapshot-db' });
    expect((await snapshotDb(environmentInRun(run), { version }))._unsafeUnwrapErr()).toEqual({
      kind: 'SnapshotFailed',
      snapshotId,
      snapshotStatus: 'not-created',
      message: `snapshot ${snapshotId} was not taken: the account has as many manual snapshots in this region as it may`,
      remedy: 'Delete manual snapshots that nobody needs, or raise the quota "Manual DB instance snapshots" (L-272F1212). Then try again.',
    });
    expect(run.recall('restorePoint')).toBeUndefined();
  });

  describe('when the run has stopped the writers', () => {
    const stopped = (at: string) => inRun({ facts: { lastWriterStoppedAt: at } });

    it('takes another, later, when the first holds less than the last writer wrote', async () => {
      const early = snapshot({ SnapshotDatabaseTime: new Date('2026-11-23T09:59:00Z') });
      const late = snapshot({ DBSnapshotIdentifier: `${snapshotId}-2`, SnapshotDatabaseTime: new Date('2026-11-23T10:05:01Z') });
      rds.on(DescribeDBSnapshotsCommand).resolvesOnce(early).resolvesOnce(early).resolves(late);
      const env = stopped('2026-11-23T09:59:30.000Z');
      expect((await snapshotDb(env, { version }))._unsafeUnwrap().restorePoint).toEqual({ snapshotId: `${snapshotId}-2`, databaseTime: '2026-11-23T10:05:01.000Z' });
      expect(created()).toEqual([snapshotId, `${snapshotId}-2`]);
      expect(env.clock.time).toBeGreaterThanOrEqual(Date.parse('2026-11-23T10:04:30Z'));
    });

    it('fails when the second holds no more', async () => {
      rds.on(DescribeDBSnapshotsCommand).resolves(snapshot({ SnapshotDatabaseTime: new Date('2026-11-23T09:59:00Z') }));
      expect((await snapshotDb(stopped('2026-11-23T09:59:30.000Z'), { version }))._unsafeUnwrapErr()).toMatchObject({
        kind: 'SnapshotFailed',
        message: `snapshot ${snapshotId} is available but holds transactions only up to 2026-11-23T09:59:00.000Z: the last writer stopped at 2026-11-23T09:59:30.000Z, so it is not known to hold every write`,
        remedy: 'Take another snapshot; if this repeats, look for a difference between the clocks of ECS and RDS, or a replica that lags.',
      });
    });
  });

  it('adopts on resume what it had requested', async () => {
    expect((await snapshotDb(inRun(journalled), { version }))._unsafeUnwrap()).toMatchObject({ adopted: true });
    expect(created()).toEqual([]);
  });

  it('takes another on resume after one that failed', async () => {
    rds.on(DescribeDBSnapshotsCommand).resolvesOnce(snapshot({ Status: 'failed' })).resolves(snapshot({ DBSnapshotIdentifier: `${snapshotId}-2` }));
    expect((await snapshotDb(inRun(journalled), { version }))._unsafeUnwrap()).toMatchObject({ adopted: false });
    expect(created()).toEqual([`${snapshotId}-2`]);
  });

  it('requests on resume what it had only journalled', async () => {
    rds.on(DescribeDBSnapshotsCommand).rejectsOnce(refused('DBSnapshotNotFoundFault')).resolves(snapshot());
    expect((await snapshotDb(inRun(journalled), { version }))._unsafeUnwrap()).toMatchObject({ adopted: false });
    expect(created()).toEqual([snapshotId]);
  });
});
