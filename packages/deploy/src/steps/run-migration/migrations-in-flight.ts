import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeTasks, listTasks, type Task } from '../../aws/ecs.js';
import type { MigrationDefinition } from '../../environment/definition.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, Conflict, WaitError } from '../../errors.js';
import { waitUntil } from '../../wait.js';
import { waitOrStop } from '../other-tasks.js';
import { startedBy } from './one-off-task.js';
import { taskIdOf } from './task-log.js';
import { isOver } from './task-verdict.js';

/** A status command that this run started before it was interrupted reads a few rows. */
const ownStatusTimeoutSeconds = 10 * 60;

/** Tasks of the family, wanted running or wanted stopped: one that is told to stop still works on the schema until it is STOPPED. */
export function findFamilyTasks(env: Environment, family: string): ResultAsync<readonly Task[], AwsError> {
  return safeTry<readonly Task[], AwsError>(async function* () {
    const running = yield* listTasks(env, { family, desiredStatus: 'RUNNING' });
    const stopped = yield* listTasks(env, { family, desiredStatus: 'STOPPED' });
    const { tasks } = yield* describeTasks(env, [...new Set([...running, ...stopped])]);
    return ok(tasks);
  });
}

/** Two migrations at once are what no run may begin. Status commands that this run has left behind are waited for. */
export function refuseMigrationInFlight(env: Environment, { taskDefinitionFamily }: MigrationDefinition): ResultAsync<void, AwsError | WaitError | Conflict> {
  const ownStatus = startedBy(env, 'status', 1);
  return waitUntil(env, {
    waitingFor: 'no migration to be in flight',
    timeoutSeconds: ownStatusTimeoutSeconds,
    intervalSeconds: 3,
    probe: () =>
      findFamilyTasks(env, taskDefinitionFamily).map((tasks) => {
        const inFlight = tasks.filter((task) => !isOver(task));
        const foreign = inFlight.filter((task) => task.startedBy !== ownStatus);
        if (foreign.length > 0) return { status: 'failed' as const, error: migrationInFlight(env, foreign) };
        if (inFlight.length > 0) return { status: 'pending' as const, seen: `a status command of this run: ${describe(inFlight)}` };
        return { status: 'done' as const, value: undefined };
      }),
  });
}

/** The task of an attempt whose answer was lost, if AWS still knows it. */
export function findAttemptsTask(env: Environment, family: string, attempt: number): ResultAsync<string | null, AwsError> {
  const ours = startedBy(env, 'migration', attempt);
  return findFamilyTasks(env, family).map((tasks) => tasks.find((task) => task.startedBy === ours)?.taskArn ?? null);
}

function describe(tasks: readonly Task[]): string {
  return tasks.map((task) => `${taskIdOf(task.taskArn ?? '')} (${task.lastStatus}${task.startedBy === undefined ? '' : `, started by ${task.startedBy}`})`).join(', ');
}

function migrationInFlight(env: Environment, tasks: readonly Task[]): Conflict {
  return {
    kind: 'Conflict',
    reason: 'migration-in-flight',
    message: `a migration is running already: task ${describe(tasks)}; no migration was started`,
    remedy: waitOrStop(env, tasks),
  };
}

