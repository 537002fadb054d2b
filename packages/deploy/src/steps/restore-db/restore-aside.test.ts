import { type DBInstance, DescribeDBInstancesCommand, type DescribeDBInstancesCommandInput, RDSClient, RestoreDBInstanceFromDBSnapshotCommand, RestoreDBInstanceToPointInTimeCommand } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun, type RecordingRunOptions } from '../recording-run.fixture.js';
import { isModifiable, restoreAside, type Restoring } from './restore-aside.js';
import { refused, restored, restoreTarget } from './restore-target.fixture.js';

const rds = mockClient(RDSClient);
const identifier = 'graasp-dev-restored-run-1';
const ours = { Key: 'graasp-deploy:restored-by', Value: 'run-1' };
const known = { records: { restoredInstance: { resourceId: 'db-0', defaultSecurityGroups: ['sg-default'] } } };

/** What there is: by its name, and by its id. */
function instances(...found: readonly DBInstance[]): void {
  rds.on(DescribeDBInstancesCommand).callsFake(({ DBInstanceIdentifier, Filters }: DescribeDBInstancesCommandInput) => {
    const matching = found.filter((one) => (DBInstanceIdentifier === undefined ? Filters?.[0]?.Values?.includes(one.DbiResourceId!) : one.DBInstanceIdentifier === DBInstanceIdentifier));
    if (DBInstanceIdentifier !== undefined && matching.length === 0) throw refused('DBInstanceNotFoundFault');
    return { DBInstances: matching };
  });
}

const requests = () => rds.commandCalls(RestoreDBInstanceFromDBSnapshotCommand).map(({ args }) => args[0].input);

async function restore(options: RecordingRunOptions = {}, changes: Partial<Restoring> = {}) {
  const run = recordingRun({ step: 'restore-aside', ...options });
  const env = environmentInRun(run);
  const begun = env.clock.time;
  const result = await restoreAside(env, { point: restoreTarget(), identifier, settings: { MultiAZ: true }, tags: { Name: 'graasp' }, timeoutSeconds: 3600, ...changes });
  return { run, env, result, seconds: (env.clock.time - begun) / 1000 };
}

beforeEach(() => {
  rds.reset();
  rds.on(RestoreDBInstanceFromDBSnapshotCommand).resolves({ DBInstance: restored });
  instances(restored);
});

describe('restoreAside', () => {
  it('journals what it is about to make before it asks for it, and the instance once it is known', async () => {
    const run = recordingRun({ step: 'restore-aside' });
    let journalled: unknown;
    rds.on(RestoreDBInstanceFromDBSnapshotCommand).callsFake(() => {
      journalled = run.entries.slice();
      return { DBInstance: restored };
    });
    const result = await restoreAside(environmentInRun(run), { point: restoreTarget(), identifier, settings: { MultiAZ: true }, tags: { Name: 'graasp' }, timeoutSeconds: 3600 });
    expect(result._unsafeUnwrap()).toEqual({ resourceId: 'db-2', defaultSecurityGroups: ['sg-default'] });
    expect(journalled).toEqual([{ key: 'restoreIntent', value: { identifier } }]);
    expect(run.recall('restoredInstance')).toEqual({ resourceId: 'db-2', defaultSecurityGroups: ['sg-default'] });
    expect(requests()).toEqual([{ MultiAZ: true, Tags: [{ Key: 'Name', Value: 'graasp' }, ours], DBInstanceIdentifier: identifier, DBSnapshotIdentifier: 'snap' }]);
  });

  it('asks for a moment in the automated backups of the instance in use where that is the point', async () => {
    rds.on(RestoreDBInstanceToPointInTimeCommand).resolves({ DBInstance: restored });
    const { result, env } = await restore({}, { point: restoreTarget({ snapshotId: null }) });
    expect(result.isOk()).toBe(true);
    expect(env.events).toContainEqual(expect.objectContaining({ operation: 'rds:RestoreDBInstanceToPointInTime', why: 'the data of the automated backups of graasp-dev as of 2026-11-23T09:00:00.000Z, beside the instance in use' }));
    expect(requests()).toEqual([]);
    expect(rds.commandCalls(RestoreDBInstanceToPointInTimeCommand)[0]!.args[0].input).toMatchObject({ SourceDBInstanceIdentifier: 'graasp-dev', TargetDBInstanceIdentifier: identifier, RestoreTime: new Date('2026-11-23T09:00:00Z') });
  });

  const raiseQuota = 'Delete an instance that nobody needs, or raise the quota ("Quotas and constraints for Amazon RDS"), and go on.';

  it.each([
    ['InstanceQuotaExceededFault', 'the account has as many instances in this region as it may', raiseQuota],
    ['StorageQuotaExceededFault', 'the account has as much database storage in this region as it may', raiseQuota],
    ['InsufficientDBInstanceCapacityFault', 'AWS has no room for its class now', 'Wait some minutes and go on.'],
  ])('tells of %s that nothing was made, why, and what helps', async (code, why, remedy) => {
    rds.on(RestoreDBInstanceFromDBSnapshotCommand).rejects(refused(code));
    const { result, run } = await restore();
    expect(result._unsafeUnwrapErr()).toEqual({
      kind: 'RestoreFailed',
      snapshotId: 'snap',
      instance: identifier,
      instanceStatus: 'not-created',
      message: `${identifier} was not created: ${why}; the instance in use was left as it was`,
      remedy,
    });
    expect(run.recall('restoredInstance')).toBeUndefined();
  });

  it('gives any other refusal as it is', async () => {
    rds.on(RestoreDBInstanceFromDBSnapshotCommand).rejects(refused('KMSKeyNotAccessibleFault'));
    expect((await restore()).result._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'KMSKeyNotAccessibleFault' });
  });

  it('ends where no waiting makes the instance available, and says where the reason is', async () => {
    instances({ ...restored, DBInstanceStatus: 'incompatible-restore' });
    expect((await restore()).result._unsafeUnwrapErr()).toEqual({
      kind: 'RestoreFailed',
      snapshotId: 'snap',
      instance: identifier,
      instanceStatus: 'incompatible-restore',
      message: `${identifier}, restored from snap, is incompatible-restore and will not become available; the instance in use was left as it was`,
      remedy: `Look at the events of ${identifier} in RDS for the reason ("Viewing Amazon RDS DB instance status" says what incompatible-restore means), delete it, and restore again.`,
    });
  });

  it('knows the instance again, by its tag, whose request was answered to nobody', async () => {
    rds.on(RestoreDBInstanceFromDBSnapshotCommand).rejects(refused('DBInstanceAlreadyExistsFault'));
    instances({ ...restored, TagList: [ours] });
    const { result, run } = await restore();
    expect(result._unsafeUnwrap()).toEqual({ resourceId: 'db-2', defaultSecurityGroups: ['sg-default'] });
    expect(run.recall('restoredInstance')).toMatchObject({ resourceId: 'db-2' });
  });

  it.each([
    ['no tag', undefined],
    ['the tag of another run', [{ ...ours, Value: 'run-0' }]],
    ['another tag with the run', [{ ...ours, Key: 'Name' }]],
  ])('takes an instance of that name with %s for somebody else’s, and leaves it', async (_, TagList) => {
    rds.on(RestoreDBInstanceFromDBSnapshotCommand).rejects(refused('DBInstanceAlreadyExistsFault'));
    instances({ ...restored, ...(TagList === undefined ? {} : { TagList }) });
    const { result, run } = await restore();
    expect(result._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'resource-busy',
      message: `an instance ${identifier} exists already and is not this run's: it was left alone, and snap was not restored`,
      remedy: 'Rename or delete it if nobody needs it, then go on.',
    });
    expect(run.recall('restoredInstance')).toBeUndefined();
  });

  it('waits for such an instance to be described, for a minute', async () => {
    rds.on(RestoreDBInstanceFromDBSnapshotCommand).rejects(refused('DBInstanceAlreadyExistsFault'));
    rds.on(DescribeDBInstancesCommand).rejects(refused('DBInstanceNotFoundFault'));
    expect((await restore()).result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'the restored instance to be described', lastSeen: `${identifier} exists and cannot be described yet`, timeoutSeconds: 60 });
  });

  it('goes on with the instance that it has journalled, by its id, without asking for another', async () => {
    instances({ ...restored, DBInstanceIdentifier: 'renamed-by-hand', DbiResourceId: 'db-0' });
    const { result } = await restore(known);
    expect(result._unsafeUnwrap()).toEqual({ resourceId: 'db-0', defaultSecurityGroups: ['sg-default'] });
    expect(requests()).toEqual([]);
  });

  it('asks for another only once the journalled one has not been described for a minute', async () => {
    const { result, seconds, env } = await restore(known);
    expect(result._unsafeUnwrap()).toMatchObject({ resourceId: 'db-2' });
    expect(requests()).toHaveLength(1);
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(env.events.slice(0, 2)).toEqual([
      { type: 'change', planned: false, resource: `database instance ${identifier}`, from: 'absent', to: 'available', operation: 'rds:RestoreDBInstanceFromDBSnapshot', why: 'the data of snapshot snap, beside the instance in use' },
      expect.objectContaining({ type: 'waiting', waitingFor: 'the restored instance to be described', seen: `${identifier} is not described`, timeoutSeconds: 3600 }),
    ]);
  });

  it('waits for one that is being deleted to be gone, which has the name until then', async () => {
    let reads = 0;
    rds.on(DescribeDBInstancesCommand).callsFake(({ Filters }: DescribeDBInstancesCommandInput) => {
      if (Filters?.[0]?.Values?.[0] !== 'db-0') return { DBInstances: [restored] };
      reads += 1;
      return { DBInstances: reads < 10 ? [{ ...restored, DbiResourceId: 'db-0', DBInstanceStatus: 'deleting' }] : [] };
    });
    const { result, env } = await restore(known);
    expect(result._unsafeUnwrap()).toMatchObject({ resourceId: 'db-2' });
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', seen: `${identifier} is deleting` }));
    expect(reads).toBeGreaterThanOrEqual(10);
  });

  it('says that it was deleted when it is no more described a minute after it was asked for', async () => {
    instances();
    const { result, seconds } = await restore();
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'RestoreFailed', instanceStatus: 'deleted', remedy: 'Find out who has deleted it, and restore again.' });
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(seconds).toBeLessThan(120);
  });

  it('waits while its first backup is taken: it cannot be modified before', async () => {
    rds.on(DescribeDBInstancesCommand).resolvesOnce({ DBInstances: [{ ...restored, DBInstanceStatus: 'creating' }] }).resolvesOnce({ DBInstances: [{ ...restored, DBInstanceStatus: 'backing-up' }] }).resolves({ DBInstances: [restored] });
    const { env, result } = await restore();
    expect(result.isOk()).toBe(true);
    expect(env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []))).toEqual([`${identifier} is creating`, `${identifier} is backing-up`]);
  });

  it.each([['available', true], ['storage-optimization', true], ['backing-up', false], ['modifying', false], ['creating', false]])('takes %s for modifiable: %s', (status, expected) => {
    expect(isModifiable(status)).toBe(expected);
  });
});
