import type { EnvironmentDefinition } from '../environment/definition.js';

/**
 * Services in the order in which they may start: each rank needs only those before it. Stopping goes the other way.
 * What a service depends on outside `names` does not count.
 */
export function startingRanks(services: EnvironmentDefinition['services'], names: readonly string[]): readonly (readonly string[])[] {
  const ranks: string[][] = [];
  let left = [...names];
  while (left.length > 0) {
    const rank = left.filter((name) => !(services[name]?.dependsOn ?? []).some((needed) => left.includes(needed)));
    // defineEnvironment refuses cycles; whatever slips through still ends
    const next = rank.length > 0 ? rank : left;
    ranks.push([...next]);
    left = left.filter((name) => !next.includes(name));
  }
  return ranks;
}

export function stoppingRanks(services: EnvironmentDefinition['services'], names: readonly string[]): readonly (readonly string[])[] {
  return [...startingRanks(services, names)].reverse();
}
