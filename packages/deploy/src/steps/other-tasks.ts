import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeTasks, listTasks, type Task } from '../aws/ecs.js';
import { isoTime } from '../clock.js';
import { type Environment, internals, type RunFact } from '../environment/environment.js';
import type { AwsError, Conflict, LockLost, Refused, RunStoreFailed, WaitError } from '../errors.js';
import { waitUntil } from '../wait.js';

/** What to do about tasks in the cluster that no declared service owns: they may write to the database. */
export type OtherTasksPolicy = (typeof otherTasksPolicies)[number];

export const otherTasksPolicies = ['refuse', 'wait', 'allow'] as const;

export type OtherTasksError = AwsError | WaitError | Conflict | Refused | RunStoreFailed | LockLost;

/**
 * Ok once nothing in the cluster but declared services has a task, or the policy says that this does not matter. That tasks were waited for
 * is journalled: a snapshot from before their end does not hold what they wrote.
 */
export function checkOtherTasks(env: Environment, policy: OtherTasksPolicy, timeoutSeconds: number): ResultAsync<void, OtherTasksError> {
  return safeTry<void, OtherTasksError>(async function* () {
    yield* acknowledgedWriters(env);
    const tasks = yield* findOtherTasks(env);
    const migrations = tasks.filter((task) => isMigration(env, task));
    if (migrations.length > 0) return err(migrationInFlight(env, migrations));
    if (tasks.length === 0 || policy === 'allow') return ok(undefined);
    if (policy !== 'wait') return err(taskInFlight(env, tasks));
    const endedAt = yield* awaitNone(env, tasks, timeoutSeconds);
    return env[internals].run?.record('otherTasksEndedAt' satisfies RunFact, endedAt ?? isoTime(env.clock)) ?? ok(undefined);
  });
}

/** Tasks that are not stopped and belong to no declared service. */
export function findOtherTasks(env: Environment): ResultAsync<readonly Task[], AwsError> {
  return findClusterTasks(env).map((tasks) => tasks.filter((task) => !isStopped(task) && declaredServiceOf(env, task) === null && !isQuestion(env, task)));
}

/** Every task of the cluster that AWS still knows: one that has stopped for an hour. */
export function findClusterTasks(env: Environment): ResultAsync<readonly Task[], AwsError> {
  return safeTry(async function* () {
    const running = yield* listTasks(env, { desiredStatus: 'RUNNING' });
    const stopping = yield* listTasks(env, { desiredStatus: 'STOPPED' });
    const { tasks } = yield* describeTasks(env, [...new Set([...running, ...stopping])]);
    return ok(tasks);
  });
}

export function isStopped({ lastStatus }: Task): boolean {
  return lastStatus === 'STOPPED' || lastStatus === 'DELETED';
}

/** A migration's task, or one of its status command. */
export function isMigration(env: Environment, { group }: Task): boolean {
  return group === `family:${env.definition.migration?.taskDefinitionFamily}`;
}

/** A task that no declared service owns, and that is no migration's. */
export function isOther(env: Environment, task: Task): boolean {
  return declaredServiceOf(env, task) === null && !isMigration(env, task) && !isQuestion(env, task);
}

/** An `sqlTask` that this library has started: it writes nothing but statistics. One of the migration's family counts as the migration's. */
function isQuestion(env: Environment, task: Task): boolean {
  return task.group === `family:${env.definition.sqlTask?.taskDefinitionFamily}` && task.startedBy?.startsWith('status/') === true && !isMigration(env, task);
}

/** null: the task is of no service that the definition has. */
export function declaredServiceOf(env: Environment, task: Task): string | null {
  const service = serviceOf(task);
  return service !== null && service in env.definition.services ? service : null;
}

function serviceOf({ group }: Task): string | null {
  return group?.startsWith('service:') === true ? group.slice('service:'.length) : null;
}

/** ISO time at which the last one had stopped; null where AWS does not say. */
function awaitNone(env: Environment, found: readonly Task[], timeoutSeconds: number): ResultAsync<string | null, OtherTasksError> {
  const waitedFor = new Set(found.map(({ taskArn }) => taskArn));
  return waitUntil(env, {
    waitingFor: 'other tasks in the cluster to end',
    timeoutSeconds,
    intervalSeconds: 5,
    planned: () => null,
    probe: () =>
      findClusterTasks(env).map((tasks) => {
        const left = tasks.filter((task) => !isStopped(task) && declaredServiceOf(env, task) === null && !isQuestion(env, task));
        for (const { taskArn } of left) waitedFor.add(taskArn);
        if (left.length > 0) return { status: 'pending' as const, seen: describeTaskList(left) };
        return { status: 'done' as const, value: lastStop(tasks.filter(({ taskArn }) => waitedFor.has(taskArn))) };
      }),
  });
}

function lastStop(tasks: readonly Task[]): string | null {
  return tasks.flatMap(({ stoppedAt }) => (stoppedAt === undefined ? [] : [stoppedAt.toISOString()])).sort().at(-1) ?? null;
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

export function migrationInFlight(env: Environment, tasks: readonly Task[]): Conflict {
  return {
    kind: 'Conflict',
    reason: 'migration-in-flight',
    message: `A migration is running already: ${describeTaskList(tasks)}.`,
    remedy: waitOrStop(env, tasks),
  };
}

/** For a migration that runs: a person alone can tell one that takes long from one that hangs. */
export function waitOrStop(env: Environment, tasks: readonly Task[]): string {
  return `Wait until it is STOPPED; if a run of this library started it, resume that run. One that hangs is stopped by ${stopCommand(env, tasks)}; what it has begun in the database may still be carried out.`;
}

/** For other tasks. */
export function waitStopOrAllow(env: Environment, tasks: readonly Task[]): string {
  const lasting = tasks.some((task) => serviceOf(task) !== null) ? ' Those of a service do not end by themselves: declare it, and it is stopped and started with the others.' : '';
  return `Wait for them, or stop them: ${stopCommand(env, tasks)}.${lasting} otherTasks: 'wait' waits, otherTasks: 'allow' goes on regardless.`;
}

/** A task of a service would be followed by another: there the service is stopped. */
export function stopCommand({ definition: { cluster, region } }: Environment, tasks: readonly Task[]): string {
  const commands = tasks.map((task) => {
    const service = serviceOf(task);
    const [what, which] = service === null ? ['stop-task', `--task ${task.taskArn?.split('/').at(-1)}`] : ['update-service', `--service ${service} --desired-count 0`];
    return `aws ecs ${what} --region ${region} --cluster ${cluster} ${which}`;
  });
  return `\`${[...new Set(commands)].join(' && ')}\``;
}

function taskInFlight(env: Environment, tasks: readonly Task[]): Conflict {
  return {
    kind: 'Conflict',
    reason: 'task-in-flight',
    message: `Tasks that no declared service owns are running in the cluster and may write to the database: ${describeTaskList(tasks)}.`,
    remedy: waitStopOrAllow(env, tasks),
  };
}

/** `service:web 3f9c… (RUNNING)`, for each. */
export function describeTaskList(tasks: readonly Task[]): string {
  return tasks.map((task) => `${task.group ?? 'task'} ${task.taskArn?.split('/').at(-1)} (${task.lastStatus})`).join(', ');
}
