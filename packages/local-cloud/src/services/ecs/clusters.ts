import type { Cluster, CreateClusterRequest, CreateClusterResponse, DescribeClustersRequest, DescribeClustersResponse, ListClustersRequest, ListClustersResponse } from '@aws-sdk/client-ecs';
import { ServiceFault } from '../../context.js';
import { page } from '../paging.js';
import { arn, findCluster } from './lookup.js';
import type { ClusterState, Ecs } from './state.js';
import { putTags, tagsOf } from './tags.js';

export function clusterOperations(ecs: Ecs) {
  return {
    CreateCluster(input: CreateClusterRequest): CreateClusterResponse {
      const name = input.clusterName ?? 'default';
      const cluster = findCluster(ecs, name) ?? {
        name,
        arn: arn(ecs, `cluster/${name}`),
        capacityProviders: input.capacityProviders ?? [],
        defaultCapacityProviderStrategy: input.defaultCapacityProviderStrategy ?? [],
      };
      ecs.state.clusters.set(name, cluster);
      if (input.tags !== undefined) putTags(ecs, cluster.arn, input.tags);
      return { cluster: toCluster(ecs, cluster, true) };
    },
    DescribeClusters(input: DescribeClustersRequest): DescribeClustersResponse {
      const asked = input.clusters ?? ['default'];
      if (asked.length > 100) throw new ServiceFault('InvalidParameterException', 'Clusters cannot have more than 100 elements.');
      const found = asked.map((each) => findCluster(ecs, each));
      return {
        clusters: found.filter((each) => each !== undefined).map((each) => toCluster(ecs, each, input.include?.includes('TAGS') ?? false)),
        failures: asked.filter((_, index) => found[index] === undefined).map((each) => ({ arn: each.startsWith('arn:') ? each : arn(ecs, `cluster/${each}`), reason: 'MISSING' })),
      };
    },
    ListClusters(input: ListClustersRequest): ListClustersResponse {
      const { items, next } = page([...ecs.state.clusters.values()], { size: input.maxResults ?? 100, token: input.nextToken, invalid: invalidToken });
      return { clusterArns: items.map((each) => each.arn), nextToken: next };
    },
  };
}

export function invalidToken(): ServiceFault {
  return new ServiceFault('InvalidParameterException', 'Invalid token.');
}

function toCluster(ecs: Ecs, cluster: ClusterState, withTags: boolean): Cluster {
  const tasks = [...ecs.state.tasks.values()].filter((task) => task.cluster === cluster);
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: 'ACTIVE',
    registeredContainerInstancesCount: 0,
    runningTasksCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingTasksCount: tasks.filter((task) => ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(task.lastStatus)).length,
    activeServicesCount: [...ecs.state.services.values()].filter((service) => service.cluster === cluster && service.status === 'ACTIVE').length,
    statistics: [],
    settings: [],
    capacityProviders: [...cluster.capacityProviders],
    defaultCapacityProviderStrategy: [...cluster.defaultCapacityProviderStrategy],
    tags: withTags ? [...tagsOf(ecs, cluster.arn)] : [],
  };
}
