import { okAsync, ResultAsync } from 'neverthrow';
import { describeServices, describeTaskDefinition, describeTasks, listTasks, type Task } from '../aws/ecs.js';
import { describeTargetHealth } from '../aws/elbv2.js';
import { getLogEvents } from '../aws/logs.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError, DeploymentDiagnosis, DeploymentFailureReason } from '../errors.js';

const eventsShown = 10;
const linesShown = 20;

/** Tasks of a service that stopped by themselves since a moment: not those that ECS stopped to scale in or to replace. */
export function failedTasks(env: Environment, service: string, since: number): ResultAsync<readonly Task[], AwsError> {
  return listTasks(env, { serviceName: service, desiredStatus: 'STOPPED' })
    .andThen((arns) => describeTasks(env, arns))
    .map(({ tasks }) => tasks.filter((task) => (task.createdAt?.getTime() ?? 0) >= since && failureOf(task) !== null));
}

/** Why a task failed, in the words of a failed deployment; null when it did not fail. */
export function failureOf(task: Task): DeploymentFailureReason | null {
  const reasons = [task.stoppedReason ?? '', ...(task.containers ?? []).map((container) => container.reason ?? '')].join(' ');
  if (/CannotPull|pull image|manifest/i.test(reasons)) return 'image';
  if (/health check/i.test(reasons)) return 'unhealthy';
  if (task.stopCode === 'TaskFailedToStart') return /capacity/i.test(reasons) ? 'no-capacity' : 'crash-loop';
  return task.stopCode === 'EssentialContainerExited' ? 'crash-loop' : null;
}

/** Everything a person would look up about a service that does not come up, in one object. What cannot be read is left out. */
export function diagnoseService(env: Environment, service: string, failed: readonly Task[]): ResultAsync<DeploymentDiagnosis, never> {
  const events = describeServices(env, [service]).map(([found]) => (found?.events ?? []).slice(0, eventsShown).map((event) => event.message ?? ''));
  const parts = [orNothing(events), orNothing(targetHealthOf(env, service)), orNothing(lastLines(env, failed.at(-1)))] as const;
  return ResultAsync.combine(parts).map(([events, targetHealth, lastLines]) => ({ stoppedTasks: failed.map(stoppedTask), targetHealth, events, lastLines }));
}

function orNothing<T>(asked: ResultAsync<readonly T[], AwsError>): ResultAsync<readonly T[], never> {
  return asked.orElse(() => okAsync<readonly T[], never>([]));
}

function stoppedTask(task: Task): DeploymentDiagnosis['stoppedTasks'][number] {
  const exitCodes = Object.fromEntries((task.containers ?? []).map((container) => [container.name ?? '', container.exitCode ?? null]));
  const containerReason = (task.containers ?? []).map((container) => container.reason).find((reason) => reason !== undefined);
  return { taskArn: task.taskArn ?? '', stoppedReason: containerReason ?? task.stoppedReason ?? '', exitCodes };
}

function targetHealthOf(env: Environment, service: string): ResultAsync<readonly DeploymentDiagnosis['targetHealth'][number][], AwsError> {
  const groups = env[internals].found.targetGroupsOf[service] ?? [];
  return ResultAsync.combine(groups.map((group) => describeTargetHealth(env, group.targetGroupArn))).map((healths) =>
    healths.flat().map(({ Target, TargetHealth }) => ({ target: `${Target?.Id}:${Target?.Port}`, state: TargetHealth?.State ?? 'unknown', reason: TargetHealth?.Description ?? TargetHealth?.Reason ?? '' })),
  );
}

/** The last lines of a stopped task's containers, from `prefix/container/task-id` ("Send Amazon ECS logs to CloudWatch"). */
export function lastLines(env: Environment, task: Task | undefined): ResultAsync<readonly string[], AwsError> {
  if (task?.taskDefinitionArn === undefined) return okAsync([]);
  const taskId = task.taskArn?.split('/').at(-1);
  return describeTaskDefinition(env, task.taskDefinitionArn).andThen((definition) => {
    const reads = (definition.containerDefinitions ?? []).flatMap((container) => {
      const { ['awslogs-group']: group, ['awslogs-stream-prefix']: prefix } = container.logConfiguration?.options ?? {};
      if (group === undefined || prefix === undefined) return [];
      return [getLogEvents(env, { group, stream: `${prefix}/${container.name}/${taskId}` }).map(({ events }) => events.slice(-linesShown).map((event) => event.message ?? ''))];
    });
    return ResultAsync.combine(reads.map((read) => read.orElse(() => okAsync<string[], AwsError>([])))).map((lines) => lines.flat());
  });
}
