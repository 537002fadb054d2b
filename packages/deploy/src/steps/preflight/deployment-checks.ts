import type { Service } from '../../aws/ecs.js';
import type { PreflightCheck } from '../../errors.js';
import { checksOf } from './check.js';
import type { Question } from './question.js';

const { ok: right, skip, failed } = checksOf('definition');

/** What ECS does by itself in a deployment of these services, and whether it can deploy at all ("DeploymentConfiguration"). */
export function deploymentChecks({ purpose }: Question, released: readonly Service[]): readonly PreflightCheck[] {
  if (purpose === 'transition' || released.length === 0) return [skip('deployments by ECS', purpose === 'transition' ? 'nothing is deployed' : 'no service has a release image')];
  const problems = purpose === 'deployment' ? released.flatMap(roomProblems) : [];
  if (problems.length > 0) return problems;
  const guarded = released.filter(({ deploymentConfiguration: settings }) => settings?.deploymentCircuitBreaker?.enable === true).map(({ serviceName }) => serviceName);
  return [right('deployments by ECS', guarded.length === 0 ? 'without a circuit breaker: tasks that fail are counted here' : `with a circuit breaker: ${guarded.join(', ')}`)];
}

/** Rolling needs room for one more task, or for one less: lower bound rounded up, upper bound rounded down. */
function roomProblems({ serviceName, desiredCount = 0, deploymentConfiguration: settings }: Service): readonly PreflightCheck[] {
  const { minimumHealthyPercent: min = 100, maximumPercent: max = 200 } = settings ?? {};
  const [least, most] = [Math.ceil((desiredCount * min) / 100), Math.floor((desiredCount * max) / 100)];
  if (desiredCount === 0 || least < desiredCount || most > desiredCount) return [];
  return [failed('deployments by ECS', `of ${serviceName}'s ${desiredCount} no task may be stopped first (minimum ${min} %) and none started first (maximum ${max} %)`, 'Raise the maximum or lower the minimum: as they are a rolling deployment never moves.')];
}
