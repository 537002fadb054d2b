import type { BucketLocationConstraint, CreateBucketRequest } from '@aws-sdk/client-s3';
import type { CreateRepositoryRequest } from '@aws-sdk/client-ecr';
import type { CreateLogGroupRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Blueprint, ContainerBlueprint, ImageDeclaration } from '../blueprint.js';
import type { Clock } from '../clock.js';
import type { RegionServices } from '../region-services.js';
import { callOperation } from './call-operation.js';
import { arnOf, seedBalancer, settleHealthChecks, type TargetGroupArns } from './seed-balancer.js';
import { seedDatabase } from './seed-database.js';
import { seedServices } from './seed-services.js';

/** How long a cloud may take to become steady, in its own time. */
const steadyWithinMs = 30 * 60_000;

/**
 * Creates everything of a blueprint, as an operator would: by the operations of the services. Resolves when services are steady, targets
 * healthy and the database available; rejects when something cannot be created or does not come up.
 */
export async function seedBlueprint(services: RegionServices, blueprint: Blueprint, images: readonly ImageDeclaration[], clock: Clock): Promise<void> {
  await seedImages(services, blueprint, images);
  await seedLogGroups(services, blueprint);
  await seedBuckets(services, blueprint);
  await seedDatabase(services, blueprint.database);
  await untilDatabaseAvailable(services, blueprint, clock);
  const arns = await seedBalancer(services, blueprint);
  await seedInstances(services, blueprint, images, arns);
  await seedServices(services, blueprint, arns);
  await untilSteady(services, blueprint, arns, clock);
  await settleHealthChecks(services, blueprint, arns);
}

async function untilSteady(services: RegionServices, blueprint: Blueprint, arns: TargetGroupArns, clock: Clock): Promise<void> {
  const deadline = clock.now() + steadyWithinMs;
  const instances = instancesOf(blueprint, arns);
  const healthy = () => instances.every(({ targetGroupArn, target }) => services.elbv2.targetHealth(targetGroupArn, target).state !== 'initial');
  while (!services.ecs.isSteady() || !healthy()) {
    if (clock.now() > deadline) throw new Error(`The local cloud did not come up: ${whatIsMissing(services)}`);
    await clock.sleep(300);
  }
}

function whatIsMissing({ ecs }: RegionServices): string {
  const services = ecs.inspectServices().filter((service) => service.runningCount !== service.desiredCount);
  const reasons = new Set(ecs.inspectTasks().flatMap((task) => task.stoppedReason ?? []));
  return `${services.map(({ name, runningCount, desiredCount }) => `${name} runs ${String(runningCount)} of ${String(desiredCount)}`).join(', ')}. ${[...reasons].join(' ')}`;
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

async function seedBuckets({ s3, context }: RegionServices, { buckets = [] }: Blueprint): Promise<void> {
  const CreateBucketConfiguration = context.region === 'us-east-1' ? undefined : { LocationConstraint: context.region as BucketLocationConstraint };
  for (const Bucket of buckets) await callOperation<CreateBucketRequest, unknown>(s3.operations, 'CreateBucket', { Bucket, CreateBucketConfiguration });
}

/** Containers find the database's address when they start. */
async function untilDatabaseAvailable({ rds }: RegionServices, { database }: Blueprint, clock: Clock): Promise<void> {
  while (rds.inspect(database.identifier)?.status !== 'available') await clock.sleep(100);
}

interface InstanceTarget {
  readonly reference: string;
  readonly name: string;
  readonly targetGroupArn: string;
  readonly target: { readonly id: string; readonly port: number };
}

/** Targets outside ECS: machines that are simply there. */
function instancesOf({ targetGroups }: Blueprint, arns: TargetGroupArns): InstanceTarget[] {
  return targetGroups.flatMap(({ name, port, instanceImage }, index) =>
    instanceImage === undefined ? [] : [{ reference: instanceImage, name, targetGroupArn: arnOf(name, arns), target: { id: `10.1.0.${String(10 + index)}`, port } }],
  );
}

async function seedInstances({ context, elbv2 }: RegionServices, blueprint: Blueprint, images: readonly ImageDeclaration[], arns: TargetGroupArns): Promise<void> {
  for (const { reference, name, targetGroupArn, target } of instancesOf(blueprint, arns)) {
    const running = await context.hosts.containers.start({
      taskId: `instance-${name}`,
      name,
      image: images.find((image) => image.reference === reference) ?? { reference },
      environment: {},
      port: target.port,
      onLog: () => undefined,
      onExit: () => undefined,
    });
    if (running.endpoint !== undefined) elbv2.registerTarget(targetGroupArn, target, running.endpoint);
  }
}
