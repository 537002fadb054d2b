import { type DBInstance, DeleteDBInstanceCommand, DescribeDBInstancesCommand, type DescribeDBInstancesCommandInput, DescribeDBSnapshotsCommand, RDSClient, RestoreDBInstanceFromDBSnapshotCommand } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { internals } from '../environment/environment.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { rehearseRestore } from './rehearse-restore.js';
import { inUse, refused } from './restore-db/restore-target.fixture.js';
import { configurationTags, recordConfiguration } from './snapshot-db/recorded-configuration.js';

const rds = mockClient(RDSClient);
const identifier = 'graasp-dev-rehearsal-run-1';
const ours = { Key: 'graasp-deploy:restored-by', Value: 'run-1' };
const made: DBInstance = { ...inUse, DBInstanceIdentifier: identifier, DbiResourceId: 'db-2', EngineVersion: '16.11', AllocatedStorage: 20, TagList: [ours] };
const from = { snapshotId: 'snap' };
const requests = () => rds.commandCalls(RestoreDBInstanceFromDBSnapshotCommand).map(({ args }) => args[0].input);

let instances: readonly DBInstance[] = [];

beforeEach(() => {
  rds.reset();
  instances = [inUse];
  rds.on(DescribeDBInstancesCommand).callsFake(({ DBInstanceIdentifier, Filters }: DescribeDBInstancesCommandInput) => {
    const found = instances.filter((one) => (DBInstanceIdentifier === undefined ? Filters?.[0]?.Values?.includes(one.DbiResourceId!) : one.DBInstanceIdentifier === DBInstanceIdentifier));
    if (DBInstanceIdentifier !== undefined && found.length === 0) throw refused('DBInstanceNotFoundFault');
    return { DBInstances: [...found] };
  });
  rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [{ DBSnapshotIdentifier: 'snap', DbiResourceId: 'db-1', Status: 'available', SnapshotDatabaseTime: new Date('2026-11-23T09:00:00Z'), TagList: [...configurationTags(recordConfiguration(inUse), 40)!] }] });
  rds.on(RestoreDBInstanceFromDBSnapshotCommand).callsFake(() => {
    instances = [inUse, made];
    return { DBInstance: made };
  });
  rds.on(DeleteDBInstanceCommand).callsFake(({ DBInstanceIdentifier }: { DBInstanceIdentifier: string }) => {
    instances = instances.filter((one) => one.DBInstanceIdentifier !== DBInstanceIdentifier);
    return {};
  });
});

describe('rehearseRestore', () => {
  it('restores beside the instance in use, without backups, tells what came of it, and leaves nothing', async () => {
    const env = environmentInRun(recordingRun({ step: 'rehearse-restore' }));
    expect((await rehearseRestore(env, { from }))._unsafeUnwrap()).toEqual({ snapshotId: 'snap', databaseTime: '2026-11-23T09:00:00.000Z', instance: identifier, restoreSeconds: 0, engineVersion: '16.11', allocatedStorageGiB: 20, differs: [], seconds: 15 });
    expect(requests()).toMatchObject([{ DBInstanceIdentifier: identifier, DBSnapshotIdentifier: 'snap', BackupRetentionPeriod: 0, Tags: [ours] }]);
    expect(instances).toEqual([inUse]);
    expect((await env[internals].runStore.read('dev/rehearsal'))._unsafeUnwrap()?.body).toBe('null');
  });

  it('tells why it failed where nothing is left of it', async () => {
    rds.on(RestoreDBInstanceFromDBSnapshotCommand).rejects(refused('InstanceQuotaExceededFault'));
    expect((await rehearseRestore(environmentInRun(recordingRun()), { from }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'RestoreFailed',
      message: `${identifier} was not created: the account has as many instances in this region as it may; the instance in use was left as it was`,
    });
  });

  it('says what may be left, and cost, where it could not be removed either', async () => {
    rds.on(RestoreDBInstanceFromDBSnapshotCommand).callsFake(() => {
      instances = [inUse, { ...made, TagList: [] }];
      throw refused('InstanceQuotaExceededFault');
    });
    expect((await rehearseRestore(environmentInRun(recordingRun()), { from }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'RestoreFailed',
      message: `${identifier} was not created: the account has as many instances in this region as it may; the instance in use was left as it was. ${identifier} was not removed, and costs if it was made.`,
      remedy: 'Delete an instance that nobody needs, or raise the quota ("Quotas and constraints for Amazon RDS"), and go on. The next call of rehearseRestore removes it first.',
    });
  });

  it('fails where it could not remove what it has made', async () => {
    rds.on(DeleteDBInstanceCommand).rejects(refused('AccessDenied'));
    expect((await rehearseRestore(environmentInRun(recordingRun()), { from }))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'rds:DeleteDBInstance' });
  });

  it('wants a restore point that is one', async () => {
    const error = (await rehearseRestore(environmentInRun(recordingRun()), { from: 'snap' as never, timeoutSeconds: -1 }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'InvalidInput', problems: [expect.stringMatching(/^from: expected /) as string, 'timeoutSeconds: expected a positive number, got -1 (number)'] });
  });
});
