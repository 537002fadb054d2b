import type { EnvironmentDefinition } from './definition.js';

/**
 * Describes an environment. Answers the same object: what it adds is that the compiler checks references to services
 * (`dependsOn`, `networkOf`) against the services that are defined. Values are validated by `connect`, all at once.
 *
 * @example
 * ```ts
 * const graasp = defineEnvironment({
 *   name: 'dev', region: 'eu-central-1', cluster: 'graasp-dev', loadBalancer: 'graasp-dev', database: 'graasp-dev',
 *   services: { graasp: { role: 'application', desiredCount: 1, release: { core: { tag: 'core-{version}' } } } },
 *   maintenance: { headerName: 'x-maintenance', headerValue: secretFromEnv('MAINTENANCE_HEADER_SECRET') },
 * });
 * ```
 */
export function defineEnvironment<const S extends string>(definition: EnvironmentDefinition<S>): EnvironmentDefinition<S> {
  return definition;
}
