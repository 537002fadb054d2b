import { ok, okAsync, type ResultAsync } from 'neverthrow';
import { type Environment, internals, type JsonValue } from '../../environment/environment.js';
import type { LockLost, MigrationFailed, RunStoreFailed } from '../../errors.js';
import type { SchemaRecord } from '../../runs/schema-record.js';
import type { TaskVerdict } from './task-verdict.js';

/** What is journalled before RunTask. */
export interface MigrationIntent {
  readonly attempt: number;
  readonly clientToken: string;
  readonly revision: string;
  readonly restorePoint: string | null;
  /** ISO time. */
  readonly at: string;
}

/** Where the migration of this run stands. */
export interface Attempt {
  readonly number: number;
  /** Whether RunTask may have been called for it. */
  readonly begun: boolean;
  readonly intent: MigrationIntent | null;
  readonly revision: string | null;
  readonly taskArn: string | null;
  readonly verdict: TaskVerdict | null;
}

export type JournalError = RunStoreFailed | LockLost;

/**
 * The attempt to go on with: the one that was interrupted, or the next. A migration that ran and failed is not run again unless
 * `retryMigration` says so; one that never started (no capacity, no image) is, while the schema is what it was before the first attempt.
 */
export function nextAttempt(env: Environment, { retryMigration }: { readonly retryMigration?: boolean | undefined }): ResultAsync<Attempt, never> {
  const intent = recall<MigrationIntent>(env, 'migrationIntent');
  if (intent === undefined) return okAsync(fresh(1));
  const task = recall<{ readonly attempt: number; readonly taskArn: string }>(env, 'task');
  const ended = recall<{ readonly attempt: number; readonly verdict: TaskVerdict }>(env, 'ended');
  const verdict = ended?.attempt === intent.attempt ? ended.verdict : null;
  const harmless = verdict?.ran === false && schemaLeftBefore(env, intent.attempt) === 'untouched';
  const again = verdict !== null && !verdict.succeeded && (retryMigration === true || harmless);
  if (again) return okAsync(fresh(intent.attempt + 1));
  const taskArn = task?.attempt === intent.attempt ? task.taskArn : null;
  return okAsync({ number: intent.attempt, begun: true, intent, revision: intent.revision, taskArn, verdict });
}

function fresh(number: number): Attempt {
  return { number, begun: false, intent: null, revision: null, taskArn: null, verdict: null };
}

function recall<T>(env: Environment, key: string): T | undefined {
  return env[internals].run?.recall(key) as T | undefined;
}

function record(env: Environment, key: string, value: JsonValue): ResultAsync<void, JournalError> {
  return env[internals].run?.record(key, value) ?? okAsync(undefined);
}

export function recordIntent(env: Environment, intent: MigrationIntent): ResultAsync<void, JournalError> {
  return record(env, 'migrationIntent', { ...intent });
}

export function recordTask(env: Environment, attempt: number, taskArn: string): ResultAsync<void, JournalError> {
  return record(env, 'task', { attempt, taskArn });
}

export function recordStatus(env: Environment, attempt: number, lastStatus: string): ResultAsync<void, JournalError> {
  return record(env, 'observed', { attempt, lastStatus });
}

/** The end is journalled as soon as it is seen; its time is what `awaitDbSettled` counts from. */
export function recordEnd(env: Environment, attempt: number, verdict: TaskVerdict): ResultAsync<void, JournalError> {
  return record(env, 'ended', { attempt, verdict: { ...verdict } }).andThen(() => (verdict.endedAt === null ? ok(undefined) : record(env, 'migrationEndedAt', verdict.endedAt)));
}

export function recordStatusBefore(env: Environment, status: string | null): ResultAsync<void, JournalError> {
  return record(env, 'statusBefore', status);
}

/** undefined: it was not asked yet. */
export function recallStatusBefore(env: Environment): string | null | undefined {
  return recall<string | null>(env, 'statusBefore');
}

/** What was known of the schema before the first attempt: holds again once the schema is proven untouched. */
export function recordSchemaBefore(env: Environment, schema: SchemaRecord | null): ResultAsync<void, JournalError> {
  return record(env, 'schemaBefore', schema === null ? null : { ...schema });
}

export function recallSchemaBefore(env: Environment): SchemaRecord | null | undefined {
  return recall<SchemaRecord | null>(env, 'schemaBefore');
}

/** What an attempt has left of the schema, as far as it is proven. */
export function recordSchemaLeft(env: Environment, attempt: number, schema: MigrationFailed['schema']): ResultAsync<void, JournalError> {
  return record(env, 'schemaLeft', { attempt, schema });
}

/**
 * The schema before an attempt, against what it was before the first: as the attempt before has left it, `unknown` where that was not
 * concluded. The first one finds what the run found, unless that was unknown already.
 */
export function schemaLeftBefore(env: Environment, attempt: number): MigrationFailed['schema'] {
  if (attempt === 1) return recallSchemaBefore(env)?.outcome === 'unknown' ? 'unknown' : 'untouched';
  const left = recall<{ readonly attempt: number; readonly schema: MigrationFailed['schema'] }>(env, 'schemaLeft');
  return left === undefined || left.attempt < attempt - 1 ? 'unknown' : left.schema;
}

/** What services may be started on from now on. */
export function recordMigrated(env: Environment, version: string, after: string | null): ResultAsync<void, JournalError> {
  return record(env, 'schema', { version, after });
}
