import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeAccountAttributesCommand, type DBInstance, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { checkDatabase } from './check-database.js';
import { question } from './question.fixture.js';
import type { Question } from './question.js';

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

async function only(name: string, changes: Partial<DBInstance> = {}, as: Partial<Question> = {}) {
  const checks = (await checkDatabase(testEnvironment(), question({ instance: { ...instance, ...changes } }, as)))._unsafeUnwrap();
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
    expect(await only('snapshot quota')).toEqual({
      group: 'database',
      name: 'snapshot quota',
      status,
      detail: `${used} of 100 manual snapshots are taken`,
      ...(status === 'ok' ? {} : { remedy: 'Delete manual snapshots that nobody needs, or raise the quota "Manual DB instance snapshots" (L-272F1212).' }),
    });
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
    expect(await only('storage', { MaxAllocatedStorage })).toEqual({
      group: 'database',
      name: 'storage',
      status,
      detail: `${left.toFixed(1)} of 20 GiB are free`,
      ...(status === 'ok' ? {} : { remedy: 'Give the instance more storage, and wait until it is optimized: a migration that rewrites a table needs as much again.' }),
    });
  });

  it('counts two snapshots where a warm one is taken before', async () => {
    quota(99);
    expect(await only('snapshot quota', {}, { warm: true })).toMatchObject({ status: 'failed', detail: '99 of 100 manual snapshots are taken, and 2 are to be taken' });
    quota(96);
    expect(await only('snapshot quota', {}, { warm: true })).toMatchObject({ status: 'warning', detail: '96 of 100 manual snapshots are taken' });
  });

  it('fails for another instance than at connect, and for one that is not usable', async () => {
    expect(await only('instance', { DbiResourceId: 'db-2' })).toEqual({ group: 'database', name: 'instance', status: 'failed', detail: 'graasp-dev is another instance (db-2) than at connect (db-1)', remedy: 'Somebody renamed or restored it: find out what happened, then connect again.' });
    expect(await only('status', { DBInstanceStatus: 'stopped' })).toMatchObject({ status: 'failed', detail: 'stopped', remedy: 'Start the instance.' });
    expect(await only('status', { DBInstanceStatus: 'stopped' }, { purpose: 'transition' })).toMatchObject({ status: 'ok', detail: 'stopped' });
    expect(await only('status', { DBInstanceStatus: undefined })).toMatchObject({ status: 'failed', detail: 'unknown' });
  });

  it('names what is pending, and wants it applied before a migration', async () => {
    const pending = { PendingModifiedValues: { AllocatedStorage: 40, MasterUserPassword: 'hunter2', Port: undefined } };
    const detail = 'AllocatedStorage, MasterUserPassword';
    expect(await only('pending modifications', pending)).toEqual({ group: 'database', name: 'pending modifications', status: 'failed', detail, remedy: 'Apply them before the release: the next change of the instance, or its maintenance window, would apply them in the middle of it.' });
    expect(await only('pending modifications', pending, { purpose: 'deployment' })).toEqual({ group: 'database', name: 'pending modifications', status: 'warning', detail, remedy: 'The next change of the instance or its maintenance window applies them; stopping it drops them.' });
  });

  it('asks CloudWatch for the least of each minute of the last quarter of an hour', async () => {
    await only('storage');
    const Metric = { Namespace: 'AWS/RDS', MetricName: 'FreeStorageSpace', Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'graasp-dev' }] };
    expect(cloudwatch.commandCalls(GetMetricDataCommand)[0]!.args[0].input).toMatchObject({ MetricDataQueries: [{ Id: 'free', MetricStat: { Metric, Period: 60, Stat: 'Minimum' } }], StartTime: new Date('2026-11-23T09:45:00Z'), EndTime: new Date('2026-11-23T10:00:00Z') });
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
