import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeAccountAttributesCommand, type DBInstance, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { checkDatabase } from './check-database.js';
import { question } from './question.fixture.js';

const rds = mockClient(RDSClient);
const cloudwatch = mockClient(CloudWatchClient);
const gib = 2 ** 30;
const instance: DBInstance = { DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-1', DBInstanceStatus: 'available', AllocatedStorage: 20, BackupRetentionPeriod: 7 };

const quota = (Used: number) => rds.on(DescribeAccountAttributesCommand).resolves({ AccountQuotas: [{ AccountQuotaName: 'DBInstances', Used: 40, Max: 40 }, { AccountQuotaName: 'ManualSnapshots', Used, Max: 100 }] });
const free = (...Values: number[]) => cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [{ Id: 'free', Values: Values.map((value) => value * gib) }] });

beforeEach(() => {
  rds.reset();
  cloudwatch.reset();
  quota(7);
  free(15);
});

async function only(name: string, changes: Partial<DBInstance> = {}) {
  const checks = (await checkDatabase(testEnvironment(), question({ instance: { ...instance, ...changes } })))._unsafeUnwrap();
  return checks.find((check) => check.name === name);
}

describe('checkDatabase', () => {
  it('tells what a migration needs of the instance', async () => {
    const checks = (await checkDatabase(testEnvironment(), question({ instance })))._unsafeUnwrap();
    expect(checks.map(({ name, status, detail }) => `${status} ${name}: ${detail}`)).toEqual([
      'ok instance: graasp-dev (db-1)',
      'ok status: available',
      'ok pending modifications: none',
      'ok backups: kept for 7 days',
      'ok snapshot quota: 7 of 100 manual snapshots are taken',
      'ok storage: 15.0 of 20 GiB are free',
    ]);
  });

  it('fails without automated backups', async () => {
    expect(await only('backups', { BackupRetentionPeriod: 1 })).toMatchObject({ status: 'ok', detail: 'kept for 1 day' });
    expect(await only('backups', { BackupRetentionPeriod: 0 })).toMatchObject({
      status: 'failed',
      detail: 'automated backups are off: what is written after the snapshot could not be brought back',
      remedy: 'Set a backup retention period of a day or more, at an hour when a pause of the database does no harm.',
    });
  });

  it.each([
    [97, 'ok'],
    [98, 'warning'],
    [99, 'warning'],
    [100, 'failed'],
  ])('makes of %i of 100 manual snapshots: %s', async (used, status) => {
    quota(used);
    expect(await only('snapshot quota')).toMatchObject({ status, detail: `${used} of 100 manual snapshots are taken` });
  });

  it.each<[number, number | undefined, string]>([
    [4, undefined, 'ok'],
    [3.9, undefined, 'warning'],
    [2, undefined, 'warning'],
    [1.9, undefined, 'failed'],
    [1.9, 20, 'failed'],
    [1.9, 40, 'warning'],
  ])('makes of %d free of 20 GiB, growing to %s: %s', async (left, MaxAllocatedStorage, status) => {
    free(19, left);
    expect(await only('storage', { MaxAllocatedStorage })).toMatchObject({ status, detail: `${left.toFixed(1)} of 20 GiB are free` });
  });

  it('says so where AWS does not tell', async () => {
    free();
    rds.on(DescribeAccountAttributesCommand).resolves({});
    const checks = (await checkDatabase(testEnvironment(), question({ instance: { DbiResourceId: 'db-1', AllocatedStorage: 20 } })))._unsafeUnwrap();
    expect(checks.filter(({ status }) => status === 'skip').map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
      'backups: AWS does not tell the retention period',
      'snapshot quota: AWS does not tell it',
      'storage: CloudWatch has no datum of FreeStorageSpace of the last quarter of an hour',
    ]);
    expect(await only('storage', { AllocatedStorage: undefined })).toMatchObject({ status: 'skip', detail: 'AWS does not tell how much there is' });
  });
});
