import { okAsync, type ResultAsync } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { LockLost, MigrationFailed, RunStoreFailed } from '../../errors.js';
import { restoreSchemaRecord } from '../../runs/schema-record.js';
import { recallSchemaBefore, recordSchemaLeft } from './migration-journal.js';

/** Journals what an attempt that did not succeed has left of the schema. Untouched: what was known of it before the first attempt holds again. */
export function leaveSchema(env: Environment, attempt: number, schema: MigrationFailed['schema']): ResultAsync<void, RunStoreFailed | LockLost> {
  return recordSchemaLeft(env, attempt, schema).andThen(() => (schema === 'untouched' ? restoreSchemaRecord(env, recallSchemaBefore(env) ?? null) : okAsync(undefined)));
}
