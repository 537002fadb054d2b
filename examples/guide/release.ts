import { connect, deployWithMigration, fileRunStore, runScript, terminalReporter } from '@graasp/deploy';
import { commands } from './commands.js';
import { environment } from './environment.js';

const reporter = terminalReporter();
await runScript(
  (signal) =>
    connect(environment, { signal, runStore: fileRunStore('.runs', { acknowledged: true }), reporters: [reporter], commands })
      .andThen((env) => deployWithMigration(env, { version: 'v1.1.0' })),
  { reporters: [reporter] },
);
