import type { Checker } from '../checkers.js';

/** Each attempt to migrate starts one task at most, and no database is migrated twice. */
export const migratesOnce: Checker = {
  name: 'a migration is applied once an attempt',
  atEnd({ world: { cloud } }) {
    const attempts = cloud.inspect.tasks().flatMap(({ group, startedBy }) => (group === 'family:migrate' && startedBy?.startsWith('migration/') === true ? [startedBy] : []));
    const twice = attempts.filter((attempt, index) => attempts.indexOf(attempt) !== index);
    const migratedTwice = cloud.inspect.databases().filter(({ model }) => (model?.appliedMigrations.length ?? 0) > 1);
    return [...twice.map((attempt) => `two tasks were started for ${attempt}`), ...migratedTwice.map(({ identifier }) => `${identifier} was migrated more than once`)];
  },
};
