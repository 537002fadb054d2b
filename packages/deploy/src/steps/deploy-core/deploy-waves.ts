import type { EnvironmentDefinition } from '../../environment/definition.js';

export interface ToDeploy {
  /** Services that get new images. */
  readonly released: readonly string[];
  /** Application services that are only started. */
  readonly others: readonly string[];
  /** Administration services that the run has paused. */
  readonly administration: readonly string[];
}

/**
 * Services in waves: what released services need, they themselves, the other application services, administration last. Within that order
 * nothing starts before what it depends on.
 */
export function deployWaves(services: EnvironmentDefinition['services'], { released, others, administration }: ToDeploy): readonly (readonly string[])[] {
  const needed = neededBy(services, released);
  const urgency = (name: string) => (released.includes(name) ? 1 : administration.includes(name) ? 3 : needed.has(name) ? 0 : 2);
  const waves: string[][] = [];
  let left = [...new Set([...released, ...others, ...administration])];
  while (left.length > 0) {
    const free = left.filter((name) => !(services[name]?.dependsOn ?? []).some((dependency) => left.includes(dependency)));
    const ready = free.length > 0 ? free : left;
    const mostUrgent = Math.min(...ready.map(urgency));
    const wave = ready.filter((name) => urgency(name) === mostUrgent);
    waves.push(wave);
    left = left.filter((name) => !wave.includes(name));
  }
  return waves;
}

function neededBy(services: EnvironmentDefinition['services'], names: readonly string[]): ReadonlySet<string> {
  const needed = new Set<string>();
  const visit = (name: string) => {
    for (const dependency of services[name]?.dependsOn ?? []) {
      if (needed.has(dependency)) continue;
      needed.add(dependency);
      visit(dependency);
    }
  };
  names.forEach(visit);
  return needed;
}
