import type { ResultAsync } from 'neverthrow';
import * as v from 'valibot';
import { isoTime } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import type { LockLost, RunStoreFailed } from '../errors.js';
import { putKnown } from './put-known.js';
import { keyOf, readJson, type Shape } from './store-document.js';

/** Whether the instance is meant to run. Outlives the run: AWS starts a stopped instance by itself, which nobody meant. */
export interface DatabaseRecord {
  readonly meantTo: 'run' | 'be-stopped';
  /** ISO time. */
  readonly at: string;
  readonly run: string | null;
}

const shape: Shape<DatabaseRecord> = v.looseObject({ meantTo: v.string() });

/** Written before the instance is started or stopped, and when it was so already. */
export function recordDatabase(env: Environment, meantTo: DatabaseRecord['meantTo']): ResultAsync<void, RunStoreFailed | LockLost> {
  const record: DatabaseRecord = { meantTo, at: isoTime(env.clock), run: env.runId };
  return putKnown(env, keyOf.database(env.definition.name), record);
}

/** null: this library has neither started nor stopped it. */
export function readDatabaseRecord(env: Environment): ResultAsync<DatabaseRecord | null, RunStoreFailed> {
  return readJson(env[internals].runStore, keyOf.database(env.definition.name), shape).map((stored) => stored?.value ?? null);
}
