import { err, ok, okAsync, type ResultAsync } from 'neverthrow';
import { type DBSnapshot, describeDbSnapshot, listDbSnapshots } from '../../aws/rds.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsError, Conflict, Refused } from '../../errors.js';
import { isWarm } from '../snapshot-db/snapshot-tags.js';

/** The snapshot that the database can be restored to; null where the caller accepts to have none. */
export function requireRestorePoint(env: Environment, restorePoint: { readonly snapshotId: string } | 'none-i-accept' | undefined): ResultAsync<DBSnapshot | null, AwsError | Conflict | Refused> {
  if (restorePoint === 'none-i-accept') {
    env.emit({ type: 'warning', message: `The migration of ${env.definition.database} runs without a restore point, as was asked for.` });
    return okAsync(null);
  }
  if (restorePoint !== undefined) return describeDbSnapshot(env, restorePoint.snapshotId).andThen((snapshot) => usable(env, snapshot));
  return snapshotOfThisRun(env).andThen((snapshot) => (snapshot === null ? err(noRestorePoint(env)) : usable(env, snapshot)));
}

/** Found by its tag: whatever the recipe calls the step that took it. The newest, when the run took several; never a warm one, which holds not every write. */
function snapshotOfThisRun(env: Environment): ResultAsync<DBSnapshot | null, AwsError> {
  const ours = (snapshot: DBSnapshot) => snapshot.TagList?.some(({ Key, Value }) => Key === 'graasp-deploy:run' && Value === env.runId) === true;
  const createdAt = (snapshot: DBSnapshot) => snapshot.SnapshotCreateTime?.getTime() ?? 0;
  return listDbSnapshots(env, env.definition.database).map((snapshots) => snapshots.filter((snapshot) => ours(snapshot) && !isWarm(snapshot)).sort((one, other) => createdAt(other) - createdAt(one))[0] ?? null);
}

function usable(env: Environment, snapshot: DBSnapshot) {
  const id = snapshot.DBSnapshotIdentifier ?? '';
  const { databaseResourceId } = env[internals].found;
  const otherInstance = snapshot.DbiResourceId !== undefined && databaseResourceId !== '' && snapshot.DbiResourceId !== databaseResourceId;
  if (otherInstance) return err<DBSnapshot, Conflict | Refused>(ofAnotherInstance(env, id, snapshot.DBInstanceIdentifier));
  if (snapshot.Status !== 'available') return err<DBSnapshot, Conflict | Refused>(notAvailable(id, snapshot.Status));
  return ok<DBSnapshot, Conflict | Refused>(snapshot);
}

function noRestorePoint(env: Environment): Refused {
  return {
    kind: 'Refused',
    rule: 'restore-point',
    lift: "restorePoint: 'none-i-accept'",
    message: `this run took no snapshot of ${env.definition.database}: the migration was not started, because nothing could be restored after it`,
    remedy: "Call snapshotDb in the run before, or name an available snapshot: restorePoint: { snapshotId }. To go on without: restorePoint: 'none-i-accept'.",
  };
}

function ofAnotherInstance(env: Environment, id: string, instance: string | undefined): Refused {
  return {
    kind: 'Refused',
    rule: 'restore-point',
    message: `snapshot ${id} is of another instance (${instance ?? 'unknown'}) than ${env.definition.database}: the migration was not started`,
    remedy: `Name a snapshot of ${env.definition.database}, or take one with snapshotDb.`,
  };
}

function notAvailable(id: string, status: string | undefined): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `snapshot ${id} is ${status ?? 'unknown'}, not available: the migration was not started`,
    remedy: 'Wait until it is available, or take another with snapshotDb.',
  };
}
