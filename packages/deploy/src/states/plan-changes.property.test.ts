import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { PlannedChange } from '../runs/plan.js';
import { type FoundConfiguration, type FoundRule, type FoundService, planChanges } from './plan-changes.js';
import { stateDefinitions, type StateName, stateNames } from './state-definitions.js';

const services = {
  core: { role: 'application', desiredCount: 2, dependsOn: ['cache'] },
  cache: { role: 'application', desiredCount: 1, volatile: true },
  admin: { role: 'administration', desiredCount: 1 },
  stats: { role: 'administration', desiredCount: 1 },
} as const;

const anyService = fc.record({
  desiredCount: fc.integer({ min: 0, max: 3 }),
  runningCount: fc.integer({ min: 0, max: 3 }),
  scaling: fc.option(fc.record({ minCapacity: fc.integer({ min: 0, max: 3 }), maxCapacity: fc.constant(8), suspended: fc.boolean() }), { nil: null }),
});
const anyRules = fc
  .uniqueArray(fc.record({ priority: fc.integer({ min: 1, max: 50 }), closed: fc.boolean(), administration: fc.constantFrom([], [], ['admin'], ['stats']) }), { minLength: 1, maxLength: 8, selector: ({ priority }) => priority })
  .map((rules): readonly FoundRule[] => rules.map((rule) => ({ ...rule, name: `rule ${rule.priority}` })));
const found: fc.Arbitrary<FoundConfiguration> = fc.record({
  definition: fc.constant({ database: 'db', services }),
  rules: anyRules,
  services: fc.record({ core: anyService, cache: anyService, admin: anyService, stats: anyService }),
  databaseStatus: fc.constantFrom('available', 'backing-up', 'starting', 'stopped', 'stopping', 'modifying'),
});
const anyState = fc.constantFrom(...stateNames);

/** The configuration after one change of a plan. */
function apply(before: FoundConfiguration, { resource, to }: PlannedChange): FoundConfiguration {
  const [, kind, name = ''] = /^(rule|service|scaling of service|database instance) (.+)$/.exec(resource) ?? [];
  const set = (service: string, change: Partial<FoundService>) => ({ ...before, services: { ...before.services, [service]: { ...before.services[service]!, ...change } } });
  if (kind === 'rule') return { ...before, rules: before.rules.map((rule) => (rule.name === resource ? { ...rule, closed: to === 'closed' } : rule)) };
  if (kind === 'database instance') return { ...before, databaseStatus: to };
  if (kind === 'service') return set(name, { desiredCount: Number.parseInt(to, 10), runningCount: Number.parseInt(to, 10) });
  const [min, max] = to.split(' to ').map(Number);
  return set(name, { scaling: { minCapacity: min!, maxCapacity: max!, suspended: false } });
}

function changesOf(configuration: FoundConfiguration, to: StateName): readonly PlannedChange[] {
  return planChanges(configuration, to).steps.flatMap(({ changes }) => changes);
}

/** The configuration before, and after each of the changes. */
function course(configuration: FoundConfiguration, to: StateName): readonly FoundConfiguration[] {
  return changesOf(configuration, to).reduce<readonly FoundConfiguration[]>((states, change) => [...states, apply(states.at(-1)!, change)], [configuration]);
}

const applicationRules = ({ rules }: FoundConfiguration) => rules.filter(({ administration }) => administration.length === 0);
const isUp = (configuration: FoundConfiguration) => configuration.services['core']!.desiredCount >= 2 && configuration.services['cache']!.desiredCount >= 1 && configuration.databaseStatus !== 'stopped';

describe('planChanges, from any configuration to any state', () => {
  test.prop([found, anyState])('leaves nothing to change once it is carried out', (configuration, to) => {
    expect(planChanges(course(configuration, to).at(-1)!, to)).toEqual({ steps: [], refusals: [] });
  });

  test.prop([found, anyState])('never opens a door of the application before everything behind it is up, nor stops anything behind one that is open', (configuration, to) => {
    const states = course(configuration, to);
    for (const [index, state] of states.slice(1).entries()) {
      const before = states[index]!;
      const opened = applicationRules(state).filter(({ closed }) => !closed).length > applicationRules(before).filter(({ closed }) => !closed).length;
      const wentDown = isUp(before) && !isUp(state);
      if (opened) expect(isUp(state)).toBe(true);
      if (wentDown) expect(applicationRules(state).filter(({ closed }) => !closed)).toEqual([]);
    }
  });

  test.prop([found, anyState])('has the database on whenever it starts a service, and every service off before it stops it', (configuration, to) => {
    const states = course(configuration, to);
    for (const [index, { resource, to: target }] of changesOf(configuration, to).entries()) {
      const before = states[index]!;
      if (resource.startsWith('service ') && Number.parseInt(target, 10) > 0) expect(['available', 'backing-up']).toContain(before.databaseStatus);
      if (target === 'stopped') expect(Object.values(before.services).filter(({ desiredCount }) => desiredCount > 0)).toEqual([]);
    }
  });

  test.prop([found, anyState])('closes the rules of administration exactly where that is off', (configuration, to) => {
    const after = course(configuration, to).at(-1)!;
    const theirs = after.rules.filter(({ administration }) => administration.length > 0);
    expect(theirs.every(({ closed }) => closed === (stateDefinitions[to].administration === 'off'))).toBe(true);
  });

  test.prop([found, anyState])('closes from the highest priority number to the lowest, and opens the other way', (configuration, to) => {
    for (const { changes } of planChanges(configuration, to).steps) {
      const priorities = (wanted: string) => changes.filter(({ resource, to: target }) => resource.startsWith('rule ') && target === wanted).map(({ resource }) => Number(resource.slice(5)));
      expect(priorities('closed')).toEqual([...priorities('closed')].sort((left, right) => right - left));
      expect(priorities('open')).toEqual([...priorities('open')].sort((left, right) => left - right));
    }
  });
});
