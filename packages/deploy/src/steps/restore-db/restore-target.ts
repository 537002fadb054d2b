import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type DBInstance, type DBSnapshot, describeDbInstance } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, Conflict, Refused, RunStoreFailed } from '../../errors.js';
import { compareVersions } from '../../runs/compare-versions.js';
import { isSameSchema, readSchema, type SchemaRecord } from '../../runs/schema-record.js';
import { readRecordedConfiguration, recordConfiguration, type RecordedConfiguration } from '../snapshot-db/recorded-configuration.js';
import { readSchemaTag } from '../snapshot-db/schema-tag.js';
import { readRunningTag } from '../snapshot-db/snapshot-tags.js';
import { findRestorePoint, type NamedRestorePoint } from './find-restore-point.js';
import { asideIdentifier } from './instance-names.js';
import { schemaAt } from './schema-at.js';

/** What is restored, and to what: found before the first change, and journalled. */
export interface RestoreTarget {
  /** Identifier of the instance. */
  readonly database: string;
  /** null: it is a moment in the automated backups, which `databaseTime` tells. */
  readonly snapshotId: string | null;
  /** ISO time that the data goes back to. */
  readonly databaseTime: string;
  /** The instance in use. */
  readonly present: {
    readonly resourceId: string;
    readonly status: string;
    readonly endpoint: string;
    readonly securityGroups: readonly string[];
    readonly masterUsername: string;
    readonly databaseName: string | null;
  };
  /** What the restored instance is to be like. */
  readonly configuration: RecordedConfiguration;
  /** What is known of the schema there; null: no migration of this library had touched it. */
  readonly schema: SchemaRecord | null;
  /** The version that was running when the snapshot was taken, and fits what is in it; null where nothing tells. */
  readonly running: string | null;
  /** What a migration since has made of the schema, and the restore undoes; null: there was none. */
  readonly undone: SchemaRecord | null;
  /** What the restored instance is called until it is in its place, and the present one once it is not. */
  readonly restoredAs: string;
  readonly asideAs: string;
}

/** Everything about a restore that can be known beforehand. */
export function findRestoreTarget(env: Environment, from: NamedRestorePoint | 'newest' | undefined): ResultAsync<RestoreTarget, AwsError | Conflict | Refused | RunStoreFailed> {
  return safeTry<RestoreTarget, AwsError | Conflict | Refused | RunStoreFailed>(async function* () {
    const { database } = env.definition;
    const instance = yield* describeDbInstance(env, database);
    const point = yield* findRestorePoint(env, instance, from);
    const run = env.runId ?? '';
    const known = yield* readSchema(env);
    return ok({
      database,
      ...(point instanceof Date ? yield* momentOf(env, point, known) : yield* snapshotOf(env, point, known)),
      present: presentInstance(instance),
      configuration: configurationOf(env, instance, point),
      restoredAs: asideIdentifier(database, 'restored', run),
      asideAs: asideIdentifier(database, 'before', run),
    });
  });
}

type Point = Pick<RestoreTarget, 'snapshotId' | 'databaseTime' | 'schema' | 'running' | 'undone'>;

function momentOf(env: Environment, moment: Date, known: SchemaRecord | null): ResultAsync<Point, AwsError | Refused | RunStoreFailed> {
  return schemaAt(env, moment).map(({ schema, running }) => ({ snapshotId: null, databaseTime: moment.toISOString(), schema, running, undone: isSameSchema(schema, known) ? null : known }));
}

function snapshotOf(env: Environment, snapshot: DBSnapshot, known: SchemaRecord | null): ResultAsync<Point, RunStoreFailed> {
  return schemaIn(env, snapshot).map((schema) => ({
    snapshotId: snapshot.DBSnapshotIdentifier ?? '',
    databaseTime: takenAt(env, snapshot).toISOString(),
    schema,
    running: readRunningTag(snapshot.TagList ?? []),
    undone: undoneBy(env, snapshot, known),
  }));
}

function presentInstance(instance: DBInstance): RestoreTarget['present'] {
  return {
    resourceId: instance.DbiResourceId ?? '',
    status: instance.DBInstanceStatus ?? 'unknown',
    endpoint: instance.Endpoint?.Address ?? '',
    securityGroups: (instance.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []),
    masterUsername: instance.MasterUsername ?? '',
    databaseName: instance.DBName ?? null,
  };
}

/** A moment, and a snapshot of somebody else, tell nothing of it: then the present one's is taken. */
function configurationOf(env: Environment, instance: DBInstance, point: DBSnapshot | Date): RecordedConfiguration {
  const present = recordConfiguration(instance);
  if (instance.MasterUserSecret !== undefined) env.emit({ type: 'warning', message: `The master password of ${env.definition.database} is kept by Secrets Manager, which a restore does not set up: it will be what it was then until you modify the restored instance.` });
  if (point instanceof Date) return present;
  const recorded = readRecordedConfiguration(point.TagList ?? []);
  if (recorded === null) {
    env.emit({ type: 'warning', message: `Snapshot ${point.DBSnapshotIdentifier} does not tell how the instance was configured: it is restored as ${env.definition.database} is configured now.` });
    return present;
  }
  return recorded.tags === null ? { ...recorded, tags: present.tags } : recorded;
}

/** By what the snapshot tells: the machine that migrated may have had another time than AWS. Only one that does not tell is compared by time. */
function undoneBy(env: Environment, snapshot: DBSnapshot, known: SchemaRecord | null): SchemaRecord | null {
  const recorded = readSchemaTag(snapshot.TagList ?? []);
  if (known === null || recorded === null) return known;
  if (recorded === undefined) return Date.parse(known.at) > takenAt(env, snapshot).getTime() ? known : null;
  const later = compareVersions(known.version, recorded.version);
  return later > 0 || (later === 0 && recorded.outcome === 'unknown' && !isSameSchema(known, recorded)) ? known : null;
}

/** A snapshot that does not tell and is older than the last migration does not hold that one; a later one holds what is there now. */
function schemaIn(env: Environment, snapshot: DBSnapshot): ResultAsync<SchemaRecord | null, RunStoreFailed> {
  const recorded = readSchemaTag(snapshot.TagList ?? []);
  if (recorded !== undefined) return okAsync(recorded);
  return readSchema(env).map((known) => {
    if (known === null || Date.parse(known.at) <= takenAt(env, snapshot).getTime()) return known;
    env.emit({ type: 'warning', message: `Snapshot ${snapshot.DBSnapshotIdentifier} does not tell which schema it holds; it is from before the migration to ${known.version} (${known.at}). Which code fits it, you have to know.` });
    return null;
  });
}

function takenAt(env: Environment, { SnapshotDatabaseTime, OriginalSnapshotCreateTime, SnapshotCreateTime }: DBSnapshot): Date {
  return SnapshotDatabaseTime ?? OriginalSnapshotCreateTime ?? SnapshotCreateTime ?? new Date(env.clock.now());
}
