import { connect, fileRunStore, runScript, setMaintenance, terminalReporter } from '@graasp/deploy';
import { environment } from './environment.js';

const reporter = terminalReporter();
await runScript(
  (signal) =>
    connect(environment, { signal, runStore: fileRunStore('.runs', { acknowledged: true }), reporters: [reporter] })
      .andThen((env) => setMaintenance(env, 'off')),
  { reporters: [reporter] },
);
