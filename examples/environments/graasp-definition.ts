import { defineEnvironment, secretFromEnv } from '@graasp/deploy';

/** Graasp's development environment, as `connect` takes it. */
export const graaspDev = defineEnvironment(
  graasp({ name: 'dev', region: 'eu-central-1', resources: 'graasp-dev', domain: 'dev.graasp.org', coreTasks: 1 }),
);

/** Between the two, as dev is: nothing of it is public, so that its names follow theirs. */
export const graaspStage = defineEnvironment(
  graasp({ name: 'stage', region: 'eu-central-1', resources: 'graasp-stage', domain: 'stage.graasp.org', coreTasks: 1 }),
);

/** Graasp's production environment. */
export const graaspProduction = defineEnvironment(
  graasp({ name: 'production', region: 'eu-central-2', resources: 'graasp-prod', domain: 'graasp.org', coreTasks: 2 }),
);

interface Particulars {
  readonly name: string;
  readonly region: string;
  /** Name of the cluster, the balancer and the database alike. */
  readonly resources: string;
  readonly domain: string;
  readonly coreTasks: number;
}

/** What all of them have in common. Whatever AWS can tell (rules, target groups, scaling limits, networks) is not repeated here. */
function graasp({ name, region, resources, domain, coreTasks }: Particulars) {
  return {
    name,
    region,
    cluster: resources,
    loadBalancer: resources,
    database: resources,
    services: {
      graasp: {
        role: 'application',
        desiredCount: coreTasks,
        databases: ['graasp'],
        // After the last request the workers empty the queue, which lives in redis.
        dependsOn: ['workers', 'redis', 'meilisearch', 'iframely'],
        release: { core: { tag: 'core-{version}' } },
      },
      workers: {
        role: 'application',
        desiredCount: 1,
        databases: ['graasp'],
        dependsOn: ['redis', 'meilisearch'],
        release: { 'graasp-worker': { tag: 'workers-{version}' } },
      },
      'graasp-library': { role: 'application', desiredCount: 1, databases: [] },
      etherpad: { role: 'application', desiredCount: 1, databases: ['etherpad'] },
      meilisearch: { role: 'application', desiredCount: 1, databases: [] },
      iframely: { role: 'application', desiredCount: 1, databases: [] },
      redis: { role: 'application', desiredCount: 1, databases: [], volatile: true },
      admin: { role: 'administration', desiredCount: 1, databases: ['graasp'] },
      umami: { role: 'administration', desiredCount: 1, databases: ['umami'] },
    },
    maintenance: {
      headerName: secretFromEnv('MAINTENANCE_HEADER_NAME'),
      headerValue: secretFromEnv('MAINTENANCE_HEADER_SECRET'),
    },
    migration: {
      taskDefinitionFamily: 'migrate',
      container: 'migrate',
      tag: 'migrate-{version}',
      networkOf: 'graasp',
      statusCommand: ['node', 'status.mjs'],
    },
    images: {
      repository: 'graasp',
      mutableTags: { core: 'core-latest', 'graasp-worker': 'workers-latest', migrate: 'migrate-latest' },
    },
    checks: [
      { name: 'core version', url: `https://api.${domain}/api/version`, versionAt: 'version' },
      { name: 'core version, single origin', url: `https://${domain}/api/version`, versionAt: 'version' },
      { name: 'items', url: `https://api.${domain}/items`, bodyIncludes: '"items":[{' },
      { name: 'members', url: `https://api.${domain}/api/members`, bodyIncludes: '"members":[{' },
      { name: 'library', url: `https://library.${domain}/api/status` },
      { name: 'etherpad', url: `https://etherpad.${domain}/` },
    ],
  } as const;
}
