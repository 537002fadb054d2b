import { okAsync, ResultAsync } from 'neverthrow';
import { type FoundDistribution, getDistribution } from '../aws/cloudfront.js';
import type { CloudFrontGateDefinition } from '../environment/definition.js';
import type { Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import { behaviorsOf, gateEntries } from './distributions.js';

/** The gate of distributions that is declared; null without one. */
export function declaredGate({ definition }: Environment): CloudFrontGateDefinition | null {
  return definition.maintenance.cloudFront ?? null;
}

/** The declared distributions, as they are now; none are asked for where none are declared. */
export function readDistributions(env: Environment): ResultAsync<readonly FoundDistribution[], AwsError> {
  const declared = declaredGate(env);
  return declared === null ? okAsync([]) : ResultAsync.combine(declared.distributions.map((id) => getDistribution(env, id)));
}

/** Cache behaviors that have the gate's function, by name. */
export function closedBehaviors(env: Environment, { config }: FoundDistribution): readonly string[] {
  return behaviorsOf(config, declaredGate(env)?.functionName ?? '').flatMap(({ name, state }) => (state === 'closed' ? [name] : []));
}

/** What keeps visitors out of the distributions, by name. */
export function readDistributionGate(env: Environment): ResultAsync<readonly { readonly name: string; readonly closed: boolean }[], AwsError> {
  return readDistributions(env).map((found) => found.flatMap((one) => gateEntries(one, declaredGate(env)?.functionName ?? '')));
}
