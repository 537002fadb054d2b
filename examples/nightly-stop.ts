/**
 * What a schedule does to Graasp's dev environment on a weekday's evening, and again in the morning: `npx tsx examples/nightly-stop.ts`. In
 * virtual time. A release that is under way, or has left the environment held, is left alone: the schedule's run is refused, and changes nothing.
 */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { connect, ResultAsync, runScript, terminalReporter, transitionTo } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const untilMorningMs = 12 * 60 * 60 * 1000;
await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });
const reporter = terminalReporter();

await runScript(
  (signal) =>
    connect(graaspDev, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) =>
      transitionTo(env, 'stopped')
        .andThen(() => ResultAsync.fromSafePromise(cloud.clock.sleep(untilMorningMs)))
        .andThen(() => transitionTo(env, 'running')),
    ),
  { reporters: [reporter] },
);
// #endregion main
