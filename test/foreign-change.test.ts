import { DescribeRulesCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand, type RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ECSClient, RunTaskCommand, StopTaskCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { deployWithMigration, type DeployWithMigrationOptions, type MigrationFailed, releaseHold, resume } from '@graasp/deploy';
import type { Fault, LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, type ShopOptions, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

/** Somebody applies the infrastructure code, or clicks, while the migration runs. */
async function releaseWhile(interfere: (cloud: LocalCloud) => Promise<void>): Promise<{ readonly shop: ShopProcess; readonly error: unknown; readonly violations: number }> {
  const shop = await startShop();
  clouds.push(shop.cloud);
  let interfering: Promise<void> | undefined;
  const push = shop.events.push.bind(shop.events);
  shop.events.push = (...events) => {
    if (interfering === undefined && events.some((event) => event.type === 'change' && event.operation === 'ecs:RunTask' && shop.cloud.inspect.services().every(({ desiredCount }) => desiredCount === 0))) interfering = interfere(shop.cloud);
    return push(...events);
  };
  const result = await deployWithMigration(shop.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 });
  await interfering;
  expect(interfering).toBeDefined();
  return { shop, error: result._unsafeUnwrapErr(), violations: shop.cloud.inspect.violations.length };
}

const config = (cloud: LocalCloud) => ({ region: 'eu-central-1', credentials: cloud.connection.aws.credentials, requestHandler: cloud.connection.aws.requestHandler as never });

const ecsOf = (cloud: LocalCloud) => new ECSClient(config(cloud));

async function setDesiredCounts(cloud: LocalCloud, counts: Readonly<Record<string, number>>): Promise<void> {
  for (const [service, desiredCount] of Object.entries(counts)) await ecsOf(cloud).send(new UpdateServiceCommand({ cluster: 'shop', service, desiredCount }));
}

const slowSnapshot = (minutes: number): Fault => ({ kind: 'snapshot', what: 'slow', ms: minutes * 60_000 });

const ownTasks = ({ cloud }: ShopProcess) => cloud.requests.filter(({ operation, input }) => operation === 'ecs:RunTask' && String((input as { startedBy?: string }).startedBy).startsWith('migration/'));

/** A release that is held, because its migration failed and has changed nothing. */
async function heldRelease(options: ShopOptions = {}): Promise<{ readonly shop: ShopProcess; readonly runId: string }> {
  const shop = await startShop(options);
  clouds.push(shop.cloud);
  const push = shop.events.push.bind(shop.events);
  shop.events.push = (...events) => {
    if (events.some((event) => event.type === 'change' && event.resource === 'migration migrate')) shop.cloud.faults.add({ kind: 'task', family: 'migrate', what: 'exit', exitCode: 1, times: 1 });
    return push(...events);
  };
  const error = (await deployWithMigration(shop.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrapErr() as MigrationFailed & { readonly runId: string };
  expect(error).toMatchObject({ kind: 'MigrationFailed', schema: 'untouched', situation: { left: 'hold' } });
  expect(ownTasks(shop)).toHaveLength(1);
  return { shop, runId: error.runId };
}

/** A task that no declared service owns: it writes until it is stopped. */
async function workFor(cloud: LocalCloud, ms: number): Promise<void> {
  const client = ecsOf(cloud);
  const { tasks } = await client.send(new RunTaskCommand({ cluster: 'shop', taskDefinition: 'jobs', launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } } }));
  await cloud.clock.sleep(ms);
  await client.send(new StopTaskCommand({ cluster: 'shop', task: tasks![0]!.taskArn! }));
}

async function openRule(cloud: LocalCloud): Promise<void> {
  const client = new ElasticLoadBalancingV2Client(config(cloud));
  const { ruleArn, listenerArn } = cloud.inspect.rules().find(({ priority }) => priority === '1')!;
  const { Rules = [] } = await client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }));
  const conditions: RuleCondition[] = (Rules.find(({ RuleArn }) => RuleArn === ruleArn)?.Conditions ?? []).filter(({ Field }) => Field !== 'http-header').map(({ Values: _, ...condition }) => condition);
  await client.send(new ModifyRuleCommand({ RuleArn: ruleArn, Conditions: conditions }));
}

async function startService(cloud: LocalCloud): Promise<void> {
  await new ECSClient(config(cloud)).send(new UpdateServiceCommand({ cluster: 'shop', service: 'web', desiredCount: 2 }));
}

describe('a rule that somebody opens before anything is stopped', () => {
  it('is closed again, and opened with the others when everything is given back, although reads are stale', async () => {
    const shop = await startShop();
    clouds.push(shop.cloud);
    const push = shop.events.push.bind(shop.events);
    let interfering: Promise<void> | undefined;
    shop.events.push = (...events) => {
      if (interfering === undefined && events.some((event) => event.type === 'step-started' && event.step === 'await-drained')) interfering = openRule(shop.cloud).then(() => shop.cloud.faults.add({ kind: 'stale-read', operation: 'elbv2:DescribeRules', ms: 3_000, times: 1_000 }));
      return push(...events);
    };
    const error = (await deployWithMigration(shop.env, { version: nextVersion, onDrainTimeout: 'fail' }))._unsafeUnwrapErr();
    await interfering;
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', situation: { left: 'as-found' } });
    expect(shop.cloud.inspect.rules().filter(({ conditions }) => JSON.stringify(conditions).includes('http-header'))).toEqual([]);
  });
});

describe('a change by somebody else during the migration', () => {
  it('of a rule ends the run in a hold, with the gate closed again', async () => {
    const { shop, error } = await releaseWhile(openRule);
    expect(error).toMatchObject({
      kind: 'Conflict',
      reason: 'foreign-change',
      changes: ['rule 1 (shop.test): closed -> open'],
      message: expect.stringContaining('closed again: rule 1 (shop.test)') as string,
      situation: { step: 'run-migration', left: 'hold', maintenance: 'on' },
    });
    const visitor = await shop.cloud.connection.fetch('https://shop.test/', { redirect: 'manual' });
    expect([visitor.status, visitor.headers.get('location')]).toEqual([302, expect.stringContaining('closed.shop.test')]);
  });

  it('of a desired count ends the run in a hold, and names it', async () => {
    const { error } = await releaseWhile(startService);
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', changes: ['service web: desired count 0 -> 2'], situation: { step: 'run-migration', left: 'hold' } });
  });
});

describe('a change by somebody else while a run is held', () => {
  it('ends the resumed run before a migration is started', async () => {
    const { shop, runId } = await heldRelease();
    await setDesiredCounts(shop.cloud, { web: 2, jobs: 1 });
    await openRule(shop.cloud);
    await shop.cloud.clock.sleep(600_000);
    const error = (await resume((await shop.another()).env, deployWithMigration, runId, { retryMigration: true }))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'Conflict',
      reason: 'foreign-change',
      changes: ['rule 1 (shop.test): closed -> open', 'service web: desired count 0 -> 2', 'service jobs: desired count 0 -> 1'],
      situation: { step: 'run-migration', left: 'hold', maintenance: 'on' },
    });
    await shop.cloud.clock.sleep(300_000);
    expect(ownTasks(shop)).toHaveLength(1);
    expect(shop.cloud.inspect.database()!.model!.schema).toBe('one');
    expect(shop.cloud.inspect.violations).toEqual([]);
  });

  it('keeps a migration from starting although it was undone: what was written since is not in the snapshot', async () => {
    const { shop, runId } = await heldRelease();
    await setDesiredCounts(shop.cloud, { web: 2, jobs: 1 });
    await shop.cloud.clock.sleep(600_000);
    await setDesiredCounts(shop.cloud, { web: 0, jobs: 0 });
    // AWS has forgotten the tasks by now
    await shop.cloud.clock.sleep(2 * 3_600_000);
    const error = (await resume((await shop.another()).env, deployWithMigration, runId, { retryMigration: true }))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'Refused',
      rule: 'restore-point',
      remedy: 'See that nothing writes any more, let go of the environment with releaseHold, and begin a new run: it takes another snapshot.',
      situation: { step: 'run-migration', left: 'hold' },
    });
    expect(error.message).toMatch(/something may have written since: .*\(service web\) has started 2 tasks/);
    expect(ownTasks(shop)).toHaveLength(1);

    const later = await shop.another();
    (await releaseHold(later.env, { run: runId, reason: 'looked at it' }))._unsafeUnwrap();
    const { restorePoint, openedAt } = (await deployWithMigration(later.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap();
    const lastOldWrite = shop.cloud.inspect.database()!.model!.writesLog.filter(({ schema }) => schema === 'one').at(-1)!;
    expect(Date.parse(restorePoint.databaseTime!)).toBeGreaterThanOrEqual(lastOldWrite.at);
    expect(openedAt).not.toBeNull();
    expect(shop.cloud.inspect.violations).toEqual([]);
  });

  it('is seen by the times of AWS, also from a machine whose clock is ahead', async () => {
    const { shop, runId } = await heldRelease({ aheadMs: 15 * 60_000 });
    await setDesiredCounts(shop.cloud, { jobs: 1 });
    await shop.cloud.clock.sleep(200_000);
    await setDesiredCounts(shop.cloud, { jobs: 0 });
    await shop.cloud.clock.sleep(200_000);
    const error = (await resume((await shop.another()).env, deployWithMigration, runId, { retryMigration: true }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Refused', rule: 'restore-point' });
    expect(error.message).toMatch(/something may have written since: service:jobs /);
  });

  it('keeps a migration from starting when a task wrote that AWS has forgotten since, and not when there was none', async () => {
    const { shop, runId } = await heldRelease();
    await workFor(shop.cloud, 300_000);
    await shop.cloud.clock.sleep(2 * 3_600_000);
    const error = (await resume((await shop.another()).env, deployWithMigration, runId, { retryMigration: true }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Refused', rule: 'restore-point', situation: { step: 'run-migration', left: 'hold' } });
    expect(error.message).toMatch(/something may have written since: tasks of no declared service, which ECS has forgotten by now, from \S+ to \S+: the database is not known to have been without connections\./);
    expect(ownTasks(shop)).toHaveLength(1);

    const alone = await heldRelease();
    await alone.shop.cloud.clock.sleep(2 * 3_600_000);
    (await resume((await alone.shop.another()).env, deployWithMigration, alone.runId, { retryMigration: true }))._unsafeUnwrap();
  });

  it('ends the run also when it goes on at a step that changes nothing itself', async () => {
    const shop = await startShop();
    clouds.push(shop.cloud);
    const { runId } = (await deployWithMigration(shop.env, { version: nextVersion, reopen: 'when-verified', timeoutSeconds: { 'await-db-settled': 30 } }))._unsafeUnwrapErr();
    await openRule(shop.cloud);
    const later = await shop.another();
    const error = (await resume(later.env, deployWithMigration, runId))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', situation: { step: 'await-db-settled', left: 'hold', maintenance: 'on' } });
    expect(later.events.filter(({ type }) => type === 'waiting')).toEqual([]);
  });
});

describe('administration that goes on by choice', () => {
  it('is no reason not to migrate', async () => {
    const shop = await startShop();
    clouds.push(shop.cloud);
    (await deployWithMigration(shop.env, { version: nextVersion, reopen: 'when-verified', administration: 'keep' }))._unsafeUnwrap();
    expect(shop.cloud.inspect.violations).toEqual([]);
  });
});

describe('a task that no declared service owns', () => {
  /** Begins while services stop, and writes until it is stopped a while later. */
  async function releaseBeside(startsAt: string, options: Partial<DeployWithMigrationOptions>, faults: readonly Fault[] = []) {
    const shop = await startShop({ faults });
    clouds.push(shop.cloud);
    let work: Promise<unknown> | undefined;
    const push = shop.events.push.bind(shop.events);
    shop.events.push = (...events) => {
      if (work === undefined && events.some((event) => event.type === 'waiting' && event.waitingFor === startsAt)) work = workFor(shop.cloud, 400_000);
      return push(...events);
    };
    const result = await deployWithMigration(shop.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60, ...options });
    expect(work).toBeDefined();
    await work;
    return { shop, result };
  }

  it('is waited for before the snapshot when it began while services stopped', async () => {
    const { shop, result } = await releaseBeside('tasks of web to stop', { otherTasks: 'wait' });
    const { restorePoint } = result._unsafeUnwrap();
    const lastOldWrite = shop.cloud.inspect.database()!.model!.writesLog.filter(({ schema }) => schema === 'one').at(-1)!;
    expect(Date.parse(restorePoint.databaseTime!)).toBeGreaterThanOrEqual(lastOldWrite.at);
    expect(shop.cloud.inspect.violations).toEqual([]);
  });

  it('ends the run as it was found before the snapshot by default', async () => {
    const { result } = await releaseBeside('tasks of web to stop', {});
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'task-in-flight', situation: { step: 'snapshot-db', left: 'as-found' } });
  });

  it('keeps a migration from starting when it wrote after the snapshot, also once it was waited for', async () => {
    const { shop, result } = await releaseBeside('the snapshot to be available', { otherTasks: 'wait' });
    const error = result._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Refused', rule: 'restore-point', situation: { step: 'run-migration', left: 'hold' } });
    expect(error.message).toContain('something may have written since: family:jobs ');
    expect(ownTasks(shop)).toEqual([]);
  });

  it('keeps a migration from starting too when AWS has forgotten it by the end of a long snapshot', async () => {
    const { result } = await releaseBeside('the snapshot to be available', {}, [slowSnapshot(70)]);
    const error = result._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Refused', rule: 'restore-point', situation: { step: 'run-migration', left: 'hold' } });
    expect(error.message).toContain('something may have written since: family:jobs ');
  });
});

describe('a snapshot of hours', () => {
  it('is no reason not to migrate, beside sessions of administration that goes on', async () => {
    const shop = await startShop({ faults: [slowSnapshot(55)] });
    clouds.push(shop.cloud);
    (await deployWithMigration(shop.env, { version: nextVersion, administration: 'keep' }))._unsafeUnwrap();
  });
});
