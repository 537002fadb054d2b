import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { steadyNow } from '../clock.js';
import { type DBInstance, describeDbInstance } from '../aws/rds.js';
import type { Environment } from '../environment/environment.js';
import { versionProblems, waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, InvalidInput, RunError, SnapshotFailed, WaitError } from '../errors.js';
import { asRun, type Known } from '../runs/as-run.js';
import { secondsSince, startDeadline } from './deadline.js';
import { awaitSnapshot } from './snapshot-db/await-snapshot.js';
import { announceSnapshot, createSnapshot } from './snapshot-db/create-snapshot.js';
import { snapshotIdentifier } from './snapshot-db/snapshot-identifier.js';

export interface TakeWarmSnapshotOptions {
  /** The version about to be released: part of the snapshot's identifier and tags. */
  readonly version?: string | undefined;
  /** Until the snapshot is available; default 7200. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WarmSnapshotReport {
  readonly summary: string;
  readonly snapshotId: string;
  /** Identifier of the instance. */
  readonly database: string;
  /** Whether I/O of the instance paused as it began: on Single-AZ. */
  readonly pausedIo: boolean;
  /** Whether it was there already: taken by this run before it was interrupted. */
  readonly adopted: boolean;
  readonly seconds: number;
}

export type TakeWarmSnapshotError = InvalidInput | AwsWriteError | WaitError | Conflict | SnapshotFailed | RunError;

/** A first snapshot of a large instance copies all of it: minutes to hours ("Creating a DB snapshot"). */
const defaultTimeoutSeconds = 2 * 60 * 60;
const purpose = 'warm';

/**
 * Takes a snapshot while visitors are there, and waits until it is available, so that the one that `snapshotDb` takes later, while they are
 * kept out, copies only what changed since ("Snapshots are incremental", "Working with DB snapshots"). It costs a pause of I/O on
 * Single-AZ, of seconds to minutes ("Creating a DB snapshot"), and one of the account's manual snapshots until somebody deletes it: nothing
 * here deletes a snapshot. Its tag `graasp-deploy:purpose` is `warm`: it holds not every write, and no migration takes it for a restore point.
 *
 * A run takes one, also when it is resumed. Left behind on a failure: the snapshot as it is, which AWS goes on taking; nothing else changes.
 *
 * Errors: InvalidInput; NotFound for the instance; Conflict (`resource-busy`) when the instance cannot be snapshotted as it is (stopped,
 * storage full) or the identifier is taken by another run; SnapshotFailed when the snapshot fails, is deleted, or the quota is reached;
 * TimedOut; Aborted; LockLost, RunStoreFailed; any AwsError.
 */
export function takeWarmSnapshot(env: Environment, options: TakeWarmSnapshotOptions = {}): ResultAsync<WarmSnapshotReport, TakeWarmSnapshotError> {
  const problems = () => [...waitProblems(options), ...(options.version === undefined ? [] : versionProblems(options.version))];
  const spec = { name: 'takeWarmSnapshot', changes: true, refusedByHold: false, known: { version: true, timeoutSeconds: true, signal: true } satisfies Known<TakeWarmSnapshotOptions>, problems, options };
  return asRun(env, spec, (env) =>
    safeTry<WarmSnapshotReport, TakeWarmSnapshotError>(async function* () {
      const { version } = options;
      const startedAt = steadyNow(env.clock);
      const secondsLeft = startDeadline(env, options.timeoutSeconds ?? defaultTimeoutSeconds);
      const instance = yield* describeDbInstance(env, env.definition.database);
      tellPause(env, instance);
      if (env.planning) return ok(plan(env, instance, version));
      const { snapshotId, adopted } = yield* createSnapshot(env, instance, { version, purpose, why: whatFor(instance), timeoutSeconds: secondsLeft() });
      yield* awaitSnapshot(env, { snapshotId, purpose, timeoutSeconds: secondsLeft() });
      return ok({ ...reportOn(env, instance, snapshotId), adopted, seconds: secondsSince(env, startedAt) });
    }),
  );
}

/** Of Multi-AZ the standby is copied. */
function pausesIo({ MultiAZ }: DBInstance): boolean {
  return MultiAZ !== true;
}

function tellPause(env: Environment, instance: DBInstance): void {
  if (!pausesIo(instance)) return;
  env.emit({ type: 'warning', message: `${env.definition.database} is Single-AZ: its I/O pauses for seconds to minutes when the warm snapshot begins, with visitors on it.` });
}

function whatFor(instance: DBInstance): string {
  const cost = pausesIo(instance) ? 'Single-AZ: I/O pauses meanwhile, for seconds to minutes, with visitors on it' : 'Multi-AZ: no pause of I/O';
  return `the snapshot while visitors are kept out then copies only what changed since; no restore point; ${cost}`;
}

function plan(env: Environment, instance: DBInstance, version: string | undefined): WarmSnapshotReport {
  const snapshotId = snapshotIdentifier({ database: env.definition.database, version, run: env.runId ?? 'run', purpose, attempt: 1 });
  announceSnapshot(env, snapshotId, whatFor(instance));
  return { ...reportOn(env, instance, snapshotId), adopted: false, seconds: 0 };
}

function reportOn({ definition }: Environment, instance: DBInstance, snapshotId: string) {
  return { summary: `${snapshotId} is no restore point; the next snapshot copies only what changed since`, snapshotId, database: definition.database, pausedIo: pausesIo(instance) };
}
