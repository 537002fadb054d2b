import { DescribeDBInstancesCommand, DescribeDBSnapshotsCommand, RDSClient } from '@aws-sdk/client-rds';
import { defineRecipe, readRecordedConfiguration, resume, snapshotDb, type SnapshotDbOptions, stopServices } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it } from 'vitest';
import { startMigratingShop, stopClouds } from './migrating-shop.js';

afterEach(stopClouds);

const shut = defineRecipe('shut', async function* (run, options: Omit<SnapshotDbOptions, 'signal'>) {
  yield* run.step('stop-services', (env) => stopServices(env));
  return run.step('snapshot-db', (env) => snapshotDb(env, options));
});

const version = 'v2.0.0';
const creations = ({ requests }: LocalCloud) => requests.filter(({ operation }) => operation === 'rds:CreateDBSnapshot');

function clientOf(cloud: LocalCloud): RDSClient {
  const { requestHandler, credentials } = cloud.connection.aws;
  return new RDSClient({ region: 'eu-central-1', requestHandler: requestHandler as never, credentials });
}

describe('snapshotDb', () => {
  it('takes a snapshot after the last writer has stopped, named after database, version and run', async () => {
    const { cloud, env, events } = await startMigratingShop();
    const { restorePoint, database, adopted } = (await shut(env, { version }))._unsafeUnwrap();
    expect(restorePoint.snapshotId).toMatch(/^shop-v2-0-0-\d{8}-\d{6}-[0-9a-z]{4}$/);
    expect({ database, adopted }).toEqual({ database: 'shop', adopted: false });
    const stopped = cloud.inspect.tasks().map(({ stoppedAt }) => stoppedAt ?? 0);
    expect(Date.parse(restorePoint.databaseTime!)).toBeGreaterThanOrEqual(Math.floor(Math.max(...stopped)));
    const progress = events.flatMap((event) => (event.type === 'waiting' && event.waitingFor === 'the snapshot to be available' ? [event.progress] : []));
    expect(progress.length).toBeGreaterThan(3);
    expect(progress).toEqual([...progress].sort((one, other) => (one ?? 0) - (other ?? 0)));
  });

  it('records what a restore needs in the snapshot’s tags', async () => {
    const { cloud, env } = await startMigratingShop();
    const { restorePoint } = (await snapshotDb(env, { version }))._unsafeUnwrap();
    const client = clientOf(cloud);
    const { DBSnapshots } = await client.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: restorePoint.snapshotId }));
    const { DBInstances } = await client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'shop' }));
    const tags = DBSnapshots![0]!.TagList!;
    const instance = DBInstances![0]!;
    expect(Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))).toMatchObject({ 'graasp-deploy:environment': 'shop', 'graasp-deploy:version': version });
    expect(readRecordedConfiguration(tags)).toMatchObject({
      identifier: 'shop',
      resourceId: instance.DbiResourceId,
      instanceClass: 'db.t4g.micro',
      subnetGroup: instance.DBSubnetGroup!.DBSubnetGroupName,
      securityGroups: instance.VpcSecurityGroups!.map(({ VpcSecurityGroupId }) => VpcSecurityGroupId),
      parameterGroup: instance.DBParameterGroups![0]!.DBParameterGroupName,
      multiAZ: false,
      deletionProtection: true,
      performanceInsights: true,
      storageType: 'gp3',
      backupRetentionDays: 1,
    });
  });

  it('ends early when the snapshot fails, and takes another on resume', async () => {
    const shop = await startMigratingShop({ faults: [{ kind: 'snapshot', what: 'fail' }] });
    const error = (await shut(shop.env, { version, timeoutSeconds: 7_200 }))._unsafeUnwrapErr() as unknown as { kind: string; message: string; snapshotId: string; runId: string };
    expect(error).toMatchObject({ kind: 'SnapshotFailed', snapshotStatus: 'failed' });
    expect(error.message).toBe(`snapshot ${error.snapshotId} is failed and will not become available: there is no restore point`);
    const next = await shop.another();
    expect((await resume(next.env, shut, error.runId))._unsafeUnwrap()).toMatchObject({ adopted: false, restorePoint: { snapshotId: `${error.snapshotId}-2` } });
  });

  it('adopts on resume the snapshot that it had requested', async () => {
    const shop = await startMigratingShop();
    const hold = defineRecipe('hold', async function* (run, options: Omit<SnapshotDbOptions, 'signal'>) {
      return run.step('snapshot-db', (env) => snapshotDb(env, options));
    });
    shop.cloud.faults.add({ kind: 'access-denied', operation: 'rds:DescribeDBSnapshots', occurrence: 3 });
    const { runId } = (await hold(shop.env, { version }))._unsafeUnwrapErr() as { runId: string };
    const later = await shop.another();
    expect((await resume(later.env, hold, runId))._unsafeUnwrap()).toMatchObject({ adopted: true });
    expect(creations(shop.cloud)).toHaveLength(1);
  });

  it('adopts its own snapshot when the answer to the request is lost', async () => {
    const { cloud, env } = await startMigratingShop({ faults: [{ kind: 'lost-response', operation: 'rds:CreateDBSnapshot', occurrence: 1 }] });
    expect((await snapshotDb(env, { version }))._unsafeUnwrap()).toMatchObject({ adopted: true });
    // the instance is busy with it already
    expect(creations(cloud).map(({ error }) => error)).toEqual([undefined, 'InvalidDBInstanceState']);
  });

  it('times out on a snapshot that never ends, saying how far it was', async () => {
    const { env } = await startMigratingShop({ faults: [{ kind: 'snapshot', what: 'never-ends' }] });
    const error = (await snapshotDb(env, { version, timeoutSeconds: 120 }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TimedOut', waitingFor: 'the snapshot to be available', timeoutSeconds: expect.any(Number) as number });
    expect((error as { lastSeen: string }).lastSeen).toMatch(/^shop-v2-0-0-\S+ is creating, \d+ %$/);
  });

  it('plans the identifier and changes nothing', async () => {
    const { cloud, env } = await startMigratingShop();
    const { plan } = await import('@graasp/deploy');
    expect((await plan(env, shut, { version })).isOk()).toBe(true);
    expect(creations(cloud)).toEqual([]);
  });
});
