import { connect, fileRunStore, runScript, setMaintenance, terminalReporter } from '@graasp/deploy';
import { commands } from './commands.js';
import { environment } from './environment.js';

const reporter = terminalReporter();
await runScript(
  (signal) =>
    connect(environment, { signal, runStore: fileRunStore('.runs', { acknowledged: true }), reporters: [reporter], commands })
      .andThen((env) => setMaintenance(env, 'off')),
  { reporters: [reporter] },
);
