import { CreateDBInstanceCommand, DescribeDBInstancesCommand, type DBInstance, ModifyDBInstanceCommand, RDSClient, StartDBInstanceCommand, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import { ECSClient, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { applyMigration, connect, deployWithMigration, type DeployWithMigrationError, memoryRunStore, plan, readState, reopen, restoreDb, resume, rollBack, setMaintenance, snapshotDb, stopServices } from '@graasp/deploy';
import { type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, runningVersion, shop, shopBlueprint, shopImages, type ShopOptions, type ShopProcess, startShop } from './shop.js';

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

type Held = ShopProcess & { readonly error: DeployWithMigrationError };

/** A release whose migration has changed the schema and whose new version then does not come up. */
async function heldOnNewCode(options: ShopOptions = {}): Promise<Held> {
  const at = await start(options);
  at.cloud.faults.add({ kind: 'service-image', image: `web-${nextVersion}`, what: 'crash-loop' });
  const error = (await deployWithMigration(at.env, { version: nextVersion, settledSeconds: 60 }))._unsafeUnwrapErr();
  expect(error.situation).toMatchObject({ step: 'deploy-core', left: 'hold', schema: 'migrated' });
  at.cloud.faults.clear();
  return { ...at, error };
}

/** A release whose migration has changed the schema, and has not told so: killed, it was committed all the same. */
async function heldOnOldCode(): Promise<Held> {
  const at = await start();
  at.cloud.pushImage({ reference: `shop:migrate-${nextVersion}`, model: { kind: 'migration', from: 'one', to: 'two', seconds: 30, commitsAfterKillSeconds: 40 } });
  const push = at.events.push.bind(at.events);
  at.events.push = (...added) => {
    if (added.some((event) => event.type === 'change' && event.resource === 'migration migrate')) at.cloud.faults.add({ kind: 'task', family: 'migrate', times: 1, what: 'out-of-memory', afterMs: 10_000 });
    return push(...added);
  };
  const error = (await deployWithMigration(at.env, { version: nextVersion, settledSeconds: 60 }))._unsafeUnwrapErr();
  expect(error.situation).toMatchObject({ step: 'run-migration', left: 'hold', schema: 'migrated' });
  return { ...at, error };
}

/** A shop at rest behind its gate, with a snapshot of it. */
async function stoppedWithSnapshot(options: ShopOptions = {}): Promise<ShopProcess & { readonly snapshotId: string }> {
  const at = await start(options);
  (await setMaintenance(at.env, 'on'))._unsafeUnwrap();
  (await stopServices(at.env))._unsafeUnwrap();
  return { ...at, snapshotId: (await snapshotDb(at.env))._unsafeUnwrap().restorePoint.snapshotId };
}

const settingsOf = ({ connection }: LocalCloud) => ({ region: shop.region, credentials: connection.aws.credentials, requestHandler: connection.aws.requestHandler as never });
const rdsOf = (cloud: LocalCloud) => new RDSClient(settingsOf(cloud));
const calls = ({ requests }: LocalCloud, operation: string) => requests.filter((request) => request.operation === `rds:${operation}`);
const instances = async (cloud: LocalCloud): Promise<readonly DBInstance[]> => (await rdsOf(cloud).send(new DescribeDBInstancesCommand({}))).DBInstances ?? [];
const names = (cloud: LocalCloud) => cloud.inspect.databases().map(({ identifier }) => identifier.replace(/-\d{8}-.*/, ''));
const visitor = async ({ connection }: LocalCloud) => (await connection.fetch('https://shop.test/', { redirect: 'manual' })).status;

describe('restoreDb', () => {
  it('brings the database back to before the migration of a held run, keeps what was there, and the old version is opened again', async () => {
    const { cloud, env, error, another } = await heldOnOldCode();
    const [before] = await instances(cloud);
    const { restorePoint } = error.situation;
    expect(error.situation.nextActions).toContainEqual({ text: `Bring the database back to ${restorePoint}, for the old version: what was written since is in the instance set aside alone`, command: `release --restore ${restorePoint}` });

    const report = (await restoreDb(env, { confirm: 'shop' }))._unsafeUnwrap();

    expect(report).toMatchObject({
      summary: `shop is back at ${report.restoredFrom.databaseTime}, from ${restorePoint}; what it held is kept in ${report.setAside.identifier}; visitors are kept out`,
      restoredFrom: { snapshotId: restorePoint },
      endpoint: before!.Endpoint!.Address,
      schema: null,
      differs: [],
      letIn: null,
      databases: [{ database: 'shop', usedBy: ['web', 'jobs', 'office'], goesBackTo: report.restoredFrom.databaseTime }],
      setAside: { resourceId: before!.DbiResourceId, securityGroupsTaken: ['sg-shop-database'], securityGroups: ['sg-default'] },
      bringOver: [],
    });
    expect(report.infrastructure).toContain('terraform import ADDRESS shop');
    expect([cloud.inspect.database('shop')?.model?.schema, cloud.inspect.database(report.setAside.identifier)?.model?.schema]).toEqual(['one', 'two']);
    expect((await readState((await another()).env))._unsafeUnwrap()).toMatchObject({ state: 'db-only', hold: null });
    expect(report.nextActions).toEqual([{ text: 'Start what is still stopped as it was found, verify it, and let visitors in', command: `release --reopen ${error.runId}` }]);

    (await reopen((await another()).env, { run: error.runId }))._unsafeUnwrap();
    expect((await readState((await another()).env))._unsafeUnwrap()).toMatchObject({ state: 'running', health: { healthy: true } });
    expect(await visitor(cloud)).toBe(200);
    expect(cloud.inspect.violations).toEqual([]);
    expect(calls(cloud, 'DeleteDBInstance')).toEqual([]);
  });

  it('keeps code that came with the migration off the old schema: it goes back with rollBack first', async () => {
    const { cloud, env, error, another } = await heldOnNewCode();
    const report = (await restoreDb(env, { confirm: 'shop' }))._unsafeUnwrap();
    expect(report.nextActions.map(({ command }) => command)).toEqual([`release --roll-back ${runningVersion}`, `release --reopen ${error.runId}`]);

    expect((await reopen((await another()).env, { run: error.runId }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'new-code-on-old-schema', message: `the database was restored to before its migration to ${nextVersion}, and ${nextVersion} of service web is not older than that: nothing was started` });

    const back = (await rollBack((await another()).env, { to: runningVersion }))._unsafeUnwrap();
    expect(back).toMatchObject({ maintenance: 'on', movedTags: [{ tag: 'web-latest' }, { tag: 'jobs-latest' }], nextActions: [{ command: `release --reopen ${error.runId}` }] });
    (await reopen((await another()).env, { run: error.runId }))._unsafeUnwrap();
    expect((await readState((await another()).env))._unsafeUnwrap()).toMatchObject({ state: 'running', health: { healthy: true } });
    expect(cloud.inspect.violations).toEqual([]);
  });

  it('names the version to release where the snapshot was taken between a migration and the code that fits it', async () => {
    const { cloud, env, another } = await start();
    (await applyMigration(env, { version: nextVersion, settledSeconds: 60 }))._unsafeUnwrap();
    const { snapshotId } = (await snapshotDb((await another()).env))._unsafeUnwrap().restorePoint;
    const { nextActions } = (await restoreDb((await another()).env, { confirm: 'shop', from: { snapshotId } }))._unsafeUnwrap();
    expect(nextActions).toEqual([{ text: `Release ${nextVersion} again, or a later version: ${runningVersion}, which was running, is older than the schema that was restored`, command: `release --version ${nextVersion}` }]);
    (await deployWithMigration((await another()).env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap();
    expect(await visitor(cloud)).toBe(200);
    expect(cloud.inspect.violations).toEqual([]);
  });

  it('knows what it has undone although the machine that migrated is an hour behind AWS', async () => {
    const { env, error, another } = await heldOnNewCode({ aheadMs: -3_600_000 });
    const { schema, nextActions } = (await restoreDb(env, { confirm: 'shop' }))._unsafeUnwrap();
    expect([schema, nextActions.map(({ command }) => command)]).toEqual([null, [`release --roll-back ${runningVersion}`, `release --reopen ${error.runId}`]]);
    expect((await reopen((await another()).env, { run: error.runId }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'new-code-on-old-schema' });
  });

  it('can be followed by the same release once it is mended', async () => {
    const { cloud, env, another } = await heldOnNewCode();
    (await restoreDb(env, { confirm: 'shop' }))._unsafeUnwrap();
    (await deployWithMigration((await another()).env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap();
    expect(await visitor(cloud)).toBe(200);
    expect(cloud.inspect.database('shop')?.model?.schema).toBe('two');
    expect(cloud.inspect.violations).toEqual([]);
  });

  it('gives the restored instance everything that the one before had, also what a restore cannot be told', async () => {
    const at = await start();
    const change = { MonitoringInterval: 60, MonitoringRoleArn: 'arn:aws:iam::123456789012:role/rds', MaxAllocatedStorage: 100, EnableIAMDatabaseAuthentication: true, CloudwatchLogsExportConfiguration: { EnableLogTypes: ['postgresql'] }, CACertificateIdentifier: 'rds-ca-ecc384-g1', BackupRetentionPeriod: 7 };
    await rdsOf(at.cloud).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', ApplyImmediately: true, ...change }));
    await at.cloud.clock.sleep(300_000);
    const [before] = await instances(at.cloud);
    const { restorePoint } = (await snapshotDb(at.env))._unsafeUnwrap();

    const refused = (await restoreDb(at.env, { confirm: 'shop', from: restorePoint }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'lost-writes' });
    expect((await restoreDb(at.env, { confirm: 'shop', from: restorePoint, acceptLostWrites: true }))._unsafeUnwrap().differs).toEqual([]);

    const after = (await instances(at.cloud)).find(({ DBInstanceIdentifier }) => DBInstanceIdentifier === 'shop');
    expect(after).toMatchObject({ DeletionProtection: true, PerformanceInsightsEnabled: true, MonitoringInterval: 60, MaxAllocatedStorage: 100 });
    const own = ['DbiResourceId', 'InstanceCreateTime', 'LatestRestorableTime', 'TagList'];
    const comparable = (instance: object) => Object.fromEntries(Object.entries(instance).filter(([name]) => !own.includes(name)));
    expect(comparable(after!)).toEqual(comparable(before!));
    expect(after!.TagList).toContainEqual({ Key: 'Name', Value: 'shop' });
  });
});

describe('restoreDb, before it begins', () => {
  const writes = /^\w+:(Modify|Register|Update|Create|Put|Run|Restore|Delete)/;

  it.each([undefined, 'shop-production'])('does nothing with %j as confirmation, and tells what would happen', async (confirm) => {
    const { cloud, env, error, store } = await heldOnOldCode();
    const asked = cloud.requests.length;
    const refused = (await restoreDb(env, { confirm }))._unsafeUnwrapErr();

    const { restorePoint } = error.situation;
    const at = cloud.inspect.snapshots().length;
    expect(at).toBe(1);
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'confirm', remedy: "If that is what you want, call it with confirm: 'shop'.", situation: { left: 'untouched', heldBy: error.runId } });
    expect(refused.message).toMatch(
      new RegExp(
        `^restoring shop was not confirmed${confirm === undefined ? '' : ", got 'shop-production'"}\\. ` +
          `Visitors would be kept out, every service that uses shop stopped, administration too, and snapshot ${restorePoint} restored under its name\\. ` +
          'Every database on the instance would go back to 2026-\\S+Z: shop \\(web, jobs, office\\), and whatever else is there\\. ' +
          'Not back would go files \\(what was uploaded since stays, what was deleted since is gone\\); search indexes and caches \\(they know what is no longer in the database\\); mail and whatever else was sent\\. ' +
          'The instance in use would be kept as shop-before-\\S+, which nobody reaches and which costs until you delete it; nothing would be deleted\\. Nothing was changed\\.$',
      ),
    );
    expect(cloud.requests.slice(asked).filter(({ operation }) => writes.test(operation))).toEqual([]);
    expect(JSON.parse((await store.read('shop/hold'))._unsafeUnwrap()!.body)).toMatchObject({ run: error.runId });
  });

  it('tells of a snapshot that is not there, of those that are, and of a wrong confirmation, all at once', async () => {
    const { env, error } = await heldOnOldCode();
    const refused = (await restoreDb(env, { confirm: 'barly', from: { snapshotId: 'shop-nope' } }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({
      kind: 'NotFound',
      name: 'shop-nope',
      remedy: `Check the identifier of the snapshot, the region, and whose credentials are in use. The last that this library took of shop: ${error.situation.restorePoint}. Nor was it confirmed: expected confirm: 'shop', got 'barly'.`,
    });
    const unnamed = (await restoreDb((await start()).env, { confirm: 'barly' }))._unsafeUnwrapErr();
    expect(unnamed).toMatchObject({ rule: 'restore-point', remedy: expect.stringMatching(/ Nor was it confirmed: expected confirm: 'shop', got 'barly'\.$/) as string });
  });

  it('tells how long visitors have been writing, and wants that acknowledged', async () => {
    const { cloud, env, another } = await start();
    const released = (await deployWithMigration(env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap();
    await cloud.clock.sleep(3 * 3_600_000);
    const later = (await another()).env;
    const refused = (await restoreDb(later, { confirm: 'shop', from: released.restorePoint }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'lost-writes', lift: 'acceptLostWrites', situation: { state: 'running', left: 'untouched' } });
    expect((await plan(later, restoreDb, { confirm: 'shop', from: released.restorePoint }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'lost-writes', message: expect.stringContaining('Visitors have been let in since') as string });
    expect(refused.message).toMatch(/^Visitors have been let in since 2026-\S+Z, 3 h \d\d min ago: a restore loses what they wrote since 2026-/);

    const report = (await restoreDb(later, { confirm: 'shop', from: released.restorePoint, acceptLostWrites: true }))._unsafeUnwrap();
    expect(report.letIn).toMatchObject({ now: true });
    expect(Date.parse(report.letIn!.since)).toBeLessThanOrEqual(Date.parse(released.openedAt!));
    expect(cloud.inspect.violations).toEqual([]);
  });

  it('knows that visitors were there after a snapshot, and kept out later', async () => {
    const { env } = await start();
    const { restorePoint } = (await snapshotDb(env))._unsafeUnwrap();
    (await setMaintenance(env, 'on'))._unsafeUnwrap();
    const refused = (await restoreDb(env, { confirm: 'shop', from: restorePoint }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'lost-writes' });
    expect(refused.message).toContain(`Visitors have been let in from ${restorePoint.databaseTime} on, `);
  });

  it('knows so too when the machine that took the snapshot, and closed the gate, is an hour behind AWS', async () => {
    const { cloud, env } = await start({ aheadMs: -3_600_000 });
    const { restorePoint } = (await snapshotDb(env))._unsafeUnwrap();
    await cloud.clock.sleep(600_000);
    (await setMaintenance(env, 'on'))._unsafeUnwrap();
    const refused = (await restoreDb(env, { confirm: 'shop', from: restorePoint }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'lost-writes', message: expect.stringContaining(`Visitors have been let in from ${restorePoint.databaseTime} on`) as string });
  });

  it('tells how a stopped instance is started, also while the environment is held', async () => {
    const { cloud, env, error, another } = await heldOnOldCode();
    await rdsOf(cloud).send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'shop' }));
    await cloud.clock.sleep(600_000);
    expect((await restoreDb(env, { confirm: 'shop' }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Conflict',
      message: 'database instance shop is stopped: it cannot be renamed aside, and waiting does not change that. Nothing was changed.',
      remedy: 'Start it (aws rds start-db-instance --region eu-central-1 --db-instance-identifier shop), wait until it is available, then call again.',
      situation: { heldBy: error.runId },
    });
    await rdsOf(cloud).send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'shop' }));
    await cloud.clock.sleep(600_000);
    expect((await plan((await another()).env, restoreDb, { confirm: 'shop' })).isOk()).toBe(true);
  });

  it('wants a snapshot of this database, which no run that holds it has named', async () => {
    const { cloud, env } = await start();
    expect((await restoreDb(env, { confirm: 'shop' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'restore-point', lift: 'from: { snapshotId }' });
    expect((await restoreDb(env, { confirm: 'shop', from: { snapshotId: 'gone' } }))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', name: 'gone' });
    expect(cloud.inspect.rules().filter(({ conditions }) => conditions.length > 1)).toEqual([]);
  });

  it('is planned in the order in which it is done, with nothing sent', async () => {
    const { cloud, env } = await heldOnOldCode();
    const asked = cloud.requests.length;
    const planned = (await plan(env, restoreDb, { confirm: 'shop' }))._unsafeUnwrap();
    const changes = planned.steps.map(({ name, changes }) => `${name}: ${changes.flatMap(({ operation }) => (operation.startsWith('rds:') ? [operation] : [])).join(' ')}`);
    expect(changes).toEqual([
      'look: ',
      'gate-on: ',
      'stop-services: ',
      'await-unused: ',
      'restore-aside: rds:RestoreDBInstanceFromDBSnapshot rds:ModifyDBInstance',
      'set-aside: rds:ModifyDBInstance rds:ModifyDBInstance',
      'put-in-place: rds:ModifyDBInstance',
      'start-administration: ',
    ]);
    expect(cloud.requests.slice(asked).filter(({ operation }) => writes.test(operation))).toEqual([]);
  });
});

describe('restoreDb, on its way', () => {
  it('follows both instances through AWS’s own delays and stale reads, and asks for each change once', async () => {
    const cloud = await startLocalCloud({ blueprint: shopBlueprint, images: shopImages, profile: 'realistic', seed: 3 });
    clouds.push(cloud);
    const env = (await connect(shop, { ...cloud.connection, runStore: memoryRunStore() }))._unsafeUnwrap();
    (await setMaintenance(env, 'on'))._unsafeUnwrap();
    (await stopServices(env))._unsafeUnwrap();
    const { restorePoint } = (await snapshotDb(env))._unsafeUnwrap();
    for (const operation of ['rds:RestoreDBInstanceFromDBSnapshot', 'rds:ModifyDBInstance']) cloud.faults.add({ kind: 'lost-response', operation, occurrence: 1 });
    const report = (await restoreDb(env, { confirm: 'shop', from: restorePoint }))._unsafeUnwrap();
    expect(report.differs).toEqual([]);
    expect(names(cloud)).toEqual(['shop-before', 'shop']);
    const accepted = (operation: string) => calls(cloud, operation).filter(({ error }) => error === undefined).length;
    expect([accepted('RestoreDBInstanceFromDBSnapshot'), accepted('ModifyDBInstance')]).toEqual([1, 4]);
  });

  it('replaces nothing while a client is connected, and goes on once it has left', async () => {
    const { cloud, env, snapshotId, another } = await stoppedWithSnapshot();
    const ecs = new ECSClient(settingsOf(cloud));
    const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } };
    const { tasks } = await ecs.send(new RunTaskCommand({ cluster: 'shop', taskDefinition: 'office', launchType: 'FARGATE', networkConfiguration, startedBy: 'somebody' }));
    await cloud.clock.sleep(120_000);

    const refused = (await restoreDb(env, { confirm: 'shop', from: { snapshotId }, otherTasks: 'allow' }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'client-connections', situation: { step: 'await-unused', left: 'hold' } });
    expect(refused.message).toBe('shop is still in use, or may be (1 connections), although every service that is declared to use it has stopped: it was not replaced, because what such a client writes would be lost');
    expect(names(cloud)).toEqual(['shop']);

    await ecs.send(new StopTaskCommand({ cluster: 'shop', task: tasks![0]!.taskArn }));
    await cloud.clock.sleep(120_000);
    (await resume((await another()).env, restoreDb, refused.runId))._unsafeUnwrap();
    expect(names(cloud)).toEqual(['shop-before', 'shop']);
  });

  it('looks again, once it is restored, whether a client is connected, and replaces nothing then; nor on resume', async () => {
    const { cloud, env, snapshotId, events, another } = await stoppedWithSnapshot();
    const ecs = new ECSClient(settingsOf(cloud));
    const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } };
    const comeIn = () => ecs.send(new RunTaskCommand({ cluster: 'shop', taskDefinition: 'office', launchType: 'FARGATE', networkConfiguration, startedBy: 'somebody' }));
    let came: ReturnType<typeof comeIn> | undefined;
    const push = events.push.bind(events);
    events.push = (...added) => {
      if (added.some((event) => event.type === 'step-started' && event.step === 'restore-aside')) came = comeIn();
      return push(...added);
    };
    const refused = (await restoreDb(env, { confirm: 'shop', from: { snapshotId }, otherTasks: 'allow' }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'client-connections', situation: { step: 'set-aside', left: 'hold' } });
    expect(names(cloud)).toEqual(['shop', 'shop-restored']);

    expect((await resume((await another()).env, restoreDb, refused.runId))._unsafeUnwrapErr()).toMatchObject({ rule: 'client-connections', situation: { step: 'set-aside' } });
    await ecs.send(new StopTaskCommand({ cluster: 'shop', task: (await came)!.tasks![0]!.taskArn }));
    await cloud.clock.sleep(120_000);
    (await resume((await another()).env, restoreDb, refused.runId))._unsafeUnwrap();
    expect(names(cloud)).toEqual(['shop-before', 'shop']);
  });

  it.each([-3_600_000, 3_600_000])('goes by AWS’s time, on a machine that is %i ms ahead: who has connected is seen, and a minute of quiet too', async (aheadMs) => {
    const { cloud, env, snapshotId, another } = await stoppedWithSnapshot({ aheadMs });
    await cloud.clock.sleep(2 * 3_600_000);
    const ecs = new ECSClient(settingsOf(cloud));
    const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } };
    const { tasks } = await ecs.send(new RunTaskCommand({ cluster: 'shop', taskDefinition: 'office', launchType: 'FARGATE', networkConfiguration, startedBy: 'somebody' }));
    await cloud.clock.sleep(120_000);

    // when the gate was closed, and when the snapshot was taken, two clocks tell
    const refused = (await restoreDb(env, { confirm: 'shop', from: { snapshotId }, otherTasks: 'allow', acceptLostWrites: aheadMs > 0 }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'client-connections', message: expect.stringContaining('1 connections') as string });
    await ecs.send(new StopTaskCommand({ cluster: 'shop', task: tasks![0]!.taskArn }));
    (await resume((await another()).env, restoreDb, refused.runId))._unsafeUnwrap();
    expect(names(cloud)).toEqual(['shop-before', 'shop']);
  });

  it('tells why the account has no room for another instance, and leaves the one in use', async () => {
    const { cloud, env, snapshotId } = await stoppedWithSnapshot();
    const others = Array.from({ length: 39 }, (_, at) => ({ DBInstanceIdentifier: `other-${at}`, Engine: 'postgres', DBInstanceClass: 'db.t4g.micro', MasterUsername: 'somebody', MasterUserPassword: 'else' }));
    for (const other of others) await rdsOf(cloud).send(new CreateDBInstanceCommand(other));
    expect((await restoreDb(env, { confirm: 'shop', from: { snapshotId } }))._unsafeUnwrapErr()).toMatchObject({ kind: 'RestoreFailed', snapshotId, instanceStatus: 'not-created', situation: { left: 'hold' } });
    expect(names(cloud).filter((name) => !name.startsWith('other-'))).toEqual(['shop']);
  });

  it('takes no instance of somebody else for its own, and offers no reopening while the name leads nowhere', async () => {
    const { cloud, env, snapshotId, events, another } = await stoppedWithSnapshot();
    const push = events.push.bind(events);
    let created: Promise<unknown> = Promise.resolve();
    events.push = (...added) => {
      const aside = added.some((event) => event.type === 'step-succeeded' && event.step === 'set-aside');
      if (aside) created = rdsOf(cloud).send(new CreateDBInstanceCommand({ DBInstanceIdentifier: 'shop', Engine: 'postgres', DBInstanceClass: 'db.t4g.micro', MasterUsername: 'somebody', MasterUserPassword: 'else' }));
      return push(...added);
    };
    const conflict = (await restoreDb(env, { confirm: 'shop', from: { snapshotId } }))._unsafeUnwrapErr();
    await created;
    expect(conflict).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', situation: { step: 'put-in-place', left: 'hold' } });
    expect(conflict.message).toMatch(/^shop-restored-\S+ cannot be called shop: another instance \(db-[A-Z2-7]+\) bears that name, and is left alone$/);
    expect(conflict.situation.nextActions.map(({ command }) => command)).toEqual([`release --resume ${conflict.runId}`, `release --release-hold ${conflict.runId}`]);
    expect((await reopen((await another()).env, { run: conflict.runId }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'database-away' });

    await cloud.clock.sleep(300_000);
    await rdsOf(cloud).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', NewDBInstanceIdentifier: 'theirs', ApplyImmediately: true }));
    await cloud.clock.sleep(300_000);
    (await resume((await another()).env, restoreDb, conflict.runId))._unsafeUnwrap();
    expect(names(cloud).sort()).toEqual(['shop', 'shop-before', 'theirs']);
    expect(cloud.inspect.database('shop')?.model?.rows).toBeGreaterThanOrEqual(100);
  });
});
