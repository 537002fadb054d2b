import type { ModifyDBInstanceMessage, ModifyDBInstanceResult, PendingModifiedValues } from '@aws-sdk/client-rds';
import { ServiceFault } from '../../context.js';
import { followRetention } from './automated-backups.js';
import { addEvent, inBackground } from './background-change.js';
import { describedInstance } from './describe-instances.js';
import { restartServer } from './instances.js';
import { instanceOf, newInstanceName, requireStatus } from './lookup.js';
import { settingsIn } from './settings.js';
import type { InstanceState, Rds, Settings } from './state.js';

/** Wait for the maintenance window unless applied immediately. The rest applies as soon as possible either way. */
const deferrable = ['AllocatedStorage', 'DBInstanceClass', 'EngineVersion', 'Iops', 'MultiAZ', 'Port', 'StorageThroughput', 'StorageType'] as const;

/** Change nothing that the instance has to work for. */
const effortless: readonly string[] = ['AutoMinorVersionUpgrade', 'CopyTagsToSnapshot', 'DeletionProtection', 'MaxAllocatedStorage', 'PreferredBackupWindow', 'PreferredMaintenanceWindow'];

export function modifyInstanceOperations(rds: Rds) {
  return {
    ModifyDBInstance(input: ModifyDBInstanceMessage): ModifyDBInstanceResult {
      const instance = instanceOf(rds, input.DBInstanceIdentifier);
      requireStatus(instance, 'available', 'storage-optimization');
      checkStorage(instance, input);
      const newName = input.NewDBInstanceIdentifier === undefined ? undefined : newInstanceName(rds, input.NewDBInstanceIdentifier);
      const wanted = wantedSettings(instance, input);
      const deferred = settingsIn(Object.fromEntries(deferrable.map((name) => [name, wanted[name]])));
      const atOnce = settingsIn(Object.fromEntries(Object.entries(wanted).filter(([name]) => !(name in deferred))));
      instance.pending = { ...instance.pending, ...(deferred as PendingModifiedValues), ...(newName === undefined ? {} : { DBInstanceIdentifier: newName }) };
      if (input.MasterUserPassword !== undefined) instance.pending = { ...instance.pending, MasterUserPassword: '****' };
      instance.settings = { ...instance.settings, ...settingsIn(Object.fromEntries(Object.entries(atOnce).filter(([name]) => effortless.includes(name)))) };
      const described = describedInstance(rds, instance);
      if (input.ApplyImmediately === true) applyAll(rds, instance, atOnce);
      else applyAtOnce(rds, instance, atOnce, input.MasterUserPassword !== undefined);
      return { DBInstance: described };
    },
  };
}

function wantedSettings(instance: InstanceState, input: ModifyDBInstanceMessage): Settings {
  const { EnableLogTypes = [], DisableLogTypes = [] } = input.CloudwatchLogsExportConfiguration ?? {};
  const exports = new Set([...(instance.settings.EnableCloudwatchLogsExports ?? []), ...EnableLogTypes].filter((type) => !DisableLogTypes.includes(type)));
  const wanted = settingsIn({
    ...input,
    Port: input.DBPortNumber,
    EnableCloudwatchLogsExports: input.CloudwatchLogsExportConfiguration === undefined ? undefined : [...exports],
  });
  return settingsIn(Object.fromEntries(Object.entries(wanted).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(instance.settings[name as keyof Settings]))));
}

function checkStorage(instance: InstanceState, { AllocatedStorage: wanted }: ModifyDBInstanceMessage): void {
  if (wanted === undefined || wanted === instance.settings.AllocatedStorage) return;
  if (wanted < (instance.settings.AllocatedStorage ?? 0)) throw new ServiceFault('InvalidParameterCombination', 'Requested storage cannot be smaller than the allocated storage.');
  if (instance.status === 'storage-optimization') throw new ServiceFault('InvalidDBInstanceState', `Instance ${instance.identifier} is in storage-optimization: its storage cannot be changed.`);
}

function applyAtOnce(rds: Rds, instance: InstanceState, atOnce: Settings, resetsPassword: boolean): void {
  if (!resetsPassword && Object.keys(atOnce).every((name) => effortless.includes(name))) return;
  const before = instance.status;
  instance.status = resetsPassword ? 'resetting-master-credentials' : 'MonitoringInterval' in atOnce ? 'configuring-enhanced-monitoring' : 'modifying';
  inBackground(rds, 'modifies', instance, async (lasts) => {
    await lasts(rds.context.timing.database.modifying, 0.5);
    instance.settings = { ...instance.settings, ...atOnce };
    followRetention(rds, instance);
    const { MasterUserPassword: _, ...pending } = instance.pending;
    instance.pending = pending;
    instance.status = before;
  });
}

/** Everything that is pending, earlier requests too; a new name last. */
function applyAll(rds: Rds, instance: InstanceState, atOnce: Settings): void {
  const { DBInstanceIdentifier: newName, MasterUserPassword, ...deferred } = instance.pending;
  const changes = { ...atOnce, ...settingsIn(deferred) };
  const works = MasterUserPassword !== undefined || Object.keys(changes).some((name) => !effortless.includes(name));
  if (!works && newName === undefined) return;
  instance.status = works ? (MasterUserPassword === undefined ? 'modifying' : 'resetting-master-credentials') : 'renaming';
  inBackground(rds, 'modifies', instance, async (lasts) => {
    if (works) await lasts(rds.context.timing.database.modifying);
    const grew = (changes.AllocatedStorage ?? 0) > (instance.settings.AllocatedStorage ?? 0);
    if ('DBInstanceClass' in changes || 'EngineVersion' in changes) await restartServer(rds, instance);
    instance.settings = { ...instance.settings, ...changes };
    followRetention(rds, instance);
    instance.pending = {};
    if (newName !== undefined) await rename(rds, instance, newName, lasts);
    if (grew) await optimizeStorage(rds, instance, lasts);
    instance.status = 'available';
  });
}

type Lasts = (range: readonly [number, number], share?: number) => Promise<void>;

/** First under the old name, then for a while under neither, then under the new one, where it restarts. */
async function rename(rds: Rds, instance: InstanceState, newName: string, lasts: Lasts): Promise<void> {
  const { renaming } = rds.context.timing.database;
  instance.status = 'renaming';
  await lasts(renaming, 0.4);
  instance.hidden = true;
  await lasts(renaming, 0.2);
  instance.identifier = newName;
  instance.hidden = false;
  instance.status = 'rebooting';
  await restartServer(rds, instance);
  await lasts(renaming, 0.4);
  addEvent(rds, instance, 'configuration change', `Renamed instance to ${newName}`);
}

/** Fully usable, and neither short nor "available". */
async function optimizeStorage(rds: Rds, instance: InstanceState, lasts: Lasts): Promise<void> {
  instance.status = 'storage-optimization';
  for (const percent of [0, 25, 50, 75]) {
    instance.percentProgress = percent;
    await lasts(rds.context.timing.database.modifying);
  }
  instance.percentProgress = undefined;
}
