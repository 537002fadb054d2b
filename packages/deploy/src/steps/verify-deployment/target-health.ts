import { ResultAsync } from 'neverthrow';
import { describeServices } from '../../aws/ecs.js';
import { internals, type Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';
import { servicesAside } from '../../states/baseline.js';
import { healthyTargets } from '../await-service-steady.js';
import type { CheckOutcome } from './outcome.js';

/** Application services behind the balancer: as many healthy targets as tasks desired. One that is meant to run none has nothing to look at. */
export function checkTargets(env: Environment): ResultAsync<readonly CheckOutcome[], AwsError> {
  const { targetGroupsOf } = env[internals].found;
  const names = Object.entries(env.definition.services).flatMap(([name, { role }]) => (role === 'application' && (targetGroupsOf[name] ?? []).length > 0 ? [name] : []));
  return describeServices(env, names).andThen((services) =>
    ResultAsync.combine(services.map(({ serviceName = '', desiredCount = 0 }) => healthyTargets(env, serviceName).map((healthy) => judge(env, serviceName, desiredCount, healthy ?? 0)))),
  );
}

function judge(env: Environment, service: string, desiredCount: number, healthy: number): CheckOutcome {
  const check = `targets of ${service}`;
  const seen = `${healthy} of ${desiredCount} targets healthy`;
  if (desiredCount > 0) return healthy >= desiredCount ? { check, seen } : { check, problem: seen };
  return isMeantToBeOff(env, service) ? { check, seen: 'skipped: meant to run 0 tasks' } : { check, problem: 'desired count is 0' };
}

/** What the run has set, or what it has found and not stopped; by itself what the definition says. */
function isMeantToBeOff(env: Environment, service: string): boolean {
  const { run } = env[internals];
  if (servicesAside(env).includes(service)) return false;
  const meant = run?.expectations.desiredCounts[service] ?? run?.baseline()?.services[service]?.desiredCount ?? env.definition.services[service]?.desiredCount;
  return (typeof meant === 'object' ? meant.min : meant) === 0;
}
