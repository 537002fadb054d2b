/** The smallest script that releases on AWS: README.md and packages/deploy/README.md show it, word for word. */
// #region main
import { connect, defineEnvironment, deployWithMigration, fileRunStore, runScript, secretFromEnv, terminalReporter } from '@graasp/deploy';

const shop = defineEnvironment({
  name: 'production',
  region: 'eu-central-1',
  cluster: 'shop',
  loadBalancer: 'shop',
  database: 'shop',
  services: {
    web: { role: 'application', desiredCount: 2, release: { web: { tag: 'web-{version}' } } },
    office: { role: 'administration', desiredCount: 1 },
  },
  maintenance: { headerName: 'x-operator', headerValue: secretFromEnv('OPERATOR_SECRET') },
  // the status command is in the migration's image, and its last line tells the schema: without one nobody knows it after a failure
  migration: { taskDefinitionFamily: 'migrate', tag: 'migrate-{version}', networkOf: 'web', statusCommand: ['node', 'status.mjs'] },
  images: { repository: 'shop', mutableTags: { web: 'web-latest' } },
});

await runScript((signal) =>
  connect(shop, { signal, runStore: fileRunStore('.runs', { acknowledged: true }), reporters: [terminalReporter()] })
    .andThen((env) => deployWithMigration(env, { version: 'v1.54.8', reopen: 'when-verified' })),
);
// #endregion main
