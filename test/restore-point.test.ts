import { CreateDBInstanceCommand, CreateDBSnapshotCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { deployWithMigration, plan, rehearseRestore, restoreDb, resume, snapshotDb } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { asideIdentifier } from '../packages/deploy/src/steps/restore-db/instance-names.js';
import { nextVersion, shop, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start(): Promise<ShopProcess> {
  const at = await startShop();
  clouds.push(at.cloud);
  return at;
}

const rdsOf = ({ connection }: LocalCloud) => new RDSClient({ region: shop.region, credentials: connection.aws.credentials, requestHandler: connection.aws.requestHandler as never });

async function takeByHand({ cloud }: ShopProcess, instance: string): Promise<{ readonly snapshotId: string }> {
  await rdsOf(cloud).send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: instance, DBSnapshotIdentifier: `${instance}-by-hand` }));
  return { snapshotId: `${instance}-by-hand` };
}

const planned = (at: ShopProcess, from: { readonly snapshotId: string }) => plan(at.env, restoreDb, { confirm: 'shop', from, acceptLostWrites: true });

describe('restoreDb, from a snapshot that somebody has taken by hand', () => {
  it('refuses one of another instance', async () => {
    const at = await start();
    await rdsOf(at.cloud).send(new CreateDBInstanceCommand({ DBInstanceIdentifier: 'ledger', Engine: 'postgres', DBInstanceClass: 'db.t4g.micro', MasterUsername: 'somebody', MasterUserPassword: 'else', AllocatedStorage: 20 }));
    await at.cloud.clock.sleep(900_000);
    const from = await takeByHand(at, 'ledger');
    await at.cloud.clock.sleep(600_000);
    expect((await restoreDb(at.env, { confirm: 'shop', from, acceptLostWrites: true }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'restore-point',
      message: 'snapshot ledger-by-hand is of another instance (ledger) than shop. Nothing was changed.',
      remedy: 'Name a snapshot of shop.',
      situation: { left: 'untouched' },
    });
  });

  it('refuses one that is still being taken', async () => {
    const at = await start();
    const from = await takeByHand(at, 'shop');
    expect((await restoreDb(at.env, { confirm: 'shop', from, acceptLostWrites: true }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Conflict',
      reason: 'resource-busy',
      message: 'snapshot shop-by-hand is creating, not available. Nothing was changed.',
      remedy: 'Wait until it is available, or name another.',
      situation: { left: 'untouched' },
    });
  });

  it('restores it as the instance is configured now, and warns that it does not tell', async () => {
    const at = await start();
    const from = await takeByHand(at, 'shop');
    await at.cloud.clock.sleep(600_000);
    expect((await planned(at, from))._unsafeUnwrap().warnings).toContain('Snapshot shop-by-hand does not tell how the instance was configured: it is restored as shop is configured now.');

    const report = (await restoreDb(at.env, { confirm: 'shop', from, acceptLostWrites: true }))._unsafeUnwrap();
    expect(report).toMatchObject({ schema: null, differs: [] });
    expect(report.nextActions.map(({ command }) => command)).not.toContain(`release --roll-back ${nextVersion}`);
  });

  it('knows that one from before a migration holds another schema, which it cannot name', async () => {
    const at = await start();
    const from = await takeByHand(at, 'shop');
    await at.cloud.clock.sleep(600_000);
    (await deployWithMigration(at.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap();

    const warnings = (await planned(at, from))._unsafeUnwrap().warnings;
    expect(warnings).toContainEqual(expect.stringMatching(/^Snapshot shop-by-hand does not tell which schema it holds; it is from before the migration to v2\.0\.0 \(2026-\S+Z\)\. Which code fits it, you have to know\.$/) as string);
    expect((await restoreDb(at.env, { confirm: 'shop', from, acceptLostWrites: true }))._unsafeUnwrap().schema).toBeNull();
  });

  it('takes one from after a migration to hold the schema that this has made', async () => {
    const at = await start();
    (await deployWithMigration(at.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap();
    const from = await takeByHand(at, 'shop');
    await at.cloud.clock.sleep(600_000);

    expect((await planned(at, from))._unsafeUnwrap().warnings.filter((warning) => warning.includes('which schema'))).toEqual([]);
    const report = (await restoreDb(at.env, { confirm: 'shop', from, acceptLostWrites: true }))._unsafeUnwrap();
    expect(report).toMatchObject({ schema: { version: nextVersion, outcome: 'migrated' } });
  });
});

describe('restoreDb, where somebody else has an instance of the name that the restored one was to get', () => {
  it('leaves that one alone, and goes on once it has another name', async () => {
    const at = await start();
    const { restorePoint } = (await snapshotDb(at.env))._unsafeUnwrap();
    const theirs = { Engine: 'postgres', DBInstanceClass: 'db.t4g.micro', MasterUsername: 'somebody', MasterUserPassword: 'else', AllocatedStorage: 20 };
    let created: Promise<string> | undefined;
    const create = async (): Promise<string> => {
      const [run] = (await at.store.list('shop/runs/'))._unsafeUnwrap().slice(-1);
      const name = asideIdentifier('shop', 'restored', run!.slice('shop/runs/'.length));
      await rdsOf(at.cloud).send(new CreateDBInstanceCommand({ ...theirs, DBInstanceIdentifier: name }));
      return name;
    };
    const push = at.events.push.bind(at.events);
    at.events.push = (...added) => {
      if (added.some((event) => event.type === 'step-started' && event.step === 'stop-services')) created = create();
      return push(...added);
    };
    const refused = (await restoreDb(at.env, { confirm: 'shop', from: restorePoint, acceptLostWrites: true }))._unsafeUnwrapErr();
    const name = (await created)!;
    expect(refused).toMatchObject({
      kind: 'Conflict',
      reason: 'resource-busy',
      message: `an instance ${name} exists already and is not this run's: it was left alone, and ${restorePoint.snapshotId} was not restored`,
      remedy: 'Rename or delete it if nobody needs it, then go on.',
      situation: { step: 'restore-aside', left: 'hold' },
    });

    await at.cloud.clock.sleep(900_000);
    await rdsOf(at.cloud).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: name, NewDBInstanceIdentifier: 'theirs', ApplyImmediately: true }));
    await at.cloud.clock.sleep(600_000);
    (await resume((await at.another()).env, restoreDb, refused.runId))._unsafeUnwrap();
    expect(at.cloud.inspect.database('theirs')).toBeDefined();
    expect(at.cloud.inspect.database('shop')?.model?.rows).toBeGreaterThanOrEqual(100);
  });
});

describe('rehearseRestore', () => {
  it('refuses to begin where this library has taken no snapshot, also where somebody else has', async () => {
    const at = await start();
    await takeByHand(at, 'shop');
    await at.cloud.clock.sleep(600_000);
    expect((await rehearseRestore(at.env))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'restore-point',
      lift: 'from: { snapshotId }',
      message: 'this library has taken no snapshot of shop that is still there: nothing can be restored',
    });
  });
});
