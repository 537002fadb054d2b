import type {
  CreateDBSnapshotMessage,
  CreateDBSnapshotResult,
  DBSnapshot,
  DBSnapshotMessage,
  DeleteDBSnapshotMessage,
  DeleteDBSnapshotResult,
  DescribeDBSnapshotsMessage,
  Tag,
} from '@aws-sdk/client-rds';
import { ServiceFault } from '../../context.js';
import type { Range } from '../../timing.js';
import { page } from '../paging.js';
import { addEvent } from './background-change.js';
import { invalidMarker } from './describe-instances.js';
import { instanceOf, newSnapshotName, requireStatus, snapshotArn, snapshotOf } from './lookup.js';
import type { InstanceState, Rds, SnapshotState } from './state.js';

/** Manual snapshots per region, AWS's default quota. */
export const snapshotQuota = 100;

export function snapshotOperations(rds: Rds) {
  return {
    CreateDBSnapshot(input: CreateDBSnapshotMessage): CreateDBSnapshotResult {
      const instance = instanceOf(rds, input.DBInstanceIdentifier);
      requireStatus(instance, 'available', 'storage-optimization');
      checkNewSnapshot(rds, input.DBSnapshotIdentifier);
      const tags = [...(instance.settings.CopyTagsToSnapshot === true ? instance.tags : []), ...(input.Tags ?? [])];
      const statusBefore = instance.status;
      void beginSnapshot(rds, instance, { identifier: input.DBSnapshotIdentifier ?? '', tags, restoreStatus: statusBefore });
      return { DBSnapshot: describedSnapshot(rds, snapshotOf(rds, input.DBSnapshotIdentifier)) };
    },
    DescribeDBSnapshots(input: DescribeDBSnapshotsMessage): DBSnapshotMessage {
      if (input.DBSnapshotIdentifier !== undefined) return { DBSnapshots: [describedSnapshot(rds, snapshotOf(rds, input.DBSnapshotIdentifier))] };
      const matching = [...rds.state.snapshots.values()].filter((snapshot) => isListed(snapshot, input));
      const { items, next } = page(matching, { size: input.MaxRecords ?? 100, token: input.Marker, invalid: invalidMarker });
      return { DBSnapshots: items.map((snapshot) => describedSnapshot(rds, snapshot)), Marker: next };
    },
    DeleteDBSnapshot(input: DeleteDBSnapshotMessage): DeleteDBSnapshotResult {
      const snapshot = snapshotOf(rds, input.DBSnapshotIdentifier);
      if (snapshot.status !== 'available' && snapshot.status !== 'failed') throw new ServiceFault('InvalidDBSnapshotState', `Cannot delete the snapshot because it is not currently in the available state: ${snapshot.identifier}`);
      const hadData = snapshot.status === 'available';
      rds.state.snapshots.delete(snapshot.identifier);
      if (hadData) rds.context.background(`RDS deletes snapshot ${snapshot.identifier}`, () => rds.context.hosts.databases.deleteSnapshot(snapshot.arn));
      return { DBSnapshot: { ...describedSnapshot(rds, snapshot), Status: 'deleted' } };
    },
  };
}

function isListed(snapshot: SnapshotState, input: DescribeDBSnapshotsMessage): boolean {
  return (
    (input.SnapshotType === undefined ? true : snapshot.type === input.SnapshotType) &&
    (input.DBInstanceIdentifier === undefined || snapshot.source.identifier === input.DBInstanceIdentifier.toLowerCase()) &&
    (input.DbiResourceId === undefined || snapshot.source.resourceId === input.DbiResourceId)
  );
}

export function checkNewSnapshot(rds: Rds, identifier: string | undefined): void {
  newSnapshotName(rds, identifier);
  if (rds.state.snapshots.size >= snapshotQuota) throw new ServiceFault('SnapshotQuotaExceeded', 'Cannot create more than 100 manual snapshots');
}

interface NewSnapshot {
  readonly identifier: string;
  readonly tags?: readonly Tag[] | undefined;
  readonly restoreStatus?: string | undefined;
}

/** Copies the database as it is now; resolves when the snapshot is available, or has failed. */
export function beginSnapshot(rds: Rds, instance: InstanceState, { identifier, tags = [], restoreStatus }: NewSnapshot): Promise<void> {
  const { clock, faults } = rds.context;
  const name = newSnapshotName(rds, identifier);
  const { resourceId, engine, databaseName, masterUsername, createdAt } = instance;
  const fault = faults.take('snapshot', () => true);
  const lasts = durations(rds);
  const snapshot: SnapshotState = {
    identifier: name,
    arn: snapshotArn(rds, name),
    type: 'manual',
    source: { identifier: instance.identifier, resourceId, engine, databaseName, masterUsername, createdAt },
    settings: { ...instance.settings },
    createdAt: clock.now(),
    endsAt: clock.now() + (fault?.what === 'slow' ? (fault.ms ?? 0) : lasts(1)),
    status: 'creating',
    databaseTime: undefined,
    tags,
  };
  rds.state.snapshots.set(name, snapshot);
  instance.status = 'backing-up';
  addEvent(rds, instance, 'backup', 'Backing up DB instance');
  return new Promise((resolve) => {
    rds.context.background(`RDS snapshot ${name}`, async (signal) => {
      await copy(rds, snapshot, { fault: fault?.what, lasts }, signal);
      if (restoreStatus !== undefined && instance.status === 'backing-up') instance.status = restoreStatus;
      addEvent(rds, instance, 'backup', 'Finished DB Instance backup');
      resolve();
    });
  });
}

/** By how much of the database there is to copy: a snapshot holds what changed since the last one ("Creating a DB snapshot"). */
function durations({ context: { clock, timing } }: Rds): (changed: number) => number {
  const luck = clock.random();
  const within = ([least, most]: Range): number => least + luck * (most - least);
  const [all, nothing] = [within(timing.database.snapshot), within(timing.database.unchangedSnapshot)];
  return (changed) => Math.round(nothing + changed * (all - nothing));
}

interface Copying {
  readonly fault: 'fail' | 'never-ends' | 'slow' | undefined;
  readonly lasts: (changed: number) => number;
}

async function copy(rds: Rds, snapshot: SnapshotState, { fault, lasts }: Copying, signal: AbortSignal): Promise<void> {
  const { clock, hosts } = rds.context;
  if (fault === 'never-ends') await clock.sleep(Number.POSITIVE_INFINITY, signal);
  if (fault === 'fail') {
    await clock.sleep((snapshot.endsAt - clock.now()) / 2, signal);
    snapshot.status = 'failed';
    return;
  }
  const { databaseTime, changed } = await hosts.databases.snapshot(snapshot.source.resourceId, snapshot.arn);
  snapshot.databaseTime = databaseTime;
  if (fault !== 'slow') snapshot.endsAt = snapshot.createdAt + lasts(changed);
  await clock.sleep(Math.max(snapshot.endsAt - clock.now(), 0), signal);
  snapshot.status = 'available';
}

export function describedSnapshot(rds: Rds, snapshot: SnapshotState): DBSnapshot {
  const { settings, source } = snapshot;
  return {
    DBSnapshotIdentifier: snapshot.identifier,
    DBSnapshotArn: snapshot.arn,
    DBInstanceIdentifier: source.identifier,
    DbiResourceId: source.resourceId,
    Engine: source.engine,
    EngineVersion: settings.EngineVersion,
    Status: snapshot.status,
    SnapshotType: snapshot.type,
    PercentProgress: progressOf(rds, snapshot),
    SnapshotCreateTime: new Date(snapshot.createdAt),
    ...(snapshot.status === 'available' ? { OriginalSnapshotCreateTime: new Date(snapshot.endsAt) } : {}),
    ...(snapshot.databaseTime === undefined ? {} : { SnapshotDatabaseTime: new Date(snapshot.databaseTime) }),
    InstanceCreateTime: new Date(source.createdAt),
    MasterUsername: source.masterUsername,
    AllocatedStorage: settings.AllocatedStorage,
    StorageType: settings.StorageType,
    Iops: settings.Iops,
    StorageThroughput: settings.StorageThroughput,
    Port: settings.Port,
    AvailabilityZone: settings.AvailabilityZone,
    LicenseModel: settings.LicenseModel,
    OptionGroupName: settings.OptionGroupName,
    Encrypted: settings.StorageEncrypted ?? false,
    KmsKeyId: settings.KmsKeyId,
    IAMDatabaseAuthenticationEnabled: settings.EnableIAMDatabaseAuthentication ?? false,
    VpcId: 'vpc-local',
    TagList: [...snapshot.tags],
  };
}

/** Percent; an hour's snapshot is at 50 after half an hour. */
export function progressOf(rds: Rds, { status, createdAt, endsAt }: SnapshotState): number {
  if (status === 'available') return 100;
  const share = (rds.context.clock.now() - createdAt) / Math.max(endsAt - createdAt, 1);
  return Math.min(99, Math.floor(share * 100));
}
