import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { describeServices, type Service } from '../aws/ecs.js';
import { describeTargetHealth } from '../aws/elbv2.js';
import { type Environment, internals } from '../environment/environment.js';
import type { Aborted, AwsError, Conflict, DeploymentFailed, DeploymentFailureReason, TimedOut } from '../errors.js';
import { type Probe, waitUntil } from '../wait.js';
import { diagnoseService, failedTasks, failureOf } from './diagnose-service.js';

/** ECS goes on trying for ever without a circuit breaker; three tasks that failed alike will not be followed by one that works. */
export const failuresThatEndAWait = 3;

export interface SteadyQuestion {
  readonly service: string;
  readonly desiredCount: number;
  readonly timeoutSeconds: number;
}

/** Waits until a service runs its tasks and every one behind the balancer is healthy. Ends early when its tasks keep failing. */
export function awaitServiceSteady(env: Environment, { service, desiredCount, timeoutSeconds }: SteadyQuestion): ResultAsync<void, AwsError | TimedOut | Aborted | Conflict | DeploymentFailed> {
  const since = env.clock.now();
  return waitUntil(env, {
    waitingFor: `service ${service} to run ${desiredCount} ${desiredCount === 1 ? 'task' : 'tasks'}`,
    timeoutSeconds,
    intervalSeconds: 5,
    planned: () => undefined,
    probe: () =>
      safeTry(async function* () {
        const [found] = yield* describeServices(env, [service]);
        const healthy = yield* healthyTargets(env, service);
        if (isSteady(found, desiredCount, healthy)) return ok<Probe<void, DeploymentFailed>>({ status: 'done', value: undefined });
        const failed = yield* failedTasks(env, service, since);
        if (failed.length >= failuresThatEndAWait) {
          const diagnosis = yield* diagnoseService(env, service, failed);
          return ok<Probe<void, DeploymentFailed>>({ status: 'failed', error: deploymentFailed(service, failureOf(failed.at(-1)!) ?? 'crash-loop', diagnosis) });
        }
        return ok<Probe<void, DeploymentFailed>>({ status: 'pending', seen: describeProgress(found, desiredCount, healthy), progress: progressOf(found, desiredCount, healthy) });
      }),
  });
}

/** Healthy targets of the group that has fewest; null for a service without one. */
export function healthyTargets(env: Environment, service: string): ResultAsync<number | null, AwsError> {
  const groups = env[internals].found.targetGroupsOf[service] ?? [];
  if (groups.length === 0) return okAsync(null);
  return ResultAsync.combine(groups.map((group) => describeTargetHealth(env, group.targetGroupArn))).map((healths) =>
    Math.min(...healths.map((targets) => targets.filter((target) => target.TargetHealth?.State === 'healthy').length)),
  );
}

function isSteady(service: Service | undefined, desiredCount: number, healthy: number | null): boolean {
  const onlyDeployment = (service?.deployments ?? []).length === 1;
  return service?.desiredCount === desiredCount && service.runningCount === desiredCount && (service.pendingCount ?? 0) === 0 && onlyDeployment && (healthy === null || healthy >= desiredCount);
}

/** Tasks, and targets where it has some, of those that are wanted: half each. */
function progressOf(service: Service | undefined, desiredCount: number, healthy: number | null): number {
  const running = service?.runningCount ?? 0;
  const parts = [running, healthy ?? running].map((count) => Math.min(1, count / Math.max(1, desiredCount)));
  return Math.min(0.99, parts.reduce((sum, part) => sum + part / parts.length, 0));
}

function describeProgress(service: Service | undefined, desiredCount: number, healthy: number | null): string {
  const running = `${service?.runningCount ?? 0} of ${desiredCount} running`;
  return healthy === null ? running : `${running}, ${healthy} healthy`;
}

const reasonTexts: Readonly<Record<DeploymentFailureReason, string>> = {
  gone: 'the deployment is gone',
  failed: 'the deployment failed',
  'rolled-back': 'the deployment was rolled back',
  superseded: 'another deployment took its place',
  'scaled-to-zero': 'somebody scaled it to 0',
  'crash-loop': 'its tasks keep exiting',
  image: 'its image cannot be pulled',
  unhealthy: 'its tasks fail their health check',
  'no-capacity': 'there is no capacity for its tasks',
};

export function deploymentFailed(service: string, reason: DeploymentFailureReason, diagnosis: DeploymentFailed['diagnosis']): DeploymentFailed {
  const why = diagnosis.stoppedTasks.at(-1)?.stoppedReason;
  return {
    kind: 'DeploymentFailed',
    service,
    reason,
    diagnosis,
    message: `Service ${service} did not come up: ${reasonTexts[reason]}${why === undefined || why === '' ? '' : ` (${why})`}.`,
    remedy: 'Read why its tasks stopped, and their last lines; mend the cause, then resume.',
  };
}
