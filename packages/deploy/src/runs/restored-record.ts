import { ok, type ResultAsync } from 'neverthrow';
import { isoTime } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import type { RunStoreFailed } from '../errors.js';
import { compareVersions } from './compare-versions.js';
import { readSchema, type SchemaRecord } from './schema-record.js';
import { keyOf, putJson, readJson } from './store-document.js';

/** What a restore of the database has taken back. Outlives the run: new code must not start on the old schema hours later either. */
export interface RestoredRecord {
  /** The version whose migration is in the database no more; null: none that is known. */
  readonly undone: string | null;
  readonly at: string;
  readonly run: string | null;
}

/** Written once the restored database is in its place. What an earlier restore has undone stays so, unless this one brings it again. */
export function recordRestored(env: Environment, { undone, schema }: { readonly undone: string | null; readonly schema: SchemaRecord | null }): ResultAsync<void, RunStoreFailed> {
  return readUndone(env).andThen((earlier) => {
    const stays = earlier !== null && (schema === null || compareVersions(schema.version, earlier) < 0);
    const record: RestoredRecord = { undone: undone ?? (stays ? earlier : null), at: isoTime(env.clock), run: env.runId };
    return putJson(env[internals].runStore, keyOf.restored(env.definition.name), record);
  });
}

/** The version whose migration a restore has undone, until a migration is begun again; null: none. */
export function readUndone(env: Environment): ResultAsync<string | null, RunStoreFailed> {
  return readJson<RestoredRecord>(env[internals].runStore, keyOf.restored(env.definition.name)).andThen((restored) =>
    readSchema(env).andThen((schema) => ok(restored === null || (schema !== null && schema.at > restored.value.at) ? null : restored.value.undone)),
  );
}
