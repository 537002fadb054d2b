import { RDSClient, StartDBInstanceCommand } from '@aws-sdk/client-rds';
import { connect, defineRecipe, deployWithMigration, type Environment, keepDbStopped, memoryRunStore, okAsync, plan, releaseHold, resume, setMaintenance, startDb, startServices, stopDb, stopServices } from '@graasp/deploy';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '@graasp/local-cloud';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mortal } from './mortal.js';
import { nextVersion, shop, shopBlueprint, type ShopOptions, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start(options: ShopOptions = {}): Promise<ShopProcess> {
  const process = await startShop(options);
  clouds.push(process.cloud);
  return process;
}

/** As a nightly schedule leaves it: visitors kept out, no service, no database. */
async function stopEverything(env: Environment): Promise<void> {
  (await setMaintenance(env, 'on'))._unsafeUnwrap();
  (await stopServices(env))._unsafeUnwrap();
  (await stopDb(env))._unsafeUnwrap();
}

/** A stopped shop without services, whose days pass quickly. */
async function startEmpty(options: Pick<LocalCloudOptions, 'hosts' | 'scale' | 'profile'> = {}): Promise<Pick<ShopProcess, 'cloud' | 'env' | 'store'>> {
  const services = shopBlueprint.services.map(({ autoScaling: _, ...service }) => ({ ...service, desiredCount: 0 }));
  const cloud = await startLocalCloud({ blueprint: { ...shopBlueprint, services }, ...options });
  clouds.push(cloud);
  const store = memoryRunStore();
  return { cloud, store, env: (await connect(shop, { ...cloud.connection, runStore: store }))._unsafeUnwrap() };
}

const day = 24 * 3_600_000;
const status = ({ inspect }: LocalCloud) => inspect.database()?.status;
const calls = ({ requests }: LocalCloud, operation: string) => requests.filter((request) => request.operation === `rds:${operation}`);

async function startByHand({ connection }: LocalCloud): Promise<void> {
  const client = new RDSClient({ region: 'eu-central-1', credentials: connection.aws.credentials, requestHandler: connection.aws.requestHandler as never });
  await client.send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'shop' }));
}

describe('stopDb and startDb', () => {
  it('take a shop down and up again, with the rows that were there', async () => {
    const { cloud, env } = await start();
    await stopEverything(env);
    expect(status(cloud)).toBe('stopped');
    const rows = cloud.inspect.database()?.model?.rows;

    const started = (await startDb(env))._unsafeUnwrap();
    expect(started).toMatchObject({ database: 'shop', started: true, status: 'available', endpoint: { port: 5432 } });
    expect(cloud.inspect.database()?.model?.rows).toBe(rows);
    (await startServices(env))._unsafeUnwrap();
    (await setMaintenance(env, 'off'))._unsafeUnwrap();
    expect((await cloud.connection.fetch('https://shop.test/')).status).toBe(200);
    expect(cloud.inspect.violations).toEqual([]);
  });

  it('say so when there is nothing to do, and ask RDS for nothing', async () => {
    const { cloud, env } = await start();
    expect((await startDb(env))._unsafeUnwrap()).toMatchObject({ started: false });
    await stopEverything(env);
    expect((await stopDb(env))._unsafeUnwrap()).toMatchObject({ stopped: false });
    expect([calls(cloud, 'StartDBInstance').length, calls(cloud, 'StopDBInstance').length]).toEqual([0, 1]);
  });

  it.each(['demo', 'realistic'] as const)('follow each other, %s: a start waits out a stop, and a stop a start', async (profile) => {
    const { cloud, env } = await startEmpty({ profile });
    expect((await stopDb(env, { timeoutSeconds: 1 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: profile === 'demo' ? 'shop is stopping' : 'shop is about to stop' });
    expect((await startDb(env))._unsafeUnwrap()).toMatchObject({ started: true });
    expect((await stopDb(env))._unsafeUnwrap()).toMatchObject({ stopped: true });
    await startByHand(cloud);
    // what somebody else did a moment ago cannot be known while reads are stale
    await cloud.clock.sleep(5_000);
    expect(status(cloud)).toBe('starting');
    expect((await stopDb(env))._unsafeUnwrap()).toMatchObject({ stopped: true });
    expect(status(cloud)).toBe('stopped');
  });

  it('leave no hold when they time out', async () => {
    const { env, store } = await startEmpty();
    (await stopDb(env, { timeoutSeconds: 1 }))._unsafeUnwrapErr();
    expect((await store.read('shop/hold'))._unsafeUnwrap()).toBeNull();
    expect((await stopDb(env)).isOk()).toBe(true);
  });

  it('ask once when the answer is lost', async () => {
    const { cloud, env } = await startEmpty();
    for (const operation of ['rds:StopDBInstance', 'rds:StartDBInstance']) cloud.faults.add({ kind: 'lost-response', operation, occurrence: 1 });
    expect((await stopDb(env))._unsafeUnwrap()).toMatchObject({ stopped: true });
    expect((await startDb(env))._unsafeUnwrap()).toMatchObject({ started: true });
    // the second meets the instance on its way
    expect(calls(cloud, 'StopDBInstance').map(({ error }) => error)).toEqual([undefined, 'InvalidDBInstanceState']);
    expect(calls(cloud, 'StartDBInstance').map(({ error }) => error)).toEqual([undefined, 'InvalidDBInstanceState']);
  });

  it('refuse to stop it under services that use it', async () => {
    const { cloud, env, events } = await start();
    const error = (await stopDb(env))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Refused', rule: 'database-in-use' });
    expect(error.message).toContain('service web (desired count 2), service jobs (desired count 1), service office (desired count 1)');
    (await stopServices(env, { administration: 'keep' }))._unsafeUnwrap();
    expect((await stopDb(env))._unsafeUnwrapErr().message).toContain('used by service office (desired count 1):');
    expect(status(cloud)).toBe('available');
    expect(events.filter(({ type }) => type === 'hold-set')).toEqual([]);
  });

  it('refuse a second run while one is at it', async () => {
    const { cloud, env } = await startEmpty();
    const stopping = stopDb(env);
    await cloud.clock.sleep(5_000);
    expect((await startDb(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock' });
    expect((await stopDb(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock' });
    expect((await keepDbStopped(env))._unsafeUnwrap().stopped).toBe(false);
    expect((await stopping)._unsafeUnwrap()).toMatchObject({ stopped: true });
  });

  it('obey the hold of a release that failed, until it is let go of', async () => {
    const { cloud, env } = await start();
    const held = (await deployWithMigration(env, { version: nextVersion, timeoutSeconds: { 'await-db-settled': 30 } }))._unsafeUnwrapErr();
    expect((await startDb(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold', holder: held.runId });
    expect((await stopDb(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold', holder: held.runId });
    expect((await keepDbStopped(env))._unsafeUnwrap()).toMatchObject({ stopped: false, why: expect.stringContaining('shop is held since') as string });
    expect(calls(cloud, 'StopDBInstance')).toEqual([]);
    (await releaseHold(env, { run: held.runId, reason: 'looked at it' }))._unsafeUnwrap();
    expect((await keepDbStopped(env))._unsafeUnwrap().why).toContain('stopped by a run that did not stop the database');
    expect((await stopDb(env))._unsafeUnwrap()).toMatchObject({ stopped: true });
  });

  it('adopt on resume what RDS had accepted before the process ended', async () => {
    const { cloud, env, abort, another, events } = await start();
    const night = defineRecipe('night', async function* (run, _: object) {
      yield* run.step('quiet', (env) => stopServices(env));
      const stopped = yield* run.step('stop', (env) => stopDb(env));
      const started = yield* run.step('start', (env) => startDb(env));
      return okAsync({ stopped: stopped.stopped, started: started.started });
    });
    const push = events.push.bind(events);
    events.push = (...added) => {
      if (added.some((event) => event.type === 'waiting' && event.seen === 'shop is stopping')) abort.abort();
      return push(...added);
    };
    const { runId } = (await night(env, {}))._unsafeUnwrapErr();
    expect((await resume((await another()).env, night, runId))._unsafeUnwrap()).toEqual({ stopped: true, started: true });
    expect([calls(cloud, 'StopDBInstance').length, calls(cloud, 'StartDBInstance').length]).toEqual([1, 1]);
  });

  it.each([
    ['StopDBInstance', 'before'],
    ['StopDBInstance', 'after'],
    ['StartDBInstance', 'before'],
    ['StartDBInstance', 'after'],
  ] as const)('ask once when their process is killed at %s, %s RDS has done it', async (operation, when) => {
    const { cloud, env, store } = await startEmpty();
    const cycle = defineRecipe('cycle', async function* (run, _: object) {
      const { stopped } = yield* run.step('stop', (env) => stopDb(env));
      const { started } = yield* run.step('start', (env) => startDb(env));
      return okAsync({ stopped, started });
    });
    const dying = mortal(cloud.connection, store, { operation, atCall: 1, when });
    const doomed = (await connect(shop, { ...cloud.connection, ...dying.connection, runStore: dying.store }))._unsafeUnwrap();
    expect(await Promise.race([dying.died, cycle(doomed, {})])).toBe(operation);
    await cloud.clock.sleep(300_000);
    const run = (await store.list('shop/runs/'))._unsafeUnwrap().at(-1)!.slice('shop/runs/'.length);
    expect((await resume(env, cycle, run))._unsafeUnwrap()).toEqual({ stopped: true, started: true });
    expect([calls(cloud, 'StopDBInstance').length, calls(cloud, 'StartDBInstance').length]).toEqual([1, 1]);
  });

  it('are planned in the order of a recipe, with nothing sent', async () => {
    const { cloud, env } = await start();
    const cycle = defineRecipe('cycle', async function* (run, _: object) {
      yield* run.step('quiet', (env) => stopServices(env));
      yield* run.step('stop', (env) => stopDb(env));
      yield* run.step('keep', (env) => keepDbStopped(env));
      const started = yield* run.step('start', (env) => startDb(env));
      return okAsync({ started });
    });
    const { steps } = (await plan(env, cycle, {}))._unsafeUnwrap();
    const changes = steps.map(({ name, changes }) => ({ name, changes: changes.filter(({ operation }) => operation.startsWith('rds:')).map(({ operation, from, to }) => `${operation}: ${from} → ${to}`) }));
    expect(changes).toEqual([
      { name: 'quiet', changes: [] },
      { name: 'stop', changes: ['rds:StopDBInstance: available → stopped'] },
      { name: 'keep', changes: [] },
      { name: 'start', changes: ['rds:StartDBInstance: stopped → available'] },
    ]);
    expect([...calls(cloud, 'StopDBInstance'), ...calls(cloud, 'StartDBInstance')]).toEqual([]);
    expect(status(cloud)).toBe('available');
  });
});

describe('keepDbStopped', () => {
  it('stops again what AWS has started after seven days, and tells why it leaves the rest alone', async () => {
    const { cloud, env } = await startEmpty();
    (await setMaintenance(env, 'on'))._unsafeUnwrap();
    const { startsAgainAt } = (await stopDb(env))._unsafeUnwrap();
    expect(Date.parse(startsAgainAt) - cloud.clock.now()).toBeGreaterThan(6.99 * day);

    await cloud.clock.sleep(day);
    expect((await keepDbStopped(env))._unsafeUnwrap()).toEqual({ database: 'shop', stopped: false, why: 'shop is stopped already', startsAgainAt: null });
    await cloud.clock.sleep(Date.parse(startsAgainAt) - cloud.clock.now() + 5_000);
    expect(status(cloud)).toBe('starting');

    const again = (await keepDbStopped(env))._unsafeUnwrap();
    expect(again).toMatchObject({ stopped: true, why: 'shop ran while everything else in shop was stopped' });
    expect(Date.parse(again.startsAgainAt!) - cloud.clock.now()).toBeGreaterThan(6.99 * day);
    expect(status(cloud)).toBe('stopped');

    (await startDb(env))._unsafeUnwrap();
    expect((await keepDbStopped(env))._unsafeUnwrap()).toMatchObject({ stopped: false, why: expect.stringContaining('was started with startDb at') as string });
    expect(status(cloud)).toBe('available');
  });

  it('stops what the shop’s own steps had stopped, services put aside or not', async () => {
    const { cloud, env } = await start();
    await stopEverything(env);
    await startByHand(cloud);
    expect((await keepDbStopped(env))._unsafeUnwrap()).toMatchObject({ stopped: true });
    expect(status(cloud)).toBe('stopped');
  });

  it('leaves a shop that is open, or restricted, or about to be migrated', async () => {
    const { cloud, env } = await start();
    expect((await keepDbStopped(env))._unsafeUnwrap().why).toMatch(/^the rest of shop is not stopped: rule 1 \(shop\.test\): open -> closed; .*service web: desired count 2 -> 0/);
    (await setMaintenance(env, 'on'))._unsafeUnwrap();
    expect((await keepDbStopped(env))._unsafeUnwrap().why).toMatch(/^the rest of shop is not stopped: service web/);
    (await stopServices(env))._unsafeUnwrap();
    expect((await keepDbStopped(env))._unsafeUnwrap().why).toBe('web, jobs, office were stopped by a run that did not stop the database, and not put back yet');
    expect(calls(cloud, 'StopDBInstance')).toEqual([]);
  });
});

describe('on a real PostgreSQL', () => {
  it('what was written before a stop is there after the start', async () => {
    const { cloud, env } = await startEmpty({ hosts: 'real', scale: 600 });
    await onDatabase(cloud, (client) => client.query(`CREATE TABLE entry AS SELECT generate_series(1, 1000) AS number`));

    expect((await stopDb(env))._unsafeUnwrap()).toMatchObject({ stopped: true });
    expect(cloud.inspect.database()?.address).toBeUndefined();
    expect((await startDb(env))._unsafeUnwrap()).toMatchObject({ started: true });

    const { rows } = await onDatabase(cloud, (client) => client.query<{ sum: string }>('SELECT sum(number) FROM entry'));
    expect(rows).toEqual([{ sum: '500500' }]);
  });
});

async function onDatabase<T>(cloud: LocalCloud, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...cloud.inspect.database()!.address!, user: 'keeper', password: 'not a secret', database: 'shop' });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
