import { ECSClient, RunTaskCommand } from '@aws-sdk/client-ecs';
import { awaitDbSettled, awaitDrained, connect, deployWithMigration, errAsync, memoryRunStore, okAsync, preflight, readState, setMaintenance, startServices, stopServices, verifyDeployment, type PreflightCheck, type ReleasePreflightOptions } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, shop, type ShopOptions, type ShopProcess, startShop } from '../shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) {
    expect(cloud.inspect.defects).toEqual([]);
    await cloud.stop();
  }
});

async function start(options: ShopOptions = {}): Promise<ShopProcess> {
  const process = await startShop(options);
  clouds.push(process.cloud);
  return process;
}

const writes = /:(Modify|Update|Create|Register|Run|Put|Stop|Delete)/;
const writesOf = (cloud: LocalCloud) => cloud.requests.filter(({ operation }) => writes.test(operation));

function runTask({ connection }: LocalCloud, taskDefinition: string) {
  const client = new ECSClient({ region: 'eu-central-1', credentials: connection.aws.credentials, requestHandler: connection.aws.requestHandler as never });
  const awsvpcConfiguration = { subnets: ['subnet-a'], securityGroups: ['sg-shop'] };
  return client.send(new RunTaskCommand({ cluster: 'shop', taskDefinition, launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration } }));
}

describe('connect', () => {
  it('finds everything in seven calls and changes nothing', async () => {
    const { cloud } = await start();
    expect(cloud.requests.map(({ operation }) => operation).sort()).toEqual([
      'ecs:DescribeClusters',
      'ecs:DescribeServices',
      'elbv2:DescribeListeners',
      'elbv2:DescribeLoadBalancers',
      'elbv2:DescribeTargetGroups',
      'rds:DescribeDBInstances',
      'sts:GetCallerIdentity',
    ]);
  });

  it('lists everything that is missing, with region and account', async () => {
    const { cloud } = await start();
    const wrong = { ...shop, loadBalancer: 'shpo', database: 'shpo', services: { ...shop.services, search: { role: 'application', desiredCount: 1 } } } as const;
    const error = (await connect(wrong, { ...cloud.connection, runStore: memoryRunStore() }))._unsafeUnwrapErr();
    const where = 'does not exist in eu-central-1 of account 123456789012';
    expect(error).toMatchObject({ kind: 'NotFound', message: `service search ${where}; load balancer shpo ${where}; database instance shpo ${where}` });
  });

  it('finds nothing in another region', async () => {
    const { cloud } = await start();
    const error = (await connect({ ...shop, region: 'eu-central-2' }, { ...cloud.connection, runStore: memoryRunStore() }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'NotFound', region: 'eu-central-2' });
  });

  it('gets through throttling, a broken answer and a server’s error', async () => {
    const { cloud } = await start();
    cloud.faults.add({ kind: 'throttle', operation: 'ecs:DescribeServices', occurrence: 1, times: 3 });
    cloud.faults.add({ kind: 'server-error', operation: 'rds:DescribeDBInstances', occurrence: 1, times: 2 });
    cloud.faults.add({ kind: 'lost-response', operation: 'elbv2:DescribeListeners', occurrence: 1 });
    expect((await connect(shop, { ...cloud.connection, runStore: memoryRunStore() })).isOk()).toBe(true);
  });

  it('tells expired credentials and denied calls from each other', async () => {
    const { cloud } = await start();
    cloud.faults.add({ kind: 'expired-credentials', operation: 'sts:*' });
    expect((await connect(shop, { ...cloud.connection, runStore: memoryRunStore() }))._unsafeUnwrapErr()).toMatchObject({ kind: 'CredentialsExpired', operation: 'sts:GetCallerIdentity' });
    cloud.faults.clear();
    cloud.faults.add({ kind: 'access-denied', operation: 'rds:DescribeDBInstances' });
    expect((await connect(shop, { ...cloud.connection, runStore: memoryRunStore() }))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'rds:DescribeDBInstances' });
  });
});

describe('preflight', () => {
  const failures = (checks: readonly PreflightCheck[]) => checks.filter(({ status }) => status === 'failed').map(({ group, name }) => `${group}, ${name}`);

  async function look({ env }: ShopProcess, version = nextVersion): Promise<readonly string[]> {
    const result = await preflight(env, { version });
    return result.match(({ checks }) => failures(checks), (error) => (error.kind === 'PreflightFailed' ? failures(error.checks) : [error.kind]));
  }

  it('passes for a version that can be released, without a change or a lock', async () => {
    const shop = await start();
    expect(await look(shop)).toEqual([]);
    expect(writesOf(shop.cloud)).toEqual([]);
    expect((await shop.store.list('shop/'))._unsafeUnwrap()).toEqual([]);
  });

  it('tells each image that is not there, a denied call and a task in flight at once', async () => {
    const shop = await start();
    shop.cloud.faults.add({ kind: 'task', family: 'migrate', what: 'never-ends' });
    await runTask(shop.cloud, 'migrate');
    shop.cloud.faults.add({ kind: 'access-denied', operation: 'elbv2:DescribeRules' });
    expect(await look(shop, 'v9.9.9')).toEqual(['images, web of web', 'images, jobs of jobs', 'images, migration', 'runs, migration', 'gate, rules']);
  });
});

describe('preflight of what comes at its own time', () => {
  const told = async ({ env }: ShopProcess, options: Partial<ReleasePreflightOptions> = {}) => {
    const checks = await preflight(env, { version: nextVersion, ...options }).match((report) => report.checks, (error) => (error.kind === 'PreflightFailed' ? error.checks : []));
    return checks.filter(({ group, status }) => group === 'calendar' && status !== 'ok').map(({ name, status }) => `${status} ${name}`);
  };
  // the cloud starts at 8:00 on a Monday
  const database = { backupWindow: '08:45-09:15', maintenanceWindow: 'mon:08:00-mon:10:00', pendingMaintenance: [{ action: 'system-update', autoAppliedAfter: '2026-11-20T00:00:00.000Z' }] };

  it('refuses a release into windows of RDS and pending maintenance, and warns of them where that is wanted', async () => {
    const shop = await start({ database });
    expect(await told(shop)).toEqual(['failed backup window', 'failed maintenance window', 'failed pending maintenance']);
    expect(await told(shop, { calendar: 'warn' })).toEqual(['warning backup window', 'warning maintenance window', 'warning pending maintenance']);
    expect(await told(shop, { for: 'deployment' })).toEqual(['skip backup window', 'failed maintenance window', 'failed pending maintenance']);
    expect(writesOf(shop.cloud)).toEqual([]);
  });

  it('goes by how long earlier releases took', async () => {
    const shop = await start();
    expect((await deployWithMigration(shop.env, { version: nextVersion, reopen: 'when-verified' })).isOk()).toBe(true);
    const { checks } = (await preflight(shop.env, { version: nextVersion }))._unsafeUnwrap();
    expect(checks.find(({ name }) => name === 'worst case')).toMatchObject({ detail: expect.stringMatching(/\(twice the median of earlier runs, \d+ min\)$/) as string });
    // revisions that the library made name digests, which are asked for the tag of their version
    expect(checks.filter(({ name }) => name.startsWith('running')).map(({ status, detail }) => `${status} ${detail.replace(/sha256:\w+/, 'sha256:…')}`)).toEqual([
      'ok shop@sha256:… is web-v2.0.0',
      'ok shop@sha256:… is jobs-v2.0.0',
      'warning v2.0.0 is what runs now: web:2 with web shop@sha256:…',
      'warning v2.0.0 is what runs now: jobs:2 with jobs shop@sha256:…',
    ]);
    expect(checks.find(({ name }) => name === 'storage')).toMatchObject({ status: 'ok', detail: '15.0 of 20 GiB are free' });
    expect(checks.find(({ name }) => name === 'snapshot quota')).toMatchObject({ status: 'ok', detail: '1 of 100 manual snapshots are taken' });
  });
});

describe('readState', () => {
  it('tells the states a release goes through, and that administration may be paused', async () => {
    const { env } = await start();
    const state = async () => (await readState(env))._unsafeUnwrap();
    expect(await state()).toMatchObject({ state: 'running', health: { healthy: true } });
    expect((await setMaintenance(env, 'on')).isOk()).toBe(true);
    expect(await state()).toMatchObject({ state: 'restricted', gate: { maintenance: 'on' } });
    expect((await stopServices(env)).isOk()).toBe(true);
    expect(await state()).toMatchObject({ state: 'db-only', differences: [], services: { office: { desired: 0 } }, putAside: expect.arrayContaining(['gate', 'service:office']) as string[] });
    expect((await startServices(env)).isOk()).toBe(true);
    expect(await state()).toMatchObject({ state: 'restricted' });
    expect((await setMaintenance(env, 'off')).isOk()).toBe(true);
    expect(await state()).toMatchObject({ state: 'running', putAside: [] });
  });
});

describe('awaitDrained', () => {
  it('waits for the last visitor’s minute to be over, and reports what was seen', async () => {
    const { cloud, env } = await start();
    const { provenAt } = (await setMaintenance(env, 'on'))._unsafeUnwrap();
    const startedAt = Date.parse(provenAt);
    const operating = (async () => {
      for (let second = 0; second < 180; second += 5) {
        await cloud.connection.fetch('https://shop.test/', { headers: { 'x-shop-operator': 'open-sesame-0123456789' } });
        await cloud.clock.sleep(5_000);
      }
    })();
    const report = (await awaitDrained(env, { provenAt }))._unsafeUnwrap();
    await operating;
    expect(report).toMatchObject({ drained: true, lastMinute: { requests: 0 } });
    expect(Date.parse(report.lastMinute!.at)).toBeGreaterThanOrEqual(startedAt + 120_000);
  });

  it('does not wait for operators that are allowed for', async () => {
    const { cloud, env } = await start();
    const { provenAt } = (await setMaintenance(env, 'on'))._unsafeUnwrap();
    await cloud.clock.sleep(60_000);
    await cloud.connection.fetch('https://shop.test/', { headers: { 'x-shop-operator': 'open-sesame-0123456789' } });
    expect((await awaitDrained(env, { provenAt, ignoreBelow: 1 }))._unsafeUnwrap()).toMatchObject({ drained: true });
  });
});

describe('verifyDeployment', () => {
  it('passes as an operator while visitors are kept out, and lists what fails', async () => {
    let works = true;
    const { cloud, env } = await start({ checks: { search: () => (works ? okAsync('3 found') : errAsync({ message: 'nothing found' })) } });
    expect((await setMaintenance(env, 'on')).isOk()).toBe(true);
    expect((await verifyDeployment(env))._unsafeUnwrap().checks.map(({ check }) => check)).toEqual(['front page', 'search', 'targets of web', 'visitors are kept out']);
    works = false;
    expect((await verifyDeployment(env, { timeoutSeconds: 10 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'VerificationFailed', failures: [{ check: 'search', message: 'nothing found' }] });
    expect(writesOf(cloud).every(({ operation }) => operation === 'elbv2:ModifyRule')).toBe(true);
  });
});

describe('awaitDbSettled', () => {
  it('called by itself, waits for minutes from now on, and finds an idle database settled', async () => {
    const { cloud, env } = await start();
    const report = (await awaitDbSettled(env, { settledSeconds: 60 }))._unsafeUnwrap();
    expect(report).toMatchObject({ instanceStatus: 'available', vacuum: 'not observed' });
    expect(report.seconds).toBeGreaterThanOrEqual(60);
    expect(writesOf(cloud)).toEqual([]);
  });
});
