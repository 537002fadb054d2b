import type { RestoreDBInstanceFromDBSnapshotMessage, RestoreDBInstanceFromDBSnapshotResult } from '@aws-sdk/client-rds';
import { ServiceFault } from '../../context.js';
import { addEvent, inBackground } from './background-change.js';
import { describedInstance } from './describe-instances.js';
import { becomeAvailable, newInstance } from './instances.js';
import { newInstanceName, snapshotOf } from './lookup.js';
import { measure } from './metrics.js';
import { checkProvisioned, defaultSettings, settingsIn } from './settings.js';
import type { Rds, Settings } from './state.js';

/** What a restore takes from the snapshot; all else is what the request says or AWS's default. */
const kept = ['AllocatedStorage', 'BackupRetentionPeriod', 'DBInstanceClass', 'EngineVersion', 'KmsKeyId', 'LicenseModel', 'Port', 'PreferredBackupWindow', 'StorageEncrypted'] as const satisfies readonly (keyof Settings)[];

/** RestoreDBInstanceFromDBSnapshot: always a new instance. Parameter group, security groups, deletion protection and more fall back to defaults. */
export function restoreInstanceOperations(rds: Rds) {
  return {
    RestoreDBInstanceFromDBSnapshot(input: RestoreDBInstanceFromDBSnapshotMessage): RestoreDBInstanceFromDBSnapshotResult {
      const identifier = newInstanceName(rds, input.DBInstanceIdentifier);
      const snapshot = snapshotOf(rds, input.DBSnapshotIdentifier);
      if (snapshot.status !== 'available') throw new ServiceFault('InvalidDBSnapshotState', `Cannot restore from the snapshot because it is not currently in the available state: ${snapshot.identifier}`);
      const settings = { ...defaultSettings, AvailabilityZone: `${rds.context.region}b`, ...settingsIn(Object.fromEntries(kept.map((name) => [name, snapshot.settings[name]]))), ...settingsIn(input) };
      checkProvisioned(settingsIn(input), settings);
      const instance = newInstance(rds, { identifier, databaseName: snapshot.source.databaseName, masterUsername: snapshot.source.masterUsername, settings, tags: input.Tags ?? snapshot.tags });
      inBackground(rds, 'restores', instance, async (lasts) => {
        await rds.context.hosts.databases.restore(snapshot.arn, instance.resourceId);
        await lasts(rds.context.timing.database.restoring, 0.8);
        instance.hasEndpoint = true;
        addEvent(rds, instance, 'restoration', `Restored from snapshot ${snapshot.identifier}`);
        await becomeAvailable(rds, instance, lasts);
        measure(rds, instance);
      });
      return { DBInstance: describedInstance(rds, instance) };
    },
  };
}
