import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { DBInstance } from '../../aws/rds.js';
import { configurationTags, readRecordedConfiguration, recordConfiguration, type RecordedConfiguration } from './recorded-configuration.js';

const instance: DBInstance = {
  DBInstanceIdentifier: 'graasp-dev',
  DbiResourceId: 'db-1',
  Engine: 'postgres',
  EngineVersion: '16.11',
  DBInstanceClass: 'db.t4g.micro',
  MultiAZ: true,
  DBSubnetGroup: { DBSubnetGroupName: 'private' },
  VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }, { VpcSecurityGroupId: 'sg-2' }],
  DBParameterGroups: [{ DBParameterGroupName: 'graasp-16' }],
  StorageType: 'gp3',
  AllocatedStorage: 20,
  MaxAllocatedStorage: 100,
  Iops: 3000,
  DeletionProtection: true,
  MonitoringInterval: 60,
  MonitoringRoleArn: 'arn:aws:iam::123456789012:role/rds-monitoring',
  PerformanceInsightsEnabled: true,
  IAMDatabaseAuthenticationEnabled: true,
  EnabledCloudwatchLogsExports: ['postgresql'],
  BackupRetentionPeriod: 1,
  PreferredBackupWindow: '02:00-02:30',
  PreferredMaintenanceWindow: 'sun:03:00-sun:03:30',
  TagList: [
    { Key: 'team', Value: 'graasp – équipe' },
    { Key: 'aws:cloudformation:stack-name', Value: 'not to be set' },
  ],
};

const text = fc.string({ unit: 'binary', maxLength: 200 });
const configuration = fc.record<RecordedConfiguration>(
  { identifier: text, securityGroups: fc.array(text, { maxLength: 5 }), logExports: fc.array(text, { maxLength: 3 }), tags: fc.option(fc.dictionary(text, text, { maxKeys: 8 })), subnetGroup: text, iops: fc.integer(), multiAZ: fc.boolean() },
  { requiredKeys: ['identifier', 'securityGroups', 'logExports', 'tags'] },
);

describe('configurationTags', () => {
  test.prop([configuration, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 })])('reads back exactly, in whatever order AWS answers the tags', (recorded, chance) => {
    const tags = configurationTags(recorded, 1_000)!;
    const keyed = tags.map((tag, index) => ({ tag, at: chance[index % chance.length]! }));
    const shuffled = keyed.sort((one, other) => one.at - other.at).map(({ tag }) => tag);
    expect(readRecordedConfiguration([{ Key: 'team', Value: 'x' }, ...shuffled])).toEqual(recorded);
  });

  test.prop([configuration])('keeps to what a tag of RDS may hold', (recorded) => {
    for (const { Key, Value } of configurationTags(recorded, 1_000)!) {
      expect(Key).toMatch(/^[\w:/-]{1,128}$/);
      expect(Value).toMatch(/^[A-Za-z0-9_-]{1,256}$/);
    }
  });

  it('leaves the instance’s own tags out when there is no room for them', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`tag-${at}`, 'x'.repeat(200)]));
    const recorded = { ...recordConfiguration(instance), tags: many };
    expect(readRecordedConfiguration(configurationTags(recorded, 20)!)).toEqual({ ...recorded, tags: null });
  });

  it('does not record a part', () => {
    expect(configurationTags(recordConfiguration(instance), 2)).toBeNull();
  });
});

describe('readRecordedConfiguration', () => {
  it('answers null when a part is missing, damaged, or there is none', () => {
    const tags = configurationTags(recordConfiguration(instance), 50)!;
    expect(tags.length).toBeGreaterThan(3);
    expect(readRecordedConfiguration(tags.slice(1))).toBeNull();
    expect(readRecordedConfiguration([{ ...tags[0]!, Value: 'AAAA' }, ...tags.slice(1)])).toBeNull();
    expect(readRecordedConfiguration([{ Key: 'graasp-deploy:configuration:1/1', Value: '!' }])).toBeNull();
    expect(readRecordedConfiguration([{ Key: 'graasp-deploy:configuration:1/1', Value: btoa('[1]') }])).toBeNull();
    expect(readRecordedConfiguration([])).toBeNull();
  });
});

describe('recordConfiguration', () => {
  it('holds everything that a restore falls back to defaults for, or cannot set', () => {
    expect(recordConfiguration(instance)).toMatchObject({
      identifier: 'graasp-dev',
      subnetGroup: 'private',
      securityGroups: ['sg-1', 'sg-2'],
      parameterGroup: 'graasp-16',
      instanceClass: 'db.t4g.micro',
      storageType: 'gp3',
      allocatedStorageGiB: 20,
      maxAllocatedStorageGiB: 100,
      iops: 3000,
      multiAZ: true,
      deletionProtection: true,
      monitoringIntervalSeconds: 60,
      performanceInsights: true,
      iamAuthentication: true,
      logExports: ['postgresql'],
      backupRetentionDays: 1,
      backupWindow: '02:00-02:30',
      maintenanceWindow: 'sun:03:00-sun:03:30',
      tags: { team: 'graasp – équipe' },
    });
  });
});

describe('the whole of a configuration', () => {
  it('is recorded in words of its own', () => {
    const whole: DBInstance = {
      ...instance,
      LicenseModel: 'postgresql-license',
      Endpoint: { Port: 5433 },
      AvailabilityZone: 'eu-central-1a',
      OptionGroupMemberships: [{ OptionGroupName: 'options' }],
      PubliclyAccessible: false,
      NetworkType: 'IPV4',
      CACertificateIdentifier: 'rds-ca-rsa2048-g1',
      StorageThroughput: 125,
      DedicatedLogVolume: false,
      PerformanceInsightsRetentionPeriod: 7,
      PerformanceInsightsKMSKeyId: 'key-1',
      DatabaseInsightsMode: 'standard',
      AutoMinorVersionUpgrade: true,
      CopyTagsToSnapshot: true,
      TagList: [{ Key: 'empty' }, { Value: 'nameless' }],
    };
    expect(recordConfiguration(whole)).toEqual({
      identifier: 'graasp-dev',
      resourceId: 'db-1',
      engine: 'postgres',
      engineVersion: '16.11',
      instanceClass: 'db.t4g.micro',
      licenseModel: 'postgresql-license',
      port: 5433,
      availabilityZone: 'eu-central-1a',
      multiAZ: true,
      subnetGroup: 'private',
      securityGroups: ['sg-1', 'sg-2'],
      parameterGroup: 'graasp-16',
      optionGroup: 'options',
      publiclyAccessible: false,
      networkType: 'IPV4',
      caCertificate: 'rds-ca-rsa2048-g1',
      storageType: 'gp3',
      allocatedStorageGiB: 20,
      maxAllocatedStorageGiB: 100,
      iops: 3000,
      storageThroughput: 125,
      dedicatedLogVolume: false,
      deletionProtection: true,
      iamAuthentication: true,
      logExports: ['postgresql'],
      monitoringIntervalSeconds: 60,
      monitoringRoleArn: 'arn:aws:iam::123456789012:role/rds-monitoring',
      performanceInsights: true,
      performanceInsightsRetentionDays: 7,
      performanceInsightsKmsKey: 'key-1',
      databaseInsightsMode: 'standard',
      backupRetentionDays: 1,
      backupWindow: '02:00-02:30',
      maintenanceWindow: 'sun:03:00-sun:03:30',
      autoMinorVersionUpgrade: true,
      copyTagsToSnapshot: true,
      tags: { empty: '' },
    });
  });

  it('leaves out what AWS does not tell', () => {
    expect(recordConfiguration({})).toStrictEqual({ identifier: '', securityGroups: [], logExports: [], tags: {} });
    expect(recordConfiguration({ VpcSecurityGroups: [{ Status: 'active' }] }).securityGroups).toEqual([]);
  });

  it('is not read from tags of two recordings, or of none that is one', () => {
    const tags = configurationTags(recordConfiguration(instance), 50)!;
    expect(readRecordedConfiguration([...tags, tags[0]!])).toBeNull();
    expect(readRecordedConfiguration([...tags, { Key: 'graasp-deploy:configuration:1/1', Value: tags[0]!.Value }])).toBeNull();
    const of = (value: unknown) => readRecordedConfiguration([{ Key: 'graasp-deploy:configuration:1/1', Value: btoa(JSON.stringify(value)).replace(/=+$/, '') }]);
    expect([of(null), of('text'), of({ identifier: 'x' }), of({ securityGroups: [] })]).toEqual([null, null, null, null]);
    expect(of({ identifier: 'x', securityGroups: [] })).toEqual({ identifier: 'x', securityGroups: [] });
    expect(readRecordedConfiguration([{ Key: 'x-graasp-deploy:configuration:1/1', Value: tags[0]!.Value }, { Key: 'graasp-deploy:configuration:1/1-x', Value: '' }])).toBeNull();
  });
});
