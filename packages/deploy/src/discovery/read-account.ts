import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { describeScalableTargets, type ScalableTarget } from '../aws/autoscaling.js';
import { describeServices, describeTaskDefinition, isDeleted, listServices, listTaskDefinitionFamilies, type Service, type TaskDefinition } from '../aws/ecs.js';
import { type DBInstance, listDbInstances } from '../aws/rds.js';
import { getCallerIdentity } from '../aws/sts.js';
import type { Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import type { Account, FoundContainer, FoundService, FoundTask } from './account.js';
import { connectionsOf, databaseSecretsOf } from './connections-of.js';
import { imageReader, type ReadImage } from './read-image.js';
import { readBalancer, type ReadBalancer } from './read-balancer.js';

/** What is read of the account, one kind of thing after the other. `env` is no environment yet: its region, its cluster and the ways to AWS are all that is right in it. */
export function readAccount(env: Environment, loadBalancer: string | undefined): ResultAsync<Account, AwsError> {
  return safeTry(async function* () {
    const { accountId } = yield* getCallerIdentity(env);
    const services = (yield* describeServices(env, yield* listServices(env))).filter((service) => !isDeleted(service));
    const definitions = yield* ResultAsync.combine(services.map((service) => taskDefinitionOf(env, service)));
    const scaling = yield* scalingOf(env, services);
    const balancer = yield* readBalancer(env, services, loadBalancer);
    const instances = yield* listDbInstances(env);
    const used = new Set(definitions.map(({ family }) => family));
    const otherFamilies = (yield* listTaskDefinitionFamilies(env)).filter((family) => !used.has(family)).sort();
    const migrating = yield* ResultAsync.combine(otherFamilies.filter((family) => /migrat/i.test(family)).map((family) => describeTaskDefinition(env, family)));
    const readImage = imageReader(env, accountId);

    const found: FoundService[] = [];
    for (const [index, service] of services.entries()) {
      const task = yield* readTask(definitions[index]!, readImage, instances);
      found.push({ ...task, ...ofService(service, scaling, balancer) });
    }
    const migrations: FoundTask[] = [];
    for (const definition of migrating) migrations.push(yield* readTask(definition, readImage, instances));
    const { region, cluster } = env.definition;
    const identifiers = instances.map(({ DBInstanceIdentifier = '' }) => DBInstanceIdentifier).sort();
    return ok({ accountId, region, cluster, services: found, balancer: balancer?.found ?? null, instances: identifiers, otherFamilies, migrations });
  });
}

/** What somebody else deploys may have none of its own: task sets of an external controller do. */
function taskDefinitionOf(env: Environment, { taskDefinition }: Service): ResultAsync<TaskDefinition, AwsError> {
  return taskDefinition === undefined ? okAsync({}) : describeTaskDefinition(env, taskDefinition);
}

const scalingId = (env: Environment, service: string) => `service/${env.definition.cluster}/${service}`;

function scalingOf(env: Environment, services: readonly Service[]): ResultAsync<ReadonlyMap<string, ScalableTarget>, AwsError> {
  if (services.length === 0) return okAsync(new Map());
  const names = new Map(services.map(({ serviceName = '' }) => [scalingId(env, serviceName), serviceName]));
  return describeScalableTargets(env, [...names.keys()]).map((targets) => new Map(targets.map((target) => [names.get(target.ResourceId ?? '') ?? '', target])));
}

function ofService(service: Service, scaling: ReadonlyMap<string, ScalableTarget>, balancer: ReadBalancer | null) {
  const { serviceName = '', desiredCount = 0, loadBalancers = [] } = service;
  const { MinCapacity: min, MaxCapacity: max } = scaling.get(serviceName) ?? {};
  return {
    name: serviceName,
    desiredCount,
    scaling: min === undefined || max === undefined ? null : { min, max },
    unfit: unfitnessOf(service),
    doors: loadBalancers.flatMap(({ targetGroupArn = '' }) => balancer?.doorsOf.get(targetGroupArn) ?? []),
  };
}

/** As preflight says it of a service of a definition. */
function unfitnessOf({ deploymentController, schedulingStrategy = 'REPLICA' }: Service): string | null {
  const { type = 'ECS' } = deploymentController ?? {};
  if (type !== 'ECS') return `it is deployed by ${type}, not by ECS`;
  return schedulingStrategy === 'REPLICA' ? null : `it has the scheduling strategy ${schedulingStrategy}`;
}

function readTask({ family = '', containerDefinitions = [] }: TaskDefinition, readImage: ReadImage, instances: readonly DBInstance[]): ResultAsync<FoundTask, AwsError> {
  return safeTry(async function* () {
    const containers: FoundContainer[] = [];
    for (const container of containerDefinitions) {
      const image = yield* readImage(container.image ?? '');
      containers.push({ name: container.name ?? '', image, connections: connectionsOf(container, instances), databaseSecrets: databaseSecretsOf(container) });
    }
    return ok({ family, containers });
  });
}
