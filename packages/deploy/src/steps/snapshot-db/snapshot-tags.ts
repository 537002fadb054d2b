import type { DBInstance, DBSnapshot } from '../../aws/rds.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { SchemaRecord } from '../../runs/schema-record.js';
import { configurationTags, recordConfiguration, type SnapshotTag, tagsPerResource } from './recorded-configuration.js';
import { schemaTag } from './schema-tag.js';

/** Key of the tag by which a snapshot is known to be an environment's. */
export const environmentTag = 'graasp-deploy:environment';
const runningTag = 'graasp-deploy:running';

/** The version that fits what is in a snapshot; null where it does not tell. */
export function readRunningTag(tags: readonly SnapshotTag[]): string | null {
  return tags.find(({ Key }) => Key === runningTag)?.Value ?? null;
}

/** `warm`: taken beforehand, so that the one that is the restore point copies less. It holds not every write, and is never taken for that one. */
export type SnapshotPurpose = 'restore-point' | 'warm';

export interface SnapshotFacts {
  /** The version about to be released. */
  readonly version: string | undefined;
  readonly purpose: SnapshotPurpose;
  /** What is known of the schema that is in it. */
  readonly schema: SchemaRecord | null;
  /** The version that the released services are on, which fits that schema; null where nothing tells. */
  readonly running: string | null;
}

const purposeKey = 'graasp-deploy:purpose';

/** Who took a snapshot and why, and what a restore needs. */
export function snapshotTags(env: Environment, instance: DBInstance, { version, purpose, schema, running }: SnapshotFacts): readonly SnapshotTag[] {
  const run = env[internals].run;
  const own = [
    { Key: environmentTag, Value: env.definition.name },
    { Key: 'graasp-deploy:run', Value: tagValue(run?.id ?? '') },
    { Key: 'graasp-deploy:step', Value: tagValue(run?.step ?? '') },
    // room for tags is scarce: the others are restore points
    ...(purpose === 'warm' ? [{ Key: purposeKey, Value: purpose }] : []),
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

/** Whether its tags say that it was taken beforehand. */
export function isWarm({ TagList }: DBSnapshot): boolean {
  return TagList?.some(({ Key, Value }) => Key === purposeKey && Value === ('warm' satisfies SnapshotPurpose)) === true;
}

function tagValue(text: string): string {
  return text.replace(/[^\p{L}\p{N} _.:/=+\-@]/gu, '-').slice(0, 256);
}
