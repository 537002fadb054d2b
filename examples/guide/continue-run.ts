import { applyMigration, deployWithMigration, deployWithoutMigration, type Environment, type ResultAsync, reopen, restoreDb, resume, rollBack, runReport, type ScriptError, transitionTo } from '@graasp/deploy';

/** Goes on with a run, whichever recipe it is of. `changes` are options of this attempt, as `{ retryMigration: true }`: what its recipe does not take is refused. */
export function continueRun(env: Environment, run: string, changes: object = {}): ResultAsync<unknown, ScriptError> {
  return runReport(env, run).andThen(({ recipe }): ResultAsync<unknown, ScriptError> => {
    switch (recipe) {
      case 'applyMigration':
        return resume(env, applyMigration, run, changes);
      case 'deployWithoutMigration':
        return resume(env, deployWithoutMigration, run, changes);
      case 'transitionTo':
        return resume(env, transitionTo, run, changes);
      case 'restoreDb':
        return resume(env, restoreDb, run, changes);
      case 'rollBack':
        return resume(env, rollBack, run, changes);
      case 'reopen':
        return resume(env, reopen, run, changes);
      // of a run of one step the library says what is wrong
      default:
        return resume(env, deployWithMigration, run, changes);
    }
  });
}
