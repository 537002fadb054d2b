import { connect, deployWithMigration, fileRunStore, runScript, terminalReporter } from '@graasp/deploy';
import { environment } from './environment.js';

const reporter = terminalReporter();
await runScript(
  (signal) =>
    connect(environment, { signal, runStore: fileRunStore('.runs', { acknowledged: true }), reporters: [reporter] })
      .andThen((env) => deployWithMigration(env, { version: 'v1.1.0' })),
  { reporters: [reporter] },
);
