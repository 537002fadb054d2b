import type { Deployment, DescribeServicesRequest, DescribeServicesResponse, ListServicesRequest, ListServicesResponse, Service } from '@aws-sdk/client-ecs';
import { ServiceFault } from '../../context.js';
import { page } from '../paging.js';
import { invalidToken } from './clusters.js';
import { clusterOf, findService, serviceArn, lastPart, tasksOf } from './lookup.js';
import type { DeploymentState, Ecs, ServiceState, TaskState } from './state.js';
import { tagsOf } from './tags.js';

export function describeServiceOperations(ecs: Ecs) {
  return {
    DescribeServices(input: DescribeServicesRequest): DescribeServicesResponse {
      const cluster = clusterOf(ecs, input.cluster);
      const asked = input.services ?? [];
      if (asked.length === 0) throw new ServiceFault('InvalidParameterException', 'Services cannot be empty.');
      if (asked.length > 10) throw new ServiceFault('InvalidParameterException', 'Services cannot have more than 10 elements.');
      const found = asked.map((each) => findService(ecs, cluster, each));
      const withTags = input.include?.includes('TAGS') ?? false;
      return {
        services: found.filter((each) => each !== undefined).map((each) => describedService(ecs, each, withTags)),
        failures: asked.filter((_, index) => found[index] === undefined).map((each) => ({ arn: serviceArn(ecs, cluster.name, lastPart(each)), reason: 'MISSING' })),
      };
    },
    ListServices(input: ListServicesRequest): ListServicesResponse {
      const cluster = clusterOf(ecs, input.cluster);
      const all = [...ecs.state.services.values()].filter((each) => each.cluster === cluster && each.status !== 'INACTIVE');
      const { items, next } = page(all, { size: input.maxResults ?? 10, token: input.nextToken, invalid: invalidToken });
      return { serviceArns: items.map((each) => each.arn), nextToken: next };
    },
  };
}

export function describedService(ecs: Ecs, service: ServiceState, withTags: boolean): Service {
  const tasks = tasksOf(ecs, service);
  const usesProviders = service.capacityProviderStrategy.length > 0;
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: runningCount(tasks),
    pendingCount: pendingCount(tasks),
    ...(usesProviders ? { capacityProviderStrategy: [...service.capacityProviderStrategy] } : { launchType: 'FARGATE' as const }),
    platformVersion: service.platformVersion,
    platformFamily: 'Linux',
    taskDefinition: service.taskDefinition.arn,
    deploymentConfiguration: service.deploymentConfiguration,
    deployments: service.deployments.map((deployment) => toDeployment(service, deployment, tasks.filter((task) => task.deployment === deployment))),
    ...(service.serviceDeployments[0] === undefined ? {} : { currentServiceDeployment: service.serviceDeployments[0].arn }),
    ...(service.deployments[0] === undefined ? {} : { currentServiceRevisions: [currentRevision(service.deployments[0], tasks)] }),
    loadBalancers: [...service.loadBalancers],
    serviceRegistries: [...service.serviceRegistries],
    networkConfiguration: service.networkConfiguration,
    ...(service.loadBalancers.length > 0 ? { healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds } : {}),
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'ECS' },
    enableECSManagedTags: service.enableECSManagedTags,
    enableExecuteCommand: service.enableExecuteCommand,
    propagateTags: service.propagateTags,
    roleArn: `arn:aws:iam::${ecs.context.accountId}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`,
    createdAt: new Date(service.createdAt),
    createdBy: `arn:aws:iam::${ecs.context.accountId}:user/operator`,
    events: [...service.events],
    placementConstraints: [],
    placementStrategy: [],
    ...(withTags ? { tags: [...tagsOf(ecs, service.arn)] } : {}),
  };
}

function toDeployment(service: ServiceState, deployment: DeploymentState, tasks: readonly TaskState[]): Deployment {
  const { configuration } = deployment;
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: configuration.taskDefinition.arn,
    desiredCount: deployment.status === 'PRIMARY' ? service.desiredCount : 0,
    pendingCount: pendingCount(tasks),
    runningCount: runningCount(tasks),
    failedTasks: deployment.failedTasks,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    ...(service.capacityProviderStrategy.length > 0 ? { capacityProviderStrategy: [...service.capacityProviderStrategy] } : { launchType: 'FARGATE' as const }),
    platformVersion: configuration.platformVersion === 'LATEST' ? '1.4.0' : configuration.platformVersion,
    platformFamily: 'Linux',
    networkConfiguration: configuration.networkConfiguration,
    ...(configuration.serviceConnectConfiguration === undefined ? {} : { serviceConnectConfiguration: configuration.serviceConnectConfiguration }),
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
}

function currentRevision(deployment: DeploymentState, tasks: readonly TaskState[]) {
  const own = tasks.filter((task) => task.deployment === deployment);
  return { arn: deployment.revisionArn, requestedTaskCount: own.filter((task) => task.desiredStatus === 'RUNNING').length, runningTaskCount: runningCount(own), pendingTaskCount: pendingCount(own) };
}

/** Tasks that drain or stop are not in it, although their code still runs. */
export function runningCount(tasks: readonly TaskState[]): number {
  return tasks.filter((task) => task.lastStatus === 'RUNNING').length;
}

export function pendingCount(tasks: readonly TaskState[]): number {
  return tasks.filter((task) => task.lastStatus === 'PROVISIONING' || task.lastStatus === 'PENDING' || task.lastStatus === 'ACTIVATING').length;
}
