import { defineEnvironment, secretFromEnv } from '@graasp/deploy';

/** As small as it gets: one service that does everything, a balancer without HTTPS, and no words about who scales or works beside it. */
export const notes = defineEnvironment({
  name: 'notes',
  region: 'eu-west-1',
  cluster: 'notes',
  loadBalancer: 'notes',
  database: 'notes',
  services: {
    notes: { role: 'application', desiredCount: 1, release: { notes: { tag: '{version}' } } },
  },
  maintenance: { headerName: 'x-operator', headerValue: secretFromEnv('OPERATOR_SECRET') },
  migration: { taskDefinitionFamily: 'notes-migrate', container: 'migrate', tag: 'migrate-{version}', networkOf: 'notes' },
  images: { repository: 'notes', mutableTags: { notes: 'latest' } },
});
