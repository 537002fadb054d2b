import { err, errAsync, type Ok, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type DBInstance, type DBSnapshot, describeDbSnapshot } from '../../aws/rds.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsError, Conflict, Refused, RunStoreFailed } from '../../errors.js';
import { readHold } from '../../runs/hold.js';
import { factOf, type Journal } from '../../runs/journal.js';
import { keyOf, readJson } from '../../runs/store-document.js';
import { isWarm } from '../snapshot-db/snapshot-tags.js';
import { isOwnSnapshot, listOwnSnapshots } from '../snapshot-db/own-snapshots.js';

/** What a call names, or leaves to be found. */
export interface NamedRestorePoint {
  readonly snapshotId: string;
}

/**
 * The snapshot to go back to: the one that is named, else the one of the run that holds the environment, or that has failed
 * and put things aside. `newest`: the last that this library took.
 */
export function findRestorePoint(env: Environment, instance: DBInstance, from: NamedRestorePoint | 'newest' | undefined): ResultAsync<DBSnapshot, AwsError | Conflict | Refused | RunStoreFailed> {
  return safeTry<DBSnapshot, AwsError | Conflict | Refused | RunStoreFailed>(async function* () {
    if (from === 'newest') return (yield* newest(env)) ?? err(noneTaken(env));
    const snapshotId = from?.snapshotId ?? (yield* ofTheHold(env)) ?? (yield* ofTheBaseline(env));
    if (snapshotId === null) return err(noneKnown(env));
    return describeDbSnapshot(env, snapshotId).andThen((snapshot) => usable(env, instance, snapshot));
  });
}

function newest(env: Environment): ResultAsync<Ok<DBSnapshot, never> | null, AwsError> {
  return listOwnSnapshots(env).map((snapshots) => {
    const found = snapshots.find((snapshot) => snapshot.Status === 'available' && !isWarm(snapshot));
    return found === undefined ? null : ok(found);
  });
}

function ofTheHold(env: Environment): ResultAsync<string | null, RunStoreFailed> {
  return readHold(env).map((hold) => hold?.value.situation.restorePoint ?? null);
}

function ofTheBaseline(env: Environment): ResultAsync<string | null, RunStoreFailed> {
  const run = env[internals].run?.baseline()?.byRun;
  if (run === undefined) return okAsync(null);
  return readJson<Journal>(env[internals].runStore, keyOf.journal(env.definition.name, run)).map((journal) => {
    // what a release that went well began with is nothing to go back to unasked
    const ended = journal === null || journal.value.outcome?.status === 'succeeded';
    const fact = ended ? undefined : (factOf(journal.value, 'restorePoint') as { readonly snapshotId?: string } | undefined);
    return fact?.snapshotId ?? null;
  });
}

/** Of this very instance, or taken by this library for this environment of one that bore the name before. */
function usable(env: Environment, instance: DBInstance, snapshot: DBSnapshot): ResultAsync<DBSnapshot, Conflict | Refused> {
  const id = snapshot.DBSnapshotIdentifier ?? '';
  if (snapshot.DbiResourceId !== instance.DbiResourceId && !isOwnSnapshot(env, snapshot)) return errAsync(ofAnotherInstance(env, id, snapshot.DBInstanceIdentifier));
  return snapshot.Status === 'available' ? okAsync(snapshot) : errAsync(notAvailable(id, snapshot.Status));
}

function noneTaken(env: Environment): Refused {
  return {
    kind: 'Refused',
    rule: 'restore-point',
    lift: 'from: { snapshotId }',
    message: `this library has taken no snapshot of ${env.definition.database} that is still there: nothing can be restored`,
    remedy: 'Take one with snapshotDb, or name another: from: { snapshotId }.',
  };
}

function noneKnown(env: Environment): Refused {
  return {
    kind: 'Refused',
    rule: 'restore-point',
    lift: 'from: { snapshotId }',
    message: `no run that holds ${env.definition.name} has taken a snapshot: it is not known what ${env.definition.database} is to go back to. Nothing was changed.`,
    remedy: 'Name the snapshot: from: { snapshotId }.',
  };
}

function ofAnotherInstance(env: Environment, id: string, instance: string | undefined): Refused {
  return {
    kind: 'Refused',
    rule: 'restore-point',
    message: `snapshot ${id} is of another instance (${instance ?? 'unknown'}) than ${env.definition.database}. Nothing was changed.`,
    remedy: `Name a snapshot of ${env.definition.database}.`,
  };
}

function notAvailable(id: string, status: string | undefined): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `snapshot ${id} is ${status ?? 'unknown'}, not available. Nothing was changed.`,
    remedy: 'Wait until it is available, or name another.',
  };
}
