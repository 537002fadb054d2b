/**
 * The way back from a release that has migrated the database and does not work: `npx tsx examples/restore.ts`. Rehearses a restore, releases, and when
 * the new version does not come up brings database and code back and lets visitors in again. In virtual time, against a cloud in this process.
 */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { connect, deployWithMigration, err, ok, pruneSnapshots, rehearseRestore, reopen, restoreDb, rollBack, runScript, safeTry, snapshotDb, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages, NEXT_VERSION, RUNNING_VERSION } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });
cloud.faults.add({ kind: 'service-image', image: `core-${NEXT_VERSION}`, what: 'crash-loop' });
const reporter = terminalReporter();

await runScript(
  (signal) =>
    connect(graaspDev, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) =>
      safeTry(async function* () {
        yield* snapshotDb(env);
        const rehearsed = yield* rehearseRestore(env);
        console.log(`a restore takes ${Math.ceil(rehearsed.restoreSeconds / 60)} minutes, and two renames`);

        const released = await deployWithMigration(env, { version: NEXT_VERSION, reopen: 'when-verified' });
        if (released.isOk()) return err({ kind: 'NotExpected', message: 'the new version came up', remedy: 'Nothing is to be restored.' } as const);
        // whatever else has ended it (Ctrl-C, a snapshot that failed) is no reason to bring a database back
        if (released.error.kind !== 'DeploymentFailed') return err(released.error);
        for (const { text, command } of released.error.situation.nextActions) console.log(`next: ${text}: ${command}`);

        const told = await restoreDb(env, {});
        if (told.isErr()) console.log(told.error.message);
        const restored = yield* restoreDb(env, { confirm: 'graasp-dev' });
        for (const line of [...restored.infrastructure, ...restored.bringOver]) console.log(line);

        yield* rollBack(env, { to: RUNNING_VERSION });
        yield* reopen(env, { run: released.error.runId });
        const { summary } = yield* pruneSnapshots(env, { keep: 1 });
        console.log(summary);
        return ok(undefined);
      }),
    ),
  { reporters: [reporter] },
);
// #endregion main
