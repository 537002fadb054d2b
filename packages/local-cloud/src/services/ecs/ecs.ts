import type { CloudContext, Operations, Siblings } from '../../context.js';
import type { InspectedService, InspectedTask } from '../../inspection.js';
import { clusterOperations } from './clusters.js';
import { describeServiceOperations, pendingCount, runningCount } from './describe-services.js';
import { describeTaskOperations } from './describe-tasks.js';
import { findTaskDefinition, tasksOf } from './lookup.js';
import { runTaskOperations } from './run-task.js';
import { interruptSpot, wakeScheduler } from './scheduler.js';
import { serviceDeploymentOperations } from './service-deployments.js';
import { scaleService, serviceOperations } from './services.js';
import { type Ecs, emptyState, type ServiceState, type TaskState } from './state.js';
import { tagOperations } from './tags.js';
import { taskDefinitionOperations } from './task-definitions.js';

export interface EcsService {
  readonly operations: Operations;
  readonly sibling: Siblings['ecs'];
  /** Takes away one task of the service that runs on Spot capacity; answers its ARN, undefined when there is none. */
  interruptSpot(serviceName: string): string | undefined;
  inspectServices(): readonly InspectedService[];
  inspectTasks(): readonly InspectedTask[];
  /** ARNs of the roles that tasks of a family or revision get; none when there is no such revision. */
  rolesOf(taskDefinition: string): readonly string[];
  /** Every active service is steady and its deployment completed. */
  isSteady(): boolean;
}

/** ECS of one account and region: clusters, task definitions, services on Fargate, tasks. */
export function createEcs(context: CloudContext): EcsService {
  const ecs: Ecs = { context, state: emptyState(), wake: (service, inMs) => wakeScheduler(ecs, service, inMs ?? context.timing.service.schedulerTick) };
  const byResourceId = (resourceId: string) => [...ecs.state.services.values()].find((service) => `service/${service.cluster.name}/${service.name}` === resourceId && service.status === 'ACTIVE');
  return {
    operations: {
      ...clusterOperations(ecs),
      ...taskDefinitionOperations(ecs),
      ...serviceOperations(ecs),
      ...describeServiceOperations(ecs),
      ...serviceDeploymentOperations(ecs),
      ...runTaskOperations(ecs),
      ...describeTaskOperations(ecs),
      ...tagOperations(ecs),
    },
    sibling: {
      desiredCount: (resourceId) => byResourceId(resourceId)?.desiredCount,
      setDesiredCount: (resourceId, desiredCount) => {
        const service = byResourceId(resourceId);
        if (service !== undefined) scaleService(ecs, service, desiredCount);
      },
    },
    interruptSpot: (serviceName) => interruptSpot(ecs, serviceName),
    rolesOf(reference) {
      const { taskRoleArn, executionRoleArn } = findTaskDefinition(ecs, reference)?.definition ?? {};
      return [taskRoleArn, executionRoleArn].flatMap((role) => role ?? []);
    },
    inspectServices: () => [...ecs.state.services.values()].map((service) => inspectService(ecs, service)),
    inspectTasks: () => [...ecs.state.forgotten, ...ecs.state.tasks.values()].map(inspectTask),
    isSteady: () => [...ecs.state.services.values()].every((service) => service.status !== 'ACTIVE' || (service.steady && service.deployments.length === 1)),
  };
}

function inspectService(ecs: Ecs, service: ServiceState): InspectedService {
  const tasks = tasksOf(ecs, service);
  return {
    name: service.name,
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: runningCount(tasks),
    pendingCount: pendingCount(tasks),
    taskDefinition: service.taskDefinition.arn,
    deployments: service.deployments.map(({ id, status, rolloutState, configuration }) => ({ id, status, rolloutState, taskDefinition: configuration.taskDefinition.arn })),
  };
}

function inspectTask(task: TaskState): InspectedTask {
  return {
    arn: task.arn,
    group: task.group,
    taskDefinition: task.taskDefinition.arn,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    startedBy: task.startedBy,
    stopCode: task.stop?.code,
    stoppedReason: task.stop?.reason,
    capacityProvider: task.capacityProvider,
    createdAt: task.createdAt,
    startedAt: task.startedAt,
    stoppedAt: task.stoppedAt,
    containers: task.containers.map(({ name, definition, imageDigest, exitCode, reason }) => ({ name, image: definition.image ?? '', imageDigest, exitCode, reason })),
  };
}
