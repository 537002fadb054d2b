/** Deploys a version that needs no migration to Graasp's dev environment, while visitors stay: `npx tsx examples/deploy-without-migration.ts`. In virtual time. */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { connect, deployWithoutMigration, runScript, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages, PATCH_VERSION, patchImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: [...graaspImages(), ...patchImages()] });
const reporter = terminalReporter();

await runScript(
  (signal) => connect(graaspDev, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) => deployWithoutMigration(env, { version: PATCH_VERSION, to: 'running' })),
  { reporters: [reporter] },
);
// #endregion main
