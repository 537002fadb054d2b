import { ok, type ResultAsync, safeTry } from 'neverthrow';
import type { Service, TaggedTaskDefinition, TaskDefinition } from '../aws/ecs.js';
import type { DBInstance } from '../aws/rds.js';
import type { ServiceDefinition } from '../environment/definition.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import type { RecordedConfiguration } from '../steps/snapshot-db/recorded-configuration.js';
import { asideIdentifierPattern } from '../steps/restore-db/instance-names.js';
import type { ResourceKind } from './actions.js';
import { unique } from './simulate-access.js';

/** ARNs of each kind of resource, with a wildcard where a release makes or finds what has no name yet; none where an environment has none. */
export type Resources = Readonly<Record<ResourceKind, readonly string[]>>;

/** What of an environment is read for its resources. */
export interface ResourceReads {
  services(): ResultAsync<readonly Service[], AwsError>;
  taskDefinition(name: string): ResultAsync<TaggedTaskDefinition, AwsError>;
  instance(): ResultAsync<DBInstance, AwsError>;
}

/** The resources of an environment that the recipes work on; what only kinds that are not asked for would tell is not read. */
export function resourcesOf(env: Environment, reads: ResourceReads, kinds: ReadonlySet<ResourceKind>): ResultAsync<Resources, AwsError> {
  const { services, migration, sqlTask } = env.definition;
  const isAsked = (...some: readonly ResourceKind[]) => some.some((kind) => kinds.has(kind));
  return safeTry<Resources, AwsError>(async function* () {
    const released = isAsked('task definition', 'task role', 'log stream') ? (yield* reads.services()).filter(({ serviceName = '' }) => services[serviceName]?.release !== undefined) : [];
    const deployed: TaskDefinition[] = [];
    for (const { taskDefinition = '' } of released) deployed.push(yield* reads.taskDefinition(taskDefinition));
    const migrates = isAsked('migration task definition', 'migration role', 'migration log stream');
    const migrating = migrates && migration !== undefined ? [yield* reads.taskDefinition(migration.taskDefinitionFamily)] : [];
    const asks = isAsked('SQL task definition', 'SQL task role', 'SQL log stream');
    const asking = asks && sqlTask !== undefined ? [yield* reads.taskDefinition(sqlTask.taskDefinitionFamily)] : [];
    const instance = isAsked('instance groups', 'monitoring role') ? yield* reads.instance() : {};
    return ok({ ...ecsResources(env), ...taskResources(env, { deployed, migrating, asking }), ...gateResources(env), ...databaseResources(env, instance), ...objectResources(env), ...otherResources(env) });
  });
}

type Some<K extends ResourceKind> = Pick<Resources, K>;

type ServiceKind = 'cluster' | 'service' | 'released service' | 'application service' | 'administration service' | 'task' | 'service deployment' | 'service revision';

function ecsResources(env: Environment): Some<ServiceKind> {
  const { cluster, services } = env.definition;
  const inCluster = (kind: string, name: string) => arn(env, 'ecs', `${kind}/${cluster}/${name}`);
  const theirs = (isMeant: (service: ServiceDefinition) => boolean) => Object.keys(services).filter((name) => isMeant(services[name]!)).map((name) => inCluster('service', name));
  return {
    cluster: [env[internals].found.clusterArn],
    service: theirs(() => true),
    'released service': theirs(({ release }) => release !== undefined),
    'application service': theirs(({ role }) => role === 'application'),
    'administration service': theirs(({ role }) => role === 'administration'),
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
    'SQL task': env.definition.sqlTask === undefined ? [] : ecsResources(env).task,
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

function gateResources(env: Environment): Some<'rule' | 'application target group' | 'administration target group' | 'distribution' | 'function'> {
  const { listenerArn, targetGroupsOf } = env[internals].found;
  const { maintenance: { cloudFront }, services } = env.definition;
  const targetGroupsOfRole = (role: ServiceDefinition['role']) => unique(Object.entries(targetGroupsOf).flatMap(([name, groups]) => (services[name]?.role === role ? groups.map(({ targetGroupArn }) => targetGroupArn) : [])));
  return {
    rule: [`${listenerArn.replace(':listener/', ':listener-rule/')}/*`],
    'application target group': targetGroupsOfRole('application'),
    'administration target group': targetGroupsOfRole('administration'),
    distribution: (cloudFront?.distributions ?? []).map((id) => arn(env, 'cloudfront', `distribution/${id}`, '')),
    function: cloudFront === undefined ? [] : [arn(env, 'cloudfront', `function/${cloudFront.functionName}`, '')],
  };
}

/** What a restore of this very snapshot is on: it may have any name, and tell of an instance with other groups than the one in use has. */
export function resourcesOfRestore(env: Environment, snapshotId: string, { parameterGroup, optionGroup, subnetGroup, monitoringRoleArn }: RecordedConfiguration): Partial<Resources> {
  const groups = Object.entries({ pg: parameterGroup, og: optionGroup, subgrp: subnetGroup });
  return {
    snapshot: [arn(env, 'rds', `snapshot:${snapshotId}`)],
    'instance groups': groups.flatMap(([kind, name]) => (name === undefined ? [] : arn(env, 'rds', `${kind}:${name}`))),
    'monitoring role': monitoringRoleArn === undefined ? [] : [monitoringRoleArn],
  };
}

type DatabaseKind = 'database' | 'databases' | 'restored instance' | 'instance aside' | 'rehearsed instance' | 'instances' | 'instance groups' | 'monitoring role' | 'snapshot' | 'new snapshot' | 'snapshots' | 'snapshots of the database';

/** Names are in lower case at RDS, however the definition spells them. Those of instances beside the one in use, and of snapshots, begin with its name. */
function databaseResources(env: Environment, { DBParameterGroups = [], OptionGroupMemberships = [], DBSubnetGroup, MonitoringRoleArn }: DBInstance): Some<DatabaseKind> {
  const database = env.definition.database.toLowerCase();
  const inRds = (kind: string, name: string) => [arn(env, 'rds', `${kind}:${name}`)];
  const groups = [...DBParameterGroups.map(({ DBParameterGroupName: name }) => ['pg', name]), ...OptionGroupMemberships.map(({ OptionGroupName: name }) => ['og', name]), ['subgrp', DBSubnetGroup?.DBSubnetGroupName]];
  return {
    database: inRds('db', database),
    databases: inRds('db', '*'),
    'restored instance': inRds('db', asideIdentifierPattern(database, 'restored')),
    'instance aside': inRds('db', asideIdentifierPattern(database, 'before')),
    'rehearsed instance': inRds('db', asideIdentifierPattern(database, 'rehearsal')),
    instances: inRds('db', '*'),
    'instance groups': groups.flatMap(([kind = '', name]) => (name === undefined ? [] : inRds(kind, name))),
    'monitoring role': MonitoringRoleArn === undefined ? [] : [MonitoringRoleArn],
    snapshot: inRds('snapshot', `${database}-*`),
    'new snapshot': inRds('snapshot', `${database}-*`),
    snapshots: inRds('snapshot', '*'),
    'snapshots of the database': inRds('db', database),
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
