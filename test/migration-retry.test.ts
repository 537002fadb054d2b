import { ECSClient, RunTaskCommand, StopTaskCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { connect, deployWithMigration, type DeployWithMigrationOptions, type MigrationFailed, reopen, resume, type Situation } from '@graasp/deploy';
import type { BehaviourFault, ImageDeclaration, LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mortal } from './mortal.js';
import { nextVersion, shop as definition, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

type TaskFault = Extract<BehaviourFault, { kind: 'task' }>;
type Failure = MigrationFailed & { readonly runId: string; readonly situation: Situation };

/** What goes wrong with the migration's own task, and not with its status command's. */
function failMigration({ cloud, events }: ShopProcess, fault: Omit<TaskFault, 'kind' | 'family' | 'times'>): void {
  const push = events.push.bind(events);
  events.push = (...added) => {
    if (added.some((event) => event.type === 'change' && event.resource === 'migration migrate')) cloud.faults.add({ kind: 'task', family: 'migrate', times: 1, ...fault });
    return push(...added);
  };
}

const image = (commitsAfterKillSeconds: number): ImageDeclaration => ({ reference: 'shop:migrate-v2.0.0', model: { kind: 'migration', from: 'one', to: 'two', seconds: 30, commitsAfterKillSeconds } });

/** A release whose migration is killed in the middle of a statement, which commits later. */
async function killedRelease(commitsAfterKillSeconds: number, options: Partial<DeployWithMigrationOptions> = {}): Promise<ShopProcess & { readonly failure: Failure }> {
  const shop = await startShop();
  clouds.push(shop.cloud);
  shop.cloud.pushImage(image(commitsAfterKillSeconds));
  failMigration(shop, { what: 'out-of-memory', afterMs: 10_000 });
  const failure = (await deployWithMigration(shop.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60, ...options }))._unsafeUnwrapErr() as Failure;
  expect(failure).toMatchObject({ kind: 'MigrationFailed', reason: 'out-of-memory', situation: { left: 'hold' } });
  return { ...shop, failure };
}

async function retry(shop: ShopProcess & { readonly failure: Failure }, fault: Parameters<typeof failMigration>[1]): Promise<Failure> {
  const later = await shop.another();
  failMigration(later, fault);
  return (await resume(later.env, deployWithMigration, shop.failure.runId, { retryMigration: true }))._unsafeUnwrapErr() as Failure;
}

const schemaRecord = async ({ store }: ShopProcess) => JSON.parse((await store.read('shop/schema'))._unsafeUnwrap()!.body) as unknown;
const ownTasks = ({ cloud }: ShopProcess) => cloud.requests.filter(({ operation, input }) => operation === 'ecs:RunTask' && String((input as { startedBy?: string }).startedBy).startsWith('migration/'));

/** By a task that no declared service owns. */
async function workFor({ clock }: LocalCloud, ecs: ECSClient): Promise<void> {
  const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } };
  const { tasks } = await ecs.send(new RunTaskCommand({ cluster: 'shop', taskDefinition: 'jobs', launchType: 'FARGATE', networkConfiguration }));
  await clock.sleep(200_000);
  await ecs.send(new StopTaskCommand({ cluster: 'shop', task: tasks![0]!.taskArn! }));
}

describe('a migration that was killed', () => {
  it('is not called harmless beside administration that goes on, whose sessions hide its own', async () => {
    const shop = await killedRelease(400, { administration: 'keep', onMigrationFailure: 'reopen-when-untouched' });
    expect(shop.failure).toMatchObject({ schema: 'unknown', situation: { left: 'hold' } });
    await shop.cloud.clock.sleep(600_000);
    expect(shop.cloud.inspect.violations).toEqual([]);
  });
});

describe('a schema that is unknown', () => {
  it('is told by a resume that runs no migration, once the status command can be asked', async () => {
    const shop = await killedRelease(2_000);
    expect(shop.failure.schema).toBe('unknown');
    await shop.cloud.clock.sleep(2_400_000);
    const read = (await resume((await shop.another()).env, deployWithMigration, shop.failure.runId))._unsafeUnwrapErr();
    expect(read).toMatchObject({ kind: 'MigrationFailed', schema: 'migrated' });
    expect(ownTasks(shop)).toHaveLength(1);
  });

  it('lets visitors in on the old version by the word of a person alone', async () => {
    const { statusCommand: _, ...migration } = definition.migration!;
    const shop = await startShop({ definition: { ...definition, migration } });
    clouds.push(shop.cloud);
    shop.cloud.faults.add({ kind: 'task', family: 'migrate', what: 'exit', exitCode: 1, times: 1 });
    const { runId: run, schema } = (await deployWithMigration(shop.env, { version: nextVersion }))._unsafeUnwrapErr() as Failure;
    expect(schema).toBe('unknown');
    expect((await reopen((await shop.another()).env, { run }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', lift: 'oldCodeFits' });
    expect((await reopen((await shop.another()).env, { run, oldCodeFits: true }))._unsafeUnwrap()).toMatchObject({ maintenance: 'off' });
    expect(shop.cloud.inspect.violations).toEqual([]);
    // which has told the next release nothing
    expect((await deployWithMigration((await shop.another()).env, { version: nextVersion }))._unsafeUnwrapErr()).toMatchObject({ kind: 'PreflightFailed' });
    (await deployWithMigration((await shop.another()).env, { version: nextVersion, retryMigration: true, settledSeconds: 60 }))._unsafeUnwrap();
  });

  it('counts whoever was connected for longer than ECS remembers tasks as one that may have written, unless told', async () => {
    const shop = await killedRelease(2_000);
    // sessions of the statement until half an hour after its end, and nobody looked at the tasks for three hours
    await shop.cloud.clock.sleep(3 * 3_600_000);
    const again = async (told: Partial<DeployWithMigrationOptions>) => resume((await shop.another()).env, deployWithMigration, shop.failure.runId, { retryMigration: true, ...told });
    expect((await again({}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'restore-point', situation: { left: 'hold' } });
    (await again({ otherTasks: 'allow' }))._unsafeUnwrap();
  });
});

describe('a migration that is run again and does not start', () => {
  it('leaves the schema as changed as the attempt before has left it, and starts no old code', async () => {
    const shop = await killedRelease(40, { onMigrationFailure: 'reopen-when-untouched' });
    expect(shop.failure.schema).toBe('migrated');
    const second = await retry(shop, { what: 'no-capacity' });
    expect(second).toMatchObject({ reason: 'capacity', schema: 'migrated', situation: { left: 'hold', schema: 'migrated' } });
    expect(second.message).toContain('did not start, because there is no capacity: Capacity is unavailable at this time');
    expect(second.message).toMatch(/; the schema was changed by an earlier attempt$/);
    expect(second.remedy).toBe(`Nothing was run this time, but an earlier attempt was. Look at the schema. Mend it and resume with retryMigration: true (release --resume ${second.runId} --retry-migration), or restore the database to the restore point; do not start the old version on it.`);
    expect(shop.cloud.inspect.services().map(({ desiredCount }) => desiredCount)).toEqual([0, 0, 0]);
    expect(shop.cloud.inspect.violations).toEqual([]);
    expect(await schemaRecord(shop)).toMatchObject({ version: nextVersion, outcome: 'unknown' });
  });

  it('leaves an unknown schema unknown: neither is reopen offered, nor does it start old code', async () => {
    const shop = await killedRelease(2_000);
    expect(shop.failure.schema).toBe('unknown');
    const second = await retry(shop, { what: 'no-capacity' });
    expect(second).toMatchObject({ reason: 'capacity', schema: 'unknown', situation: { left: 'hold', schema: 'unknown' } });
    expect(second.situation.nextActions.map(({ command }) => command)).not.toContainEqual(expect.stringContaining('--reopen'));
    expect(await schemaRecord(shop)).toMatchObject({ outcome: 'unknown' });
    expect((await reopen((await shop.another()).env, { run: second.runId }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema' });
  });

  it('is not started beside a statement of the attempt before that is still at work', async () => {
    const shop = await killedRelease(2_800);
    const refused = (await resume((await shop.another()).env, deployWithMigration, shop.failure.runId, { retryMigration: true }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Conflict', reason: 'migration-in-flight', situation: { left: 'hold', schema: 'unknown' } });
    expect(refused.message).toBe("database shop still has sessions, of which one may be an earlier attempt's that is at work: no migration was started");
    expect(refused.situation.nextActions.map(({ command }) => command)).toEqual([`release --resume ${refused.runId} --retry-migration`, `release --restore ${refused.situation.restorePoint}`, `release --release-hold ${refused.runId}`]);
    expect(ownTasks(shop)).toHaveLength(1);
    await shop.cloud.clock.sleep(600_000);
    (await resume((await shop.another()).env, deployWithMigration, shop.failure.runId, { retryMigration: true }))._unsafeUnwrap();
    expect(ownTasks(shop)).toHaveLength(2);
    expect(shop.cloud.inspect.database()!.model!.appliedMigrations).toHaveLength(1);
    expect(shop.cloud.inspect.violations).toEqual([]);
  });

  it('is started at once 40 minutes later: since the attempt before has ended whole minutes without a session are known', async () => {
    const shop = await killedRelease(2_000);
    await shop.cloud.clock.sleep(2_400_000);
    const later = await shop.another();
    (await resume(later.env, deployWithMigration, shop.failure.runId, { retryMigration: true }))._unsafeUnwrap();
    expect(later.events.filter((event) => event.type === 'waiting' && event.waitingFor === "the migration's sessions to end")).toEqual([]);
    expect(ownTasks(shop)).toHaveLength(2);
  });

  it('is not started when something has written while that statement was waited for', async () => {
    const shop = await killedRelease(2_000);
    const later = await shop.another();
    const { credentials, requestHandler } = shop.cloud.connection.aws;
    const ecs = new ECSClient({ region: 'eu-central-1', credentials, requestHandler: requestHandler as never });
    let work: Promise<unknown> | undefined;
    const push = later.events.push.bind(later.events);
    later.events.push = (...added) => {
      if (added.some((event) => event.type === 'waiting' && event.waitingFor === "the migration's sessions to end")) work ??= workFor(shop.cloud, ecs);
      return push(...added);
    };
    const refused = (await resume(later.env, deployWithMigration, shop.failure.runId, { retryMigration: true }))._unsafeUnwrapErr();
    await work;
    expect(work).toBeDefined();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'restore-point', situation: { left: 'hold', schema: 'unknown' } });
    expect(ownTasks(shop)).toHaveLength(1);
  });

  it('is not run a third time unless told', async () => {
    const shop = await killedRelease(40);
    await retry(shop, { what: 'no-capacity' });
    const plain = (await resume((await shop.another()).env, deployWithMigration, shop.failure.runId))._unsafeUnwrapErr();
    expect(plain).toMatchObject({ reason: 'capacity', schema: 'migrated' });
    expect(ownTasks(shop)).toHaveLength(2);
    (await resume((await shop.another()).env, deployWithMigration, shop.failure.runId, { retryMigration: true }))._unsafeUnwrap();
    expect(shop.cloud.inspect.violations).toEqual([]);
  });

  it('does not call the schema untouched either when its image is for another processor', async () => {
    const shop = await killedRelease(40);
    shop.cloud.pushImage({ ...image(40), platforms: ['linux/amd64', 'linux/386'] });
    const second = await retry(shop, { what: 'no-capacity' });
    expect(second).toMatchObject({ reason: 'image', schema: 'migrated', situation: { schema: 'migrated' } });
    expect(second.message).toMatch(/the task runs on linux\/arm64; the schema was changed by an earlier attempt$/);
    expect(second.remedy).toBe(`Build and push the image for linux/arm64, then resume with retryMigration: true (release --resume ${second.runId} --retry-migration).`);
  });

  it('knows the schema untouched that the attempt before has provably left so, and reopens', async () => {
    const shop = await startShop();
    clouds.push(shop.cloud);
    failMigration(shop, { what: 'exit', exitCode: 1 });
    const failure = (await deployWithMigration(shop.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrapErr() as Failure;
    expect(failure.schema).toBe('untouched');
    const second = await retry({ ...shop, failure }, { what: 'no-capacity' });
    expect(second).toMatchObject({ schema: 'untouched', situation: { schema: 'untouched' }, remedy: 'Nothing was run. Resume in a few minutes: capacity comes back.' });
    (await reopen((await shop.another()).env, { run: second.runId }))._unsafeUnwrap();
    expect(shop.cloud.inspect.violations).toEqual([]);
  });
});

describe('a migration whose RunTask was journalled and never sent', () => {
  /** A release whose process dies right before it sends the migration's RunTask, after the one of the status command. */
  async function unsentMigration(): Promise<ShopProcess & { readonly runId: string }> {
    const shop = await startShop();
    clouds.push(shop.cloud);
    const { connection, store, died } = mortal(shop.cloud.connection, shop.store, { atCall: 2, operation: 'RunTask', when: 'before' });
    void deployWithMigration((await connect(definition, { ...connection, runStore: store }))._unsafeUnwrap(), { version: nextVersion });
    await died;
    const [journal] = (await shop.store.list('shop/runs/'))._unsafeUnwrap();
    return { ...shop, runId: journal!.slice('shop/runs/'.length) };
  }

  it('is not sent on resume beside one by hand, beside a service that is back, or after a write that the snapshot does not hold', async () => {
    const shop = await unsentMigration();
    const { credentials, requestHandler } = shop.cloud.connection.aws;
    const ecs = new ECSClient({ region: 'eu-central-1', credentials, requestHandler: requestHandler as never });
    const resumed = async () => (await resume((await shop.another()).env, deployWithMigration, shop.runId))._unsafeUnwrapErr();

    shop.cloud.faults.add({ kind: 'task', family: 'migrate', what: 'never-ends', times: 1 });
    const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } };
    const { tasks } = await ecs.send(new RunTaskCommand({ cluster: 'shop', taskDefinition: 'migrate', launchType: 'FARGATE', networkConfiguration }));
    expect(await resumed()).toMatchObject({ kind: 'Conflict', reason: 'migration-in-flight' });
    await ecs.send(new StopTaskCommand({ cluster: 'shop', task: tasks![0]!.taskArn }));

    await ecs.send(new UpdateServiceCommand({ cluster: 'shop', service: 'jobs', desiredCount: 1 }));
    await shop.cloud.clock.sleep(300_000);
    expect(await resumed()).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', changes: ['service jobs: desired count 0 -> 1'] });

    await ecs.send(new UpdateServiceCommand({ cluster: 'shop', service: 'jobs', desiredCount: 0 }));
    await shop.cloud.clock.sleep(300_000);
    expect(await resumed()).toMatchObject({ kind: 'Refused', rule: 'restore-point', situation: { left: 'hold' } });
    expect(ownTasks(shop)).toEqual([]);
  });
});
