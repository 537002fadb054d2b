import type { CapacityProviderStrategyItem } from '@aws-sdk/client-ecs';

/** The provider that the next task goes to, given where the present ones are: bases first, then by weight. Undefined without a strategy. */
export function nextCapacityProvider(strategy: readonly CapacityProviderStrategyItem[], present: readonly (string | undefined)[]): string | undefined {
  const count = (name: string | undefined) => present.filter((each) => each === name).length;
  const belowBase = strategy.find((item) => count(item.capacityProvider) < (item.base ?? 0));
  if (belowBase !== undefined) return belowBase.capacityProvider;
  const weighted = strategy.filter((item) => (item.weight ?? 0) > 0);
  const load = (item: CapacityProviderStrategyItem) => (count(item.capacityProvider) - (item.base ?? 0) + 1) / (item.weight ?? 1);
  return weighted.toSorted((a, b) => load(a) - load(b))[0]?.capacityProvider;
}
