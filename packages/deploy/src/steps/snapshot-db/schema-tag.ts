import type { SchemaRecord } from '../../runs/schema-record.js';
import type { SnapshotTag } from './recorded-configuration.js';

const key = 'graasp-deploy:schema';
const none = 'none';

/** What was known of the schema when a snapshot was taken, so that whoever restores it knows what code it fits. */
export function schemaTag(schema: SchemaRecord | null): SnapshotTag {
  return { Key: key, Value: schema === null ? none : `${schema.version} ${schema.outcome} ${schema.at} ${schema.run ?? none}` };
}

/** null: no migration of this library had touched it; undefined: the snapshot does not tell. */
export function readSchemaTag(tags: readonly SnapshotTag[]): SchemaRecord | null | undefined {
  const value = tags.find(({ Key }) => Key === key)?.Value;
  if (value === none) return null;
  const [, version, outcome, at, run] = /^(\S+) (migrated|unknown) (\S+) (\S+)$/.exec(value ?? '') ?? [];
  if (version === undefined || at === undefined) return undefined;
  return { version, outcome: outcome as SchemaRecord['outcome'], at, run: run === none ? null : (run ?? null) };
}
