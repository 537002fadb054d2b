import { errAsync, fileRunStore, okAsync, readState, releaseHold, rollBack, setMaintenance, type DeployError, type Situation } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { applyMigration } from '../packages/deploy/src/recipes/apply-migration.js';
import { deployWithMigration, type DeployWithMigrationOptions } from '../packages/deploy/src/recipes/deploy-with-migration.js';
import { reopen } from '../packages/deploy/src/recipes/reopen.js';
import { plan } from '../packages/deploy/src/runs/plan.js';
import { resume } from '../packages/deploy/src/runs/resume.js';
import { nextVersion, runningVersion, type ShopOptions, type ShopProcess, startShop } from './shop.js';

const options: DeployWithMigrationOptions = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 };

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) {
    expect(cloud.inspect.defects).toEqual([]);
    await cloud.stop();
  }
});

async function start(shopOptions: ShopOptions = {}): Promise<ShopProcess> {
  const process = await startShop(shopOptions);
  clouds.push(process.cloud);
  return process;
}

/** Everything that a release may change and has to put back. */
function configuration({ inspect }: LocalCloud) {
  return {
    rules: inspect.rules().map(({ priority, conditions }) => ({ priority, conditions })),
    services: inspect.services().map(({ name, desiredCount, taskDefinition }) => ({ name, desiredCount, taskDefinition })),
  };
}

const writes = /:(Modify|Update|Create|Register|Run|Put|Stop|Delete)/;

function changesOf(cloud: LocalCloud): readonly string[] {
  return cloud.requests.filter(({ operation, error }) => writes.test(operation) && error === undefined).map(({ operation }) => operation);
}

/** Adds something at the moment a step begins. */
function whenStepBegins({ env, events }: ShopProcess, step: string, act: () => void): void {
  const push = events.push.bind(events);
  events.push = (...added) => {
    if (added.some((event) => event.type === 'step-started' && event.step === step)) act();
    return push(...added);
  };
  expect(env.runId).toBeNull();
}

async function expectNothingLeft({ store }: ShopProcess): Promise<void> {
  const keys = (await store.list('shop/'))._unsafeUnwrap();
  expect(keys.filter((key) => !key.startsWith('shop/runs/') && key !== 'shop/schema')).toEqual([]);
}

async function expectState({ env }: ShopProcess, state: string): Promise<void> {
  expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state, differences: [] });
}

function migrationsOf({ cloud }: ShopProcess): number {
  return cloud.inspect.database()!.model!.appliedMigrations.length;
}

type Failed = DeployError & { readonly situation: Situation; readonly runId: string };

async function failing(process: ShopProcess, changes: Partial<DeployWithMigrationOptions> = {}): Promise<Failed> {
  return (await deployWithMigration(process.env, { ...options, ...changes }))._unsafeUnwrapErr();
}

describe('deployWithMigration', () => {
  it('brings a version and its migration live, and leaves everything else as it was found', async () => {
    const process = await start();
    const before = configuration(process.cloud);
    const report = (await deployWithMigration(process.env, options))._unsafeUnwrap();
    expect(report).toMatchObject({
      version: nextVersion,
      maintenance: 'off',
      migration: { schema: 'migrated', before: 'one', after: 'two', attempt: 1 },
      summary: 'v2.0.0 is deployed and the database migrated; visitors are let in',
    });
    expect(report.openedAt! > report.closedAt).toBe(true);
    const after = configuration(process.cloud);
    expect(after.rules).toEqual(before.rules);
    expect(after.services.map(({ name, desiredCount }) => [name, desiredCount])).toEqual(before.services.map(({ name, desiredCount }) => [name, desiredCount]));
    expect(after.services.find(({ name }) => name === 'office')).toEqual(before.services.find(({ name }) => name === 'office'));
    expect(migrationsOf(process)).toBe(1);
    expect(process.cloud.inspect.violations).toEqual([]);
    await expectState(process, 'running');
    await expectNothingLeft(process);
  });

  it('tells its steps in the order of the runbook', async () => {
    const process = await start();
    await deployWithMigration(process.env, options);
    const told = process.events.flatMap((event) => (event.type === 'step-succeeded' ? [event.step] : []));
    expect(told).toEqual(['preflight', 'gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled', 'deploy-core', 'verify-deployment', 'gate-off']);
    expect(process.events.find(({ type }) => type === 'run-started')).toMatchObject({ steps: told });
  });

  it("stops services while the snapshot is there already with snapshot: 'before-shutdown'", async () => {
    const process = await start();
    expect((await deployWithMigration(process.env, { ...options, snapshot: 'before-shutdown' })).isOk()).toBe(true);
    const told = process.events.flatMap((event) => (event.type === 'step-succeeded' ? [event.step] : []));
    expect(told.slice(2, 5)).toEqual(['await-drained', 'snapshot-db', 'stop-services']);
  });

  it('ends in restricted by default, and opening the gate by hand is the end of the baseline', async () => {
    const process = await start();
    const before = configuration(process.cloud).rules;
    const report = (await deployWithMigration(process.env, { version: nextVersion }))._unsafeUnwrap();
    expect(report).toMatchObject({ maintenance: 'on', openedAt: null, summary: 'v2.0.0 is deployed and the database migrated; visitors are still kept out' });
    await expectState(process, 'restricted');
    expect((await setMaintenance(process.env, 'off')).isOk()).toBe(true);
    expect(configuration(process.cloud).rules).toEqual(before);
    await expectNothingLeft(process);
  });

  it('keeps maintenance on that was on before it began', async () => {
    const process = await start();
    (await setMaintenance(process.env, 'on'))._unsafeUnwrap();
    // as somebody else would have closed it: no run knows of it
    const baseline = (await process.store.read('shop/baseline'))._unsafeUnwrap()!;
    await process.store.remove('shop/baseline', baseline.etag);
    const report = (await deployWithMigration(process.env, options))._unsafeUnwrap();
    expect(report).toMatchObject({ maintenance: 'on', openedAt: null });
    await expectState(process, 'restricted');
    await expectNothingLeft(process);
  });

  it('names every problem of its input at once, before anything is asked of AWS', async () => {
    const process = await start();
    const asked = process.cloud.requests.length;
    const wrong = { version: 'latest', snapshot: 'never', ignoreBelow: -1, settledSeconds: 'ten', retryMigration: 'yes', onFailure: { 'snapshot-db': 'reopen', 'deploy-core': 'hold' }, timeoutSeconds: { 'snapshot-db': -1, preflight: 60 }, reopen: 'soon', snapshots: 'no' };
    const error = await failing(process, wrong as never);
    expect(error).toMatchObject({
      kind: 'InvalidInput',
      problems: [
        'snapshots: unknown option; known are version, snapshot, warm, onDrainTimeout, ignoreBelow, ignoreVisitorsBelow, administration, otherTasks, calendar, tuneTargetGroups, onMigrationFailure, onFailure, retryMigration, settledSeconds, onSettleTimeout, timeoutSeconds, reopen',
        "version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got 'latest' (string)",
        "snapshot: expected 'after-shutdown' or 'before-shutdown', got 'never' (string)",
        'ignoreBelow: expected a number of requests, got -1 (number)',
        "settledSeconds: expected a positive number, got 'ten' (string)",
        "retryMigration: expected a boolean, got 'yes' (string)",
        "onFailure.snapshot-db: expected 'hold', got 'reopen' (string)",
        'onFailure.deploy-core: expected one of gate-on, await-drained, stop-services, snapshot-db: before those nothing is changed, and after them everything is held',
        'timeoutSeconds.snapshot-db: expected a positive number, got -1 (number)',
        'timeoutSeconds.preflight: expected one of gate-on, await-drained, stop-services, snapshot-db, run-migration, await-db-settled, deploy-core, verify-deployment, gate-off',
        "reopen: expected 'manual' or 'when-verified', got 'soon' (string)",
      ],
    });
    expect(process.cloud.requests.length).toBe(asked);
  });

  it('refuses while another run is at work', async () => {
    const first = await start();
    const second = await first.another();
    let refused: Promise<Failed> | undefined;
    whenStepBegins(first, 'snapshot-db', () => (refused = failing(second)));
    expect((await deployWithMigration(first.env, options)).isOk()).toBe(true);
    const { runId } = first.events[0]!;
    expect(await refused).toMatchObject({ kind: 'Conflict', reason: 'lock', holder: runId, message: `Run ${runId} (deployWithMigration of v2.0.0, by anna@laptop) is working on shop. Nothing was changed.` });
    expect(migrationsOf(first)).toBe(1);
  });

  it('is planned without a change, a lock or a journal', async () => {
    const process = await start();
    const before = configuration(process.cloud);
    const seeded = changesOf(process.cloud).length;
    const planned = (await plan(process.env, deployWithMigration, options))._unsafeUnwrap();
    expect(planned.refusals).toEqual([]);
    expect(planned.steps.map(({ name, changes }) => [name, changes.length > 0])).toEqual([
      ['preflight', false],
      ['gate-on', true],
      ['await-drained', false],
      ['stop-services', true],
      ['snapshot-db', true],
      ['run-migration', true],
      ['await-db-settled', false],
      ['deploy-core', true],
      ['verify-deployment', false],
      ['gate-off', true],
    ]);
    expect(changesOf(process.cloud).length).toBe(seeded);
    expect(configuration(process.cloud)).toEqual(before);
    expect((await process.store.list(''))._unsafeUnwrap()).toEqual([]);
  });
});

describe('a failure of deployWithMigration', () => {
  it('in preflight leaves the environment untouched', async () => {
    const process = await start();
    const before = configuration(process.cloud);
    const seeded = changesOf(process.cloud).length;
    const error = await failing(process, { version: 'v9.9.9' });
    expect(error).toMatchObject({ kind: 'PreflightFailed', situation: { step: 'preflight', state: 'running', maintenance: 'off', schema: 'untouched', left: 'untouched', nextActions: [] } });
    expect(configuration(process.cloud)).toEqual(before);
    expect(changesOf(process.cloud).length).toBe(seeded);
    await expectNothingLeft(process);
  });

  it('in preflight is what a release of an older version comes to', async () => {
    const process = await start();
    expect((await deployWithMigration(process.env, options)).isOk()).toBe(true);
    const before = configuration(process.cloud);
    const error = await failing(process, { version: runningVersion });
    expect(error).toMatchObject({ kind: 'PreflightFailed', situation: { state: 'running', maintenance: 'off', left: 'untouched' } });
    const failed = error.kind === 'PreflightFailed' ? error.checks.filter(({ status }) => status === 'failed') : [];
    expect(failed.map(({ name }) => name)).toEqual(['running version of web', 'running version of jobs', 'schema']);
    expect(configuration(process.cloud)).toEqual(before);
    await expectNothingLeft(process);
  });

  it('while closing the gate is undone: as found', async () => {
    const process = await start();
    const before = configuration(process.cloud);
    // the rule is changed, and then the proof cannot be had
    whenStepBegins(process, 'gate-on', () => process.cloud.faults.add({ kind: 'access-denied', operation: 'elbv2:ModifyRule', occurrence: 1 }));
    const error = await failing(process);
    expect(error).toMatchObject({ kind: 'AccessDenied', situation: { step: 'gate-on', state: 'running', maintenance: 'off', left: 'as-found', nextActions: [] } });
    expect(configuration(process.cloud)).toEqual(before);
    await expectNothingLeft(process);
  });

  it('to drain lets visitors in again when told to fail', async () => {
    const process = await start();
    const before = configuration(process.cloud);
    const error = await failing(process, { onDrainTimeout: 'fail', timeoutSeconds: { 'await-drained': 30 } });
    expect(error).toMatchObject({ kind: 'TimedOut', situation: { step: 'await-drained', state: 'running', maintenance: 'off', left: 'as-found' } });
    expect(configuration(process.cloud)).toEqual(before);
    await expectNothingLeft(process);
  });

  it('to stop services starts them, verifies and lets visitors in again', async () => {
    const process = await start();
    const before = configuration(process.cloud);
    const error = await failing(process, { timeoutSeconds: { 'stop-services': 2 } });
    expect(error).toMatchObject({ kind: 'TimedOut', situation: { step: 'stop-services', state: 'running', maintenance: 'off', schema: 'untouched', left: 'as-found' } });
    expect(configuration(process.cloud)).toEqual(before);
    expect(process.cloud.inspect.violations).toEqual([]);
    await expectNothingLeft(process);
    // and nothing keeps the next release from succeeding
    expect((await deployWithMigration(process.env, options)).isOk()).toBe(true);
  });

  it('of the snapshot puts back what was found', async () => {
    const process = await start({ faults: [{ kind: 'snapshot', what: 'fail' }] });
    const before = configuration(process.cloud);
    const error = await failing(process);
    expect(error).toMatchObject({ kind: 'SnapshotFailed', situation: { step: 'snapshot-db', state: 'running', left: 'as-found', schema: 'untouched' } });
    expect(configuration(process.cloud)).toEqual(before);
    const told = process.events.filter(({ type }) => type === 'undoing' || type === 'run-failed').map(({ type }) => type);
    expect(told).toEqual(['undoing', 'run-failed']);
    await expectNothingLeft(process);
  });

  it('is held where it would be put back, when told to, and goes on from there', async () => {
    const process = await start({ faults: [{ kind: 'snapshot', what: 'fail' }] });
    const error = await failing(process, { onFailure: { 'snapshot-db': 'hold' } });
    expect(error).toMatchObject({ kind: 'SnapshotFailed', situation: { step: 'snapshot-db', state: 'db-only', maintenance: 'on', left: 'hold' } });
    expect(error.situation.nextActions.map(({ command }) => command)).toEqual([`release --resume ${error.runId}`, `release --reopen ${error.runId}`, `release --release-hold ${error.runId}`]);
    expect((await resume((await process.another()).env, deployWithMigration, error.runId)).isOk()).toBe(true);
    await expectState(process, 'running');
    await expectNothingLeft(process);
  });

  it('to put back what was found holds, and is added to the first cause; resume goes on putting back', async () => {
    const process = await start({ faults: [{ kind: 'snapshot', what: 'fail' }] });
    const before = configuration(process.cloud);
    whenStepBegins(process, 'start-services', () => process.cloud.faults.add({ kind: 'access-denied', operation: 'ecs:UpdateService', occurrence: 1, times: 1000 }));
    const error = await failing(process);
    expect(error).toMatchObject({ kind: 'SnapshotFailed', situation: { step: 'snapshot-db', state: 'db-only', left: 'hold', nextActions: [{ text: 'Go on putting back what was found', command: `release --resume ${error.runId}` }, { command: `release --release-hold ${error.runId}` }] } });
    expect(error.message).toMatch(/ Putting things back failed too, at start-services: /);
    process.cloud.faults.clear();
    const again = (await resume((await process.another()).env, deployWithMigration, error.runId))._unsafeUnwrapErr();
    expect(again).toMatchObject({ kind: 'SnapshotFailed', situation: { state: 'running', left: 'as-found', nextActions: [] } });
    expect(configuration(process.cloud)).toEqual(before);
    expect(migrationsOf(process)).toBe(0);
    await expectNothingLeft(process);
  });

  it('of the migration holds in db-only, also when it has changed nothing', async () => {
    const process = await start();
    failMigration(process);
    const error = await failing(process);
    expect(error).toMatchObject({ situation: { step: 'run-migration', state: 'db-only', maintenance: 'on', schema: 'untouched', left: 'hold' } });
    expect(error.situation.restorePoint).toMatch(/^shop-v2-0-0-/);
    expect(error.situation.nextActions.map(({ text, command }) => `${text}: ${command}`)).toEqual([
      `Once the cause is gone, run the migration again, and continue: release --resume ${error.runId} --retry-migration`,
      `Put back what was found and let visitors in, on the old version: release --reopen ${error.runId}`,
      `Let go of the environment as it is, after looking at it: release --release-hold ${error.runId}`,
    ]);
    const next = await process.another();
    expect(await failing(next)).toMatchObject({ kind: 'Conflict', reason: 'hold', holder: error.runId });
    expect((await resume(next.env, deployWithMigration, error.runId, { retryMigration: true })).isOk()).toBe(true);
    expect(migrationsOf(process)).toBe(1);
    await expectState(process, 'running');
    await expectNothingLeft(process);
  });

  it("of a migration that has changed nothing starts the old version with onMigrationFailure: 'reopen-when-untouched'", async () => {
    const process = await start();
    const before = configuration(process.cloud);
    failMigration(process);
    const error = await failing(process, { onMigrationFailure: 'reopen-when-untouched' });
    expect(error).toMatchObject({ kind: 'MigrationFailed', exitCode: 1, schema: 'untouched', situation: { state: 'running', maintenance: 'off', left: 'as-found', schema: 'untouched' } });
    expect(configuration(process.cloud)).toEqual(before);
    expect(process.cloud.inspect.violations).toEqual([]);
    await expectNothingLeft(process);
  });

  it('of a migration is left by reopen: the old version back, visitors in, the hold lifted', async () => {
    const process = await start();
    const before = configuration(process.cloud);
    failMigration(process);
    const error = await failing(process);
    const next = await process.another();
    expect((await reopen(next.env, { run: 'another' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold', message: `shop is held by run ${error.runId} (deployWithMigration), not by another. Nothing was changed.`, situation: { left: 'untouched', heldBy: error.runId, nextActions: error.situation.nextActions } });
    expect((await reopen(next.env, { run: error.runId }))._unsafeUnwrap()).toMatchObject({ maintenance: 'off', summary: 'What was found is back, and visitors are let in' });
    expect(configuration(process.cloud)).toEqual(before);
    await expectState(process, 'running');
    await expectNothingLeft(process);
  });

  it('of reopen after its first change holds, and reopen goes on from there', async () => {
    const process = await start();
    const before = configuration(process.cloud);
    failMigration(process);
    const held = await failing(process);
    const next = await process.another();
    whenStepBegins(next, 'verify-deployment', () => process.cloud.faults.add({ kind: 'access-denied', operation: 'elbv2:*', occurrence: 1, times: 1000 }));
    const error = (await reopen(next.env, { run: held.runId }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'AccessDenied', situation: { step: 'verify-deployment', left: 'hold' } });
    expect(error.situation.nextActions.map(({ command }) => command)).toEqual([`release --reopen ${error.runId}`, `release --release-hold ${error.runId}`]);
    process.cloud.faults.clear();
    const last = await process.another();
    expect((await resume(last.env, deployWithMigration, held.runId))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold', holder: error.runId });
    expect((await reopen(last.env, { run: error.runId }))._unsafeUnwrap()).toMatchObject({ maintenance: 'off' });
    expect(configuration(process.cloud)).toEqual(before);
    await expectState(process, 'running');
    await expectNothingLeft(process);
  });

  it('of the load to settle in time holds, or goes on when told', async () => {
    const holding = await start();
    const error = await failing(holding, { timeoutSeconds: { 'await-db-settled': 30 } });
    expect(error).toMatchObject({ kind: 'TimedOut', situation: { step: 'await-db-settled', state: 'db-only', schema: 'migrated', left: 'hold' } });
    const goingOn = await start();
    const report = (await deployWithMigration(goingOn.env, { ...options, onSettleTimeout: 'continue', timeoutSeconds: { 'await-db-settled': 30 } }))._unsafeUnwrap();
    expect(report.settled).toBeNull();
    await expectState(goingOn, 'running');
  });

  it('of the deployment holds, and reopening with the old code is refused', async () => {
    const process = await start();
    whenStepBegins(process, 'deploy-core', () => process.cloud.faults.add({ kind: 'service-image', image: 'shop', what: 'crash-loop' }));
    const error = await failing(process);
    expect(error).toMatchObject({ kind: 'DeploymentFailed', situation: { step: 'deploy-core', maintenance: 'on', schema: 'migrated', left: 'hold' } });
    expect(error.situation.nextActions.map(({ command }) => command)).toEqual([`release --resume ${error.runId}`, `release --restore ${error.situation.restorePoint}`, `release --release-hold ${error.runId}`]);
    expect(process.cloud.inspect.violations).toEqual([]);
    process.cloud.faults.clear();
    const next = await process.another();
    const back = (await reopen(next.env, { run: error.runId }))._unsafeUnwrapErr();
    expect(back).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema', lift: 'oldCodeFits', situation: { left: 'untouched' } });
    expect(back).toMatchObject({ remedy: expect.stringMatching(/^Go on with the run that holds the environment, or restore the database/) as string });
    expect((await rollBack(next.env, { to: 'v1.0.0' }))._unsafeUnwrapErr()).toMatchObject({ rule: 'old-code-on-new-schema', remedy: expect.stringMatching(/^Go on with the run that holds/) as string });
    expect((await resume(next.env, deployWithMigration, error.runId)).isOk()).toBe(true);
    expect(migrationsOf(process)).toBe(1);
    await expectState(process, 'running');
    await expectNothingLeft(process);
  });

  it('of the verification holds in restricted', async () => {
    let works = false;
    const process = await start({ checks: { 'the sales team': () => (works ? okAsync('fine') : errAsync({ message: 'prices are wrong' })) } });
    const error = await failing(process);
    expect(error).toMatchObject({ kind: 'VerificationFailed', situation: { step: 'verify-deployment', state: 'restricted', maintenance: 'on', schema: 'migrated', left: 'hold' } });
    works = true;
    expect((await resume((await process.another()).env, deployWithMigration, error.runId)).isOk()).toBe(true);
    await expectState(process, 'running');
    expect(migrationsOf(process)).toBe(1);
  });

  it('to open the gate closes it again and holds in restricted', async () => {
    const process = await start();
    whenStepBegins(process, 'gate-off', () => process.cloud.faults.add({ kind: 'access-denied', operation: 'elbv2:ModifyRule', occurrence: 1 }));
    const error = await failing(process);
    expect(error).toMatchObject({ kind: 'AccessDenied', situation: { step: 'gate-off', state: 'restricted', maintenance: 'on', left: 'hold' } });
    process.cloud.faults.clear();
    expect((await resume((await process.another()).env, deployWithMigration, error.runId)).isOk()).toBe(true);
    await expectState(process, 'running');
    await expectNothingLeft(process);
  });
});

/** The migration's own task fails, not the one of its status command. */
function failMigration(process: ShopProcess): void {
  const push = process.events.push.bind(process.events);
  process.events.push = (...added) => {
    if (added.some((event) => event.type === 'wait-ended' && event.waitingFor === "the migration's status command")) {
      process.cloud.faults.add({ kind: 'task', family: 'migrate', what: 'exit', exitCode: 1, times: 1 });
      process.events.push = push;
    }
    return push(...added);
  };
}

describe('resume of deployWithMigration', () => {
  const steps = ['preflight', 'gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled', 'deploy-core', 'verify-deployment', 'gate-off'];

  it.each(steps.slice(1))('finishes a release that was aborted in %s, with the migration applied once', async (step) => {
    const process = await start();
    const before = configuration(process.cloud).rules;
    whenStepBegins(process, step, () => void process.cloud.clock.sleep(1_500).then(() => process.abort.abort(new Error('SIGINT'))));
    const error = await failing(process);
    expect(error).toMatchObject({ kind: 'Aborted', situation: { step, left: 'hold' } });
    const journal = JSON.parse((await process.store.read(`shop/runs/${error.runId}`))._unsafeUnwrap()!.body) as { readonly putBack: readonly unknown[] };
    expect(journal.putBack).toEqual([]);
    const next = await process.another();
    expect((await resume(next.env, deployWithMigration, error.runId)).isOk()).toBe(true);
    expect(migrationsOf(process)).toBe(1);
    expect(process.cloud.inspect.violations).toEqual([]);
    expect(configuration(process.cloud).rules).toEqual(before);
    await expectState(next, 'running');
    await expectNothingLeft(next);
  });

  it('works from files too', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'shop-runs-'));
    const process = await start({ store: fileRunStore(directory) });
    whenStepBegins(process, 'run-migration', () => void process.cloud.clock.sleep(60_000).then(() => process.abort.abort(new Error('SIGINT'))));
    const error = await failing(process);
    expect((await resume((await process.another()).env, deployWithMigration, error.runId)).isOk()).toBe(true);
    expect(migrationsOf(process)).toBe(1);
    rmSync(directory, { recursive: true });
  });
});

describe('reopen', () => {
  it('names every problem of its input at once', async () => {
    const { env } = await start();
    expect((await reopen(env, { run: '', oldCodeFits: 'yes', old: 1 } as never))._unsafeUnwrapErr()).toMatchObject({
      problems: ['old: unknown option; known are run, oldCodeFits', "run: expected the identifier of the run that holds the environment, got '' (string)", "oldCodeFits: expected a boolean, got 'yes' (string)"],
    });
  });

  it('starts old code on a newer schema when told that it fits, and lets nobody in when it does not after all', async () => {
    const process = await start();
    const held = await failing(process, { timeoutSeconds: { 'await-db-settled': 30 } });
    expect(held.situation.schema).toBe('migrated');
    const error = (await reopen(process.env, { run: held.runId, oldCodeFits: true }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'VerificationFailed', situation: { step: 'verify-deployment', state: 'restricted', maintenance: 'on', schema: 'migrated', left: 'hold' } });
    expect(process.cloud.inspect.services().find(({ name }) => name === 'web')!.taskDefinition).toMatch(/web:1$/);
  });
});

describe('a second release after one that was let go of', () => {
  it('goes by what the first found, and does not put old code on the schema that the first migrated', async () => {
    const process = await start();
    const error = await failing(process, { timeoutSeconds: { 'await-db-settled': 30 } });
    expect((await releaseHold(process.env, { run: error.runId, reason: 'looked at it' }))._unsafeUnwrap()).toMatchObject({
      released: ['hold'],
      maintenance: 'on',
      stillAway: expect.arrayContaining(['gate', 'service:web', 'service:jobs']) as unknown,
      nextActions: [{ command: `release --restore ${error.situation.restorePoint}` }, { command: 'release --version v2.0.0' }],
    });
    const second = await failing(process, { timeoutSeconds: { 'snapshot-db': 1 } });
    expect(second).toMatchObject({ kind: 'TimedOut', situation: { step: 'snapshot-db', schema: 'migrated', left: 'hold' } });
    expect(second.message).toContain(' Putting things back failed too, at start-services: v1.0.0 of service web is older than the schema, which was migrated to v2.0.0');
    expect(process.cloud.inspect.violations).toEqual([]);
    (await releaseHold(process.env, { run: second.runId, reason: 'looked at it' }))._unsafeUnwrap();
    expect((await deployWithMigration(process.env, options)).isOk()).toBe(true);
    expect(process.cloud.inspect.services().map(({ name, desiredCount }) => [name, desiredCount])).toEqual([['web', 2], ['jobs', 1], ['office', 1]]);
    await expectNothingLeft(process);
  });
});

describe('applyMigration', () => {
  it('ends in db-only with administration back on', async () => {
    const process = await start();
    const report = (await applyMigration(process.env, { version: nextVersion }))._unsafeUnwrap();
    expect(report).toMatchObject({ version: nextVersion, migration: { after: 'two' } });
    await expectState(process, 'db-only');
    expect(process.cloud.inspect.services().map(({ name, desiredCount }) => [name, desiredCount])).toEqual([['web', 0], ['jobs', 0], ['office', 1]]);
    expect((await process.store.read('shop/hold'))._unsafeUnwrap()).toBeNull();
    expect((await process.store.read('shop/baseline'))._unsafeUnwrap()).not.toBeNull();
  });
});
