import { randomDigits, randomText } from '../../chance.js';
import { arn, tasksOf } from './lookup.js';
import { addEvent } from './service-events.js';
import type { DeploymentState, Ecs, RevisionConfiguration, ServiceDeploymentState, ServiceState } from './state.js';

/** Makes what the service is configured as now its PRIMARY deployment. */
export function beginDeployment(ecs: Ecs, service: ServiceState): DeploymentState {
  const { clock, faults } = ecs.context;
  const now = clock.now();
  const previous = service.deployments[0];
  if (previous !== undefined) supersede(ecs, previous);
  const id = `ecs-svc/${randomDigits(clock, 19)}`;
  const revisionArn = arn(ecs, `service-revision/${service.cluster.name}/${service.name}/${randomDigits(clock, 16)}`);
  const doomed = faults.take('circuit-breaker-rollback', (fault) => fault.service === service.name) !== undefined;
  const deployment: DeploymentState = {
    id,
    revisionArn,
    configuration: configurationOf(service),
    createdAt: now,
    updatedAt: now,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    startFailures: 0,
    nextStartAt: now,
    images: new Map(),
    serviceDeployment: newServiceDeployment(ecs, service, revisionArn, doomed),
    doomed,
  };
  service.deployments.unshift(deployment);
  service.revisions.push(deployment);
  service.serviceDeployments.unshift(deployment.serviceDeployment);
  service.steady = false;
  service.saidStuck = false;
  ecs.wake(service);
  return deployment;
}

function configurationOf(service: ServiceState): RevisionConfiguration {
  const { taskDefinition, networkConfiguration, loadBalancers, serviceRegistries, serviceConnectConfiguration, platformVersion } = service;
  return { taskDefinition, networkConfiguration, loadBalancers, serviceRegistries, serviceConnectConfiguration, platformVersion };
}

function newServiceDeployment(ecs: Ecs, service: ServiceState, targetRevisionArn: string, doomed: boolean): ServiceDeploymentState {
  const { clock } = ecs.context;
  const now = clock.now();
  const breaker = doomed || service.deploymentConfiguration.deploymentCircuitBreaker?.enable === true;
  return {
    arn: arn(ecs, `service-deployment/${service.cluster.name}/${service.name}/${randomText(clock, 21, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')}`),
    targetRevisionArn,
    sources: service.deployments.filter((each) => tasksOf(ecs, service).some((task) => task.deployment === each && task.desiredStatus === 'RUNNING')),
    createdAt: now,
    updatedAt: now,
    startedAt: undefined,
    finishedAt: undefined,
    stoppedAt: undefined,
    status: 'PENDING',
    statusReason: undefined,
    rollback: undefined,
    breakerStatus: breaker ? 'MONITORING' : 'DISABLED',
    breakerFailures: 0,
  };
}

function supersede(ecs: Ecs, deployment: DeploymentState): void {
  deployment.status = 'ACTIVE';
  deployment.updatedAt = ecs.context.clock.now();
  if (!isOver(deployment.serviceDeployment)) changeStatus(ecs, deployment.serviceDeployment, 'STOP_REQUESTED', 'The deployment was superseded by a newer deployment.');
}

export function isOver(serviceDeployment: ServiceDeploymentState): boolean {
  return ['STOPPED', 'SUCCESSFUL', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'].includes(serviceDeployment.status);
}

export function changeStatus(ecs: Ecs, serviceDeployment: ServiceDeploymentState, status: ServiceDeploymentState['status'], reason?: string): void {
  const now = ecs.context.clock.now();
  serviceDeployment.status = status;
  serviceDeployment.updatedAt = now;
  if (reason !== undefined) serviceDeployment.statusReason = reason;
  if (status === 'IN_PROGRESS') serviceDeployment.startedAt ??= now;
  if (status === 'STOPPED') serviceDeployment.stoppedAt = now;
  if (isOver(serviceDeployment)) serviceDeployment.finishedAt = now;
}

/** How many failures the breaker bears: half the desired count, from 3 to 200. */
export function breakerThreshold(service: ServiceState): number {
  const { type, value } = service.deploymentConfiguration.deploymentCircuitBreaker?.thresholdConfiguration ?? {};
  if (type === 'COUNT') return value ?? 3;
  const share = Math.ceil((service.desiredCount * (value ?? 50)) / 100);
  return type === 'UNBOUNDED_PERCENT' ? Math.max(share, 1) : Math.min(Math.max(share, 3), 200);
}

/** Counts a task of the deployment that did not become healthy; the breaker may open. */
export function countFailure(ecs: Ecs, service: ServiceState, deployment: DeploymentState, ran: boolean): void {
  if (!ran) throttleRestarts(ecs, service, deployment);
  if (deployment.rolloutState !== 'IN_PROGRESS' || deployment.status !== 'PRIMARY') return;
  deployment.failedTasks += 1;
  deployment.updatedAt = ecs.context.clock.now();
  deployment.serviceDeployment.breakerFailures += 1;
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  if (!deployment.doomed && breaker?.enable !== true) return;
  if (deployment.serviceDeployment.breakerFailures < breakerThreshold(service)) return;
  // a doomed deployment brings its breaker along where the service has none
  openBreaker(ecs, service, deployment, breaker?.enable === true ? breaker.rollback === true : true);
}

/** The gap between starts grows to 15 minutes while tasks end before they ran. */
function throttleRestarts(ecs: Ecs, service: ServiceState, deployment: DeploymentState): void {
  deployment.startFailures += 1;
  const gapMs = deployment.startFailures <= 3 ? 0 : Math.min(15 * 60_000, 15_000 * 2 ** (deployment.startFailures - 4));
  deployment.nextStartAt = ecs.context.clock.now() + gapMs;
  if (deployment.startFailures === 4) addEvent(ecs, service, `(service ${service.name}) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`);
}

export function countHealthy(service: ServiceState, deployment: DeploymentState): void {
  deployment.failedTasks = 0;
  deployment.startFailures = 0;
  if (service.deploymentConfiguration.deploymentCircuitBreaker?.resetOnHealthyTask ?? true) deployment.serviceDeployment.breakerFailures = 0;
}

function openBreaker(ecs: Ecs, service: ServiceState, deployment: DeploymentState, rollback: boolean): void {
  deployment.rolloutState = 'FAILED';
  deployment.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.';
  deployment.serviceDeployment.breakerStatus = 'TRIGGERED';
  addEvent(ecs, service, `(service ${service.name}) (deployment ${deployment.id}) deployment failed: tasks failed to start.`);
  if (rollback && service.lastCompleted !== undefined) rollBack(ecs, service, deployment, 'ECS deployment circuit breaker: rolling back to deploymentId');
  else changeStatus(ecs, deployment.serviceDeployment, 'STOPPED', 'Service deployment stopped: the circuit breaker was triggered.');
}

/** Back to the last COMPLETED deployment, which is not eligible again until it is COMPLETED again. */
export function rollBack(ecs: Ecs, service: ServiceState, failed: DeploymentState, reason: string): void {
  const target = service.lastCompleted;
  if (target === undefined) return;
  const now = ecs.context.clock.now();
  service.lastCompleted = undefined;
  failed.status = 'ACTIVE';
  failed.updatedAt = now;
  target.status = 'PRIMARY';
  target.rolloutState = 'IN_PROGRESS';
  target.rolloutStateReason = `${reason} ${target.id}.`;
  target.updatedAt = now;
  target.startFailures = 0;
  target.nextStartAt = now;
  target.serviceDeployment = failed.serviceDeployment;
  Object.assign(service, target.configuration);
  service.deployments = [target, ...service.deployments.filter((each) => each !== target)];
  failed.serviceDeployment.rollback = { reason: `${reason} ${target.id}.`, startedAt: now, serviceRevisionArn: target.revisionArn };
  changeStatus(ecs, failed.serviceDeployment, 'ROLLBACK_IN_PROGRESS');
  addEvent(ecs, service, `(service ${service.name}) rolling back to deployment ${target.id}.`);
  ecs.wake(service);
}

/** The old containers are gone and the new tasks healthy: the others leave the list. */
export function completeDeployment(ecs: Ecs, service: ServiceState, deployment: DeploymentState): void {
  deployment.rolloutState = 'COMPLETED';
  deployment.rolloutStateReason = `ECS deployment ${deployment.id} completed.`;
  deployment.updatedAt = ecs.context.clock.now();
  service.lastCompleted = deployment;
  service.deployments = [deployment];
  const { serviceDeployment } = deployment;
  if (serviceDeployment.breakerStatus === 'MONITORING') serviceDeployment.breakerStatus = 'MONITORING_COMPLETE';
  if (!isOver(serviceDeployment)) changeStatus(ecs, serviceDeployment, serviceDeployment.status === 'ROLLBACK_IN_PROGRESS' ? 'ROLLBACK_SUCCESSFUL' : 'SUCCESSFUL');
  addEvent(ecs, service, `(service ${service.name}) (deployment ${deployment.id}) deployment completed.`);
}
