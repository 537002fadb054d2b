import type { CreateServiceRequest, CreateServiceResponse, DeleteServiceRequest, DeleteServiceResponse, LoadBalancer, UpdateServiceRequest, UpdateServiceResponse } from '@aws-sdk/client-ecs';
import { ServiceFault } from '../../context.js';
import { beginDeployment } from './deployments.js';
import { describedService } from './describe-services.js';
import { activeServiceOf, clusterOf, findService, serviceArn, usableTaskDefinition } from './lookup.js';
import type { ClusterState, Ecs, ServiceState, TaskDefinitionState } from './state.js';
import { putTags } from './tags.js';

export function serviceOperations(ecs: Ecs) {
  return {
    CreateService(input: CreateServiceRequest): CreateServiceResponse {
      const service = create(ecs, input);
      beginDeployment(ecs, service);
      return { service: describedService(ecs, service, true) };
    },
    UpdateService(input: UpdateServiceRequest): UpdateServiceResponse {
      const service = activeServiceOf(ecs, clusterOf(ecs, input.cluster), input.service);
      update(ecs, service, input);
      return { service: describedService(ecs, service, true) };
    },
    DeleteService(input: DeleteServiceRequest): DeleteServiceResponse {
      const service = activeServiceOf(ecs, clusterOf(ecs, input.cluster), input.service);
      if (service.desiredCount > 0 && input.force !== true) throw invalid('The service cannot be stopped while it is scaled above 0.');
      service.desiredCount = 0;
      service.status = 'DRAINING';
      ecs.wake(service);
      return { service: describedService(ecs, service, true) };
    },
  };
}

/** Changes a service's desired count as Application Auto Scaling does. */
export function scaleService(ecs: Ecs, service: ServiceState, desiredCount: number): void {
  if (service.desiredCount === desiredCount) return;
  service.desiredCount = desiredCount;
  service.steady = false;
  service.saidStuck = false;
  ecs.wake(service);
}

function invalid(message: string): ServiceFault {
  return new ServiceFault('InvalidParameterException', message);
}

function create(ecs: Ecs, input: CreateServiceRequest): ServiceState {
  const cluster = clusterOf(ecs, input.cluster);
  const name = input.serviceName ?? '';
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) throw invalid('Invalid service name.');
  const existing = findService(ecs, cluster, name);
  if (existing?.status === 'ACTIVE') throw invalid('Creation of service was not idempotent.');
  if (existing?.status === 'DRAINING') throw invalid('Unable to Start a service that is still Draining.');
  const taskDefinition = usableTaskDefinition(ecs, input.taskDefinition);
  if (input.networkConfiguration?.awsvpcConfiguration === undefined) throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  if (input.launchType !== undefined && input.capacityProviderStrategy !== undefined) throw invalid('Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.');
  checkLoadBalancers(taskDefinition, input.loadBalancers ?? []);
  const service = newService(ecs, cluster, taskDefinition, input);
  ecs.state.services.set(service.arn, service);
  putTags(ecs, service.arn, input.tags);
  return service;
}

function checkLoadBalancers(taskDefinition: TaskDefinitionState, loadBalancers: readonly LoadBalancer[]): void {
  for (const { containerName, containerPort } of loadBalancers) {
    const container = taskDefinition.containers.find((each) => each.name === containerName);
    if (container === undefined) throw invalid(`The container ${containerName ?? ''} does not exist in the task definition.`);
    if (!container.portMappings?.some((mapping) => mapping.containerPort === containerPort)) throw invalid(`The container ${containerName ?? ''} did not have a container port ${String(containerPort)} defined.`);
  }
}

function newService(ecs: Ecs, cluster: ClusterState, taskDefinition: TaskDefinitionState, input: CreateServiceRequest): ServiceState {
  const name = input.serviceName ?? '';
  const strategy = input.capacityProviderStrategy ?? (input.launchType === undefined ? cluster.defaultCapacityProviderStrategy : []);
  return {
    name,
    arn: serviceArn(ecs, cluster.name, name),
    cluster,
    createdAt: ecs.context.clock.now(),
    taskDefinition,
    networkConfiguration: input.networkConfiguration,
    loadBalancers: input.loadBalancers ?? [],
    serviceRegistries: input.serviceRegistries ?? [],
    serviceConnectConfiguration: input.serviceConnectConfiguration,
    platformVersion: input.platformVersion ?? 'LATEST',
    status: 'ACTIVE',
    desiredCount: input.desiredCount ?? 0,
    capacityProviderStrategy: strategy,
    deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200, ...withoutUndefined(input.deploymentConfiguration ?? {}) },
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    enableECSManagedTags: input.enableECSManagedTags ?? false,
    propagateTags: input.propagateTags ?? 'NONE',
    deployments: [],
    revisions: [],
    lastCompleted: undefined,
    serviceDeployments: [],
    events: [],
    steady: false,
    saidStuck: false,
    wakeAt: undefined,
  };
}

/** Exactly the fields that AWS says start a deployment do; the others change at once. */
function update(ecs: Ecs, service: ServiceState, input: UpdateServiceRequest): void {
  const wanted = withoutUndefined({
    taskDefinition: input.taskDefinition === undefined ? undefined : usableTaskDefinition(ecs, input.taskDefinition),
    networkConfiguration: input.networkConfiguration,
    platformVersion: input.platformVersion,
    loadBalancers: input.loadBalancers,
    serviceRegistries: input.serviceRegistries,
    serviceConnectConfiguration: input.serviceConnectConfiguration,
  });
  checkLoadBalancers(wanted.taskDefinition ?? service.taskDefinition, wanted.loadBalancers ?? service.loadBalancers);
  const deploys = input.forceNewDeployment === true || differs(service, wanted);
  Object.assign(service, wanted, withoutUndefined({
    desiredCount: input.desiredCount,
    capacityProviderStrategy: input.capacityProviderStrategy,
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds,
    enableExecuteCommand: input.enableExecuteCommand,
    enableECSManagedTags: input.enableECSManagedTags,
    propagateTags: input.propagateTags,
    deploymentConfiguration: input.deploymentConfiguration && { ...service.deploymentConfiguration, ...withoutUndefined(input.deploymentConfiguration) },
  }));
  service.saidStuck = false;
  if (input.desiredCount !== undefined) service.steady = false;
  if (deploys) beginDeployment(ecs, service);
  else ecs.wake(service);
}

function differs(service: ServiceState, wanted: Readonly<Partial<ServiceState>>): boolean {
  const { taskDefinition, ...rest } = wanted;
  if (taskDefinition !== undefined && taskDefinition !== service.taskDefinition) return true;
  return Object.entries(rest).some(([field, value]) => JSON.stringify(value) !== JSON.stringify(service[field as keyof ServiceState]));
}

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
