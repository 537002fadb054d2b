/** What `migrate.ts` does, whatever the directory in which it is called. */
import { connect, deployWithMigration, type Environment, jsonLinesReporter, plan, releaseHold, reopen, restoreDb, type ResultAsync, rollBack, runScript, type ScriptError, terminalReporter } from '@graasp/deploy';
import { continueRun } from './guide/continue-run.js';
import type { Flags } from './rehearsal/flags.js';
import { openStage, stopRehearsal } from './rehearsal/open-stage.js';
import type { Stage } from './rehearsal/stage.js';
import { tellWhatIsLeft } from './rehearsal/tell-what-is-left.js';
import { tellPlan } from './rehearsal/tell-plan.js';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

// #region main
export async function release(flags: Flags): Promise<void> {
  if (flags.does === 'stop') return runScript(stopRehearsal);
  const reporter = flags.json ? jsonLinesReporter((line) => process.stdout.write(line)) : terminalReporter();
  await runScript(
    (signal) =>
      openStage(flags, signal).andThen((stage): ResultAsync<unknown, ScriptError> => {
        const { connection, runStore, checks, commands } = stage;
        const reporters = [reporter, ...stage.reporters];
        const released = connect(stage.definition, { ...connection, runStore, checks, commands, reporters, signal }).andThen((env) => act(env, flags, stage)).map((report) => tellWhatIsLeft(report, flags.json));
        return stage.conclude(released);
      }),
    { reporters: [reporter] },
  );
}

function act(env: Environment, flags: Flags, { lastRun }: Stage): ResultAsync<unknown, ScriptError> {
  const options = { version: flags.version, reopen: 'when-verified' } as const;
  const run = flags.run ?? lastRun ?? '';
  switch (flags.does) {
    case 'plan':
      return plan(env, deployWithMigration, options).map((planned) => console.log(flags.json ? JSON.stringify({ type: 'plan', ...planned }) : tellPlan(planned)));
    case 'resume':
      return continueRun(env, run, flags.retryMigration ? { retryMigration: true } : {});
    case 'reopen':
      return reopen(env, { run });
    case 'restore':
      return restoreDb(env, { confirm: env.definition.database, from: { snapshotId: flags.snapshot } });
    case 'roll-back':
      return rollBack(env, { to: flags.version });
    case 'release-hold':
      return releaseHold(env, { run, reason: flags.reason });
    default:
      return deployWithMigration(env, options);
  }
}
// #endregion main
