import { ok, type ResultAsync, safeTry } from 'neverthrow';
import * as v from 'valibot';
import { isoTime } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import type { LockLost, RunStoreFailed } from '../errors.js';
import { compareVersions } from './compare-versions.js';
import { putKnown } from './put-known.js';
import { isSameSchema, readSchema, type SchemaRecord } from './schema-record.js';
import { keyOf, readJson, type Shape } from './store-document.js';

/** What a restore of the database has taken back. Outlives the run: new code must not start on the old schema hours later either. */
export interface RestoredRecord {
  /** The version whose migration is in the database no more; null: none that is known. */
  readonly undone: string | null;
  /** What is in the database instead: a migration has begun since once something else is known of it, whatever its machine's clock says. */
  readonly schema: SchemaRecord | null;
  /** The version that was running on what is in the database now; null: nothing tells. */
  readonly running: string | null;
  readonly at: string;
  readonly run: string | null;
}

const shape: Shape<RestoredRecord> = v.looseObject({ undone: v.nullable(v.string()) });

/** Written once the restored database is in its place, once a run. What an earlier restore has undone stays so, unless this one brings it again. */
export function recordRestored(env: Environment, { undone, schema, running }: Pick<RestoredRecord, 'undone' | 'schema' | 'running'>): ResultAsync<void, RunStoreFailed | LockLost> {
  const store = env[internals].runStore;
  const key = keyOf.restored(env.definition.name);
  return safeTry<void, RunStoreFailed | LockLost>(async function* () {
    const known = yield* readJson(store, key, shape);
    if (known !== null && known.value.run === env.runId) return ok(undefined);
    const earlier = yield* readUndone(env);
    const stays = earlier !== null && (schema === null || compareVersions(schema.version, earlier) < 0);
    return putKnown(env, key, { undone: undone ?? (stays ? earlier : null), schema, running, at: isoTime(env.clock), run: env.runId } satisfies RestoredRecord);
  });
}

/** The version whose migration a restore has undone, until a migration is begun again; null: none. */
export function readUndone(env: Environment): ResultAsync<string | null, RunStoreFailed> {
  return readRestored(env).map((restored) => restored?.undone ?? null);
}

/** What the last restore has taken back, until a migration is begun again; null: nothing. */
export function readRestored(env: Environment): ResultAsync<RestoredRecord | null, RunStoreFailed> {
  return readJson(env[internals].runStore, keyOf.restored(env.definition.name), shape).andThen((restored) =>
    readSchema(env).map((schema) => (restored === null || !isSameSchema(schema, restored.value.schema) ? null : restored.value)),
  );
}
