import { CreateDBSnapshotCommand, DescribeDBSnapshotsCommand, ModifyDBInstanceCommand, RDSClient, type DBSnapshot } from '@aws-sdk/client-rds';
import { connect, defineRecipe, deployWithMigration, type DeployWithMigrationOptions, ok, plan, readState, resume, runMigration, stopServices, takeWarmSnapshot } from '@graasp/deploy';
import type { Blueprint, LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Death, mortal } from './mortal.js';
import { nextVersion, shop, type ShopOptions, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

const release: DeployWithMigrationOptions = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 };

/** Of which a release changes a small part. */
const large: Partial<Blueprint['database']> = { model: { schema: 'one', rows: 10_000 } };

async function start(options: ShopOptions = {}): Promise<ShopProcess> {
  const process = await startShop(options);
  clouds.push(process.cloud);
  return process;
}

const rdsOf = (cloud: LocalCloud) => new RDSClient({ region: shop.region, ...cloud.connection.aws } as object);

async function snapshotsOf(cloud: LocalCloud): Promise<readonly DBSnapshot[]> {
  return (await rdsOf(cloud).send(new DescribeDBSnapshotsCommand({ DBInstanceIdentifier: 'shop' }))).DBSnapshots ?? [];
}

const tagOf = ({ TagList = [] }: DBSnapshot, key: string) => TagList.find(({ Key }) => Key === `graasp-deploy:${key}`)?.Value;
const secondsOf = ({ events }: ShopProcess, step: string) => events.flatMap((event) => (event.type === 'step-succeeded' && event.step === step ? [event.seconds] : []))[0]!;
const windowOf = ({ openedAt, closedAt }: { readonly openedAt: string | null; readonly closedAt: string }) => (Date.parse(openedAt!) - Date.parse(closedAt)) / 1000;

function whenStepBegins({ events }: ShopProcess, step: string, act: () => void): void {
  const push = events.push.bind(events);
  events.push = (...added) => {
    if (added.some((event) => event.type === 'step-started' && event.step === step)) act();
    return push(...added);
  };
}

async function failing({ env }: ShopProcess, changes: Partial<DeployWithMigrationOptions> = {}) {
  return (await deployWithMigration(env, { ...release, warm: true, ...changes }))._unsafeUnwrapErr();
}

/** Nothing that visitors, operators or the infrastructure's code could tell. */
async function expectUntouched({ cloud, env, store }: ShopProcess): Promise<void> {
  expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'running', hold: null, putAside: [], differences: [] });
  expect(cloud.requests.filter(({ operation }) => /:(Modify|Update|Register|Run|Put|Delete)/.test(operation) && !seeding.has(operation))).toEqual([]);
  expect((await store.list('shop/')).unwrapOr([]).filter((key) => !key.startsWith('shop/runs/'))).toEqual([]);
}

/** What the cloud is filled by. */
const seeding = new Set(['ecs:RegisterTaskDefinition', 'application-autoscaling:RegisterScalableTarget', 'application-autoscaling:PutScalingPolicy', 'ecr:PutImage']);

describe('a release with a warm snapshot', () => {
  it('keeps visitors out for a shorter time: the snapshot then copies only what has changed since', async () => {
    const cold = await start({ database: large });
    const warm = await start({ database: large });
    const without = (await deployWithMigration(cold.env, release))._unsafeUnwrap();
    const report = (await deployWithMigration(warm.env, { ...release, warm: true }))._unsafeUnwrap();

    expect(secondsOf(cold, 'snapshot-db')).toBeGreaterThan(60);
    expect(secondsOf(warm, 'snapshot-db')).toBeLessThan(35);
    expect(secondsOf(warm, 'warm-snapshot')).toBeGreaterThan(60);
    expect(windowOf(without) - windowOf(report)).toBeGreaterThan(25);
    const steps = warm.events.flatMap((event) => (event.type === 'step-succeeded' ? [event.step] : []));
    expect(steps.slice(0, 5)).toEqual(['preflight', 'warm-snapshot', 'preflight-again', 'gate-on', 'await-drained']);
    expect(warm.events.find(({ type }) => type === 'run-started')).toMatchObject({ steps });
  });

  it('leaves two snapshots, whose names and tags tell which is the restore point', async () => {
    const process = await start();
    const { restorePoint, warmSnapshotId } = (await deployWithMigration(process.env, { ...release, warm: true }))._unsafeUnwrap();
    expect(warmSnapshotId).toBe(`${restorePoint.snapshotId}-warm`);
    const told = (await snapshotsOf(process.cloud)).map((snapshot) => [snapshot.DBSnapshotIdentifier, tagOf(snapshot, 'purpose'), tagOf(snapshot, 'step'), tagOf(snapshot, 'environment'), tagOf(snapshot, 'version')]);
    expect(told).toEqual([
      [warmSnapshotId, 'warm', 'warm-snapshot', 'shop', nextVersion],
      [restorePoint.snapshotId, undefined, 'snapshot-db', 'shop', nextVersion],
    ]);
    expect(process.cloud.inspect.database()!.model!.schema).toBe('two');
  });

  it.each([
    [false, 'Single-AZ: I/O pauses meanwhile, for seconds to minutes, with visitors on it', ['shop is Single-AZ: its I/O pauses for seconds to minutes when the warm snapshot begins, with visitors on it.']],
    [true, 'Multi-AZ: no pause of I/O', []],
  ])('says in its plan what it saves and what it costs (Multi-AZ: %s)', async (multiAZ, cost, warnings) => {
    const { cloud, env } = await start({ database: { multiAZ } });
    const planned = (await plan(env, deployWithMigration, { ...release, warm: true }))._unsafeUnwrap();
    expect(planned.steps.find(({ name }) => name === 'warm-snapshot')!.changes).toMatchObject([
      { from: 'absent', to: 'available', operation: 'rds:CreateDBSnapshot', why: `the snapshot while visitors are kept out then copies only what changed since; no restore point; ${cost}` },
    ]);
    expect(planned.warnings.filter((warning) => !warning.startsWith('runs, '))).toEqual(warnings);
    expect(await snapshotsOf(cloud)).toEqual([]);
  });

  it('is no restore point: a migration is not started on it alone', async () => {
    const { env, cloud } = await start();
    const careless = defineRecipe('careless', async function* (run, _: object) {
      yield* run.step('warm', (env) => takeWarmSnapshot(env, { version: nextVersion }));
      yield* run.step('stop', (env) => stopServices(env));
      yield* run.step('migrate', (env) => runMigration(env, { version: nextVersion }));
      return ok({});
    });
    expect((await careless(env, {}))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'restore-point',
      message: 'this run took no snapshot of shop: the migration was not started, because nothing could be restored after it',
    });
    expect(cloud.inspect.database()!.model!.schema).toBe('one');
  });
});

describe('a warm snapshot that fails', () => {
  it.each([
    ['fails', { kind: 'snapshot', what: 'fail' } as const, 'SnapshotFailed', /^snapshot shop-v2-0-0-\S+-warm is failed and will not become available$/],
    ['is not done in time', { kind: 'snapshot', what: 'never-ends' } as const, 'TimedOut', /^the warm snapshot to be available: not within \d+ s; last seen: shop-v2-0-0-\S+-warm is creating, \d+ %$/],
    ['may not be taken', { kind: 'access-denied', operation: 'rds:CreateDBSnapshot' } as const, 'AccessDenied', /rds:CreateDBSnapshot/],
  ])('(it %s) ends the release before a visitor has noticed', async (_, fault, kind, message) => {
    const process = await start({ faults: [fault] });
    const error = await failing(process, { timeoutSeconds: { 'warm-snapshot': 600 } });
    expect(error).toMatchObject({ kind, situation: { step: 'warm-snapshot', state: 'running', maintenance: 'off', left: 'untouched', nextActions: [] } });
    expect(error.message).toMatch(message);
    await expectUntouched(process);
  });

  it('leaves the environment to whoever comes next when its run is aborted', async () => {
    const process = await start();
    whenStepBegins(process, 'warm-snapshot', () => void process.cloud.clock.sleep(20_000).then(() => process.abort.abort(new Error('SIGINT'))));
    expect(await failing(process)).toMatchObject({ kind: 'Aborted', remedy: 'The environment is as it was: start again when it suits you.', situation: { step: 'warm-snapshot', left: 'untouched', nextActions: [] } });
    const next = await process.another();
    await expectUntouched(next);
    // AWS goes on with it
    await next.cloud.clock.sleep(120_000);
    (await deployWithMigration(next.env, release))._unsafeUnwrap();
  });

  it('is refused by preflight when there is room for one snapshot only', async () => {
    const process = await start();
    await fillQuota(process.cloud, 99);
    const error = await failing(process);
    expect(error).toMatchObject({ kind: 'PreflightFailed', situation: { step: 'preflight', left: 'untouched' } });
    expect(error.message).toContain('database, snapshot quota: 99 of 100 manual snapshots are taken, and 2 are to be taken');
  });
});

async function fillQuota(cloud: LocalCloud, count: number): Promise<void> {
  const rds = rdsOf(cloud);
  for (let number = 1; number <= count; number += 1) {
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier: `by-hand-${number}` }));
    while (cloud.inspect.database()?.status !== 'available') await cloud.clock.sleep(10_000);
  }
}

describe('what has come up while a warm snapshot was taken', () => {
  it('is found before the gate closes', async () => {
    const process = await start();
    whenStepBegins(process, 'warm-snapshot', () => void rdsOf(process.cloud).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', PreferredBackupWindow: backupWindowSoon(process.cloud) })));
    const error = await failing(process);
    expect(error).toMatchObject({ kind: 'PreflightFailed', situation: { step: 'preflight-again', maintenance: 'off', left: 'untouched' } });
    expect(error.message).toMatch(/calendar, backup window: /);
  });
});

/** UTC, in ten minutes. */
function backupWindowSoon(cloud: LocalCloud): string {
  const at = (minutes: number) => new Date(cloud.clock.now() + minutes * 60_000).toISOString().slice(11, 16);
  return `${at(10)}-${at(40)}`;
}

describe('resume', () => {
  it.each(['before', 'after'] as const)('takes one warm snapshot when its process died right %s it was requested', async (when) => {
    const { cloud, store } = await start();
    const processOn = async (death: Death) => {
      const { connection, store: runStore, died } = mortal(cloud.connection, store, death);
      return { env: (await connect(shop, { ...connection, runStore }))._unsafeUnwrap(), died };
    };
    const first = await processOn({ atCall: 1, operation: 'CreateDBSnapshot', when });
    await Promise.race([first.died, deployWithMigration(first.env, { ...release, warm: true })]);
    const [run = ''] = (await store.list('shop/runs/'))._unsafeUnwrap();
    const second = await processOn({ atCall: Number.POSITIVE_INFINITY, when });
    (await resume(second.env, deployWithMigration, run.slice('shop/runs/'.length)))._unsafeUnwrap();
    expect((await snapshotsOf(cloud)).map((snapshot) => tagOf(snapshot, 'step'))).toEqual(['warm-snapshot', 'snapshot-db']);
  });

  it('does not take a warm snapshot again that it has', async () => {
    const process = await start();
    whenStepBegins(process, 'await-drained', () => void process.cloud.clock.sleep(5_000).then(() => process.abort.abort(new Error('SIGINT'))));
    const error = await failing(process);
    expect(error).toMatchObject({ kind: 'Aborted', situation: { step: 'await-drained', left: 'hold' } });
    (await resume((await process.another()).env, deployWithMigration, error.runId))._unsafeUnwrap();
    expect((await snapshotsOf(process.cloud)).map((snapshot) => tagOf(snapshot, 'step'))).toEqual(['warm-snapshot', 'snapshot-db']);
  });
});
