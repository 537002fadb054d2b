import { ServiceFault } from '../../context.js';
import type { Settings } from './state.js';

/** Of the VPC: what an instance has that was given no group. */
export const defaultSecurityGroup = 'sg-default';

/** What RDS for PostgreSQL assumes for what CreateDBInstance does not say, and what a restore falls back to. */
export const defaultSettings = {
  AutoMinorVersionUpgrade: true,
  BackupRetentionPeriod: 1,
  CACertificateIdentifier: 'rds-ca-rsa2048-g1',
  CopyTagsToSnapshot: false,
  DBParameterGroupName: 'default.postgres16',
  DBSubnetGroupName: 'default',
  DeletionProtection: false,
  EnableIAMDatabaseAuthentication: false,
  EnablePerformanceInsights: false,
  LicenseModel: 'postgresql-license',
  MonitoringInterval: 0,
  MultiAZ: false,
  OptionGroupName: 'default:postgres-16',
  Port: 5432,
  PreferredBackupWindow: '02:00-02:30',
  PreferredMaintenanceWindow: 'sun:03:00-sun:03:30',
  PubliclyAccessible: false,
  StorageEncrypted: false,
  StorageType: 'gp3',
  VpcSecurityGroupIds: [defaultSecurityGroup],
} satisfies Settings;

const names = [
  'AllocatedStorage', 'AutoMinorVersionUpgrade', 'AvailabilityZone', 'BackupRetentionPeriod', 'CACertificateIdentifier', 'CopyTagsToSnapshot', 'DBInstanceClass',
  'DBParameterGroupName', 'DBSubnetGroupName', 'DeletionProtection', 'EnableCloudwatchLogsExports', 'EnableIAMDatabaseAuthentication', 'EnablePerformanceInsights',
  'EngineVersion', 'Iops', 'KmsKeyId', 'LicenseModel', 'MaxAllocatedStorage', 'MonitoringInterval', 'MonitoringRoleArn', 'MultiAZ', 'OptionGroupName',
  'PerformanceInsightsRetentionPeriod', 'Port', 'PreferredBackupWindow', 'PreferredMaintenanceWindow', 'PubliclyAccessible', 'StorageEncrypted', 'StorageThroughput',
  'StorageType', 'VpcSecurityGroupIds',
] as const satisfies readonly (keyof Settings)[];

/** gp3 takes neither below this, not even what it has by itself ("Amazon RDS DB instance storage"). */
const gp3SettableFromGiB = 400;

export function checkProvisioned(asked: Settings, { StorageType, AllocatedStorage = 0 }: Settings): void {
  const isAsked = asked.Iops !== undefined || asked.StorageThroughput !== undefined;
  if (isAsked && StorageType === 'gp3' && AllocatedStorage < gp3SettableFromGiB) throw new ServiceFault('InvalidParameterCombination', `You can't specify IOPS or storage throughput for engine postgres and a storage size less than ${String(gp3SettableFromGiB)}.`);
}

/** The settings among the fields of a request. */
export function settingsIn(request: Readonly<Partial<Record<keyof Settings, unknown>>>): Settings {
  return Object.fromEntries(names.flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])));
}
