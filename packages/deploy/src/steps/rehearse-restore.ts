import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { findDbInstance } from '../aws/rds.js';
import { steadyNow } from '../clock.js';
import type { Environment } from '../environment/environment.js';
import { waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, InvalidInput, LockLost, Refused, RestoreFailed, RunError, RunStoreFailed, WaitError } from '../errors.js';
import { asRun, type Known } from '../runs/as-run.js';
import { secondsSince, startDeadline } from './deadline.js';
import { recordRehearsal, removeRehearsal } from './rehearse-restore/remove-rehearsal.js';
import { type NamedRestorePoint, restorePointProblems } from './restore-db/find-restore-point.js';
import { asideIdentifier } from './restore-db/instance-names.js';
import { restoreAside } from './restore-db/restore-aside.js';
import { findRestoreTarget, type RestoreTarget } from './restore-db/restore-target.js';
import { lastingDifferences, restoreSettings } from './restore-db/restored-configuration.js';
import { recordConfiguration } from './snapshot-db/recorded-configuration.js';

export interface RehearseRestoreOptions {
  /** A snapshot, or a moment in the automated backups; default the last snapshot that this library took of the database. */
  readonly from?: NamedRestorePoint | undefined;
  /** Until the restored instance is available and removed again; default 14400 (4 h). */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RehearseRestoreReport {
  /** null: it was a moment in the automated backups. */
  readonly snapshotId: string | null;
  /** ISO time of the last transaction in it. */
  readonly databaseTime: string;
  /** What the restored instance was called; it is gone. */
  readonly instance: string;
  /** From the request until it was available: what a restore takes, before two renames of about ten minutes each. Its storage is read from S3 as it is used. */
  readonly restoreSeconds: number;
  readonly engineVersion: string | null;
  readonly allocatedStorageGiB: number | null;
  /** What it lacked of the recorded configuration and no modification mends; empty when it was as it should be. */
  readonly differs: readonly string[];
  readonly seconds: number;
}

export type RehearseRestoreError = InvalidInput | AwsWriteError | WaitError | Conflict | Refused | RestoreFailed | RunStoreFailed | LockLost | RunError;

const defaultTimeoutSeconds = 4 * 60 * 60;

/**
 * Restores a snapshot, or a moment in the automated backups, to an instance beside the one in use, under a name of its own and in the VPC's default security group, compares what can be
 * seen without SQL (status, engine version, size, configuration), and removes it again, without a last snapshot. Nothing else is touched, and
 * visitors notice nothing. What is in the database is not looked at.
 *
 * Removes only what it made itself, by tag and `DbiResourceId`. Left behind on a failure or by a process that died: at most that instance,
 * which costs until the next call removes it first. Errors: InvalidInput; Refused (`restore-point`); RestoreFailed; Conflict on a lock, or when an
 * instance of that name is somebody else's; NotFound for the snapshot; TimedOut; Aborted; LockLost, RunStoreFailed; any AwsError. AWS
 * documentation: "Restoring to a DB instance", "Deleting a DB instance".
 */
export function rehearseRestore(env: Environment, options: RehearseRestoreOptions = {}): ResultAsync<RehearseRestoreReport, RehearseRestoreError> {
  const spec = { name: 'rehearseRestore', changes: true, refusedByHold: false, known: { from: true, timeoutSeconds: true, signal: true } satisfies Known<RehearseRestoreOptions>, problems: () => problems(options), options };
  return asRun(env, spec, (env) =>
    safeTry<RehearseRestoreReport, RehearseRestoreError>(async function* () {
      const startedAt = steadyNow(env.clock);
      const secondsLeft = startDeadline(env, options.timeoutSeconds ?? defaultTimeoutSeconds);
      yield* removeRehearsal(env, secondsLeft);
      const target = yield* findRestoreTarget(env, options.from ?? 'newest');
      const restored = await restoreAndCompare(env, target, secondsLeft);
      // also after a failure: what does not come up costs as much
      const removed = await removeRehearsal(env, secondsLeft);
      if (restored.isErr()) return err(removed.isErr() ? leftBehind(env, restored.error) : restored.error);
      yield* removed;
      return restored.map((seen) => ({ snapshotId: target.snapshotId, databaseTime: target.databaseTime, ...seen, seconds: secondsSince(env, startedAt) }));
    }),
  );
}

/** What was restored, or may have been, is still there. */
function leftBehind(env: Environment, error: RehearseRestoreError): RehearseRestoreError {
  const identifier = asideIdentifier(env.definition.database, 'rehearsal', env.runId ?? '');
  return { ...error, message: `${error.message.replace(/[^.!?]$/, '$&.')} ${identifier} was not removed, and costs if it was made.`, remedy: `${error.remedy} The next call of rehearseRestore removes it first.` };
}

type Seen = Pick<RehearseRestoreReport, 'instance' | 'restoreSeconds' | 'engineVersion' | 'allocatedStorageGiB' | 'differs'>;

function restoreAndCompare(env: Environment, target: RestoreTarget, secondsLeft: () => number): ResultAsync<Seen, RehearseRestoreError> {
  const startedAt = steadyNow(env.clock);
  const { database, configuration } = target;
  const identifier = asideIdentifier(database, 'rehearsal', env.runId ?? '');
  // without backups, because nobody needs them
  const settings = { ...restoreSettings(configuration), BackupRetentionPeriod: 0 };
  return safeTry<Seen, RehearseRestoreError>(async function* () {
    yield* recordRehearsal(env, { identifier, run: env.runId ?? '', resourceId: null });
    const { resourceId } = yield* restoreAside(env, { point: target, identifier, settings, tags: {}, timeoutSeconds: secondsLeft() });
    yield* recordRehearsal(env, { identifier, run: env.runId ?? '', resourceId });
    const instance = env.planning ? null : yield* findDbInstance(env, resourceId);
    return ok({
      instance: identifier,
      restoreSeconds: secondsSince(env, startedAt),
      engineVersion: instance?.EngineVersion ?? null,
      allocatedStorageGiB: instance?.AllocatedStorage ?? null,
      differs: instance === null ? [] : lastingDifferences(configuration, recordConfiguration(instance)),
    });
  });
}

function problems({ from, ...others }: RehearseRestoreOptions): readonly string[] {
  return [...restorePointProblems(from), ...waitProblems(others)];
}

