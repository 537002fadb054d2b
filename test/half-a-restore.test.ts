import { DeleteDBInstanceCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { deployWithMigration, releaseHold, reopen, restoreDb, type RestoreDbError, resume, rollBack, setMaintenance, snapshotDb, stopServices, transitionTo } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, runningVersion, shop, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start(): Promise<ShopProcess> {
  const process = await startShop();
  clouds.push(process.cloud);
  return process;
}

const names = (cloud: LocalCloud) => cloud.inspect.databases().map(({ identifier }) => identifier.replace(/-\d{8}-.*/, ''));
const rdsOf = ({ connection }: LocalCloud) => new RDSClient({ region: shop.region, credentials: connection.aws.credentials, requestHandler: connection.aws.requestHandler as never });
const tenMinutes = 600_000;

/** Aborts a process as soon as one of its events is as expected. */
function abortAt({ events, abort }: ShopProcess, expected: (event: ShopProcess['events'][number]) => boolean): void {
  const push = events.push.bind(events);
  events.push = (...added) => {
    if (added.some(expected)) abort.abort();
    return push(...added);
  };
}

type Halved = ShopProcess & { readonly error: RestoreDbError };

/** Behind its gate, with a snapshot. */
async function atRest(): Promise<ShopProcess & { readonly snapshotId: string }> {
  const at = await start();
  (await setMaintenance(at.env, 'on'))._unsafeUnwrap();
  (await stopServices(at.env))._unsafeUnwrap();
  return { ...at, snapshotId: (await snapshotDb(at.env))._unsafeUnwrap().restorePoint.snapshotId };
}

/** The instance in use is aside, and none bears the name. */
async function betweenTheRenames(): Promise<Halved> {
  const at = await atRest();
  const { snapshotId } = at;
  abortAt(at, (event) => event.type === 'step-succeeded' && event.step === 'set-aside');
  const error = (await restoreDb(at.env, { confirm: 'shop', from: { snapshotId } }))._unsafeUnwrapErr();
  expect(names(at.cloud)).toEqual(['shop-before', 'shop-restored']);
  return { ...at, error };
}

/** The name leads to the restored instance already, and what is known of its schema is still of the one before. */
async function beforeItIsKnown(): Promise<Halved> {
  const at = await start();
  at.cloud.faults.add({ kind: 'service-image', image: `web-${nextVersion}`, what: 'crash-loop' });
  (await deployWithMigration(at.env, { version: nextVersion, settledSeconds: 60 }))._unsafeUnwrapErr();
  at.cloud.faults.clear();
  const restoring = await at.another();
  abortAt(restoring, (event) => event.type === 'waiting' && event.waitingFor === 'the instance to be called shop');
  const error = (await restoreDb(restoring.env, { confirm: 'shop' }))._unsafeUnwrapErr();
  await at.cloud.clock.sleep(tenMinutes);
  expect(at.cloud.inspect.database('shop')?.model?.schema).toBe('one');
  return { ...restoring, error };
}

describe('half a restore', () => {
  it('is no moment for rollBack: nothing is started, and the hold stays that of the restore', async () => {
    const { cloud, error, another } = await betweenTheRenames();
    const refused = (await rollBack((await another()).env, { to: runningVersion }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({
      kind: 'Refused',
      rule: 'database-away',
      message: 'a restore of shop has begun to exchange the instance and has not come to its end: its name leads nowhere, or to one that is not known to be right. Nothing was changed.',
      remedy: `Resume the run of restoreDb (release --resume ${error.runId}): it goes on where it was.`,
      situation: { left: 'untouched', heldBy: error.runId },
    });
    expect(cloud.inspect.services().map(({ desiredCount }) => desiredCount)).toEqual([0, 0, 0]);
    (await resume((await another()).env, restoreDb, error.runId))._unsafeUnwrap();
    expect(names(cloud)).toEqual(['shop-before', 'shop']);
  });

  it('keeps new code off the restored schema, also once its hold was let go of, until it is restored to its end', async () => {
    const { cloud, error, another } = await beforeItIsKnown();
    expect((await rollBack((await another()).env, { to: nextVersion }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'database-away' });
    (await releaseHold((await another()).env, { run: error.runId, reason: 'to be finished by hand' }))._unsafeUnwrap();
    const refused = (await transitionTo((await another()).env, 'running'))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'database-away', remedy: expect.stringMatching(/^Give the name shop back to the instance of before \(db-[A-Z2-7]+\) together with its security groups, and try again; or, with whichever instance has the name, call restoreDb once more\.$/) as string });
    expect(cloud.inspect.violations).toEqual([]);

    const { nextActions } = (await restoreDb((await another()).env, { confirm: 'shop' }))._unsafeUnwrap();
    expect(nextActions.map(({ command }) => command)[0]).toBe(`release --roll-back ${runningVersion}`);
    (await rollBack((await another()).env, { to: runningVersion }))._unsafeUnwrap();
    expect(cloud.inspect.violations).toEqual([]);
  });

  it('makes another instance when it goes on and somebody has deleted the one that did not come up', async () => {
    const at = await atRest();
    abortAt(at, (event) => event.type === 'waiting' && event.waitingFor === 'the restored instance to be available');
    const { runId } = (await restoreDb(at.env, { confirm: 'shop', from: { snapshotId: at.snapshotId } }))._unsafeUnwrapErr();
    await at.cloud.clock.sleep(tenMinutes);
    const { identifier } = at.cloud.inspect.databases().find((database) => database.identifier.startsWith('shop-restored'))!;
    await rdsOf(at.cloud).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: identifier, DeletionProtection: false, ApplyImmediately: true }));
    await at.cloud.clock.sleep(tenMinutes);
    await rdsOf(at.cloud).send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: identifier, SkipFinalSnapshot: true }));

    (await resume((await at.another()).env, restoreDb, runId))._unsafeUnwrap();
    expect(names(at.cloud)).toEqual(['shop-before', 'shop']);
  });

  it('is ended by hand with the instance of before, once its hold was let go of', async () => {
    const { cloud, env, error, another } = await betweenTheRenames();
    const { nextActions, stillAway } = (await releaseHold((await another()).env, { run: error.runId, reason: 'to be finished by hand' }))._unsafeUnwrap();
    expect(stillAway).toContain('database');
    expect(nextActions).toMatchObject([{ text: expect.stringMatching(/^Once shop is the instance of before again \(db-[A-Z2-7]+\), put back what is away and let visitors in, unless the code is older than the schema$/) as string }]);
    const run = nextActions[0]!.command.replace('release --reopen ', '');
    expect((await reopen((await another()).env, { run }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'database-away' });

    const { identifier } = cloud.inspect.databases().find((database) => database.identifier.startsWith('shop-before'))!;
    await rdsOf(cloud).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: identifier, NewDBInstanceIdentifier: env.definition.database, VpcSecurityGroupIds: ['sg-shop-database'], ApplyImmediately: true }));
    await cloud.clock.sleep(2 * tenMinutes);
    expect((await reopen((await another()).env, { run }))._unsafeUnwrap()).toMatchObject({ maintenance: 'off', started: { web: 2, jobs: 1, office: 1 } });
    expect(cloud.inspect.violations).toEqual([]);
  });
});
