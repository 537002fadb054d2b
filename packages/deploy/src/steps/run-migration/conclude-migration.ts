import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import type { MigrationDefinition } from '../../environment/definition.js';
import type { Environment } from '../../environment/environment.js';
import type { MigrationFailed, RunError, RunStoreFailed } from '../../errors.js';
import { recordSchema } from '../../runs/schema-record.js';
import type { MigrationReport } from '../run-migration.js';
import { lookForOtherTasks } from '../watch-other-tasks.js';
import { awaitSessionsEnded } from './await-sessions-ended.js';
import { readDatabaseErrors } from './database-errors.js';
import type { EndedMigration } from './follow-migration.js';
import { leaveSchema } from './leave-schema.js';
import { recordMigrated, schemaLeftBefore } from './migration-journal.js';
import type { MigrationTarget } from './migration-target.js';
import { readSchemaStatus, readSettledStatus, type SchemaStatusError } from './schema-status.js';
import { schemaText } from './schema-text.js';
import { taskIdOf } from './task-log.js';
import type { TaskVerdict } from './task-verdict.js';
import { retryText } from './retry-text.js';

export interface Conclusion {
  readonly version: string;
  readonly migration: MigrationDefinition;
  readonly target: MigrationTarget;
  /** What the status command told before the first attempt; null: unknown. */
  readonly before: string | null;
  readonly ended: EndedMigration;
  /** Services that may have sessions all the while. */
  readonly mayRun: readonly string[];
  /** Its end was journalled already, before this was called. */
  readonly readAgain: boolean;
}

export type ConcludeMigrationError = SchemaStatusError | MigrationFailed | RunStoreFailed | RunError;

/** What the end of a migration means for the schema: a report, or MigrationFailed. */
export function concludeMigration(env: Environment, conclusion: Conclusion): ResultAsync<MigrationReport, ConcludeMigrationError> {
  const { migration, target, ended, before } = conclusion;
  return safeTry<MigrationReport, ConcludeMigrationError>(async function* () {
    const { verdict } = ended;
    if (verdict.succeeded) {
      const after = migration.statusCommand === undefined ? null : yield* readSchemaStatus(env, target, migration.statusCommand);
      return succeed(env, conclusion, after, 'exit-code');
    }
    const after = yield* statusAfterFailure(env, conclusion);
    const schema = verdict.ran ? schemaOf(before, after) : schemaLeftBefore(env, ended.attempt);
    if (verdict.reason === 'outcome-unknown' && schema === 'migrated') return succeed(env, conclusion, after, 'status-command');
    yield* leaveSchema(env, ended.attempt, schema);
    // an attempt hours later asks whether anything has written since this one
    yield* lookForOtherTasks(env);
    return fail(env, conclusion, schema, after);
  });
}

/** null: not known, because there is no command, no answer, or a session of the migration is left that may still commit. */
function statusAfterFailure(env: Environment, { migration, target, mayRun, ended: { verdict } }: Conclusion): ResultAsync<string | null, SchemaStatusError> {
  const command = migration.statusCommand;
  if (!verdict.ran || command === undefined) return okAsync(null);
  const endedAt = verdict.endedAt === null ? env.clock.now() : Date.parse(verdict.endedAt);
  return awaitSessionsEnded(env, { endedAt, mayRun }).andThen((sessions): ResultAsync<string | null, SchemaStatusError> => (sessions === 'ended' ? readSettledStatus(env, target, command) : okAsync(null)));
}

/** `untouched` and `migrated` need proof: the status before the first attempt and after. */
function schemaOf(before: string | null, after: string | null): MigrationFailed['schema'] {
  if (before === null || after === null) return 'unknown';
  return before === after ? 'untouched' : 'migrated';
}

function succeed(env: Environment, { version, before, ended }: Conclusion, after: string | null, decidedBy: MigrationReport['decidedBy']): ResultAsync<MigrationReport, ConcludeMigrationError> {
  const { attempt, restorePoint, taskArn, verdict } = ended;
  const { exitCode, startedAt, endedAt } = verdict;
  const seconds = startedAt === null || endedAt === null ? 0 : Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
  const alreadyApplied = before === null || after === null ? null : before === after;
  return safeTry<MigrationReport, ConcludeMigrationError>(async function* () {
    yield* recordSchema(env, version, 'migrated');
    yield* recordMigrated(env, version, after);
    return ok<MigrationReport, ConcludeMigrationError>({ version, schema: 'migrated', decidedBy, exitCode, taskArn, attempt, before, after, alreadyApplied, restorePoint, startedAt, endedAt, seconds });
  });
}

function fail(env: Environment, { version, ended, readAgain }: Conclusion, schema: MigrationFailed['schema'], after: string | null): ResultAsync<never, ConcludeMigrationError> {
  const { verdict, taskArn, lastLines } = ended;
  const from = Date.parse(verdict.startedAt ?? '');
  const to = Date.parse(verdict.endedAt ?? '');
  return safeTry<never, ConcludeMigrationError>(async function* () {
    const databaseErrors = verdict.ran && !Number.isNaN(from) ? yield* readDatabaseErrors(env, { from, to: Number.isNaN(to) ? env.clock.now() : to }) : [];
    return err<never, ConcludeMigrationError>({
      kind: 'MigrationFailed',
      reason: verdict.reason ?? 'no-exit-code',
      exitCode: verdict.exitCode,
      taskArn,
      schema,
      lastLines,
      databaseErrors,
      message: `the migration to ${version} ${howItEnded(verdict, taskArn)}${readAgain ? ', and was not run again: without retryMigration its end is only read once more' : ''}; ${schemaText(schema, after)}`,
      remedy: remedyOf(env, ended, schema),
    });
  });
}

function howItEnded(verdict: TaskVerdict, taskArn: string | null): string {
  const task = taskArn === null ? '' : ` (task ${taskIdOf(taskArn)}: ${verdict.detail})`;
  switch (verdict.reason) {
    case 'exit-code':
      return `failed with exit code ${verdict.exitCode}${task}`;
    case 'out-of-memory':
      return `was killed because it ran out of memory${task}`;
    case 'image':
      return `did not start, because its image cannot be pulled${task}`;
    case 'capacity':
      return `did not start, because there is no capacity: ${verdict.detail}`;
    case 'start':
      return `did not start: ${verdict.detail}`;
    case 'spot-interruption':
      return `was interrupted by AWS${task}`;
    case 'stopped-by-somebody':
      return `was stopped by somebody${task}`;
    case 'outcome-unknown':
      return `ended unseen: ${verdict.detail}`;
    default:
      return `ended without an exit code, which is not success${task}`;
  }
}

function remedyOf(env: Environment, { verdict: { reason, ran }, lastLines }: EndedMigration, schema: MigrationFailed['schema']): string {
  const wroteNothing = lastLines.length === 0;
  if (!ran && schema === 'untouched') return reason === 'capacity' ? 'Nothing was run. Resume in a few minutes: capacity comes back.' : 'Nothing was run. Mend what keeps the task from starting, then resume.';
  if (!ran) return `Nothing was run this time, but an earlier attempt was. ${lookAtSchema(env)}`;
  if (schema === 'untouched') return `${wroteNothing ? 'The task wrote no line that can be read: find out why it failed' : 'Read the lines'}, mend the migration, then ${retryText(env)}; or reopen the old version, which still fits the schema.`;
  return `${wroteNothing ? 'The task wrote no line that can be read' : 'Read the lines'}. ${lookAtSchema(env)}`;
}

function lookAtSchema(env: Environment): string {
  return `Look at the schema. Mend it and ${retryText(env)}, or restore the database to the restore point; do not start the old version on it.`;
}
