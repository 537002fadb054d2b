import { CreateDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { connect, rehearseRestore, releaseHold, snapshotDb } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mortal } from './mortal.js';
import { shop, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start(): Promise<ShopProcess & { readonly snapshotId: string }> {
  const at = await startShop();
  clouds.push(at.cloud);
  return { ...at, snapshotId: (await snapshotDb(at.env))._unsafeUnwrap().restorePoint.snapshotId };
}

const names = ({ inspect }: LocalCloud) => inspect.databases().map(({ identifier }) => identifier);
const calls = ({ requests }: LocalCloud, operation: string) => requests.filter((request) => request.operation === `rds:${operation}` && request.error === undefined);

describe('rehearseRestore', () => {
  it('restores the newest snapshot aside, tells how long that takes, and leaves nothing but what was there', async () => {
    const { cloud, env, snapshotId, store } = await start();
    const before = cloud.inspect.database('shop');
    const report = (await rehearseRestore(env))._unsafeUnwrap();
    expect(report).toMatchObject({ snapshotId, engineVersion: '16.11', allocatedStorageGiB: 20, differs: [], instance: expect.stringMatching(/^shop-rehearsal-/) as string });
    expect(report.restoreSeconds).toBeGreaterThan(30);
    expect(names(cloud)).toEqual(['shop']);
    expect(cloud.inspect.database('shop')?.resourceId).toBe(before?.resourceId);
    expect(cloud.inspect.snapshots()).toHaveLength(1);
    expect((await store.read('shop/hold'))._unsafeUnwrap()).toBeNull();
    expect(calls(cloud, 'ModifyDBInstance')).toEqual([]);
  });

  it.each([
    ['RestoreDBInstanceFromDBSnapshot', 'before', 0],
    ['RestoreDBInstanceFromDBSnapshot', 'after', 1],
    ['DeleteDBInstance', 'before', 1],
    ['DeleteDBInstance', 'after', 1],
  ] as const)('removes first what a process that died at %s, %s it was done, has left', async (operation, when, left) => {
    const { cloud, env, store } = await start();
    const dying = mortal(cloud.connection, store, { operation, atCall: 1, when });
    const doomed = (await connect(shop, { ...cloud.connection, ...dying.connection, runStore: dying.store }))._unsafeUnwrap();
    expect(await Promise.race([dying.died, rehearseRestore(doomed)])).toBe(operation);
    expect(names(cloud)).toHaveLength(1 + left);
    await cloud.clock.sleep(180_000);
    const run = (await store.list('shop/runs/'))._unsafeUnwrap().at(-1)!.slice('shop/runs/'.length);
    (await releaseHold(env, { run, reason: 'its process is dead' }))._unsafeUnwrap();

    (await rehearseRestore(env))._unsafeUnwrap();
    expect(names(cloud)).toEqual(['shop']);
    expect(calls(cloud, 'RestoreDBInstanceFromDBSnapshot')).toHaveLength(1 + left);
  });

  it('holds nothing when it is aborted, and removes what is left with the next call', async () => {
    const { cloud, env, store, events, abort, another } = await start();
    const push = events.push.bind(events);
    events.push = (...added) => {
      if (added.some((event) => event.type === 'waiting' && event.waitingFor === 'the restored instance to be available' && event.seen.endsWith('is creating'))) abort.abort();
      return push(...added);
    };
    expect((await rehearseRestore(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted' });
    expect((await store.read('shop/hold'))._unsafeUnwrap()).toBeNull();
    expect(names(cloud)).toHaveLength(2);
    (await rehearseRestore((await another()).env))._unsafeUnwrap();
    expect(names(cloud)).toEqual(['shop']);
  });

  it('tells what it leaves behind when it has no time left', async () => {
    const { cloud, env } = await start();
    const error = (await rehearseRestore(env, { timeoutSeconds: 30 }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TimedOut', remedy: expect.stringMatching(/ The next call of rehearseRestore removes it first\.$/) as string });
    expect(error.message).toMatch(new RegExp(` ${names(cloud)[1]!} was not removed, and costs if it was made\\.$`));
  });

  it('leaves an instance alone that is somebody else’s, whatever it is called', async () => {
    const { cloud, env, store } = await start();
    const { credentials, requestHandler } = cloud.connection.aws;
    await new RDSClient({ region: 'eu-central-1', credentials, requestHandler: requestHandler as never }).send(new CreateDBInstanceCommand({ DBInstanceIdentifier: 'shop-rehearsal-x', Engine: 'postgres', DBInstanceClass: 'db.t4g.micro', MasterUsername: 'somebody', MasterUserPassword: 'else' }));
    (await store.create('shop/rehearsal', JSON.stringify({ identifier: 'shop-rehearsal-x', run: 'r1', resourceId: null })))._unsafeUnwrap();
    expect((await rehearseRestore(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'resource-busy', message: 'an instance shop-rehearsal-x exists and is not what a rehearsal has made: it was left alone' });
    expect(names(cloud)).toEqual(['shop', 'shop-rehearsal-x']);
    expect(calls(cloud, 'DeleteDBInstance')).toEqual([]);
  });

  it('wants a snapshot', async () => {
    const at = await startShop();
    clouds.push(at.cloud);
    expect((await rehearseRestore(at.env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'restore-point', lift: 'from: { snapshotId }' });
  });
});
