import { deployWithMigration, deployWithoutMigration, memoryRunStore, preflight, readState, restoreDb, transitionTo } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, runningVersion, shop as definition, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

/** A release whose migration has failed, of which nothing proves what it did, and then another machine, whose run store is empty. */
async function lost(): Promise<ShopProcess & { readonly snapshotId: string }> {
  const { statusCommand: _, ...migration } = definition.migration!;
  const shop = await startShop({ definition: { ...definition, migration } });
  clouds.push(shop.cloud);
  shop.cloud.faults.add({ kind: 'task', family: 'migrate', what: 'exit', exitCode: 1, times: 1 });
  const failed = (await deployWithMigration(shop.env, { version: nextVersion }))._unsafeUnwrapErr();
  expect(failed).toMatchObject({ kind: 'MigrationFailed', schema: 'unknown', situation: { left: 'hold' } });
  const snapshotId = failed.situation?.restorePoint ?? '';
  return { ...(await shop.another({ store: memoryRunStore() })), snapshotId };
}

const visit = async ({ cloud }: ShopProcess) => (await cloud.connection.fetch('https://shop.test/', { redirect: 'manual' })).status;

describe('an environment whose run store is gone', () => {
  it('tells of no hold and no migration, and its closed gate is taken for what was found', async () => {
    const { env } = await lost();
    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ hold: null, putAside: [], gate: { maintenance: 'on' } });
    const { checks } = (await preflight(env, { version: nextVersion }))._unsafeUnwrap();
    expect(checks.find(({ name }) => name === 'maintenance')).toMatchObject({ status: 'warning', remedy: 'It stays on after the release.' });
    expect(checks.filter(({ group, name, status }) => (group === 'runs' || name === 'schema') && status === 'failed')).toEqual([]);
  });

  it('is migrated once more by a release, which leaves visitors out', async () => {
    const { env, cloud } = await lost();
    expect((await deployWithMigration(env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap()).toMatchObject({ maintenance: 'on' });
    const migrations = cloud.requests.filter(({ operation, input }) => operation === 'ecs:RunTask' && String((input as { startedBy?: string }).startedBy).startsWith('migration/'));
    expect(migrations).toHaveLength(2);
  });

  it('is brought back by hand on the version that fits: deployed behind the gate, then running', async () => {
    const later = await lost();
    (await deployWithoutMigration(later.env, { version: runningVersion, to: 'restricted' }))._unsafeUnwrap();
    expect(await visit(later)).toBe(302);
    (await transitionTo(later.env, 'running'))._unsafeUnwrap();
    expect(await visit(later)).toBe(200);
    const scaling = later.cloud.requests.filter(({ operation }) => operation === 'application-autoscaling:RegisterScalableTarget').at(-1);
    expect(scaling?.input).toMatchObject({ MinCapacity: 2, SuspendedState: { DynamicScalingInSuspended: false } });
    expect(later.cloud.inspect.violations).toEqual([]);
  });

  it('is restored to the snapshot that is named, and brought back on the old version', async () => {
    const later = await lost();
    const { env, snapshotId } = later;
    expect(snapshotId).toMatch(/^shop-v2-0-0-\d{8}-\d{6}-\w{4}$/);
    expect((await restoreDb(env, { confirm: 'shop' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'restore-point' });
    expect((await restoreDb(env, { confirm: 'shop', from: { snapshotId } }))._unsafeUnwrap()).toMatchObject({ restoredFrom: { snapshotId } });
    const after = await later.another({ store: later.store });
    (await deployWithoutMigration(after.env, { version: runningVersion, to: 'restricted' }))._unsafeUnwrap();
    (await transitionTo(after.env, 'running'))._unsafeUnwrap();
    expect(await visit(after)).toBe(200);
  });
});
