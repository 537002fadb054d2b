import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { steadyNow } from '../clock.js';
import { type DBInstance, type DBSnapshot, describeDbInstance } from '../aws/rds.js';
import { type Environment, internals } from '../environment/environment.js';
import { choiceProblems, versionProblems, waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, InvalidInput, Refused, RunError, RunStoreFailed, SnapshotFailed, WaitError } from '../errors.js';
import { asRun, type Known } from '../runs/as-run.js';
import { secondsSince, startDeadline } from './deadline.js';
import { checkOtherTasks, otherTasksPolicies, type OtherTasksPolicy } from './other-tasks.js';
import { awaitSnapshot } from './snapshot-db/await-snapshot.js';
import { announceSnapshot, createSnapshot } from './snapshot-db/create-snapshot.js';
import { awaitLaterTransaction, predates } from './snapshot-db/prove-moment.js';
import { snapshotIdentifier } from './snapshot-db/snapshot-identifier.js';

export { readRecordedConfiguration, type RecordedConfiguration, type SnapshotTag } from './snapshot-db/recorded-configuration.js';

export interface SnapshotDbOptions {
  /** The version about to be released: part of the snapshot's identifier and tags. */
  readonly version?: string | undefined;
  /** Tasks in the cluster that no declared service owns: what they write afterwards is not in the snapshot. Default: they are not looked at. */
  readonly otherTasks?: OtherTasksPolicy | undefined;
  /** Until the snapshot is available; default 7200. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SnapshotReport {
  readonly restorePoint: RestorePoint;
  /** Identifier of the instance. */
  readonly database: string;
  readonly instanceResourceId: string;
  readonly allocatedStorageGiB: number | null;
  /** Whether it was there already: taken by this run before it was interrupted. */
  readonly adopted: boolean;
  readonly seconds: number;
}

export interface RestorePoint {
  readonly snapshotId: string;
  /** ISO time of the last transaction in it; null where AWS did not say. */
  readonly databaseTime: string | null;
}

export type SnapshotDbError = InvalidInput | AwsWriteError | WaitError | Conflict | Refused | SnapshotFailed | RunStoreFailed | RunError;

/** A first snapshot of a large instance copies all of it: minutes to hours ("Creating a DB snapshot"). */
const defaultTimeoutSeconds = 2 * 60 * 60;
/** One that came too early is taken once more. */
const mostSnapshots = 2;
const purpose = 'restore-point';

/**
 * Takes a snapshot of the database instance and waits until it is available. Its tags hold the run, the version and the instance's whole
 * configuration, which a restore needs and AWS does not keep; `readRecordedConfiguration` reads it back.
 *
 * When the run has stopped or waited for writers, the snapshot's last transaction must not be older than their end. A snapshot of another run is never
 * used; one that this run requested before it was interrupted is waited for instead of taking a second. Left behind on a failure: the
 * snapshot as it is; the instance goes on serving, with a pause of I/O on Single-AZ.
 *
 * Errors: InvalidInput; with `otherTasks`, Conflict (`task-in-flight`, `migration-in-flight`) and Refused (`other-writers`); NotFound for the instance; Conflict (`resource-busy`) when the instance cannot be snapshotted as it is (stopped,
 * storage full) or the identifier is taken by another run; SnapshotFailed when the snapshot fails, is deleted, the quota is reached, or it
 * does not hold every write; TimedOut; Aborted; LockLost, RunStoreFailed; any AwsError.
 */
export function snapshotDb(env: Environment, options: SnapshotDbOptions = {}): ResultAsync<SnapshotReport, SnapshotDbError> {
  const problems = () => [...waitProblems(options), ...(options.version === undefined ? [] : versionProblems(options.version)), ...choiceProblems('otherTasks', otherTasksPolicies, options.otherTasks)];
  const spec = { name: 'snapshotDb', changes: true, refusedByHold: false, known: { version: true, otherTasks: true, timeoutSeconds: true, signal: true } satisfies Known<SnapshotDbOptions>, problems, options };
  return asRun(env, spec, (env) =>
    safeTry<SnapshotReport, SnapshotDbError>(async function* () {
      const startedAt = steadyNow(env.clock);
      const instance = yield* describeDbInstance(env, env.definition.database);
      if (env.planning) return ok(plan(env, instance, options));
      if (options.otherTasks !== undefined) yield* checkOtherTasks(env, options.otherTasks, options.timeoutSeconds ?? defaultTimeoutSeconds);
      const { snapshot, adopted } = yield* takeProvenSnapshot(env, instance, options);
      yield* recordRestorePoint(env, restorePointOf(snapshot));
      return ok({ ...reportOn(env, instance), restorePoint: restorePointOf(snapshot), adopted, seconds: secondsSince(env, startedAt) });
    }),
  );
}

interface TakenSnapshot {
  readonly snapshot: DBSnapshot;
  readonly adopted: boolean;
}

function takeProvenSnapshot(env: Environment, instance: DBInstance, options: SnapshotDbOptions): ResultAsync<TakenSnapshot, SnapshotDbError> {
  const secondsLeft = startDeadline(env, options.timeoutSeconds ?? defaultTimeoutSeconds);
  const writersStoppedAt = lastWriterStoppedAt(env);
  return safeTry<TakenSnapshot, SnapshotDbError>(async function* () {
    for (let taken = 1; ; taken += 1) {
      const created = yield* createSnapshot(env, instance, { version: options.version, purpose, why: whatFor(env), another: taken > 1, timeoutSeconds: secondsLeft() });
      const snapshot = yield* awaitSnapshot(env, { snapshotId: created.snapshotId, purpose, timeoutSeconds: secondsLeft() }).mapErr(withoutRestorePoint);
      if (!predates(snapshot, writersStoppedAt)) return ok({ snapshot, adopted: created.adopted });
      if (taken === mostSnapshots) return err(tooEarly(snapshot, writersStoppedAt!));
      env.emit({ type: 'warning', message: `Snapshot ${created.snapshotId} holds transactions up to ${restorePointOf(snapshot).databaseTime}, but the last writer stopped at ${writersStoppedAt}: taking another.` });
      yield* awaitLaterTransaction(env, writersStoppedAt!, secondsLeft());
    }
  });
}

/** Recorded by `stopServices`, and where other tasks were waited for. Unknown in a run of one step, or while writers run on: then nothing is to be proven. */
function lastWriterStoppedAt(env: Environment): string | null {
  const run = env[internals].run;
  const known = [run?.recallFact('lastWriterStoppedAt'), run?.recallFact('otherTasksEndedAt')].filter((at) => typeof at === 'string');
  return known.sort().at(-1) ?? null;
}

function restorePointOf(snapshot: DBSnapshot): RestorePoint {
  return { snapshotId: snapshot.DBSnapshotIdentifier ?? '', databaseTime: (snapshot.SnapshotDatabaseTime ?? snapshot.SnapshotCreateTime)?.toISOString() ?? null };
}

function recordRestorePoint(env: Environment, { snapshotId, databaseTime }: RestorePoint): ResultAsync<void, RunStoreFailed | RunError> {
  return env[internals].run?.record('restorePoint', { snapshotId, databaseTime }) ?? okAsync(undefined);
}

function whatFor({ definition }: Environment): string {
  return `what ${definition.database} can be restored to`;
}

function withoutRestorePoint<E extends SnapshotDbError>(error: E): E {
  return error.kind === 'SnapshotFailed' ? { ...error, message: `${error.message}: there is no restore point` } : error;
}

function plan(env: Environment, instance: DBInstance, options: SnapshotDbOptions): SnapshotReport {
  const snapshotId = snapshotIdentifier({ database: env.definition.database, version: options.version, run: env.runId ?? 'run', purpose, attempt: 1 });
  announceSnapshot(env, snapshotId, whatFor(env));
  return { ...reportOn(env, instance), restorePoint: { snapshotId, databaseTime: null }, adopted: false, seconds: 0 };
}

function reportOn(env: Environment, instance: DBInstance) {
  return { database: env.definition.database, instanceResourceId: instance.DbiResourceId ?? '', allocatedStorageGiB: instance.AllocatedStorage ?? null };
}

function tooEarly(snapshot: DBSnapshot, writersStoppedAt: string): SnapshotFailed {
  const { snapshotId, databaseTime } = restorePointOf(snapshot);
  return {
    kind: 'SnapshotFailed',
    snapshotId,
    snapshotStatus: snapshot.Status ?? 'unknown',
    message: `snapshot ${snapshotId} is available but holds transactions only up to ${databaseTime}: the last writer stopped at ${writersStoppedAt}, so it is not known to hold every write`,
    remedy: 'Take another snapshot; if this repeats, look for a difference between the clocks of ECS and RDS, or a replica that lags.',
  };
}
