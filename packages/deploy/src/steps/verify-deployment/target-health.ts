import { ResultAsync } from 'neverthrow';
import { describeServices } from '../../aws/ecs.js';
import { internals, type Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';
import { healthyTargets } from '../await-service-steady.js';
import type { CheckOutcome } from './outcome.js';

/** Application services behind the balancer: as many healthy targets as tasks desired. */
export function checkTargets(env: Environment): ResultAsync<readonly CheckOutcome[], AwsError> {
  const { targetGroupsOf } = env[internals].found;
  const names = Object.entries(env.definition.services).flatMap(([name, { role }]) => (role === 'application' && (targetGroupsOf[name] ?? []).length > 0 ? [name] : []));
  return describeServices(env, names).andThen((services) =>
    ResultAsync.combine(
      services.map(({ serviceName = '', desiredCount = 0 }) =>
        healthyTargets(env, serviceName).map((healthy): CheckOutcome => {
          const seen = `${healthy ?? 0} of ${desiredCount} targets healthy`;
          const check = `targets of ${serviceName}`;
          return desiredCount > 0 && (healthy ?? 0) >= desiredCount ? { check, seen } : { check, problem: desiredCount === 0 ? 'desired count is 0' : seen };
        }),
      ),
    ),
  );
}
