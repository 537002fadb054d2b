import type { CreateRepositoryRequest } from '@aws-sdk/client-ecr';
import type { CreateLogGroupRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Blueprint, ContainerBlueprint, ImageDeclaration } from '../blueprint.js';
import type { Clock } from '../clock.js';
import type { RegionServices } from '../region-services.js';
import { callOperation } from './call-operation.js';
import { arnOf, seedBalancer, type TargetGroupArns } from './seed-balancer.js';
import { seedDatabase } from './seed-database.js';
import { seedServices } from './seed-services.js';

/** Creates everything of a blueprint, as an operator would: by the operations of the services. What was created still starts. */
export async function seedBlueprint(services: RegionServices, blueprint: Blueprint, images: readonly ImageDeclaration[], clock: Clock): Promise<void> {
  await seedImages(services, blueprint, images);
  await seedLogGroups(services, blueprint);
  await seedDatabase(services, blueprint.database);
  await untilDatabaseAvailable(services, blueprint, clock);
  const arns = await seedBalancer(services, blueprint);
  await seedInstances(services, blueprint, images, arns);
  await seedServices(services, blueprint, arns);
}

function containersOf(blueprint: Blueprint): ContainerBlueprint[] {
  return [...blueprint.tasks, ...blueprint.services.map((service) => service.taskDefinition)].flatMap((task) => task.containers);
}

/** The declared images; one that a container names and nobody declared runs as the default server. */
async function seedImages({ ecr }: RegionServices, blueprint: Blueprint, images: readonly ImageDeclaration[]): Promise<void> {
  for (const repositoryName of blueprint.repositories) await callOperation<CreateRepositoryRequest, unknown>(ecr.operations, 'CreateRepository', { repositoryName });
  for (const image of images) ecr.pushImage(image);
  const named = [...containersOf(blueprint).map((container) => container.image), ...blueprint.targetGroups.flatMap((group) => group.instanceImage ?? [])];
  const declared = new Set(images.flatMap(referencesOf));
  const undeclared = new Set(named.filter((reference) => !declared.has(reference)));
  for (const reference of undeclared) ecr.pushImage({ reference });
}

function referencesOf({ reference, alsoTagged = [] }: ImageDeclaration): readonly string[] {
  const repository = reference.replace(/:[^:/]*$/, '');
  return [reference, ...alsoTagged.map((tag) => `${repository}:${tag}`)];
}

async function seedLogGroups({ logs }: RegionServices, blueprint: Blueprint): Promise<void> {
  for (const logGroupName of new Set(containersOf(blueprint).flatMap((container) => container.logGroup ?? []))) {
    await callOperation<CreateLogGroupRequest, unknown>(logs.operations, 'CreateLogGroup', { logGroupName });
  }
}

/** Containers find the database's address when they start. */
async function untilDatabaseAvailable({ rds }: RegionServices, { database }: Blueprint, clock: Clock): Promise<void> {
  while (rds.inspect(database.identifier)?.status !== 'available') await clock.sleep(100);
}

/** Targets outside ECS: machines that are simply there. */
async function seedInstances({ context, elbv2 }: RegionServices, blueprint: Blueprint, images: readonly ImageDeclaration[], arns: TargetGroupArns): Promise<void> {
  for (const [index, group] of blueprint.targetGroups.entries()) {
    const reference = group.instanceImage;
    if (reference === undefined) continue;
    const running = await context.hosts.containers.start({
      taskId: `instance-${group.name}`,
      name: group.name,
      image: images.find((image) => image.reference === reference) ?? { reference },
      environment: {},
      port: group.port,
      onLog: () => undefined,
      onExit: () => undefined,
    });
    if (running.endpoint !== undefined) elbv2.registerTarget(arnOf(group.name, arns), { id: `10.1.0.${String(10 + index)}`, port: group.port }, running.endpoint);
  }
}
