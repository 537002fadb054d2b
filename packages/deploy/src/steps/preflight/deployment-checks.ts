import type { Service } from '../../aws/ecs.js';
import type { PreflightCheck } from '../../errors.js';
import { checksOf } from './check.js';
import type { Question } from './question.js';

const { ok: right, skip, warning, failed } = checksOf('definition');

/** What ECS does by itself in a deployment of these services, and whether it can deploy at all ("DeploymentConfiguration"). */
export function deploymentChecks({ purpose }: Question, released: readonly Service[]): readonly PreflightCheck[] {
  if (purpose === 'transition' || released.length === 0) return [skip('deployments by ECS', purpose === 'transition' ? 'nothing is deployed' : 'no service has a release image')];
  const problems = released.flatMap((service) => [...(purpose === 'migration' ? rollbackProblems(service) : []), ...(purpose === 'deployment' ? roomProblems(service) : [])]);
  if (problems.length > 0) return problems;
  const guarded = released.filter(({ deploymentConfiguration: settings }) => settings?.deploymentCircuitBreaker?.enable === true).map(({ serviceName }) => serviceName);
  return [right('deployments by ECS', guarded.length === 0 ? 'without a circuit breaker: tasks that fail are counted here' : `with a circuit breaker: ${guarded.join(', ')}`)];
}

/** ECS rolls back to the last revision that came up, which is of the code before the migration. */
function rollbackProblems({ serviceName, deploymentConfiguration: settings }: Service): readonly PreflightCheck[] {
  const by = [
    ...(settings?.deploymentCircuitBreaker?.enable === true && settings.deploymentCircuitBreaker.rollback === true ? ['its circuit breaker'] : []),
    ...(settings?.alarms?.enable === true && settings.alarms.rollback === true ? ['an alarm'] : []),
  ];
  if (by.length === 0) return [];
  return [warning('deployments by ECS', `a deployment of ${serviceName} that fails is rolled back by ${by.join(' or ')}: old code on the new schema`, 'Turn the rollback off, or know that the old code fits the new schema.')];
}

/** Rolling needs room for one more task, or for one less: lower bound rounded up, upper bound rounded down. */
function roomProblems({ serviceName, desiredCount = 0, deploymentConfiguration: settings }: Service): readonly PreflightCheck[] {
  const { minimumHealthyPercent: min = 100, maximumPercent: max = 200 } = settings ?? {};
  const [least, most] = [Math.ceil((desiredCount * min) / 100), Math.floor((desiredCount * max) / 100)];
  if (desiredCount === 0 || least < desiredCount || most > desiredCount) return [];
  return [failed('deployments by ECS', `of ${serviceName}'s ${desiredCount} no task may be stopped first (minimum ${min} %) and none started first (maximum ${max} %)`, 'Raise the maximum or lower the minimum: as they are a rolling deployment never moves.')];
}
