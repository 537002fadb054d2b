import { connect, fileRunStore, preflight, renderPreflight, runScript } from '@graasp/deploy';
import { commands } from './commands.js';
import { environment } from './environment.js';

await runScript((signal) =>
  connect(environment, { signal, runStore: fileRunStore('.runs', { acknowledged: true }), commands }).andThen((env) =>
    preflight(env, { version: 'v1.1.0' })
      .andTee(({ checks }) => console.log(renderPreflight(checks)))
      .orTee((error) => error.kind === 'PreflightFailed' && console.log(renderPreflight(error.checks))),
  ),
);
