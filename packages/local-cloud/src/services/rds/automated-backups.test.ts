import { DescribeDBInstanceAutomatedBackupsCommand, DescribeDBInstancesCommand, ModifyDBInstanceCommand, RestoreDBInstanceToPointInTimeCommand } from '@aws-sdk/client-rds';
import { RunTaskCommand } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from 'vitest';
import type { LocalCloud } from '../../local-cloud.js';
import { clientsOf, network, smallBlueprint, startSmallCloud } from '../../test-cloud.js';

const minute = 60_000;
const hour = 60 * minute;

let cloud: LocalCloud;
afterEach(() => cloud.stop());

async function start(changes: Partial<typeof smallBlueprint> = {}) {
  cloud = await startSmallCloud({ blueprint: { ...smallBlueprint, ...changes } });
  return clientsOf(cloud);
}

const describeInstance = async (name = 'small') => (await clientsOf(cloud).rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: name }))).DBInstances![0]!;
const windowOf = async (DBInstanceIdentifier = 'small') => (await clientsOf(cloud).rds.send(new DescribeDBInstanceAutomatedBackupsCommand({ DBInstanceIdentifier }))).DBInstanceAutomatedBackups?.[0];
const restore = (moment: object, TargetDBInstanceIdentifier = 'aside') => clientsOf(cloud).rds.send(new RestoreDBInstanceToPointInTimeCommand({ SourceDBInstanceIdentifier: 'small', TargetDBInstanceIdentifier, ...moment }));
const content = (name: string) => cloud.inspect.database(name)!.model!;

describe('automated backups', () => {
  it('reach from the first one to five minutes ago, at most as far back as they are kept', async () => {
    const { rds } = await start({ services: [] });
    const begun = cloud.clock.now();
    await cloud.clock.sleep(2 * hour);
    const { RestoreWindow, Status, DbiResourceId } = (await windowOf())!;
    expect([Status, DbiResourceId]).toEqual(['active', (await describeInstance()).DbiResourceId]);
    expect(Math.abs(RestoreWindow!.EarliestTime!.getTime() - begun)).toBeLessThan(minute);
    expect(RestoreWindow!.LatestTime).toEqual((await describeInstance()).LatestRestorableTime);
    expect(cloud.clock.now() - RestoreWindow!.LatestTime!.getTime()).toBeLessThanOrEqual(5 * minute);

    await cloud.clock.sleep(30 * hour);
    expect(cloud.clock.now() - (await windowOf())!.RestoreWindow!.EarliestTime!.getTime()).toBe(24 * hour);

    await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', BackupRetentionPeriod: 0, ApplyImmediately: true }));
    await cloud.clock.sleep(5 * minute);
    expect([await windowOf(), (await describeInstance()).LatestRestorableTime]).toEqual([undefined, undefined]);
    await expect(restore({ UseLatestRestorableTime: true })).rejects.toMatchObject({ name: 'PointInTimeRestoreNotEnabledFault' });

    await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', BackupRetentionPeriod: 7, ApplyImmediately: true }));
    await cloud.clock.sleep(hour);
    expect(cloud.clock.now() - (await windowOf())!.RestoreWindow!.EarliestTime!.getTime()).toBeLessThan(hour);
  });
});

describe('RestoreDBInstanceToPointInTime', () => {
  it('makes an instance of what was committed by then, with AWS’s defaults', async () => {
    const { ecs } = await start();
    await cloud.clock.sleep(10 * minute);
    const before = { rows: content('small').rows, at: cloud.clock.now() };
    await cloud.clock.sleep(5 * minute);
    await ecs.send(new RunTaskCommand({ cluster: 'small', taskDefinition: 'migrate', launchType: 'FARGATE', networkConfiguration: network }));
    await cloud.clock.sleep(20 * minute);
    expect([content('small').schema, content('small').rows > before.rows]).toEqual(['two', true]);

    await restore({ RestoreTime: new Date(before.at) });
    await restore({ UseLatestRestorableTime: true }, 'latest');
    await cloud.clock.sleep(10 * minute);
    expect(content('aside')).toMatchObject({ schema: 'one', rows: before.rows, appliedMigrations: [] });
    expect(content('latest')).toMatchObject({ schema: 'two', appliedMigrations: [{ from: 'one', to: 'two' }] });
    expect(await describeInstance('aside')).toMatchObject({ DBInstanceStatus: 'available', DeletionProtection: false, VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-default' }], BackupRetentionPeriod: 1 });
  });

  it('refuses a moment that no backup covers, and one that is not named', async () => {
    await start();
    await cloud.clock.sleep(hour);
    const { EarliestTime, LatestTime } = (await windowOf())!.RestoreWindow!;
    for (const at of [EarliestTime!.getTime() - 1, LatestTime!.getTime() + 1]) await expect(restore({ RestoreTime: new Date(at) })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(restore({})).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
    await expect(restore({ RestoreTime: LatestTime, UseLatestRestorableTime: true })).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
    await expect(restore({ RestoreTime: LatestTime, SourceDBInstanceIdentifier: 'gone' })).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
  });
});
