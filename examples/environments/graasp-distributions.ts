import type { EnvironmentDefinition } from '@graasp/deploy';
import type { Blueprint } from '@graasp/local-cloud';

/** What Graasp's pages load from CloudFront, and the function that keeps visitors from it: of a local cloud's dev environment. The ids are made up. */
export const graaspDistributions: NonNullable<Blueprint['cloudFront']> = {
  functions: [{ name: 'maintenance-gate', redirects: { without: { name: process.env['MAINTENANCE_HEADER_NAME'] ?? 'x-operator', value: process.env['MAINTENANCE_HEADER_SECRET'] ?? 'only-on-this-machine' }, to: 'https://maintenance.dev.graasp.org/' } }],
  distributions: [
    { id: 'E1GRAASPASSETS', aliases: ['assets.dev.graasp.org'], answers: { '/': 'assets' } },
    { id: 'E2GRAASPH5P', aliases: ['h5p.dev.graasp.org'], answers: { '/': 'h5p' } },
  ],
};

/** The gate as Graasp would declare it. */
export const graaspCloudFrontGate: NonNullable<EnvironmentDefinition['maintenance']['cloudFront']> = {
  functionName: 'maintenance-gate',
  distributions: graaspDistributions.distributions.map(({ id }) => id),
};
