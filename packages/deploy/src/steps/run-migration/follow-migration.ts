import { err, errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { stopTask, type Task } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { Aborted, AwsWriteError, Conflict, LockLost, RunStoreFailed, TimedOut, WaitError } from '../../errors.js';
import { awaitTask } from './await-task.js';
import { recordEnd, recordStatus } from './migration-journal.js';
import type { MigrationTarget } from './migration-target.js';
import type { StartedMigration } from './start-migration.js';
import { openTaskLog, taskIdOf } from './task-log.js';
import { isOver, judgeTask, type TaskVerdict } from './task-verdict.js';

export interface EndedMigration {
  readonly attempt: number;
  readonly restorePoint: string | null;
  readonly taskArn: string | null;
  readonly verdict: TaskVerdict;
  readonly lastLines: readonly string[];
}

export type FollowMigrationError = AwsWriteError | WaitError | Conflict | RunStoreFailed | LockLost;

const linesKept = 50;

/** Waits until the migration's task has ended, reporting its output as it comes. */
export function followMigration(
  env: Environment,
  target: MigrationTarget,
  started: StartedMigration,
  options: { readonly timeoutSeconds: number; readonly stopOnAbort?: boolean | undefined },
): ResultAsync<EndedMigration, FollowMigrationError> {
  const { taskArn, attempt, restorePoint } = started;
  if (taskArn === null) return okAsync({ attempt, restorePoint, taskArn, verdict: started.verdict!, lastLines: [] });
  const log = openTaskLog(env, target.log, taskArn);
  const report = (lines: readonly string[]) => lines.forEach((line) => env.emit({ type: 'log', source: target.container, line }));
  return safeTry<EndedMigration, FollowMigrationError>(async function* () {
    const verdict = started.verdict ?? (yield* wait());
    if (started.verdict !== null) report(yield* log.readMore());
    return ok({ attempt, restorePoint, taskArn, verdict, lastLines: log.lines.slice(-linesKept) });
  });

  function wait(): ResultAsync<TaskVerdict, FollowMigrationError> {
    const question = { taskArn: taskArn!, container: target.container, waitingFor: 'the migration', timeoutSeconds: options.timeoutSeconds, requestedAt: started.requestedAt, log, isJournalled: true, onLines: report };
    return awaitTask(env, { ...question, onStatus: (task) => journal(env, attempt, task, target.container) })
      .andThen((verdict) => (verdict.endedAt === null ? recordEnd(env, attempt, verdict).map(() => verdict) : okAsync(verdict)))
      .orElse((error) => (error.kind === 'TimedOut' || error.kind === 'Aborted' ? leave(env, taskArn!, error, options.stopOnAbort === true) : err(error)));
  }
}

function journal(env: Environment, attempt: number, task: Task, container: string): ResultAsync<void, RunStoreFailed | LockLost> {
  return isOver(task) ? recordEnd(env, attempt, judgeTask(task, container)) : recordStatus(env, attempt, task.lastStatus ?? 'UNKNOWN');
}

/** The wait ends; the task does not, unless that was asked for: a killed migration's statement may still commit. */
function leave(env: Environment, taskArn: string, error: TimedOut | Aborted, stop: boolean): ResultAsync<TaskVerdict, FollowMigrationError> {
  const task = `The migration's task ${taskIdOf(taskArn)}`;
  const resume = 'Resume the run to wait for it; it is not started a second time.';
  if (!stop) return errAsync({ ...error, remedy: `${task} goes on. ${resume}` });
  // the environment's own signal may be what ended the wait
  const unsignalled = { ...env, signal: new AbortController().signal };
  return stopTask(unsignalled, taskArn, 'stopOnAbort: the wait for the migration ended')
    .map(() => `${task} was told to stop: what it did of the schema is unknown until it has. ${resume}`)
    .orElse((cause) => ok(`${task} was to be stopped, and that failed: ${cause.message}. ${resume}`))
    .andThen((remedy) => err({ ...error, remedy }));
}
