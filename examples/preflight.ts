/** Looks at everything that could stop a release to Graasp's dev environment, and changes nothing: `npx tsx examples/preflight.ts v1.55.0`. In virtual time. */
// #region main
import { connect, preflight, renderPreflight, runScript } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const [version = 'v1.55.0'] = commandLine({ words: ['VERSION'] }).words;
await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });

await runScript((signal) =>
  connect(graaspDev, { ...cloud.connection, signal }).andThen((env) =>
    preflight(env, { version })
      .andTee(({ checks }) => console.log(renderPreflight(checks)))
      .orTee((error) => error.kind === 'PreflightFailed' && console.log(renderPreflight(error.checks))),
  ),
);
// #endregion main
