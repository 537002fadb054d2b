import type { RestoreDBInstanceFromDBSnapshotMessage, RestoreDBInstanceFromDBSnapshotResult, RestoreDBInstanceToPointInTimeMessage, RestoreDBInstanceToPointInTimeResult } from '@aws-sdk/client-rds';
import { ServiceFault } from '../../context.js';
import { restoreWindow } from './automated-backups.js';
import { addEvent, inBackground } from './background-change.js';
import { describedInstance } from './describe-instances.js';
import { becomeAvailable, newInstance } from './instances.js';
import { instanceOf, newInstanceName, snapshotOf } from './lookup.js';
import { measure } from './metrics.js';
import { checkProvisioned, defaultSettings, settingsIn } from './settings.js';
import type { InstanceState, Rds, Settings } from './state.js';

/** What a restore takes from what it restores; all else is what the request says or AWS's default. */
const kept = ['AllocatedStorage', 'BackupRetentionPeriod', 'DBInstanceClass', 'EngineVersion', 'KmsKeyId', 'LicenseModel', 'Port', 'PreferredBackupWindow', 'StorageEncrypted'] as const satisfies readonly (keyof Settings)[];

type Asked = Omit<RestoreDBInstanceFromDBSnapshotMessage, 'DBInstanceIdentifier' | 'DBSnapshotIdentifier'>;

interface Restoring extends Pick<InstanceState, 'identifier' | 'databaseName' | 'masterUsername' | 'settings' | 'tags'> {
  /** For its event: `snapshot before`. */
  readonly from: string;
  /** Puts the data in. */
  copy(resourceId: string): Promise<void>;
}

/** RestoreDBInstanceFromDBSnapshot and …ToPointInTime: always a new instance. Parameter group, security groups, deletion protection and more fall back to defaults. */
export function restoreInstanceOperations(rds: Rds) {
  return {
    RestoreDBInstanceFromDBSnapshot(input: RestoreDBInstanceFromDBSnapshotMessage): RestoreDBInstanceFromDBSnapshotResult {
      const identifier = newInstanceName(rds, input.DBInstanceIdentifier);
      const snapshot = snapshotOf(rds, input.DBSnapshotIdentifier);
      if (snapshot.status !== 'available') throw new ServiceFault('InvalidDBSnapshotState', `Cannot restore from the snapshot because it is not currently in the available state: ${snapshot.identifier}`);
      const { databaseName, masterUsername } = snapshot.source;
      const copy = (resourceId: string) => rds.context.hosts.databases.restore(snapshot.arn, resourceId);
      return { DBInstance: describedInstance(rds, restore(rds, { identifier, databaseName, masterUsername, settings: snapshot.settings, tags: snapshot.tags, from: `snapshot ${snapshot.identifier}`, copy }, input)) };
    },
    RestoreDBInstanceToPointInTime(input: RestoreDBInstanceToPointInTimeMessage): RestoreDBInstanceToPointInTimeResult {
      const { databases } = rds.context.hosts;
      if (databases.restoreMoment === undefined) throw new ServiceFault('NotImplemented', 'local cloud does not implement RestoreDBInstanceToPointInTime with real hosts: they keep nothing of the past but snapshots', 501);
      const source = sourceOf(rds, input);
      const identifier = newInstanceName(rds, input.TargetDBInstanceIdentifier);
      const at = momentOf(rds, source, input);
      const copy = (resourceId: string) => databases.restoreMoment!(source.resourceId, at, resourceId);
      return { DBInstance: describedInstance(rds, restore(rds, { ...source, identifier, from: `automated backups of ${source.identifier}, as of ${new Date(at).toISOString()}`, copy }, input)) };
    },
  };
}

function restore(rds: Rds, { identifier, databaseName, masterUsername, settings: from, tags, ...restoring }: Restoring, asked: Asked): InstanceState {
  const settings = { ...defaultSettings, AvailabilityZone: `${rds.context.region}b`, ...settingsIn(Object.fromEntries(kept.map((name) => [name, from[name]]))), ...settingsIn(asked) };
  checkProvisioned(settingsIn(asked), settings);
  const instance = newInstance(rds, { identifier, databaseName, masterUsername, settings, tags: asked.Tags ?? tags });
  const fault = rds.context.faults.take('restore', () => true);
  inBackground(rds, 'restores', instance, async (lasts) => {
    await restoring.copy(instance.resourceId);
    await lasts(rds.context.timing.database.restoring, 0.8);
    if (fault !== undefined) {
      instance.status = fault.status;
      return addEvent(rds, instance, 'failure', `The DB instance is ${fault.status}: a fault`);
    }
    instance.hasEndpoint = true;
    addEvent(rds, instance, 'restoration', `Restored from ${restoring.from}`);
    await becomeAvailable(rds, instance, lasts);
    measure(rds, instance);
  });
  return instance;
}

function sourceOf(rds: Rds, { SourceDBInstanceIdentifier, SourceDbiResourceId }: RestoreDBInstanceToPointInTimeMessage): InstanceState {
  if (SourceDbiResourceId === undefined) return instanceOf(rds, SourceDBInstanceIdentifier);
  const found = [...rds.state.instances].find(({ resourceId }) => resourceId === SourceDbiResourceId);
  if (found === undefined) throw new ServiceFault('DBInstanceNotFound', `DBInstance ${SourceDbiResourceId} not found.`, 404);
  return found;
}

function momentOf(rds: Rds, source: InstanceState, { RestoreTime, UseLatestRestorableTime }: RestoreDBInstanceToPointInTimeMessage): number {
  if ((RestoreTime === undefined) === (UseLatestRestorableTime !== true)) throw new ServiceFault('InvalidParameterCombination', 'Either RestoreTime or UseLatestRestorableTime has to be specified.');
  const window = restoreWindow(rds, source);
  if (window === null) throw new ServiceFault('PointInTimeRestoreNotEnabled', `Point in time restore is not enabled for ${source.identifier}.`);
  const at = RestoreTime?.getTime() ?? window.latest;
  if (at < window.earliest || at > window.latest) throw new ServiceFault('InvalidParameterValue', `The specified instance cannot be restored to a time before ${new Date(window.earliest).toISOString()} or after ${new Date(window.latest).toISOString()}.`);
  return at;
}
