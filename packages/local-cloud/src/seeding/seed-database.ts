import type { CreateDBInstanceMessage } from '@aws-sdk/client-rds';
import type { DatabaseBlueprint } from '../blueprint.js';
import type { RegionServices } from '../region-services.js';
import type { DatabaseContent } from '../services/rds/state.js';
import { callOperation } from './call-operation.js';

/** What CreateDBInstance cannot say of the blueprint's instance, by its identifier. */
export function databaseContents(database: DatabaseBlueprint): ReadonlyMap<string, DatabaseContent> {
  const { identifier, databases, extensions, parameters, model, pendingMaintenance } = database;
  return new Map([[identifier, { databases, extensions, parameters, model, pendingMaintenance }]]);
}

export async function seedDatabase({ rds, context }: RegionServices, database: DatabaseBlueprint): Promise<void> {
  const windows = defaultWindows(context.clock.now());
  await callOperation<CreateDBInstanceMessage, unknown>(rds.operations, 'CreateDBInstance', {
    DBInstanceIdentifier: database.identifier,
    Engine: 'postgres',
    EngineVersion: database.engineVersion,
    DBInstanceClass: database.instanceClass,
    AllocatedStorage: database.allocatedStorageGiB,
    StorageType: database.storageType,
    Port: database.port,
    MasterUsername: database.masterUsername,
    MasterUserPassword: database.masterPassword,
    DBName: database.databases[0],
    DBParameterGroupName: `${database.identifier}-postgres16`,
    DBSubnetGroupName: database.identifier,
    VpcSecurityGroupIds: [`sg-${database.identifier}-database`],
    DeletionProtection: database.deletionProtection,
    BackupRetentionPeriod: database.backupRetentionDays,
    EnablePerformanceInsights: database.performanceInsights,
    MultiAZ: database.multiAZ,
    PreferredBackupWindow: database.backupWindow ?? windows.backup,
    PreferredMaintenanceWindow: database.maintenanceWindow ?? windows.maintenance,
    CopyTagsToSnapshot: true,
    Tags: [{ Key: 'Name', Value: database.identifier }],
  });
}

const halfAnHour = 30 * 60_000;

/** A rehearsal is not to depend on the hour of the day at which it is made. */
function defaultWindows(startedAt: number) {
  const [begin, middle, end] = [24, 25, 26].map((halves) => new Date(startedAt + halves * halfAnHour)) as [Date, Date, Date];
  const time = (at: Date) => at.toISOString().slice(11, 16);
  const dayAndTime = (at: Date) => `${at.toUTCString().slice(0, 3).toLowerCase()}:${time(at)}`;
  return { backup: `${time(begin)}-${time(middle)}`, maintenance: `${dayAndTime(middle)}-${dayAndTime(end)}` };
}

/** The connection string that `{database:NAME}` becomes. */
export function databaseUrl({ rds }: RegionServices, database: DatabaseBlueprint, name: string): string {
  const user = `${encodeURIComponent(database.masterUsername)}:${encodeURIComponent(database.masterPassword)}`;
  return `postgresql://${user}@${rds.addressOf(database.identifier)}:${String(database.port)}/${name}`;
}
