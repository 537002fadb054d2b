import type { Settings } from './state.js';

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
  VpcSecurityGroupIds: ['sg-default'],
} satisfies Settings;

const names = [
  'AllocatedStorage', 'AutoMinorVersionUpgrade', 'AvailabilityZone', 'BackupRetentionPeriod', 'CACertificateIdentifier', 'CopyTagsToSnapshot', 'DBInstanceClass',
  'DBParameterGroupName', 'DBSubnetGroupName', 'DeletionProtection', 'EnableCloudwatchLogsExports', 'EnableIAMDatabaseAuthentication', 'EnablePerformanceInsights',
  'EngineVersion', 'Iops', 'KmsKeyId', 'LicenseModel', 'MaxAllocatedStorage', 'MonitoringInterval', 'MonitoringRoleArn', 'MultiAZ', 'OptionGroupName',
  'PerformanceInsightsRetentionPeriod', 'Port', 'PreferredBackupWindow', 'PreferredMaintenanceWindow', 'PubliclyAccessible', 'StorageEncrypted', 'StorageThroughput',
  'StorageType', 'VpcSecurityGroupIds',
] as const satisfies readonly (keyof Settings)[];

/** The settings among the fields of a request. */
export function settingsIn(request: Readonly<Partial<Record<keyof Settings, unknown>>>): Settings {
  return Object.fromEntries(names.flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])));
}
