import { describe, expect, it } from 'vitest';
import { graaspBlueprint } from './graasp-blueprint.js';
import { graaspDev, graaspProduction } from './graasp-definition.js';
import { graaspEnvironment } from './graasp-environment.js';
import { graaspImages, NEXT_VERSION, referencesOf } from './graasp-images.js';

describe.each([
  ['dev', graaspDev],
  ['production', graaspProduction],
] as const)('the definition of %s', (name, definition) => {
  const facts = graaspEnvironment(name);

  it('names what exists', () => {
    const { name: environment, region, cluster, loadBalancer, database } = facts;

    expect(definition).toMatchObject({ name: environment, region, cluster, loadBalancer, database });
  });

  it('gives each service its role, tasks and databases', () => {
    const particulars = Object.entries(definition.services).map(([service, { role, desiredCount, databases }]) => ({ name: service, role, desiredCount, databases }));

    expect(particulars).toEqual(facts.services.map((service) => ({ name: service.name, role: service.role, desiredCount: service.desiredCount, databases: service.databases })));
  });

  it('releases the containers that deploy-core deploys today, from images that exist', () => {
    const released = Object.values(definition.services).flatMap((service) => Object.entries(service.release ?? {}));
    const today = facts.services.filter((service) => service.deployedByDeployCore).flatMap(({ containers }) => containers.filter((container) => container.publicImageTag));
    const references = graaspImages().flatMap(referencesOf);

    expect(released.map(([container, { tag }]) => [container, tag])).toEqual(today.map((container) => [container.name, container.publicImageTag?.replace('<version>', '{version}')]));
    for (const [, { tag }] of released) expect(references).toContain(`graasp:${tag.replace('{version}', NEXT_VERSION)}`);
    for (const tag of Object.values(definition.images?.mutableTags ?? {})) expect(references).toContain(`graasp:${tag}`);
  });

  it('names the task of the migration as it is', () => {
    expect(definition.migration).toMatchObject({ taskDefinitionFamily: facts.migration.taskDefinitionFamily, container: facts.migration.container, tag: facts.migration.publicImageTag.replace('<version>', '{version}') });
  });

  it('checks only hosts that a rule has', () => {
    const hosts = graaspBlueprint(name).loadBalancer.listeners.flatMap(({ rules }) =>
      rules.flatMap(({ conditions }) => conditions.flatMap((condition) => ('hostHeader' in condition ? condition.hostHeader : []))),
    );

    for (const { url } of definition.checks ?? []) expect(hosts).toContain(new URL(url).hostname);
  });
});
