import type { ModifyDBInstanceCommandInput, RestoreDBInstanceFromDBSnapshotCommandInput } from '../../aws/rds.js';
import type { RecordedConfiguration } from '../snapshot-db/recorded-configuration.js';

/** gp3 below this takes neither IOPS nor throughput, not even those that it has ("Amazon RDS DB instance storage"). */
const gp3SettableFromGiB = 400;

/** What both kinds of restore can be told alike. */
export type RestoreSettings = Omit<Partial<RestoreDBInstanceFromDBSnapshotCommandInput>, 'DBInstanceIdentifier' | 'DBSnapshotIdentifier' | 'DBClusterSnapshotIdentifier'>;

/**
 * What a restore can be told, so that it does not fall back to AWS's defaults ("RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime"). Security groups are not
 * among it: until the instance is in its place it has the VPC's default group, which lets nobody in but its own members. Nor is protection
 * against being deleted: one that does not come up has to be deleted, and can no more be modified.
 */
export function restoreSettings(wanted: RecordedConfiguration): RestoreSettings {
  return {
    DBInstanceClass: wanted.instanceClass,
    LicenseModel: wanted.licenseModel,
    Port: wanted.port,
    MultiAZ: wanted.multiAZ,
    ...(wanted.multiAZ === true ? {} : { AvailabilityZone: wanted.availabilityZone }),
    DBSubnetGroupName: wanted.subnetGroup,
    DBParameterGroupName: wanted.parameterGroup,
    OptionGroupName: wanted.optionGroup,
    PubliclyAccessible: wanted.publiclyAccessible,
    NetworkType: wanted.networkType,
    CACertificateIdentifier: wanted.caCertificate,
    ...storageSettings(wanted),
    EnableIAMDatabaseAuthentication: wanted.iamAuthentication,
    EnableCloudwatchLogsExports: [...wanted.logExports],
    BackupRetentionPeriod: wanted.backupRetentionDays,
    PreferredBackupWindow: wanted.backupWindow,
    AutoMinorVersionUpgrade: wanted.autoMinorVersionUpgrade,
    CopyTagsToSnapshot: wanted.copyTagsToSnapshot,
  };
}

function storageSettings({ storageType, allocatedStorageGiB = 0, iops, storageThroughput, dedicatedLogVolume }: RecordedConfiguration): Partial<RestoreDBInstanceFromDBSnapshotCommandInput> {
  const provisioned = storageType?.startsWith('io') === true || (storageType === 'gp3' && allocatedStorageGiB >= gp3SettableFromGiB);
  return {
    StorageType: storageType,
    ...(provisioned ? { Iops: iops } : {}),
    ...(provisioned && storageType === 'gp3' ? { StorageThroughput: storageThroughput } : {}),
    DedicatedLogVolume: dedicatedLogVolume,
  };
}

type Change = (wanted: RecordedConfiguration, found: RecordedConfiguration) => Partial<ModifyDBInstanceCommandInput>;

const performanceInsights: Change = (wanted) => ({
  DatabaseInsightsMode: wanted.databaseInsightsMode as ModifyDBInstanceCommandInput['DatabaseInsightsMode'],
  EnablePerformanceInsights: wanted.performanceInsights,
  ...(wanted.performanceInsights === true ? { PerformanceInsightsRetentionPeriod: wanted.performanceInsightsRetentionDays, PerformanceInsightsKMSKeyId: wanted.performanceInsightsKmsKey } : {}),
});

/** How each setting is put right afterwards: what a restore cannot be told, and what it was told and did not do. */
const changes: Readonly<Partial<Record<keyof RecordedConfiguration, Change>>> = {
  securityGroups: ({ securityGroups }) => ({ VpcSecurityGroupIds: [...securityGroups] }),
  maxAllocatedStorageGiB: ({ maxAllocatedStorageGiB }) => ({ MaxAllocatedStorage: maxAllocatedStorageGiB }),
  maintenanceWindow: ({ maintenanceWindow }) => ({ PreferredMaintenanceWindow: maintenanceWindow }),
  monitoringIntervalSeconds: ({ monitoringIntervalSeconds, monitoringRoleArn }) => ({ MonitoringInterval: monitoringIntervalSeconds, ...(monitoringIntervalSeconds === 0 ? {} : { MonitoringRoleArn: monitoringRoleArn }) }),
  performanceInsights,
  performanceInsightsRetentionDays: performanceInsights,
  databaseInsightsMode: performanceInsights,
  parameterGroup: ({ parameterGroup }) => ({ DBParameterGroupName: parameterGroup }),
  optionGroup: ({ optionGroup }) => ({ OptionGroupName: optionGroup }),
  caCertificate: ({ caCertificate }) => ({ CACertificateIdentifier: caCertificate }),
  deletionProtection: ({ deletionProtection }) => ({ DeletionProtection: deletionProtection }),
  iamAuthentication: ({ iamAuthentication }) => ({ EnableIAMDatabaseAuthentication: iamAuthentication }),
  logExports: ({ logExports }, found) => ({
    CloudwatchLogsExportConfiguration: { EnableLogTypes: logExports.filter((type) => !found.logExports.includes(type)), DisableLogTypes: found.logExports.filter((type) => !logExports.includes(type)) },
  }),
  backupRetentionDays: ({ backupRetentionDays }) => ({ BackupRetentionPeriod: backupRetentionDays }),
  backupWindow: ({ backupWindow }) => ({ PreferredBackupWindow: backupWindow }),
  autoMinorVersionUpgrade: ({ autoMinorVersionUpgrade }) => ({ AutoMinorVersionUpgrade: autoMinorVersionUpgrade }),
  copyTagsToSnapshot: ({ copyTagsToSnapshot }) => ({ CopyTagsToSnapshot: copyTagsToSnapshot }),
};

/** Of another instance, or a matter of chance. */
const incomparable: readonly string[] = ['identifier', 'resourceId', 'availabilityZone', 'tags'];

/** What a restored instance lacks of what was recorded, as `performanceInsights: false, was true`. */
export function configurationDifferences(wanted: RecordedConfiguration, found: RecordedConfiguration): readonly string[] {
  return differing(wanted, found).map((name) => `${name}: ${shown(found[name])}, was ${shown(wanted[name])}`);
}

/** Those of them that no modification afterwards mends. */
export function lastingDifferences(wanted: RecordedConfiguration, found: RecordedConfiguration): readonly string[] {
  return differing(wanted, found).flatMap((name) => (name in changes ? [] : [`${name}: ${shown(found[name])}, was ${shown(wanted[name])}`]));
}

/** The modification that makes up for it, with the names of what it changes; null when nothing can be changed. */
export function catchingUp(wanted: RecordedConfiguration, found: RecordedConfiguration): { readonly input: Partial<ModifyDBInstanceCommandInput>; readonly settings: readonly string[] } | null {
  const settings = differing(wanted, found).filter((name) => name in changes);
  if (settings.length === 0) return null;
  return { input: Object.assign({}, ...settings.map((name) => changes[name]!(wanted, found))) as Partial<ModifyDBInstanceCommandInput>, settings };
}

function differing(wanted: RecordedConfiguration, found: RecordedConfiguration): readonly (keyof RecordedConfiguration)[] {
  const names = Object.keys(wanted) as (keyof RecordedConfiguration)[];
  return names.filter((name) => !incomparable.includes(name) && wanted[name] !== undefined && comparable(wanted[name]) !== comparable(found[name]));
}

function comparable(value: unknown): string | undefined {
  return JSON.stringify(Array.isArray(value) ? [...(value as readonly string[])].sort() : value);
}

function shown(value: RecordedConfiguration[keyof RecordedConfiguration]): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value !== 'object') return String(value);
  return Array.isArray(value) ? value.join(' and ') || 'none' : JSON.stringify(value);
}
