import { applyMigration, deployWithMigration, deployWithoutMigration, type Environment, type ResultAsync, reopen, restoreDb, resume, rollBack, type RunStore, type ScriptError, transitionTo } from '@graasp/deploy';

/** Goes on with a run, whichever recipe it is of. `runs` is the store as AWS is reached from here. */
export function continueRun(env: Environment, runs: RunStore, run: string, retryMigration: boolean): ResultAsync<unknown, ScriptError> {
  return recipeOf(env.definition.name, runs, run).andThen((recipe): ResultAsync<unknown, ScriptError> => {
    const again = retryMigration ? { retryMigration: true } : {};
    switch (recipe) {
      case 'applyMigration':
        return resume(env, applyMigration, run, again);
      case 'deployWithoutMigration':
        return resume(env, deployWithoutMigration, run);
      case 'transitionTo':
        return resume(env, transitionTo, run);
      case 'restoreDb':
        return resume(env, restoreDb, run);
      case 'rollBack':
        return resume(env, rollBack, run);
      case 'reopen':
        return resume(env, reopen, run);
      // of a run that is not there, or of one step, the library says what is wrong
      default:
        return resume(env, deployWithMigration, run, again);
    }
  });
}

/** Undefined where there is no such run. */
export function recipeOf(environment: string, runs: RunStore, run: string): ResultAsync<string | undefined, ScriptError> {
  return runs.read(`${environment}/runs/${run}`).map((journal) => (JSON.parse(journal?.body ?? '{}') as { readonly recipe?: string }).recipe);
}
