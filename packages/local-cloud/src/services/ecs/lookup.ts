import { ServiceFault } from '../../context.js';
import type { ClusterState, Ecs, ServiceState, TaskDefinitionState, TaskState } from './state.js';

/** By short name or ARN; `default` when absent. */
export function findCluster(ecs: Ecs, cluster: string | undefined): ClusterState | undefined {
  return ecs.state.clusters.get(lastPart(cluster ?? 'default'));
}

export function clusterOf(ecs: Ecs, cluster: string | undefined): ClusterState {
  const found = findCluster(ecs, cluster);
  if (found === undefined) throw new ServiceFault('ClusterNotFoundException', 'Cluster not found.');
  return found;
}

export function findService(ecs: Ecs, cluster: ClusterState, service: string): ServiceState | undefined {
  return ecs.state.services.get(serviceArn(ecs, cluster.name, lastPart(service)));
}

/** A service that can be changed. */
export function activeServiceOf(ecs: Ecs, cluster: ClusterState, service: string | undefined): ServiceState {
  const found = findService(ecs, cluster, service ?? '');
  if (found === undefined) throw new ServiceFault('ServiceNotFoundException', 'Service not found.');
  if (found.status !== 'ACTIVE') throw new ServiceFault('ServiceNotActiveException', 'Service was not ACTIVE.');
  return found;
}

/** Only tasks that reads may already see. */
export function findTask(ecs: Ecs, cluster: ClusterState, task: string): TaskState | undefined {
  const found = ecs.state.tasks.get(taskArn(ecs, cluster.name, lastPart(task)));
  return found !== undefined && found.visibleAt <= ecs.context.clock.now() ? found : undefined;
}

export function tasksOf(ecs: Ecs, service: ServiceState): TaskState[] {
  return [...ecs.state.tasks.values()].filter((task) => task.service === service);
}

/** By `family` (its latest ACTIVE revision), `family:revision` or ARN. */
export function findTaskDefinition(ecs: Ecs, reference: string): TaskDefinitionState | undefined {
  const [family = '', revision] = lastPart(reference).split(':');
  const revisions = ecs.state.families.get(family) ?? [];
  if (revision === undefined) return revisions.findLast((each) => each.deregisteredAt === undefined);
  return revisions[Number(revision) - 1];
}

/** One that tasks and services may be started with. */
export function usableTaskDefinition(ecs: Ecs, reference: string | undefined): TaskDefinitionState {
  const found = findTaskDefinition(ecs, reference ?? '');
  if (found === undefined) throw new ServiceFault('ClientException', 'TaskDefinition not found.');
  if (found.deregisteredAt !== undefined) throw new ServiceFault('ClientException', 'TaskDefinition is inactive');
  return found;
}

export function arn(ecs: Ecs, resource: string): string {
  return `arn:aws:ecs:${ecs.context.region}:${ecs.context.accountId}:${resource}`;
}

export function serviceArn(ecs: Ecs, cluster: string, service: string): string {
  return arn(ecs, `service/${cluster}/${service}`);
}

export function taskArn(ecs: Ecs, cluster: string, task: string): string {
  return arn(ecs, `task/${cluster}/${task}`);
}

/** `graasp` of `arn:aws:ecs:…:service/graasp-dev/graasp`; a name as it is. */
export function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
