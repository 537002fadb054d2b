import { defineEnvironment, secretFromEnv } from '@graasp/deploy';

/** As small as an environment can be that deployWithMigration still accepts. */
export const definition = defineEnvironment({
  name: 'small',
  region: 'eu-central-1',
  cluster: 'small',
  loadBalancer: 'small',
  database: 'small',
  services: {
    shop: { role: 'application', desiredCount: 1, databases: ['shop'], release: { web: { tag: 'web-{version}' } } },
  },
  maintenance: { headerName: 'x-maintenance', headerValue: secretFromEnv('MAINTENANCE_SECRET') },
  migration: { taskDefinitionFamily: 'migrate', tag: 'migrate-{version}', networkOf: 'shop', statusCommand: ['status'] },
  images: { repository: 'shop' },
});
