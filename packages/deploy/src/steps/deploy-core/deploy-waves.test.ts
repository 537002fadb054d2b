import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { EnvironmentDefinition } from '../../environment/definition.js';
import { deployWaves } from './deploy-waves.js';

type Services = EnvironmentDefinition['services'];
const application = (dependsOn: readonly string[] = []) => ({ role: 'application' as const, desiredCount: 1, dependsOn });

describe('deployWaves', () => {
  it('brings up what is needed, then what is released, then the others, then administration', () => {
    const services: Services = {
      graasp: application(['workers', 'redis']),
      workers: application(['redis', 'meilisearch']),
      library: application(['graasp']),
      etherpad: application(),
      meilisearch: application(),
      redis: application(),
      admin: { role: 'administration', desiredCount: 1 },
    };
    const toDeploy = { released: ['graasp', 'workers'], others: ['library', 'etherpad', 'meilisearch', 'redis'], administration: ['admin'] };
    expect(deployWaves(services, toDeploy)).toEqual([['meilisearch', 'redis'], ['workers'], ['graasp'], ['library', 'etherpad'], ['admin']]);
  });

  it('puts what a released service needs before it also when that needs a released one itself', () => {
    const services: Services = { a: application(['b']), b: application(['c']), c: application() };
    expect(deployWaves(services, { released: ['a', 'c'], others: ['b'], administration: [] })).toEqual([['c'], ['b'], ['a']]);
  });

  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const graph = fc.tuple(...names.map((_, at) => fc.subarray(names.slice(0, at)))).map((edges) => Object.fromEntries(names.map((name, at) => [name, application(edges[at])])));

  test.prop([graph, fc.shuffledSubarray(names), fc.shuffledSubarray(names)])('starts each service once, and never before what it depends on', (services, released, others) => {
    const rest = others.filter((name) => !released.includes(name));
    const waves = deployWaves(services, { released, others: rest, administration: [] });
    expect(waves.flat().sort()).toEqual([...released, ...rest].sort());
    const waveOf = (name: string) => waves.findIndex((wave) => wave.includes(name));
    for (const name of waves.flat()) for (const needed of services[name]!.dependsOn) expect(waveOf(needed)).toBeLessThan(waveOf(name));
  });
});
