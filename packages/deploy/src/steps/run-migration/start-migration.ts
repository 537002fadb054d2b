import { err, errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { runTask, type StartedTasks } from '../../aws/ecs.js';
import { isoTime } from '../../clock.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsError, AwsWriteError, LockLost, RunStoreFailed } from '../../errors.js';
import { recordSchema } from '../../runs/schema-record.js';
import { leaveSchema } from './leave-schema.js';
import { type Attempt, type MigrationIntent, recordEnd, recordIntent, recordTask, schemaLeftBefore } from './migration-journal.js';
import type { MigrationTarget } from './migration-target.js';
import { findAttemptsTask } from './migrations-in-flight.js';
import { clientTokenOf, oneOffTask, startedBy } from './one-off-task.js';
import { forgotten, judgeFailures, type TaskVerdict } from './task-verdict.js';

/** An attempt whose task is known, or which is over. */
export interface StartedMigration {
  readonly attempt: number;
  readonly restorePoint: string | null;
  /** When RunTask was called first, in milliseconds since the epoch. */
  readonly requestedAt: number;
  readonly taskArn: string | null;
  /** null: to be waited for. */
  readonly verdict: TaskVerdict | null;
}

export type StartMigrationError = AwsWriteError | RunStoreFailed | LockLost;

/** A token is good for an hour after its task has ended at the least ("Ensuring idempotency"): so long the request may be sent again. */
const tokenGoodForMs = 50 * 60_000;

/** Whether to begin an attempt is to start its task: it is a fresh one, or one that was journalled and never sent. */
export function startsTask(env: Environment, { intent, number, taskArn, verdict }: Attempt): ResultAsync<boolean, AwsError> {
  if (intent === null) return okAsync(true);
  if (taskArn !== null || verdict !== null || !mayBeSent(env, intent)) return okAsync(false);
  return findAttemptsTask(env, env.definition.migration!.taskDefinitionFamily, number).map((task) => task === null);
}

/** Starts the task of an attempt, or finds the one that an interrupted run has started. Never starts a second one for the same attempt. */
export function beginAttempt(env: Environment, target: MigrationTarget, attempt: Attempt, version: string, restorePoint: string | null): ResultAsync<StartedMigration, StartMigrationError> {
  const { intent, number, taskArn, verdict } = attempt;
  if (intent === null) return startFresh(env, target, number, version, restorePoint);
  const known = { attempt: number, restorePoint: intent.restorePoint, requestedAt: Date.parse(intent.at) };
  if (taskArn !== null || verdict !== null) return okAsync({ ...known, taskArn, verdict });
  return mayBeSent(env, intent) ? send(env, target, intent) : search(env, intent).andThen((started) => settle(env, intent, started));
}

function mayBeSent(env: Environment, intent: MigrationIntent): boolean {
  return env.clock.now() - Date.parse(intent.at) < tokenGoodForMs;
}

function startFresh(env: Environment, target: MigrationTarget, number: number, version: string, restorePoint: string | null): ResultAsync<StartedMigration, StartMigrationError> {
  const clientToken = clientTokenOf(env, 'migration', env[internals].run?.step ?? '', String(number));
  const intent: MigrationIntent = { attempt: number, clientToken, revision: target.revision, restorePoint, at: isoTime(env.clock) };
  return safeTry<StartedMigration, StartMigrationError>(async function* () {
    yield* recordSchema(env, version, 'unknown');
    yield* recordIntent(env, intent);
    return send(env, target, intent);
  });
}

function send(env: Environment, target: MigrationTarget, intent: MigrationIntent): ResultAsync<StartedMigration, StartMigrationError> {
  return request(env, target, intent)
    .andThen((started) => (started === null ? search(env, intent) : okAsync(started)))
    .orElse((error) => (error.kind === 'AccessDenied' || error.kind === 'NotFound' ? refused(env, intent, error) : errAsync(error)))
    .andThen((started) => settle(env, intent, started));
}

/** AWS has refused the request as it is: nothing was started, unless by an earlier sending of it whose answer was lost. */
function refused(env: Environment, intent: MigrationIntent, error: AwsError): ResultAsync<StartedTasks, StartMigrationError> {
  return search(env, intent)
    .orElse(() => errAsync(error))
    .andThen((found) => (found === null ? concludeRefused(env, intent, error) : okAsync(found)));
}

function concludeRefused(env: Environment, { attempt }: MigrationIntent, error: AwsError): ResultAsync<never, StartMigrationError> {
  return recordEnd(env, attempt, judgeFailures([{ reason: error.message }]))
    .andThen(() => leaveSchema(env, attempt, schemaLeftBefore(env, attempt)))
    .andThen(() => errAsync(error));
}

/** null: AWS has the token for another request, so a task was started that is to be looked for. */
function request(env: Environment, target: MigrationTarget, intent: MigrationIntent): ResultAsync<StartedTasks | null, StartMigrationError> {
  const input = oneOffTask(target, { startedBy: startedBy(env, 'migration', intent.attempt), clientToken: intent.clientToken });
  return runTask(env, input)
    .map((started): StartedTasks | null => started)
    .orElse((error) => (error.kind === 'Unexpected' && error.code === 'ConflictException' ? ok(null) : err(error)));
}

function search(env: Environment, intent: MigrationIntent): ResultAsync<StartedTasks | null, StartMigrationError> {
  const family = env.definition.migration!.taskDefinitionFamily;
  return findAttemptsTask(env, family, intent.attempt).map((taskArn) => (taskArn === null ? null : { tasks: [{ taskArn }], failures: [] }));
}

function settle(env: Environment, intent: MigrationIntent, started: StartedTasks | null): ResultAsync<StartedMigration, StartMigrationError> {
  const { attempt, restorePoint } = intent;
  const known = { attempt, restorePoint, requestedAt: Date.parse(intent.at) };
  const taskArn = started?.tasks[0]?.taskArn ?? null;
  if (taskArn !== null) return recordTask(env, attempt, taskArn).map(() => ({ ...known, taskArn, verdict: null }));
  const verdict = started === null ? forgotten : judgeFailures(started.failures);
  return recordEnd(env, attempt, verdict).map(() => ({ ...known, taskArn: null, verdict }));
}
