import type { CreateDBSnapshotCommandInput, DBInstance, DBSnapshot, DescribeDBLogFilesDetails, ModifyDBInstanceCommandInput, PendingMaintenanceAction, RestoreDBInstanceFromDBSnapshotCommandInput, RestoreDBInstanceToPointInTimeCommandInput } from '@aws-sdk/client-rds';
import type { ResultAsync } from 'neverthrow';
import { err, ok } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError, AwsWriteError } from '../errors.js';
import { read, write } from './call.js';
import { missingIsNull, notFound } from './map-error.js';
import { allPages } from './paging.js';

export type { CreateDBSnapshotCommandInput, DBInstance, DBSnapshot, DescribeDBLogFilesDetails, ModifyDBInstanceCommandInput, PendingMaintenanceAction, RestoreDBInstanceFromDBSnapshotCommandInput, Tag } from '@aws-sdk/client-rds';

const rds = (env: Environment) => env[internals].clients.rds();

export function describeDbInstance(env: Environment, id: string): ResultAsync<DBInstance, AwsError> {
  const resource = { kind: 'database instance', name: id };
  return read(env, { action: 'rds:DescribeDBInstances', resource }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
  }).andThen(({ DBInstances }) => (DBInstances?.[0] === undefined ? err(notFound(env, resource)) : ok(DBInstances[0])));
}

/** Every instance of the account in the region, all pages. */
export function listDbInstances(env: Environment): ResultAsync<readonly DBInstance[], AwsError> {
  return allPages((Marker) =>
    read(env, { action: 'rds:DescribeDBInstances' }, async () => {
      const { sdk, client } = await rds(env);
      const page = await client.send(new sdk.DescribeDBInstancesCommand(Marker === undefined ? {} : { Marker }));
      return { items: page.DBInstances ?? [], next: page.Marker };
    }),
  );
}

/** By its immutable id, whatever it is called by now; null where there is none, or while it is told under neither name. */
export function findDbInstance(env: Environment, resourceId: string): ResultAsync<DBInstance | null, AwsError> {
  return read(env, { action: 'rds:DescribeDBInstances', resource: { kind: 'database instance', name: resourceId } }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.DescribeDBInstancesCommand({ Filters: [{ Name: 'dbi-resource-id', Values: [resourceId] }] }));
  }).map(({ DBInstances = [] }) => DBInstances.find(({ DbiResourceId }) => DbiResourceId === resourceId) ?? null);
}

/** A new instance from a snapshot; answered once RDS has begun. */
export function restoreDbInstance(env: Environment, input: RestoreDBInstanceFromDBSnapshotCommandInput): ResultAsync<DBInstance, AwsWriteError> {
  const resource = { kind: 'snapshot', name: input.DBSnapshotIdentifier ?? '' };
  return write(env, { action: 'rds:RestoreDBInstanceFromDBSnapshot', resource }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.RestoreDBInstanceFromDBSnapshotCommand(input));
  }).andThen(({ DBInstance }) => (DBInstance === undefined ? err(notFound(env, resource)) : ok(DBInstance)));
}

/** A new instance with what another held at a moment; answered once RDS has begun. */
export function restoreDbInstanceToMoment(env: Environment, input: RestoreDBInstanceToPointInTimeCommandInput): ResultAsync<DBInstance, AwsWriteError> {
  const resource = { kind: 'database instance', name: input.SourceDBInstanceIdentifier ?? '' };
  return write(env, { action: 'rds:RestoreDBInstanceToPointInTime', resource }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.RestoreDBInstanceToPointInTimeCommand(input));
  }).andThen(({ DBInstance }) => (DBInstance === undefined ? err(notFound(env, resource)) : ok(DBInstance)));
}

/** Between which moments the automated backups of an instance lead back to one; null: there is none yet. */
export function findRestoreWindow(env: Environment, resourceId: string): ResultAsync<{ readonly earliest: Date; readonly latest: Date } | null, AwsError> {
  const resource = { kind: 'automated backup', name: resourceId };
  const found = read(env, { action: 'rds:DescribeDBInstanceAutomatedBackups', resource }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.DescribeDBInstanceAutomatedBackupsCommand({ DbiResourceId: resourceId }));
  });
  return missingIsNull(found).map((answer) => {
    const { EarliestTime: earliest, LatestTime: latest } = answer?.DBInstanceAutomatedBackups?.find(({ DbiResourceId }) => DbiResourceId === resourceId)?.RestoreWindow ?? {};
    return earliest === undefined || latest === undefined ? null : { earliest, latest };
  });
}

/** At once, and with it whatever is pending; answered once RDS has begun. */
export function modifyDbInstance(env: Environment, id: string, change: Omit<ModifyDBInstanceCommandInput, 'DBInstanceIdentifier' | 'ApplyImmediately'>): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'rds:ModifyDBInstance', resource: { kind: 'database instance', name: id } }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.ModifyDBInstanceCommand({ ...change, DBInstanceIdentifier: id, ApplyImmediately: true }));
  }).map(() => undefined);
}

/** With its automated backups and without a last snapshot; answered once RDS has begun. */
export function deleteDbInstance(env: Environment, id: string): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'rds:DeleteDBInstance', resource: { kind: 'database instance', name: id } }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.DeleteDBInstanceCommand({ DBInstanceIdentifier: id, SkipFinalSnapshot: true, DeleteAutomatedBackups: true }));
  }).map(() => undefined);
}

export function deleteDbSnapshot(env: Environment, id: string): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'rds:DeleteDBSnapshot', resource: { kind: 'snapshot', name: id } }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.DeleteDBSnapshotCommand({ DBSnapshotIdentifier: id }));
  }).map(() => undefined);
}

export function createDbSnapshot(env: Environment, input: CreateDBSnapshotCommandInput): ResultAsync<DBSnapshot, AwsWriteError> {
  const resource = { kind: 'database instance', name: input.DBInstanceIdentifier ?? '' };
  return write(env, { action: 'rds:CreateDBSnapshot', resource }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.CreateDBSnapshotCommand(input));
  }).andThen(({ DBSnapshot }) => (DBSnapshot === undefined ? err(notFound(env, resource)) : ok(DBSnapshot)));
}

/** From `stopped`; answered once RDS has begun. */
export function startDbInstance(env: Environment, id: string): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'rds:StartDBInstance', resource: { kind: 'database instance', name: id } }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.StartDBInstanceCommand({ DBInstanceIdentifier: id }));
  }).map(() => undefined);
}

/** From `available`; answered once RDS has begun. */
export function stopDbInstance(env: Environment, id: string): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'rds:StopDBInstance', resource: { kind: 'database instance', name: id } }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.StopDBInstanceCommand({ DBInstanceIdentifier: id }));
  }).map(() => undefined);
}

export function describeDbSnapshot(env: Environment, id: string): ResultAsync<DBSnapshot, AwsError> {
  const resource = { kind: 'snapshot', name: id };
  return read(env, { action: 'rds:DescribeDBSnapshots', resource }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id }));
  }).andThen(({ DBSnapshots }) => (DBSnapshots?.[0] === undefined ? err(notFound(env, resource)) : ok(DBSnapshots[0])));
}

/** Manual snapshots of an instance, all pages. */
export function listDbSnapshots(env: Environment, instanceId: string): ResultAsync<readonly DBSnapshot[], AwsError> {
  return allPages((Marker) =>
    read(env, { action: 'rds:DescribeDBSnapshots', resource: { kind: 'database instance', name: instanceId } }, async () => {
      const { sdk, client } = await rds(env);
      const page = await client.send(new sdk.DescribeDBSnapshotsCommand({ DBInstanceIdentifier: instanceId, SnapshotType: 'manual', ...(Marker === undefined ? {} : { Marker }) }));
      return { items: page.DBSnapshots ?? [], next: page.Marker };
    }),
  );
}

/** The server's log files, written since `writtenSince`, all pages. */
export function describeDbLogFiles(env: Environment, instanceId: string, writtenSince?: Date): ResultAsync<readonly DescribeDBLogFilesDetails[], AwsError> {
  return allPages((Marker) =>
    read(env, { action: 'rds:DescribeDBLogFiles', resource: { kind: 'database instance', name: instanceId } }, async () => {
      const { sdk, client } = await rds(env);
      const page = await client.send(
        new sdk.DescribeDBLogFilesCommand({
          DBInstanceIdentifier: instanceId,
          ...(writtenSince === undefined ? {} : { FileLastWritten: writtenSince.getTime() }),
          ...(Marker === undefined ? {} : { Marker }),
        }),
      );
      return { items: page.DescribeDBLogFiles ?? [], next: page.Marker };
    }),
  );
}

export interface LogFilePortion {
  readonly text: string;
  /** Where to go on; also after the last portion, when the file grows. */
  readonly marker: string | undefined;
  readonly more: boolean;
}

/** `marker` '0' is the file's beginning; without one the last lines are given. */
export function downloadDbLogFilePortion(env: Environment, instanceId: string, file: string, marker?: string): ResultAsync<LogFilePortion, AwsError> {
  return read(env, { action: 'rds:DownloadDBLogFilePortion', resource: { kind: 'database log file', name: file } }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.DownloadDBLogFilePortionCommand({ DBInstanceIdentifier: instanceId, LogFileName: file, ...(marker === undefined ? {} : { Marker: marker }) }));
  }).map((portion) => ({ text: portion.LogFileData ?? '', marker: portion.Marker, more: portion.AdditionalDataPending === true }));
}

export interface Quota {
  readonly used: number;
  readonly max: number;
}

/** How many manual snapshots the account has and may have in the region; null when it is not told. */
export function describeSnapshotQuota(env: Environment): ResultAsync<Quota | null, AwsError> {
  return read(env, { action: 'rds:DescribeAccountAttributes' }, async () => {
    const { sdk, client } = await rds(env);
    return client.send(new sdk.DescribeAccountAttributesCommand({}));
  }).map(({ AccountQuotas = [] }) => {
    const { Used, Max } = AccountQuotas.find(({ AccountQuotaName }) => AccountQuotaName === 'ManualSnapshots') ?? {};
    return Used === undefined || Max === undefined ? null : { used: Used, max: Max };
  });
}

/** What AWS is about to do to an instance, all pages. */
export function describePendingMaintenance(env: Environment, { DBInstanceArn = '', DBInstanceIdentifier = '' }: DBInstance): ResultAsync<readonly PendingMaintenanceAction[], AwsError> {
  return allPages((Marker) =>
    read(env, { action: 'rds:DescribePendingMaintenanceActions', resource: { kind: 'database instance', name: DBInstanceIdentifier } }, async () => {
      const { sdk, client } = await rds(env);
      const page = await client.send(new sdk.DescribePendingMaintenanceActionsCommand({ ResourceIdentifier: DBInstanceArn, ...(Marker === undefined ? {} : { Marker }) }));
      return { items: (page.PendingMaintenanceActions ?? []).flatMap(({ PendingMaintenanceActionDetails = [] }) => PendingMaintenanceActionDetails), next: page.Marker };
    }),
  );
}
