import type { PutScalingPolicyRequest, RegisterScalableTargetRequest } from '@aws-sdk/client-application-auto-scaling';
import type { CapacityProviderStrategyItem, ContainerDefinition, CreateClusterRequest, CreateServiceRequest, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import type { Blueprint, ContainerBlueprint, ServiceBlueprint, TaskDefinitionBlueprint } from '../blueprint.js';
import type { RegionServices } from '../region-services.js';
import { callOperation } from './call-operation.js';
import { arnOf, type TargetGroupArns } from './seed-balancer.js';
import { databaseUrl } from './seed-database.js';

/** The cluster, task definitions, services and scaling targets. */
export async function seedServices(services: RegionServices, blueprint: Blueprint, arns: TargetGroupArns): Promise<void> {
  const { ecs } = services;
  await callOperation<CreateClusterRequest, unknown>(ecs.operations, 'CreateCluster', { clusterName: blueprint.cluster, capacityProviders: ['FARGATE', 'FARGATE_SPOT'] });
  for (const task of blueprint.tasks) await register(services, blueprint, task);
  for (const service of blueprint.services) {
    await register(services, blueprint, service.taskDefinition);
    await callOperation<CreateServiceRequest, unknown>(ecs.operations, 'CreateService', toService(blueprint, service, arns));
    await scale(services, blueprint, service);
  }
}

async function register(services: RegionServices, blueprint: Blueprint, task: TaskDefinitionBlueprint): Promise<void> {
  await callOperation<RegisterTaskDefinitionRequest, unknown>(services.ecs.operations, 'RegisterTaskDefinition', {
    family: task.family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: String(task.cpu),
    memory: String(task.memory),
    runtimePlatform: { cpuArchitecture: task.cpuArchitecture, operatingSystemFamily: 'LINUX' },
    executionRoleArn: `arn:aws:iam::${services.context.accountId}:role/ecsTaskExecutionRole`,
    containerDefinitions: task.containers.map((container) => toContainer(services, blueprint, container)),
  });
}

function toContainer(services: RegionServices, blueprint: Blueprint, container: ContainerBlueprint): ContainerDefinition {
  return {
    name: container.name,
    image: imageReference(services, blueprint, container.image),
    essential: true,
    ...(container.port === undefined ? {} : { portMappings: [{ containerPort: container.port, hostPort: container.port, protocol: 'tcp' }] }),
    ...(container.command === undefined ? {} : { command: [...container.command] }),
    environment: Object.entries(container.environment ?? {}).map(([name, value]) => ({ name, value: withDatabaseUrls(services, blueprint, value) })),
    ...(container.logGroup === undefined
      ? {}
      : { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': container.logGroup, 'awslogs-region': services.context.region, 'awslogs-stream-prefix': container.logStreamPrefix ?? 'ecs' } } }),
    ...(container.versionConsistency === undefined ? {} : { versionConsistency: container.versionConsistency }),
    ...(container.stopTimeoutSeconds === undefined ? {} : { stopTimeout: container.stopTimeoutSeconds }),
  };
}

/** The private registry's address before the repositories of the account; any other reference as it is. */
export function imageReference({ context }: RegionServices, { repositories }: Blueprint, image: string): string {
  const repository = image.split(/[:@]/)[0] ?? '';
  return repositories.includes(repository) ? `${context.accountId}.dkr.ecr.${context.region}.amazonaws.com/${image}` : image;
}

function withDatabaseUrls(services: RegionServices, blueprint: Blueprint, value: string): string {
  return value.replaceAll(/\{database:([^}]+)\}/g, (_, database: string) => databaseUrl(services, blueprint.database, database));
}

function toService(blueprint: Blueprint, service: ServiceBlueprint, arns: TargetGroupArns): CreateServiceRequest {
  const { targetGroup } = service;
  return {
    cluster: blueprint.cluster,
    serviceName: service.name,
    taskDefinition: service.taskDefinition.family,
    desiredCount: service.desiredCount,
    ...(service.spot === undefined ? { launchType: 'FARGATE' as const } : { capacityProviderStrategy: strategyOf(service) }),
    networkConfiguration: { awsvpcConfiguration: { subnets: [...service.subnets], securityGroups: [...service.securityGroups], assignPublicIp: service.assignPublicIp ? 'ENABLED' : 'DISABLED' } },
    ...(targetGroup === undefined ? {} : { loadBalancers: [{ targetGroupArn: arnOf(targetGroup.name, arns), containerName: targetGroup.containerName, containerPort: targetGroup.containerPort }] }),
    deploymentConfiguration: { minimumHealthyPercent: service.minimumHealthyPercent, maximumPercent: service.maximumPercent, deploymentCircuitBreaker: { enable: service.circuitBreaker, rollback: service.circuitBreaker } },
  };
}

/** `UpscaleWithSpot`: as many on demand as the service usually has, Spot beyond. */
function strategyOf({ spot, desiredCount }: ServiceBlueprint): CapacityProviderStrategyItem[] {
  if (spot === 'OnlySpot') return [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }];
  if (spot === 'UpscaleWithSpot') return [{ capacityProvider: 'FARGATE', base: desiredCount, weight: 0 }, { capacityProvider: 'FARGATE_SPOT', weight: 1 }];
  return [{ capacityProvider: 'FARGATE', weight: 1 }];
}

async function scale({ autoScaling }: RegionServices, { cluster }: Blueprint, service: ServiceBlueprint): Promise<void> {
  const { autoScaling: scaling } = service;
  if (scaling === undefined) return;
  const target = { ServiceNamespace: 'ecs', ResourceId: `service/${cluster}/${service.name}`, ScalableDimension: 'ecs:service:DesiredCount' } as const;
  await callOperation<RegisterScalableTargetRequest, unknown>(autoScaling.operations, 'RegisterScalableTarget', { ...target, MinCapacity: scaling.min, MaxCapacity: scaling.max });
  await callOperation<PutScalingPolicyRequest, unknown>(autoScaling.operations, 'PutScalingPolicy', {
    ...target,
    PolicyName: `${service.name}-${scaling.metric}`,
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: { TargetValue: scaling.target, PredefinedMetricSpecification: { PredefinedMetricType: scaling.metric }, ScaleInCooldown: scaling.scaleInCooldown, ScaleOutCooldown: scaling.scaleOutCooldown },
  });
}
