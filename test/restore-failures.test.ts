import { DeleteDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { readState, restoreDb, resume, setMaintenance, snapshotDb, stopServices } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { shop, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

/** Behind its gate, with a snapshot. */
async function atRest(): Promise<ShopProcess & { readonly options: { readonly confirm: string; readonly from: { readonly snapshotId: string } } }> {
  const at = await startShop();
  clouds.push(at.cloud);
  (await setMaintenance(at.env, 'on'))._unsafeUnwrap();
  (await stopServices(at.env))._unsafeUnwrap();
  const { snapshotId } = (await snapshotDb(at.env))._unsafeUnwrap().restorePoint;
  return { ...at, options: { confirm: 'shop', from: { snapshotId } } };
}

const names = (cloud: LocalCloud) => cloud.inspect.databases().map(({ identifier }) => identifier.replace(/-\d{8}-.*/, ''));
const rdsOf = ({ connection }: LocalCloud) => new RDSClient({ region: shop.region, credentials: connection.aws.credentials, requestHandler: connection.aws.requestHandler as never });

describe('restoreDb, when the restored instance does not come up', () => {
  it.each(['incompatible-restore', 'storage-full', 'failed'])('says that it is %s, leaves the one in use, and restores again once it is deleted', async (status) => {
    const { cloud, env, options, another } = await atRest();
    const before = cloud.inspect.database('shop')!;
    cloud.faults.add({ kind: 'restore', status });
    const error = (await restoreDb(env, options))._unsafeUnwrapErr();
    const { identifier } = cloud.inspect.databases().at(-1)!;
    expect(error).toMatchObject({
      kind: 'RestoreFailed',
      snapshotId: options.from.snapshotId,
      instance: identifier,
      instanceStatus: status,
      message: `${identifier}, restored from ${options.from.snapshotId}, is ${status} and will not become available; the instance in use was left as it was`,
      remedy: `Look at the events of ${identifier} in RDS for the reason ("Viewing Amazon RDS DB instance status" says what ${status} means), delete it, and restore again.`,
      situation: { step: 'restore-aside', left: 'hold', state: 'db-only', maintenance: 'on', nextActions: [{ command: `release --resume ${error.runId}` }, { command: `release --reopen ${error.runId}` }, { command: `release --release-hold ${error.runId}` }] },
    });
    expect(cloud.inspect.database('shop')).toEqual(before);
    expect((await readState((await another()).env))._unsafeUnwrap()).toMatchObject({ hold: { run: error.runId } });

    // it stays so, however often it is looked at
    expect((await resume((await another()).env, restoreDb, error.runId))._unsafeUnwrapErr()).toMatchObject({ kind: 'RestoreFailed', instanceStatus: status });
    await rdsOf(cloud).send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: identifier, SkipFinalSnapshot: true }));
    await cloud.clock.sleep(600_000);
    (await resume((await another()).env, restoreDb, error.runId))._unsafeUnwrap();
    expect(names(cloud)).toEqual(['shop-before', 'shop']);
  });

  it('makes another one when it is called anew, and leaves the failed one to be looked at', async () => {
    const { cloud, env, options, another } = await atRest();
    cloud.faults.add({ kind: 'restore', status: 'incompatible-restore' });
    (await restoreDb(env, options))._unsafeUnwrapErr();
    (await restoreDb((await another()).env, { confirm: 'shop' }))._unsafeUnwrap();
    expect(names(cloud)).toEqual(['shop-before', 'shop-restored', 'shop']);
    expect((await readState((await another()).env))._unsafeUnwrap()).toMatchObject({ state: 'db-only', hold: null });
  });
});

describe('restoreDb, when its credentials expire', () => {
  it.each(['await-unused', 'restore-aside', 'set-aside', 'put-in-place', 'start-administration'])('in %s, is held there, and goes on with new ones', async (step) => {
    const { cloud, env, options, events, another } = await atRest();
    const push = events.push.bind(events);
    events.push = (...added) => {
      if (added.some((event) => event.type === 'step-started' && event.step === step)) cloud.faults.add({ kind: 'expired-credentials', operation: '*', occurrence: 4, times: 100_000 });
      return push(...added);
    };
    const error = (await restoreDb(env, options))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'CredentialsExpired', situation: { step, left: 'hold', nextActions: expect.arrayContaining([expect.objectContaining({ command: `release --resume ${error.runId}` })]) as unknown } });
    await cloud.clock.sleep(3_600_000);
    cloud.faults.clear();
    (await resume((await another()).env, restoreDb, error.runId))._unsafeUnwrap();
    expect(names(cloud)).toEqual(['shop-before', 'shop']);
    expect((await readState((await another()).env))._unsafeUnwrap()).toMatchObject({ state: 'db-only', hold: null });
    expect(cloud.requests.filter(({ operation, error: failed }) => operation === 'rds:RestoreDBInstanceFromDBSnapshot' && failed === undefined)).toHaveLength(1);
    expect(cloud.inspect.violations).toEqual([]);
  });
});
