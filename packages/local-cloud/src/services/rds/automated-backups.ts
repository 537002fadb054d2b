import type { DBInstanceAutomatedBackup, DBInstanceAutomatedBackupMessage, DescribeDBInstanceAutomatedBackupsMessage, Filter } from '@aws-sdk/client-rds';
import { ServiceFault } from '../../context.js';
import { page } from '../paging.js';
import { invalidMarker } from './describe-instances.js';
import { instanceArn, instanceOf } from './lookup.js';
import type { InstanceState, Rds } from './state.js';

export interface RestoreWindow {
  readonly earliest: number;
  readonly latest: number;
}

const fiveMinutes = 5 * 60_000;
const day = 24 * 60 * 60_000;

/** The moments that an instance can be restored to; null while it has no backup. Its log is kept every five minutes ("Restoring a DB instance to a specified time"). */
export function restoreWindow({ context: { clock, timing } }: Rds, { backedUpSince, settings: { BackupRetentionPeriod = 0 }, restartsAt }: InstanceState): RestoreWindow | null {
  if (backedUpSince === undefined || BackupRetentionPeriod === 0) return null;
  // nothing is written to a stopped instance that could be restored later
  const lastWritten = restartsAt === undefined ? clock.now() : restartsAt - timing.database.restartedAfter;
  return { earliest: Math.max(backedUpSince, clock.now() - BackupRetentionPeriod * day), latest: Math.max(backedUpSince, Math.floor(lastWritten / fiveMinutes) * fiveMinutes) };
}

/** Called once an instance has its settings: turned on it is backed up from now on, and turned off its backups are gone. Where the host keeps nothing of the past the first never comes. */
export function followRetention({ context: { clock, hosts } }: Rds, instance: InstanceState): void {
  const isBackedUp = (instance.settings.BackupRetentionPeriod ?? 0) > 0 && hosts.databases.restoreMoment !== undefined;
  instance.backedUpSince = isBackedUp ? (instance.backedUpSince ?? clock.now()) : undefined;
}

export function automatedBackupOperations(rds: Rds) {
  return {
    DescribeDBInstanceAutomatedBackups(input: DescribeDBInstanceAutomatedBackupsMessage): DBInstanceAutomatedBackupMessage {
      if (input.DBInstanceIdentifier !== undefined) instanceOf(rds, input.DBInstanceIdentifier);
      const matching = [...rds.state.instances].filter((instance) => (instance.settings.BackupRetentionPeriod ?? 0) > 0 && isMeant(instance, input));
      const { items, next } = page(matching, { size: input.MaxRecords ?? 100, token: input.Marker, invalid: invalidMarker });
      return { DBInstanceAutomatedBackups: items.map((instance) => described(rds, instance)), Marker: next };
    },
  };
}

function isMeant(instance: InstanceState, { DBInstanceIdentifier, DbiResourceId, Filters = [] }: DescribeDBInstanceAutomatedBackupsMessage): boolean {
  return (
    (DBInstanceIdentifier === undefined || instance.identifier === DBInstanceIdentifier.toLowerCase()) &&
    (DbiResourceId === undefined || instance.resourceId.toLowerCase() === DbiResourceId.toLowerCase()) &&
    Filters.every((filter) => matches(instance, filter))
  );
}

function matches(instance: InstanceState, { Name, Values = [] }: Filter): boolean {
  if (Name === 'status') return Values.includes(statusOf(instance));
  if (Name === 'db-instance-id') return Values.includes(instance.identifier);
  if (Name === 'dbi-resource-id') return Values.includes(instance.resourceId);
  throw new ServiceFault('InvalidParameterValue', `Unrecognized filter name: ${Name ?? ''}`);
}

const statusOf = ({ backedUpSince }: InstanceState) => (backedUpSince === undefined ? 'creating' : 'active');

function described(rds: Rds, instance: InstanceState): DBInstanceAutomatedBackup {
  const { settings } = instance;
  const window = restoreWindow(rds, instance);
  return {
    DBInstanceArn: instanceArn(rds, instance.identifier),
    DbiResourceId: instance.resourceId,
    DBInstanceIdentifier: instance.identifier,
    Region: rds.context.region,
    Status: statusOf(instance),
    ...(window === null ? {} : { RestoreWindow: { EarliestTime: new Date(window.earliest), LatestTime: new Date(window.latest) } }),
    AllocatedStorage: settings.AllocatedStorage,
    AvailabilityZone: settings.AvailabilityZone,
    BackupRetentionPeriod: settings.BackupRetentionPeriod,
    Encrypted: settings.StorageEncrypted ?? false,
    Engine: instance.engine,
    EngineVersion: settings.EngineVersion,
    IAMDatabaseAuthenticationEnabled: settings.EnableIAMDatabaseAuthentication ?? false,
    InstanceCreateTime: new Date(instance.createdAt),
    Iops: settings.Iops,
    KmsKeyId: settings.KmsKeyId,
    LicenseModel: settings.LicenseModel,
    MasterUsername: instance.masterUsername,
    OptionGroupName: settings.OptionGroupName,
    Port: settings.Port,
    StorageThroughput: settings.StorageThroughput,
    StorageType: settings.StorageType,
    VpcId: 'vpc-local',
  };
}
