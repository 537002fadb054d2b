/**
 * The schedule that keeps a stopped environment's database stopped, although AWS starts it again after seven days. In virtual time, against a
 * cloud in this process: `npx tsx examples/keep-db-stopped.ts`.
 */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { connect, keepDbStopped, ok, runScript, safeTry, setMaintenance, startDb, stopDb, stopServices, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });
const reporter = terminalReporter();
const day = 24 * 60 * 60 * 1000;

await runScript(
  (signal) =>
    connect(graaspDev, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) =>
      safeTry(async function* () {
        yield* setMaintenance(env, 'on');
        yield* stopServices(env);
        const { startsAgainAt } = yield* stopDb(env);
        console.log(`stopped; AWS starts it again at ${startsAgainAt}`);

        // what is scheduled once a day: a script that connects and calls this
        for (let today = 1; today <= 9; today += 1) {
          await cloud.clock.sleep(day);
          const { stopped, why } = yield* keepDbStopped(env);
          console.log(`day ${today}: ${stopped ? 'stopped again' : 'left as it is'}: ${why}`);
        }

        const { endpoint } = yield* startDb(env);
        const { why } = yield* keepDbStopped(env);
        console.log(`started at ${endpoint?.address}, and left as it is: ${why}`);
        return ok(undefined);
      }),
    ),
  { reporters: [reporter] },
);
// #endregion main
