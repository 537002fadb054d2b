import { ok, ResultAsync, safeTry } from 'neverthrow';
import { steadyNow } from '../clock.js';
import { describeServices, describeTasks, listTasks, type Task } from '../aws/ecs.js';
import type { Environment } from '../environment/environment.js';
import type { Aborted, AwsError, Conflict, TimedOut } from '../errors.js';
import { type Probe, waitUntil } from '../wait.js';

export interface StoppedTasks {
  readonly arns: readonly string[];
  /** ISO time of the last one; null when there was none, or AWS has forgotten them. */
  readonly lastStoppedAt: string | null;
}

/** Reads are stale for seconds after a write: two listings this far apart must agree that no task was added. */
const secondsBetweenListings = 3;
/**
 * A stopped task is forgotten after an hour, but a task may also be MISSING because a read does not show it yet: AWS advises to look again
 * for up to five minutes ("RunTask": eventual consistency).
 */
const secondsUntilForgotten = 5 * 60;

/** Tasks of a service, wanted running or wanted stopped: one that drains is already wanted stopped. */
export function listServiceTasks(env: Environment, serviceName: string): ResultAsync<readonly string[], AwsError> {
  const listings = (['RUNNING', 'STOPPED'] as const).map((desiredStatus) => listTasks(env, { serviceName, desiredStatus }));
  return ResultAsync.combine(listings).map((arns) => [...new Set(arns.flat())]);
}

/** Waits until every task that the service has or had is STOPPED or DELETED, and no further one turns up. */
export function awaitTasksStopped(
  env: Environment,
  { service, known, timeoutSeconds }: { readonly service: string; readonly known: readonly string[]; readonly timeoutSeconds: number },
): ResultAsync<StoppedTasks, AwsError | TimedOut | Aborted | Conflict> {
  const seen = new Set(known);
  const stoppedAt = new Map<string, string | null>();
  const missingSince = new Map<string, number>();
  let quietListings = 0;
  const look = () =>
    safeTry(async function* () {
      const { tasks, missing } = yield* describeTasks(env, [...seen].filter((arn) => !stoppedAt.has(arn)));
      for (const { taskArn } of tasks) missingSince.delete(taskArn!);
      for (const arn of missing) missingSince.set(arn, missingSince.get(arn) ?? steadyNow(env.clock));
      const forgotten = missing.filter((arn) => steadyNow(env.clock) - missingSince.get(arn)! >= secondsUntilForgotten * 1000);
      if (forgotten.length > 0 && (yield* runsNothing(env, service))) for (const arn of forgotten) stoppedAt.set(arn, null);
      for (const task of tasks.filter(isStopped)) stoppedAt.set(task.taskArn!, task.stoppedAt?.toISOString() ?? null);
      const left = [...tasks.filter((task) => !isStopped(task)), ...missing.filter((arn) => !stoppedAt.has(arn)).map((taskArn) => ({ taskArn, lastStatus: 'MISSING' }))];
      const added = left.length > 0 ? [] : (yield* listServiceTasks(env, service)).filter((arn) => !seen.has(arn));
      for (const arn of added) seen.add(arn);
      quietListings = added.length === 0 && left.length === 0 ? quietListings + 1 : 0;
      const progress = seen.size === 0 ? 1 : 1 - (left.length + added.length) / seen.size;
      if (quietListings < 2) return ok<Probe<StoppedTasks, never>>({ status: 'pending', seen: describeLeft(seen.size, [...left, ...added.map((taskArn) => ({ taskArn, lastStatus: 'found' }))]), progress });
      return ok<Probe<StoppedTasks, never>>({ status: 'done', value: { arns: [...seen], lastStoppedAt: [...stoppedAt.values()].filter((at) => at !== null).sort().at(-1) ?? null } });
    });
  return waitUntil(env, { waitingFor: `tasks of ${service} to stop`, timeoutSeconds, intervalSeconds: secondsBetweenListings, planned: () => ({ arns: known, lastStoppedAt: null }), probe: look });
}

function runsNothing(env: Environment, service: string): ResultAsync<boolean, AwsError> {
  return describeServices(env, [service]).map(([found]) => found?.runningCount === 0 && found.pendingCount === 0);
}

function isStopped(task: Task): boolean {
  return task.lastStatus === 'STOPPED' || task.lastStatus === 'DELETED';
}

function describeLeft(all: number, left: readonly Task[]): string {
  if (left.length === 0) return all === 0 ? 'no tasks' : `${all} of ${all} stopped, looking once more`;
  const statuses = left.map((task) => `${task.taskArn?.split('/').at(-1)?.slice(0, 8)} ${task.lastStatus}`);
  return `${all - left.length} of ${all} stopped; ${statuses.join(', ')}`;
}
