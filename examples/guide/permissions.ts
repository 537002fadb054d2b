import { connect, fileRunStore, type RecipeName, requiredPermissions, runScript } from '@graasp/deploy';
import { environment } from './environment.js';

/** Who releases, and goes back; who may only look. */
const recipesOf: Readonly<Record<string, readonly RecipeName[]>> = {
  release: ['deployWithMigration', 'restoreDb', 'rollBack', 'reopen'],
  look: ['readState', 'planTransition', 'preflight', 'plan'],
};
const [who = '', principal] = process.argv.slice(2);
const recipes = recipesOf[who];
if (recipes === undefined) {
  console.error('permissions.ts release [ARN of the role] | look');
  process.exit(2);
}
await runScript((signal) =>
  connect(environment, { signal, runStore: fileRunStore('.runs', { acknowledged: true }) })
    .andThen((env) => requiredPermissions(env, recipes, { principal }))
    .andTee(({ policies }) => policies.forEach((policy) => console.log(JSON.stringify(policy, null, 2)))),
);
