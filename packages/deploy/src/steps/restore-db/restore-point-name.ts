import type { RestoreTarget } from './restore-target.js';

/** What there is to go back to: a snapshot, or a moment in the automated backups. */
export type RestorePoint = Pick<RestoreTarget, 'database' | 'snapshotId' | 'databaseTime'>;

/** For people: `graasp-dev-…`, or `the automated backups of graasp-dev as of 2026-…`. */
export function restorePointName({ database, snapshotId, databaseTime }: RestorePoint): string {
  return snapshotId ?? `the automated backups of ${database} as of ${databaseTime}`;
}

/** The same where a snapshot has to be told for one. */
export function restorePointText(point: RestorePoint): string {
  return `${point.snapshotId === null ? '' : 'snapshot '}${restorePointName(point)}`;
}
