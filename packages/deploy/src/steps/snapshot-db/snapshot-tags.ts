import type { DBInstance, DBSnapshot } from '../../aws/rds.js';
import { type Environment, internals } from '../../environment/environment.js';
import { configurationTags, recordConfiguration, type SnapshotTag, tagsPerResource } from './recorded-configuration.js';

/** `warm`: taken beforehand, so that the one that is the restore point copies less. It holds not every write, and is never taken for that one. */
export type SnapshotPurpose = 'restore-point' | 'warm';

const purposeKey = 'graasp-deploy:purpose';

/** Who took a snapshot and why, and what a restore needs. */
export function snapshotTags(env: Environment, instance: DBInstance, { version, purpose }: { readonly version?: string | undefined; readonly purpose: SnapshotPurpose }): readonly SnapshotTag[] {
  const run = env[internals].run;
  const own = [
    { Key: 'graasp-deploy:environment', Value: env.definition.name },
    { Key: 'graasp-deploy:run', Value: tagValue(run?.id ?? '') },
    { Key: 'graasp-deploy:step', Value: tagValue(run?.step ?? '') },
    // room for tags is scarce: the others are restore points
    ...(purpose === 'warm' ? [{ Key: purposeKey, Value: purpose }] : []),
    ...(version === undefined ? [] : [{ Key: 'graasp-deploy:version', Value: tagValue(version) }]),
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
