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
