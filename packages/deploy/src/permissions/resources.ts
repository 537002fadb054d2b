import { ok, type ResultAsync, safeTry } from 'neverthrow';
import type { Service, TaggedTaskDefinition, TaskDefinition } from '../aws/ecs.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import type { ResourceKind } from './actions.js';

/** ARNs of each kind of resource, with a wildcard where a release makes or finds what has no name yet; none where an environment has none. */
export type Resources = Readonly<Record<ResourceKind, readonly string[]>>;

/** What of an environment is read for its resources. */
export interface ResourceReads {
  services(): ResultAsync<readonly Service[], AwsError>;
  taskDefinition(name: string): ResultAsync<TaggedTaskDefinition, AwsError>;
}

/** The resources of an environment that releases and transitions work on. */
export function resourcesOf(env: Environment, reads: ResourceReads): ResultAsync<Resources, AwsError> {
  const { services, migration } = env.definition;
  return safeTry<Resources, AwsError>(async function* () {
    const released = (yield* reads.services()).filter(({ serviceName = '' }) => services[serviceName]?.release !== undefined);
    const definitions: TaskDefinition[] = [];
    for (const { taskDefinition = '' } of released) definitions.push(yield* reads.taskDefinition(taskDefinition));
    const migrating = migration === undefined ? [] : [yield* reads.taskDefinition(migration.taskDefinitionFamily)];
    return ok({ ...ecsResources(env), ...taskResources(env, [...definitions, ...migrating], migrating), ...balancerResources(env), ...databaseResources(env), ...otherResources(env) });
  });
}

type Some<K extends ResourceKind> = Pick<Resources, K>;

function ecsResources(env: Environment): Some<'cluster' | 'container instances' | 'service' | 'task' | 'service deployment' | 'service revision'> {
  const { cluster, services } = env.definition;
  const inCluster = (kind: string, name: string) => arn(env, 'ecs', `${kind}/${cluster}/${name}`);
  return {
    cluster: [env[internals].found.clusterArn],
    'container instances': [inCluster('container-instance', '*')],
    service: Object.keys(services).map((name) => inCluster('service', name)),
    task: [inCluster('task', '*')],
    'service deployment': [inCluster('service-deployment', '*')],
    'service revision': [inCluster('service-revision', '*')],
  };
}

function taskResources(env: Environment, all: readonly TaskDefinition[], migrating: readonly TaskDefinition[]): Some<'task definition' | 'migration task definition' | 'task role' | 'log stream'> {
  const familyArn = ({ family }: TaskDefinition) => arn(env, 'ecs', `task-definition/${family}:*`);
  const groups = all.flatMap(({ containerDefinitions = [] }) => containerDefinitions.flatMap(({ logConfiguration }) => logConfiguration?.options?.['awslogs-group'] ?? []));
  return {
    'task definition': unique(all.map(familyArn)),
    'migration task definition': unique(migrating.map(familyArn)),
    'task role': unique(all.flatMap(({ taskRoleArn, executionRoleArn }) => [taskRoleArn ?? [], executionRoleArn ?? []].flat())),
    'log stream': unique(groups).map((group) => arn(env, 'logs', `log-group:${group}:log-stream:*`)),
  };
}

function balancerResources(env: Environment): Some<'rule' | 'target group'> {
  const { listenerArn, targetGroupsOf } = env[internals].found;
  return {
    rule: [`${listenerArn.replace(':listener/', ':listener-rule/')}/*`],
    'target group': unique(Object.values(targetGroupsOf).flatMap((groups) => groups.map(({ targetGroupArn }) => targetGroupArn))),
  };
}

function databaseResources(env: Environment): Some<'database' | 'databases' | 'snapshot' | 'snapshots'> {
  const { database } = env.definition;
  return {
    database: [arn(env, 'rds', `db:${database}`)],
    databases: [arn(env, 'rds', 'db:*')],
    snapshot: [arn(env, 'rds', `snapshot:${database}-*`)],
    snapshots: [arn(env, 'rds', 'snapshot:*')],
  };
}

function otherResources(env: Environment): Some<'any' | 'scaling target' | 'repository'> {
  const { images } = env.definition;
  return {
    any: ['*'],
    'scaling target': [arn(env, 'application-autoscaling', 'scalable-target/*')],
    repository: images === undefined ? [] : [arn(env, 'ecr', `repository/${images.repository}`)],
  };
}

/** In the partition of the cluster: `aws`, `aws-cn`. */
function arn(env: Environment, service: string, resource: string): string {
  const { accountId, found } = env[internals];
  return `arn:${found.clusterArn.split(':')[1]}:${service}:${env.definition.region}:${accountId}:${resource}`;
}

function unique(all: readonly string[]): readonly string[] {
  return [...new Set(all)];
}
