import type { ResultAsync } from 'neverthrow';
import { type DBSnapshot, listDbSnapshots } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';
import { environmentTag } from './snapshot-tags.js';

/** Whether this library took a snapshot, for this environment, of an instance that bore its database's name. */
export function isOwnSnapshot(env: Environment, { DBInstanceIdentifier, TagList = [] }: DBSnapshot): boolean {
  const tag = (key: string) => TagList.find(({ Key }) => Key === key)?.Value;
  return DBInstanceIdentifier === env.definition.database && tag(environmentTag) === env.definition.name && tag('graasp-deploy:run') !== undefined;
}

/** Those, the newest first. */
export function listOwnSnapshots(env: Environment): ResultAsync<readonly DBSnapshot[], AwsError> {
  return listDbSnapshots(env, env.definition.database).map((snapshots) => snapshots.filter((snapshot) => isOwnSnapshot(env, snapshot)).sort((one, other) => createdAt(other) - createdAt(one)));
}

function createdAt({ SnapshotCreateTime }: DBSnapshot): number {
  return SnapshotCreateTime?.getTime() ?? 0;
}
