import { err, ok, type ResultAsync } from 'neverthrow';
import { steadyNow } from '../../clock.js';
import { type DBSnapshot, describeDbSnapshot } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, Conflict, SnapshotFailed, WaitError } from '../../errors.js';
import { type Probe, waitUntil } from '../../wait.js';
import { watchOtherTasks } from '../watch-other-tasks.js';
import type { SnapshotPurpose } from './snapshot-tags.js';

/** Snapshots of small instances are done in a minute or two; a read costs nothing. */
const secondsBetweenReads = 5;
/** Reads are stale for seconds after the request; afterwards a snapshot that is not found was deleted. */
const secondsUntilVisible = 60;

const waitingFor = { 'restore-point': 'the snapshot to be available', warm: 'the warm snapshot to be available' } as const;

/** Waits until a snapshot is available, and no longer once it cannot become so. Meanwhile tasks may write what is not in it. */
export function awaitSnapshot(env: Environment, { snapshotId, purpose, timeoutSeconds }: { readonly snapshotId: string; readonly purpose: SnapshotPurpose; readonly timeoutSeconds: number }): ResultAsync<DBSnapshot, AwsError | WaitError | Conflict | SnapshotFailed> {
  const visibleBy = steadyNow(env.clock) + secondsUntilVisible * 1000;
  const watch = watchOtherTasks(env);
  return waitUntil(env, {
    waitingFor: waitingFor[purpose],
    timeoutSeconds,
    intervalSeconds: secondsBetweenReads,
    probe: () =>
      watch()
        .andThen(() => describeDbSnapshot(env, snapshotId))
        .map((snapshot) => look(snapshot, snapshotId))
        .orElse((error) => {
          if (error.kind !== 'NotFound') return err(error);
          return ok(steadyNow(env.clock) < visibleBy ? { status: 'pending' as const, seen: `${snapshotId} cannot be described yet` } : { status: 'failed' as const, error: failed(snapshotId, 'deleted') });
        }),
  });
}

export function snapshotStatusCondition(status: string): 'available' | 'passing' | 'failed' {
  if (status === 'available') return 'available';
  return /^(failed|error|deleted|deleting|incompatible-.*)$/.test(status) ? 'failed' : 'passing';
}

function look(snapshot: DBSnapshot, snapshotId: string): Probe<DBSnapshot, SnapshotFailed> {
  const status = snapshot.Status ?? 'unknown';
  const condition = snapshotStatusCondition(status);
  if (condition === 'available') return { status: 'done', value: snapshot, seen: `${snapshotId} is available` };
  if (condition === 'failed') return { status: 'failed', error: failed(snapshotId, status) };
  const percent = snapshot.PercentProgress;
  return { status: 'pending', seen: `${snapshotId} is ${status}${percent === undefined ? '' : `, ${percent} %`}`, ...(percent === undefined ? {} : { progress: percent / 100 }), suspendable: true };
}

function failed(snapshotId: string, status: string): SnapshotFailed {
  return {
    kind: 'SnapshotFailed',
    snapshotId,
    snapshotStatus: status,
    message: `snapshot ${snapshotId} is ${status} and will not become available`,
    remedy: "Look at the instance's events in RDS for the reason. Then try again: another snapshot is taken.",
  };
}
