import { describe, expect, it } from 'vitest';
import { graaspBlueprint } from './graasp-blueprint.js';
import { graaspEnvironment } from './graasp-environment.js';
import { graaspImages, referencesOf } from './graasp-images.js';

describe.each(['dev', 'production'] as const)('graaspBlueprint of %s', (name) => {
  const facts = graaspEnvironment(name);
  const blueprint = graaspBlueprint(name);
  const rules = blueprint.loadBalancer.listeners.flatMap((listener) => listener.rules);

  it('has every rule with its conditions and transforms as they are', () => {
    const exact = ({ priority, name: rule, conditions, transforms }: { priority: number; name: string; conditions: unknown; transforms?: unknown }) => ({ priority, rule, conditions, transforms });

    expect(rules.map(exact)).toEqual(facts.listeners['HTTPS:443'].rules.map(exact));
  });

  it('forwards only to target groups that exist, and every target group is forwarded to', () => {
    const forwarded = rules.flatMap(({ action }) => ('forward' in action ? [action.forward] : []));

    expect([...new Set(forwarded)].sort()).toEqual(blueprint.targetGroups.map((group) => group.name).sort());
  });

  it('gives each service with a target group a container that listens on its port', () => {
    for (const { taskDefinition, targetGroup } of blueprint.services.filter((service) => service.targetGroup !== undefined)) {
      expect(taskDefinition.containers).toContainEqual(expect.objectContaining({ name: targetGroup?.containerName, port: targetGroup?.containerPort }));
    }
  });

  it('connects to the database exactly the containers that use it', () => {
    const connected = [...blueprint.services.map(({ taskDefinition }) => taskDefinition), ...blueprint.tasks].flatMap(({ containers }) =>
      containers.flatMap(({ name: container, environment }) => (environment === undefined ? [] : [[container, environment.DB_CONNECTION]])),
    );

    expect(Object.fromEntries(connected)).toEqual({
      core: '{database:graasp}',
      'graasp-worker': '{database:graasp}',
      admin: '{database:graasp}',
      etherpad: '{database:etherpad}',
      umami: '{database:umami}',
      migrate: '{database:graasp}',
    });
    expect(blueprint.database.databases).toEqual(['graasp', 'etherpad', 'umami']);
  });

  it('uses only images that are declared', () => {
    const declared = graaspImages().flatMap(referencesOf);
    const used = [...blueprint.services.map(({ taskDefinition }) => taskDefinition), ...blueprint.tasks].flatMap(({ containers }) => containers.map(({ image }) => image));
    const instances = blueprint.targetGroups.flatMap(({ instanceImage }) => instanceImage ?? []);

    expect(declared).toEqual(expect.arrayContaining([...used, ...instances]));
  });
});

describe('graaspBlueprint', () => {
  it('has the collaboration server on an instance, in dev only', () => {
    const instances = (name: 'dev' | 'production') => graaspBlueprint(name).targetGroups.flatMap(({ instanceImage }) => instanceImage ?? []);

    expect(instances('dev')).toEqual(['graasp/collab']);
    expect(instances('production')).toEqual([]);
  });

  it('has the sizes and limits of its environment', () => {
    const core = (name: 'dev' | 'production') => graaspBlueprint(name).services.find((service) => service.name === 'graasp');

    expect(core('dev')).toMatchObject({ desiredCount: 1, spot: 'OnlySpot', autoScaling: { min: 1, max: 8 }, circuitBreaker: false, minimumHealthyPercent: 100, maximumPercent: 200 });
    expect(core('production')).toMatchObject({ desiredCount: 2, spot: 'UpscaleWithSpot', autoScaling: { min: 2, max: 8 } });
    expect(graaspBlueprint('production')).toMatchObject({ region: 'eu-central-2', cluster: 'graasp-prod', database: { identifier: 'graasp-prod', engineVersion: '16.11', backupRetentionDays: 7, extensions: ['ltree', 'uuid-ossp', 'citext'] } });
    expect(graaspBlueprint('dev').targetGroups[0]).toEqual({
      name: 'graasp',
      port: 3111,
      healthCheckPath: '/health',
      healthCheckIntervalSeconds: 60,
      healthCheckTimeoutSeconds: 15,
      healthyThreshold: 3,
      unhealthyThreshold: 3,
      deregistrationDelaySeconds: 300,
    });
  });
});
