import { CreateDBSnapshotCommand, RDSClient } from '@aws-sdk/client-rds';
import { defineRecipe, deployWithMigration, failure, pruneSnapshots, releaseHold, setMaintenance, snapshotDb } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

/** Between two snapshots; the rest of the shop goes on meanwhile, which costs. */
const gap = 6 * 60_000;
const gaps = (count: number) => (count * gap) / (24 * 3_600_000);
const identifiers = ({ inspect }: LocalCloud) => inspect.snapshots().map(({ identifier }) => identifier);

/** A shop with some snapshots, the newest last, and one that somebody has made by hand before. */
async function withSnapshots(count: number): Promise<ShopProcess & { readonly own: readonly string[] }> {
  const at = await startShop();
  clouds.push(at.cloud);
  const { credentials, requestHandler } = at.cloud.connection.aws;
  await new RDSClient({ region: 'eu-central-1', credentials, requestHandler: requestHandler as never }).send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier: 'by-hand' }));
  const own: string[] = [];
  for (let taken = 0; taken < count; taken += 1) {
    await at.cloud.clock.sleep(gap);
    own.push((await snapshotDb(at.env))._unsafeUnwrap().restorePoint.snapshotId);
  }
  return { ...at, own };
}

const snapshotAndEnd = defineRecipe('snapshot-and-end', async function* (run, _: object) {
  yield* run.step('snapshot-db', (env) => snapshotDb(env));
  return yield* failure('NotToday', { message: 'not today', remedy: 'Tomorrow.' });
});

const closeSnapshotAndEnd = defineRecipe('close-snapshot-and-end', async function* (run, _: object) {
  yield* run.step('gate-on', (env) => setMaintenance(env, 'on'));
  yield* run.step('snapshot-db', (env) => snapshotDb(env));
  return yield* failure('NotToday', { message: 'not today', remedy: 'Tomorrow.' });
});

describe('pruneSnapshots', () => {
  it('tells what it would delete, and deletes nothing unless it is to be applied', async () => {
    const { cloud, env, own } = await withSnapshots(4);
    const told = (await pruneSnapshots(env, { keep: 2 }))._unsafeUnwrap();
    expect(told).toMatchObject({ summary: '2 of 4 snapshots would be deleted with apply: true', applied: false, pruned: [{ snapshotId: own[1] }, { snapshotId: own[0] }] });
    expect(identifiers(cloud)).toEqual(['by-hand', ...own]);

    const done = (await pruneSnapshots(env, { keep: 2, apply: true }))._unsafeUnwrap();
    expect(done).toMatchObject({ summary: '2 of 4 snapshots deleted', applied: true, pruned: told.pruned });
    expect(identifiers(cloud)).toEqual(['by-hand', own[2], own[3]]);
  });

  it('goes by age, by number, or by both, and never takes the newest', async () => {
    const { env, own } = await withSnapshots(4);
    const pruned = async (options: Parameters<typeof pruneSnapshots>[1]) => (await pruneSnapshots(env, options))._unsafeUnwrap().pruned.map(({ snapshotId }) => own.indexOf(snapshotId));
    expect(await pruned({ olderThanDays: gaps(1.5) })).toEqual([1, 0]);
    expect(await pruned({ olderThanDays: 0 })).toEqual([2, 1, 0]);
    expect(await pruned({ keep: 3, olderThanDays: gaps(1.5) })).toEqual([0]);
    expect(await pruned({ keep: 1, olderThanDays: 30 })).toEqual([]);
  });

  it('never takes the restore point of the last run that succeeded, nor that of a hold', async () => {
    const { cloud, env, another } = await withSnapshots(0);
    const released = (await deployWithMigration(env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap();
    cloud.pushImage({ reference: 'shop:migrate-v3.0.0', model: { kind: 'migration', from: 'another', to: 'three', seconds: 5 } });
    for (const name of ['web', 'jobs']) cloud.pushImage({ reference: `shop:${name}-v3.0.0`, model: { kind: 'server', version: 'v3.0.0', fitsSchemas: ['three'] } });
    const held = (await deployWithMigration((await another()).env, { version: 'v3.0.0', settledSeconds: 60 }))._unsafeUnwrapErr();
    expect(held.situation.left).toBe('hold');
    const { pruned, kept } = (await pruneSnapshots((await another()).env, { olderThanDays: 0 }))._unsafeUnwrap();
    expect(pruned).toEqual([]);
    expect(kept.map(({ snapshotId, why }) => `${snapshotId}: ${why}`)).toEqual([
      `${held.situation.restorePoint}: it is the restore point of run ${held.runId}, which holds shop`,
      expect.stringMatching(new RegExp(`^${released.restorePoint.snapshotId}: it is the restore point of the last run that succeeded \\(20261123-\\S+\\)$`)) as string,
    ]);
    expect((await pruneSnapshots((await another()).env, { keep: 1, apply: true }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold' });
  });

  it('keeps the restore point of a run that was let go of, while what it has put aside is still away', async () => {
    const { env, own, another } = await withSnapshots(1);
    const ended = (await closeSnapshotAndEnd(env, {}))._unsafeUnwrapErr() as { readonly runId: string };
    (await releaseHold((await another()).env, { run: ended.runId, reason: 'looked at' }))._unsafeUnwrap();
    const later = (await snapshotDb((await another()).env))._unsafeUnwrap().restorePoint.snapshotId;

    const { pruned, kept } = (await pruneSnapshots((await another()).env, { olderThanDays: 0 }))._unsafeUnwrap();
    expect(pruned).toMatchObject([{ snapshotId: own[0] }]);
    expect(kept).toMatchObject([{ snapshotId: later }, { why: `it is the restore point of run ${ended.runId}, which has put aside what is still away` }]);
  });

  it('takes one that has failed for no restore point: the newest that can be restored stays', async () => {
    const { cloud, env, own, another } = await withSnapshots(2);
    const ended = (await snapshotAndEnd(env, {}))._unsafeUnwrapErr() as { readonly runId: string };
    (await releaseHold((await another()).env, { run: ended.runId, reason: 'nothing was changed' }))._unsafeUnwrap();
    const newest = identifiers(cloud).at(-1)!;
    cloud.faults.add({ kind: 'snapshot', what: 'fail' });
    (await snapshotDb((await another()).env))._unsafeUnwrapErr();

    const { pruned, kept } = (await pruneSnapshots((await another()).env, { olderThanDays: 0, apply: true }))._unsafeUnwrap();
    expect(kept).toMatchObject([{ snapshotId: newest, why: 'it is the newest' }, { snapshotId: own[1] }]);
    expect(pruned).toMatchObject([{ snapshotId: expect.stringMatching(/^shop-/) as string }, { snapshotId: own[0] }]);
    expect(identifiers(cloud)).toEqual(['by-hand', own[1], newest]);
  });

  it('asks for how many, or for how old', async () => {
    const { env } = await withSnapshots(0);
    expect((await pruneSnapshots(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ['keep: expected keep or olderThanDays, got neither'] });
    expect((await pruneSnapshots(env, { keep: 0, olderThanDays: -1 }))._unsafeUnwrapErr()).toMatchObject({ problems: ['keep: expected a whole number of at least 1, got 0 (number)', 'olderThanDays: expected a number of days, got -1 (number)'] });
  });
});
