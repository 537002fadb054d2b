import type { ResultAsync } from 'neverthrow';
import { isoTime } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import type { RunStoreFailed } from '../errors.js';
import { keyOf, putJson, readJson } from './store-document.js';

/** Whether the instance is meant to run. Outlives the run: AWS starts a stopped instance by itself, which nobody meant. */
export interface DatabaseRecord {
  readonly meantTo: 'run' | 'be-stopped';
  /** ISO time. */
  readonly at: string;
  readonly run: string | null;
}

/** Written before the instance is started or stopped, and when it was so already. Only for who holds the lock. */
export function recordDatabase(env: Environment, meantTo: DatabaseRecord['meantTo']): ResultAsync<void, RunStoreFailed> {
  const record: DatabaseRecord = { meantTo, at: isoTime(env.clock), run: env.runId };
  return putJson(env[internals].runStore, keyOf.database(env.definition.name), record);
}

/** null: this library has neither started nor stopped it. */
export function readDatabaseRecord(env: Environment): ResultAsync<DatabaseRecord | null, RunStoreFailed> {
  return readJson<DatabaseRecord>(env[internals].runStore, keyOf.database(env.definition.name)).map((stored) => stored?.value ?? null);
}
