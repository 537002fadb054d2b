import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeTasks, listTasks, type Task } from '../aws/ecs.js';
import type { Environment } from '../environment/environment.js';
import type { AwsError, Conflict, Refused, WaitError } from '../errors.js';
import { waitUntil } from '../wait.js';

/** What to do about tasks in the cluster that no declared service owns: they may write to the database. */
export type OtherTasksPolicy = 'refuse' | 'wait' | 'allow';

export type OtherTasksError = AwsError | WaitError | Conflict | Refused;

/** Ok once nothing in the cluster but declared services has a task, or the policy says that this does not matter. */
export function checkOtherTasks(env: Environment, policy: OtherTasksPolicy, timeoutSeconds: number): ResultAsync<void, OtherTasksError> {
  return acknowledgedWriters(env)
    .asyncAndThen(() => findOtherTasks(env))
    .andThen((tasks) => {
      const migrations = tasks.filter((task) => task.group === `family:${env.definition.migration?.taskDefinitionFamily}`);
      if (migrations.length > 0) return err<void, OtherTasksError>(migrationInFlight(migrations));
      if (tasks.length === 0 || policy === 'allow') return ok(undefined);
      return policy === 'refuse' ? err<void, OtherTasksError>(taskInFlight(tasks)) : ok(undefined);
    })
    .andThen(() => (policy === 'wait' ? awaitNone(env, timeoutSeconds) : okAsync(undefined)));
}

/** Tasks that are not stopped and belong to no declared service. */
export function findOtherTasks(env: Environment): ResultAsync<readonly Task[], AwsError> {
  return safeTry(async function* () {
    const running = yield* listTasks(env, { desiredStatus: 'RUNNING' });
    const stopping = yield* listTasks(env, { desiredStatus: 'STOPPED' });
    const { tasks } = yield* describeTasks(env, [...new Set([...running, ...stopping])]);
    return ok(tasks.filter((task) => task.lastStatus !== 'STOPPED' && task.lastStatus !== 'DELETED' && !belongsToDeclared(env, task)));
  });
}

function belongsToDeclared(env: Environment, task: Task): boolean {
  const service = task.group?.startsWith('service:') ? task.group.slice('service:'.length) : undefined;
  return service !== undefined && service in env.definition.services;
}

function awaitNone(env: Environment, timeoutSeconds: number): ResultAsync<void, OtherTasksError> {
  return waitUntil(env, {
    waitingFor: 'other tasks in the cluster to end',
    timeoutSeconds,
    intervalSeconds: 5,
    planned: () => undefined,
    probe: () =>
      findOtherTasks(env).map((tasks) => (tasks.length === 0 ? { status: 'done' as const, value: undefined } : { status: 'pending' as const, seen: describe(tasks) })),
  });
}

/** Writers that ECS does not run can only be stopped by a person, who says so in the definition. */
function acknowledgedWriters(env: Environment) {
  const writers = (env.definition.otherWriters ?? []).filter((writer) => !writer.acknowledged).map((writer) => writer.name);
  if (writers.length === 0) return ok<void, OtherTasksError>(undefined);
  return err<void, OtherTasksError>({
    kind: 'Refused',
    rule: 'other-writers',
    lift: 'otherWriters[].acknowledged',
    message: `${writers.join(', ')} may write to the database ${env.definition.database} and ECS does not run ${writers.length === 1 ? 'it' : 'them'}.`,
    remedy: 'Stop them, then set acknowledged: true on each in the environment definition.',
  });
}

function migrationInFlight(tasks: readonly Task[]): Conflict {
  return {
    kind: 'Conflict',
    reason: 'migration-in-flight',
    message: `A migration is running already: ${describe(tasks)}.`,
    remedy: 'Wait for it to end. If a run of this tool started it, resume that run.',
  };
}

function taskInFlight(tasks: readonly Task[]): Conflict {
  return {
    kind: 'Conflict',
    reason: 'task-in-flight',
    message: `Tasks that no declared service owns are running in the cluster and may write to the database: ${describe(tasks)}.`,
    remedy: "Wait for them or stop them; otherTasks: 'wait' waits, otherTasks: 'allow' goes on regardless.",
  };
}

function describe(tasks: readonly Task[]): string {
  return tasks.map((task) => `${task.group ?? 'task'} ${task.taskArn?.split('/').at(-1)} (${task.lastStatus})`).join(', ');
}
