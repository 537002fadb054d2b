import { deployWithMigration, deployWithoutMigration, reopen, rollBack } from '@graasp/deploy';
import type { ImageDeclaration } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, runningVersion, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

/** Fits the schema that there is. */
const version = 'v1.1.0';
const shops: ShopProcess[] = [];
afterEach(async () => {
  for (const { cloud } of shops.splice(0)) await cloud.stop();
});

async function start(): Promise<ShopProcess> {
  const started = await startShop();
  shops.push(started);
  for (const image of images) started.cloud.pushImage(image);
  return started;
}

const images: readonly ImageDeclaration[] = ['web', 'jobs', 'migrate'].map((name) => ({
  reference: `shop:${name}-${version}`,
  model: name === 'migrate' ? { kind: 'migration', from: 'one', to: 'one', seconds: 1 } : { kind: 'server', version, fitsSchemas: ['one'] },
}));

/** Of a version whose code fits both schemas. */
function pushFitting({ cloud }: ShopProcess): void {
  for (const name of ['web', 'jobs', 'migrate']) cloud.pushImage({ reference: `shop:${name}-v1.9.0`, model: { kind: 'server', version: 'v1.9.0', fitsSchemas: ['one', 'two'] } });
}

const visited = async ({ cloud }: ShopProcess) => (await cloud.connection.fetch('https://shop.test/', { redirect: 'manual' })).headers.get('x-version');

describe('rollBack', () => {
  it('brings an older version back while visitors stay, and the mutable tags once it is verified', async () => {
    const at = await start();
    (await deployWithoutMigration(at.env, { version, to: 'running' }))._unsafeUnwrap();
    expect(await visited(at)).toBe(version);
    at.events.splice(0);

    const report = (await rollBack(at.env, { to: runningVersion }))._unsafeUnwrap();

    expect(report).toMatchObject({ summary: `${runningVersion} is back; visitors are let in, as they were`, from: { web: version, jobs: version }, maintenance: 'off', movedTags: [{ tag: 'web-latest' }, { tag: 'jobs-latest' }], nextActions: [] });
    expect(await visited(at)).toBe(runningVersion);
    expect(at.events.flatMap((event) => (event.type === 'step-succeeded' ? [event.step] : []))).toEqual(['look', 'deploy-core', 'verify-deployment', 'move-tags']);
    expect(at.events.filter((event) => event.type === 'change' && event.operation === 'elasticloadbalancing:ModifyRule')).toEqual([]);
  });

  it('leaves visitors out where they were kept out', async () => {
    const at = await start();
    (await deployWithoutMigration(at.env, { version, to: 'restricted' }))._unsafeUnwrap();
    expect((await rollBack((await at.another()).env, { to: runningVersion }))._unsafeUnwrap()).toMatchObject({ summary: `${runningVersion} is back; visitors are kept out, as they were`, maintenance: 'on' });
    expect(await visited(at)).toBeNull();
  });

  it('is a way out of the hold of a deployment that failed', async () => {
    const at = await start();
    at.cloud.faults.add({ kind: 'service-image', image: `web-${version}`, what: 'crash-loop' });
    const failed = (await deployWithoutMigration(at.env, { version, to: 'running' }))._unsafeUnwrapErr();
    expect(failed.situation.left).toBe('hold');
    const later = await at.another();

    expect((await rollBack(later.env, { to: runningVersion }))._unsafeUnwrap()).toMatchObject({ maintenance: 'off' });
    expect(await visited(at)).toBe(runningVersion);
    expect((await at.store.read('shop/hold'))._unsafeUnwrap()).toBeNull();
  });

  it('refuses once a migration has changed the schema since, unless the old code is known to fit', async () => {
    const at = await start();
    (await deployWithMigration(at.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap();
    const requests = at.cloud.requests.length;
    const refused = (await rollBack((await at.another()).env, { to: runningVersion }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema', lift: 'oldCodeFits', situation: { left: 'untouched' } });
    expect(refused.message).toMatch(/^v1\.0\.0 is older than the schema, which was migrated to v2\.0\.0 \(2026-\S+\): nothing was deployed$/);
    expect(at.cloud.requests.slice(requests).filter(({ operation }) => /:(Update|Modify|Put|Register)/.test(operation))).toEqual([]);

    pushFitting(at);
    (await rollBack((await at.another()).env, { to: 'v1.9.0', oldCodeFits: true }))._unsafeUnwrap();
    expect(await visited(at)).toBe('v1.9.0');
    expect(at.cloud.inspect.violations).toEqual([]);
  });

  it('is a way out where a release fails after a migration that only adds; so is reopening then, each by the same word', async () => {
    const at = await start();
    pushFitting(at);
    at.cloud.faults.add({ kind: 'service-image', image: `web-${nextVersion}`, what: 'crash-loop' });
    const failed = (await deployWithMigration(at.env, { version: nextVersion, settledSeconds: 60 }))._unsafeUnwrapErr();
    expect(failed).toMatchObject({ kind: 'DeploymentFailed', situation: { schema: 'migrated', left: 'hold' } });
    const { runId: run } = failed;

    expect((await rollBack((await at.another()).env, { to: 'v1.9.0', oldCodeFits: true }))._unsafeUnwrap()).toMatchObject({ maintenance: 'on', nextActions: [{ command: `release --reopen ${run}` }] });
    expect((await reopen((await at.another()).env, { run }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema', lift: 'oldCodeFits' });
    expect(await visited(at)).toBeNull();
    expect((await reopen((await at.another()).env, { run, oldCodeFits: true }))._unsafeUnwrap()).toMatchObject({ maintenance: 'off' });

    expect(await visited(at)).toBe('v1.9.0');
    expect(at.cloud.inspect.violations).toEqual([]);
  });

  it('refuses a version that is newer than what runs, and tells what is gone from the registry', async () => {
    const at = await start();
    expect((await rollBack(at.env, { to: version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'not-older', message: `${version} is newer than everything that runs (web ${runningVersion}, jobs ${runningVersion}): that would be no way back. Nothing was changed.` });
    expect((await rollBack(at.env, { to: 'v0.9.0' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'image', situation: { left: 'untouched' } });
  });
});
