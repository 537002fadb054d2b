import { err, errAsync, type Ok, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type DBInstance, type DBSnapshot, describeDbSnapshot } from '../../aws/rds.js';
import { type Environment, internals } from '../../environment/environment.js';
import { expectedGot, objectProblems } from '../../environment/validate.js';
import type { AwsError, Conflict, Refused, RunStoreFailed } from '../../errors.js';
import { readHold } from '../../runs/hold.js';
import { factOf, type Journal, readJournal } from '../../runs/journal.js';
import { keyOf } from '../../runs/store-document.js';
import { isWarm } from '../snapshot-db/snapshot-tags.js';
import { isOwnSnapshot, listOwnSnapshots } from '../snapshot-db/own-snapshots.js';
import { findMoment } from './find-moment.js';

/** What a call names, or leaves to be found. */
export type NamedRestorePoint = { readonly snapshotId: string } | { readonly moment: string };

/** The problems of what a caller names. */
export function restorePointProblems(from: unknown): readonly string[] {
  if (from === undefined) return [];
  const wrong = [`from: ${expectedGot("{ snapshotId } or { moment: '2026-11-23T08:00:00Z' }", from)}`];
  if (objectProblems('from', from).length > 0) return wrong;
  const { snapshotId, moment } = from as { readonly snapshotId?: unknown; readonly moment?: unknown };
  const isSnapshot = typeof snapshotId === 'string' && snapshotId !== '' && moment === undefined;
  const isMoment = typeof moment === 'string' && isoTime.test(moment) && !Number.isNaN(Date.parse(moment)) && snapshotId === undefined;
  if (isSnapshot || isMoment) return [];
  const several = snapshotId !== undefined && moment !== undefined;
  if (several || (snapshotId === undefined && moment === undefined)) return [`from: expected either snapshotId or moment, got ${several ? 'both' : 'neither'}`];
  return moment === undefined ? [`from.snapshotId: ${expectedGot('the identifier of a snapshot', snapshotId)}`] : [`from.moment: ${expectedGot("a time with its zone, such as '2026-11-23T08:00:00Z'", moment)}`];
}

/** With the zone: a time without one is another moment on every machine. */
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/**
 * The snapshot or moment to go back to: the one that is named, else the one of the run that holds the environment, or that has failed
 * and put things aside. `newest`: the last snapshot that this library took.
 */
export function findRestorePoint(env: Environment, instance: DBInstance, from: NamedRestorePoint | 'newest' | undefined): ResultAsync<DBSnapshot | Date, AwsError | Conflict | Refused | RunStoreFailed> {
  return safeTry<DBSnapshot | Date, AwsError | Conflict | Refused | RunStoreFailed>(async function* () {
    if (from === 'newest') return (yield* newest(env)) ?? err(noneTaken(env));
    const named = from ?? (yield* ofTheHold(env)) ?? (yield* ofTheBaseline(env));
    if (named === null) return err(noneKnown(env));
    if ('moment' in named) return findMoment(env, instance, wholeSeconds(named.moment));
    return describeDbSnapshot(env, named.snapshotId)
      .orElse((error) => namingThoseThere(env, error))
      .andThen((snapshot) => usable(env, instance, snapshot));
  });
}

const namedAtMost = 5;

/** Who has mistyped one is told of those that this library took, the newest first; where they cannot be listed, of none. */
function namingThoseThere(env: Environment, error: AwsError): ResultAsync<never, AwsError> {
  if (error.kind !== 'NotFound') return errAsync(error);
  return listOwnSnapshots(env)
    .orElse(() => okAsync([]))
    .andThen((snapshots) => {
      const names = snapshots.slice(0, namedAtMost).map(({ DBSnapshotIdentifier = '' }) => DBSnapshotIdentifier);
      return errAsync(names.length === 0 ? error : { ...error, remedy: `${error.remedy} The last that this library took of ${env.definition.database}: ${names.join(', ')}.` });
    });
}

/** RDS restores to a second ("Restoring a DB instance to a specified time"). */
function wholeSeconds(moment: string): Date {
  return new Date(Math.floor(Date.parse(moment) / 1000) * 1000);
}

function newest(env: Environment): ResultAsync<Ok<DBSnapshot, never> | null, AwsError> {
  return listOwnSnapshots(env).map((snapshots) => {
    const found = snapshots.find((snapshot) => snapshot.Status === 'available' && !isWarm(snapshot));
    return found === undefined ? null : ok(found);
  });
}

function ofTheHold(env: Environment): ResultAsync<NamedRestorePoint | null, RunStoreFailed> {
  return readHold(env).andThen((hold) => {
    if (hold === null) return okAsync(null);
    const { run, situation } = hold.value;
    return situation.restorePoint === undefined ? journalOf(env, run).map((journal) => (journal === null ? null : pointOf(journal))) : okAsync({ snapshotId: situation.restorePoint });
  });
}

function ofTheBaseline(env: Environment): ResultAsync<NamedRestorePoint | null, RunStoreFailed> {
  const run = env[internals].run?.baseline()?.byRun;
  if (run === undefined) return okAsync(null);
  // what a release that went well began with is nothing to go back to unasked
  return journalOf(env, run).map((journal) => (journal === null || journal.outcome?.status === 'succeeded' ? null : pointOf(journal)));
}

function journalOf(env: Environment, run: string): ResultAsync<Journal | null, RunStoreFailed> {
  return readJournal(env[internals].runStore, keyOf.journal(env.definition.name, run)).map((journal) => journal?.value ?? null);
}

/** What a run took, or went back to. */
function pointOf(journal: Journal): NamedRestorePoint | null {
  const fact = factOf(journal, 'restorePoint') as { readonly snapshotId: string | null; readonly databaseTime: string } | undefined;
  if (fact === undefined) return null;
  return fact.snapshotId === null ? { moment: fact.databaseTime } : { snapshotId: fact.snapshotId };
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
    remedy: "Name the snapshot, or a moment in the automated backups: from: { snapshotId }, from: { moment: '2026-11-23T08:00:00Z' }.",
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
