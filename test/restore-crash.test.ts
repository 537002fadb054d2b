import { connect, memoryRunStore, restoreDb, resume, type RunStore, setMaintenance, snapshotDb, stopServices } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { describe, expect, it, vi } from 'vitest';
import { mortal } from './mortal.js';
import { shop, startShopCloud } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const writes = /^(Modify|Register|Update|Create|Put|Run|Restore|Delete)/;
const immortal = { atCall: Number.POSITIVE_INFINITY, when: 'before' } as const;

interface Call {
  readonly number: number;
  readonly operation: string;
}

describe('restoreDb, killed at an AWS call and resumed', async () => {
  const all = await callsOfAWholeRestore();
  const written = all.filter(({ operation }) => writes.test(operation));
  const exchanging = written.filter(({ operation }) => /DBInstance/.test(operation));

  it('sends what makes it worth killing: a restore, a modification, what closes the one set aside, and two renames', () => {
    expect(exchanging.map(({ operation }) => operation)).toEqual(['RestoreDBInstanceFromDBSnapshot', 'ModifyDBInstance', 'ModifyDBInstance', 'ModifyDBInstance', 'ModifyDBInstance']);
  });

  const everyCall = process.env['KILL_AT_EVERY_CALL'] !== undefined;
  /** Every look in between is taken with `KILL_AT_EVERY_CALL=1`. */
  const before = everyCall ? all : all.filter(({ number, operation }) => exchanging.some((call) => call.number === number) || (operation === 'DescribeDBInstances' && number % 25 === 0));

  it.each(before)('comes to its end when killed before call $number, $operation', async ({ number }) => {
    expect(await killAndResume(number, 'before')).toEqual(restored);
  });

  it.each(everyCall ? written : exchanging)('comes to its end when killed after call $number, $operation, was carried out', async ({ number }) => {
    expect(await killAndResume(number, 'after')).toEqual(restored);
  });
});

/** How the shop must be after any of it. */
const restored = {
  error: null,
  instances: ['shop', 'shop-before'],
  inPlace: { schema: 'one', writes: 0 },
  restores: 1,
  violations: [],
  defects: [],
  services: ['jobs 0', 'office 1', 'web 0'],
  left: ['shop/baseline'],
};

/** A snapshot, and later writes that a restore takes back. */
async function prepare(cloud: LocalCloud, store: RunStore): Promise<string> {
  const env = (await connect(shop, { ...cloud.connection, runStore: store }))._unsafeUnwrap();
  (await setMaintenance(env, 'on'))._unsafeUnwrap();
  (await stopServices(env))._unsafeUnwrap();
  return (await snapshotDb(env))._unsafeUnwrap().restorePoint.snapshotId;
}

async function processOn(cloud: LocalCloud, store: RunStore, { atCall, when }: { readonly atCall: number; readonly when: 'before' | 'after' }) {
  const watched = mortal(cloud.connection, store, { atCall, when });
  const env = (await connect(shop, { ...watched.connection, runStore: watched.store }))._unsafeUnwrap();
  return { env, died: watched.died };
}

async function callsOfAWholeRestore(): Promise<readonly Call[]> {
  await using cloud = await startShopCloud();
  const store = memoryRunStore();
  const snapshotId = await prepare(cloud, store);
  const before = cloud.requests.length;
  const { env } = await processOn(cloud, store, immortal);
  const connected = cloud.requests.length;
  (await restoreDb(env, { confirm: 'shop', from: { snapshotId } }))._unsafeUnwrap();
  return cloud.requests.slice(connected).map(({ operation }, index) => ({ number: connected - before + index + 1, operation: operation.split(':')[1] ?? operation }));
}

async function killAndResume(atCall: number, when: 'before' | 'after'): Promise<typeof restored | object> {
  await using cloud = await startShopCloud();
  const store = memoryRunStore();
  const snapshotId = await prepare(cloud, store);
  const earlier = (await store.list('shop/runs/'))._unsafeUnwrap();
  const first = await processOn(cloud, store, { atCall, when });
  await Promise.race([first.died, restoreDb(first.env, { confirm: 'shop', from: { snapshotId } })]);

  const second = await processOn(cloud, store, immortal);
  const run = (await store.list('shop/runs/'))._unsafeUnwrap().find((key) => !earlier.includes(key));
  const result = run === undefined ? await restoreDb(second.env, { confirm: 'shop', from: { snapshotId } }) : await resume(second.env, restoreDb, run.slice('shop/runs/'.length));
  const inPlace = cloud.inspect.database('shop')?.model;
  return {
    error: result.isOk() ? null : result.error,
    instances: cloud.inspect.databases().map(({ identifier }) => identifier.replace(/-\d{8}-.*/, '')).sort(),
    inPlace: { schema: inPlace?.schema, writes: inPlace?.writesLog.filter(({ by }) => !by.includes('office')).length === 0 ? 0 : inPlace?.writesLog },
    restores: cloud.requests.filter(({ operation, error }) => operation === 'rds:RestoreDBInstanceFromDBSnapshot' && error === undefined).length,
    violations: cloud.inspect.violations,
    defects: cloud.inspect.defects,
    services: cloud.inspect.services().map(({ name, desiredCount }) => `${name} ${desiredCount}`).sort(),
    left: [...(await store.list('shop/hold'))._unsafeUnwrap(), ...(await store.list('shop/lock'))._unsafeUnwrap(), ...(await store.list('shop/baseline'))._unsafeUnwrap()],
  };
}
