import type { Failure, RunTaskRequest, RunTaskResponse, StopTaskRequest, StopTaskResponse } from '@aws-sdk/client-ecs';
import { ServiceFault } from '../../context.js';
import { nextCapacityProvider } from './capacity.js';
import { describedTask } from './describe-tasks.js';
import { clusterOf, findTask, usableTaskDefinition } from './lookup.js';
import { startTask } from './new-task.js';
import type { ClusterState, Ecs, RunToken, TaskDefinitionState } from './state.js';
import { putTags, tagsOf } from './tags.js';
import { requestStop } from './task-lifecycle.js';

const day = 24 * 3_600_000;
const noCapacity: Failure = { reason: 'Capacity is unavailable at this time. Please try again later or in a different availability zone' };

export function runTaskOperations(ecs: Ecs) {
  return {
    RunTask(input: RunTaskRequest): RunTaskResponse {
      const cluster = clusterOf(ecs, input.cluster);
      const taskDefinition = usableTaskDefinition(ecs, input.taskDefinition);
      validate(input);
      return replayed(ecs, cluster, input) ?? run(ecs, cluster, taskDefinition, input);
    },
    StopTask(input: StopTaskRequest): StopTaskResponse {
      const task = findTask(ecs, clusterOf(ecs, input.cluster), input.task ?? '');
      if (task === undefined) throw new ServiceFault('InvalidParameterException', 'The referenced task was not found.');
      requestStop(ecs, task, { code: 'UserInitiated', reason: input.reason ?? 'Task stopped by user' });
      putTags(ecs, task.arn, undefined);
      return { task: describedTask(ecs, task, false) };
    },
  };
}

function validate(input: RunTaskRequest): void {
  const invalid = (message: string) => new ServiceFault('InvalidParameterException', message);
  if (input.count !== undefined && (input.count < 1 || input.count > 10)) throw invalid('Count must be between 1 and 10.');
  if (input.propagateTags === 'SERVICE') throw invalid('The propagateTags value SERVICE is only valid for services.');
  if ((input.startedBy?.length ?? 0) > 128) throw invalid('startedBy cannot be longer than 128 characters.');
  if ((input.clientToken?.length ?? 0) > 64) throw invalid('clientToken cannot be longer than 64 characters.');
  if (JSON.stringify(input.overrides ?? {}).length > 8192) throw invalid('Overrides cannot be longer than 8192 characters.');
  const network = input.networkConfiguration?.awsvpcConfiguration;
  if (network === undefined) throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  if ((network.subnets?.length ?? 0) === 0) throw invalid('subnets can not be empty.');
  if ((network.subnets?.length ?? 0) > 16 || (network.securityGroups?.length ?? 0) > 5) throw invalid('At most 16 subnets and 5 security groups.');
  if (input.launchType !== undefined && input.capacityProviderStrategy !== undefined) throw invalid('Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.');
}

function run(ecs: Ecs, cluster: ClusterState, taskDefinition: TaskDefinitionState, input: RunTaskRequest): RunTaskResponse {
  const { faults, clock } = ecs.context;
  const fault = faults.take('task', (each) => each.family === taskDefinition.family);
  const failures = fault?.what === 'no-capacity' ? [noCapacity] : [];
  const strategy = input.capacityProviderStrategy ?? (input.launchType === undefined ? cluster.defaultCapacityProviderStrategy : []);
  const providers: (string | undefined)[] = [];
  const tasks = Array.from({ length: failures.length > 0 ? 0 : (input.count ?? 1) }, () => {
    const capacityProvider = nextCapacityProvider(strategy, providers);
    providers.push(capacityProvider);
    const task = startTask(ecs, {
      cluster,
      taskDefinition,
      group: input.group ?? `family:${taskDefinition.family}`,
      startedBy: input.startedBy,
      networkConfiguration: input.networkConfiguration,
      platformVersion: input.platformVersion ?? 'LATEST',
      overrides: input.overrides,
      capacityProvider,
      fault,
    });
    putTags(ecs, task.arn, [...(input.propagateTags === 'TASK_DEFINITION' ? tagsOf(ecs, taskDefinition.arn) : []), ...(input.tags ?? [])]);
    return task;
  });
  if (input.clientToken !== undefined) {
    ecs.state.runTokens.set(tokenKey(cluster, input), { parameters: parametersOf(input), taskArns: tasks.map((task) => task.arn), failures, usedAt: clock.now() });
  }
  return { tasks: tasks.map((task) => describedTask(ecs, task, true)), failures };
}

/** The original answer to the same token; the token is good for 24 hours, or until its tasks are forgotten. */
function replayed(ecs: Ecs, cluster: ClusterState, input: RunTaskRequest): RunTaskResponse | undefined {
  const token = input.clientToken === undefined ? undefined : ecs.state.runTokens.get(tokenKey(cluster, input));
  if (token === undefined || isExpired(ecs, token)) return undefined;
  if (token.parameters !== parametersOf(input)) {
    throw new ServiceFault('ConflictException', 'The clientToken was already used with different request parameters.', 400, { resourceIds: token.taskArns });
  }
  const tasks = token.taskArns.map((taskArn) => ecs.state.tasks.get(taskArn)).filter((task) => task !== undefined);
  return {
    tasks: tasks.map((task) => (task.lastStatus === 'STOPPED' ? { taskArn: task.arn, lastStatus: task.lastStatus, desiredStatus: task.desiredStatus } : describedTask(ecs, task, true))),
    failures: [...token.failures],
  };
}

function isExpired(ecs: Ecs, token: RunToken): boolean {
  const age = ecs.context.clock.now() - token.usedAt;
  if (age >= day) return true;
  if (token.taskArns.length === 0) return age >= ecs.context.timing.task.forgottenAfter;
  return token.taskArns.every((taskArn) => !ecs.state.tasks.has(taskArn));
}

function tokenKey(cluster: ClusterState, input: RunTaskRequest): string {
  return `${cluster.name}/${input.clientToken ?? ''}`;
}

function parametersOf(input: RunTaskRequest): string {
  return JSON.stringify(sorted({ ...input, clientToken: undefined }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
