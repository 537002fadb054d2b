import type {
  CreateDBInstanceMessage,
  CreateDBInstanceResult,
  DeleteDBInstanceMessage,
  DeleteDBInstanceResult,
  RebootDBInstanceMessage,
  RebootDBInstanceResult,
  StartDBInstanceMessage,
  StartDBInstanceResult,
  StopDBInstanceMessage,
  StopDBInstanceResult,
} from '@aws-sdk/client-rds';
import { randomText } from '../../chance.js';
import { ServiceFault } from '../../context.js';
import { followRetention } from './automated-backups.js';
import { addEvent, inBackground } from './background-change.js';
import { describedInstance } from './describe-instances.js';
import { checkInstanceQuota, instanceOf, newInstanceName, requireStatus } from './lookup.js';
import { measure } from './metrics.js';
import { checkProvisioned, defaultSettings, settingsIn } from './settings.js';
import { beginSnapshot, checkNewSnapshot } from './snapshots.js';
import type { InstanceState, Rds } from './state.js';

export function instanceOperations(rds: Rds) {
  return {
    CreateDBInstance: (input: CreateDBInstanceMessage): CreateDBInstanceResult => ({ DBInstance: describedInstance(rds, create(rds, input)) }),
    StartDBInstance(input: StartDBInstanceMessage): StartDBInstanceResult {
      const instance = instanceOf(rds, input.DBInstanceIdentifier);
      if (instance.status !== 'stopped') throw new ServiceFault('InvalidDBInstanceState', `Instance ${instance.identifier} is not stopped, therefore cannot be started.`);
      start(rds, instance);
      return { DBInstance: describedInstance(rds, instance) };
    },
    StopDBInstance(input: StopDBInstanceMessage): StopDBInstanceResult {
      const instance = instanceOf(rds, input.DBInstanceIdentifier);
      requireStatus(instance, 'available');
      if (input.DBSnapshotIdentifier !== undefined) checkNewSnapshot(rds, input.DBSnapshotIdentifier);
      stop(rds, instance, input.DBSnapshotIdentifier);
      return { DBInstance: describedInstance(rds, instance) };
    },
    RebootDBInstance(input: RebootDBInstanceMessage): RebootDBInstanceResult {
      const instance = instanceOf(rds, input.DBInstanceIdentifier);
      requireStatus(instance, 'available', 'storage-optimization');
      reboot(rds, instance);
      return { DBInstance: describedInstance(rds, instance) };
    },
    DeleteDBInstance(input: DeleteDBInstanceMessage): DeleteDBInstanceResult {
      const instance = instanceOf(rds, input.DBInstanceIdentifier);
      remove(rds, instance, input);
      return { DBInstance: describedInstance(rds, instance) };
    },
  };
}

function create(rds: Rds, input: CreateDBInstanceMessage): InstanceState {
  const identifier = newInstanceName(rds, input.DBInstanceIdentifier);
  if (input.Engine !== 'postgres') throw new ServiceFault('InvalidParameterValue', `The local cloud has databases of engine postgres only, not ${input.Engine ?? ''}.`);
  if (input.MasterUsername === undefined || input.MasterUserPassword === undefined) throw new ServiceFault('InvalidParameterValue', 'The parameters MasterUsername and MasterUserPassword must be provided.');
  const settings = { ...defaultSettings, EngineVersion: '16.11', AllocatedStorage: 20, AvailabilityZone: `${rds.context.region}a`, ...settingsIn(input) };
  checkProvisioned(settingsIn(input), settings);
  const instance = newInstance(rds, { identifier, databaseName: input.DBName, masterUsername: input.MasterUsername, settings, tags: input.Tags ?? [] });
  const { MasterUsername: masterUsername, MasterUserPassword: masterPassword } = input;
  inBackground(rds, 'creates', instance, async (lasts) => {
    const content = rds.contents.get(identifier) ?? { databases: [input.DBName ?? 'postgres'], extensions: [] };
    await rds.context.hosts.databases.create({ resourceId: instance.resourceId, identifier, masterUsername, masterPassword, ...content });
    await lasts(rds.context.timing.database.restoring);
    instance.hasEndpoint = true;
    addEvent(rds, instance, 'creation', 'DB instance created');
    await becomeAvailable(rds, instance, lasts);
    measure(rds, instance);
  });
  return instance;
}

export function newInstance(rds: Rds, start: Pick<InstanceState, 'identifier' | 'databaseName' | 'masterUsername' | 'settings' | 'tags'>): InstanceState {
  const { clock } = rds.context;
  checkInstanceQuota(rds);
  const instance: InstanceState = {
    ...start,
    resourceId: `db-${randomText(clock, 26, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
    engine: 'postgres',
    createdAt: clock.now(),
    status: 'creating',
    hidden: false,
    hasEndpoint: false,
    pending: {},
    restartsAt: undefined,
    percentProgress: undefined,
    cpuCredits: 0,
    backedUpSince: undefined,
    logCuts: [{ hour: Math.floor(clock.now() / 3_600_000), offset: 0 }],
  };
  rds.state.instances.add(instance);
  return instance;
}

/** A new instance makes its first backup before it is available. */
export async function becomeAvailable(rds: Rds, instance: InstanceState, lasts: (range: readonly [number, number], share?: number) => Promise<void>): Promise<void> {
  if ((instance.settings.BackupRetentionPeriod ?? 0) > 0) {
    instance.status = 'backing-up';
    await lasts(rds.context.timing.database.restoring, 0.2);
    addEvent(rds, instance, 'backup', 'Finished DB Instance backup');
  }
  followRetention(rds, instance);
  instance.status = 'available';
}

function start(rds: Rds, instance: InstanceState): void {
  instance.status = 'starting';
  instance.restartsAt = undefined;
  inBackground(rds, 'starts', instance, async (lasts) => {
    await rds.context.hosts.databases.start(instance.resourceId);
    await lasts(rds.context.timing.database.starting);
    instance.status = 'available';
    addEvent(rds, instance, 'notification', 'DB instance started');
  });
}

function stop(rds: Rds, instance: InstanceState, snapshotIdentifier: string | undefined): void {
  const snapshotEnded = snapshotIdentifier === undefined ? Promise.resolve() : beginSnapshot(rds, instance, { identifier: snapshotIdentifier });
  instance.status = 'stopping';
  inBackground(rds, 'stops', instance, async (lasts) => {
    await snapshotEnded;
    instance.status = 'stopping';
    await rds.context.hosts.databases.stop(instance.resourceId);
    await lasts(rds.context.timing.database.stopping);
    instance.status = 'stopped';
    // "Stopping an Amazon RDS DB instance temporarily": pending actions are removed; credits go with the machine
    instance.pending = {};
    instance.cpuCredits = 0;
    addEvent(rds, instance, 'notification', 'DB instance stopped');
    const { clock, timing } = rds.context;
    const restartsAt = clock.now() + timing.database.restartedAfter;
    instance.restartsAt = restartsAt;
    await lasts([timing.database.restartedAfter, timing.database.restartedAfter]);
    if (instance.restartsAt !== restartsAt) return;
    addEvent(rds, instance, 'notification', 'DB instance is being started due to it exceeding the maximum allowed time being stopped.');
    start(rds, instance);
  });
}

function reboot(rds: Rds, instance: InstanceState): void {
  instance.status = 'rebooting';
  inBackground(rds, 'reboots', instance, async (lasts) => {
    await restartServer(rds, instance);
    await lasts(rds.context.timing.database.starting, 0.5);
    instance.status = 'available';
    addEvent(rds, instance, 'availability', 'DB instance restarted');
  });
}

export async function restartServer(rds: Rds, { resourceId }: InstanceState): Promise<void> {
  await rds.context.hosts.databases.stop(resourceId);
  await rds.context.hosts.databases.start(resourceId);
}

function remove(rds: Rds, instance: InstanceState, input: DeleteDBInstanceMessage): void {
  if (instance.settings.DeletionProtection) throw new ServiceFault('InvalidParameterCombination', 'Cannot delete protected DB Instance, please disable deletion protection and try again.');
  if (instance.status === 'deleting') throw new ServiceFault('InvalidDBInstanceState', `Instance ${instance.identifier} is already being deleted.`);
  const finalSnapshot = input.SkipFinalSnapshot === true ? undefined : input.FinalDBSnapshotIdentifier;
  if (input.SkipFinalSnapshot !== true && finalSnapshot === undefined) throw new ServiceFault('InvalidParameterCombination', 'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.');
  if (finalSnapshot !== undefined) checkNewSnapshot(rds, finalSnapshot);
  const snapshotEnded = finalSnapshot === undefined ? Promise.resolve() : beginSnapshot(rds, instance, { identifier: finalSnapshot });
  instance.status = 'deleting';
  instance.restartsAt = undefined;
  inBackground(rds, 'deletes', instance, async (lasts) => {
    await snapshotEnded;
    instance.status = 'deleting';
    await lasts(rds.context.timing.database.stopping);
    await rds.context.hosts.databases.deleteInstance(instance.resourceId);
    rds.state.instances.delete(instance);
    addEvent(rds, instance, 'deletion', 'DB instance deleted');
  });
}
