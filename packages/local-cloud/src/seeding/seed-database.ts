import type { CreateDBInstanceMessage } from '@aws-sdk/client-rds';
import type { DatabaseBlueprint } from '../blueprint.js';
import type { RegionServices } from '../region-services.js';
import type { DatabaseContent } from '../services/rds/state.js';
import { callOperation } from './call-operation.js';

/** What CreateDBInstance cannot say of the blueprint's instance, by its identifier. */
export function databaseContents(database: DatabaseBlueprint): ReadonlyMap<string, DatabaseContent> {
  return new Map([[database.identifier, { databases: database.databases, extensions: database.extensions, model: database.model }]]);
}

export async function seedDatabase({ rds }: RegionServices, database: DatabaseBlueprint): Promise<void> {
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
    CopyTagsToSnapshot: true,
    Tags: [{ Key: 'Name', Value: database.identifier }],
  });
}

/** The connection string that `{database:NAME}` becomes. */
export function databaseUrl({ rds }: RegionServices, database: DatabaseBlueprint, name: string): string {
  const user = `${encodeURIComponent(database.masterUsername)}:${encodeURIComponent(database.masterPassword)}`;
  return `postgresql://${user}@${rds.addressOf(database.identifier)}:${String(database.port)}/${name}`;
}
