/**
 * Prints the policies that a role needs for recipes on Graasp's dev environment: `npx tsx examples/required-permissions.ts deployWithMigration restoreDb`;
 * those of who may only look: `npx tsx examples/required-permissions.ts readState planTransition preflight plan`. Against a cloud in this process.
 */
// #region main
import { connect, type RecipeName, requiredPermissions, runScript, s3RunStore } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

// names that are none are told, all of them at once
const asked = commandLine({ words: ['RECIPE', '…'] }).words as readonly RecipeName[];
const recipes: readonly RecipeName[] = asked.length > 0 ? asked : ['deployWithMigration', 'restoreDb', 'rollBack', 'reopen'];
const looks = recipes.every((recipe) => ['readState', 'planTransition', 'preflight', 'plan'].includes(recipe));
// who only looks is not asked about what it may change
const principal = looks ? {} : { principal: 'arn:aws:iam::123456789012:role/release' };

await using cloud = await startLocalCloud({ blueprint: { ...graaspBlueprint('dev'), buckets: ['graasp-releases'] }, images: graaspImages() });

await runScript((signal) =>
  connect(graaspDev, { ...cloud.connection, signal, runStore: s3RunStore({ bucket: 'graasp-releases', self: { actor: 'anna@laptop' } }) })
    .andThen((env) => requiredPermissions(env, recipes, principal))
    .andTee(({ policies, characters }) => {
      // a policy a line of text would be as good: IAM does not count white space
      for (const policy of policies) console.log(JSON.stringify(policy, null, 2));
      process.stderr.write(`${recipes.join(', ')}: ${policies.length === 1 ? 'one managed policy' : `${policies.length} managed policies`} of ${characters.join(' and ')} characters (6,144 each is the most)\n`);
    }),
);
// #endregion main
