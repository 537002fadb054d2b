import { errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type DBSnapshot, deleteDbSnapshot } from '../aws/rds.js';
import { type Environment, internals } from '../environment/environment.js';
import { expectedGot, flagProblems, waitProblems } from '../environment/validate.js';
import type { AwsWriteError, InvalidInput, RunError, RunStoreFailed } from '../errors.js';
import { announce } from '../reports/announce.js';
import { asRun, type Known } from '../runs/as-run.js';
import { readBaseline } from '../runs/baseline-keeper.js';
import { readHold } from '../runs/hold.js';
import { factOf, type Journal, readJournals } from '../runs/journal.js';
import { listOwnSnapshots } from './snapshot-db/own-snapshots.js';
import { isWarm } from './snapshot-db/snapshot-tags.js';

export interface PruneSnapshotsOptions {
  /** So many of the newest stay, however old they are; at least 1. */
  readonly keep?: number | undefined;
  /** Only snapshots older than so many days go. Given with `keep`, both must hold. */
  readonly olderThanDays?: number | undefined;
  /** Deletes. Default false: the report tells what would be deleted. */
  readonly apply?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PruneSnapshotsReport {
  readonly summary: string;
  /** Whether they were deleted; false: they would be, with `apply: true`. */
  readonly applied: boolean;
  readonly pruned: readonly OwnSnapshot[];
  /** Other snapshots that this library made for this environment, and why each stays. */
  readonly kept: readonly (OwnSnapshot & { readonly why: string })[];
}

export interface OwnSnapshot {
  readonly snapshotId: string;
  /** ISO time; null where AWS does not tell. */
  readonly takenAt: string | null;
}

export type PruneSnapshotsError = InvalidInput | AwsWriteError | RunStoreFailed | RunError;

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Deletes snapshots that are not needed any more, and only those that this library made for this environment, by their tags. Tells what it would
 * delete unless `apply` is set: what is deleted cannot be brought back. Never deleted are the newest one that can be restored, the restore point of a hold, the one of
 * the run that has put aside what is still away, and the one of the last run that succeeded.
 *
 * Left behind on a failure: some deleted, some not; calling again goes on. Errors: InvalidInput, when neither `keep` nor `olderThanDays` is given
 * too; with `apply` Conflict on a hold or a lock; Aborted; LockLost, RunStoreFailed; any AwsError.
 */
export function pruneSnapshots(env: Environment, options: PruneSnapshotsOptions): ResultAsync<PruneSnapshotsReport, PruneSnapshotsError> {
  const applied = options?.apply === true;
  const spec = { name: 'pruneSnapshots', changes: applied, refusedByHold: true, known: { keep: true, olderThanDays: true, apply: true, signal: true } satisfies Known<PruneSnapshotsOptions>, problems: () => problems(options), options };
  return asRun(env, spec, (env) =>
    safeTry<PruneSnapshotsReport, PruneSnapshotsError>(async function* () {
      const needed = yield* findNeeded(env);
      const own = yield* listOwnSnapshots(env);
      const newer = (index: number) => own.slice(0, index).filter(isRestorePoint).length;
      const snapshots = own.map((snapshot, index) => ({ snapshot, why: whyKept(env, snapshot, newer(index), { needed, options }) }));
      const pruned: OwnSnapshot[] = [];
      const kept = snapshots.flatMap(({ snapshot, why }) => (why === null ? [] : [{ ...told(snapshot), why }]));
      for (const { snapshot, why } of snapshots) {
        if (why !== null) continue;
        const busy = applied ? yield* remove(env, snapshot) : null;
        if (busy === null) pruned.push(told(snapshot));
        else kept.push({ ...told(snapshot), why: busy });
      }
      return ok({ summary: `${pruned.length} of ${snapshots.length} snapshots ${applied ? 'deleted' : 'would be deleted with apply: true'}`, applied, pruned, kept });
    }),
  );
}

/** Of one that has failed nothing can be restored. */
function isRestorePoint(snapshot: DBSnapshot): boolean {
  return snapshot.Status === 'available' && !isWarm(snapshot);
}

/** Why a snapshot stays; null: it goes. `newer`: how many restore points are newer. */
function whyKept(env: Environment, snapshot: DBSnapshot, newer: number, { needed, options }: { readonly needed: ReadonlyMap<string, string>; readonly options: PruneSnapshotsOptions }): string | null {
  const { keep, olderThanDays } = options;
  const { DBSnapshotIdentifier: id = '', SnapshotCreateTime, Status = 'unknown' } = snapshot;
  const old = olderThanDays === undefined || (SnapshotCreateTime !== undefined && env.clock.now() - SnapshotCreateTime.getTime() > olderThanDays * dayMs);
  if (needed.has(id)) return needed.get(id)!;
  if (newer === 0 && isRestorePoint(snapshot)) return 'it is the newest';
  if (keep !== undefined && newer < keep) return `it is among the newest ${keep}`;
  if (!old) return `it is not older than ${olderThanDays} days`;
  return Status === 'available' || Status === 'failed' ? null : `it is ${Status}`;
}

/** Snapshot -> why somebody may still need it. */
function findNeeded(env: Environment): ResultAsync<ReadonlyMap<string, string>, RunStoreFailed> {
  const { runStore } = env[internals];
  const { name } = env.definition;
  return safeTry<ReadonlyMap<string, string>, RunStoreFailed>(async function* () {
    const hold = yield* readHold(env);
    const baseline = yield* readBaseline(env);
    const journals = yield* readJournals(runStore, name);
    const lastGood = journals.findLast((journal) => journal.outcome?.status === 'succeeded' && restorePointOf(journal) !== undefined);
    const away = journals.find(({ run }) => run === baseline?.value.byRun);
    const held = hold?.value.situation.restorePoint;
    return ok(
      new Map([
        ...(lastGood === undefined ? [] : [[restorePointOf(lastGood)!, `it is the restore point of the last run that succeeded (${lastGood.run})`] as const]),
        ...(away === undefined || restorePointOf(away) === undefined ? [] : [[restorePointOf(away)!, `it is the restore point of run ${away.run}, which has put aside what is still away`] as const]),
        ...(held === undefined ? [] : [[held, `it is the restore point of run ${hold!.value.run}, which holds ${name}`] as const]),
      ]),
    );
  });
}

function restorePointOf(journal: Journal): string | undefined {
  return (factOf(journal, 'restorePoint') as { readonly snapshotId?: string } | undefined)?.snapshotId;
}

/** Why it could not be deleted now; null: it is gone. */
function remove(env: Environment, { DBSnapshotIdentifier: id = '' }: DBSnapshot): ResultAsync<string | null, AwsWriteError> {
  announce(env, { resource: `snapshot ${id}`, from: 'available', to: 'deleted', operation: 'rds:DeleteDBSnapshot', why: 'nobody needs it any more' });
  if (env.planning) return okAsync(null);
  return deleteDbSnapshot(env, id)
    .map((): string | null => null)
    .orElse((error) => {
      if (error.kind === 'NotFound') return okAsync(null);
      const busy = error.kind === 'Unexpected' && error.code?.startsWith('InvalidDBSnapshotState') === true;
      return busy ? okAsync(`it is in use: ${error.cause?.message ?? 'not said by what'}`) : errAsync(error);
    });
}

function told({ DBSnapshotIdentifier: snapshotId = '', SnapshotCreateTime }: DBSnapshot): OwnSnapshot {
  return { snapshotId, takenAt: SnapshotCreateTime?.toISOString() ?? null };
}

function problems({ keep, olderThanDays, apply, ...others }: PruneSnapshotsOptions = {}): readonly string[] {
  return [
    ...(keep === undefined && olderThanDays === undefined ? ['keep: expected keep or olderThanDays, got neither'] : []),
    ...(keep === undefined || (Number.isInteger(keep) && keep >= 1) ? [] : [`keep: ${expectedGot('a whole number of at least 1', keep)}`]),
    ...(olderThanDays === undefined || (Number.isFinite(olderThanDays) && olderThanDays >= 0) ? [] : [`olderThanDays: ${expectedGot('a number of days', olderThanDays)}`]),
    ...flagProblems({ apply }),
    ...waitProblems(others),
  ];
}
