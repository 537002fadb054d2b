import { describe, expect, it } from 'vitest';
import type { EnvironmentDefinition } from '../environment/definition.js';
import { startingRanks, stoppingRanks } from './ranks.js';

const service = (...dependsOn: readonly string[]) => ({ role: 'application', desiredCount: 1, dependsOn }) as const;
const services: EnvironmentDefinition['services'] = { web: service('api', 'cache'), api: service('cache'), jobs: service(), cache: { role: 'application', desiredCount: 1 } };

describe('ranks of services', () => {
  it('start what others need before those, and what needs nothing at once', () => {
    expect(startingRanks(services, ['web', 'api', 'jobs', 'cache'])).toEqual([['jobs', 'cache'], ['api'], ['web']]);
    expect(startingRanks(services, [])).toEqual([]);
  });

  it('stop the other way round', () => {
    expect(stoppingRanks(services, ['web', 'api', 'jobs', 'cache'])).toEqual([['web'], ['api'], ['jobs', 'cache']]);
  });

  it('count no dependency on what is not among them', () => {
    expect(startingRanks(services, ['web', 'jobs'])).toEqual([['web', 'jobs']]);
  });

  it('come to an end with a circle too', () => {
    expect(startingRanks({ a: service('b'), b: service('a'), c: service('a') }, ['a', 'b', 'c'])).toEqual([['a', 'b', 'c']]);
  });
});
