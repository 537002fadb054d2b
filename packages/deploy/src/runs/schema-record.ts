import { ok, type ResultAsync } from 'neverthrow';
import * as v from 'valibot';
import { isoTime } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import type { LockLost, RunStoreFailed, Situation } from '../errors.js';
import type { Baseline } from './baseline.js';
import { putKnown } from './put-known.js';
import { keyOf, readJson, type Shape } from './store-document.js';

/** What the last migration of an environment made of its schema. Outlives the run: old code must not start on it hours later either. */
export interface SchemaRecord {
  /** The version whose migrations were applied, or may have been. */
  readonly version: string;
  /** `unknown`: the migration ended in a way that proves nothing. */
  readonly outcome: 'migrated' | 'unknown';
  readonly at: string;
  readonly run: string | null;
}

/** null: an attempt to migrate was proven to have changed nothing, and none was before it. */
const shape: Shape<SchemaRecord | null> = v.nullable(v.looseObject({ version: v.string() }));

/** Written before a migration starts (`unknown`) and again once its outcome is known. */
export function recordSchema(env: Environment, version: string, outcome: SchemaRecord['outcome']): ResultAsync<void, RunStoreFailed | LockLost> {
  const record: SchemaRecord = { version, outcome, at: isoTime(env.clock), run: env.runId };
  return putKnown(env, keyOf.schema(env.definition.name), record);
}

/** null: no migration of this library has touched the schema. */
export function readSchema(env: Environment): ResultAsync<SchemaRecord | null, RunStoreFailed> {
  return readJson<SchemaRecord | null>(env[internals].runStore, keyOf.schema(env.definition.name), shape).map((stored) => stored?.value ?? null);
}

/** Whether nothing has been made of the schema between the two. */
export function isSameSchema(one: SchemaRecord | null, other: SchemaRecord | null): boolean {
  return one?.version === other?.version && one?.outcome === other?.outcome && one?.at === other?.at && one?.run === other?.run;
}

/** What has become of the schema since what was found: by this run, or by one whose baseline is still the environment's. */
export function schemaSince(env: Environment, { run, baseline }: { readonly run: string; readonly baseline: Pick<Baseline, 'takenAt' | 'byRun'> | null }): ResultAsync<Situation['schema'], never> {
  return readSchema(env)
    .map((record): Situation['schema'] => {
      if (record === null) return 'untouched';
      // a clock may have gone back between the two
      const sinceBaseline = baseline !== null && (record.at >= baseline.takenAt || record.run === baseline.byRun);
      return record.run === run || sinceBaseline ? record.outcome : 'untouched';
    })
    .orElse(() => ok<Situation['schema'], never>('unknown'));
}

/** The schema was proven to be as it was before: what was known of it before this attempt holds again. */
export function restoreSchemaRecord(env: Environment, previous: SchemaRecord | null): ResultAsync<void, RunStoreFailed | LockLost> {
  return putKnown(env, keyOf.schema(env.definition.name), previous);
}
