/**
 * Migrates the database of Graasp's dev environment and stops there, in db-only: `npx tsx examples/apply-migration.ts`. `--deploy` then deploys
 * the version and lets visitors in; `v1.56.0-rc1` is a version whose migration fails, `--without-status` with nothing that tells what became of the
 * schema. In virtual time.
 */
// #region main
import { applyMigration, connect, deployWithoutMigration, readState, type ResultAsync, runScript, type ScriptError, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages, NEXT_VERSION } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const { flags, words } = commandLine({ flags: { deploy: true, 'without-status': true }, words: ['VERSION'] });
const [version = NEXT_VERSION] = words;
const { statusCommand: _, ...migration } = graaspDev.migration!;
const environment = flags['without-status'] === true ? { ...graaspDev, migration } : graaspDev;

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });
const reporter = terminalReporter();

await runScript(
  (signal) =>
    connect(environment, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) =>
      applyMigration(env, { version }).andThen((): ResultAsync<unknown, ScriptError> => {
        if (flags.deploy === true) return deployWithoutMigration(env, { version, to: 'running' });
        return readState(env).map(({ state }) => console.log(`dev is ${state}, and stays so until a version is deployed`));
      }),
    ),
  { reporters: [reporter] },
);
// #endregion main
