import { apiCallsPerRecipe, recipesPerMinute } from './recipes.js';
import { importMilliseconds } from './import-time.js';
import { describeServicesPerSecond, secondsToReady } from './local-cloud.js';
import { packedSizes } from './packed-size.js';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

/** `npm run bench`: what is measured, and nothing that is asserted. Takes about two minutes. */
const measured: [string, () => string | Promise<string>][] = [
  ['import neverthrow alone, fresh process, median', () => importMilliseconds('neverthrow')],
  ['import @graasp/deploy, fresh process, median', () => importMilliseconds('@graasp/deploy')],
  ['require @graasp/deploy, fresh process, median', () => importMilliseconds('@graasp/deploy', 'require')],
  ['packed @graasp/deploy', () => packedSizes('packages/deploy')],
  ['packed @graasp/local-cloud', () => packedSizes('packages/local-cloud')],
  ['startLocalCloud to ready, model hosts, virtual clock', () => secondsToReady('model')],
  ['startLocalCloud to ready, real hosts', () => secondsToReady('real')],
  ['DescribeServices over HTTP, 16 at a time', describeServicesPerSecond],
  ['deployWithMigration, virtual time, one after the other', recipesPerMinute],
  ['AWS calls of one deployWithMigration', apiCallsPerRecipe],
];

for (const [name, measure] of measured) {
  const outcome = await Promise.resolve().then(measure).catch((error: unknown) => `not measured: ${String(error)}`);
  console.log(`${name.padEnd(58)} ${outcome}`);
}
