import type {
  DescribeServiceDeploymentsCommandOutput,
  RegisterTaskDefinitionCommandInput,
  RunTaskCommandInput,
  UpdateServiceCommandInput,
  Cluster,
  Failure,
  Service,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceRevision,
  Tag,
  Task,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import type { ResultAsync } from 'neverthrow';
import { err, ok } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError, AwsWriteError } from '../errors.js';
import { read, write } from './call.js';
import { notFound } from './map-error.js';
import { allBatches, allPages } from './paging.js';

export type {
  Cluster,
  Container,
  ContainerDefinition,
  Deployment,
  DeploymentConfiguration,
  Failure,
  NetworkConfiguration,
  RegisterTaskDefinitionCommandInput,
  RunTaskCommandInput,
  Service,
  ServiceDeployment,
  ServiceDeploymentBrief,
  Task,
  TaskDefinition,
  UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';

/** "DescribeServices", "DescribeTasks", "DescribeServiceDeployments": how many a call takes. */
const servicesPerCall = 10;
const tasksPerCall = 100;
const deploymentsPerCall = 20;

const ecs = (env: Environment) => env[internals].clients.ecs();

export function describeClusters(env: Environment, names: readonly string[]): ResultAsync<readonly Cluster[], AwsError> {
  return read(env, { action: 'ecs:DescribeClusters', resource: { kind: 'cluster', name: names.join(', ') } }, async () => {
    const { sdk, client } = await ecs(env);
    return client.send(new sdk.DescribeClustersCommand({ clusters: [...names] }));
  }).andThen(({ clusters = [] }) => {
    const missing = names.filter((name) => !clusters.some((cluster) => cluster.clusterName === name && cluster.status !== 'INACTIVE'));
    return missing.length === 0 ? ok(clusters) : err(notFound(env, { kind: 'cluster', name: missing.join(', ') }));
  });
}

/** NotFound names every service that is missing. */
export function describeServices(env: Environment, names: readonly string[]): ResultAsync<readonly Service[], AwsError> {
  return findServices(env, names).andThen(({ services, missing }) =>
    missing.length === 0 ? ok(services) : err(notFound(env, { kind: 'service', name: missing.join(', ') })),
  );
}

export interface FoundServices {
  readonly services: readonly Service[];
  readonly missing: readonly string[];
}

export function findServices(env: Environment, names: readonly string[]): ResultAsync<FoundServices, AwsError> {
  return allBatches(names, servicesPerCall, (batch) =>
    read(env, { action: 'ecs:DescribeServices', resource: { kind: 'cluster', name: env.definition.cluster } }, async () => {
      const { sdk, client } = await ecs(env);
      return client.send(new sdk.DescribeServicesCommand({ cluster: env.definition.cluster, services: batch }));
    }),
  ).map((answers) => {
    const services = answers.flatMap((answer) => answer.services ?? []);
    return { services, missing: names.filter((name) => !services.some((service) => service.serviceName === name || service.serviceArn === name)) };
  });
}

/** Names of the cluster's services, in alphabetical order, all pages. */
export function listServices(env: Environment): ResultAsync<readonly string[], AwsError> {
  const { cluster } = env.definition;
  return allPages((nextToken) =>
    read(env, { action: 'ecs:ListServices', resource: { kind: 'cluster', name: cluster } }, async () => {
      const { sdk, client } = await ecs(env);
      const page = await client.send(new sdk.ListServicesCommand({ cluster, maxResults: 100, ...(nextToken === undefined ? {} : { nextToken }) }));
      return { items: page.serviceArns ?? [], next: page.nextToken };
    }),
  ).map((arns) => arns.map((arn) => arn.split('/').at(-1)!).sort());
}

/** ECS goes on describing a deleted service, as one of no tasks ("DeleteService": DRAINING, then INACTIVE). */
export function isDeleted({ status }: Service): boolean {
  return status === 'DRAINING' || status === 'INACTIVE';
}

export interface DescribedTasks {
  readonly tasks: readonly Task[];
  /** ARNs that AWS does not know: forgotten an hour after they stopped, or not known yet. */
  readonly missing: readonly string[];
}

export function describeTasks(env: Environment, arns: readonly string[]): ResultAsync<DescribedTasks, AwsError> {
  return allBatches(arns, tasksPerCall, (batch) =>
    read(env, { action: 'ecs:DescribeTasks', resource: { kind: 'cluster', name: env.definition.cluster } }, async () => {
      const { sdk, client } = await ecs(env);
      return client.send(new sdk.DescribeTasksCommand({ cluster: env.definition.cluster, tasks: batch }));
    }),
  ).map((answers) => {
    const tasks = answers.flatMap((answer) => answer.tasks ?? []);
    return { tasks, missing: arns.filter((arn) => !tasks.some((task) => task.taskArn === arn)) };
  });
}

export interface TaskFilter {
  readonly serviceName?: string | undefined;
  readonly family?: string | undefined;
  /** Alone: AWS takes no other filter beside it. */
  readonly startedBy?: string | undefined;
  /** default RUNNING, as at AWS: a task just stopped is not in that list */
  readonly desiredStatus?: 'RUNNING' | 'STOPPED' | undefined;
}

/** ARNs of the cluster's tasks that the filter lets through, all pages. */
export function listTasks(env: Environment, filter: TaskFilter = {}): ResultAsync<readonly string[], AwsError> {
  const input = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  return allPages((nextToken) =>
    read(env, { action: 'ecs:ListTasks', resource: { kind: 'service', name: filter.serviceName ?? env.definition.cluster } }, async () => {
      const { sdk, client } = await ecs(env);
      const page = await client.send(new sdk.ListTasksCommand({ cluster: env.definition.cluster, ...input, ...(nextToken === undefined ? {} : { nextToken }) }));
      return { items: page.taskArns ?? [], next: page.nextToken };
    }),
  );
}

/** A revision with its tags, which AWS tells beside it. */
export type TaggedTaskDefinition = TaskDefinition & { readonly tags?: readonly Tag[] | undefined };

/** A family (its latest active revision), `family:revision`, or an ARN. */
export function describeTaskDefinition(env: Environment, name: string): ResultAsync<TaggedTaskDefinition, AwsError> {
  const resource = { kind: 'task definition', name };
  return read(env, { action: 'ecs:DescribeTaskDefinition', resource }, async () => {
    const { sdk, client } = await ecs(env);
    return client.send(new sdk.DescribeTaskDefinitionCommand({ taskDefinition: name, include: ['TAGS'] }));
  }).andThen(({ taskDefinition, tags }) => (taskDefinition === undefined ? err(notFound(env, resource)) : ok({ ...taskDefinition, tags })));
}

/** Families with an active revision, all pages. */
export function listTaskDefinitionFamilies(env: Environment): ResultAsync<readonly string[], AwsError> {
  return allPages((nextToken) =>
    read(env, { action: 'ecs:ListTaskDefinitionFamilies' }, async () => {
      const { sdk, client } = await ecs(env);
      const page = await client.send(new sdk.ListTaskDefinitionFamiliesCommand({ status: 'ACTIVE', ...(nextToken === undefined ? {} : { nextToken }) }));
      return { items: page.families ?? [], next: page.nextToken };
    }),
  );
}

export function registerTaskDefinition(env: Environment, input: RegisterTaskDefinitionCommandInput): ResultAsync<TaskDefinition, AwsWriteError> {
  const resource = { kind: 'task definition', name: input.family ?? '' };
  return write(env, { action: 'ecs:RegisterTaskDefinition', resource }, async () => {
    const { sdk, client } = await ecs(env);
    return client.send(new sdk.RegisterTaskDefinitionCommand(input));
  }).andThen(({ taskDefinition }) => (taskDefinition === undefined ? err(notFound(env, resource)) : ok(taskDefinition)));
}

export function updateService(env: Environment, input: Omit<UpdateServiceCommandInput, 'cluster'>): ResultAsync<Service, AwsWriteError> {
  const resource = { kind: 'service', name: input.service ?? '' };
  return write(env, { action: 'ecs:UpdateService', resource }, async () => {
    const { sdk, client } = await ecs(env);
    return client.send(new sdk.UpdateServiceCommand({ ...input, cluster: env.definition.cluster }));
  }).andThen(({ service }) => (service === undefined ? err(notFound(env, resource)) : ok(service)));
}

export interface StartedTasks {
  readonly tasks: readonly Task[];
  /** RunTask answers 200 also when it started nothing: why is here. */
  readonly failures: readonly Failure[];
}

export function runTask(env: Environment, input: Omit<RunTaskCommandInput, 'cluster'>): ResultAsync<StartedTasks, AwsWriteError> {
  return write(env, { action: 'ecs:RunTask', resource: { kind: 'task definition', name: input.taskDefinition ?? '' } }, async () => {
    const { sdk, client } = await ecs(env);
    return client.send(new sdk.RunTaskCommand({ ...input, cluster: env.definition.cluster }));
  }).map(({ tasks = [], failures = [] }) => ({ tasks, failures }));
}

export function stopTask(env: Environment, taskArn: string, reason: string): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'ecs:StopTask', resource: { kind: 'task', name: taskArn } }, async () => {
    const { sdk, client } = await ecs(env);
    return client.send(new sdk.StopTaskCommand({ cluster: env.definition.cluster, task: taskArn, reason }));
  }).map(() => undefined);
}

export function describeServiceDeployments(env: Environment, arns: readonly string[]): ResultAsync<readonly ServiceDeployment[], AwsError> {
  return allBatches(arns, deploymentsPerCall, (batch) =>
    read<DescribeServiceDeploymentsCommandOutput>(env, { action: 'ecs:DescribeServiceDeployments', resource: { kind: 'service deployment', name: batch.join(', ') } }, async () => {
      const { sdk, client } = await ecs(env);
      return client.send(new sdk.DescribeServiceDeploymentsCommand({ serviceDeploymentArns: batch }));
    }),
  ).map((answers) => answers.flatMap((answer) => answer.serviceDeployments ?? []));
}

/** What a deployment of a service runs, with the digests that its images were resolved to. */
export function describeServiceRevision(env: Environment, arn: string): ResultAsync<ServiceRevision, AwsError> {
  const resource = { kind: 'service revision', name: arn };
  return read(env, { action: 'ecs:DescribeServiceRevisions', resource }, async () => {
    const { sdk, client } = await ecs(env);
    return client.send(new sdk.DescribeServiceRevisionsCommand({ serviceRevisionArns: [arn] }));
  }).andThen(({ serviceRevisions }) => (serviceRevisions?.[0] === undefined ? err(notFound(env, resource)) : ok(serviceRevisions[0])));
}

/** Newest first, all pages since `createdAfter`. */
export function listServiceDeployments(env: Environment, service: string, createdAfter?: Date): ResultAsync<readonly ServiceDeploymentBrief[], AwsError> {
  return allPages((nextToken) =>
    read(env, { action: 'ecs:ListServiceDeployments', resource: { kind: 'service', name: service } }, async () => {
      const { sdk, client } = await ecs(env);
      const page = await client.send(
        new sdk.ListServiceDeploymentsCommand({
          cluster: env.definition.cluster,
          service,
          ...(createdAfter === undefined ? {} : { createdAt: { after: createdAfter } }),
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      );
      return { items: page.serviceDeployments ?? [], next: page.nextToken };
    }),
  );
}
