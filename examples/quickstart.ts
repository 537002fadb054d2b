/** A whole release of Graasp's dev environment against a cloud in this process, in virtual time: `npx tsx examples/quickstart.ts`. */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { connect, deployWithMigration, runScript, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });
const reporter = terminalReporter();

await runScript(
  (signal) =>
    connect(graaspDev, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) =>
      deployWithMigration(env, { version: 'v1.55.0', reopen: 'when-verified' }),
    ),
  { reporters: [reporter] },
);
// #endregion main
