/**
 * Closes Graasp's dev environment to visitors with everything that its pages load from CloudFront, and opens it again:
 * `npx tsx examples/close-distributions.ts`. In virtual time; the package `@aws-sdk/client-cloudfront` is needed.
 */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { connect, defineEnvironment, readState, runScript, setMaintenance, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspCloudFrontGate, graaspDistributions } from './environments/graasp-distributions.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const environment = defineEnvironment({ ...graaspDev, maintenance: { ...graaspDev.maintenance, cloudFront: graaspCloudFrontGate } });

await using cloud = await startLocalCloud({ blueprint: { ...graaspBlueprint('dev'), cloudFront: graaspDistributions }, images: graaspImages() });
const reporter = terminalReporter();

await runScript(
  (signal) =>
    connect(environment, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) =>
      setMaintenance(env, 'on')
        .map(({ distributionsChanged }) => console.log(`Closed too: ${distributionsChanged.join(', ')}`))
        .andThen(() => readState(env))
        .map(({ state }) => console.log(`It is ${state}.`))
        .andThen(() => setMaintenance(env, 'off'))
        .map(({ distributionsChanged }) => console.log(`Open again: ${distributionsChanged.join(', ')}`)),
    ),
  { reporters: [reporter] },
);
// #endregion main
