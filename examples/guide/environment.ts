import { defineEnvironment, secretFromEnv } from '@graasp/deploy';

export const environment = defineEnvironment({
  name: 'production',
  region: 'eu-central-1',
  cluster: 'shop',
  loadBalancer: 'shop',
  database: 'shop',
  services: {
    office: { role: 'administration', desiredCount: 1, databases: ['shop'] },
    web: { role: 'application', desiredCount: 2, databases: ['shop'], release: { web: { tag: 'web-{version}' } } },
  },
  maintenance: {
    headerName: secretFromEnv('MAINTENANCE_HEADER_NAME'),
    headerValue: secretFromEnv('MAINTENANCE_HEADER_SECRET'),
  },
  migration: { taskDefinitionFamily: 'migrate', container: 'migrate', tag: 'migrate-{version}', networkOf: 'web', statusCommand: ['node', 'status.mjs'] },
  images: { repository: 'shop', mutableTags: { web: 'web-latest', migrate: 'migrate-latest' } },
  checks: [{ name: 'front page', url: 'https://shop.test/' }],
});
