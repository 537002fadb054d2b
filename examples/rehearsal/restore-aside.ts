import { DeleteDBInstanceCommand, DescribeDBInstancesCommand, DescribeDBSnapshotsCommand, RDSClient, RestoreDBInstanceFromDBSnapshotCommand } from '@aws-sdk/client-rds';
import type { Blueprint, LocalCloud } from '@graasp/local-cloud';
import { connectionString } from './connection-string.js';

/** Milliseconds of the cloud's clock between two looks at the restored instance. */
const LOOK_EVERY_MS = 3_000;
const PATIENCE_MS = 30 * 60_000;

export interface Restored {
  readonly snapshotId: string;
  /** Identifier of the instance beside the one in use. */
  readonly instance: string;
}

/**
 * Restores the newest snapshot of the blueprint's database to an instance beside it, as an operator would through RDS, lets `look` at its
 * database, and deletes it again. Undefined without an available snapshot. Rejects when the restored instance does not become available.
 */
export async function restoreAside<T>(cloud: LocalCloud, blueprint: Blueprint, look: (connectionString: string) => Promise<T>): Promise<(Restored & { readonly seen: T }) | undefined> {
  const rds = new RDSClient({ region: blueprint.region, endpoint: cloud.url ?? '', credentials: cloud.connection.aws.credentials });
  const snapshotId = await newestSnapshot(rds, blueprint.database.identifier);
  if (snapshotId === undefined) return undefined;
  const instance = `${blueprint.database.identifier}-aside`;
  await rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier: instance, DBSnapshotIdentifier: snapshotId, DBInstanceClass: blueprint.database.instanceClass }));
  try {
    await untilAvailable(rds, cloud, instance);
    const address = cloud.inspect.database(instance)?.address;
    if (address === undefined) throw new Error(`${instance} is available and has no address.`);
    return { snapshotId, instance, seen: await look(connectionString(blueprint, address)) };
  } finally {
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: instance, SkipFinalSnapshot: true }));
    rds.destroy();
  }
}

async function newestSnapshot(rds: RDSClient, identifier: string): Promise<string | undefined> {
  const { DBSnapshots = [] } = await rds.send(new DescribeDBSnapshotsCommand({ DBInstanceIdentifier: identifier, SnapshotType: 'manual' }));
  const available = DBSnapshots.filter(({ Status }) => Status === 'available');
  return available.sort((one, other) => Number(other.SnapshotCreateTime) - Number(one.SnapshotCreateTime))[0]?.DBSnapshotIdentifier;
}

async function untilAvailable(rds: RDSClient, { clock }: LocalCloud, instance: string): Promise<void> {
  const until = clock.now() + PATIENCE_MS;
  for (;;) {
    const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: instance }));
    const status = DBInstances?.[0]?.DBInstanceStatus;
    if (status === 'available') return;
    if (clock.now() > until) throw new Error(`${instance} is still ${status ?? 'unknown'} after ${PATIENCE_MS / 60_000} minutes.`);
    await clock.sleep(LOOK_EVERY_MS);
  }
}
