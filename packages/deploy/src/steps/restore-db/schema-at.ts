import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { missingIsNull } from '../../aws/map-error.js';
import { type DBSnapshot, describeDbSnapshot } from '../../aws/rds.js';
import { type Environment, internals, type RunFact } from '../../environment/environment.js';
import type { AwsError, Refused, RunStoreFailed } from '../../errors.js';
import { factOf, readJournal } from '../../runs/journal.js';
import { readSchema, type SchemaRecord } from '../../runs/schema-record.js';
import { keyOf } from '../../runs/store-document.js';
import { readSchemaTag } from '../snapshot-db/schema-tag.js';
import { readRunningTag } from '../snapshot-db/snapshot-tags.js';

/** What is known of the database at some time. */
export interface KnownSchema {
  /** null: no migration of this library had touched it, or nothing tells. */
  readonly schema: SchemaRecord | null;
  /** The version that was running, and fits that schema; null where nothing tells. */
  readonly running: string | null;
}

/**
 * What is known of the schema at a moment in the past: from what is known now back from migration to migration, by the snapshots that their runs
 * took before them, whose times are AWS's own. In the middle of one nobody can tell, and that is Refused.
 */
export function schemaAt(env: Environment, moment: Date): ResultAsync<KnownSchema, AwsError | Refused | RunStoreFailed> {
  return safeTry<KnownSchema, AwsError | Refused | RunStoreFailed>(async function* () {
    let known: KnownSchema = { schema: yield* readSchema(env), running: null };
    while (known.schema !== null) {
      const last: SchemaRecord = known.schema;
      const { snapshotId, begunAt, endedAt } = yield* readMigration(env, last);
      if (moment >= endedAt) return ok(known);
      const snapshot = snapshotId === null ? null : yield* missingIsNull(describeDbSnapshot(env, snapshotId));
      if (moment > (snapshot?.SnapshotDatabaseTime ?? begunAt)) return err(inTheMiddle(env, moment, last));
      const before = snapshot === null ? undefined : told(snapshot);
      // one that was taken between two attempts of the same run
      if (before?.schema?.run === last.run && last.run !== null) return err(inTheMiddle(env, moment, last));
      if (before === undefined) env.emit({ type: 'warning', message: `Nothing tells which schema ${env.definition.database} had at ${moment.toISOString()}; it was before the migration to ${last.version} (${last.at}). Which code fits it, you have to know.` });
      known = before ?? { schema: null, running: null };
    }
    return ok(known);
  });
}

function told({ TagList = [] }: DBSnapshot): KnownSchema | undefined {
  const schema = readSchemaTag(TagList);
  return schema === undefined ? undefined : { schema, running: readRunningTag(TagList) };
}

interface PastMigration {
  /** The snapshot that it went by; null where nothing tells. */
  readonly snapshotId: string | null;
  /** At the latest. */
  readonly begunAt: Date;
  /** From when on what it has made of the schema was there: also what was committed once its task had ended. */
  readonly endedAt: Date;
}

function readMigration(env: Environment, { run, at }: SchemaRecord): ResultAsync<PastMigration, RunStoreFailed> {
  const journal = run === null ? okAsync(null) : readJournal(env[internals].runStore, keyOf.journal(env.definition.name, run));
  return journal.map((found) => {
    const fact = (key: RunFact) => (found === null ? undefined : factOf(found.value, key));
    const intent = fact('migrationIntent') as { readonly restorePoint?: string | null; readonly at?: string } | undefined;
    const ended = fact('migrationEndedAt');
    const recordedAt = Date.parse(at);
    return { snapshotId: intent?.restorePoint ?? null, begunAt: new Date(intent?.at ?? at), endedAt: new Date(Math.max(recordedAt, typeof ended === 'string' ? Date.parse(ended) : recordedAt)) };
  });
}

function inTheMiddle(env: Environment, moment: Date, { version }: SchemaRecord): Refused {
  return {
    kind: 'Refused',
    rule: 'restore-point',
    message: `${moment.toISOString()} may be in the middle of the migration to ${version}: which schema ${env.definition.database} had then, nobody can tell. Nothing was changed.`,
    remedy: 'Name the snapshot that was taken before it, or a moment further away from it.',
  };
}
