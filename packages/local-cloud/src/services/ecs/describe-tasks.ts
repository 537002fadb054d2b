import type { Container, DescribeTasksRequest, DescribeTasksResponse, ListTasksRequest, ListTasksResponse, Task } from '@aws-sdk/client-ecs';
import { ServiceFault } from '../../context.js';
import { page } from '../paging.js';
import { invalidToken } from './clusters.js';
import { platformOf } from './containers.js';
import { clusterOf, findTask, lastPart, taskArn } from './lookup.js';
import type { ContainerState, Ecs, TaskState } from './state.js';
import { tagsOf } from './tags.js';

export function describeTaskOperations(ecs: Ecs) {
  return {
    DescribeTasks(input: DescribeTasksRequest): DescribeTasksResponse {
      const cluster = clusterOf(ecs, input.cluster);
      const asked = input.tasks ?? [];
      if (asked.length === 0) throw new ServiceFault('InvalidParameterException', 'Tasks cannot be empty.');
      if (asked.length > 100) throw new ServiceFault('InvalidParameterException', 'Tasks cannot have more than 100 elements.');
      const found = asked.map((each) => findTask(ecs, cluster, each));
      const withTags = input.include?.includes('TAGS') ?? false;
      return {
        tasks: found.filter((each) => each !== undefined).map((each) => describedTask(ecs, each, withTags)),
        failures: asked.filter((_, index) => found[index] === undefined).map((each) => ({ arn: taskArn(ecs, cluster.name, lastPart(each)), reason: 'MISSING' })),
      };
    },
    ListTasks(input: ListTasksRequest): ListTasksResponse {
      const cluster = clusterOf(ecs, input.cluster);
      if (input.startedBy !== undefined && (input.serviceName !== undefined || input.family !== undefined)) {
        throw new ServiceFault('InvalidParameterException', 'startedBy must be the only filter in use.');
      }
      const now = ecs.context.clock.now();
      const matching = [...ecs.state.tasks.values()].filter((task) => task.cluster === cluster && task.visibleAt <= now && isListed(task, input));
      const { items, next } = page(matching, { size: Math.min(input.maxResults ?? 100, 100), token: input.nextToken, invalid: invalidToken });
      return { taskArns: items.map((task) => task.arn), nextToken: next };
    },
  };
}

/** By default only tasks that are wanted to run: one that just stopped vanishes from the list. */
function isListed(task: TaskState, input: ListTasksRequest): boolean {
  return (
    task.desiredStatus === (input.desiredStatus ?? 'RUNNING') &&
    (input.serviceName === undefined || task.service?.name === lastPart(input.serviceName)) &&
    (input.family === undefined || task.taskDefinition.family === input.family) &&
    (input.startedBy === undefined || task.startedBy === input.startedBy) &&
    (input.launchType === undefined || input.launchType === 'FARGATE') &&
    input.containerInstance === undefined
  );
}

export function describedTask(ecs: Ecs, task: TaskState, withTags: boolean): Task {
  const { definition } = task.taskDefinition;
  return {
    taskArn: task.arn,
    clusterArn: task.cluster.arn,
    taskDefinitionArn: task.taskDefinition.arn,
    group: task.group,
    startedBy: task.startedBy,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    version: task.version,
    launchType: 'FARGATE',
    ...(task.capacityProvider === undefined ? {} : { capacityProviderName: task.capacityProvider }),
    platformVersion: task.platformVersion,
    platformFamily: 'Linux',
    cpu: task.overrides.cpu ?? definition.cpu,
    memory: task.overrides.memory ?? definition.memory,
    availabilityZone: `${ecs.context.region}a`,
    attributes: [{ name: 'ecs.cpu-architecture', value: platformOf(task) === 'linux/arm64' ? 'arm64' : 'x86_64' }],
    attachments: [attachmentOf(task)],
    containers: task.containers.map((container) => toContainer(task, container)),
    overrides: { containerOverrides: task.containers.map(({ name }) => task.overrides.containerOverrides?.find((each) => each.name === name) ?? { name }), inferenceAcceleratorOverrides: [] },
    enableExecuteCommand: false,
    healthStatus: 'UNKNOWN',
    ...(task.connectivityAt === undefined ? {} : { connectivity: 'CONNECTED' as const }),
    ...timesOf(task),
    ...(task.stop === undefined ? {} : { stopCode: task.stop.code, stoppedReason: task.stop.reason }),
    tags: withTags ? [...tagsOf(ecs, task.arn)] : [],
  };
}

/** Only what happened: a task that never ran has no `startedAt`. */
function timesOf(task: TaskState): Partial<Record<'createdAt' | 'connectivityAt' | 'pullStartedAt' | 'pullStoppedAt' | 'startedAt' | 'stoppingAt' | 'executionStoppedAt' | 'stoppedAt', Date>> {
  const { createdAt, connectivityAt, pullStartedAt, pullStoppedAt, startedAt, stoppingAt, executionStoppedAt, stoppedAt } = task;
  const times = { createdAt, connectivityAt, pullStartedAt, pullStoppedAt, startedAt, stoppingAt, executionStoppedAt, stoppedAt };
  return Object.fromEntries(Object.entries(times).flatMap(([name, at]) => (at === undefined ? [] : [[name, new Date(at)]])));
}

function attachmentOf(task: TaskState) {
  const { network } = task;
  const details = { subnetId: network.subnetId, networkInterfaceId: network.interfaceId, macAddress: network.macAddress, privateDnsName: `ip-${network.privateAddress.replaceAll('.', '-')}.compute.internal`, privateIPv4Address: network.privateAddress };
  return {
    id: network.attachmentId,
    type: 'ElasticNetworkInterface',
    status: network.status,
    details: network.status === 'PRECREATED' ? [{ name: 'subnetId', value: network.subnetId }] : Object.entries(details).map(([name, value]) => ({ name, value })),
  };
}

/** `exitCode` is absent, not 0, for a container that never started. */
function toContainer(task: TaskState, container: ContainerState): Container {
  return {
    containerArn: container.arn,
    taskArn: task.arn,
    name: container.name,
    image: container.definition.image,
    ...(container.imageDigest === undefined ? {} : { imageDigest: container.imageDigest }),
    ...(container.runtimeId === undefined ? {} : { runtimeId: container.runtimeId }),
    lastStatus: container.lastStatus,
    ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }),
    ...(container.reason === undefined ? {} : { reason: container.reason }),
    networkBindings: [],
    networkInterfaces: task.connectivityAt === undefined ? [] : [{ attachmentId: task.network.attachmentId, privateIpv4Address: task.network.privateAddress }],
    healthStatus: 'UNKNOWN',
    cpu: String(container.definition.cpu ?? 0),
    ...(container.definition.memory === undefined ? {} : { memory: String(container.definition.memory) }),
  };
}
