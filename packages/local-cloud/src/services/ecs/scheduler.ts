import { healthBehindBalancer, unhealthyTarget } from './balancer-targets.js';
import { nextCapacityProvider } from './capacity.js';
import { changeStatus, completeDeployment, countFailure, countHealthy, isOver, rollBack } from './deployments.js';
import { lastPart, tasksOf } from './lookup.js';
import { startTask } from './new-task.js';
import { addEvent } from './service-events.js';
import type { DeploymentState, Ecs, ServiceState, TaskState } from './state.js';
import { requestStop } from './task-lifecycle.js';

/** How often the health of targets is looked at once a service is steady. */
const steadyLookMs = 10_000;

/** Has the scheduler look at the service after `inMs`, unless it looks earlier anyway. */
export function wakeScheduler(ecs: Ecs, service: ServiceState, inMs: number): void {
  const { clock } = ecs.context;
  const at = clock.now() + inMs;
  if (service.wakeAt !== undefined && service.wakeAt <= at) return;
  service.wakeAt = at;
  ecs.context.background(`ECS scheduler of ${service.name}`, async (signal) => {
    await clock.sleep(inMs, signal);
    if (service.wakeAt !== at) return;
    service.wakeAt = undefined;
    reconcile(ecs, service);
  });
}

/** One look: what is, then what to start and to stop, then what that completes. */
function reconcile(ecs: Ecs, service: ServiceState): void {
  advanceServiceDeployments(ecs, service);
  judgeHealth(ecs, service);
  countEnded(ecs, service);
  const primary = service.deployments[0];
  if (primary === undefined) return;
  const stopped = stopTasks(ecs, service, primary);
  const started = startTasks(ecs, service, primary);
  sayWhenStuck(ecs, service, primary, started + stopped);
  settle(ecs, service, primary);
  planNextLook(ecs, service, primary);
}

function advanceServiceDeployments(ecs: Ecs, service: ServiceState): void {
  for (const each of service.serviceDeployments) {
    if (each.status === 'PENDING') changeStatus(ecs, each, 'IN_PROGRESS');
    if (each.status === 'STOP_REQUESTED') changeStatus(ecs, each, 'STOPPED');
    const primary = service.deployments[0];
    if (each.status !== 'ROLLBACK_REQUESTED' || primary?.serviceDeployment !== each) continue;
    primary.rolloutState = 'FAILED';
    if (service.lastCompleted === undefined) changeStatus(ecs, each, 'STOPPED');
    else rollBack(ecs, service, primary, 'Service deployment stopped: rolling back to deploymentId');
  }
}

function judgeHealth(ecs: Ecs, service: ServiceState): void {
  const now = ecs.context.clock.now();
  for (const task of runningTasks(ecs, service)) {
    if (isHealthy(ecs, task)) {
      if (!task.wasHealthy && task.deployment !== undefined) countHealthy(service, task.deployment);
      task.wasHealthy = true;
      task.unhealthy = false;
      continue;
    }
    const graceEnds = (task.startedAt ?? now) + service.healthCheckGracePeriodSeconds * 1000;
    const target = unhealthyTarget(ecs, task);
    if (task.unhealthy || target === undefined || now < graceEnds) continue;
    task.unhealthy = true;
    if (task.deployment !== undefined) countFailure(ecs, service, task.deployment, true);
    addEvent(ecs, service, `(service ${service.name}) (port ${String(target.containerPort)}) is unhealthy in (target-group ${target.targetGroupArn ?? ''}) due to (reason Health checks failed).`);
  }
}

function isHealthy(ecs: Ecs, task: TaskState): boolean {
  if (task.lastStatus !== 'RUNNING' || task.desiredStatus !== 'RUNNING') return false;
  if (task.loadBalancers.length > 0) return healthBehindBalancer(ecs, task) === 'healthy';
  return task.wasHealthy || (task.startedAt !== undefined && ecs.context.clock.now() >= task.startedAt + ecs.context.timing.service.healthyAfter);
}

function runningTasks(ecs: Ecs, service: ServiceState): TaskState[] {
  return tasksOf(ecs, service).filter((task) => task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING');
}

/** Tasks that ended by themselves before they were healthy are failures of their deployment, counted once. */
function countEnded(ecs: Ecs, service: ServiceState): void {
  for (const task of tasksOf(ecs, service)) {
    if (task.stop === undefined || task.countedAsEnded) continue;
    task.countedAsEnded = true;
    const failed = task.stop.code === 'TaskFailedToStart' || task.stop.code === 'EssentialContainerExited';
    if (failed && !task.wasHealthy && !task.unhealthy && task.deployment !== undefined) countFailure(ecs, service, task.deployment, task.startedAt !== undefined);
  }
}

function wantedTasks(ecs: Ecs, service: ServiceState): TaskState[] {
  return tasksOf(ecs, service).filter((task) => task.desiredStatus === 'RUNNING');
}

function bounds(service: ServiceState): { readonly lower: number; readonly upper: number } {
  const { minimumHealthyPercent, maximumPercent } = service.deploymentConfiguration;
  return { lower: Math.ceil((service.desiredCount * minimumHealthyPercent) / 100), upper: Math.floor((service.desiredCount * maximumPercent) / 100) };
}

/** Old tasks as the new ones become healthy, what exceeds the desired count, and the unhealthy once nothing better fits beside them. */
function stopTasks(ecs: Ecs, service: ServiceState, primary: DeploymentState): number {
  const { lower, upper } = bounds(service);
  const wanted = wantedTasks(ecs, service);
  let healthy = wanted.filter((task) => isHealthy(ecs, task)).length;
  const stopping: TaskState[] = [];
  const stop = (task: TaskState) => {
    if (isHealthy(ecs, task)) healthy -= 1;
    stopping.push(task);
  };

  const isOld = (task: TaskState) => task.deployment !== primary && primary.rolloutState !== 'FAILED';
  for (const task of wanted.filter(isOld)) if (!isHealthy(ecs, task) || healthy - 1 >= lower) stop(task);
  // the unhealthy do not count: what was started to replace them would be the newest, and taken for too many
  const current = wanted.filter((task) => !isOld(task) && !task.unhealthy).sort((a, b) => Number(isHealthy(ecs, a)) - Number(isHealthy(ecs, b)) || b.createdAt - a.createdAt);
  for (const task of current.slice(0, Math.max(current.length - service.desiredCount, 0))) stop(task);
  announceStopped(ecs, service, stopping, { code: 'ServiceSchedulerInitiated', reason: `Scaling activity initiated by (deployment ${primary.id})` });

  const left = wanted.filter((task) => !stopping.includes(task));
  const missing = service.desiredCount - left.filter((task) => task.deployment === primary && !task.unhealthy).length;
  const spent = left.filter((task) => task.unhealthy && (healthy >= service.desiredCount || (missing > 0 && left.length >= upper)));
  for (const task of spent) {
    announceStopped(ecs, service, [task], { code: 'ServiceSchedulerInitiated', reason: `Task failed ELB health checks in (target-group ${unhealthyTarget(ecs, task)?.targetGroupArn ?? ''})` });
  }
  return stopping.length + spent.length;
}

function announceStopped(ecs: Ecs, service: ServiceState, tasks: readonly TaskState[], request: Parameters<typeof requestStop>[2]): void {
  if (tasks.length === 0) return;
  for (const task of tasks) requestStop(ecs, task, request);
  addEvent(ecs, service, `(service ${service.name}) has stopped ${String(tasks.length)} running tasks: ${tasks.map((task) => `(task ${task.id})`).join(' ')}.`);
}

/** As many as are missing and fit below the maximum, unless the restart throttle waits. A FAILED deployment starts none. */
function startTasks(ecs: Ecs, service: ServiceState, primary: DeploymentState): number {
  if (service.status !== 'ACTIVE' || primary.rolloutState === 'FAILED') return 0;
  if (ecs.context.clock.now() < primary.nextStartAt) return 0;
  const wanted = wantedTasks(ecs, service);
  const missing = service.desiredCount - wanted.filter((task) => task.deployment === primary && !task.unhealthy).length;
  const count = Math.max(0, Math.min(missing, bounds(service).upper - wanted.length));
  const started = Array.from({ length: count }, () => startTask(ecs, { ...requestFor(ecs, service, primary) }));
  if (count > 0) addEvent(ecs, service, `(service ${service.name}) has started ${String(count)} tasks: ${started.map((task) => `(task ${task.id})`).join(' ')}.`);
  return count;
}

function requestFor(ecs: Ecs, service: ServiceState, deployment: DeploymentState) {
  const { configuration } = deployment;
  return {
    cluster: service.cluster,
    taskDefinition: configuration.taskDefinition,
    group: `service:${service.name}`,
    startedBy: deployment.id,
    networkConfiguration: configuration.networkConfiguration,
    loadBalancers: configuration.loadBalancers,
    platformVersion: configuration.platformVersion,
    capacityProvider: nextCapacityProvider(
      service.capacityProviderStrategy,
      wantedTasks(ecs, service)
        .filter((task) => task.deployment === deployment)
        .map((task) => task.capacityProvider),
    ),
    service,
    deployment,
  };
}

function sayWhenStuck(ecs: Ecs, service: ServiceState, primary: DeploymentState, changed: number): void {
  const wanted = wantedTasks(ecs, service);
  const waits = wanted.some((task) => !isHealthy(ecs, task)) || ecs.context.clock.now() < primary.nextStartAt;
  const complete = wanted.filter((task) => task.deployment === primary).length === service.desiredCount;
  if (changed > 0 || waits || complete || primary.rolloutState === 'FAILED' || service.saidStuck) return;
  service.saidStuck = true;
  addEvent(ecs, service, `(service ${service.name}) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.`);
}

/** Completes the deployment once old containers are gone; a scale-in is steady while the old tasks still drain. */
function settle(ecs: Ecs, service: ServiceState, primary: DeploymentState): void {
  const wanted = wantedTasks(ecs, service);
  const there = wanted.length === service.desiredCount && wanted.every((task) => task.deployment === primary && isHealthy(ecs, task));
  const oldLeft = tasksOf(ecs, service).some((task) => task.deployment !== primary && task.lastStatus !== 'DEPROVISIONING' && task.lastStatus !== 'STOPPED');
  if (service.status === 'DRAINING' && tasksOf(ecs, service).every((task) => task.lastStatus === 'STOPPED')) return retire(ecs, service);
  const justBegan = primary.updatedAt === ecs.context.clock.now();
  if (primary.rolloutState === 'IN_PROGRESS' && there && !oldLeft && !justBegan) completeDeployment(ecs, service, primary);
  if (primary.rolloutState !== 'COMPLETED') return;
  if (there && !service.steady) addEvent(ecs, service, `(service ${service.name}) has reached a steady state.`);
  service.steady = there;
}

function retire(ecs: Ecs, service: ServiceState): void {
  service.status = 'INACTIVE';
  service.deployments = [];
  for (const each of service.serviceDeployments) if (!isOver(each)) changeStatus(ecs, each, 'STOPPED');
}

/** Changes of tasks wake the scheduler by themselves; time and target health do not. */
function planNextLook(ecs: Ecs, service: ServiceState, primary: DeploymentState): void {
  if (service.status === 'INACTIVE') return;
  const { clock, timing } = ecs.context;
  const now = clock.now();
  if (primary.nextStartAt > now) ecs.wake(service, primary.nextStartAt - now);
  const running = runningTasks(ecs, service);
  for (const task of running) {
    if (task.loadBalancers.length > 0) ecs.wake(service, task.wasHealthy && service.steady ? Math.max(steadyLookMs, timing.service.schedulerTick) : timing.service.schedulerTick);
    // what this look has judged, not what it is by now: time goes on meanwhile, and a look that is not planned never comes
    else if (!task.wasHealthy) ecs.wake(service, Math.max(0, (task.startedAt ?? now) + timing.service.healthyAfter - now));
  }
}

/** Takes a task on Spot capacity away, as AWS does with two minutes' warning. Answers which. */
export function interruptSpot(ecs: Ecs, serviceName: string): string | undefined {
  const task = [...ecs.state.tasks.values()].find((each) => each.service?.name === lastPart(serviceName) && each.capacityProvider === 'FARGATE_SPOT' && each.lastStatus === 'RUNNING' && each.stop === undefined);
  if (task === undefined) return undefined;
  requestStop(ecs, task, { code: 'SpotInterruption', reason: 'Your Spot Task was interrupted.' });
  return task.arn;
}
