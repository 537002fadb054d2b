import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { runTask } from '../../aws/ecs.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsWriteError, Conflict, WaitError } from '../../errors.js';
import { stopCommand } from '../other-tasks.js';
import { awaitTask } from './await-task.js';
import type { MigrationTarget } from './migration-target.js';
import { clientTokenOf, oneOffTask, startedBy } from './one-off-task.js';
import { pause } from './pause.js';
import { openTaskLog } from './task-log.js';
import { judgeFailures } from './task-verdict.js';

export type SchemaStatusError = AwsWriteError | WaitError | Conflict;

/** A task of the size of a migration's is up in a minute; the command reads a few rows. */
const timeoutSeconds = 15 * 60;
/** After a killed migration: between two readings that must agree, and how often a reading that fails is tried again. */
const secondsBetweenReadings = 20;
const mostReadings = 8;

/**
 * Runs the status command in a task of its own and answers the last line that is not empty of what it prints; null, with a warning, when it
 * does not end with exit code 0 or its output cannot be read.
 */
export function readSchemaStatus(env: Environment, target: MigrationTarget, command: readonly string[]): ResultAsync<string | null, SchemaStatusError> {
  return safeTry<string | null, SchemaStatusError>(async function* () {
    const clientToken = clientTokenOf(env, 'status', env[internals].run?.step ?? '', Math.floor(env.clock.random() * 1e9).toString(36));
    const { tasks, failures } = yield* runTask(env, oneOffTask(target, { startedBy: startedBy(env, 'status', 1), clientToken, command }));
    const taskArn = tasks[0]?.taskArn;
    if (taskArn === undefined) return ok(unknown(env, judgeFailures(failures).detail));
    const log = openTaskLog(env, target.log, taskArn);
    const verdict = yield* awaitTask<never>(env, {
      taskArn,
      container: target.container,
      waitingFor: "the migration's status command",
      timeoutSeconds,
      requestedAt: env.clock.now(),
      log,
      onLines: (lines) => lines.forEach((line) => env.emit({ type: 'log', source: 'migration status', line })),
      onStatus: () => okAsync(undefined),
    }).mapErr((error) => (error.kind === 'TimedOut' ? { ...error, remedy: stopAndResume(env, taskArn) } : error));
    if (!verdict.succeeded) return ok(unknown(env, `exit code ${verdict.exitCode ?? 'none'} (${verdict.detail})`));
    const line = log.lines.findLast((text) => text.trim() !== '')?.trim();
    return ok(line ?? unknown(env, log.unreadable ?? 'it printed nothing'));
  });
}

/** For a person: a release may stop no task of the migration's family, since IAM cannot tell one that reads from one that migrates. */
function stopAndResume(env: Environment, taskArn: string): string {
  return `The command's task goes on, and keeps away whatever waits for the migration's tasks to end. It only reads: stop it by ${stopCommand(env, [{ taskArn }])}, then resume.`;
}

function unknown(env: Environment, why: string): null {
  env.emit({ type: 'warning', message: `The status command did not tell the schema's version: ${why}` });
  return null;
}

/**
 * The schema's version once nothing of a migration is at work any more: a statement of a killed task may still commit. Two readings some
 * time apart must agree; a status command that fails while it sees a session of the migration is tried again. null: they never agreed.
 */
export function readSettledStatus(env: Environment, target: MigrationTarget, command: readonly string[]): ResultAsync<string | null, SchemaStatusError> {
  return safeTry<string | null, SchemaStatusError>(async function* () {
    let previous: string | null = null;
    for (let reading = 0; reading < mostReadings; reading += 1) {
      yield* pause(env, secondsBetweenReadings, "the migration's sessions to end");
      const status = yield* readSchemaStatus(env, target, command);
      if (status !== null && status === previous) return ok(status);
      previous = status;
    }
    return ok(null);
  });
}
