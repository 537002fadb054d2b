import { connect, deployWithMigration, type Environment, fileRunStore, releaseHold, reopen, restoreDb, type ResultAsync, resume, rollBack, runReport, runScript, type ScriptError, terminalReporter } from '@graasp/deploy';
import { commands } from './commands.js';
import { environment } from './environment.js';

const [way = '', what = '', more = ''] = process.argv.slice(2);

function goOn(env: Environment): ResultAsync<unknown, ScriptError> {
  if (way === 'resume') return resumeRun(env, more === '--retry-migration' ? { retryMigration: true } : {});
  if (way === 'reopen') return reopen(env, { run: what });
  if (way === 'restore') return restoreDb(env, { confirm: environment.database, from: { snapshotId: what } });
  if (way === 'roll-back') return rollBack(env, { to: what });
  return releaseHold(env, { run: what, reason: more });
}

/** A run is resumed with the recipe that it is of. */
function resumeRun(env: Environment, again: { readonly retryMigration?: boolean }): ResultAsync<unknown, ScriptError> {
  return runReport(env, what).andThen(({ recipe }): ResultAsync<unknown, ScriptError> => {
    if (recipe === 'restoreDb') return resume(env, restoreDb, what);
    if (recipe === 'rollBack') return resume(env, rollBack, what);
    if (recipe === 'reopen') return resume(env, reopen, what);
    return resume(env, deployWithMigration, what, again);
  });
}

if (!/^(resume \S+( --retry-migration)?|(reopen|restore|roll-back) \S+|release-hold \S+ .+)$/.test(process.argv.slice(2).join(' '))) {
  console.error('go-on.ts resume RUN [--retry-migration] | reopen RUN | restore SNAPSHOT | roll-back VERSION | release-hold RUN REASON');
  process.exit(2);
}
const reporter = terminalReporter();
await runScript(
  (signal) =>
    connect(environment, { signal, runStore: fileRunStore('.runs', { acknowledged: true }), reporters: [reporter], commands }).andThen(goOn),
  { reporters: [reporter] },
);
