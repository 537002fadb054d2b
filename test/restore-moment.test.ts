import { type DBInstance, DescribeDBInstancesCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { deployWithMigration, plan, rehearseRestore, reopen, restoreDb, type RestoreDbOptions, resume, rollBack, setMaintenance, stopServices } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, runningVersion, shop, type ShopOptions, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const minute = 60_000;
const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start(options: ShopOptions = {}): Promise<ShopProcess> {
  const process = await startShop(options);
  clouds.push(process.cloud);
  await process.cloud.clock.sleep(20 * minute);
  return process;
}

const writes = /^\w+:(Modify|Register|Update|Create|Put|Run|Restore|Delete)/;
const rdsOf = ({ connection }: LocalCloud) => new RDSClient({ region: shop.region, credentials: connection.aws.credentials, requestHandler: connection.aws.requestHandler as never });
const instanceOf = async (cloud: LocalCloud): Promise<DBInstance> => (await rdsOf(cloud).send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'shop' }))).DBInstances![0]!;
const content = (cloud: LocalCloud, name = 'shop') => cloud.inspect.database(name)!.model!;
const iso = (time: number) => new Date(time).toISOString();
const calls = ({ requests }: LocalCloud, operation: string) => requests.filter((request) => request.operation === `rds:${operation}` && request.error === undefined);

/** At rest behind its gate ten minutes after a moment, of which the rows are known. */
async function atRest(options: ShopOptions = {}) {
  const at = await start(options);
  const then = { moment: iso(Math.floor(at.cloud.clock.now() / 1000) * 1000), rows: content(at.cloud).rows };
  await at.cloud.clock.sleep(10 * minute);
  (await setMaintenance(at.env, 'on'))._unsafeUnwrap();
  (await stopServices(at.env))._unsafeUnwrap();
  await at.cloud.clock.sleep(10 * minute);
  return { ...at, ...then };
}

/** A release whose migration has changed the schema and whose new version does not come up; before it and after it are moments. */
async function heldRelease(options: ShopOptions = {}) {
  const at = await start(options);
  const before = iso(at.cloud.clock.now());
  await at.cloud.clock.sleep(5 * minute);
  at.cloud.faults.add({ kind: 'service-image', image: `web-${nextVersion}`, what: 'crash-loop' });
  const error = (await deployWithMigration(at.env, { version: nextVersion, settledSeconds: 60 }))._unsafeUnwrapErr();
  at.cloud.faults.clear();
  expect(error.situation).toMatchObject({ left: 'hold', schema: 'migrated' });
  const after = iso(at.cloud.clock.now());
  await at.cloud.clock.sleep(10 * minute);
  return { ...at, error, before, after, migratedAt: content(at.cloud).appliedMigrations[0]!.at };
}

describe('restoreDb to a moment', () => {
  it('brings the database back to what was committed by then, configured as the instance in use, which is kept', async () => {
    const { cloud, env, moment, rows } = await atRest();
    const before = await instanceOf(cloud);
    const report = (await restoreDb(env, { confirm: 'shop', from: { moment }, acceptLostWrites: true }))._unsafeUnwrap();
    expect(report).toMatchObject({
      summary: `shop is back at ${moment}, from the automated backups of shop as of ${moment}; what it held is kept in ${report.setAside.identifier}; visitors are kept out`,
      restoredFrom: { snapshotId: null, databaseTime: moment },
      endpoint: before.Endpoint!.Address,
      schema: null,
      differs: [],
      databases: [{ database: 'shop', goesBackTo: moment }],
      setAside: { resourceId: before.DbiResourceId },
    });
    expect([content(cloud).rows, content(cloud, report.setAside.identifier).rows > rows]).toEqual([rows, true]);
    expect(await instanceOf(cloud)).toMatchObject({ DeletionProtection: true, PerformanceInsightsEnabled: true, TagList: expect.arrayContaining([{ Key: 'Name', Value: 'shop' }]) as unknown });
    expect([calls(cloud, 'RestoreDBInstanceToPointInTime').length, calls(cloud, 'RestoreDBInstanceFromDBSnapshot').length]).toEqual([1, 0]);
    expect(cloud.inspect.violations).toEqual([]);
  });

  it('turns nobody away where the restore itself would be denied', async () => {
    const allow = { Effect: 'Allow', Action: '*', Resource: '*' } as const;
    const { cloud, env } = await start({ iam: { policy: { Statement: [allow, { ...allow, Effect: 'Deny', Action: 'rds:RestoreDBInstanceToPointInTime' }] } } });
    const moment = iso(cloud.clock.now());
    await cloud.clock.sleep(10 * minute);
    const error = (await restoreDb(env, { confirm: 'shop', from: { moment }, acceptLostWrites: true }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'AccessDenied', action: 'rds:RestoreDBInstanceToPointInTime', situation: { step: 'look', left: 'untouched' } });
    expect(cloud.requests.filter(({ operation }) => writes.test(operation))).toEqual([]);
  });

  it('undoes the migration that came later, and keeps its code off', async () => {
    const { cloud, env, before, error, another } = await heldRelease();
    const report = (await restoreDb(env, { confirm: 'shop', from: { moment: before }, acceptLostWrites: true }))._unsafeUnwrap();
    expect([report.schema, content(cloud).schema]).toEqual([null, 'one']);
    expect(report.nextActions.map(({ command }) => command)).toEqual([`release --roll-back ${runningVersion}`, `release --reopen ${error.runId}`]);
    expect((await reopen((await another()).env, { run: error.runId }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'new-code-on-old-schema' });
    (await rollBack((await another()).env, { to: runningVersion }))._unsafeUnwrap();
    (await reopen((await another()).env, { run: error.runId }))._unsafeUnwrap();
    expect(cloud.inspect.violations).toEqual([]);
  });

  it.each([0, -3_600_000])('keeps the migration that was over by then, on a machine that is %i ms ahead', async (aheadMs) => {
    const { cloud, env, after } = await heldRelease({ aheadMs });
    const report = (await restoreDb(env, { confirm: 'shop', from: { moment: after } }))._unsafeUnwrap();
    expect(report.schema).toMatchObject({ version: nextVersion, outcome: 'migrated' });
    expect(content(cloud).schema).toBe('two');
    expect(report.nextActions.map(({ command }) => command)).toEqual([expect.stringMatching(/^release --reopen /)]);
  });

  it.each([0, -3_600_000, 3_600_000])('knows that it undoes a migration although the machine that migrated was %i ms ahead', async (aheadMs) => {
    const { env, before } = await heldRelease({ aheadMs });
    const report = (await restoreDb(env, { confirm: 'shop', from: { moment: before }, acceptLostWrites: true }))._unsafeUnwrap();
    expect([report.schema, report.nextActions[0]!.command]).toEqual([null, `release --roll-back ${runningVersion}`]);
  });

  it('refuses a moment in the middle of a migration: nobody can tell which schema was there', async () => {
    const { cloud, env, migratedAt } = await heldRelease();
    const asked = cloud.requests.length;
    const moment = iso(Math.floor((migratedAt - 5_000) / 1000) * 1000);
    expect((await restoreDb(env, { confirm: 'shop', from: { moment } }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'restore-point',
      message: `${moment} may be in the middle of the migration to ${nextVersion}: which schema shop had then, nobody can tell. Nothing was changed.`,
      situation: { left: 'untouched' },
    });
    expect(cloud.requests.slice(asked).filter(({ operation }) => writes.test(operation))).toEqual([]);
  });

  it('refuses a moment that the automated backups do not cover, and any while they are off, before anything is changed', async () => {
    const { cloud, env } = await start();
    const asked = cloud.requests.length;
    const refused = async (time: number) => (await restoreDb(env, { confirm: 'shop', from: { moment: iso(time) } }))._unsafeUnwrapErr();
    const now = cloud.clock.now();
    expect(await refused(now - 48 * 60 * minute)).toMatchObject({ kind: 'Refused', rule: 'restore-point', message: expect.stringMatching(/^the automated backups of shop reach from 2026-\S+Z to 2026-\S+Z, and 2026-\S+Z is before that\. Nothing was changed\.$/) as string });
    for (const later of [now, now + 60 * minute]) {
      expect(await refused(later)).toMatchObject({ rule: 'restore-point', message: expect.stringMatching(/ is after that\. Nothing was changed\.$/) as string, remedy: expect.stringContaining('Name an earlier moment.') as string, situation: { left: 'untouched' } });
    }
    expect(cloud.requests.slice(asked).filter(({ operation }) => writes.test(operation))).toEqual([]);

    await rdsOf(cloud).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', BackupRetentionPeriod: 0, ApplyImmediately: true }));
    await cloud.clock.sleep(10 * minute);
    expect(await refused(now)).toMatchObject({ kind: 'Refused', rule: 'restore-point', message: 'automated backups of shop are off: there is no moment to go back to. Nothing was changed.' });
    expect(cloud.inspect.rules().filter(({ conditions }) => conditions.length > 1)).toEqual([]);
  });

  it('takes a time with its zone, and one restore point', async () => {
    const { env } = await start();
    const time = "from.moment: expected a time with its zone, such as '2026-11-23T08:00:00Z', got";
    const wrong: readonly (readonly [unknown, string])[] = [
      [{ moment: '2026-11-23T10:00:00' }, `${time} '2026-11-23T10:00:00' (string)`],
      [{ moment: 'yesterday' }, `${time} 'yesterday' (string)`],
      [{ moment: '2026-13-23T10:00:00Z' }, `${time} '2026-13-23T10:00:00Z' (string)`],
      [{ moment: '2026-11-23T10:00:00Z', snapshotId: 'both' }, 'from: expected either snapshotId or moment, got both'],
      [{}, 'from: expected either snapshotId or moment, got neither'],
      [{ snapshotId: '' }, "from.snapshotId: expected the identifier of a snapshot, got '' (string)"],
      ['yesterday', "from: expected { snapshotId } or { moment: '2026-11-23T08:00:00Z' }, got 'yesterday' (string)"],
    ];
    for (const [from, problem] of wrong) expect((await restoreDb(env, { confirm: 'shop', from: from as RestoreDbOptions['from'] }))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: [problem] });
  });

  it('tells what would happen, plans it, and goes on with one request when an answer is lost', async () => {
    const { cloud, env, moment } = await atRest();
    const options = { confirm: 'shop', from: { moment }, acceptLostWrites: true };
    const told = (await restoreDb(env, { from: { moment } }))._unsafeUnwrapErr();
    expect(told).toMatchObject({ rule: 'confirm', message: expect.stringContaining(` and the automated backups of shop as of ${moment} restored under its name. `) as string });
    const planned = (await plan(env, restoreDb, options))._unsafeUnwrap().steps.flatMap(({ changes }) => changes.map(({ operation }) => operation));
    expect(planned.filter((operation) => operation.startsWith('rds:Restore'))).toEqual(['rds:RestoreDBInstanceToPointInTime']);
    cloud.faults.add({ kind: 'lost-response', operation: 'rds:RestoreDBInstanceToPointInTime', occurrence: 1 });
    (await restoreDb(env, options))._unsafeUnwrap();
    expect(calls(cloud, 'RestoreDBInstanceToPointInTime')).toHaveLength(1);
  });

  it('is gone on with by resume, and by another restore that names nothing', async () => {
    const { cloud, env, moment, rows, events, abort, another } = await atRest();
    const push = events.push.bind(events);
    events.push = (...added) => {
      if (added.some((event) => event.type === 'waiting' && event.waitingFor === 'the restored instance to be available')) abort.abort();
      return push(...added);
    };
    const { runId } = (await restoreDb(env, { confirm: 'shop', from: { moment }, acceptLostWrites: true }))._unsafeUnwrapErr();
    expect((await restoreDb((await another()).env, {}))._unsafeUnwrapErr()).toMatchObject({ rule: 'confirm', message: expect.stringContaining(`the automated backups of shop as of ${moment}`) as string });
    (await resume((await another()).env, restoreDb, runId))._unsafeUnwrap();
    expect([content(cloud).rows, calls(cloud, 'RestoreDBInstanceToPointInTime').length]).toEqual([rows, 1]);
  });
});

describe('rehearseRestore to a moment', () => {
  it('restores it aside and leaves nothing', async () => {
    const { cloud, env, moment } = await atRest();
    expect((await rehearseRestore(env, { from: { moment } }))._unsafeUnwrap()).toMatchObject({ snapshotId: null, databaseTime: moment, differs: [] });
    expect(cloud.inspect.databases().map(({ identifier }) => identifier)).toEqual(['shop']);
  });
});
