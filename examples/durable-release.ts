/**
 * A release as an AWS Lambda durable function, under AWS's own local test runner: nothing is deployed. The function is suspended in every long
 * wait, and its time passes in a cloud in this process. AWS's packages for it ask for Node 22 or newer: on 20 it was seen to run,
 * and nothing holds that. `npx tsx examples/durable-release.ts`.
 */
import { connect, deployWithMigration, s3RunStore } from '@graasp/deploy';
import { durableRecipe } from '@graasp/deploy/durable';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { runDurably } from './durable-runner.js';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

commandLine({});
process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

await using cloud = await startLocalCloud({ blueprint: { ...graaspBlueprint('dev'), buckets: ['graasp-releases'] }, images: graaspImages() });

// #region main
// on AWS: export const handler = withDurableExecution(release);
const release = durableRecipe(deployWithMigration, () => connect(graaspDev, { ...cloud.connection, runStore: s3RunStore({ bucket: 'graasp-releases' }) }));
// #endregion main

const { result, invocations } = await runDurably({ handler: release, event: { version: 'v1.55.0', reopen: 'when-verified' }, clock: cloud.clock });
const names = result.getOperations().map((operation) => operation.getName() ?? '');
// `await-drained: visitors to have left` is a wait, in the step before the colon
for (const wait of new Set(names.filter((name) => name.includes(': ')))) {
  const [step, what] = wait.split(': ');
  console.log(`${step}: suspended ${names.filter((name) => name === wait).length} times, waiting for ${what}`);
}
console.log(`${invocations} invocations, ${names.length} of the 3,000 operations of an execution`);
if (result.getStatus() === 'SUCCEEDED') console.log((result.getResult() as { readonly summary: string }).summary);
else console.error(result.getError().errorMessage);
process.exitCode = result.getStatus() === 'SUCCEEDED' ? 0 : 1;
