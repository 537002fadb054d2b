/**
 * Brings the code of Graasp's dev environment back to the version before, while visitors stay: `npx tsx examples/roll-back.ts`. `--migrated`: after a
 * release that has migrated the database, where that is refused. In virtual time.
 */
// #region main
import { connect, deployWithMigration, deployWithoutMigration, type ResultAsync, rollBack, runScript, type ScriptError, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages, NEXT_VERSION, PATCH_VERSION, patchImages, RUNNING_VERSION } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const { flags } = commandLine({ flags: { migrated: true } });

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: [...graaspImages(), ...patchImages()] });
const reporter = terminalReporter();

await runScript(
  (signal) =>
    connect(graaspDev, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) => {
      const released: ResultAsync<unknown, ScriptError> =
        flags.migrated === true ? deployWithMigration(env, { version: NEXT_VERSION, reopen: 'when-verified' }) : deployWithoutMigration(env, { version: PATCH_VERSION, to: 'running' });
      return released
        .andThen(() => rollBack(env, { to: RUNNING_VERSION }))
        .map(({ from }) => Object.entries(from).forEach(([service, version]) => console.log(`${service} was on ${version}`)));
    }),
  { reporters: [reporter] },
);
// #endregion main
