import { ok, type ResultAsync, safeTry } from 'neverthrow';
import type { Service, TaggedTaskDefinition, TaskDefinition } from '../aws/ecs.js';
import type { DBInstance } from '../aws/rds.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import type { ResourceKind } from './actions.js';

/** ARNs of each kind of resource, with a wildcard where a release makes or finds what has no name yet; none where an environment has none. */
export type Resources = Readonly<Record<ResourceKind, readonly string[]>>;

/** What of an environment is read for its resources. */
export interface ResourceReads {
  services(): ResultAsync<readonly Service[], AwsError>;
  taskDefinition(name: string): ResultAsync<TaggedTaskDefinition, AwsError>;
  instance(): ResultAsync<DBInstance, AwsError>;
}

/** The resources of an environment that the recipes work on. */
export function resourcesOf(env: Environment, reads: ResourceReads): ResultAsync<Resources, AwsError> {
  const { services, migration, sqlTask } = env.definition;
  return safeTry<Resources, AwsError>(async function* () {
    const released = (yield* reads.services()).filter(({ serviceName = '' }) => services[serviceName]?.release !== undefined);
    const deployed: TaskDefinition[] = [];
    for (const { taskDefinition = '' } of released) deployed.push(yield* reads.taskDefinition(taskDefinition));
    const migrating = migration === undefined ? [] : [yield* reads.taskDefinition(migration.taskDefinitionFamily)];
    const asking = sqlTask === undefined ? [] : [yield* reads.taskDefinition(sqlTask.taskDefinitionFamily)];
    const instance = yield* reads.instance();
    return ok({ ...ecsResources(env), ...taskResources(env, { deployed, migrating, asking }), ...gateResources(env), ...databaseResources(env, instance), ...objectResources(env), ...otherResources(env) });
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

interface TaskDefinitions {
  readonly deployed: readonly TaskDefinition[];
  readonly migrating: readonly TaskDefinition[];
  readonly asking: readonly TaskDefinition[];
}

type TaskKind = 'task definition' | 'task role' | 'log stream' | 'migration task definition' | 'migration role' | 'migration log stream' | 'SQL task' | 'SQL task definition' | 'SQL task role' | 'SQL log stream';

function taskResources(env: Environment, { deployed, migrating, asking }: TaskDefinitions): Some<TaskKind> {
  return {
    'task definition': familiesOf(env, deployed),
    'task role': rolesOf(deployed),
    'log stream': logStreamsOf(env, deployed),
    'migration task definition': familiesOf(env, migrating),
    'migration role': rolesOf(migrating),
    'migration log stream': logStreamsOf(env, migrating),
    'SQL task': asking.length === 0 ? [] : ecsResources(env).task,
    'SQL task definition': familiesOf(env, asking),
    'SQL task role': rolesOf(asking),
    'SQL log stream': logStreamsOf(env, asking),
  };
}

function familiesOf(env: Environment, all: readonly TaskDefinition[]): readonly string[] {
  return unique(all.map(({ family }) => arn(env, 'ecs', `task-definition/${family}:*`)));
}

function rolesOf(all: readonly TaskDefinition[]): readonly string[] {
  return unique(all.flatMap(({ taskRoleArn, executionRoleArn }) => [taskRoleArn ?? [], executionRoleArn ?? []].flat()));
}

function logStreamsOf(env: Environment, all: readonly TaskDefinition[]): readonly string[] {
  const groups = all.flatMap(({ containerDefinitions = [] }) => containerDefinitions.flatMap(({ logConfiguration }) => logConfiguration?.options?.['awslogs-group'] ?? []));
  return unique(groups).map((group) => arn(env, 'logs', `log-group:${group}:log-stream:*`));
}

function gateResources(env: Environment): Some<'rule' | 'target group' | 'distribution' | 'function'> {
  const { listenerArn, targetGroupsOf } = env[internals].found;
  const { cloudFront } = env.definition.maintenance;
  return {
    rule: [`${listenerArn.replace(':listener/', ':listener-rule/')}/*`],
    'target group': unique(Object.values(targetGroupsOf).flatMap((groups) => groups.map(({ targetGroupArn }) => targetGroupArn))),
    distribution: (cloudFront?.distributions ?? []).map((id) => arn(env, 'cloudfront', `distribution/${id}`, '')),
    function: cloudFront === undefined ? [] : [arn(env, 'cloudfront', `function/${cloudFront.functionName}`, '')],
  };
}

/** Instances that a restore makes, or sets aside, are called after the one that is in use. */
function databaseResources(env: Environment, { DBParameterGroups = [], OptionGroupMemberships = [], DBSubnetGroup, MonitoringRoleArn }: DBInstance): Some<'database' | 'databases' | 'instance beside' | 'instances' | 'instance groups' | 'monitoring role' | 'snapshot' | 'snapshots'> {
  const { database } = env.definition;
  const groups = [...DBParameterGroups.map(({ DBParameterGroupName: name }) => ['pg', name]), ...OptionGroupMemberships.map(({ OptionGroupName: name }) => ['og', name]), ['subgrp', DBSubnetGroup?.DBSubnetGroupName]];
  return {
    database: [arn(env, 'rds', `db:${database}`)],
    databases: [arn(env, 'rds', 'db:*')],
    'instance beside': [arn(env, 'rds', `db:${database}-*`)],
    instances: [arn(env, 'rds', 'db:*')],
    'instance groups': groups.flatMap(([kind, name]) => (name === undefined ? [] : [arn(env, 'rds', `${kind}:${name}`)])),
    'monitoring role': MonitoringRoleArn === undefined ? [] : [MonitoringRoleArn],
    snapshot: [arn(env, 'rds', `snapshot:${database}-*`)],
    snapshots: [arn(env, 'rds', 'snapshot:*')],
  };
}

/** A run store of another kind than the library's own says nothing of where it is. */
function objectResources(env: Environment): Some<'run object' | 'run bucket' | 'lock object' | 'lock bucket'> {
  const { name, infrastructureLock: lock } = env.definition;
  const { keptIn } = env[internals].runStore;
  const inS3 = (path: string) => arn(env, 's3', path, '', '');
  return {
    'run object': keptIn === undefined ? [] : [inS3(`${keptIn.bucket}/${keptIn.prefix}${name}/*`)],
    'run bucket': keptIn === undefined ? [] : [inS3(keptIn.bucket)],
    'lock object': lock === undefined ? [] : [inS3(`${lock.bucket}/${lock.key}.tflock`)],
    'lock bucket': lock === undefined ? [] : [inS3(lock.bucket)],
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
function arn(env: Environment, service: string, resource: string, region = env.definition.region, accountId = env[internals].accountId): string {
  return `arn:${env[internals].found.clusterArn.split(':')[1]}:${service}:${region}:${accountId}:${resource}`;
}

function unique(all: readonly string[]): readonly string[] {
  return [...new Set(all)];
}
