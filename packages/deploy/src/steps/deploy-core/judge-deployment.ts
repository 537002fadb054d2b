import type { Deployment, Service, ServiceDeployment, Task } from '../../aws/ecs.js';
import type { DeploymentFailureReason } from '../../errors.js';

/** The deployment that this run follows: its own, and no other of the service. */
export interface FollowedDeployment {
  readonly service: string;
  readonly revision: string;
  /** `ecs-svc/…`: tasks of it are started by this. */
  readonly deploymentId: string;
  /** What was PRIMARY before; the same as `deploymentId` when only the desired count changed. */
  readonly previousDeploymentId: string | null;
  /** Tasks that had stopped before: their failures are not this deployment's, or were mended since. */
  readonly stoppedBefore: readonly string[];
}

export interface SeenDeployment {
  /** null: the service is not there. */
  readonly service: Service | null;
  /** null where AWS told none for it. */
  readonly serviceDeployment: ServiceDeployment | null;
  /** Every task of the service that is not forgotten. */
  readonly tasks: readonly Task[];
  /** Healthy targets of the group that has fewest; null without one. */
  readonly healthyTargets: number | null;
}

export type DeploymentJudgement =
  | { readonly status: 'done' }
  | { readonly status: 'pending'; readonly seen: string; readonly progress: number }
  /** `certain`: what AWS says of the deployment itself. Else it may be a stale read, until later reads say the same. */
  | { readonly status: 'failed'; readonly reason: DeploymentFailureReason; readonly certain: boolean };

/** What one look at a service says about our deployment of it. Success needs all of it: AWS's word, our revision, our tasks, their health, and no old task. */
export function judgeDeployment(followed: FollowedDeployment, seen: SeenDeployment): DeploymentJudgement {
  const { service, serviceDeployment } = seen;
  if (service === null || service.status !== 'ACTIVE') return { status: 'failed', reason: 'gone', certain: false };
  const deployments = service.deployments ?? [];
  const primary = deployments.find(({ status }) => status === 'PRIMARY');
  const ours = deployments.find(({ id }) => id === followed.deploymentId);
  const ended = failureOfDeployment(ours, primary, serviceDeployment);
  if (ended !== null) return { status: 'failed', reason: ended, certain: true };
  if (primary?.id !== followed.deploymentId) return { status: 'failed', reason: primary?.id === followed.previousDeploymentId ? 'rolled-back' : 'superseded', certain: false };
  if ((service.desiredCount ?? 0) === 0) return { status: 'failed', reason: 'scaled-to-zero', certain: false };
  return judgeProgress(followed, seen, service, primary);
}

/** The statuses of "View service history using Amazon ECS service deployments": ROLLBACK_REQUESTED may still end SUCCESSFUL. */
function failureOfDeployment(ours: Deployment | undefined, primary: Deployment | undefined, serviceDeployment: ServiceDeployment | null): DeploymentFailureReason | null {
  const status = serviceDeployment?.status;
  if (status === 'ROLLBACK_IN_PROGRESS' || status === 'ROLLBACK_SUCCESSFUL' || status === 'ROLLBACK_FAILED') return 'rolled-back';
  if (ours?.rolloutState === 'FAILED') return primary === ours ? 'failed' : 'rolled-back';
  // a circuit breaker that does not roll back ends it STOPPED too
  if (status === 'STOPPED' || status === 'STOP_REQUESTED') return primary === ours ? (status === 'STOPPED' ? 'failed' : null) : 'superseded';
  return null;
}

function judgeProgress(followed: FollowedDeployment, { tasks, healthyTargets, serviceDeployment }: SeenDeployment, service: Service, primary: Deployment): DeploymentJudgement {
  const wanted = service.desiredCount!;
  const running = tasks.filter((task) => isOurs(task, followed) && isRunning(task)).length;
  const stopping = tasks.filter((task) => !isOver(task) && !isRunning(task) && task.desiredStatus === 'STOPPED');
  const oldOnes = stopping.filter((task) => !isOurs(task, followed)).length + tasks.filter((task) => !isOurs(task, followed) && isRunning(task)).length;
  const newOnes = stopping.filter((task) => isOurs(task, followed)).length;
  const exited = tasks.filter((task) => isOurs(task, followed) && isOver(task) && !followed.stoppedBefore.includes(task.taskArn!)).length;
  const leaving = oldOnes + newOnes;
  const healthy = healthyTargets ?? running;
  const rolledOut = (serviceDeployment === null || serviceDeployment.status === 'SUCCESSFUL') && (primary.rolloutState ?? 'COMPLETED') === 'COMPLETED';
  const done = rolledOut && primary.taskDefinition === followed.revision && running === wanted && healthy >= wanted && leaving === 0;
  if (done) return { status: 'done' };
  const parts = [
    `${running} of ${wanted} running`,
    ...(healthyTargets === null ? [] : [`${healthyTargets} healthy`]),
    ...(oldOnes === 0 ? [] : [`${oldOnes} old still stopping`]),
    ...(newOnes === 0 ? [] : [`${newOnes} new stopping`]),
    ...(exited === 0 ? [] : [`${exited} new exited`]),
  ];
  const steps = [running / wanted, Math.min(1, healthy / wanted), rolledOut ? 1 : 0, leaving === 0 ? 1 : 0];
  return { status: 'pending', seen: parts.join(', '), progress: Math.min(0.99, steps.reduce((sum, step) => sum + Math.min(1, step), 0) / steps.length) };
}

/** Tasks of a service are started by its deployments ("RunTask": startedBy). */
export function isOurs(task: Task, { deploymentId }: FollowedDeployment): boolean {
  return task.startedBy === deploymentId;
}

export function isRunning(task: Task): boolean {
  return task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING' && task.healthStatus !== 'UNHEALTHY';
}

export function isOver(task: Task): boolean {
  return task.lastStatus === 'STOPPED' || task.lastStatus === 'DELETED';
}
