import type { Blueprint, RuleBlueprint } from '@graasp/local-cloud';

/** Something that a visitor asks for again and again. */
export interface VisitedRoute {
  /** Name of the rule that it is meant for. */
  readonly rule: string;
  readonly method: 'GET' | 'POST';
  readonly host: string;
  readonly path: string;
  /** Whether the released application answers it, and so says its version. */
  readonly released: boolean;
}

/**
 * One route a rule of the HTTPS listener, so that every host is visited, and one visitor who creates items.
 * `releasedTargetGroups` are those whose code the release replaces.
 */
export function visitedRoutes(blueprint: Blueprint, releasedTargetGroups: readonly string[] = ['graasp']): readonly VisitedRoute[] {
  const listener = blueprint.loadBalancer.listeners.find(({ protocol }) => protocol === 'HTTPS');
  const routes = (listener?.rules ?? []).flatMap((rule) => routesOf(rule, releasedTargetGroups));
  const first = routes.find(({ released, path }) => released && path.startsWith('/api/'));
  return first === undefined ? routes : [...routes, { ...first, method: 'POST' }];
}

function routesOf(rule: RuleBlueprint, releasedTargetGroups: readonly string[]): readonly VisitedRoute[] {
  const released = 'forward' in rule.action && releasedTargetGroups.includes(rule.action.forward);
  const hosts = rule.conditions.flatMap((condition) => ('hostHeader' in condition ? condition.hostHeader : []));
  return hosts.map((host) => ({ rule: rule.name, method: 'GET', host, path: pathFor(rule, released), released }));
}

/** `/api/*` becomes `/api/items`; the application's own host without a path is asked for `/items`, which its rule rewrites. */
function pathFor(rule: RuleBlueprint, released: boolean): string {
  const [pattern] = rule.conditions.flatMap((condition) => ('pathPattern' in condition ? condition.pathPattern : []));
  return (pattern ?? (released ? '/*' : '/')).replace('*', 'items');
}
