import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeScalableTargets, type ScalableTarget } from '../../aws/autoscaling.js';
import type { Service, TaskDefinition } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { scalingResourceId } from '../../states/baseline.js';
import { checksOf, found, type PreflightError } from './check.js';
import { deploymentChecks } from './deployment-checks.js';
import { nothingMigrated, type Question } from './question.js';

const { ok: right, skip, warning, failed } = checksOf('definition');

/** What the definition says, and what the recipes take for granted, is so in reality. Services are told missing by `checkServices`. */
export function checkDefinition(env: Environment, question: Question): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry<readonly PreflightCheck[], PreflightError>(async function* () {
    const read = yield* found('definition', 'services', question.reads.services());
    if (read.isErr()) return ok([skip('services', 'they could not be read')]);
    const services = read.value;
    const released = services.filter(({ serviceName }) => env.definition.services[serviceName!]?.release !== undefined);
    const definitions = yield* checkTaskDefinitions(question, released);
    const migration = yield* checkMigrationTask(env, question, services);
    const scaling = yield* checkScaling(env, question, services);
    return ok([...serviceChecks(services), ...definitions, ...migration, ...scaling, ...deploymentChecks(question, released)]);
  });
}

/** Services that ECS deploys itself, and whose number of tasks can be set. */
function serviceChecks(services: readonly Service[]): readonly PreflightCheck[] {
  const problems = services.flatMap(({ serviceName = '', status = 'ACTIVE', deploymentController, schedulingStrategy = 'REPLICA' }) => {
    const { type = 'ECS' } = deploymentController ?? {};
    if (status !== 'ACTIVE') return [failed('services', `${serviceName} is ${status}`, 'It is being deleted, or was: create it again, or take it out of the definition.')];
    if (type !== 'ECS') return [failed('services', `${serviceName} is deployed by ${type}, not by ECS`, 'Only rolling deployments of ECS are known here: give it the deployment controller ECS.')];
    return schedulingStrategy === 'REPLICA' ? [] : [failed('services', `${serviceName} has the scheduling strategy ${schedulingStrategy}`, 'Its number of tasks cannot be set, so it cannot be stopped: take it out of the definition.')];
  });
  return problems.length > 0 ? problems : [right('services', `${services.length} active, deployed by ECS`)];
}

/** The revisions that released services are on, which new ones are derived from. */
function checkTaskDefinitions({ reads }: Question, released: readonly Service[]): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry<readonly PreflightCheck[], PreflightError>(async function* () {
    const problems: PreflightCheck[] = [];
    for (const { serviceName, taskDefinition = '' } of released) {
      const name = `task definition of ${serviceName}`;
      const read = yield* found('definition', name, reads.taskDefinition(taskDefinition));
      if (read.isErr()) problems.push(read.error);
      else if (read.value.status === 'INACTIVE') problems.push(warning(name, `${revisionOf(read.value)} is INACTIVE: the service can stay on it, but not come back to it`, 'Find out who deregistered it; a release puts the service on a revision of its own.'));
    }
    if (released.length === 0) return ok([skip('task definitions', 'no service has a release image')]);
    return ok(problems.length > 0 ? problems : [right('task definitions', 'those of released services are active')]);
  });
}

/** It runs on demand on Fargate, in the network of a service. */
function checkMigrationTask(env: Environment, { purpose, reads }: Question, services: readonly Service[]): ResultAsync<readonly PreflightCheck[], PreflightError> {
  const { migration } = env.definition;
  return safeTry<readonly PreflightCheck[], PreflightError>(async function* () {
    if (migration === undefined || purpose !== 'migration') return ok([skip('migration task', migration === undefined ? 'the definition names none' : nothingMigrated)]);
    const read = yield* found('definition', 'migration task', reads.taskDefinition(migration.taskDefinitionFamily));
    if (read.isErr()) return ok([read.error]);
    const network = services.find(({ serviceName }) => serviceName === migration.networkOf)?.networkConfiguration;
    return ok([judgeMigrationTask(read.value, migration.networkOf, network?.awsvpcConfiguration !== undefined)]);
  });
}

function judgeMigrationTask(definition: TaskDefinition, networkOf: string, hasNetwork: boolean): PreflightCheck {
  const { networkMode = 'awsvpc', compatibilities = ['FARGATE'] } = definition;
  const revision = revisionOf(definition);
  if (!compatibilities.includes('FARGATE')) return failed('migration task', `${revision} runs on ${compatibilities.join(', ')}, not on FARGATE`, 'Register it with requiresCompatibilities FARGATE: a migration runs there, on demand.');
  if (networkMode !== 'awsvpc') return failed('migration task', `${revision} has the network mode ${networkMode}`, 'Register it with the network mode awsvpc, which Fargate needs.');
  if (!hasNetwork) return failed('migration task', `service ${networkOf}, in whose network it is to run, has no subnets and security groups`, 'Name a service with the network mode awsvpc in migration.networkOf.');
  return right('migration task', `${revision} on FARGATE, in the network of ${networkOf}`);
}

function revisionOf({ family, revision }: TaskDefinition): string {
  return `${family}:${revision}`;
}

/** Auto Scaling pulls a service into its limits at any call ("RegisterScalableTarget"), whatever the definition says. */
function checkScaling(env: Environment, { purpose }: Question, services: readonly Service[]): ResultAsync<readonly PreflightCheck[], PreflightError> {
  const asked = describeScalableTargets(env, services.map(({ serviceName = '' }) => scalingResourceId(env, serviceName)));
  return found('definition', 'scaling', asked).map((read) => {
    if (read.isErr()) return [read.error];
    const targetOf = (name: string) => read.value.find(({ ResourceId }) => ResourceId === scalingResourceId(env, name));
    // what is off says nothing of how it is when it is on
    const on = services.filter(({ desiredCount = 0 }) => desiredCount > 0);
    const problems = on.flatMap((service) => scalingProblems(service, { ...env.definition.services[service.serviceName!]!, target: targetOf(service.serviceName!), purpose }));
    return problems.length > 0 ? problems : [right('scaling', "the definition's numbers of tasks are within the limits")];
  });
}

interface Wanted {
  readonly desiredCount: number;
  readonly minCapacity?: number | undefined;
  readonly target: ScalableTarget | undefined;
  readonly purpose: Question['purpose'];
}

/** A release keeps the numbers that it finds; a transition goes by the definition. */
function scalingProblems({ serviceName, desiredCount = 0 }: Service, { desiredCount: wanted, minCapacity = wanted, target, purpose }: Wanted): readonly PreflightCheck[] {
  if (target === undefined) {
    if (desiredCount === wanted || purpose !== 'transition') return [];
    return [warning('scaling', `${serviceName} is to run ${tasks(desiredCount)}, the definition says ${wanted}, and it does not scale`, 'A transition goes by the definition: bring the two together.')];
  }
  const { MinCapacity: min = 0, MaxCapacity: max = 0 } = target;
  const limits = `${serviceName} scales from ${min} to ${tasks(max)}`;
  if (wanted > max || minCapacity > max) return [warning('scaling', `${limits}, the definition says ${Math.max(wanted, minCapacity)}`, 'Auto Scaling would pull it back: raise the maximum, or correct the definition.')];
  if (min === 0 || minCapacity === min || purpose !== 'transition') return [];
  return [warning('scaling', `${limits}, the definition says at least ${minCapacity}`, `A transition goes by the definition: set minCapacity to ${min} there, or the minimum to ${minCapacity}.`)];
}

function tasks(count: number): string {
  return `${count} ${count === 1 ? 'task' : 'tasks'}`;
}
