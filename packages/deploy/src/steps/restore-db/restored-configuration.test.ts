import { describe, expect, it } from 'vitest';
import type { RecordedConfiguration } from '../snapshot-db/recorded-configuration.js';
import { catchingUp, configurationDifferences, lastingDifferences, restoreSettings } from './restored-configuration.js';

const wanted: RecordedConfiguration = {
  identifier: 'graasp-dev',
  instanceClass: 'db.t4g.micro',
  multiAZ: false,
  availabilityZone: 'eu-central-1a',
  subnetGroup: 'private',
  securityGroups: ['sg-1', 'sg-2'],
  parameterGroup: 'graasp-16',
  storageType: 'gp3',
  allocatedStorageGiB: 20,
  iops: 3000,
  storageThroughput: 125,
  deletionProtection: true,
  logExports: ['postgresql'],
  performanceInsights: true,
  performanceInsightsRetentionDays: 7,
  monitoringIntervalSeconds: 60,
  monitoringRoleArn: 'arn:aws:iam::123456789012:role/rds',
  tags: {},
};

describe('restoreSettings', () => {
  it('tells a restore what AWS would have a default for', () => {
    expect(restoreSettings(wanted)).toMatchObject({ DBParameterGroupName: 'graasp-16', DBSubnetGroupName: 'private', EnableCloudwatchLogsExports: ['postgresql'], AvailabilityZone: 'eu-central-1a' });
  });

  it('leaves security groups to when the instance is configured, so that nobody reaches it before', () => {
    expect(restoreSettings(wanted)).not.toHaveProperty('VpcSecurityGroupIds');
  });

  it('leaves protection against being deleted to then too: one that does not come up has to be deleted', () => {
    expect(restoreSettings(wanted)).not.toHaveProperty('DeletionProtection');
    expect(catchingUp(wanted, { ...wanted, deletionProtection: false })?.input).toEqual({ DeletionProtection: true });
  });

  it('names no zone for an instance that has several', () => {
    expect(restoreSettings({ ...wanted, multiAZ: true })).not.toHaveProperty('AvailabilityZone');
  });

  it.each([
    ['gp3', 399, {}],
    ['gp3', 400, { Iops: 3000, StorageThroughput: 125 }],
    ['gp2', 800, {}],
    ['io2', 100, { Iops: 3000 }],
  ] as const)('tells of IOPS and throughput only where AWS takes them: %s of %d GiB', (storageType, allocatedStorageGiB, provisioned) => {
    const { Iops, StorageThroughput } = restoreSettings({ ...wanted, storageType, allocatedStorageGiB });
    expect({ ...(Iops === undefined ? {} : { Iops }), ...(StorageThroughput === undefined ? {} : { StorageThroughput }) }).toEqual(provisioned);
  });
});

describe('catchingUp', () => {
  it('is one modification of everything that differs and can be changed', () => {
    const found = { ...wanted, securityGroups: ['sg-default'], performanceInsights: false, performanceInsightsRetentionDays: undefined, monitoringIntervalSeconds: 0, logExports: ['upgrade'], subnetGroup: 'default' };
    expect(catchingUp(wanted, found)).toEqual({
      input: {
        VpcSecurityGroupIds: ['sg-1', 'sg-2'],
        EnablePerformanceInsights: true,
        PerformanceInsightsRetentionPeriod: 7,
        MonitoringInterval: 60,
        MonitoringRoleArn: 'arn:aws:iam::123456789012:role/rds',
        CloudwatchLogsExportConfiguration: { EnableLogTypes: ['postgresql'], DisableLogTypes: ['upgrade'] },
      },
      settings: ['securityGroups', 'logExports', 'performanceInsights', 'performanceInsightsRetentionDays', 'monitoringIntervalSeconds'],
    });
    expect(configurationDifferences(wanted, found)).toContain('performanceInsights: false, was true');
    expect(lastingDifferences(wanted, found)).toEqual(['subnetGroup: default, was private']);
  });

  it('is nothing for an instance that is as it should be, whatever the order of its groups, its zone and its tags', () => {
    const found = { ...wanted, identifier: 'other', securityGroups: ['sg-2', 'sg-1'], availabilityZone: 'eu-central-1b', tags: { a: 'b' } };
    expect(catchingUp(wanted, found)).toBeNull();
    expect(configurationDifferences(wanted, found)).toEqual([]);
  });
});

describe('everything that a restore is told, or that is put right after it', () => {
  const all: RecordedConfiguration = {
    ...wanted,
    engine: 'postgres',
    licenseModel: 'postgresql-license',
    port: 5433,
    optionGroup: 'options',
    publiclyAccessible: false,
    networkType: 'IPV4',
    caCertificate: 'rds-ca-rsa2048-g1',
    storageType: 'io2',
    maxAllocatedStorageGiB: 100,
    dedicatedLogVolume: true,
    iamAuthentication: true,
    performanceInsightsKmsKey: 'key-1',
    databaseInsightsMode: 'standard',
    backupRetentionDays: 7,
    backupWindow: '02:00-02:30',
    maintenanceWindow: 'sun:03:00-sun:03:30',
    autoMinorVersionUpgrade: false,
    copyTagsToSnapshot: true,
  };

  it('is told in AWS’s words', () => {
    expect(restoreSettings(all)).toEqual({
      DBInstanceClass: 'db.t4g.micro',
      LicenseModel: 'postgresql-license',
      Port: 5433,
      MultiAZ: false,
      AvailabilityZone: 'eu-central-1a',
      DBSubnetGroupName: 'private',
      DBParameterGroupName: 'graasp-16',
      OptionGroupName: 'options',
      PubliclyAccessible: false,
      NetworkType: 'IPV4',
      CACertificateIdentifier: 'rds-ca-rsa2048-g1',
      StorageType: 'io2',
      Iops: 3000,
      DedicatedLogVolume: true,
      EnableIAMDatabaseAuthentication: true,
      EnableCloudwatchLogsExports: ['postgresql'],
      BackupRetentionPeriod: 7,
      PreferredBackupWindow: '02:00-02:30',
      AutoMinorVersionUpgrade: false,
      CopyTagsToSnapshot: true,
    });
  });

  const insights = { DatabaseInsightsMode: 'standard', EnablePerformanceInsights: true, PerformanceInsightsRetentionPeriod: 7, PerformanceInsightsKMSKeyId: 'key-1' };
  it.each<[keyof RecordedConfiguration, unknown, object]>([
    ['maxAllocatedStorageGiB', undefined, { MaxAllocatedStorage: 100 }],
    ['maintenanceWindow', 'mon:01:00-mon:01:30', { PreferredMaintenanceWindow: 'sun:03:00-sun:03:30' }],
    ['monitoringIntervalSeconds', 0, { MonitoringInterval: 60, MonitoringRoleArn: 'arn:aws:iam::123456789012:role/rds' }],
    ['performanceInsights', false, insights],
    ['performanceInsightsRetentionDays', 31, insights],
    ['databaseInsightsMode', 'advanced', insights],
    ['parameterGroup', 'default', { DBParameterGroupName: 'graasp-16' }],
    ['optionGroup', 'default', { OptionGroupName: 'options' }],
    ['caCertificate', 'other', { CACertificateIdentifier: 'rds-ca-rsa2048-g1' }],
    ['deletionProtection', false, { DeletionProtection: true }],
    ['iamAuthentication', false, { EnableIAMDatabaseAuthentication: true }],
    ['backupRetentionDays', 1, { BackupRetentionPeriod: 7 }],
    ['backupWindow', '03:00-03:30', { PreferredBackupWindow: '02:00-02:30' }],
    ['autoMinorVersionUpgrade', true, { AutoMinorVersionUpgrade: false }],
    ['copyTagsToSnapshot', false, { CopyTagsToSnapshot: true }],
  ])('is put right where %s is %s', (name, value, input) => {
    expect(catchingUp(all, { ...all, [name]: value })).toEqual({ input, settings: [name] });
  });

  it('says nothing of keys and roles that go with what was off', () => {
    const off = { ...all, performanceInsights: false, monitoringIntervalSeconds: 0 };
    expect(catchingUp(off, all)).toEqual({ input: { MonitoringInterval: 0, DatabaseInsightsMode: 'standard', EnablePerformanceInsights: false }, settings: ['performanceInsights', 'monitoringIntervalSeconds'] });
  });

  it.each<[keyof RecordedConfiguration, unknown, string]>([
    ['instanceClass', 'db.m6g.large', 'instanceClass: db.m6g.large, was db.t4g.micro'],
    ['port', undefined, 'port: none, was 5433'],
    ['publiclyAccessible', null, 'publiclyAccessible: none, was false'],
  ])('stays different where no modification mends it: %s', (name, value, difference) => {
    expect(catchingUp(all, { ...all, [name]: value })).toBeNull();
    expect(lastingDifferences(all, { ...all, [name]: value })).toEqual([difference]);
  });

  it('is not different by name, id, zone, tags and order, or by what was not recorded', () => {
    const found = { ...all, identifier: 'other', resourceId: 'db-2', availabilityZone: 'eu-central-1b', tags: { a: 'b' }, securityGroups: ['sg-2', 'sg-1'] };
    expect(configurationDifferences({ ...all, engineVersion: undefined }, { ...found, engineVersion: '16.11' })).toEqual([]);
    expect(configurationDifferences(all, { ...all, securityGroups: [], logExports: ['a', 'b'] })).toEqual(['securityGroups: none, was sg-1 and sg-2', 'logExports: a and b, was postgresql']);
    expect(lastingDifferences(all, { ...all, securityGroups: [] })).toEqual([]);
  });
});
