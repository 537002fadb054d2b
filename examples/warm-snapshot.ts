/**
 * Releases to Graasp's dev environment with a warm snapshot: taken beforehand, with visitors there, so that the one while they are kept out
 * copies only what changed since. Tells what that costs, then does it: `npx tsx examples/warm-snapshot.ts`. In virtual time.
 */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { connect, deployWithMigration, plan, runScript, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });
const reporter = terminalReporter();
const options = { version: 'v1.55.0', reopen: 'when-verified', warm: true } as const;

await runScript(
  (signal) =>
    connect(graaspDev, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) =>
      plan(env, deployWithMigration, options)
        .map(({ steps }) => steps.filter(({ name }) => name === 'warm-snapshot').forEach(({ changes }) => console.log(changes.map(({ why }) => why).join('\n'))))
        .andThen(() => deployWithMigration(env, options))
        .map(({ warmSnapshotId, restorePoint }) => console.log(`restore point ${restorePoint.snapshotId}; to be deleted when you like: ${warmSnapshotId}`)),
    ),
  { reporters: [reporter] },
);
// #endregion main
