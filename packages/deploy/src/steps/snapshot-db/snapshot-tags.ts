import type { DBInstance } from '../../aws/rds.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { SchemaRecord } from '../../runs/schema-record.js';
import { configurationTags, recordConfiguration, type SnapshotTag, tagsPerResource } from './recorded-configuration.js';
import { schemaTag } from './schema-tag.js';

export interface SnapshotFacts {
  /** The version about to be released. */
  readonly version: string | undefined;
  /** What is known of the schema that is in it. */
  readonly schema: SchemaRecord | null;
  /** The version that the released services are on, which fits that schema; null where nothing tells. */
  readonly running: string | null;
}

const runningTag = 'graasp-deploy:running';

/** The version that fits what is in a snapshot; null where it does not tell. */
export function readRunningTag(tags: readonly SnapshotTag[]): string | null {
  return tags.find(({ Key }) => Key === runningTag)?.Value ?? null;
}

/** Who took a snapshot and why, and what a restore needs. */
export function snapshotTags(env: Environment, instance: DBInstance, { version, schema, running }: SnapshotFacts): readonly SnapshotTag[] {
  const run = env[internals].run;
  const own = [
    { Key: 'graasp-deploy:environment', Value: env.definition.name },
    { Key: 'graasp-deploy:run', Value: tagValue(run?.id ?? '') },
    { Key: 'graasp-deploy:step', Value: tagValue(run?.step ?? '') },
    ...(version === undefined ? [] : [{ Key: 'graasp-deploy:version', Value: tagValue(version) }]),
    schemaTag(schema),
    ...(running === null ? [] : [{ Key: runningTag, Value: running }]),
  ];
  // AWS adds the instance's own tags to these when it copies tags to snapshots
  const copied = instance.CopyTagsToSnapshot === true ? (instance.TagList ?? []).length : 0;
  const configuration = configurationTags(recordConfiguration(instance), tagsPerResource - own.length - copied);
  if (configuration === null) env.emit({ type: 'warning', message: `The configuration of ${env.definition.database} does not fit into the snapshot's tags: a restore will need it from the infrastructure's code.` });
  return [...own, ...(configuration ?? [])];
}

function tagValue(text: string): string {
  return text.replace(/[^\p{L}\p{N} _.:/=+\-@]/gu, '-').slice(0, 256);
}
