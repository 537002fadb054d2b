import type {
  DescribeServiceDeploymentsRequest,
  DescribeServiceDeploymentsResponse,
  DescribeServiceRevisionsRequest,
  DescribeServiceRevisionsResponse,
  ListServiceDeploymentsRequest,
  ListServiceDeploymentsResponse,
  ServiceDeployment,
  ServiceRevision,
  StopServiceDeploymentRequest,
  StopServiceDeploymentResponse,
} from '@aws-sdk/client-ecs';
import { ServiceFault } from '../../context.js';
import { page } from '../paging.js';
import { invalidToken } from './clusters.js';
import { breakerThreshold, changeStatus } from './deployments.js';
import { clusterOf, findService, tasksOf } from './lookup.js';
import { pendingCount, runningCount } from './describe-services.js';
import type { DeploymentState, Ecs, ServiceDeploymentState, ServiceState } from './state.js';

export function serviceDeploymentOperations(ecs: Ecs) {
  return {
    ListServiceDeployments(input: ListServiceDeploymentsRequest): ListServiceDeploymentsResponse {
      const service = findService(ecs, clusterOf(ecs, input.cluster), input.service ?? '');
      if (service === undefined) throw new ServiceFault('ServiceNotFoundException', 'Service not found.');
      const matching = service.serviceDeployments.filter((each) => isListed(each, input));
      const { items, next } = page(matching, { size: input.maxResults ?? 20, token: input.nextToken, invalid: invalidToken });
      return { serviceDeployments: items.map((each) => toBrief(service, each)), nextToken: next };
    },
    DescribeServiceDeployments(input: DescribeServiceDeploymentsRequest): DescribeServiceDeploymentsResponse {
      const asked = input.serviceDeploymentArns ?? [];
      if (asked.length > 20) throw new ServiceFault('InvalidParameterException', 'serviceDeploymentArns cannot have more than 20 elements.');
      const found = asked.map((each) => locate(ecs, each));
      return {
        serviceDeployments: found.filter((each) => each !== undefined).map(({ service, serviceDeployment }) => toServiceDeployment(ecs, service, serviceDeployment)),
        failures: asked.filter((_, index) => found[index] === undefined).map((each) => ({ arn: each, reason: 'MISSING' })),
      };
    },
    DescribeServiceRevisions(input: DescribeServiceRevisionsRequest): DescribeServiceRevisionsResponse {
      const asked = input.serviceRevisionArns ?? [];
      if (asked.length > 20) throw new ServiceFault('InvalidParameterException', 'serviceRevisionArns cannot have more than 20 elements.');
      const found = asked.map((each) => locateRevision(ecs, each));
      return {
        serviceRevisions: found.filter((each) => each !== undefined),
        failures: asked.filter((_, index) => found[index] === undefined).map((each) => ({ arn: each, reason: 'MISSING' })),
      };
    },
    StopServiceDeployment(input: StopServiceDeploymentRequest): StopServiceDeploymentResponse {
      const found = locate(ecs, input.serviceDeploymentArn ?? '');
      if (found === undefined) throw new ServiceFault('ServiceDeploymentNotFoundException', 'Service deployment not found.');
      if (input.stopType === 'ABORT') throw new ServiceFault('InvalidParameterException', 'The stop type ABORT is not supported for this service deployment.');
      const { service, serviceDeployment } = found;
      if (serviceDeployment.status === 'ROLLBACK_REQUESTED' || serviceDeployment.status === 'ROLLBACK_IN_PROGRESS') return { serviceDeploymentArn: serviceDeployment.arn };
      if (!['PENDING', 'IN_PROGRESS', 'STOP_REQUESTED'].includes(serviceDeployment.status)) throw new ServiceFault('ConflictException', `The service deployment is in the ${serviceDeployment.status} state and cannot be stopped.`);
      changeStatus(ecs, serviceDeployment, 'ROLLBACK_REQUESTED', 'A user initiated a rollback.');
      ecs.wake(service);
      return { serviceDeploymentArn: serviceDeployment.arn };
    },
  };
}

function isListed(each: ServiceDeploymentState, input: ListServiceDeploymentsRequest): boolean {
  if (input.status !== undefined && input.status.length > 0 && !input.status.includes(each.status)) return false;
  const { after, before } = input.createdAt ?? {};
  return (after === undefined || each.createdAt >= after.getTime()) && (before === undefined || each.createdAt <= before.getTime());
}

interface Located {
  readonly service: ServiceState;
  readonly serviceDeployment: ServiceDeploymentState;
}

function locate(ecs: Ecs, serviceDeploymentArn: string): Located | undefined {
  for (const service of ecs.state.services.values()) {
    const serviceDeployment = service.serviceDeployments.find((each) => each.arn === serviceDeploymentArn);
    if (serviceDeployment !== undefined) return { service, serviceDeployment };
  }
  return undefined;
}

function locateRevision(ecs: Ecs, revisionArn: string): ServiceRevision | undefined {
  for (const service of ecs.state.services.values()) {
    const deployment = service.revisions.find((each) => each.revisionArn === revisionArn);
    if (deployment !== undefined) return toRevision(service, deployment);
  }
  return undefined;
}

function toRevision(service: ServiceState, deployment: DeploymentState): ServiceRevision {
  const { configuration } = deployment;
  return {
    serviceRevisionArn: deployment.revisionArn,
    serviceArn: service.arn,
    clusterArn: service.cluster.arn,
    taskDefinition: configuration.taskDefinition.arn,
    platformVersion: configuration.platformVersion === 'LATEST' ? '1.4.0' : configuration.platformVersion,
    platformFamily: 'Linux',
    loadBalancers: [...configuration.loadBalancers],
    serviceRegistries: [...configuration.serviceRegistries],
    networkConfiguration: configuration.networkConfiguration,
    containerImages: configuration.taskDefinition.containers.map((container) => ({
      containerName: container.name,
      image: container.image,
      ...(deployment.images.has(container.name ?? '') ? { imageDigest: deployment.images.get(container.name ?? '')?.digest } : {}),
    })),
    createdAt: new Date(deployment.createdAt),
  };
}

function toBrief(service: ServiceState, each: ServiceDeploymentState) {
  return {
    serviceDeploymentArn: each.arn,
    serviceArn: service.arn,
    clusterArn: service.cluster.arn,
    createdAt: new Date(each.createdAt),
    ...(each.startedAt === undefined ? {} : { startedAt: new Date(each.startedAt) }),
    ...(each.finishedAt === undefined ? {} : { finishedAt: new Date(each.finishedAt) }),
    targetServiceRevisionArn: each.targetRevisionArn,
    status: each.status,
    ...(each.statusReason === undefined ? {} : { statusReason: each.statusReason }),
  };
}

function toServiceDeployment(ecs: Ecs, service: ServiceState, each: ServiceDeploymentState): ServiceDeployment {
  const { targetServiceRevisionArn, ...brief } = toBrief(service, each);
  return {
    ...brief,
    updatedAt: new Date(each.updatedAt),
    ...(each.stoppedAt === undefined ? {} : { stoppedAt: new Date(each.stoppedAt) }),
    sourceServiceRevisions: each.sources.map((source) => revisionSummary(ecs, service, source.revisionArn)),
    targetServiceRevision: revisionSummary(ecs, service, targetServiceRevisionArn),
    ...(each.rollback === undefined ? {} : { rollback: { reason: each.rollback.reason, startedAt: new Date(each.rollback.startedAt), serviceRevisionArn: each.rollback.serviceRevisionArn } }),
    deploymentConfiguration: service.deploymentConfiguration,
    deploymentCircuitBreaker: { status: each.breakerStatus, failureCount: each.breakerFailures, threshold: breakerThreshold(service) },
    alarms: { status: 'DISABLED' },
  };
}

function revisionSummary(ecs: Ecs, service: ServiceState, revisionArn: string) {
  const tasks = tasksOf(ecs, service).filter((task) => task.deployment?.revisionArn === revisionArn);
  return { arn: revisionArn, requestedTaskCount: tasks.filter((task) => task.desiredStatus === 'RUNNING').length, runningTaskCount: runningCount(tasks), pendingTaskCount: pendingCount(tasks) };
}
