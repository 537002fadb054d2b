import { CreateClusterCommand, ECSClient, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { RDSClient, RestoreDBInstanceFromDBSnapshotCommand } from '@aws-sdk/client-rds';
import { connect, type DeployEvent, deployWithMigration, type DeployWithMigrationOptions, readState, releaseHold, reopen, resume, type Situation } from '@graasp/deploy';
import type { ImageDeclaration, LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readResources } from './infrastructure.js';
import { mortal } from './mortal.js';
import { nextVersion, runningVersion, service, shop, shopBlueprint, type ShopOptions, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

const release: DeployWithMigrationOptions = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 };

async function start(options: ShopOptions = {}): Promise<ShopProcess> {
  const process = await startShop(options);
  clouds.push(process.cloud);
  return process;
}

const settingsOf = (cloud: LocalCloud) => ({ region: shop.region, ...cloud.connection.aws }) as object;

/** Does something at the first event that fits. */
function when({ events }: ShopProcess, fits: (event: DeployEvent) => boolean, act: () => void): void {
  const push = events.push.bind(events);
  events.push = (...added) => {
    if (added.some(fits)) {
      events.push = push;
      act();
    }
    return push(...added);
  };
}

const stepBegins = (step: string) => (event: DeployEvent) => event.type === 'step-started' && event.step === step;
const waitBegins = (waitingFor: string) => (event: DeployEvent) => event.type === 'waiting' && event.waitingFor === waitingFor;
const secondsOf = ({ events }: ShopProcess, step: string) => events.flatMap((event) => (event.type === 'step-succeeded' && event.step === step ? [event.seconds] : []))[0]!;

/** Who has written what before the migration was committed, and would have lost it had the database been restored: by image. */
async function lostByRestore(cloud: LocalCloud, snapshotId: string): Promise<readonly string[]> {
  const { writesLog, appliedMigrations } = cloud.inspect.database()!.model!;
  await new RDSClient(settingsOf(cloud)).send(new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier: 'aside', DBSnapshotIdentifier: snapshotId }));
  while (cloud.inspect.database('aside')?.status !== 'available') await cloud.clock.sleep(10_000);
  const restored = new Set(cloud.inspect.database('aside')!.model!.writesLog.map((write) => JSON.stringify(write)));
  const written = writesLog.filter(({ at }) => at < appliedMigrations[0]!.at);
  return [...new Set(written.filter((write) => !restored.has(JSON.stringify(write))).map(({ by }) => by.split(' ')[0]!))];
}

/** In a cluster, a task that writes every minute until it is stopped. */
async function writeFor(cloud: LocalCloud, ms: number, cluster = 'shop'): Promise<void> {
  const client = new ECSClient(settingsOf(cloud));
  await client.send(new CreateClusterCommand({ clusterName: cluster, capacityProviders: ['FARGATE'] }));
  const { tasks } = await client.send(new RunTaskCommand({ cluster, taskDefinition: 'jobs', launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } } }));
  await cloud.clock.sleep(ms);
  await client.send(new StopTaskCommand({ cluster, task: tasks![0]!.taskArn! }));
}

describe("target groups with AWS's deregistration delay", () => {
  const blueprint = { targetGroups: shopBlueprint.targetGroups.map((group) => ({ ...group, deregistrationDelaySeconds: 300 })) };

  it("keep old code running, and visitors out, for the whole delay with tuneTargetGroups: 'never', and do not by default", async () => {
    const [slow, fast] = [await start({ blueprint }), await start({ blueprint })];
    const before = await readResources(fast.cloud, shopBlueprint);
    const { closedAt: slowFrom, openedAt: slowTo } = (await deployWithMigration(slow.env, { ...release, tuneTargetGroups: 'never' }))._unsafeUnwrap();
    const { closedAt, openedAt } = (await deployWithMigration(fast.env, release))._unsafeUnwrap();

    expect(secondsOf(slow, 'stop-services')).toBeGreaterThan(300);
    expect(secondsOf(fast, 'stop-services')).toBeLessThan(120);
    const window = (from: string, to: string | null) => (Date.parse(to!) - Date.parse(from)) / 1000;
    expect(window(slowFrom, slowTo) - window(closedAt, openedAt)).toBeGreaterThan(240);
    expect(withoutRevisions(await readResources(fast.cloud, shopBlueprint))).toEqual(withoutRevisions(before));
  });
});

describe('administration that goes on writing', () => {
  it.each([
    ['keep', ['office:1']],
    ['pause', []],
  ] as const)("(administration: '%s') loses by a restore: %j", async (administration, lost) => {
    const { cloud, env } = await start();
    const { restorePoint } = (await deployWithMigration(env, { ...release, administration }))._unsafeUnwrap();
    expect(await lostByRestore(cloud, restorePoint.snapshotId)).toEqual(lost);
  });
});

describe('a scheduled task that begins while the snapshot is taken', () => {
  async function releaseBesideTask(options: Partial<DeployWithMigrationOptions>) {
    const process = await start();
    let work: Promise<void> | undefined;
    when(process, waitBegins('the snapshot to be available'), () => (work = writeFor(process.cloud, 90_000)));
    const result = await deployWithMigration(process.env, { ...release, ...options });
    await work;
    return { ...process, result };
  }

  it("loses what it wrote by a restore with otherTasks: 'allow'", async () => {
    const { cloud, result } = await releaseBesideTask({ otherTasks: 'allow' });
    expect(await lostByRestore(cloud, result._unsafeUnwrap().restorePoint.snapshotId)).toEqual([`shop:jobs-${runningVersion}`]);
  });

  it.each(['refuse', 'wait'] as const)("keeps the migration from starting with otherTasks: '%s'", async (otherTasks) => {
    const { cloud, result } = await releaseBesideTask({ otherTasks });
    const error = result._unsafeUnwrapErr();
    expect(error).toMatchObject({ situation: { step: 'run-migration', schema: 'untouched', left: 'hold' } });
    expect(error.message).toContain('family:jobs ');
    expect(cloud.inspect.database()!.model).toMatchObject({ schema: 'one', appliedMigrations: [] });
  });
});

describe('a writer that ECS does not run in this cluster', () => {
  const declaring = (acknowledged: boolean) => ({ ...shop, otherWriters: [{ name: 'nightly import', acknowledged }] });

  async function releaseBesideWriter(definition: typeof shop) {
    const process = await start({ definition });
    let work: Promise<void> | undefined;
    when(process, waitBegins('the snapshot to be available'), () => (work = writeFor(process.cloud, 90_000, 'elsewhere')));
    const result = await deployWithMigration(process.env, release);
    await work;
    return { ...process, result };
  }

  it('loses what it wrote by a restore, when nobody has declared it', async () => {
    const { cloud, result } = await releaseBesideWriter(shop);
    expect(await lostByRestore(cloud, result._unsafeUnwrap().restorePoint.snapshotId)).toEqual([`shop:jobs-${runningVersion}`]);
  });

  it('keeps a release from beginning once it is declared, until a person says that it has stopped', async () => {
    const { cloud, env, result } = await releaseBesideWriter(declaring(false));
    const error = result._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'PreflightFailed', situation: { step: 'preflight', left: 'untouched' } });
    expect(error.message).toContain('runs, writer nightly import: ');
    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'running', putAside: [] });
    expect(cloud.inspect.snapshots()).toEqual([]);

    const acknowledged = await start({ definition: declaring(true) });
    (await deployWithMigration(acknowledged.env, release))._unsafeUnwrap();
  });
});

describe('a worker that needs its queue', () => {
  const worker = (version: string, schema: string): ImageDeclaration => ({
    reference: `shop:jobs-${version}`,
    ...(version === runningVersion ? { alsoTagged: ['jobs-latest'] } : {}),
    model: { kind: 'server', version, fitsSchemas: [schema], needs: ['queue'], endsAfterSeconds: 20 },
  });
  const options: ShopOptions = {
    blueprint: { services: [...shopBlueprint.services, service('queue', 'queue:1', {})] },
    images: [worker(runningVersion, 'one'), worker(nextVersion, 'two'), { reference: 'queue:1', model: { kind: 'server', startsForSeconds: 9 } }],
  };
  const queue = { role: 'application', desiredCount: 1, databases: [], volatile: true } as const;

  /** How the release has ended, and its tasks: that of the old version, then those of the new one. */
  async function releaseWith(jobs: object) {
    const process = await start({ ...options, definition: { ...shop, services: { ...shop.services, queue, jobs: { ...shop.services.jobs, ...jobs } } } });
    await process.cloud.clock.sleep(60_000);
    const before = new Set(process.cloud.inspect.tasks().filter(({ lastStatus }) => lastStatus === 'STOPPED').map(({ arn }) => arn));
    const result = await deployWithMigration(process.env, release);
    const tasks = process.cloud.inspect.tasks().filter(({ group, arn }) => group === 'service:jobs' && !before.has(arn));
    return { result, exitCodes: tasks.map(({ containers }) => containers[0]!.exitCode ?? 'runs') };
  }

  it('loses the job in hand as services stop, and then keeps crashing, when nobody has declared that', async () => {
    const { result, exitCodes } = await releaseWith({});
    expect(exitCodes.slice(0, 4)).toEqual([1, 1, 1, 1]);
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'DeploymentFailed', service: 'jobs', reason: 'crash-loop', situation: { step: 'deploy-core', left: 'hold' } });
  });

  it('ends what it has in hand, and starts once, with dependsOn', async () => {
    const { result, exitCodes } = await releaseWith({ dependsOn: ['queue'] });
    expect(exitCodes).toEqual([0, 'runs']);
    expect(result._unsafeUnwrap()).toMatchObject({ maintenance: 'off' });
  });
});

/** A released service is on another revision, and the tag is on another image. */
function withoutRevisions(resources: object): object {
  return JSON.parse(JSON.stringify(resources, (key, value: unknown) => (key === 'taskDefinition' ? undefined : value))) as object;
}

type Failed = Error & { readonly kind: string; readonly runId: string; readonly situation: Situation };

/** What is told of target groups and administration that are not as they were found. */
async function accountedFor(process: ShopProcess): Promise<readonly string[]> {
  const { putAside } = (await readState((await process.another()).env))._unsafeUnwrap();
  return putAside.filter((key) => /^target-group:|^gate:administration$|^service:office$/.test(key)).map((key) => key.replace(/^target-group:.*\/(.*)\/.*$/, 'target group $1')).sort();
}

/** The migration's own task fails, not the one that asks for its status. */
const failMigration = (process: ShopProcess) =>
  when(process, (event) => event.type === 'wait-ended' && event.waitingFor === "the migration's status command", () => process.cloud.faults.add({ kind: 'task', family: 'migrate', what: 'exit', exitCode: 1 }));

describe('tuned target groups and paused administration', () => {
  const allAway = ['gate:administration', 'service:office', 'target group office', 'target group web'];

  it('are as they were found, as is every other resource, after a failure that is put back', async () => {
    const process = await start();
    const before = await readResources(process.cloud, shopBlueprint);
    const failures: readonly (readonly [string, (process: ShopProcess) => void, Partial<DeployWithMigrationOptions>])[] = [
      ['stop-services', (at) => when(at, stepBegins('stop-services'), () => at.cloud.faults.add({ kind: 'access-denied', operation: 'ecs:UpdateService', occurrence: 2 })), {}],
      ['snapshot-db', (at) => at.cloud.faults.add({ kind: 'snapshot', what: 'fail' }), {}],
      ['run-migration', failMigration, { onMigrationFailure: 'reopen-when-untouched' }],
    ];
    for (const [step, fail, options] of failures) {
      const at = await process.another();
      fail(at);
      const error = (await deployWithMigration(at.env, { ...release, ...options }))._unsafeUnwrapErr();
      expect(error).toMatchObject({ situation: { step, left: 'as-found', state: 'running' } });
      expect(at.events.filter((event) => event.type === 'change' && event.operation === 'elasticloadbalancing:ModifyTargetGroupAttributes').length).toBe(4);
      at.cloud.faults.clear();
      expect(await readResources(process.cloud, shopBlueprint)).toEqual(before);
      expect(await accountedFor(process)).toEqual([]);
    }
    (await deployWithMigration((await process.another()).env, release))._unsafeUnwrap();
  });

  it('are accounted for through every hold after the migration, and as they were found at the end', async () => {
    const process = await start();
    const before = await readResources(process.cloud, shopBlueprint);
    failMigration(process);
    const { runId, ...first } = (await deployWithMigration(process.env, release))._unsafeUnwrapErr() as unknown as Failed;
    expect(first).toMatchObject({ kind: 'MigrationFailed', situation: { step: 'run-migration', left: 'hold' } });
    expect(await accountedFor(process)).toEqual(allAway);

    const { faults } = process.cloud;
    const holds: readonly (readonly [string, (at: ShopProcess) => void, Partial<DeployWithMigrationOptions>, readonly string[]])[] = [
      ['await-db-settled', () => undefined, { retryMigration: true, timeoutSeconds: { 'await-db-settled': 30 } }, allAway],
      ['deploy-core', (at) => when(at, stepBegins('deploy-core'), () => faults.add({ kind: 'access-denied', operation: 'ecs:UpdateService', occurrence: 1 })), {}, allAway],
      ['verify-deployment', (at) => when(at, stepBegins('verify-deployment'), () => faults.add({ kind: 'access-denied', operation: 'elbv2:DescribeTargetHealth', occurrence: 1 })), {}, []],
      ['gate-off', (at) => when(at, stepBegins('gate-off'), () => faults.add({ kind: 'access-denied', operation: 'elbv2:ModifyRule', occurrence: 1 })), {}, []],
    ];
    for (const [step, fail, options, away] of holds) {
      const at = await process.another();
      fail(at);
      const error = (await resume(at.env, deployWithMigration, runId, options))._unsafeUnwrapErr();
      expect([step, error]).toMatchObject([step, { situation: { step, left: 'hold', maintenance: 'on' } }]);
      expect([step, await accountedFor(process)]).toEqual([step, away]);
      faults.clear();
    }
    (await resume((await process.another()).env, deployWithMigration, runId))._unsafeUnwrap();
    expect(withoutRevisions(await readResources(process.cloud, shopBlueprint))).toEqual(withoutRevisions(before));
    expect(process.cloud.inspect.violations).toEqual([]);
  });

  it.each([
    ['right after the first target group was tuned', { operation: 'ModifyTargetGroupAttributes', atCall: 1, when: 'after' }],
    ["right after administration's rule was closed", { operation: 'ModifyRule', atCall: 2, when: 'after' }],
    ['while target groups are put back', { operation: 'ModifyTargetGroupAttributes', atCall: 4, when: 'before' }],
    ["right before administration's rule is opened", { operation: 'ModifyRule', atCall: 3, when: 'before' }],
  ] as const)('are as they were found once a release is resumed whose process died %s', async (_, death) => {
    const { cloud, store } = await start();
    const before = await readResources(cloud, shopBlueprint);
    const first = mortal(cloud.connection, store, death);
    await Promise.race([first.died, deployWithMigration((await connect(shop, { ...first.connection, runStore: first.store }))._unsafeUnwrap(), release)]);
    const [run = ''] = (await store.list('shop/runs/'))._unsafeUnwrap();
    const later = (await connect(shop, { ...cloud.connection, runStore: store }))._unsafeUnwrap();
    (await resume(later, deployWithMigration, run.slice('shop/runs/'.length)))._unsafeUnwrap();
    expect(withoutRevisions(await readResources(cloud, shopBlueprint))).toEqual(withoutRevisions(before));
    expect((await readState(later))._unsafeUnwrap()).toMatchObject({ state: 'running', putAside: [], hold: null });
    expect(cloud.inspect.violations).toEqual([]);
  });

  it('are named by who lets go of the hold, and put back by reopen', async () => {
    const process = await start();
    const before = await readResources(process.cloud, shopBlueprint);
    failMigration(process);
    const { runId } = (await deployWithMigration(process.env, release))._unsafeUnwrapErr() as unknown as Failed;
    const later = await process.another();
    const { stillAway } = (await releaseHold(later.env, { run: runId, reason: 'the old version goes on' }))._unsafeUnwrap();
    expect(stillAway.filter((key) => key.startsWith('target-group:'))).toHaveLength(2);
    expect(stillAway).toEqual(expect.arrayContaining(['gate', 'gate:administration', 'service:office']));

    (await reopen(later.env, { run: runId }))._unsafeUnwrap();
    expect(await readResources(process.cloud, shopBlueprint)).toEqual(before);
    expect(await accountedFor(process)).toEqual([]);
  });
});
