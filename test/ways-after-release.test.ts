import { deployWithMigration, type DeployWithMigrationError, type DeployWithMigrationOptions, readState, releaseHold, reopen, restoreDb, resume, rollBack, type RunStore } from '@graasp/deploy';
import { errAsync } from 'neverthrow';
import { afterEach, describe, expect, it } from 'vitest';
import { nextVersion, runningVersion, type ShopOptions, type ShopProcess, startShop } from './shop.js';

const running: ShopProcess[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ cloud }) => cloud.stop()));
});

describe('the next actions of a hold that was let go of', () => {
  it('are the restore, or the release once more, where the code is older than the schema', async () => {
    const at = await held({ timeoutSeconds: { 'await-db-settled': 30 } });
    const { restorePoint } = at.error.situation;
    expect(await letGo(at)).toEqual([
      { text: `Bring the database back to ${restorePoint}, for the old version: what was written since is in the instance set aside alone`, command: `release --restore ${restorePoint}` },
      { text: `Release ${nextVersion} again, or a later version, whose code fits the schema`, command: `release --version ${nextVersion}` },
    ]);
    expect((await reopen((await at.another()).env, { run: at.error.runId }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema' });
    // who tries to resume it all the same is told the same ways
    const refused = (await resume((await at.another()).env, deployWithMigration, at.error.runId))._unsafeUnwrapErr();
    expect(refused.message).toMatch(/^run \S+ was let go of by anna@laptop at \S+ \(.*\), and cannot be resumed\. Nothing was changed\.$/);
    expect(refused.remedy).toBe('The environment is as that run has left it: go on from there as told here, or start a new run.');
    expect(refused.situation.nextActions.map(({ command }) => command)).toEqual([`release --restore ${restorePoint}`, `release --version ${nextVersion}`]);

    const back = (await restoreDb((await at.another()).env, { confirm: 'shop', from: { snapshotId: restorePoint! } }))._unsafeUnwrap();
    expect(back.nextActions.at(-1)).toMatchObject({ command: `release --reopen ${at.error.runId}` });
    (await reopen((await at.another()).env, { run: at.error.runId }))._unsafeUnwrap();
    await expectRunning(at);
  });

  it('are the restore to what the release had taken, also when it is a reopen that was let go of', async () => {
    const at = await held({ timeoutSeconds: { 'await-db-settled': 30 } });
    at.cloud.faults.add({ kind: 'service-image', image: `jobs-${runningVersion}`, what: 'crash-loop' });
    const failed = (await reopen((await at.another()).env, { run: at.error.runId, oldCodeFits: true }))._unsafeUnwrapErr();
    at.cloud.faults.clear();
    expect(failed.situation).toMatchObject({ left: 'hold' });
    const { nextActions, stillAway } = (await releaseHold((await at.another()).env, { run: failed.runId, reason: 'looked at it' }))._unsafeUnwrap();
    expect(stillAway).toEqual(['gate']);
    // what the code in question runs already is no reason to let visitors in to it
    expect(nextActions.map(({ command }) => command)).toEqual([`release --restore ${at.error.situation.restorePoint}`, `release --version ${nextVersion}`]);
    expect((await reopen((await at.another()).env, { run: at.error.runId }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema' });
  });

  it('are the release once more, which brings everything back', async () => {
    const at = await held({ timeoutSeconds: { 'await-db-settled': 30 } });
    expect((await letGo(at)).map(({ command }) => command)).toContain(`release --version ${nextVersion}`);
    (await deployWithMigration((await at.another()).env, { version: nextVersion, settledSeconds: 60, reopen: 'when-verified' }))._unsafeUnwrap();
    await expectRunning(at);
  });

  it('are only the restore where nobody knows what a migration has done', async () => {
    const at = await start();
    const push = at.events.push.bind(at.events);
    at.events.push = (...added) => {
      if (added.some((event) => event.type === 'change' && event.resource === 'migration migrate')) void at.cloud.clock.sleep(10_000).then(() => at.cloud.faults.add({ kind: 'expired-credentials', operation: '*', times: 1_000 }));
      return push(...added);
    };
    const error = (await deployWithMigration(at.env, { version: nextVersion, settledSeconds: 60 }))._unsafeUnwrapErr();
    at.cloud.faults.clear();
    expect(error.situation).toMatchObject({ step: 'run-migration', schema: 'unknown' });
    expect((await letGo({ ...at, error })).map(({ command }) => command)).toEqual([`release --restore ${error.situation.restorePoint}`]);
  });

  it('are to reopen where the code that is away fits the schema', async () => {
    const at = await held({ reopen: 'when-verified' }, (at) => at.cloud.faults.add({ kind: 'service-image', image: `web-${nextVersion}`, what: 'crash-loop' }));
    expect(at.error.situation).toMatchObject({ step: 'deploy-core', schema: 'migrated' });
    at.cloud.faults.clear();
    expect(await letGo(at)).toEqual([{ text: 'Put back what is away and let visitors in', command: `release --reopen ${at.error.runId}` }]);
    (await reopen((await at.another()).env, { run: at.error.runId }))._unsafeUnwrap();
    await expectRunning(at);
  });

  it('are to reopen, with a warning, where the run store does not tell what has become of the schema', async () => {
    const at = await held({ timeoutSeconds: { 'await-db-settled': 30 } });
    const unreadable: RunStore = { ...at.store, read: (key) => (key === 'shop/schema' ? errAsync({ kind: 'RunStoreFailed', store: 'memory', message: 'gone', remedy: '' }) : at.store.read(key)) };
    const another = () => at.another({ store: unreadable });
    expect(await letGo({ ...at, another })).toEqual([{ text: 'Put back what is away and let visitors in, unless the code is older than the schema', command: `release --reopen ${at.error.runId}` }]);
  });

  it('are to bring the code back once a restore has undone the migration that it came with', async () => {
    const at = await held({}, (at) => at.cloud.faults.add({ kind: 'service-image', image: `web-${nextVersion}`, what: 'crash-loop' }));
    at.cloud.faults.clear();
    (await restoreDb(at.env, { confirm: 'shop' }))._unsafeUnwrap();
    at.cloud.faults.add({ kind: 'service-image', image: `jobs-${runningVersion}`, what: 'crash-loop' });
    const failed = (await rollBack((await at.another()).env, { to: runningVersion }))._unsafeUnwrapErr();
    at.cloud.faults.clear();
    const ways = await letGo({ ...at, error: failed });
    expect(ways).toEqual([{ text: 'Bring the code back to the version that was there before the migration that was undone', command: `release --roll-back ${runningVersion}` }]);
    (await rollBack((await at.another()).env, { to: runningVersion }))._unsafeUnwrap();
    (await reopen((await at.another()).env, { run: at.error.runId }))._unsafeUnwrap();
    await expectRunning(at);
  });
});

type Held = ShopProcess & { readonly error: DeployWithMigrationError };

async function start(options: ShopOptions = {}): Promise<ShopProcess> {
  const process = await startShop(options);
  running.push(process);
  return process;
}

async function held(options: Partial<DeployWithMigrationOptions>, before: (at: ShopProcess) => void = () => undefined): Promise<Held> {
  const at = await start();
  before(at);
  return { ...at, error: await failing(at, options) };
}

async function failing({ another }: ShopProcess, options: Partial<DeployWithMigrationOptions>): Promise<DeployWithMigrationError> {
  return (await deployWithMigration((await another()).env, { version: nextVersion, settledSeconds: 60, reopen: 'when-verified', ...options }))._unsafeUnwrapErr();
}

async function letGo({ another, error }: Held) {
  return (await releaseHold((await another()).env, { run: error.runId, reason: 'looked at it' }))._unsafeUnwrap().nextActions;
}

async function expectRunning({ cloud, another }: ShopProcess): Promise<void> {
  expect((await readState((await another()).env))._unsafeUnwrap()).toMatchObject({ state: 'running', health: { healthy: true }, hold: null });
  expect(cloud.inspect.violations).toEqual([]);
}
