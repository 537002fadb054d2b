import type { CreateDBInstanceMessage, PendingModifiedValues, Tag } from '@aws-sdk/client-rds';
import type { PendingMaintenanceBlueprint } from '../../blueprint.js';
import type { CloudContext } from '../../context.js';
import type { DatabaseSpec } from '../../hosts/host.js';

/** What a database holds at its creation that CreateDBInstance cannot say. */
export interface DatabaseContent extends Pick<DatabaseSpec, 'databases' | 'extensions' | 'parameters' | 'model'> {
  readonly pendingMaintenance?: readonly PendingMaintenanceBlueprint[] | undefined;
}

/** Everything RDS knows in one account and region. Times are milliseconds of the cloud's clock. */
export interface RdsState {
  /** In order of creation. */
  readonly instances: Set<InstanceState>;
  /** By identifier. */
  readonly snapshots: Map<string, SnapshotState>;
  readonly events: { readonly at: number; readonly sourceIdentifier: string; readonly sourceType: 'db-instance' | 'db-snapshot'; readonly sourceArn: string; readonly categories: readonly string[]; readonly message: string }[];
}

export interface Rds {
  readonly context: CloudContext;
  readonly state: RdsState;
  /** By identifier. */
  readonly contents: ReadonlyMap<string, DatabaseContent>;
}

/** Settings by the name that CreateDBInstance gives them; Modify and Restore say most of them likewise. */
export type Settings = Partial<Pick<
  CreateDBInstanceMessage,
  | 'AllocatedStorage'
  | 'AutoMinorVersionUpgrade'
  | 'AvailabilityZone'
  | 'BackupRetentionPeriod'
  | 'CACertificateIdentifier'
  | 'CopyTagsToSnapshot'
  | 'DBInstanceClass'
  | 'DBParameterGroupName'
  | 'DBSubnetGroupName'
  | 'DeletionProtection'
  | 'EnableCloudwatchLogsExports'
  | 'EnableIAMDatabaseAuthentication'
  | 'EnablePerformanceInsights'
  | 'EngineVersion'
  | 'Iops'
  | 'KmsKeyId'
  | 'LicenseModel'
  | 'MaxAllocatedStorage'
  | 'MonitoringInterval'
  | 'MonitoringRoleArn'
  | 'MultiAZ'
  | 'OptionGroupName'
  | 'PerformanceInsightsRetentionPeriod'
  | 'Port'
  | 'PreferredBackupWindow'
  | 'PreferredMaintenanceWindow'
  | 'PubliclyAccessible'
  | 'StorageEncrypted'
  | 'StorageThroughput'
  | 'StorageType'
  | 'VpcSecurityGroupIds'
>>;

export interface InstanceState {
  /** `DbiResourceId`: stays when the name changes. */
  readonly resourceId: string;
  readonly engine: string;
  readonly databaseName: string | undefined;
  readonly masterUsername: string;
  readonly createdAt: number;
  identifier: string;
  status: string;
  /** In the middle of a rename neither name is found. */
  hidden: boolean;
  /** No address before the host behind it exists. */
  hasEndpoint: boolean;
  settings: Settings;
  pending: PendingModifiedValues;
  tags: readonly Tag[];
  restartsAt: number | undefined;
  percentProgress: number | undefined;
  cpuCredits: number;
  /** Since when automated backups are taken without a gap; undefined before the first, and while they are off. */
  backedUpSince: number | undefined;
  /** Where each hour's log file begins in the server's log. */
  readonly logCuts: { readonly hour: number; readonly offset: number }[];
}

export interface SnapshotState {
  readonly identifier: string;
  readonly arn: string;
  readonly type: 'manual' | 'automated';
  readonly source: { readonly identifier: string; readonly resourceId: string; readonly engine: string; readonly databaseName: string | undefined; readonly masterUsername: string; readonly createdAt: number };
  readonly settings: Settings;
  readonly createdAt: number;
  /** As far as is known: how much it is to copy is known once it has begun. */
  endsAt: number;
  status: 'creating' | 'available' | 'failed' | 'deleting';
  databaseTime: number | undefined;
  tags: readonly Tag[];
}
