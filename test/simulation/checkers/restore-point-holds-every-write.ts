import type { Checker } from '../checkers.js';

/**
 * Whenever a migration is asked for there is a snapshot that can be restored, and nobody writes between it and the migration. Who keeps
 * administration on, or takes the snapshot while services stop, has chosen otherwise; a task that somebody starts by hand writes too.
 */
export const restorePointHoldsEveryWrite: Checker = {
  name: 'a restore point holds every write',
  atEnd({ world: { cloud, snapshotsAtMigration, choices, foreignChanges } }) {
    const without = snapshotsAtMigration.filter((snapshots) => !snapshots.some(({ status }) => status === 'available')).map(() => 'a migration was asked for, and no snapshot was available');
    if (choices.options.snapshot === 'before-shutdown' || foreignChanges.includes('starts-a-task')) return without;
    return [...without, ...cloud.inspect.databases().flatMap(({ identifier, model }) => (model === undefined ? [] : lateWrites(identifier, model)))];

    function lateWrites(identifier: string, { appliedMigrations, writesLog }: { readonly appliedMigrations: readonly { readonly at: number }[]; readonly writesLog: readonly { readonly at: number; readonly by: string }[] }) {
      return appliedMigrations.flatMap(({ at: migratedAt }) => {
        const point = Math.max(...cloud.inspect.snapshots().flatMap(({ createdAt, status }) => (createdAt < migratedAt && status === 'available' ? [createdAt] : [])));
        return writesLog.filter(({ at, by }) => at > point && at < migratedAt && !(choices.options.administration === 'keep' && by.startsWith('office'))).slice(0, 3).map(({ at, by }) => `${by} wrote to ${identifier} at ${new Date(at).toISOString()}, after the restore point of ${new Date(point).toISOString()}`);
      });
    }
  },
};
