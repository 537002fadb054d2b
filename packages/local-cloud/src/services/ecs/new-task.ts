import type { LoadBalancer, NetworkConfiguration, TaskOverride } from '@aws-sdk/client-ecs';
import { draw, randomDigits, randomHex, randomUuid } from '../../chance.js';
import type { BehaviourFault } from '../../faults.js';
import { arn, taskArn } from './lookup.js';
import type { ClusterState, ContainerState, DeploymentState, Ecs, NetworkInterfaceState, ServiceState, TaskDefinitionState, TaskState } from './state.js';
import { lead } from './task-lifecycle.js';

export interface TaskRequest {
  readonly cluster: ClusterState;
  readonly taskDefinition: TaskDefinitionState;
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly networkConfiguration: NetworkConfiguration | undefined;
  readonly capacityProvider: string | undefined;
  readonly platformVersion: string;
  readonly overrides?: TaskOverride | undefined;
  readonly service?: ServiceState | undefined;
  readonly deployment?: DeploymentState | undefined;
  readonly loadBalancers?: readonly LoadBalancer[] | undefined;
  readonly fault?: Extract<BehaviourFault, { kind: 'task' }> | undefined;
}

/** Creates a task in PROVISIONING and lets it live. */
export function startTask(ecs: Ecs, request: TaskRequest): TaskState {
  const { clock, timing } = ecs.context;
  const id = randomHex(clock, 32);
  const now = clock.now();
  const task: TaskState = {
    arn: taskArn(ecs, request.cluster.name, id),
    id,
    cluster: request.cluster,
    taskDefinition: request.taskDefinition,
    group: request.group,
    startedBy: request.startedBy,
    service: request.service,
    deployment: request.deployment,
    capacityProvider: request.capacityProvider,
    platformVersion: request.platformVersion === 'LATEST' ? '1.4.0' : request.platformVersion,
    overrides: request.overrides ?? {},
    network: newNetworkInterface(ecs, request.networkConfiguration),
    loadBalancers: request.loadBalancers ?? [],
    containers: request.taskDefinition.containers.map((definition) => newContainer(ecs, request.cluster, id, definition)),
    fault: request.fault,
    createdAt: now,
    visibleAt: now + draw(clock, timing.staleness),
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    version: 1,
    connectivityAt: undefined,
    pullStartedAt: undefined,
    pullStoppedAt: undefined,
    startedAt: undefined,
    stoppingAt: undefined,
    executionStoppedAt: undefined,
    stoppedAt: undefined,
    wasHealthy: false,
    countedAsEnded: false,
    unhealthy: false,
    stop: undefined,
    interruption: new AbortController(),
  };
  ecs.state.tasks.set(task.arn, task);
  lead(ecs, task);
  return task;
}

function newContainer(ecs: Ecs, cluster: ClusterState, taskId: string, definition: ContainerState['definition']): ContainerState {
  return {
    name: definition.name ?? '',
    arn: arn(ecs, `container/${cluster.name}/${taskId}/${randomUuid(ecs.context.clock)}`),
    definition,
    lastStatus: 'PENDING',
    imageDigest: undefined,
    runtimeId: undefined,
    exitCode: undefined,
    reason: undefined,
    running: undefined,
    exited: Promise.resolve(),
  };
}

function newNetworkInterface(ecs: Ecs, configuration: NetworkConfiguration | undefined): NetworkInterfaceState {
  const { clock } = ecs.context;
  const number = ecs.state.nextAddress++;
  const subnets = configuration?.awsvpcConfiguration?.subnets ?? [];
  const hex = randomHex(clock, 10);
  return {
    attachmentId: randomUuid(clock),
    interfaceId: `eni-0${randomHex(clock, 16)}`,
    subnetId: subnets[number % Math.max(subnets.length, 1)] ?? `subnet-${randomDigits(clock, 8)}`,
    privateAddress: `10.0.${String((number >> 8) & 255)}.${String(number & 255)}`,
    securityGroups: configuration?.awsvpcConfiguration?.securityGroups ?? [],
    macAddress: `0a:${(hex.match(/../g) ?? []).join(':')}`,
    status: 'PRECREATED',
  };
}
