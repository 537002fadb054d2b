import { deployWithMigration, type Environment, type ResultAsync, restoreDb, resume, rollBack, type RunStore, type ScriptError } from '@graasp/deploy';

/** Goes on with a run, whichever recipe it is of. */
export function continueRun(env: Environment, runStore: RunStore, run: string, retryMigration: boolean): ResultAsync<unknown, ScriptError> {
  return runStore.read(`${env.definition.name}/runs/${run}`).andThen((journal): ResultAsync<unknown, ScriptError> => {
    const { recipe } = JSON.parse(journal?.body ?? '{}') as { readonly recipe?: string };
    if (recipe === 'restoreDb') return resume(env, restoreDb, run);
    if (recipe === 'rollBack') return resume(env, rollBack, run);
    return resume(env, deployWithMigration, run, retryMigration ? { retryMigration: true } : {});
  });
}
